"""The ways to pay a till offers, each with its key: one table for buttons and keys."""

from collections.abc import Iterator
from types import MappingProxyType

from pos_app.ui.key_words import printed
from pos_app.ui.keymap import Act
from pos_app.ui.screens.pay.state import TenderChoice
from pos_app.ui.words import ltr, tr
from retail_core.domain.tender import TenderKind, TenderRules

CASH, CARD = TenderKind.CASH.value, TenderKind.CARD.value
GIFT_CARD, CREDIT = TenderKind.GIFT_CARD.value, TenderKind.STORE_CREDIT.value
POINTS, ACCOUNT = TenderKind.POINTS.value, TenderKind.ACCOUNT.value
FOREIGN = "foreign_"
WAY_OF = MappingProxyType(
    {
        Act.CASH: CASH,
        Act.CARD: CARD,
        Act.GIFT_CARD: GIFT_CARD,
        Act.CREDIT: CREDIT,
        Act.POINTS: POINTS,
        Act.ACCOUNT: ACCOUNT,
    }
)
BY_NUMBER = frozenset({GIFT_CARD, CREDIT, ACCOUNT})
"""Ways that begin with a number: scanned, or typed."""


def foreign_currency(way: str) -> str:
    """The currency of a way of foreign cash, empty for every other way."""
    return way.removeprefix(FOREIGN) if way.startswith(FOREIGN) else ""


def offered(rules: TenderRules, *, terminal: bool, points: str, back: bool) -> tuple[TenderChoice, ...]:
    """What can be chosen now: `points` says what the customer has, empty for nobody; `back`: money goes to the customer."""
    return tuple(
        choice
        for kind, choice in _every(rules, points)
        if kind in rules.kinds
        and (terminal or kind is not TenderKind.CARD)
        and (points or kind is not TenderKind.POINTS)
        and not (back and kind is TenderKind.FOREIGN_CASH)
    )


def _every(rules: TenderRules, points: str) -> Iterator[tuple[TenderKind, TenderChoice]]:
    yield TenderKind.CASH, TenderChoice(CASH, tr("Cash"), printed(Act.CASH))
    yield TenderKind.CARD, TenderChoice(CARD, tr("Card"), tr("{key_card} · amount to terminal"))
    yield TenderKind.GIFT_CARD, TenderChoice(GIFT_CARD, tr("Gift card"), tr("{key_gift_card} · scan it"))
    yield TenderKind.STORE_CREDIT, TenderChoice(CREDIT, tr("Store credit"), printed(Act.CREDIT))
    yield TenderKind.POINTS, TenderChoice(POINTS, tr("Loyalty points"), tr("{key_points} · {points}", points=points))
    yield TenderKind.ACCOUNT, TenderChoice(ACCOUNT, tr("On account"), tr("{key_account} · number"))
    for n, rate in enumerate(rules.foreign):
        key = printed(Act.FOREIGN_CASH) if n == 0 else ""
        words = tr("Cash in {currency}", currency=ltr(rate.currency))
        yield TenderKind.FOREIGN_CASH, TenderChoice(f"{FOREIGN}{rate.currency}", words, key)
