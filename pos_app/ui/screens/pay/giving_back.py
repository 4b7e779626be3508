"""The pay screen when the sale owes the customer: what goes back, and to where it should."""

from collections.abc import Iterable

from pos_app.ui.amounts import format_minor, format_money
from pos_app.ui.screens.pay.state import AmountRow, CardView, PayState, TenderChoice
from pos_app.ui.theme import Tone
from pos_app.ui.words import ntr, tr
from retail_core.domain.sale import Sale, SaleLine, TenderKind


def paid_by_card(lines: Iterable[SaleLine]) -> bool:
    """True when everything that comes back was paid by card: then the card is where the money belongs."""
    back = [line.back for line in lines if line.back and line.counts]
    return bool(back) and all(one.paid_with == TenderKind.CARD.value for one in back)


def back_state(
    sale: Sale, tender: str, given_minor: int, tenders: tuple[TenderChoice, ...], card: CardView | None, finish_word: str,
    *, with_paper: bool, busy: bool,
) -> PayState:  # fmt: skip
    """The whole screen; `given_minor` is what goes back by the chosen tender."""
    currency, owed = sale.currency, -sale.left_minor
    back = sum(line.units for line in sale if line.back and line.counts)
    rows = (
        AmountRow(tr("Sale total"), format_minor(sale.totals.due_minor, currency)),
        AmountRow(ntr("{n} item comes back", "{n} items come back", back), "", note="back"),
        *(AmountRow(tr("Card"), format_minor(-one.amount_minor, currency)) for one in sale.tenders),
    )
    by_card = tender == TenderKind.CARD.value
    goes = min(given_minor, owed) if by_card else owed
    return PayState(
        format_money(owed, currency), rows, format_money(goes, currency), tr("Still owed after that"),
        format_money(owed - goes, currency), Tone.OK if goes == owed else Tone.WARNING, (), -1, with_paper, busy, goes > 0,
        tenders, tender, tr("Back to the card") if by_card else tr("Cash to give back"), card, finish_word,
        tr("To give back"),
    )  # fmt: skip
