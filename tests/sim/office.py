"""What head office makes of the facts it took in, in memory: orders, baskets, value, goods that came back, counts.

The rules are the product's own pure ones; how they are written down is shorter than in `hq_server`, whose tables some of
the simulated days use instead.
"""

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from hq_server.service.fulfilment import WAIT_FOR_STEP_MS
from hq_server.service.units import ALL_THE_SAME, TWICE
from retail_core.domain.events import BasketRecalled, Event, FulfilmentEvent, SaleCompleted, SoldLine
from retail_core.domain.fulfilment import FINAL, Action, OrderDoc, OrderLine, Owner, State, apply
from retail_core.domain.ids import Gtin, InstrumentId, OrderId, Sku, StoreId
from retail_core.domain.orderfold import UNKNOWN, folded, waits
from retail_core.domain.tagged import unit_keys
from retail_core.domain.value import Instrument, ValueKind, ValueMoved, after, wrong_about
from retail_core.wire.envelope import Entry
from tests.sim.disks import HqDisk, SoldUnit, Step
from tests.sim.faults import Planted
from tests.sim.keyed_hq import KeyedHq

if TYPE_CHECKING:
    from tests.sim.hq import Hq

BASKET_TWICE, RETURNED_TWICE = "parking.taken_up_twice", "return.more_than_sold"
UNIT_CASES = (TWICE, ALL_THE_SAME)
TOTAL_MINOR = 2_999


