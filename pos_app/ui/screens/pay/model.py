"""From the sale and what the cashier chose to what the pay screen shows. Nothing here changes anything."""

from dataclasses import dataclass

from pos_app.service.instruments import Found
from pos_app.service.tendering import Points
from pos_app.ui.amounts import format_minor, format_money, parse_cash
from pos_app.ui.screens.pay.carried import name_of
from pos_app.ui.screens.pay.state import AmountRow, QuickAmount
from pos_app.ui.screens.pay.ways import CARD, CASH, foreign_currency
from pos_app.ui.screens.sell.model import tax_words
from pos_app.ui.theme import Tone
from pos_app.ui.words import ltr, ntr, tr
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.money import exponent
from retail_core.domain.sale import Sale
from retail_core.domain.saledata import Totals
from retail_core.domain.tender import GIVES_CHANGE, ForeignRate, Tender, TenderKind
from retail_core.domain.value import VALUE_OF, ValueKind

EXACT = -1


@dataclass(frozen=True, slots=True)
class Choice:
    """The way to pay, what was typed or tapped, and what is due by this way: `due_minor` in the sale's currency."""

    way: str
    typed: str
    chosen_minor: int
    due_minor: int
    currency: str
    found: Found | None = None
    rate: ForeignRate | None = None
    points: Points | None = None
    over_minor: int = 0  # how much more than is due may be charged and paid out in cash

    def given_minor(self, *, confirmed: bool = True) -> int:
        """The amount in the currency it is given in. Raises `amount.*`, `tender.no_rate`."""
        if self.typed:
            return parse_cash(self.typed, foreign_currency(self.way) or self.currency, confirmed=confirmed)
        if self.chosen_minor != EXACT and self.way == CASH:
            return self.chosen_minor
        if self.rate is not None and self.due_minor > 0:
            return self.rate.needed_minor(self.due_minor, self.currency)
        if self.found is not None and self.due_minor > 0:
            left = self.found.left.amount
            worth = self.points.worth_minor(left) if self.found.known.kind is ValueKind.POINTS and self.points else left
            return min(worth, self.due_minor)
        return self.due_minor

    def worth_minor(self, given_minor: int) -> int:
        """The same in the sale's currency."""
        return self.rate.worth_minor(given_minor, self.currency) if self.rate and given_minor else given_minor


@dataclass(frozen=True, slots=True)
class Foot:
    """The coloured part under the sums: what is given, what follows from it, and whether it can be finished."""

    word: str
    given: str
    then_word: str
    then: str
    tone: Tone = Tone.OK
    enough: bool = True


def foot(choice: Choice) -> Foot:
    currency, due = choice.currency, choice.due_minor
    word = _given_word(choice)
    try:
        given = choice.given_minor()
        worth = choice.worth_minor(given)
    except RuleViolationError:
        return Foot(word, ltr(choice.typed), tr("Not an amount"), "–", Tone.WARNING)
    foreign = foreign_currency(choice.way)
    words = format_money(given, foreign or currency)
    if foreign:
        words = f"{words} = {format_money(worth, currency)}"
    if gives_change(choice.way):
        if worth < due:
            return Foot(
                word, words, tr("Then still to pay"), format_money(due - worth, currency), Tone.WARNING, worth > 0
            )
        return Foot(word, words, tr("Change due"), format_money(worth - due, currency))
    if due < worth <= due + choice.over_minor:
        return Foot(word, words, tr("Cash back"), format_money(worth - due, currency))
    over = worth > due
    rest = format_money(max(0, due - worth), currency)
    return Foot(word, words, tr("Left after that"), rest, Tone.WARNING if over else Tone.OK, not over and worth > 0)


def gives_change(way: str) -> bool:
    return way in {kind.value for kind in GIVES_CHANGE} or bool(foreign_currency(way))


def sum_rows(
    sale: Sale | None, totals: Totals | None, left_of: dict[str, int], rounding_minor: int, currency: str
) -> tuple[AmountRow, ...]:
    """The total, what it is made of, what was taken already, and what cash would round it by."""
    rows = [AmountRow(tr("Sale total"), format_minor(totals.due_minor if totals else 0, currency))]
    if totals:
        told = ", ".join(
            part for part in (ntr("{n} item", "{n} items", totals.units), tax_words(totals, currency)) if part
        )
        rows.append(AmountRow(told, "", note=told))
    rows += taken_rows(sale.tenders if sale else (), left_of, currency)
    if rounding_minor:
        rows.append(AmountRow(tr("Rounding in cash"), format_minor(rounding_minor, currency), note="rounding"))
    return tuple(rows)


def taken_rows(tenders: tuple[Tender, ...], left_of: dict[str, int], currency: str) -> list[AmountRow]:
    return [
        AmountRow(_tender_words(one, left_of, currency), format_minor(-one.amount_minor, currency)) for one in tenders
    ]


def quick_amounts(sums: tuple[int, ...], currency: str) -> tuple[QuickAmount, ...]:
    return tuple(QuickAmount(minor, _short(minor, currency), format_money(minor, currency)) for minor in sums)


def _tender_words(tender: Tender, left_of: dict[str, int], currency: str) -> str:
    if tender.kind in VALUE_OF:
        words = name_of(tender.kind.value, tender.tail)
        left = left_of.get(tender.reference)
        if left is None:
            return words
        return tr("{card} · {left} left", card=words, left=str(left) if tender.points else format_minor(left, currency))
    if tender.foreign:
        return tr("Cash {amount}", amount=format_money(tender.foreign.given_minor, tender.foreign.currency))
    return tr("Cash") if tender.kind is TenderKind.CASH else tr("Card")


def _given_word(choice: Choice) -> str:
    if choice.way == CARD:
        return tr("To the terminal")
    if choice.found is not None:
        return name_of(choice.way, choice.found.known.tail)
    return tr("Cash given")


def _short(minor: int, currency: str) -> str:
    """ "20" rather than "20.00": what is printed on the note."""
    unit = 10 ** exponent(currency)
    return ltr(f"{minor // unit:,}") if minor % unit == 0 else format_minor(minor, currency)
