"""Voids and the like, written to the journal at once; what a full disk did not take is written with the next change."""

from pos_app.runtime.writer import Writer
from pos_app.service.completing import SoldBy
from pos_app.service.drawer_keeping import append_notes
from pos_app.storage.store import TillStore
from retail_core.domain.events import AuditNoted


class AuditNotes:
    """Facts of the open sale that must be explainable later; none is lost."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._owed: list[AuditNoted] = []

    def add(self, event: AuditNoted, operator: SoldBy) -> None:
        notes = (*self.take(), event)

        def work(store: TillStore) -> None:
            with store.unit():
                append_notes(store, notes, operator.operator_id)

        self._writer.submit(work, lambda _: None, lambda _: self.give_back(notes))

    def take(self) -> tuple[AuditNoted, ...]:
        """What is still owed, for whoever writes it now."""
        owed, self._owed = tuple(self._owed), []
        return owed

    def give_back(self, owed: tuple[AuditNoted, ...]) -> None:
        """It could not be written."""
        self._owed.extend(owed)
