"""From a draft's facts to the words on the return screen."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pos_app.locale.mark import _
from pos_app.service.return_draft import EACH, DraftLine, ReturnDraft
from pos_app.ui.amounts import format_minor, format_money
from pos_app.ui.screens.returns.state import ChoiceView, ReturnLineView, ReturnState
from pos_app.ui.words import date_words, ltr, ntr, tr
from retail_core.domain.quantity import ONE, format_quantity
from retail_core.domain.returns import Condition, ReturnReason
from retail_core.domain.saleline import SaleLine

REASON_WORDS: Mapping[ReturnReason, str] = MappingProxyType(
    {
        ReturnReason.UNWANTED: _("Not wanted"),
        ReturnReason.FAULTY: _("Faulty"),
        ReturnReason.WRONG_ITEM: _("Wrong item"),
        ReturnReason.EXPIRED: _("Past its date"),
        ReturnReason.OVERCHARGED: _("Charged wrongly"),
        ReturnReason.POST_VOID: _("Sale reversed"),
    }
)
CONDITION_WORDS: Mapping[Condition, str] = MappingProxyType(
    {Condition.SELLABLE: _("Back to the shelf"), Condition.DAMAGED: _("Not to be sold")}
)
TENDER_NOTES: Mapping[str, str] = MappingProxyType(
    {
        "cash": _("It was paid in cash."),
        "card": _("It was paid by card: the money goes back to the card."),
        "gift_card": _("It was paid by gift card: the money goes back to a card."),
        "store_credit": _("It was paid with store credit."),
        "account": _("It was paid on account."),
    }
)
CUSTOMERS_REASONS = tuple(reason for reason in REASON_WORDS if reason is not ReturnReason.POST_VOID)


def return_state(draft: ReturnDraft | None, selected_n: int, currency: str, zone: ZoneInfo) -> ReturnState:
    """The whole screen."""
    if draft is None:
        empty = (tr("Scan the receipt"), tr("Or type its number. {key_no_receipt} takes goods back that have none."))
        hint = tr("Scan the receipt, or type its number")
        return ReturnState(tr("Return or exchange"), empty=empty, hint=hint, money=format_money(0, currency),
                           take_word=tr("Take back"))  # fmt: skip
    hidden = draft.receipt is not None and draft.receipt.gift
    lines = tuple(_line(line, currency, hidden=hidden) for line in draft.lines.values())
    units = sum(line.ticked_milli // ONE if line.unit == EACH else 1 for line in draft.ticked)
    empty = (tr("Scan the goods that come back"), tr("Each is worth what it costs today."))
    return ReturnState(
        _title(draft), _sub(draft, zone), lines or None, selected_n, empty, tr("Scan the goods that come back"),
        tuple(ChoiceView(reason.value, tr(REASON_WORDS[reason])) for reason in CUSTOMERS_REASONS), draft.reason.value,
        tuple(ChoiceView(goods.value, tr(words)) for goods, words in CONDITION_WORDS.items()), draft.condition.value,
        tr("as paid") if hidden else format_money(draft.worth_minor, currency), _money_note(draft),
        ntr("Take {n} item back", "Take {n} items back", units) if units else tr("Take back"), bool(units),
    )  # fmt: skip


def back_words(line: SaleLine) -> str:
    """Under a line of the sale that comes back."""
    if line.back is None:
        return ""
    receipt = tr("of receipt {receipt}", receipt=ltr(line.back.receipt)) if line.back.receipt else tr("without receipt")
    return " · ".join((tr("Comes back"), tr(REASON_WORDS[line.back.reason]), receipt))


def _title(draft: ReturnDraft) -> str:
    if draft.receipt is None:
        return tr("Goods without a receipt")
    return tr("Receipt {number}", number=ltr(draft.receipt.number))


def _sub(draft: ReturnDraft, zone: ZoneInfo) -> str:
    if draft.receipt is None:
        return tr("Up to a sum the store allows")
    at = datetime.fromtimestamp(draft.receipt.at_s, UTC).astimezone(zone)
    said = [date_words(at.strftime("%Y-%m-%d")), at.strftime("%H:%M")]
    return " · ".join([*said, tr("gift receipt, prices are not shown")] if draft.receipt.gift else said)


def _money_note(draft: ReturnDraft) -> str:
    receipt = draft.receipt
    paid = max(receipt.tenders, key=lambda tender: tender.amount_minor, default=None) if receipt else None
    return tr(TENDER_NOTES[paid.kind]) if paid and paid.kind in TENDER_NOTES else ""


def _line(line: DraftLine, currency: str, *, hidden: bool) -> ReturnLineView:
    marks = [
        tr("serial {serial}", serial=line.serial) if line.serial else "",
        tr("lot {lot}", lot=line.lot) if line.lot else "",
    ]
    detail = " · ".join(part for part in (_left(line), *marks) if part)
    ticked = _quantity(line, line.ticked_milli) if line.ticked_milli else ""
    amount = "" if hidden or not line.ticked_milli else format_minor(line.worth_minor, currency)
    return ReturnLineView(line.n, line.name, detail, ticked, amount, not line.left_milli)


def _left(line: DraftLine) -> str:
    if line.made:
        return ""
    sold = _quantity(line, line.sold.qty_milli)
    if not line.left_milli:
        return tr("nothing left of {sold}", sold=sold)
    return tr("{left} of {sold} left", left=_quantity(line, line.left_milli), sold=sold)


def _quantity(line: DraftLine, milli: int) -> str:
    words = format_quantity(milli)
    return ltr(words if line.unit == EACH else f"{words} {line.unit}")
