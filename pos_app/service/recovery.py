"""The machine that stood here before: what was seen of it, and its disk, when it is found again.

The agent beside the till does the work; the till asks it by rows of till.db and shows what it answers in link.db. That
anything is sent up takes a manager, and stands in the journal.
"""

from collections.abc import Callable

import msgspec

from pos_app.runtime.writer import Failed, Writer
from pos_app.service.completing import SoldBy
from pos_app.storage.readers import Links
from pos_app.storage.store import TillStore
from retail_core.domain.approvals import Act, Approval, allow
from retail_core.domain.clock import Clock
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.domain.ids import IdSource
from retail_core.domain.roles import Permission
from retail_core.durable.recovery import (
    LostDoc,
    SalvageAct,
    SalvageAsk,
    SalvageDoc,
    SalvageStage,
    put_salvage_ask,
)
from retail_core.wire.recovery import SeenSeries

SALVAGE_APPROVED = "salvage_approved"
MAX_NUMBERS = 500


class SeenOfSeries(msgspec.Struct, frozen=True):
    """One number series of an earlier machine. `on_the_way`: receipts that the store has copies of and head office lacks."""

    series: str
    last_at_hq: str  # "" when head office has none of it
    at_hq_ms: int
    on_the_way: tuple[str, ...]
    unread: bool  # head office could not be asked


class RecoveryDesk:
    """What the page asks for and shows."""

    def __init__(self, links: Links, writer: Writer, clock: Clock, ids: IdSource) -> None:
        self._links, self._writer, self._clock, self._ids = links, writer, clock, ids
        self.operator: SoldBy | None = None

    def look(self) -> None:
        """Have the agent ask around; `lost` says what came of it."""
        self._ask(SalvageAct.LOOK, "", lambda: None, _unheard)

    def lost(self) -> LostDoc | None:
        """None until the agent has looked once."""
        return self._links.lost()

    def disk(self) -> SalvageDoc | None:
        """The disk that was read last, and how far it has come."""
        return self._links.salvage()

    def read(self, folder: str, done: Callable[[], None], failed: Failed) -> None:
        """Have a folder read and compared with head office. Nothing is sent."""
        self._ask(SalvageAct.READ, folder, done, failed)

    def stop(self, done: Callable[[], None], failed: Failed) -> None:
        """End what is being done; what has arrived at head office stays there."""
        self._ask(SalvageAct.STOP, "", done, failed)

    def send(self, done: Callable[[], None], failed: Failed, approval: Approval | None = None) -> None:
        """Send what head office lacks of the disk that was read. Fails with `approval.needed`, `salvage.nothing_read`."""
        operator, disk = self.operator, self.disk()
        try:
            if operator is None:
                raise RuleViolationError("operator.not_signed_in")
            if disk is None or disk.stage is not SalvageStage.READY:
                raise RuleViolationError("salvage.nothing_read")
            act = Act("salvage", disk.machine, disk.lacking, disk.register)
            by = allow(operator.role, Permission.SALVAGE, act, approval)
        except RuleViolationError as refused:
            failed(refused)
            return
        ask = self._new(SalvageAct.SEND, disk.folder)
        note = AuditNoted(SALVAGE_APPROVED, disk.machine, disk.lacking, by=by)

        def work(store: TillStore) -> None:
            with store.unit() as conn:
                store.append(note, operator.operator_id)
                put_salvage_ask(conn, ask)

        self._writer.submit(work, lambda _: done(), failed)

    def _ask(self, what: SalvageAct, folder: str, done: Callable[[], None], failed: Failed) -> None:
        ask = self._new(what, folder)

        def work(store: TillStore) -> None:
            with store.unit() as conn:
                put_salvage_ask(conn, ask)

        self._writer.submit(work, lambda _: done(), failed)

    def _new(self, what: SalvageAct, folder: str) -> SalvageAsk:
        return SalvageAsk(self._ids.next(), what, folder, self._clock.now_ms())


def seen_by_series(lost: LostDoc) -> tuple[SeenOfSeries, ...]:
    """Head office beside the store's copies, series by series."""
    at_hq = {one.series: one for one in lost.at_hq or ()}
    in_store = {one.series: one for one in lost.in_store}
    names = sorted(at_hq.keys() | in_store.keys(), key=lambda name: (len(name), name))
    return tuple(_series(name, at_hq.get(name), in_store.get(name), unread=lost.at_hq is None) for name in names)


def _series(name: str, hq: SeenSeries | None, store: SeenSeries | None, *, unread: bool) -> SeenOfSeries:
    first = hq.counter + 1 if hq else 1
    numbers: tuple[str, ...] = ()
    if store is not None:
        if unread:
            first = store.counter
        prefix, _, counter = store.receipt.rpartition("-")
        wanted = range(max(first, store.counter - MAX_NUMBERS + 1), store.counter + 1)
        numbers = tuple(f"{prefix}-{n:0{len(counter)}d}" for n in wanted)
    return SeenOfSeries(name, hq.receipt if hq else "", hq.at_ms if hq else 0, numbers, unread)


def _unheard(_: object) -> None:
    """The page asks again when it is shown again."""
