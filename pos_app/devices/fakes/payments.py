"""A payment journal in memory: for tests of terminals, and to try one without a till's files."""

from collections.abc import Sequence

import msgspec

from pos_app.devices.terminal.journal import JournalFault
from retail_core.domain.payments import IN_DOUBT, MARKED_AS, TRANSITIONS, LogEntry, Mark, PaymentRecord, Sort, Step


class FakePaymentJournal:
    """A `PaymentJournal` that forgets everything when it goes."""

    def __init__(self) -> None:
        self.records: dict[str, PaymentRecord] = {}
        self.logs: dict[str, list[LogEntry]] = {}
        self.full = False

    def find(self, tender_id: str) -> PaymentRecord | None:
        return self.records.get(tender_id)

    def unsettled(self, terminal: str) -> Sequence[PaymentRecord]:
        return [r for r in self.records.values() if r.terminal == terminal and r.stage in IN_DOUBT]

    def begin(self, record: PaymentRecord) -> None:
        self._writable()
        self.records[record.tender_id] = record
        self._note(record.terminal, LogEntry(Sort.ASKED, record.tender_id))

    def move(
        self, tender_id: str, step: Step, facts: PaymentRecord | None = None, mark: Mark | None = None
    ) -> PaymentRecord:
        self._writable()
        known = self.records[tender_id]
        moved = msgspec.structs.replace(facts or known, stage=TRANSITIONS[known.stage, step])
        self.records[tender_id] = moved
        if step is Step.BEGIN_REVERSAL:
            self._note(moved.terminal, LogEntry(Sort.ASKED, tender_id))
        if mark and mark.numbered:
            self._note(moved.terminal, LogEntry(MARKED_AS[step], tender_id, mark))
        return moved

    def see(self, terminal: str, mark: Mark) -> None:
        self._writable()
        self._note(terminal, LogEntry(Sort.SEEN, "", mark))

    def log(self, terminal: str) -> Sequence[LogEntry]:
        return tuple(self.logs.get(terminal, ()))

    def _note(self, terminal: str, entry: LogEntry) -> None:
        self.logs.setdefault(terminal, []).append(entry)

    def _writable(self) -> None:
        if self.full:
            raise JournalFault("disk.full")
