"""HQ: one inbox, one transaction per push, effects once per event."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from retail_core.domain.stock import fold, movements_of
from retail_core.sync.inbox import Accept, Decision, Gap, Keeper, answer_of, decide, sort_by_identity
from retail_core.wire.batch import WireDamageError, decode_batch, signatures_to_check
from retail_core.wire.envelope import SALVAGE_MARK, Entry, Head, StreamEntry, StreamId
from retail_core.wire.events import decode_event
from retail_core.wire.messages import (
    DamagedAnswer,
    FeedRow,
    ForkAnswer,
    GapAnswer,
    PageHead,
    PushAnswer,
    PushHeader,
)
from tests.sim.disks import Copies, HqDisk
from tests.sim.faults import Planted
from tests.sim.keyed_hq import KeyedHq
from tests.sim.office import Office

if TYPE_CHECKING:
    from tests.sim.world import World

Answer = PushAnswer | GapAnswer | ForkAnswer | DamagedAnswer
LONG_POLL_MS = 10_000
UNDONE_BY_A_CRASH = (Planted.ANSWER_BEFORE_COMMIT, Planted.EFFECTS_APART)
HQ_CRASHES = 3
"""HQ stands for several processes, and for the machines in front of them."""


def receive(
    world: "World", keeper: Keeper, disk: Copies, header: PushHeader, data: bytes
) -> Decision | list[StreamEntry]:
    """What both kinds of receiver do first: read the batch, check signatures, decide; the entries when accepted."""
    stream, entries = header.stream, read_batch(world, header, data)
    here = disk.head(stream)
    decision = _planted(world, here, header, entries) or decide(
        keeper, here, lambda seq: disk.kept_hash_at(stream, seq), header, entries
    )
    if not isinstance(decision, Accept):
        return decision
    if decision.begin_at is not None:
        disk.begin(stream, decision.begin_at)
    return entries[decision.skip :]


def read_batch(world: "World", header: PushHeader, data: bytes) -> list[StreamEntry]:
    """The entries of a batch of our own senders, which are always readable and signed."""
    try:
        entries = decode_batch(header.stream, Head(header.from_seq, header.prev_hash), data)
    except WireDamageError as bad:
        raise AssertionError(f"a batch of our own sender can't be read: {bad}") from bad
    for placed in signatures_to_check(entries):
        if not world.signed(placed.entry.node, placed.entry.entry_hash, placed.entry.sig):
            raise AssertionError(f"a batch of our own sender is not signed at {placed.seq}")
    return entries


def _planted(world: "World", here: Head | None, header: PushHeader, entries: list[StreamEntry]) -> Decision | None:
    if world.planted is Planted.NO_CHAIN_CHECK and here is not None:
        if header.from_seq > here.seq:
            return Gap(here.seq + 1)
        return Accept(min(len(entries), here.seq - header.from_seq))
    return None


class Hq:
    name = "hq"

    def __init__(self, world: "World") -> None:
        self.world = world
        self.disk = world.empty_hq()
        self.up = True
        self.waiting: list[Callable[[], None]] = []
        self.restored = 0
        self.office = Office(self)

    # ── push ─────────────────────────────────────────────────────────────────────────────────────

    def push(self, header: PushHeader, data: bytes) -> Answer | None:
        """None when HQ gave no answer: it died, or a planted fault refuses."""
        if self._refused_as_old(header.stream):
            return None
        if self.world.chance_of_crash(HQ_CRASHES):  # before the commit: nothing has happened
            self._crash()
            return None
        before = self.disk.image() if self.world.planted in UNDONE_BY_A_CRASH else None
        got = receive(self.world, Keeper.HQ, self.disk, header, data)
        if isinstance(got, list):
            self._commit(header.stream, got)
            said: Answer = self._answer(header.stream)
        else:
            said = answer_of(got)  # type: ignore[arg-type] # Accept was turned into the list
        if isinstance(self.disk, KeyedHq):
            _check_same(said, self.disk.take(header, data))
        if not isinstance(said, PushAnswer):
            return said
        if self.world.chance_of_crash(HQ_CRASHES):  # after it: done, but nobody is told
            self._crash()
            if before is None:
                return None
            if self.world.planted is Planted.EFFECTS_APART:
                before.effects, before.stock = self.disk.effects, self.disk.stock
                self.disk = before
                return None
            self.disk, answer = before, self._answer(header.stream)
            return answer
        return msgspec.structs.replace(said, clock_offset_ms=self.world.clockwork.wall_ms - header.clock_ms)

    def witness(self, stream: StreamId) -> tuple[Head, Head]:
        head = self.disk.head(stream) or Head()
        return head, head

    def _refused_as_old(self, stream: StreamId) -> bool:
        newest = self.disk.newest_epoch.get(stream.node.split(SALVAGE_MARK)[0], "")
        return self.world.planted is Planted.OLD_EPOCH_REFUSED and stream.epoch < newest

    def _answer(self, stream: StreamId) -> PushAnswer:
        head = self.disk.head(stream) or Head()
        return PushAnswer(head.seq, head.chain_hash.hex(), head.seq, head.chain_hash.hex())

    def _commit(self, stream: StreamId, entries: list[StreamEntry]) -> None:
        known = {
            placed.entry.id: self.disk.events[placed.entry.id].body_sha256
            for placed in entries
            if placed.entry.id in self.disk.events
        }
        found = sort_by_identity(entries, known)
        for placed in entries:
            self.disk.put(stream, placed)
        self.disk.conflicts += [placed.entry.id for placed in found.conflicting]
        effective = entries if self.world.planted is Planted.NO_ID_DEDUPE else found.new
        for placed in effective:
            self._apply(placed.entry)
        self.office.settle()
        node = stream.node.split(SALVAGE_MARK)[0]
        self.disk.newest_epoch[node] = max(stream.epoch, self.disk.newest_epoch.get(node, ""))
        self.world.ledger.wrote("hq", [placed.entry.id for placed in found.new])

    def _apply(self, entry: Entry) -> None:
        self.disk.effects[entry.id] = self.disk.effects.get(entry.id, 0) + 1
        event = decode_event(entry.type, entry.v, entry.body)
        for (sku, state), qty in fold(movements_of(event)).items():
            self.disk.stock[sku, state] = self.disk.stock.get((sku, state), 0) + qty
        self.office.apply(entry, event)

    def _crash(self) -> None:
        self.world.count("crashes")
        self.world.clockwork.note("hq crash")
        self.up = False
        self.waiting.clear()
        self.world.clockwork.after(self.world.chance.randint(200, 5_000), self._restart)

    def put_back(self, disk: HqDisk) -> None:
        """HQ from a backup, with a generation nobody has seen."""
        self.restored += 1
        self.disk = disk
        self.disk.generation = f"g{1 + self.restored}"
        self.world.ledger.destroyed("hq", disk.events)
        self._crash()

    def _restart(self) -> None:
        self.up = True

    # ── feed ─────────────────────────────────────────────────────────────────────────────────────

    def change(self, key: str) -> None:
        """Something in the store's scope that nobody here looks into."""
        self.publish("doc", key, b'{"n":%d}' % (self.disk.rev + 1))

    def publish(self, kind: str, key: str, doc: bytes) -> None:
        """A row with the next revision; whoever waits is told."""
        self.disk.rev += 1
        self.disk.docs[f"{kind}:{key}"] = self.disk.rev, doc
        waiting, self.waiting = self.waiting, []
        for answer in waiting:
            self.world.clockwork.after(0, answer)

    def page(self, scope: str, cursor: int, limit: int) -> tuple[PageHead, list[FeedRow]]:
        rows = sorted((rev, key, doc) for key, (rev, doc) in self.disk.docs.items() if rev > cursor)[:limit]
        found = [FeedRow(rev, *_kind_and_key(name), doc=msgspec.Raw(doc)) for rev, name, doc in rows]
        to_rev = found[-1].rev if found else max(cursor, 0)
        return PageHead(scope, cursor, to_rev, self.disk.rev, self.disk.generation), found


def _check_same(here: Answer, said: Answer) -> None:
    """The database answers what the twin answers."""
    if isinstance(here, PushAnswer) and isinstance(said, PushAnswer):
        same = (here.through, here.through_hash) == (said.through, said.through_hash) and not said.quarantined
    else:
        same = here == said
    if not same:
        raise AssertionError(f"HQ answers {said} instead of {here}")


def _kind_and_key(name: str) -> tuple[str, str]:
    kind, _, key = name.partition(":")
    return kind, key
