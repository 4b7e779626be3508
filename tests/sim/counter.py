"""What staff do at one till beside selling: work on orders, put baskets aside, keep the drawer, take cards,
take goods back, count shelves.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pos_app.service.instruments import FRESH_MS
from pos_app.storage.orders import newest
from retail_core.domain.claims import ClaimAnswer, ClaimKind, Granted, Refused, Thing
from retail_core.domain.drawer import MoveKind, SessionTotals
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import (
    ACTION_OF,
    BasketRecalled,
    BasketSuspended,
    DrawerClosed,
    DrawerCounted,
    DrawerMoved,
    DrawerOpened,
    FulfilmentEvent,
    FulfilmentFact,
    SaleCompleted,
    SoldLine,
    StockCounted,
)
from retail_core.domain.fulfilment import MovedLine, OrderDoc, State, apply, check_ready
from retail_core.domain.ids import InstrumentId, OperatorId, SaleId, Sku
from retail_core.domain.returns import Condition, ReturnOf, ReturnReason
from retail_core.domain.saledata import SaleData, SaleState
from retail_core.domain.shared import BackPart, SharedBasket, SharedKind, SharedReturns, SharedValue
from retail_core.domain.tagged import unit_keys
from retail_core.domain.tender import Tender, TenderKind
from retail_core.domain.value import OwnMove, ValueFact, ValueKind, ValueMoved, check_amount, check_usable, spendable
from retail_core.wire.envelope import Entry
from tests.sim.faults import Planted

if TYPE_CHECKING:
    from tests.sim.till import Till

COUNT_WAIT_MS = 1_000
"""So long a count waits for the other tills to say where they stand."""
PIECE_MILLI = 1_000
UNIT_MINOR = 100


class Counter:
    def __init__(self, till: "Till") -> None:
        self.till, self.world = till, till.world

    # ── orders ───────────────────────────────────────────────────────────────────────────────────

    def order(self, order_id: str) -> OrderDoc | None:
        """HQ's newest copy, what the store's tills did, and what this one did."""
        link, here = self.till.agent.disk, self.till.disk.here.get(order_id)
        shared = link.shown.rows.get((SharedKind.ORDER, order_id))
        told = newest(link.orders.get(order_id), shared if isinstance(shared, OrderDoc) else None)
        if self.world.planted is Planted.STALE_ORDER_WINS and told:
            return told
        return newest(told, here)

    def work_on(self, order_id: str) -> None:
        """The next thing to do about an order on the way to the customer."""
        order = self.order(order_id) if self.till.up else None
        if order is None:
            return
        left = next((line for line in order.lines if line.left_milli), None)
        picked = tuple(MovedLine(line.n, line.sku, line.picked_milli) for line in order.lines if line.picked_milli)
        if order.cancel_requested and order.state in {State.PICKING, State.READY}:
            self._step(order, FulfilmentFact.CANCEL_CONFIRMED, picked)
        elif order.state is State.ACCEPTED:
            rare = self.world.chance.random() < 0.03
            self._step(order, FulfilmentFact.REJECTED if rare else FulfilmentFact.PICK_STARTED)
        elif order.state is State.PICKING and left:
            what = FulfilmentFact.PICKED if self.world.chance.random() < 0.95 else FulfilmentFact.SHORT
            self._step(order, what, (MovedLine(left.n, left.sku, PIECE_MILLI),))
        elif order.state is State.PICKING and not order.shelf:
            self._step(order, FulfilmentFact.STAGED, shelf="A1")
        elif order.state is State.PICKING and picked:
            check_ready(order)
            self._step(order, FulfilmentFact.READY)

    def hand_over(self, order_id: str) -> None:
        """A customer with the pass stands here."""

        def answered(answer: ClaimAnswer) -> None:
            order = self.order(order_id)
            if isinstance(answer, Refused) or order is None:
                self.world.count("hand-overs refused")
                return
            picked = tuple(MovedLine(line.n, line.sku, line.picked_milli) for line in order.lines if line.picked_milli)
            entry = self._step(order, FulfilmentFact.COLLECTED, picked)
            claim = ClaimKind.PICKUP_ORDER, order_id
            self.world.checks.done(self.till, claim, f"hand-over of {order_id}", entry, answer)

        if self.till.up and self.order(order_id) is not None:
            self.till.claim(ClaimKind.PICKUP_ORDER, order_id, answered)

    def _step(
        self, order: OrderDoc, fact: FulfilmentFact, lines: tuple[MovedLine, ...] = (), shelf: str = ""
    ) -> Entry | None:
        try:
            after = apply(order, ACTION_OF[fact], lines, shelf=shelf)
        except RuleViolationError:
            self.world.count("steps refused")
            return None
        self.till.disk.here[order.order_id] = after
        self.world.count(f"orders {fact.value}")
        self.world.clockwork.note(f"{self.till.name} order {order.number} {fact.value} {after.order_v}")
        reason = "not_in_stock" if fact is FulfilmentFact.SHORT else ""
        return self.till.write(FulfilmentEvent(fact, order.order_id, after.order_v, lines, shelf, reason))

    # ── baskets ──────────────────────────────────────────────────────────────────────────────────

    def put_aside(self) -> None:
        """A customer forgot the purse."""
        if not self.till.up:
            return
        sale_id, now_ms = SaleId(self.world.next_id(self.till.clock)), self.till.clock.now_ms()
        data = SaleData(sale_id, OperatorId("op"), "EUR", now_ms, "", SaleState.OPEN, ())
        self.till.disk.parked[sale_id] = now_ms
        self.world.count("baskets put aside")
        self.till.write(BasketSuspended(sale_id, now_ms, 1, UNIT_MINOR, "Milk", data))

    def take_up(self) -> None:
        """The customer is back, at whichever till is free: any basket that this till knows of."""
        link, mine = self.till.agent.disk.shown.rows, self.till.disk.parked
        told = [one for (kind, _), one in sorted(link.items()) if kind is SharedKind.BASKET]
        baskets = [one for one in told if isinstance(one, SharedBasket)]
        for one in baskets:
            if one.taken_by not in {"", self.till.name} and mine.get(one.sale_id) == one.put_ms:
                del mine[one.sale_id]
        mine_now = self.till.disk.taken_up
        others = [one for one in baskets if one.basket and one.node != self.till.name]
        theirs = {str(one.sale_id): one for one in others if (one.sale_id, one.put_ms) not in mine_now}
        known = sorted({*theirs, *mine})
        if not self.till.up or not known:
            return
        sale_id = self.world.chance.choice(known)

        def answered(answer: ClaimAnswer) -> None:
            other = theirs.get(sale_id)
            if other and (other.sale_id, other.put_ms) in mine_now:
                return  # this till was asked twice at once, and is one
            if isinstance(answer, Refused) or (other and not isinstance(answer, Granted)):
                self.world.count("baskets left where they are")
                return
            put_ms = other.put_ms if other else mine.pop(sale_id, None)
            if put_ms is not None:
                as_sale = SaleId(self.world.next_id(self.till.clock)) if other else SaleId(sale_id)
                self.world.count("baskets taken up")
                if other:
                    mine_now[sale_id, put_ms] = as_sale
                entry = self.till.write(BasketRecalled(SaleId(sale_id), put_ms, as_sale))
                claim = ClaimKind.SUSPENDED_SALE, sale_id
                self.world.checks.done(self.till, claim, f"basket {sale_id} of {put_ms}", entry, answer)

        self.till.claim(ClaimKind.SUSPENDED_SALE, sale_id, answered)

    # ── the drawer ───────────────────────────────────────────────────────────────────────────────

    def keep_drawer(self) -> None:
        """The next thing done with the drawer: opened, then money taken out or counted, and closed in the end."""
        disk, here = self.till.disk, f"S1-{self.till.name}"
        if not self.till.up:
            return
        self.world.count("drawers kept")
        if not disk.drawer:
            disk.drawer = self.world.next_id(self.till.clock)
            self.till.write(DrawerOpened(disk.drawer, here, "EUR", 100 * UNIT_MINOR))
            return
        session, what = disk.drawer, self.world.chance.choice(("drop", "drop", "count", "close"))
        if what == "drop":
            self.till.write(DrawerMoved(session, here, MoveKind.DROP, UNIT_MINOR, "to_safe"))
        elif what == "count":
            self.till.write(DrawerCounted(session, here, 1, 99 * UNIT_MINOR, 100 * UNIT_MINOR))
        else:
            disk.drawer = ""
            self.till.write(
                DrawerClosed(
                    session, here, disk.epochs_series[-1], 1, "EUR", self.till.clock.now_ms(), "op", 100 * UNIT_MINOR,
                    99 * UNIT_MINOR, 100 * UNIT_MINOR, SessionTotals(),
                )
            )  # fmt: skip

    # ── value ────────────────────────────────────────────────────────────────────────────────────

    def spend(self, ref: InstrumentId, amount: int) -> None:
        """Somebody pays with a gift card."""

        def answered(answer: ClaimAnswer) -> None:
            if isinstance(answer, Refused):
                self.world.count("cards in use elsewhere")
                return
            self._redeem(ref, amount, answer)

        if self.till.up:
            self.till.claim(ClaimKind.GIFT_CARD, ref, answered)

    def _redeem(self, ref: InstrumentId, amount: int, answer: ClaimAnswer) -> None:
        known, own = self.till.agent.disk.instruments.get(ref), self.till.disk.moves.setdefault(ref, [])
        shared = self.till.agent.disk.shown.rows.get((SharedKind.VALUE, ref))
        others = shared.moves if isinstance(shared, SharedValue) else ()
        if self.world.planted is Planted.OTHERS_MOVES_IGNORED:
            others = ()
        fresh = 0 <= self.till.clock.now_ms() - self.till.agent.downlink.contact_ms <= FRESH_MS
        left = spendable(known, dict.fromkeys([*own, *others]), fresh=fresh)
        try:
            if known is None:
                raise RuleViolationError("value.unknown")
            check_usable(known, "EUR", "2026-01-01")
            check_amount(amount, left, known.tail, known.currency, known.kind)
        except RuleViolationError:
            self.world.count("cards refused")
            self._nothing_came((ClaimKind.GIFT_CARD, ref))
            return
        move_id = self.world.next_id(self.till.clock)
        move = ValueMoved(ValueFact.REDEEMED, move_id, ref, ValueKind.GIFT_CARD, amount, "EUR")
        self.world.count("cards taken")
        self.world.clockwork.note(f"{self.till.name} takes {amount} of {ref}, {left.amount} left, {answer}")
        entry = self.till.write(move)
        own.append(OwnMove(f"{entry.node}/{entry.epoch}", entry.seq, move.delta))
        self.world.checks.spent(self.till, ref, entry, amount, answer)

    # ── goods that come back ─────────────────────────────────────────────────────────────────────

    def take_back(self, receipt: str, sold: SoldLine) -> None:
        """Somebody brings all of a line back. Each till knows what it took back itself and what the store told it."""

        def answered(answer: ClaimAnswer) -> None:
            shared = self.till.agent.disk.shown.rows.get((SharedKind.RETURNS, receipt))
            told = shared.parts if isinstance(shared, SharedReturns) else ()
            mine = self.till.disk.back.setdefault(receipt, [])
            if isinstance(answer, Refused) or any(part.n == sold.n for part in (*told, *mine)):
                self.world.count("returns refused")
                self._nothing_came((ClaimKind.RECEIPT_REFUND, receipt))
                return
            own = self.till.next_receipt()
            mine.append(BackPart(self.till.name, own, sold.n, sold.qty_milli, sold.amount_minor))
            back = ReturnOf(ReturnReason.UNWANTED, Condition.SELLABLE, receipt, sold.n)
            line = replace(sold, n=1, amount_minor=-sold.amount_minor, back=back)
            total = line.amount_minor
            sale_id = SaleId(self.world.next_id(self.till.clock))
            cash = (Tender(TenderKind.CASH, total, total),)
            self.world.count("goods taken back")
            entry = self.till.write(SaleCompleted(sale_id, own, "EUR", (line,), (), cash, total))
            for key in unit_keys(sold.sku, sold.serial, sold.epc):
                self.world.checks.claims.came_back(key, receipt, entry)
            if len(self.world.truth.receipts[receipt]) == 1:
                claim = ClaimKind.RECEIPT_REFUND, receipt
                self.world.checks.done(self.till, claim, f"return of {receipt}/{sold.n}", entry, answer)

        if self.till.up:
            self.till.claim(ClaimKind.RECEIPT_REFUND, receipt, answered)

    def _nothing_came(self, thing: Thing) -> None:
        """What was claimed is not needed: others may have it."""
        self.till.give_back([thing])
        self.world.checks.claims.came_to_nothing(self.till.agent.name, [thing])

    # ── counting ─────────────────────────────────────────────────────────────────────────────────

    def count(self, sku: Sku) -> None:
        """Somebody counts a shelf while all tills go on; each till that answers in time says where it stands."""
        till, world, start = self.till, self.world, self.till.starts
        if not till.up:
            return
        count_id = world.next_id(till.clock)
        at_ms = till.clock.now_ms() + till.agent.offset_ms
        qty_milli = world.truth.count(count_id, sku, at_ms)
        cut = {f"{till.name}/{till.stream.epoch}": till.disk.origin.seq}

        def ask(other: "Till") -> None:
            def arrived() -> None:
                if other.up and other.agent.up:
                    stands = f"{other.name}/{other.stream.epoch}", other.disk.origin.seq
                    world.line.carry(other.agent.name, till.agent.name, lambda: cut.update([stands]))

            world.line.carry(till.agent.name, other.agent.name, arrived)

        for other in world.tills:
            if other is not till:
                ask(other)

        def written() -> None:
            if till.up and till.starts == start:
                world.count("shelves counted")
                world.clockwork.note(f"{till.name} counted {qty_milli} of {sku}, heard {len(cut) - 1}")
                world.truth.counts[count_id].heard = frozenset(cut)
                heard = {} if world.planted is Planted.CUT_FORGOTTEN else dict(cut)
                till.write(StockCounted(sku, qty_milli, count_id, at_ms, heard))

        world.clockwork.after(COUNT_WAIT_MS, written)
