"""Voids, sign-ins and the like, written to the journal at once; what a full disk did not take is written with the next one.

A note that had to wait still names who did it, whoever is at the till by then.
"""

from pos_app.runtime.writer import Writer
from pos_app.service.completing import SoldBy
from pos_app.service.drawer_keeping import Owed, append_owed
from pos_app.storage.store import TillStore
from retail_core.domain.events import AuditNoted


class AuditNotes:
    """Facts that must be explainable later; none is lost."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._owed: list[tuple[AuditNoted, str]] = []

    def add(self, event: AuditNoted, operator: SoldBy) -> None:
        self.write((event, operator.operator_id))

    def write(self, *notes: tuple[AuditNoted, str]) -> None:
        """Notes with the id of whoever did it, in this order behind what is still owed."""
        owed = (*self.take(), *notes)

        def work(store: TillStore) -> None:
            with store.unit():
                append_owed(store, owed)

        self._writer.submit(work, lambda _: None, lambda _: self.give_back(owed))

    def take(self) -> Owed:
        """What is still owed, for whoever writes it now."""
        owed, self._owed = tuple(self._owed), []
        return owed

    def give_back(self, owed: Owed) -> None:
        """It could not be written."""
        self._owed.extend(owed)
