"""The one record for "somebody must look at this": oversold, overspent, refused hand-over, quarantined event, forked stream."""

from enum import StrEnum
from types import MappingProxyType

import msgspec

from retail_core.domain.errors import RuleViolationError


class CaseKind(StrEnum):
    NEGATIVE_STOCK = "negative_stock"
    QUARANTINED_EVENT = "quarantined_event"
    SAME_ID_DIFFERENT_CONTENT = "same_id_different_content"
    FORKED_STREAM = "forked_stream"
    ORDER_CONFLICT = "order_conflict"
    DAMAGED_EVENT = "damaged_event"
    CUSTOMER_CONFLICT = "customer_conflict"
    COUPON_TWICE = "coupon_twice"
    VALUE_CONFLICT = "value_conflict"
    MAIL_FAILED = "mail_failed"
    RETURNED_TWICE = "returned_twice"
    BASKET_TWICE = "basket_twice"
    REFUSED_INPUT = "refused_input"
    CATALOGUE_SHRUNK = "catalogue_shrunk"
    CLOCK_OFF = "clock_off"
    UNIT_TWICE = "unit_twice"
    TILL_LOCKED = "till_locked"
    COUNT_AGAIN = "count_again"


class CaseState(StrEnum):
    OPEN = "open"
    IN_WORK = "in_work"
    CLOSED = "closed"


CASE_TRANSITIONS = MappingProxyType(
    {
        (CaseState.OPEN, "take"): CaseState.IN_WORK,
        (CaseState.OPEN, "close"): CaseState.CLOSED,
        (CaseState.IN_WORK, "close"): CaseState.CLOSED,
        (CaseState.CLOSED, "reopen"): CaseState.OPEN,
    }
)


class ExceptionCase(msgspec.Struct, frozen=True):
    """A disagreement as a fact of its own. `evidence` holds ids and figures, never personal data."""

    case_id: str
    kind: CaseKind
    subject: str
    evidence: dict[str, str | int]
    value_minor: int
    state: CaseState
    store: str
    opened_ms: int

    def after(self, action: str) -> CaseState:
        """Raises RuleViolationError `case.illegal_move`."""
        state = CASE_TRANSITIONS.get((self.state, action))
        if state is None:
            raise RuleViolationError("case.illegal_move", state=self.state.value, action=action[:20])
        return state