class Office:
    def __init__(self, hq: "Hq") -> None:
        self.hq, self.world = hq, hq.world
        self._touched: set[str] = set()
        self._tagged: dict[tuple[str, int], SoldUnit] = {}

    @property
    def disk(self) -> HqDisk:
        return self.hq.disk

    def apply(self, entry: Entry, event: Event) -> None:
        """Whatever an event that is new here changes."""
        match event:
            case FulfilmentEvent():
                self._about_order(entry, event)
            case BasketRecalled():
                first = self.disk.taken.setdefault((event.sale_id, event.put_ms), event.as_sale)
                if first != event.as_sale:
                    self._case(BASKET_TWICE, event.as_sale)
            case ValueMoved():
                self._value(entry, event)
            case SaleCompleted():
                self._goods(event)
            case _:
                pass

    def _case(self, code: str, subject: str) -> None:
        self.disk.cases[code, subject] = self.disk.cases.get((code, subject), 0) + 1

    # ── orders ───────────────────────────────────────────────────────────────────────────────────

    def place(self, order_id: OrderId, number: str, skus: list[Sku], lease_ms: int) -> None:
        """An order comes in by the web and is offered to the store; nobody answers the web while HQ is down."""
        if not self.hq.up:
            return
        now_ms = self.world.clockwork.wall_ms
        lines = tuple(OrderLine(n, sku, sku, Gtin("0" * 14), 2_000) for n, sku in enumerate(skus, start=1))
        order = OrderDoc(
            order_id, number, StoreId("S1"), "WEB", State.NEW, 0, Owner.HQ, "EUR", lines, now_ms, now_ms + lease_ms,
            total_minor=TOTAL_MINOR,
        )  # fmt: skip
        offered = apply(apply(order, Action.ALLOCATE), Action.OFFER)
        if isinstance(self.disk, KeyedHq):
            self.disk.place(offered)
        self._save(offered)

    def cancel(self, order_id: str) -> None:
        """Cancel what HQ still owns; ask the store for what it already works on."""
        order = self.disk.orders.get(order_id)
        if not self.hq.up or order is None or order.state in FINAL or order.cancel_requested:
            return
        self.world.count("orders to be cancelled")
        if isinstance(self.disk, KeyedHq):
            self.disk.cancel(order_id)
        owned = order.owner is Owner.HQ
        if owned:  # the store may be accepting it at this moment
            self.world.odd_orders.add(order_id)
        self._save(apply(order, Action.CANCEL) if owned else replace(order, cancel_requested=True))

    def keep_house(self, lease_ms: int) -> None:
        """Offer again what nobody accepted in time; go on without steps that never came."""
        now_ms = self.world.clockwork.wall_ms
        if isinstance(self.disk, KeyedHq):
            self.disk.keep_house()
        for order in list(self.disk.orders.values()):
            if order.state is State.OFFERED and order.lease_until_ms < now_ms:
                self._save(replace(order, lease_until_ms=now_ms + lease_ms))
        for order_id, steps in self.disk.waiting.items():
            if steps and min(step.since_ms for step in steps) < now_ms - WAIT_FOR_STEP_MS:
                self._settle(order_id, gaps_too=True)

    def _about_order(self, entry: Entry, fact: FulfilmentEvent) -> None:
        if fact.order_id not in self.disk.orders:
            self._case(UNKNOWN, fact.order_id)
            return
        step = Step(entry.id, fact, self.world.clockwork.wall_ms)
        self.disk.waiting.setdefault(fact.order_id, []).append(step)
        self._touched.add(fact.order_id)

    def settle(self) -> None:
        """After all facts of a push were written down: fold those that have their turn."""
        touched, self._touched = sorted(self._touched), set[str]()
        for order_id in touched:
            self._settle(order_id)
        tagged, self._tagged = self._tagged, {}
        for unit in tagged.values():
            self._unit(unit.line)

    def _settle(self, order_id: str, *, gaps_too: bool = False) -> None:
        before = order = self.disk.orders[order_id]
        steps = sorted(self.disk.waiting[order_id], key=lambda step: (step.fact.order_v, step.event_id))
        while steps and (gaps_too or not waits(order, steps[0].fact.order_v)):
            fact = steps.pop(0).fact
            if waits(order, fact.order_v):  # the step before may come yet, and then people are told of it
                self.world.odd_orders.add(order_id)
            found = folded(order, fact)
            if found.exception and self.world.planted is not Planted.DISPUTES_UNSAID:
                self._case(found.exception, order.number)
            forgotten = found.disputed and self.world.planted is Planted.CANCELLED_BEATS_COLLECTED
            order = replace(order, order_v=found.order.order_v) if forgotten else found.order
        self.disk.waiting[order_id] = steps
        if order != before:
            self._save(order)

    def _save(self, order: OrderDoc) -> None:
        self.disk.orders[order.order_id] = order
        self.hq.publish("order", order.order_id, msgspec.json.encode(order))

    # ── value ────────────────────────────────────────────────────────────────────────────────────

    def issue(self, ref: InstrumentId, balance: int, offline_limit: int) -> None:
        """A gift card that was sold by the web."""
        known = Instrument(ref, ValueKind.GIFT_CARD, balance, "EUR", offline_limit=offline_limit, tail=ref[-4:])
        if isinstance(self.disk, KeyedHq):
            self.disk.issue(known)
        self._keep(known)

    def _value(self, entry: Entry, move: ValueMoved) -> None:
        known = self.disk.instruments.get(move.instrument)
        if known is None:
            return
        if move.move_id not in self.disk.moved:
            self.disk.moved[move.move_id] = move.delta
            now = after(known, [move])
            code = wrong_about(known, move, now)
            if code:
                self._case(code, move.instrument)
            known = now
        seen = self.disk.seen.setdefault(move.instrument, {})
        stream = f"{entry.node}/{entry.epoch}"
        seen[stream] = max(entry.seq, seen.get(stream, 0))
        self._keep(known)

    def _keep(self, known: Instrument) -> None:
        self.disk.instruments[known.instrument] = known
        doc = replace(known, seen=dict(self.disk.seen.get(known.instrument, {})))
        self.hq.publish("instrument", known.instrument, msgspec.json.encode(doc))

    # ── goods ────────────────────────────────────────────────────────────────────────────────────

    def _goods(self, sale: SaleCompleted) -> None:
        """A receipt of which more came back than was sold is somebody's case, in whichever order the facts arrive."""
        about: set[tuple[str, int]] = set()
        for line in sale.lines:
            if line.back and line.back.receipt:
                at = line.back.receipt, line.back.n
                self.disk.back[at] = self.disk.back.get(at, 0) + line.qty_milli
                about.add(at)
            else:
                self.disk.sold[sale.receipt, line.n] = line.qty_milli
                about.add((sale.receipt, line.n))
                unit = SoldUnit(sale.receipt, line.n, line)
                for key in unit_keys(line.sku, line.serial, line.epc):
                    self.disk.units.setdefault(key, {})[sale.sale_id, line.n] = unit
                    self._tagged[sale.sale_id, line.n] = unit
        for at in sorted(about):
            if at in self.disk.sold and self.disk.back.get(at, 0) > self.disk.sold[at]:
                self._case(RETURNED_TWICE, f"{at[0]}/{at[1]}")

    def _unit(self, line: SoldLine) -> None:
        """A unit that several customers have: one case, until somebody closes it."""
        of_key = {key: self._left(key) for key in unit_keys(line.sku, line.serial, line.epc)}
        twice = {key: left for key, left in of_key.items() if len(left) > 1}
        sold = [one for left in twice.values() for one in left]
        names = [key for one in sold for key in unit_keys(one.line.sku, one.line.serial, one.line.epc)]
        known = any((code, key) in self.disk.cases for code in UNIT_CASES for key in [*twice, *names])
        if twice and not known and self.world.planted is not Planted.UNIT_TWICE_UNSAID:
            self._case(ALL_THE_SAME if any(one.line.despite for one in sold) else TWICE, next(iter(twice)))

    def _left(self, key: str) -> list[SoldUnit]:
        """The sales of a unit of which it did not come back."""
        return [one for one in self.disk.units[key].values() if (one.receipt, one.n) not in self.disk.back]
