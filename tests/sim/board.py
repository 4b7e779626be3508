"""The store role's board in memory: folded with the product's own rules, told by revision, and claims decided on it."""

from typing import TYPE_CHECKING

from retail_core.domain.claims import ClaimKind, Granted, Held, Refused, Sold, decided, decided_of_unit
from retail_core.domain.events import FulfilmentEvent, SaleCompleted
from retail_core.domain.fulfilment import OrderDoc
from retail_core.domain.origin import Origin
from retail_core.domain.shared import Shared, SharedBasket, SharedKind, SharedReturns, key_of, merged, told_by
from retail_core.domain.shared_order import stepped
from retail_core.domain.tagged import unit_keys
from retail_core.durable.shared import MIXED
from retail_core.wire.claim_rounds import MAX_TAKEN_TOLD, UnitsReply, UnitsRequest, UnitTold
from retail_core.wire.events import decode_event
from retail_core.wire.messages import ClaimReply, ClaimRequest
from sync_agent.storage.shared import CLAIMED_AS
from tests.sim.disks import AgentDisk, Thing, UnitSold
from tests.sim.faults import Planted
from tests.sim.keyed import KeyedCopies

if TYPE_CHECKING:
    from retail_core.wire.envelope import Entry, StreamEntry
    from tests.sim.agent import Agent
    from tests.sim.world import World

Page = tuple[str, int, dict[Thing, Shared], bool]
"""Source, revision, rows, and whether they replace everything."""


def begin(world: "World", disk: AgentDisk) -> None:
    """With each start the board has another source: this may be an old copy of it, and who followed knows more."""
    disk.board.source = world.chance.randbytes(8).hex()


def fold(agent: "Agent") -> bool:
    """Read on in every journal here; True when there is news for the tills."""
    disk, news = agent.disk, False
    for copies, source in agent.journals():
        kept, through = copies.streams.get(source), disk.board.through.get(source, 0)
        if kept is None or kept.base.seq + len(kept.rows) <= through:
            continue
        for placed in copies.entries_after(source, max(through, kept.base.seq), 1 << 30):
            news = _take(agent, placed) or news
            disk.board.through[source] = placed.seq
    return _catch_up(disk) or news


def _catch_up(disk: AgentDisk) -> bool:
    news = False
    for order_id, steps in sorted(disk.board.steps.items()):
        order = _known(disk, SharedKind.ORDER, order_id)
        if not isinstance(order, OrderDoc):
            continue
        after, left = stepped(order, steps)
        if after != order:
            tell(disk, after)
            news = True
        disk.board.steps[order_id] = left
    return news


def _take(agent: "Agent", placed: "StreamEntry") -> bool:
    entry, disk = placed.entry, agent.disk
    disk.board.read.setdefault(entry.id, len(disk.board.read))
    stream = f"{entry.node}/{entry.epoch}"
    origin = Origin(entry.node, entry.actor, stream, entry.seq, entry.at, entry.biz_date)
    event = decode_event(entry.type, entry.v, entry.body)
    if isinstance(event, SaleCompleted):
        _note_units(agent, event, entry)
    told = told_by(event, origin, lambda kind, key: _known(disk, kind, key))
    if isinstance(event, FulfilmentEvent) and not told:
        disk.board.steps[event.order_id] = (*disk.board.steps.get(event.order_id, ()), event)
    for one in told:
        tell(disk, one)
        kind, key = key_of(one)
        claim = disk.board.claims.get((CLAIMED_AS[kind], key)) if kind in CLAIMED_AS else None
        if kind is not SharedKind.ORDER and claim and register(claim.holder) == register(entry.node):
            del disk.board.claims[CLAIMED_AS[kind], key]
            agent.world.checks.claims.released(agent, (CLAIMED_AS[kind], key))
    return bool(told)


def _note_units(agent: "Agent", event: SaleCompleted, entry: "Entry") -> None:
    """Tagged units of a sale, as `sync_agent.storage.units` notes them; on keyed days that is done as well."""
    disk, world = agent.disk, agent.world

    def came_back(receipt: str) -> set[int]:
        told = _known(disk, SharedKind.RETURNS, receipt)
        return {part.n for part in told.parts} if isinstance(told, SharedReturns) else set()

    units, gone = disk.board.units, came_back(event.receipt)
    backs = {(line.back.receipt, line.back.n) for line in event.lines if line.back}
    if world.planted is not Planted.UNIT_NEVER_BACK:
        for tag in [tag for tag, sold in units.items() if (sold.receipt, sold.n) in backs]:
            del units[tag]
    sold = [line for line in event.lines if not line.back]
    for line, tag in [(one, key) for one in sold for key in unit_keys(one.sku, one.serial, one.epc)]:
        known = units.get(tag)
        if line.n not in gone and (known is None or entry.at >= known.at_ms):
            units[tag] = UnitSold(event.receipt, line.n, entry.node, entry.at)
        if world.planted is Planted.UNIT_FORGOTTEN:
            units.pop(tag, None)
        disk.board.claims.pop((ClaimKind.RFID_UNIT, tag), None)
        world.checks.claims.released(agent, (ClaimKind.RFID_UNIT, tag))
    if isinstance(disk.kept, KeyedCopies):
        disk.kept.note_units(event, entry, came_back)


