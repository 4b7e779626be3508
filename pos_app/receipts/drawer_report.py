"""X, Z and day reports: facts in, a document of rows out, the same for paper and for the screen.

A report says what was added up while selling; nothing here reads a sale.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import msgspec

from pos_app.locale.mark import _
from pos_app.receipts.document import Align, Columns, Element, Gap, ReceiptDocument, Rule, Size, Table, Text
from pos_app.receipts.facts import TENDER_WORDS
from pos_app.receipts.layout import with_rate
from retail_core.domain.drawer import MOVE_SIGN, MoveKind, Pieces, SessionTotals, Tally
from retail_core.domain.money import format_minor, format_money

MAX_UNPAID_LINES = 20


class ReportKind(StrEnum):
    X = "x"
    Z = "z"
    DAY = "day"


class Unpaid(msgspec.Struct, frozen=True):
    """A basket nobody has paid yet; it lives on."""

    at_ms: int
    total_minor: int
    first: str


class Part(msgspec.Struct, frozen=True):
    """One session of a day."""

    z_number: str
    opened_by: str
    variance_minor: int


class Facts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything one report says. Local times are ready to print; people are named. `counted_minor` None: not counted."""

    kind: ReportKind
    drawer: str
    store_name: str
    currency: str
    biz_date: str
    at_ms: int
    at_local: str
    by: str
    totals: SessionTotals
    float_minor: int = 0
    expected_minor: int = 0
    counted_minor: int | None = None
    pieces: tuple[Pieces, ...] = ()
    z_number: str = ""
    opened_local: str = ""
    opened_by: str = ""
    by_itself: bool = False
    reason: str = ""
    approved_by: str = ""
    unpaid: tuple[Unpaid, ...] = ()
    parts: tuple[Part, ...] = ()
    variance_minor: int = 0
    tax_names: dict[str, str] = {}  # by "class@parts per million"; reports of before have them by class
    header: tuple[str, ...] = ()
    copy: bool = False
    language: str = ""


MOVE_WORDS = MappingProxyType(
    {
        MoveKind.FLOAT: _("Float, said later"),
        MoveKind.LOAN: _("Cash loan"),
        MoveKind.DROP: _("Cash drop"),
        MoveKind.BANK: _("To the bank"),
        MoveKind.NO_SALE: _("Opened without a sale"),
    }
)
REASON_WORDS = MappingProxyType(
    {
        "wrong_change": _("Wrong change"),
        "not_noted": _("Money moved and not noted"),
        "wrong_tender": _("Rung up under another tender"),
        "miscounted": _("Counting mistake"),
        "unknown": _("Nobody knows"),
    }
)


@dataclass(frozen=True)
class ReportWords:
    """The words around the facts. The rim translates them; these are the source texts."""

    titles: Mapping[ReportKind, str] = field(
        default_factory=lambda: MappingProxyType(
            {ReportKind.X: _("X REPORT"), ReportKind.Z: _("Z REPORT"), ReportKind.DAY: _("DAY REPORT")}
        )
    )
    copy: str = _("COPY")
    drawer: str = _("Drawer")
    business_date: str = _("Business date")
    opened: str = _("Opened")
    by_itself: str = _("opened by the first sale")
    printed: str = _("Printed")
    closed: str = _("Closed")
    by: str = _("by {name}")
    approved: str = _("Approved by")
    not_final: str = _("Not a closing report: sales go on.")
    sales: str = _("Sales")
    returns: str = _("Lines brought back")
    discounts: str = _("Discounts")
    net: str = _("Net")
    tax: str = _("Tax")
    gross: str = _("Gross")
    rate: str = _("Rate")
    rounding: str = _("Cash rounding")
    tenders: str = _("TENDERS")
    money: str = _("MONEY IN THE DRAWER")
    float: str = _("Opening float")
    cash: str = _("Cash from sales")
    expected: str = _("Expected")
    counted: str = _("Counted")
    variance: str = _("Difference")
    reason: str = _("Reason")
    counts: str = _("COUNTED PIECES")
    attention: str = _("TO LOOK AT")
    voided_lines: str = _("Lines voided")
    voided_sales: str = _("Sales voided")
    reprints: str = _("Receipts printed again")
    first_receipt: str = _("First receipt")
    last_receipt: str = _("Last receipt")
    unpaid: str = _("NOT PAID YET, NOT LOST")
    more: str = _("and {n} more")
    sessions: str = _("SESSIONS")
    tender: Mapping[str, str] = field(default_factory=lambda: TENDER_WORDS)
    moves: Mapping[MoveKind, str] = field(default_factory=lambda: MOVE_WORDS)
    reasons: Mapping[str, str] = field(default_factory=lambda: REASON_WORDS)
    right_to_left: bool = False


