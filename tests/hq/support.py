"""A small chain for HQ's tests: a clock that stands still, machines that keep a signed journal, goods on shelves."""

import os
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

from hq_server.service import masterdata, stock_moves, taxes
from hq_server.service.access import Caller
from hq_server.service.authority import make_ca
from hq_server.service.contacts import Contacts
from hq_server.service.context import Hq
from hq_server.service.home import HqHome
from hq_server.service.taxes import TaxChange
from hq_server.storage import access
from hq_server.storage.access import Node
from hq_server.storage.catalogue import PlaceRow
from hq_server.storage.database import Database
from retail_core.domain.businessdate import business_date
from retail_core.domain.events import (
    Event,
    FulfilmentEvent,
    FulfilmentFact,
    SaleCompleted,
    SoldLine,
    StockMoved,
    StockMovedLine,
)
from retail_core.domain.fulfilment import MovedLine
from retail_core.domain.ids import OrderId, SaleId, Sku
from retail_core.domain.returns import Condition, ReturnOf, ReturnReason
from retail_core.domain.roles import Role
from retail_core.domain.stock import StockState
from retail_core.domain.tax import TaxPart
from retail_core.domain.tender import Tender, TenderKind
from retail_core.durable.reference import ItemDoc
from retail_core.durable.system import SystemIds
from retail_core.trust.keys import SigningKey
from retail_core.wire.batch import encode_batch
from retail_core.wire.envelope import GENESIS, Draft, Head, Private, StreamEntry, StreamId, place, seal_entry
from retail_core.wire.events import encode_event
from retail_core.wire.messages import PushHeader

NOON_MS = 1_795_435_200_000  # 2026-11-23 12:00 UTC
STORE, OTHER_STORE = "S0319", "S0324"
DAY = "2026-11-23"


class FrozenClock:
    """Time moves only when a test says so."""

    def __init__(self, at_ms: int = NOON_MS) -> None:
        self.at_ms = at_ms

    def now_ms(self) -> int:
        return self.at_ms

    def monotonic_ms(self) -> int:
        return self.at_ms

    def running_since(self) -> str:
        return "frozen"

    def later(self, ms: int) -> None:
        self.at_ms += ms


@dataclass
class Shop:
    """HQ's services on one database, with the two stores, three items and prices every test knows."""

    hq: Hq
    clock: FrozenClock
    contacts: Contacts


def open_shop(database: Database, folder: Path) -> Shop:
    clock = FrozenClock()
    home = HqHome(folder)
    home.keys.device_secret(create=True)
    ca_key = SigningKey.new()
    hq = Hq(
        home, database, clock, SystemIds(), os.urandom, SigningKey.new(), ca_key, make_ca(ca_key, NOON_MS),
        os.urandom(32), "g1",
    )  # fmt: skip
    stock_the_shelves(hq)
    return Shop(hq, clock, Contacts(hq))


def stock_the_shelves(hq: Hq) -> None:
    """Two stores of one zone, a tax class, three items with prices; nothing in stock yet."""
    masterdata.put_places(
        hq,
        [
            PlaceRow(STORE, "store", "319 Midtown", "north", "UTC", "EUR"),
            PlaceRow(OTHER_STORE, "store", "324 Harbour", "north", "UTC", "EUR"),
        ],
    )
    taxes.put_taxes(hq, [TaxChange("std", "Standard", 210_000)])
    items = [
        ItemDoc(Sku("THROW"), "Wool throw, grey", "home", "std", ("4006381333931",), popularity=9),  # type: ignore[arg-type]
        ItemDoc(Sku("LAMP"), "Reading lamp", "home", "std", (), popularity=5),
        ItemDoc(Sku("CHEESE"), "Old cheese", "food", "std", (), unit="kg", popularity=7),
    ]
    masterdata.put_products(hq, items)
    prices = [("THROW", 2999), ("LAMP", 4950), ("CHEESE", 1890)]
    masterdata.put_prices(hq, [masterdata.PriceIn("north", sku, minor, "EUR") for sku, minor in prices])


def put_stock(hq: Hq, store: str, **pieces: int) -> None:
    """Opening stock in whole pieces."""
    moved = StockMoved(
        tuple(
            StockMovedLine(Sku(sku), count * 1000, StockState.SUPPLIER, StockState.SELLABLE)
            for sku, count in pieces.items()
        ),
        "opening",
    )
    stock_moves.book(hq, store, moved, "test")


