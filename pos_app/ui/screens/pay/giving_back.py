"""The pay screen when the sale owes the customer: what goes back, and to where it should."""

from collections.abc import Iterable

from pos_app.ui.amounts import format_minor, format_money
from pos_app.ui.screens.pay.carried import name_of
from pos_app.ui.screens.pay.model import Choice, taken_rows
from pos_app.ui.screens.pay.state import AmountRow, CardView, PayState, TenderChoice
from pos_app.ui.screens.pay.ways import CARD, CASH, CREDIT
from pos_app.ui.theme import Tone
from pos_app.ui.words import ntr, tr
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.sale import Sale
from retail_core.domain.saleline import SaleLine


def paid_by_card(lines: Iterable[SaleLine]) -> bool:
    """True when everything that comes back was paid by card: then the card is where the money belongs."""
    back = [line.back for line in lines if line.back and line.counts]
    return bool(back) and all(one.paid_with == CARD for one in back)


def back_word(way: str, *, chosen: bool) -> str:
    """What the main button says; `chosen`: a card or account was found that the money goes back onto."""
    if way == CARD:
        return tr("Give back to the card")
    if way == CREDIT and not chosen:
        return tr("Give a voucher")
    return tr("Give back onto it") if chosen else tr("Give cash back")


def back_state(
    sale: Sale, way: str, choice: Choice, tenders: tuple[TenderChoice, ...], panel: CardView | None, finish_word: str,
    left_of: dict[str, int], *, with_paper: bool, busy: bool, number: bool,
) -> PayState:  # fmt: skip
    """The whole screen; of what is owed the chosen way gives all, or by card what was typed."""
    currency, owed = sale.currency, -choice.due_minor
    back = sum(line.units for line in sale if line.back and line.counts)
    rows = (
        AmountRow(tr("Sale total"), format_minor(sale.totals.due_minor, currency)),
        AmountRow(ntr("{n} item comes back", "{n} items come back", back), "", note="back"),
        *taken_rows(sale.tenders, left_of, currency),
    )
    goes = min(_given(choice), owed) if way == CARD else owed
    word = {CARD: tr("Back to the card"), CASH: tr("Cash to give back")}.get(way, name_of(way, ""))
    typed = bool(number and choice.typed)
    return PayState(
        format_money(owed, currency), rows, choice.typed if typed else format_money(goes, currency),
        tr("Still owed after that"), format_money(owed - goes, currency), Tone.OK if goes == owed else Tone.WARNING, (),
        -1, with_paper, busy, goes > 0, tenders, way, word, panel, finish_word, tr("To give back"), number,
    )  # fmt: skip


def _given(choice: Choice) -> int:
    try:
        return abs(choice.given_minor())
    except RuleViolationError:
        return 0