def tell(disk: AgentDisk, one: Shared) -> None:
    """A row with the next revision."""
    board = disk.board
    board.rev += 1
    board.told[key_of(one)] = board.rev, one


def page(disk: AgentDisk, source: str, cursor: int) -> Page | None:
    """Rows above `cursor`, or everything for who knows another source; None when there is nothing new."""
    board = disk.board
    if source == board.source and cursor >= board.rev:
        return None
    whole = source != board.source
    rows = {thing: one for thing, (rev, one) in board.told.items() if whole or rev > cursor}
    return board.source, board.rev, rows, whole


def keep(disk: AgentDisk, told: Page) -> None:
    """What the store role told, into link.db."""
    shown = disk.shown
    shown.source, shown.rev, rows, whole = told
    if whole:
        shown.rows.clear()
    shown.rows.update(rows)


def keep_news(disk: AgentDisk, told: Page) -> None:
    """A row ahead of the page that will bring it; what was read already stays. After another's word all is read again."""
    source, rev, rows, _ = told
    shown = disk.shown
    if source != shown.source:
        shown.rows.update(rows)
        shown.source, shown.rev = MIXED, 0
    elif rev > shown.rev:
        shown.rows.update(rows)


def remember(disk: AgentDisk, rows: dict[Thing, Shared]) -> bool:
    """Take what a neighbour remembers of an earlier store role's word; True when something of it was news."""
    news = False
    for (kind, key), offered in rows.items():
        taken = merged(_known(disk, kind, key), offered)
        if taken is not None:
            tell(disk, taken)
            news = True
    return news


def claim(
    world: "World", disk: AgentDisk, holder: str, request: ClaimRequest, now_ms: int
) -> tuple[ClaimReply, Page | None]:
    """Decided for every machine of the store, with what is told of the thing. What was taken up for good is refused."""
    basket = _known(disk, SharedKind.BASKET, request.key) if request.kind is ClaimKind.SUSPENDED_SALE else None
    if isinstance(basket, SharedBasket) and basket.taken_by:
        return ClaimReply(granted=False, holder=basket.taken_by), None
    given = decided(_held(world, disk, (request.kind, request.key), now_ms), holder, request.for_ms, now_ms)
    if isinstance(given, Refused):
        return ClaimReply(granted=False, holder=given.by), None
    assert isinstance(given, Granted)
    _keep(disk, (request.kind, request.key), holder, given, now_ms)
    if given.until_ms == now_ms:  # it was not needed after all
        return ClaimReply(granted=True, holder=holder), None
    kind = next(shared for shared, claimed in CLAIMED_AS.items() if claimed is request.kind)
    rev, row = disk.board.told.get((kind, request.key), (0, None))
    told: Page | None = (disk.board.source, rev, {(kind, request.key): row}, False) if row else None
    return ClaimReply(granted=True, holder=holder, for_ms=given.until_ms - now_ms), told


def claim_units(world: "World", disk: AgentDisk, holder: str, request: UnitsRequest, now_ms: int) -> UnitsReply:
    """Tagged units, decided each by itself; on keyed days the product's own table says the same."""
    taken: list[UnitTold] = []
    until_ms = now_ms
    for tag in request.epcs:
        known, thing = disk.board.units.get(tag), (ClaimKind.RFID_UNIT, tag)
        sold = Sold(known.node, known.receipt) if known else None
        given = decided_of_unit(sold, _held(world, disk, thing, now_ms), holder, request.for_ms, now_ms)
        if isinstance(given, Refused):
            taken.append(UnitTold(tag, given.by, given.receipt))
        else:
            _keep(disk, thing, holder, given, now_ms)
            until_ms = max(until_ms, given.until_ms)
    said = UnitsReply(tuple(taken[:MAX_TAKEN_TOLD]), until_ms - now_ms)
    if isinstance(disk.kept, KeyedCopies) and (there := disk.kept.claim_units(holder, request, now_ms)) != said:
        raise AssertionError(f"the store role answers {there} instead of {said}")
    return said


def _held(world: "World", disk: AgentDisk, thing: tuple[ClaimKind, str], now_ms: int) -> Held | None:
    held: Held | None = disk.board.claims.get(thing)
    if world.planted is Planted.CLAIM_NEVER_ENDS and held:
        return Held(held.holder, now_ms + 1)
    return None if world.planted is Planted.CLAIM_NOT_KEPT else held


def _keep(disk: AgentDisk, thing: tuple[ClaimKind, str], holder: str, given: Granted, now_ms: int) -> None:
    """Until when it is the holder's; what is asked for no time at all was given back."""
    if given.until_ms == now_ms:
        disk.board.claims.pop(thing, None)
    else:
        disk.board.claims[thing] = Held(holder, given.until_ms)


def register(node: str) -> str:
    """The place in the store a machine stands at: A2 is the agent of T2."""
    return node[1:]


def _known(disk: AgentDisk, kind: SharedKind, key: str) -> Shared | None:
    row = disk.board.told.get((kind, key))
    here = row[1] if row else None
    if kind is SharedKind.ORDER:
        sent = disk.orders.get(key)
        return sent if sent and (not isinstance(here, OrderDoc) or sent.order_v >= here.order_v) else here
    return here
