"""What of a cashier's work a manager looks at: one pure reading of the facts, the same for the till's report and HQ's.

Nothing is written down for the report alone. It is a fold of what the journal says anyway, so it cannot be kept empty.
"""

from enum import StrEnum
from types import MappingProxyType

import msgspec

from retail_core.domain.drawer import MoveKind
from retail_core.domain.drawer_events import DrawerMoved
from retail_core.domain.events import AuditNoted, Event, SaleCompleted, SoldLine
from retail_core.domain.returns import ReturnReason
from retail_core.domain.tax import EXEMPT_RULE, Exemption

PRICE_BY_HAND = "manual.price"
BY_HAND = "manual."


class ActKind(StrEnum):
    """Each is a column of the exception report."""

    VOID_LINE = "void_line"
    VOID_SALE = "void_sale"
    POST_VOID = "post_void"
    REFUND = "refund"
    NO_RECEIPT = "no_receipt"  # goods taken back without a receipt
    NO_SALE = "no_sale"
    DISCOUNT = "discount"
    PRICE = "price"  # a price by hand
    SOLD_ANYWAY = "sold_anyway"  # a unit that another sale or till has, and what was asked for it
    EXEMPT = "exempt"  # a sale without tax, and how much tax was in its prices
    REPRINT = "reprint"
    OVERRIDE = "override"  # somebody else had to agree
    REFUSED = "refused"  # a PIN or a badge that was wrong, or somebody who may not agree
    TRAINING = "training"


class NotedAct(msgspec.Struct, frozen=True):
    """One of them. `amount_minor` is what the store had less by it, or what it was about; `operator` is empty for the actor of the fact."""

    kind: ActKind
    amount_minor: int = 0
    subject: str = ""  # a receipt, an item, an order: what it was about
    by: str = ""  # the second person
    operator: str = ""


OF_AUDIT = MappingProxyType(
    {
        "line_voided": ActKind.VOID_LINE,
        "sale_voided": ActKind.VOID_SALE,
        "receipt_reprinted": ActKind.REPRINT,
        "z_reprinted": ActKind.REPRINT,
        "approved": ActKind.OVERRIDE,
        "approval_refused": ActKind.REFUSED,
        "pin_refused": ActKind.REFUSED,
        "badge_refused": ActKind.REFUSED,
        "training_started": ActKind.TRAINING,
    }
)
_WITH_MONEY = frozenset({ActKind.VOID_LINE, ActKind.VOID_SALE})


def noted_acts(event: Event) -> tuple[NotedAct, ...]:
    """What an event means for the exception report; nothing for most of them."""
    if isinstance(event, SaleCompleted):
        return _of_sale(event)
    if isinstance(event, AuditNoted):
        kind = OF_AUDIT.get(event.what)
        if kind is None:
            return ()
        return (NotedAct(kind, event.amount_minor if kind in _WITH_MONEY else 0, event.subject, event.by),)
    if isinstance(event, DrawerMoved) and event.kind is MoveKind.NO_SALE:
        return (NotedAct(ActKind.NO_SALE, subject=event.reason, by=event.by),)
    return ()


def _of_sale(sale: SaleCompleted) -> tuple[NotedAct, ...]:
    found: dict[tuple[ActKind, str], int] = {}
    for line in sale.lines:
        if line.back or line.reasons or line.despite:
            for kind, amount_minor in _of_line(line):
                found[kind, line.by] = found.get((kind, line.by), 0) + amount_minor
    acts = tuple(NotedAct(kind, amount, sale.receipt, operator=by) for (kind, by), amount in found.items())
    return (*acts, _without_tax(sale, sale.exempt)) if sale.exempt else acts


def _without_tax(sale: SaleCompleted, exempt: Exemption) -> NotedAct:
    reasons = [reason for line in sale.lines if line.back is None for reason in line.reasons]
    tax_minor = -sum(reason.amount_minor for reason in reasons if reason.rule == EXEMPT_RULE)
    return NotedAct(ActKind.EXEMPT, tax_minor, sale.receipt, exempt.by)


def _of_line(line: SoldLine) -> list[tuple[ActKind, int]]:
    if line.back:
        if line.back.reason is ReturnReason.POST_VOID:
            return [(ActKind.POST_VOID, -line.amount_minor)]
        return [(ActKind.REFUND if line.back.receipt else ActKind.NO_RECEIPT, -line.amount_minor)]
    sold_anyway = [(ActKind.SOLD_ANYWAY, line.amount_minor)] if line.despite else []
    return sold_anyway + [
        (ActKind.PRICE if reason.rule == PRICE_BY_HAND else ActKind.DISCOUNT, -reason.amount_minor)
        for reason in line.reasons
        if reason.rule.startswith(BY_HAND) and reason.rule != EXEMPT_RULE
    ]
