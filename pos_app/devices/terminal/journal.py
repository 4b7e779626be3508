"""What must be written down about a card payment, and when: before the first byte goes out, and after the last."""

from typing import Protocol

from retail_core.domain.payments import PaymentRecord, Step


class JournalFault(Exception):  # noqa: N818 - the field's word for "not our bug"
    """It could not be written down: nothing may be sent. `code` is the disk's trouble."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class PaymentJournal(Protocol):
    """Everything it takes is durable when a method returns; each may raise JournalFault. Called on the terminal's thread."""

    def find(self, tender_id: str) -> PaymentRecord | None: ...

    def begin(self, record: PaymentRecord) -> None:
        """A new tender at stage SENT."""
        ...

    def move(self, tender_id: str, step: Step, facts: PaymentRecord | None = None) -> PaymentRecord:
        """One step of its life, with what the terminal said of it."""
        ...

    def owner_of(self, trace: int) -> str | None:
        """The tender that has this trace number of the terminal, if it is one of ours from lately."""
        ...

    def latest(self) -> str | None:
        """The tender whose trace number is the newest one known; None before the first payment."""
        ...