ENGLISH_REPORT = ReportWords()


def report_document(facts: Facts, words: ReportWords = ENGLISH_REPORT) -> ReceiptDocument:
    """A report for paper of any width."""
    elements = (
        *_head(facts, words),
        *_turnover(facts, words),
        *_tenders(facts, words),
        *_drawer(facts, words),
        *_attention(facts, words),
        *_sessions(facts, words),
        *_unpaid(facts, words),
        *_foot(facts, words),
    )
    return ReceiptDocument(elements, mirrored=words.right_to_left)


def _head(facts: Facts, words: ReportWords) -> Iterator[Element]:
    shop, *address = facts.header or (facts.store_name,)
    yield Text(shop, Align.CENTRE, bold=True)
    for line in address:
        yield Text(line, Align.CENTRE)
    yield Gap()
    if facts.copy:
        yield Text(f"* {words.copy} *", Align.CENTRE, bold=True, size=Size.TALL)
    yield Text(words.titles[facts.kind], Align.CENTRE, bold=True, size=Size.LARGE)
    if facts.z_number:
        yield Text(facts.z_number, Align.CENTRE, bold=True)
    yield Gap()
    yield Columns(words.drawer, facts.drawer)
    yield Columns(words.business_date, facts.biz_date)
    if facts.opened_local:
        yield Columns(words.opened, facts.opened_local)
        opened_by = words.by_itself if facts.by_itself else words.by.format(name=facts.opened_by)
        yield Columns("", opened_by)
    yield Columns(words.closed if facts.kind is ReportKind.Z else words.printed, facts.at_local)
    yield Columns("", words.by.format(name=facts.by))
    if facts.approved_by:
        yield Columns(words.approved, facts.approved_by)
    yield Rule()


def _turnover(facts: Facts, words: ReportWords) -> Iterator[Element]:
    totals = facts.totals
    amount = _amounts(facts)
    yield _tally(words.sales, totals.sales, amount, bold=True)
    if totals.returns.count:
        yield _tally(words.returns, totals.returns, amount)
    if totals.discounts.count:
        yield _tally(words.discounts, totals.discounts, amount)
    yield Columns(words.net, amount(totals.sales.minor - totals.tax_minor))
    yield Columns(words.tax, amount(totals.tax_minor))
    yield Columns(words.gross, format_money(totals.sales.minor, facts.currency), bold=True, size=Size.TALL)
    if totals.rounding_minor:  # beside the sales: what was taken is both together
        yield Columns(words.rounding, amount(totals.rounding_minor))
    if totals.taxes:
        yield Gap()
        table: list[tuple[str, ...]] = [(words.rate, words.net, words.tax, words.gross)]
        for key, tax in totals.taxes.items():  # a day may have two rates of one class
            name = facts.tax_names.get(key) or facts.tax_names.get(tax.tax_class) or tax.tax_class
            figures = (tax.net_minor, tax.tax_minor, tax.net_minor + tax.tax_minor)
            table.append((with_rate(name, tax.rate_ppm), *(amount(figure) for figure in figures)))
        yield Table(tuple(table))
    for receipts in totals.receipts:
        yield Columns(words.first_receipt, receipts.first_text)
        yield Columns(words.last_receipt, receipts.last_text)
    yield Rule()


