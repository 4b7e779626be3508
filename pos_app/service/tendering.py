"""Ways to pay besides the terminal: cash in part, foreign cash, gift cards, store credit, points and accounts, mixed freely.

What is put on the sale here is only promised: it is on the basket, on disk, and can be taken off again. Money and value
move when the sale is finished, with it or not at all. Cash and foreign cash alone give change.
"""

from collections.abc import Callable

import msgspec

from pos_app.runtime.writer import Failed, Writer
from pos_app.service.instruments import Found, Instruments
from pos_app.service.open_sale import BLOCKED_DOUBT, BLOCKED_PAYING
from pos_app.service.paying import Ending, Paid, Paying
from pos_app.service.selling import Selling
from retail_core.domain.cashrounding import cash_due
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import IdSource, InstrumentId
from retail_core.domain.sale import Sale
from retail_core.domain.tender import Foreign, Tender, TenderKind, TenderRules
from retail_core.domain.value import TENDER_OF, ValueKind, check_amount, check_points

Part = Callable[[], None]


class Points(msgspec.Struct, frozen=True):
    """The points of the customer on the sale: `per` of them are worth `minor`. `left`: None while nobody has looked."""

    instrument: InstrumentId
    minor: int = 1
    per: int = 1
    left: int | None = None

    def worth_minor(self, points: int) -> int:
        """What so many points pay; a started unit pays nothing."""
        return points * self.minor // self.per

    def needed(self, minor: int) -> int:
        """The fewest points that pay so much."""
        return -(-minor * self.per // self.minor)


IN_DRAWER = "drawer:"


class Tendering:
    """All methods run on the screen's thread. `part` is told when a tender is on the sale and something is still left."""

    def __init__(
        self, selling: Selling, paying: Paying, instruments: Instruments, writer: Writer, ids: IdSource
    ) -> None:
        self._selling, self._paying, self.instruments = selling, paying, instruments
        self._writer, self._ids = writer, ids
        self.points: Callable[[], Points | None] = lambda: None  # of whoever is on the sale; loyalty says

    @property
    def rules(self) -> TenderRules:
        return self.instruments.rules

    def pay_cash_part(self, given_minor: int, part: Part, failed: Failed) -> None:
        """A part in cash; the rest is paid otherwise. Fails with `tender.over`, `cash.no_such_coin`, `tender.not_positive`."""

        def tender(sale: Sale) -> Tender:
            coin = self._paying.cash_rule().coin_minor
            if given_minor % coin:
                raise RuleViolationError("cash.no_such_coin", given_minor=given_minor, coin_minor=coin)
            if given_minor >= sale.left_minor:
                raise RuleViolationError("tender.over", over_minor=given_minor - sale.left_minor)
            return Tender(TenderKind.CASH, given_minor, given_minor, f"{IN_DRAWER}{self._ids.next()}")

        self._put(tender, part, failed)

    def pay_foreign(
        self, currency: str, given_minor: int, part: Part, done: Paid, failed: Failed, *, print_receipt: bool = True
    ) -> None:
        """Notes of another currency at the store's rate, change in its own; less than is due is a part.

        Where there are no cents, what the notes are worth is cut to the smallest coin. Fails with `tender.no_rate`.
        """
        try:
            sale, _ = self._paying.payable()
            rate = self.rules.rate_of(currency)
            worth_minor = rate.worth_minor(given_minor, sale.currency)
        except RuleViolationError as refused:
            failed(refused)
            return
        rule = self._paying.cash_rule()
        worth_minor -= worth_minor % rule.coin_minor
        foreign = Foreign(currency, given_minor, rate.rate, rate.exponent)
        due_minor = cash_due(sale.left_minor, rule)
        reference = f"{IN_DRAWER}{self._ids.next()}"
        if worth_minor < due_minor:
            tender = Tender(TenderKind.FOREIGN_CASH, worth_minor, worth_minor, reference, foreign=foreign)
            self._put(lambda _: tender, part, failed)
            return
        last = Tender(TenderKind.FOREIGN_CASH, due_minor, worth_minor, reference, foreign=foreign)
        ending = Ending((last,), due_minor - sale.left_minor)
        self._paying.finish(lambda _: ending, done, failed, print_receipt=print_receipt)

    def pay_value(
        self, found: Found, amount_minor: int, part: Part, done: Paid, failed: Failed, *, print_receipt: bool = True
    ) -> None:
        """Take this much from a gift card, credit, points or an account; the sale is finished when nothing is left.

        Fails with `value.*`, `tender.over`, `tender.twice`.
        """

        def tender(sale: Sale) -> Tender:
            known = found.known
            if any(one.reference == known.instrument for one in sale.tenders):
                raise RuleViolationError("tender.twice", tail=known.tail)
            self.instruments.check(found)
            units = self.units_of(found, amount_minor)
            if known.kind is ValueKind.POINTS:
                check_points(units, found.left)
            else:
                check_amount(units, found.left, known.tail, known.currency, known.kind)
            points = units if known.kind is ValueKind.POINTS else 0
            return Tender(
                TENDER_OF[known.kind], amount_minor, amount_minor, known.instrument, known.tail, points=points
            )

        self._put(tender, part, failed, done, print_receipt=print_receipt)

    def units_of(self, found: Found, amount_minor: int) -> int:
        """What an amount takes from an instrument, in its own unit. Raises `tender.no_points` for somebody else's points."""
        if found.known.kind is not ValueKind.POINTS:
            return amount_minor
        points = self.points()
        if points is None or points.instrument != found.known.instrument:
            raise RuleViolationError("tender.no_points")
        return points.needed(amount_minor)

    def give_credit(self, done: Paid, failed: Failed, given_minor: int = 0, *, print_receipt: bool = True) -> None:
        """Give what the customer gets as store credit on a new voucher: the refund, or the change of `given_minor` in cash."""
        credit = self.instruments.new_credit()

        def ending(sale: Sale) -> Ending:
            back_minor = given_minor - sale.left_minor
            if back_minor <= 0:
                raise RuleViolationError("tender.too_little", missing_minor=-back_minor)
            voucher = Tender(TenderKind.STORE_CREDIT, -back_minor, -back_minor, credit.instrument, credit.tail)
            cash = (Tender(TenderKind.CASH, given_minor, given_minor),) if given_minor else ()
            return Ending((*cash, voucher), 0, {credit.instrument: credit.code})

        self._paying.finish(ending, done, failed, print_receipt=print_receipt)

    def give_onto(self, found: Found, done: Paid, failed: Failed, *, print_receipt: bool = True) -> None:
        """Give the refund back onto the gift card, credit or account it was paid with. Fails with `value.*`."""

        def ending(sale: Sale) -> Ending:
            if sale.left_minor >= 0:
                raise RuleViolationError("tender.wrong_way", due_minor=sale.left_minor)
            self.instruments.check(found)
            known, left = found.known, sale.left_minor
            points = self.units_of(found, -left) if known.kind is ValueKind.POINTS else 0
            return Ending((Tender(TENDER_OF[known.kind], left, left, known.instrument, known.tail, points=points),))

        self._paying.finish(ending, done, failed, print_receipt=print_receipt)

    def undo(self, reference: str) -> None:
        """Take a tender off the sale that the terminal has nothing to do with, also while lines wait for somebody.

        Raises `tender.not_taken`, `sale.being_paid`, `card.doubt`.
        """
        selling = self._selling
        if selling.paying or selling.in_doubt:
            raise RuleViolationError(BLOCKED_PAYING if selling.paying else BLOCKED_DOUBT)
        sale = selling.sale
        if sale is None:
            raise RuleViolationError("tender.not_taken", reference=reference)
        sale.give_back(reference)
        self._writer.keep_basket(sale.data())

    def _put(
        self, tender_of: Callable[[Sale], Tender], part: Part, failed: Failed, done: Paid | None = None, *,
        print_receipt: bool = True,
    ) -> None:  # fmt: skip
        try:
            sale, _ = self._paying.payable()
            sale.take(tender_of(sale))
        except RuleViolationError as refused:
            failed(refused)
            return
        self._writer.keep_basket(sale.data())
        if sale.left_minor or done is None:
            part()
        else:
            self._paying.finish_paid(done, failed, print_receipt=print_receipt)
