"""What the till is told of a payment that was written down."""

from types import MappingProxyType

from pos_app.devices.ports import PaymentOutcome, PaymentState
from retail_core.domain.payments import PaymentRecord, Stage

_STATES = MappingProxyType(
    {
        Stage.SENT: PaymentState.UNKNOWN, Stage.UNKNOWN: PaymentState.UNKNOWN, Stage.REVERSING: PaymentState.UNKNOWN,
        Stage.APPROVED: PaymentState.APPROVED, Stage.DECLINED: PaymentState.DECLINED,
        Stage.ABORTED: PaymentState.ABORTED, Stage.REVERSED: PaymentState.ABORTED,
    }
)  # fmt: skip


def outcome_of(record: PaymentRecord) -> PaymentOutcome:
    """What the till is told of a record. A partial approval has a smaller amount than was asked for."""
    paid = record.stage is Stage.APPROVED
    return PaymentOutcome(
        _STATES[record.stage], record.tender_id, record.approved_minor if paid else record.amount_minor, record.currency,
        masked_card=record.masked_card, reference=str(record.receipt or ""), reason=record.reason, card_name=record.card_name,
    )  # fmt: skip
