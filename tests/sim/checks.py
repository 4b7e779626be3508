"""What must hold at the end of a simulated day, and at some moments of it, apart from the journals themselves."""

from collections import Counter
from typing import TYPE_CHECKING

from retail_core.domain.claims import ClaimAnswer, ClaimKind, Thing
from retail_core.domain.counting import Change, Count, Place, Shelf, change_of, shelf
from retail_core.domain.events import (
    BasketRecalled,
    DrawerClosed,
    DrawerCounted,
    DrawerMoved,
    DrawerOpened,
    Event,
    FulfilmentEvent,
    FulfilmentFact,
    SaleCompleted,
    StockCounted,
)
from retail_core.domain.fulfilment import State
from retail_core.domain.orderfold import HANDED_OVER_TWICE, REJECTED
from retail_core.domain.origin import Origin
from retail_core.domain.shared import SharedKind
from retail_core.domain.shared_drawer import SharedDrawer, drawer_merged, drawer_told
from retail_core.domain.stock import movements_of
from retail_core.domain.tagged import unit_keys
from retail_core.wire.envelope import Entry
from retail_core.wire.events import decode_event
from tests.sim.claimchecks import ClaimChecks
from tests.sim.faults import Planted
from tests.sim.office import BASKET_TWICE, RETURNED_TWICE, UNIT_CASES
from tests.sim.truth import SKUS
from tests.sim.violation import ViolationError

if TYPE_CHECKING:
    from tests.sim.till import Till
    from tests.sim.world import World

OVERDRAWN = "value.overdrawn"


