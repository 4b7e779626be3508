"""What is said of a drawer: movements, reasons, and what may explain a difference."""

from collections.abc import Mapping
from types import MappingProxyType

from pos_app.locale.mark import _
from pos_app.ui.words import ntr, tr
from retail_core.domain.drawer import MoveKind
from retail_core.domain.money import format_money
from retail_core.domain.variance import Cause, CauseKind

MOVE_WORDS: Mapping[MoveKind, str] = MappingProxyType(
    {
        MoveKind.FLOAT: _("Float, said later"),
        MoveKind.LOAN: _("Cash loan"),
        MoveKind.DROP: _("Cash drop"),
        MoveKind.BANK: _("To the bank"),
        MoveKind.NO_SALE: _("Opened without a sale"),
        MoveKind.COUNTING: _("Opened to be counted"),
    }
)
MOVE_HINTS: Mapping[MoveKind, str] = MappingProxyType(
    {
        MoveKind.LOAN: _("Money that is put into the drawer. Type the sum, choose what it is for."),
        MoveKind.DROP: _("Money that is taken out to the safe. Type the sum, choose what it is for."),
        MoveKind.BANK: _("Money that goes to the bank. Type the sum, choose what it is for."),
        MoveKind.NO_SALE: _("Choose why. The drawer opens once that is noted."),
    }
)
MOVE_REASONS: Mapping[MoveKind, tuple[str, ...]] = MappingProxyType(
    {
        MoveKind.LOAN: ("change_money", "float_top_up", "other"),
        MoveKind.DROP: ("to_safe", "to_manager", "expense", "other"),
        MoveKind.BANK: ("deposit", "courier", "other"),
        MoveKind.NO_SALE: ("change", "wrong_change", "look", "other"),
    }
)
REASON_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "change_money": _("Change money"),
        "float_top_up": _("More float"),
        "to_safe": _("To the safe"),
        "to_manager": _("Handed to the manager"),
        "expense": _("Paid for something"),
        "deposit": _("Deposit"),
        "courier": _("Cash courier"),
        "change": _("Change a note"),
        "wrong_change": _("Wrong change"),
        "look": _("Look inside"),
        "other": _("Something else"),
        "opening_float": _("Opening float"),
        "count": _("Count"),
        "not_noted": _("Money moved and not noted"),
        "wrong_tender": _("Rung up under another tender"),
        "miscounted": _("Counting mistake"),
        "unknown": _("Nobody knows"),
    }
)
_FITS: Mapping[CauseKind, str] = MappingProxyType(
    {
        CauseKind.FLOAT_UNSAID: _("A sale opened this drawer; nobody said what float was in it"),
        CauseKind.CARD_DOUBT: _("A card payment of {money} was in doubt"),
        CauseKind.TENDER_CORRECTED: _("A card payment of {money} was given back"),
        CauseKind.SALE_VOIDED: _("A sale of {money} was given up"),
        CauseKind.LINE_VOIDED: _("A line of {money} was voided"),
        CauseKind.MOVE_NOT_DONE: _("{move} of {money}: noted and not made, or made twice"),
        CauseKind.CASH_NOT_TAKEN: _("{money} rung up as cash, perhaps paid otherwise"),
        CauseKind.CASH_TAKEN: _("{money} not rung up as cash, perhaps paid in cash"),
        CauseKind.CHANGE: _("Change of {money} not given, or given twice"),
        CauseKind.NOTE_MISTAKEN: _("Change given on a larger note than was handed over: {money} too much"),
    }
)


def move_words(kind: MoveKind) -> str:
    return tr(MOVE_WORDS[kind])


def reason_words(reason: str) -> str:
    """A fixed reason in words; one that was typed as it is."""
    return tr(REASON_WORDS[reason]) if reason in REASON_WORDS else reason


def cause_words(cause: Cause, currency: str) -> str:
    """One candidate in a sentence."""
    money = format_money(abs(cause.minor), currency)
    if cause.fits or cause.kind is CauseKind.FLOAT_UNSAID:
        move = move_words(MoveKind(cause.subject)) if cause.kind is CauseKind.MOVE_NOT_DONE else ""
        return tr(_FITS[cause.kind], money=money, move=move)
    match cause.kind:
        case CauseKind.NO_SALE:
            return ntr("{n} opening without a sale", "{n} openings without a sale", cause.count)
        case CauseKind.LINE_VOIDED:
            return ntr("{n} line voided, {money}", "{n} lines voided, {money}", cause.count, money=money)
        case CauseKind.SALE_VOIDED:
            return ntr("{n} sale given up, {money}", "{n} sales given up, {money}", cause.count, money=money)
        case CauseKind.TENDER_CORRECTED:
            return ntr("{n} card payment given back, {money}", "{n} card payments given back, {money}", cause.count, money=money)  # fmt: skip
        case _:
            return ntr("{n} card payment in doubt, {money}", "{n} card payments in doubt, {money}", cause.count, money=money)  # fmt: skip
