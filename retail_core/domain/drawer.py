"""The cash box: one accountable period of it, what goes in and out beside sales, and what should be in it.

A `DrawerSession` is opened with a float, lives through sales and movements, is counted blind and closed with its Z.
A sale or a movement after a count makes that count worth nothing. What should be in the drawer is a pure function of
the float and of running totals, so a report costs the same after one sale and after a thousand.
"""

from collections.abc import Iterable
from enum import StrEnum
from types import MappingProxyType

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.money import exponent
from retail_core.domain.saledata import MAX_TOTAL_MINOR

MAX_PIECES = 100_000
MAX_ROUNDS = 9
MAX_REASON_CHARS = 120
DEFAULT_LIMIT_MINOR = 500
DEFAULT_FREE_NO_SALES = 3


class SessionState(StrEnum):
    OPEN = "open"
    COUNTED = "counted"
    CLOSED = "closed"


class DrawerAct(StrEnum):
    SELL = "sell"
    MOVE = "move"
    COUNT = "count"
    CLOSE = "close"


DRAWER_TRANSITIONS = MappingProxyType(
    {
        (SessionState.OPEN, DrawerAct.SELL): SessionState.OPEN,
        (SessionState.OPEN, DrawerAct.MOVE): SessionState.OPEN,
        (SessionState.OPEN, DrawerAct.COUNT): SessionState.COUNTED,
        (SessionState.COUNTED, DrawerAct.SELL): SessionState.OPEN,
        (SessionState.COUNTED, DrawerAct.MOVE): SessionState.OPEN,
        (SessionState.COUNTED, DrawerAct.COUNT): SessionState.COUNTED,
        (SessionState.COUNTED, DrawerAct.CLOSE): SessionState.CLOSED,
    }
)


class MoveKind(StrEnum):
    """Money or a hand in the drawer without a sale."""

    FLOAT = "float"  # change money of a session that a sale had opened by itself
    LOAN = "loan"
    DROP = "drop"
    BANK = "bank"
    NO_SALE = "no_sale"
    COUNTING = "counting"  # opened to be counted


MOVE_SIGN = MappingProxyType(
    {
        MoveKind.FLOAT: 1,
        MoveKind.LOAN: 1,
        MoveKind.DROP: -1,
        MoveKind.BANK: -1,
        MoveKind.NO_SALE: 0,
        MoveKind.COUNTING: 0,
    }
)
NO_SALE_REASONS = ("change", "wrong_change", "look", "other")
VARIANCE_REASONS = ("wrong_change", "not_noted", "wrong_tender", "miscounted", "unknown")


class DrawerRules(msgspec.Struct, frozen=True, omit_defaults=True):
    """Settings of the store. A difference above `limit_minor` is counted again and then approved."""

    limit_minor: int = DEFAULT_LIMIT_MINOR
    free_no_sales: int = DEFAULT_FREE_NO_SALES  # openings without a sale a cashier has in one session


class Pieces(msgspec.Struct, frozen=True):
    """So many coins or notes of one value."""

    value_minor: int
    count: int