def sale(receipt: str, *lines: tuple[str, int, int], sale_id: str = "") -> SaleCompleted:
    """A cash sale of (sku, pieces, unit price)."""
    sold = tuple(
        SoldLine(n, Sku(sku), count * 1000, unit, unit * count, "std", 0)
        for n, (sku, count, unit) in enumerate(lines, start=1)
    )
    total = sum(line.amount_minor for line in sold)
    return SaleCompleted(
        SaleId(sale_id or f"sale-{receipt}"), receipt, "EUR", sold, (TaxPart("std", 210_000, True, total, 0),),
        (Tender(TenderKind.CASH, total, total),), total,
    )  # fmt: skip


def returned(receipt: str, of_receipt: str, *lines: tuple[int, str, int, int, str]) -> SaleCompleted:
    """Goods given back for cash: (line of the old receipt, sku, pieces, unit price, "sellable" or "damaged")."""
    back = tuple(
        SoldLine(
            at, Sku(sku), count * 1000, unit, -unit * count, "std", 0,
            back=ReturnOf(ReturnReason.UNWANTED, Condition(goods), of_receipt, n),
        )
        for at, (n, sku, count, unit, goods) in enumerate(lines, start=1)
    )  # fmt: skip
    total = sum(line.amount_minor for line in back)
    return SaleCompleted(
        SaleId(f"sale-{receipt}"), receipt, "EUR", back, (TaxPart("std", 210_000, True, total, 0),),
        (Tender(TenderKind.CASH, total, total),), total,
    )  # fmt: skip


def step(
    what: str, order_id: str, order_v: int, *lines: tuple[int, str, int], shelf: str = "", reason: str = ""
) -> FulfilmentEvent:
    """A fact about an order with (line, sku, pieces)."""
    return FulfilmentEvent(
        FulfilmentFact(what), OrderId(order_id), order_v,
        tuple(MovedLine(n, Sku(sku), count * 1000) for n, sku, count in lines), shelf, reason,
    )  # fmt: skip


@dataclass
class Machine:
    """A node that keeps a journal and pushes it."""

    node: Node
    key: SigningKey
    epoch: str = "epoch-1"
    entries: list[StreamEntry] = field(default_factory=list)
    head: Head = field(default_factory=Head)
    prev: bytes = GENESIS
    prefix: str = ""

    @property
    def stream(self) -> StreamId:
        return StreamId(self.node.node_id, self.epoch)

    def says(self, *events: Event, at_ms: int = NOON_MS - 2_000) -> "Machine":
        """Append events to the journal."""
        for event in events:
            self.says_raw(*encode_event(event), at_ms=at_ms, biz_date=business_date(at_ms, UTC))
        return self

    def says_raw(
        self,
        type_: str,
        version: int,
        body: bytes,
        *,
        id_: str = "",
        at_ms: int = NOON_MS - 2_000,
        biz_date: str = DAY,
        private: Private | None = None,
    ) -> None:
        seq = self.head.seq + 1
        draft = Draft(
            id_ or f"{self.prefix}{self.node.node_id}-{self.epoch}-{seq}", self.node.node_id, self.epoch, type_,
            version, at_ms, biz_date, "op-1", body, private=private,
        )  # fmt: skip
        entry = seal_entry(draft, seq, self.prev, self.key.sign)
        placed = place(entry, self.head)
        self.entries.append(placed)
        self.head, self.prev = Head(placed.seq, placed.chain_hash), entry.entry_hash

    def batch(self, after: int = 0, upto: int | None = None) -> tuple[PushHeader, bytes]:
        """A push of the entries above `after`."""
        chosen = [placed for placed in self.entries if placed.seq > after and (upto is None or placed.seq <= upto)]
        before = next((placed.chain_hash for placed in self.entries if placed.seq == after), GENESIS)
        header = PushHeader(self.node.node_id, self.epoch, after, before, NOON_MS)
        return header, encode_batch(self.stream, chosen)


def enrolled(hq: Hq, node_id: str, store: str = STORE, role: str = "till", register: str = "T1") -> Machine:
    """A machine HQ knows."""
    key = SigningKey.new()
    node = Node(node_id, store, register, role, key.public_text, False, NOON_MS)
    hq.database.write(lambda unit: access.add_nodes(unit, [node]))
    return Machine(node, key)


def as_caller(role: Role) -> Caller:
    return Caller("somebody", role)
