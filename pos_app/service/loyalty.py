"""The points of whoever buys: who earns them, what they pay for, and how many there are. On the screen's thread."""

from collections.abc import Callable

from pos_app.runtime.writer import Failed
from pos_app.service.instruments import Found, Instruments
from pos_app.service.paying import Paying
from pos_app.service.shopping import Shopping
from pos_app.service.tendering import Points, Tendering
from pos_app.storage.readers import Links
from retail_core.domain.customers import Customer, Purpose
from retail_core.domain.loyalty import LoyaltyRules, points_of
from retail_core.domain.sale import Sale


class Loyalty:
    """Tells paying what a sale earns, and tendering whose points may pay for it."""

    def __init__(
        self, shopping: Shopping, paying: Paying, tendering: Tendering, instruments: Instruments, facts: Links
    ) -> None:
        self._shopping, self._instruments, self._facts = shopping, instruments, facts
        self._last: Found | None = None
        paying.loyalty, tendering.points = self.terms, self.points

    @property
    def rules(self) -> LoyaltyRules:
        settings = self._facts.settings()
        return settings.loyalty if settings else LoyaltyRules()

    @property
    def runs(self) -> bool:
        """True when the store has points at all."""
        return bool(self.rules.earn_points)

    def terms(self, sale: Sale) -> LoyaltyRules | None:
        """By what a sale earns; None for nobody, for no programme, and for who did not agree to it."""
        customer = self._shopping.customers.get(sale.customer.customer_id) if sale.customer else None
        return self.rules if customer and self.runs and customer.agreed(Purpose.LOYALTY) else None

    def points(self) -> Points | None:
        """What may pay for the open sale; None without a customer, or where points pay for nothing."""
        customer, rules = self._shopping.who(), self.rules
        if customer is None or not rules.pay_minor or not self.runs:
            return None
        ref, last = points_of(customer.customer_id), self._last
        left = last.left.amount if last and last.known.instrument == ref else None
        return Points(ref, rules.pay_minor, rules.pay_points, left)

    def worth_minor(self, points: int) -> int:
        """What so many points pay."""
        return max(0, points) * self.rules.pay_minor // self.rules.pay_points

    def balance(self, customer: Customer, done: Callable[[Found], None], failed: Failed) -> None:
        """How many points a customer has, what may be taken now, and how old that figure is."""

        def found(one: Found) -> None:
            self._last = one
            done(one)

        self._instruments.find_by_id(points_of(customer.customer_id), found, failed, points=True)