def _tenders(facts: Facts, words: ReportWords) -> Iterator[Element]:
    if not facts.totals.tenders:
        return
    amount = _amounts(facts)
    yield Text(words.tenders, bold=True)
    for kind, tally in facts.totals.tenders.items():
        yield _tally(words.tender.get(kind, kind), tally, amount)
    yield Rule()


def _drawer(facts: Facts, words: ReportWords) -> Iterator[Element]:
    amount = _amounts(facts)
    yield Text(words.money, bold=True)
    yield Columns(words.float, amount(facts.float_minor))
    yield Columns(words.cash, amount(facts.totals.cash_minor))
    for kind, word in words.moves.items():
        tally = facts.totals.moved(kind)
        if tally.count and MOVE_SIGN[kind]:
            yield _tally(word, Tally(tally.count, MOVE_SIGN[kind] * tally.minor), amount)
    yield Columns(words.expected, amount(facts.expected_minor), bold=True)
    if facts.counted_minor is not None:
        yield Columns(words.counted, amount(facts.counted_minor), bold=True)
        yield Columns(words.variance, amount(facts.variance_minor), bold=True, size=Size.TALL)
        if facts.reason:
            yield Columns(words.reason, words.reasons.get(facts.reason, facts.reason))
    if facts.pieces:
        yield Gap()
        yield Text(words.counts, bold=True)
        for piece in facts.pieces:
            if piece.count:
                value = format_minor(piece.value_minor, facts.currency)
                yield Columns(f"{piece.count} × {value}", amount(piece.count * piece.value_minor))
    yield Rule()


def _attention(facts: Facts, words: ReportWords) -> Iterator[Element]:
    totals, amount = facts.totals, _amounts(facts)
    tallies = [
        (words.moves[MoveKind.NO_SALE], totals.moved(MoveKind.NO_SALE)),
        (words.voided_lines, totals.voided_lines),
        (words.voided_sales, totals.voided_sales),
        (words.reprints, Tally(totals.reprints)),
    ]
    if not any(tally.count for _, tally in tallies):
        return
    yield Text(words.attention, bold=True)
    for word, tally in tallies:
        if tally.count:
            yield _tally(word, tally, amount) if tally.minor else Columns(word, f"{tally.count}")
    yield Rule()


def _sessions(facts: Facts, words: ReportWords) -> Iterator[Element]:
    if not facts.parts:
        return
    yield Text(words.sessions, bold=True)
    for part in facts.parts:
        yield Columns(part.z_number, "")
        yield Columns(f"  {part.opened_by}", _amounts(facts)(part.variance_minor))
    yield Rule()


def _unpaid(facts: Facts, words: ReportWords) -> Iterator[Element]:
    if not facts.unpaid:
        return
    yield Text(words.unpaid, bold=True)
    for basket in facts.unpaid[:MAX_UNPAID_LINES]:
        yield Columns(basket.first, _amounts(facts)(basket.total_minor))
    if len(facts.unpaid) > MAX_UNPAID_LINES:
        yield Text(words.more.format(n=len(facts.unpaid) - MAX_UNPAID_LINES))
    yield Rule()


def _foot(facts: Facts, words: ReportWords) -> Iterator[Element]:
    if facts.kind is ReportKind.X:
        yield Text(words.not_final, Align.CENTRE)


def _tally(word: str, tally: Tally, amount: "_Amount", *, bold: bool = False) -> Columns:
    return Columns(f"{word} ({tally.count})", amount(tally.minor), bold=bold)


class _Amount:
    def __init__(self, currency: str) -> None:
        self._currency = currency

    def __call__(self, minor: int) -> str:
        return format_minor(minor, self._currency)


def _amounts(facts: Facts) -> _Amount:
    return _Amount(facts.currency)