class Checks:
    def __init__(self, world: "World") -> None:
        self.world = world
        self.spends: dict[str, list[tuple[str, int]]] = {}
        self._done: dict[str, list[str]] = {}
        self.claims = ClaimChecks(world)

    # ── during the day ───────────────────────────────────────────────────────────────────────────

    def done(self, till: "Till", claim: Thing, what: str, entry: Entry | None, answer: ClaimAnswer) -> None:
        """In a store whose machines hear one another a thing that can be done once is done once."""
        if entry is None:
            return
        before = self._done.setdefault(what, [])
        if before and self.claims.knew(till, claim, before, answer):
            raise ViolationError(f"{till.name}: {what} once more, and the store role knew of the first")
        before.append(entry.id)

    def spent(self, till: "Till", ref: str, entry: Entry, amount: int, answer: ClaimAnswer) -> None:
        """There a card is never taken beyond what is on it."""
        before = self.spends.setdefault(ref, [])
        taken, ids = sum(minor for _, minor in before) + amount, [one for one, _ in before]
        if taken > self.world.cards[ref] and self.claims.knew(till, (ClaimKind.GIFT_CARD, ref), ids, answer):
            raise ViolationError(f"{till.name} took {amount} of a card with {self.world.cards[ref]}, {taken} in all")
        before.append((entry.id, amount))

    def unsettled(self) -> str:
        """What still has to be told or waits to be done, empty when the shop has come to rest."""
        holders = [agent for agent in self.world.agents if agent.desk.role.has]
        if len(holders) != 1:
            if not holders:
                self.world.agents[0].desk.take_over()
            return f"the store role is with {[agent.name for agent in holders]}"
        board = holders[0].disk.board
        around = [agent.name for agent in self.world.agents if agent.way.at]
        if around:
            return f"{around} still go past the store"
        for agent in self.world.agents:
            if (agent.disk.shown.source, agent.disk.shown.rev) != (board.source, board.rev):
                return f"{agent.name} has not heard all the store role tells"
        for copies, source in holders[0].journals():
            head = copies.head(source)
            if (
                head
                and board.through.get(source, 0) < head.seq
                and copies.entries_after(source, board.through.get(source, 0), 1)
            ):
                return f"{holders[0].name} has not read {source.node}"
        disk = self.world.hq.disk
        waits = [order_id for order_id, steps in disk.waiting.items() if steps]
        if waits:
            return f"{len(waits)} orders wait for a step"
        late = [order.number for order in disk.orders.values() if order.state is State.OFFERED]
        late += [o.number for o in disk.orders.values() if o.state is State.ACCEPTED and o.cancel_requested]
        return f"{late} wait for the store role" if late else ""

    # ── at the end ───────────────────────────────────────────────────────────────────────────────

    def run(self) -> None:
        facts = [(entry, decode_event(entry.type, entry.v, entry.body)) for entry in self.world.hq.disk.events.values()]
        self._roles()
        self._receipts()
        self._orders([(entry.node, event) for entry, event in facts if isinstance(event, FulfilmentEvent)])
        self._baskets([event for _, event in facts if isinstance(event, BasketRecalled)])
        sales = [event for _, event in facts if isinstance(event, SaleCompleted)]
        self._goods(sales)
        self._units(sales)
        self._value()
        self._shelves(facts)
        self._boards()
        self._drawers(facts)

    def _roles(self) -> None:
        holders = [agent.name for agent in self.world.agents if agent.desk.role.has]
        if len(holders) != 1:
            raise ViolationError(f"the store role is with {holders}")

    def _receipts(self) -> None:
        """Numbers run from 1 without a gap in each series, and a number is given twice only by a till that went back in
        time together with its guard, before anybody told it.
        """
        blind = {till.name for till in self.world.tills if till.blind}
        by_series: dict[str, list[int]] = {}
        for receipt, given in self.world.truth.receipts.items():
            series, counter = receipt.rsplit("-", 1)
            by_series.setdefault(series, []).append(int(counter))
            if len(given) > 1 and given[0] not in blind:
                raise ViolationError(f"receipt number {receipt} was given {len(given)} times")
        for series, counters in by_series.items():
            if sorted(counters) != list(range(1, len(counters) + 1)):
                raise ViolationError(f"series {series} has gaps: {sorted(counters)}")

    def _orders(self, facts: list[tuple[str, FulfilmentEvent]]) -> None:
        """Collected beats everything, two hand-overs are one thing to look at, and nothing is unless facts disagree."""
        disk = self.world.hq.disk
        went_back = self.world.went_back
        for order_id, order in disk.orders.items():
            said = [(node, fact.order_v) for node, fact in facts if fact.order_id == order_id]
            about = [fact for _, fact in facts if fact.order_id == order_id]
            twice = [node for (node, _), n in Counter(said).items() if n > 1 and node not in went_back]
            if twice:
                raise ViolationError(f"{twice[0]} decided twice on one version of {order.number}")
            if disk.waiting.get(order_id):
                raise ViolationError(f"order {order.number} waits for a step that never came")
            collected = sum(fact.what is FulfilmentFact.COLLECTED for fact in about)
            if bool(collected) is not (order.state is State.COLLECTED):
                raise ViolationError(f"order {order.number} was handed over {collected} times and is {order.state}")
            cases = Counter({code: n for (code, subject), n in disk.cases.items() if subject == order.number})
            if cases[HANDED_OVER_TWICE] != max(0, collected - 1):
                raise ViolationError(f"order {order.number}: {collected} hand-overs, exceptions {dict(cases)}")
            del cases[HANDED_OVER_TWICE], cases[REJECTED]
            versions = sorted(fact.order_v for fact in about)
            agreed = versions == list(range(versions[0], versions[0] + len(versions))) if versions else True
            if agreed and order_id not in self.world.odd_orders and cases:
                raise ViolationError(f"order {order.number} is in order, and there are exceptions {dict(cases)}")
            if len(set(versions)) < len(versions) and not (cases or collected > 1):
                raise ViolationError(f"order {order.number} was decided twice, and nobody is told")

    def _baskets(self, recalls: list[BasketRecalled]) -> None:
        taken: dict[tuple[str, int], set[str]] = {}
        for said in recalls:
            taken.setdefault((said.sale_id, said.put_ms), set()).add(said.as_sale)
        twice = sum(len(sales) - 1 for sales in taken.values())
        cases = sum(1 for code, _ in self.world.hq.disk.cases if code == BASKET_TWICE)
        if twice != cases:
            raise ViolationError(f"{twice} baskets were taken up twice, and there are {cases} exceptions")

    def _goods(self, sales: list[SaleCompleted]) -> None:
        given = self.world.truth.receipts
        once = [sale for sale in sales if len(given[sale.receipt]) == 1]
        sold = {(sale.receipt, line.n): line.qty_milli for sale in once for line in sale.lines if not line.back}
        back: Counter[tuple[str, int]] = Counter()
        for sale in sales:
            for line in sale.lines:
                if line.back:
                    back[line.back.receipt, line.back.n] += line.qty_milli
        more = {f"{at[0]}/{at[1]}" for at, milli in back.items() if at in sold and milli > sold[at]}
        cases = {subject for code, subject in self.world.hq.disk.cases if code == RETURNED_TWICE}
        cases = {subject for subject in cases if len(given[subject.partition("/")[0]]) == 1}
        if more != cases:
            raise ViolationError(f"more came back of {more} than was sold, and there are exceptions for {cases}")

    def _units(self, sales: list[SaleCompleted]) -> None:
        """A unit that two customers have is one thing to look at, and one that was sold once is none."""
        given, disk = self.world.truth.receipts, self.world.hq.disk
        back = {(line.back.receipt, line.back.n) for sale in sales for line in sale.lines if line.back}
        sold: dict[str, set[tuple[str, int]]] = {}
        names: dict[str, set[str]] = {}
        doubtful: set[str] = set()
        for sale, line in [(one, line) for one in sales for line in one.lines if line.serial and not line.back]:
            unit = str(line.serial)
            sold.setdefault(unit, set()).add((sale.receipt, line.n))
            names.setdefault(unit, set()).update(unit_keys(line.sku, line.serial, line.epc))
            doubtful |= {unit} if len(given[sale.receipt]) > 1 else set()
        for unit in sorted(sold.keys() - doubtful):
            cases = sum(n for (code, about), n in disk.cases.items() if code in UNIT_CASES and about in names[unit])
            left = sold[unit] - back
            self.world.count("units sold twice" if len(left) > 1 else "units in order")
            if cases > 1 or (cases == 0 and len(left) > 1) or (cases == 1 and len(sold[unit]) < 2):
                raise ViolationError(
                    f"{unit} was sold on {sold[unit]}, {left} are left, and there are {cases} exceptions"
                )

    def _value(self) -> None:
        """A balance is what was issued less what was taken, and below zero it is one thing to look at."""
        disk = self.world.hq.disk
        for ref, known in disk.instruments.items():
            taken = sum(amount for event_id, amount in self.spends.get(ref, ()) if event_id in disk.events)
            if known.balance != self.world.cards[ref] - taken:
                raise ViolationError(f"card {ref} has {known.balance} at HQ after {taken} of {self.world.cards[ref]}")
            if (known.balance < 0) is not ((OVERDRAWN, ref) in disk.cases):
                raise ViolationError(f"card {ref} has {known.balance}, and exceptions do not say so")

    # ── shelves ──────────────────────────────────────────────────────────────────────────────────

    def _shelves(self, facts: list[tuple[Entry, Event]]) -> None:
        """What HQ says is there is there, to the unit, unless it says itself that somebody must count again."""
        for sku in SKUS:
            found, changes, count = self._shelf(facts, sku)
            if count is None or found.recount:
                self.world.count("shelves in doubt" if count else "shelves never counted")
                continue
            scanned = self.world.truth.counts[count.counted.count_id]
            later = [change for (event_id, change) in changes if self.world.truth.order[event_id] >= scanned.after]
            true_milli = scanned.qty_milli + sum(change.delta_milli for change in later)
            if found.qty_milli != true_milli and not self._clock_lied(count, changes):
                raise ViolationError(f"{sku}: HQ says {found.qty_milli}, and {true_milli} are there")
            self.world.count("shelves right to the unit")

    def _shelf(
        self, facts: list[tuple[Entry, Event]], sku: str
    ) -> tuple[Shelf, list[tuple[str, Change]], Count | None]:
        counts: list[Count] = []
        changes: list[tuple[str, Change]] = []
        late: list[Change] = []
        for entry, event in facts:
            place = Place(f"{entry.node}/{entry.epoch}", entry.seq, entry.at + entry.clock)
            if isinstance(event, StockCounted) and event.sku == sku:
                counts.append(Count(place, event))
                late = []
            moves = [move for move in movements_of(event) if move.sku == sku]
            if moves:
                changes.append((entry.id, change_of(place, moves)))
                late.append(changes[-1][1])
        found = shelf(counts, [change for _, change in changes], self.world.doubt_ms)
        count = next((one for one in counts if one.counted.count_id == found.count_id), None)
        if count and self.world.planted is Planted.LATE_SALES_AGAIN:
            found = Shelf(counts[-1].counted.qty_milli + sum(one.delta_milli for one in late), found.count_id)
        return found, changes, count

    def _clock_lied(self, count: Count, changes: list[tuple[str, Change]]) -> bool:
        """A till that nobody could hear, or that went back in time and gave numbers once more, sold with a clock that
        nobody could put right: no rule could know.
        """
        truth = self.world.truth
        scanned = truth.counts[count.counted.count_id]
        silent = [
            event_id
            for event_id, change in changes
            if change.place.stream not in scanned.heard or change.place.stream.partition("/")[0] in self.world.went_back
        ]
        return bool(truth.clock_wrong & {*silent}) or scanned.clock_wrong

    # ── boards ───────────────────────────────────────────────────────────────────────────────────

    def _boards(self) -> None:
        """Every till shows what HQ and the other tills show, but for orders of which a disaster destroyed a step."""
        disk, truth = self.world.hq.disk, self.world.truth
        odd = {order_id for event_id, order_id in truth.about.items() if event_id not in disk.effects}
        for till in self.world.tills:
            for order_id, order in disk.orders.items():
                if order_id in odd:
                    continue
                shown = till.counter.order(order_id)
                if shown is None or (shown.state, shown.order_v) != (order.state, order.order_v):
                    raise ViolationError(f"{till.name} shows {shown} instead of {order}")
        boards = [
            {thing: row for thing, row in agent.disk.shown.rows.items() if thing[0] is not SharedKind.ORDER}
            for agent in self.world.agents
        ]
        if any(one != boards[0] for one in boards):
            raise ViolationError("the tills of the store show different baskets, drawers, cards or returns")

    def _drawers(self, facts: list[tuple[Entry, Event]]) -> None:
        """The store tells of each drawer what its till wrote down, and nothing else; all of it, unless a disk was replaced
        before a neighbour had heard of something that HQ had already.
        """
        true: dict[str, SharedDrawer] = {}
        for entry, event in facts:
            if isinstance(event, DrawerOpened | DrawerMoved | DrawerCounted | DrawerClosed):
                stream = f"{entry.node}/{entry.epoch}"
                news = drawer_told(event, Origin(entry.node, entry.actor, stream, entry.seq, entry.at, entry.biz_date))
                if news:
                    true[news.session_id] = drawer_merged(true.get(news.session_id), news) or true[news.session_id]
        shown = self.world.agents[0].disk.shown.rows
        told = {key: row for (_, key), row in shown.items() if isinstance(row, SharedDrawer)}
        figures = self.world.figures()
        more = [key for key, row in told.items() if key not in true or drawer_merged(true[key], row)]
        if more and not figures["events destroyed everywhere"]:
            raise ViolationError(f"the store tells of drawers what nobody wrote: {more}")
        if told != true and not figures.get("disks replaced") and not figures.get("HQ restored"):
            raise ViolationError(f"the store tells {told} of drawers, and they stand like {true}")
        self.world.count("drawers right" if told == true else "drawers known in part")
