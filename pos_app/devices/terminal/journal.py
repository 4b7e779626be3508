"""What must be written down about a card payment, and when: before the first byte goes out, and after the last."""

from collections.abc import Sequence
from typing import Protocol

from retail_core.domain.payments import LogEntry, Mark, PaymentRecord, Step


class JournalFault(Exception):  # noqa: N818 - the field's word for "not our bug"
    """It could not be written down: nothing may be sent. `code` is the disk's trouble."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class PaymentJournal(Protocol):
    """Everything it takes is durable when a method returns; each may raise JournalFault. Safe from any thread."""

    def find(self, tender_id: str) -> PaymentRecord | None: ...

    def unsettled(self, terminal: str) -> Sequence[PaymentRecord]:
        """Tenders of a terminal nobody knows the end of, the oldest first."""
        ...

    def begin(self, record: PaymentRecord) -> None:
        """A new tender at stage SENT; its terminal's log says that it was asked for."""
        ...

    def move(
        self, tender_id: str, step: Step, facts: PaymentRecord | None = None, mark: Mark | None = None
    ) -> PaymentRecord:
        """One step of its life, with what the terminal said of it; `mark` goes into the terminal's log with it."""
        ...

    def see(self, terminal: str, mark: Mark) -> None:
        """The terminal told of something that is not ours, or was before us."""
        ...

    def log(self, terminal: str) -> Sequence[LogEntry]:
        """What the terminal was asked and told of itself lately, the newest last."""
        ...
