"""Who buys, and the coupons they hand over: both change what the lines of the open sale cost.

A loyalty card or a coupon may be scanned at any time; neither is goods. A coupon of a single print is true when HQ's
signature is, and unused as far as this till knows; its sale's transaction notes the use, and HQ opens a case for a second.
"""

from collections.abc import Callable

import msgspec

from pos_app.runtime.writer import Writer
from pos_app.service.completing import COUPON_USED
from pos_app.service.customers import Customers
from pos_app.service.outcome import Outcome, OutcomeKind
from pos_app.service.paying import Paying
from pos_app.service.selling import Selling
from pos_app.storage import customers_here
from retail_core.domain.clock import Clock
from retail_core.domain.coupons import SaleCoupon
from retail_core.domain.customers import Customer
from retail_core.domain.errors import CodedError, RuleViolationError
from retail_core.domain.promotions.coupon_codes import coupon_of, named_by
from retail_core.domain.promotions.following import PREFIX
from retail_core.domain.promotions.model import Promotion
from retail_core.domain.sale import Sale
from retail_core.domain.saleline import PriceReason, SaleLine
from retail_core.domain.scanned import CodeKind, Scanned
from retail_core.trust.coupons import COUPON_PREFIX, read_coupon

NOBODY_WITH_CARD = "customer.card_unknown"
ATTACHED, DETACHED = "customer.attached", "customer.detached"
COUPON_TAKEN, COUPON_WAITS, COUPON_OFF = "coupon.taken", "coupon.waits", "coupon.taken_off"


class CouponOnSale(msgspec.Struct, frozen=True):
    """A coupon on the open sale, what it is called, and what it takes off so far."""

    code: str
    name: str
    off_minor: int


class Shopping:
    """Who buys on the open sale. All methods run on the screen's thread."""

    def __init__(
        self, selling: Selling, paying: Paying, customers: Customers, promotions: Callable[[], tuple[Promotion, ...]],
        writer: Writer, clock: Clock, hq_key: str,
    ) -> None:  # fmt: skip
        self._selling, self.customers, self._promotions = selling, customers, promotions
        self._writer, self._clock, self._hq_key = writer, clock, hq_key
        self.refused: Callable[[CodedError], None] = lambda _: None
        """Told when a coupon has to come off again, because it turned out to be used."""
        selling.aside, paying.on_not_paid = self.scanned, self.not_paid

    def who(self) -> Customer | None:
        """The customer of the open sale; without details where this till does not know them."""
        on_sale = self._selling.sale.customer if self._selling.sale else None
        if on_sale is None:
            return None
        known = self.customers.get(on_sale.customer_id)
        return known or Customer(on_sale.customer_id, "", tier=on_sale.tier)

    def attach(self, customer: Customer) -> Outcome:
        """This customer buys; the lines are priced for them, and those that cost something else are marked."""

        def attached(sale: Sale) -> Outcome:
            sale.attach(customer.on_sale)
            return Outcome(OutcomeKind.CHANGED, code=ATTACHED, facts={"name": customer.name})

        return self._selling.on_sale(attached)

    def detach(self) -> Outcome:
        """Nobody we know buys."""
        if self._selling.sale is None or self._selling.sale.customer is None:
            return Outcome(OutcomeKind.NOTHING)

        def detached(sale: Sale) -> Outcome:
            sale.attach(None)
            return Outcome(OutcomeKind.CHANGED, code=DETACHED)

        return self._selling.on_sale(detached)

    def scanned(self, scanned: Scanned) -> Outcome | None:
        """What a code that is no goods does; None when it is neither a card nor a coupon that anybody knows.

        Raises RuleViolationError `customer.card_unknown` and `coupon.*`.
        """
        if scanned.kind is CodeKind.COUPON:
            return self._take_coupon(scanned.text)
        customer = self.customers.of_card(scanned.text)
        if customer:
            return self.attach(customer)
        if scanned.kind is CodeKind.LOYALTY_CARD:
            raise RuleViolationError(NOBODY_WITH_CARD)
        return self._take_coupon(scanned.text) if any(named_by(self._promotions(), scanned.text)) else None

    # ── coupons ──────────────────────────────────────────────────────────────────────────────────

    def coupons(self) -> tuple[CouponOnSale, ...]:
        """Those on the open sale, each with what it takes off."""
        sale = self._selling.sale
        return tuple(self._shown(sale, coupon) for coupon in sale.coupons) if sale else ()

    def drop_coupon(self, code: str) -> Outcome:
        """The customer keeps the coupon."""
        if self._selling.sale is None:
            return Outcome(OutcomeKind.NOTHING)

        def dropped(sale: Sale) -> Outcome:
            sale.drop_coupon(code)
            return Outcome(OutcomeKind.CHANGED, code=COUPON_OFF, facts={"coupon": code})

        return self._selling.on_sale(dropped)

    def not_paid(self, error: CodedError) -> None:
        """A sale could not be written: a coupon that turned out to be used comes off."""
        if error.code == COUPON_USED:
            self.drop_coupon(str(error.facts.get("coupon", "")))

    def _take_coupon(self, text: str) -> Outcome:
        coupon, promotion = self._read(text)

        def taken(sale: Sale) -> Outcome:
            sale.add_coupon(coupon)
            return Outcome(OutcomeKind.CHANGED, code=COUPON_TAKEN, facts={"name": promotion.name})

        outcome = self._selling.on_sale(taken)
        if outcome.kind is not OutcomeKind.CHANGED:
            return outcome
        if coupon.serial:
            self._ask_whether_used(coupon)
        return outcome if outcome.marked else msgspec.structs.replace(outcome, code=COUPON_WAITS)

    def _read(self, text: str) -> tuple[SaleCoupon, Promotion]:
        now_ms = self._clock.now_ms()
        printed = read_coupon(self._hq_key, text, now_ms) if text.startswith(COUPON_PREFIX) else None
        code, serial = (printed.code, printed.serial) if printed else (text, "")
        return coupon_of(self._promotions(), code, serial, now_ms)

    def _ask_whether_used(self, coupon: SaleCoupon) -> None:
        """Nobody waits for the answer: the sale goes on, and the coupon comes off if it is a used one."""

        def answered(used: bool) -> None:
            sale = self._selling.sale
            if used and sale and coupon in sale.coupons and not self._selling.paying:
                self.drop_coupon(coupon.code)
                self.refused(RuleViolationError(COUPON_USED, coupon=coupon.code))

        self._writer.submit(
            lambda store: customers_here.coupon_used(store.conn, coupon.code, coupon.serial), answered, lambda _: None
        )

    def _shown(self, sale: Sale, coupon: SaleCoupon) -> CouponOnSale:
        mine = {PREFIX + one.promo_id: one.name for one in self._promotions() if one.promo_id in coupon.promos}
        off_minor = sum(-reason.amount_minor for line in sale for reason in _reasons(line) if reason.rule in mine)
        return CouponOnSale(coupon.code, next(iter(mine.values()), coupon.code), off_minor)


def _reasons(line: SaleLine) -> tuple[PriceReason, ...]:
    return line.reasons if line.counts else ()
