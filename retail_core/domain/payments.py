"""A card payment's life at one terminal, as a table.

Nothing may be asked of the terminal for a tender that is SENT or UNKNOWN but what became of it; only APPROVED counts as
paid.
"""

from enum import StrEnum
from types import MappingProxyType

import msgspec


class Act(StrEnum):
    """What is asked of the terminal."""

    PAY = "pay"
    REFUND = "refund"


class Stage(StrEnum):
    SENT = "SENT"  # asked for, or about to be; until the answer nobody knows
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    ABORTED = "ABORTED"  # nothing was taken
    UNKNOWN = "UNKNOWN"  # the terminal could not say; ask again
    REVERSING = "REVERSING"
    REVERSED = "REVERSED"


class Step(StrEnum):
    APPROVE = "approve"
    DECLINE = "decline"
    ABORT = "abort"
    DOUBT = "doubt"
    BEGIN_REVERSAL = "begin_reversal"
    REVERSE = "reverse"
    KEEP = "keep"  # the reversal was refused: it stays paid


TRANSITIONS = MappingProxyType(
    {
        **{(stage, Step.APPROVE): Stage.APPROVED for stage in (Stage.SENT, Stage.UNKNOWN)},
        **{(stage, Step.DECLINE): Stage.DECLINED for stage in (Stage.SENT, Stage.UNKNOWN)},
        **{(stage, Step.ABORT): Stage.ABORTED for stage in (Stage.SENT, Stage.UNKNOWN)},
        **{(stage, Step.DOUBT): Stage.UNKNOWN for stage in (Stage.SENT, Stage.UNKNOWN)},
        (Stage.APPROVED, Step.BEGIN_REVERSAL): Stage.REVERSING,
        (Stage.REVERSING, Step.BEGIN_REVERSAL): Stage.REVERSING,
        (Stage.REVERSING, Step.REVERSE): Stage.REVERSED,
        (Stage.REVERSING, Step.KEEP): Stage.APPROVED,
    }
)


class PaymentRecord(msgspec.Struct, frozen=True):
    """One tender at one terminal. `masked_card` holds four digits at most; `trace` and `receipt` are the terminal's."""

    tender_id: str
    act: Act
    stage: Stage
    amount_minor: int
    currency: str
    at_ms: int
    approved_minor: int = 0
    trace: int = 0
    receipt: int = 0
    masked_card: str = ""
    card_name: str = ""
    reason: str = ""
