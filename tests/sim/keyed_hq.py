"""Head office on its own keyed SQLite file, with the product's services: what it answers and ends with must be what the
days in memory answer and end with.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sqlalchemy import select
from zstandard import ZstdCompressor

from hq_server.service import fulfilment, ingest, masterdata, orders, stock_moves
from hq_server.service.authority import make_ca
from hq_server.service.contacts import Contacts
from hq_server.service.context import Hq
from hq_server.service.home import HqHome
from hq_server.service.shelves import CLOCK_DOUBT_MS, MINUTE_MS
from hq_server.storage import access, stock, value, work
from hq_server.storage import orders as stored
from hq_server.storage.access import Node
from hq_server.storage.catalogue import PlaceRow
from hq_server.storage.database import Connection, Unit, open_embedded
from hq_server.storage.orders import CustomerOrder, Fulfilment, Sourced
from hq_server.storage.tables import event
from hq_server.storage.value import Kept
from retail_core.domain.cases import CaseKind
from retail_core.domain.counting import Change, Count, CountRules, Place, change_of, shelf
from retail_core.domain.events import StockCounted
from retail_core.domain.fulfilment import OrderDoc
from retail_core.domain.stock import movements_of
from retail_core.domain.value import Instrument
from retail_core.durable.backup import back_up
from retail_core.durable.system import SystemIds
from retail_core.trust.keys import SigningKey
from retail_core.wire.events import decode_event
from retail_core.wire.messages import PushHeader
from tests.sim.clockwork import START_MS, MachineClock
from tests.sim.disks import HqDisk, Imaged
from tests.sim.keyed import KEY, Shelf

if TYPE_CHECKING:
    from tests.sim.world import World

STORE = "S1"
TOLD_ALONE = frozenset({CaseKind.NEGATIVE_STOCK, CaseKind.COUNT_AGAIN, CaseKind.FORKED_STREAM, CaseKind.CLOCK_OFF})
WEB = "WEB"
PLACE = PlaceRow(STORE, "store", "The store of these days", "north", "UTC", "EUR")


class KeyedHq(HqDisk):
    """HQ's disk: the database, and its twin in memory."""

    def __init__(self, world: "World", shelf: Shelf, path: Path | None = None) -> None:
        super().__init__()
        self._world, self._shelf = world, shelf
        self._path = path or shelf.path("hq")
        key = SigningKey.new()
        self._hq = Hq(
            HqHome(shelf.folder), open_embedded(self._path, KEY), MachineClock(world.clockwork), SystemIds(), os.urandom, key,
            key, make_ca(key, START_MS), bytes(32), "g1",
        )  # fmt: skip
        shelf.close.callback(self._hq.database.close)
        self._contacts = Contacts(self._hq)
        if path is None:
            masterdata.put_places(self._hq, [PLACE])
            nodes = [self._node(f"{kind}{n}") for kind in "AT" for n in (1, 2, 3)]
            self._write(lambda unit: access.add_nodes(unit, nodes))

    def take(self, header: PushHeader, data: bytes) -> ingest.Answer:
        """A push, by HQ's own service."""
        pusher = self._node(header.stream.origin_node)
        return ingest.take(self._hq, self._contacts, pusher, header, ZstdCompressor().compress(data)).answer

    def place(self, order: OrderDoc) -> None:
        """An offered order, without the catalogue and the promises that make one."""
        bought = CustomerOrder(
            WEB, order.order_id, order.number, WEB, "", "", "EUR", order.total_minor, True, order.placed_ms,
            order.order_id, b"", "web",
        )  # fmt: skip

        def work(unit: Unit) -> None:
            stored.add_customer_order(unit, bought)
            stored.add_to_directory(unit, bought, STORE)
            made = Fulfilment(order, Sourced(STORE, "the only one"))
            stored.add_fulfilment(unit, made, {line.n: 0 for line in order.lines}, order.placed_ms)

        self._write(work)

    def cancel(self, order_id: str) -> None:
        orders.cancel(self._hq, order_id, "web")

    def issue(self, known: Instrument) -> None:
        self._write(lambda unit: value.put(unit, [Kept(known, {})]))

    def keep_house(self) -> None:
        fulfilment.settle_stuck(self._hq)

    def image(self) -> Self:
        path = self._shelf.path("hq")
        back_up(self._path, KEY, path)
        twin = type(self)(self._world, self._shelf, path)
        for name, content in vars(Imaged.image(self)).items():
            if not name.startswith("_"):
                setattr(twin, name, content)
        return twin

    def differences(self) -> list[str]:
        """What the database has otherwise than the twin."""
        return self._hq.database.read(self._compare)

    def _compare(self, conn: Connection) -> list[str]:
        found: list[str] = [f"stock: {row}" for row in stock_moves.verify(self._hq)]
        ids = set(conn.execute(select(event.c.id).where(event.c.node != "hq")).scalars())
        found += [f"event {one}" for one in ids ^ self.events.keys()]
        for order_id, order in self.orders.items():
            held = stored.fulfilment_of(conn, STORE, order_id)
            if held is None or _shape(held.doc) != _shape(order):
                found.append(f"order {order.number}: {held and _shape(held.doc)} instead of {_shape(order)}")
        for kept in value.every(conn):
            if kept.known.balance != self.instruments[kept.known.instrument].balance:
                found.append(f"card {kept.known.instrument}: {kept.known.balance}")
        return found + self._shelves_apart(conn) + self._cases_apart(conn)

    def _shelves_apart(self, conn: Connection) -> list[str]:
        """Balances that are not what the rule of counting makes of all that arrived, whatever the order was."""
        counts: dict[str, list[Count]] = {}
        changes: dict[str, list[Change]] = {}
        for entry in self.events.values():
            said = decode_event(entry.type, entry.v, entry.body)
            place = Place(f"{entry.node}/{entry.epoch}", entry.seq, entry.at + entry.clock)
            if isinstance(said, StockCounted):
                counts.setdefault(said.sku, []).append(Count(place, said))
            moves = movements_of(said)
            for sku in {move.sku for move in moves}:
                change = change_of(place, [move for move in moves if move.sku == sku])
                changes.setdefault(sku, []).append(change)
        found: list[str] = []
        for sku in {*counts, *changes}:
            doubt_ms = CLOCK_DOUBT_MS + CountRules().basket_minutes * MINUTE_MS
            should = shelf(counts.get(sku, ()), changes.get(sku, ()), doubt_ms)
            (has,) = stock.balances(conn, [sku], STORE)
            if (has.sellable, has.recount) != (should.qty_milli, should.recount):
                found.append(f"shelf {sku}: {has} instead of {should}")
        return found

    def _cases_apart(self, conn: Connection) -> list[str]:
        """Exceptions that only one side has. Stock below zero, forks and odd clocks are told of in the database alone."""
        told: set[tuple[str, str]] = set()
        for case in work.cases(conn, state=None, store=None, limit=10_000):
            if case.kind not in TOLD_ALONE:
                told.add((str(case.evidence["code"]), case.subject.partition(" · ")[0]))
        return [f"exception {one}" for one in sorted(told ^ self.cases.keys())]

    def _node(self, name: str) -> Node:
        role = "till" if name.startswith("T") else "agent"
        return Node(name, STORE, f"T{name[1:]}", role, self._world.key(name).public_text, False, START_MS)

    def _write(self, work: Callable[[Unit], object]) -> None:
        self._hq.database.write(work)


def _shape(order: OrderDoc) -> tuple[object, ...]:
    return order.state, order.order_v, order.cancel_requested, order.shelf, order.lines