class Tally(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many, and what they add up to."""

    count: int = 0
    minor: int = 0

    def plus(self, minor: int, count: int = 1) -> "Tally":
        return Tally(self.count + count, self.minor + minor)


class TaxTally(msgspec.Struct, frozen=True):
    """One rate. `taxable_minor` is the sum of line amounts, the tax being in it (`included`) or on top."""

    tax_class: str
    rate_ppm: int
    included: bool
    taxable_minor: int
    tax_minor: int

    @property
    def net_minor(self) -> int:
        return self.taxable_minor - (self.tax_minor if self.included else 0)


class ReceiptRange(msgspec.Struct, frozen=True):
    """Receipts of one series without a gap, as counters and as they are printed."""

    series: str
    first: int
    last: int
    first_text: str
    last_text: str


class SessionTotals(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything a report says, as running sums: constant work for each sale, constant work for each report.

    `sales` counts baskets and what they came to; `cash_minor` is what sales and refunds left in the drawer.
    """

    sales: Tally = Tally()
    returns: Tally = Tally()
    discounts: Tally = Tally()
    voided_lines: Tally = Tally()
    voided_sales: Tally = Tally()
    reprints: int = 0
    cash_minor: int = 0
    rounding_minor: int = 0
    taxes: dict[str, TaxTally] = {}
    tenders: dict[str, Tally] = {}
    moves: dict[str, Tally] = {}
    hours: dict[str, Tally] = {}
    receipts: tuple[ReceiptRange, ...] = ()

    def moved(self, kind: MoveKind) -> Tally:
        return self.moves.get(kind.value, Tally())

    @property
    def tax_minor(self) -> int:
        return sum(tax.tax_minor for tax in self.taxes.values())

    @property
    def no_sales(self) -> int:
        """How often the drawer was opened without a sale."""
        return self.moved(MoveKind.NO_SALE).count


class Counted(msgspec.Struct, frozen=True, omit_defaults=True):
    """One blind count."""

    by: str
    at_ms: int
    counted_minor: int
    expected_minor: int
    pieces: tuple[Pieces, ...] = ()

    @property
    def variance_minor(self) -> int:
        """More than zero when there is too much in the drawer."""
        return self.counted_minor - self.expected_minor


class DrawerSession(msgspec.Struct, frozen=True, omit_defaults=True):
    """One accountable period of a drawer. `by_itself`: a sale found no open session and opened this one."""

    session_id: str
    drawer: str
    biz_date: str
    currency: str
    opened_ms: int
    opened_by: str
    float_minor: int = 0
    by_itself: bool = False
    state: SessionState = SessionState.OPEN
    totals: SessionTotals = SessionTotals()
    counts: tuple[Counted, ...] = ()

    @property
    def expected_minor(self) -> int:
        """What should be in the drawer now."""
        return expected_cash(self.float_minor, self.totals)

    @property
    def last_count(self) -> Counted | None:
        """The count that still holds."""
        return self.counts[-1] if self.counts and self.state is not SessionState.OPEN else None

    def after(self, act: DrawerAct) -> "DrawerSession":
        """Raises RuleViolationError `drawer.closed_already` or `drawer.not_counted` and changes nothing."""
        state = DRAWER_TRANSITIONS.get((self.state, act))
        if state is None:
            code = "drawer.closed_already" if self.state is SessionState.CLOSED else "drawer.not_counted"
            raise RuleViolationError(code, drawer=self.drawer)
        return self if state is self.state else msgspec.structs.replace(self, state=state)


def expected_cash(float_minor: int, totals: SessionTotals) -> int:
    """What should be in the drawer: the float, what sales left in it, and movements by their sign.

    >>> expected_cash(100_00, SessionTotals(cash_minor=45_50, moves={"drop": Tally(1, 50_00)}))
    9550
    """
    moved = sum(MOVE_SIGN[MoveKind(kind)] * tally.minor for kind, tally in totals.moves.items())
    return float_minor + totals.cash_minor + moved


def check_move(kind: MoveKind, amount_minor: int, reason: str, expected_minor: int) -> None:
    """Raises `drawer.amount_not_positive`, `drawer.amount_too_large`, `drawer.not_enough` or `drawer.reason_missing`."""
    if kind in {MoveKind.NO_SALE, MoveKind.COUNTING}:
        if amount_minor:
            raise RuleViolationError("drawer.no_sale_has_no_amount")
    elif amount_minor <= 0:
        raise RuleViolationError("drawer.amount_not_positive")
    if amount_minor > MAX_TOTAL_MINOR:
        raise RuleViolationError("drawer.amount_too_large")
    if MOVE_SIGN[kind] < 0 and amount_minor > expected_minor:
        raise RuleViolationError("drawer.not_enough")
    if not 0 < len(reason) <= MAX_REASON_CHARS:
        raise RuleViolationError("drawer.reason_missing")


def check_float(amount_minor: int) -> None:
    """Raises `drawer.amount_not_positive` or `drawer.amount_too_large`; an empty drawer is a float of zero."""
    if amount_minor < 0:
        raise RuleViolationError("drawer.amount_not_positive")
    if amount_minor > MAX_TOTAL_MINOR:
        raise RuleViolationError("drawer.amount_too_large")


def sum_of(pieces: Iterable[Pieces]) -> int:
    """What coins and notes add up to. Raises `drawer.bad_count`."""
    total = 0
    for piece in pieces:
        if piece.value_minor <= 0 or not 0 <= piece.count <= MAX_PIECES:
            raise RuleViolationError("drawer.bad_count")
        total += piece.value_minor * piece.count
    if total > MAX_TOTAL_MINOR:
        raise RuleViolationError("drawer.amount_too_large")
    return total


def count_again(counts: tuple[Counted, ...], rules: DrawerRules) -> bool:
    """True when the difference asks for another count: the first one was above the limit."""
    return len(counts) == 1 and abs(counts[0].variance_minor) > rules.limit_minor


def needs_reason(counted: Counted) -> bool:
    """Every difference is explained, however small."""
    return counted.variance_minor != 0


def business_date_of_session(by_clock: str, last: str | None) -> str:
    """The trading day of a session opened now: the clock's, but never before the last session's.

    A clock that was set back puts no sale into a day that is over.
    """
    return max(by_clock, last or by_clock)


# ── coins and notes ──────────────────────────────────────────────────────────────────────────────

_COINS = MappingProxyType(
    {
        "EUR": (1, 2, 5, 10, 20, 50, 100, 200),
        "USD": (1, 5, 10, 25, 100),
        "GBP": (1, 2, 5, 10, 20, 50, 100, 200),
        "CHF": (5, 10, 20, 50, 100, 200, 500),
        "SEK": (100, 200, 500, 1000),
        "NOK": (100, 500, 1000, 2000),
        "DKK": (50, 100, 200, 500, 1000, 2000),
        "PLN": (1, 2, 5, 10, 20, 50, 100, 200, 500),
        "CZK": (100, 200, 500, 1000, 2000, 5000),
        "JPY": (1, 5, 10, 50, 100, 500),
    }
)
_NOTES = MappingProxyType(
    {
        "EUR": (5, 10, 20, 50, 100, 200),
        "USD": (1, 5, 10, 20, 50, 100),
        "GBP": (5, 10, 20, 50),
        "CHF": (10, 20, 50, 100, 200),
        "SEK": (20, 50, 100, 200, 500, 1000),
        "NOK": (50, 100, 200, 500, 1000),
        "DKK": (50, 100, 200, 500, 1000),
        "PLN": (10, 20, 50, 100, 200, 500),
        "CZK": (100, 200, 500, 1000, 2000, 5000),
        "JPY": (1000, 2000, 5000, 10000),
    }
)
_OTHER_COINS = (1, 2, 5, 10, 20, 50)
_OTHER_NOTES = (1, 2, 5, 10, 20, 50, 100, 200, 500)


class Denominations(msgspec.Struct, frozen=True):
    """Values in minor units, the largest first."""

    notes: tuple[int, ...]
    coins: tuple[int, ...]


def denominations(currency: str) -> Denominations:
    """Notes and coins a drawer of this currency is counted by; of currencies not listed a usual row.

    >>> denominations("EUR").notes[-1], denominations("JPY").notes[-1]
    (500, 1000)
    """
    unit = 10 ** exponent(currency)
    notes = (note * unit for note in _NOTES.get(currency, _OTHER_NOTES))
    coins = _COINS.get(currency, _OTHER_COINS if exponent(currency) else ())
    return Denominations(tuple(sorted(notes, reverse=True)), tuple(sorted(coins, reverse=True)))
