"""A payment journal in memory: for tests of terminals, and to try one without a till's files."""

import msgspec

from pos_app.devices.terminal.journal import JournalFault
from retail_core.domain.payments import TRANSITIONS, PaymentRecord, Step


class FakePaymentJournal:
    """A `PaymentJournal` that forgets everything when it goes."""

    def __init__(self) -> None:
        self.records: dict[str, PaymentRecord] = {}
        self.full = False

    def find(self, tender_id: str) -> PaymentRecord | None:
        return self.records.get(tender_id)

    def begin(self, record: PaymentRecord) -> None:
        if self.full:
            raise JournalFault("disk.full")
        self.records[record.tender_id] = record

    def move(self, tender_id: str, step: Step, facts: PaymentRecord | None = None) -> PaymentRecord:
        known = self.records[tender_id]
        moved = msgspec.structs.replace(facts or known, stage=TRANSITIONS[known.stage, step])
        self.records[tender_id] = moved
        return moved

    def owner_of(self, trace: int) -> str | None:
        return next((r.tender_id for r in self.records.values() if trace and r.trace == trace), None)

    def latest(self) -> str | None:
        return next((r.tender_id for r in reversed(self.records.values()) if r.trace), None)
