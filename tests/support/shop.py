"""A small shop on disk: the folder of one machine with real files, as the agent would have filled them.

`shop_home(folder)` makes keys, till.toml, ref.db and link.db with a few items, staff and settings, and one pickup
order; tests of the till open it with `open_till`. Nothing in it is a stand-in: files are keyed, orders are hashed.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

import msgspec

from pos_app.service.outcome import PaidSale
from pos_app.till import Till
from retail_core.domain.clock import Clock
from retail_core.domain.fulfilment import OrderDoc, OrderLine, Owner, State
from retail_core.domain.gtin import check_digit
from retail_core.domain.ids import Gtin, OperatorId, OrderId, Sku, StoreId
from retail_core.domain.roles import Role
from retail_core.domain.sale import Sale
from retail_core.domain.shared import Shared, key_of
from retail_core.durable import link, reference, shared
from retail_core.durable.engine import open_rw, transaction
from retail_core.durable.home import Home, MachineConfig
from retail_core.durable.system import SystemClock, SystemIds
from retail_core.trust.keys import SigningKey
from retail_core.trust.pickup import code_hash, issue_pass
from retail_core.trust.pins import badge_hash, badge_secret, pin_hash
from retail_core.trust.receipts import certify
from retail_core.wire.messages import FeedRow, SharedPage, SharedRow

STORE = "S0319"
ZONE = "north"
PIN = "1234"
MANAGER_PIN = "9876"
BADGE, MANAGER_BADGE = "OTB:ANA0-7QK2-M9XD-41", "OTB:SAM0-8WL3-N0YE-52"
CODE = "7QK2M9XD"
WAIT_S = 40.0
SALT = bytes(range(16))


def gtin13(n: int) -> str:
    """The 13-digit bar code of test item `n`."""
    body = f"952{n:09d}"
    return body + check_digit(body)


@dataclass(frozen=True)
class ShopItem:
    sku: str
    name: str
    price_minor: int
    tax_class: str = "food"
    unit: str = "each"

    @property
    def code(self) -> str:
        return gtin13(int(self.sku))


ITEMS = (
    ShopItem("1001", "Whole milk 1 L", 119),
    ShopItem("1002", "Chicken breast fillets 400 g", 649),
    ShopItem("1003", "Sparkling water 1.5 L", 89),
    ShopItem("1004", "Filter coffee 500 g", 599),
    ShopItem("1005", "Crème fraîche 200 g", 145),
    ShopItem("4011", "Bananas, loose", 199, unit="kg"),
    ShopItem("2001", "Wool throw, grey", 3990, "general"),
    ShopItem("2002", "Candle, cedar", 1250, "general"),
)
TAXES = (
    reference.TaxDoc("food", "VAT 9 %", 90_000),
    reference.TaxDoc("general", "VAT 21 %", 210_000),
)


@dataclass
class ManualClock:
    """A clock that tests move by hand."""

    wall_ms: int = 1_764_000_000_000
    mono_ms: int = 1_000
    start: str = "start-1"

    def now_ms(self) -> int:
        return self.wall_ms

    def monotonic_ms(self) -> int:
        return self.mono_ms

    def running_since(self) -> str:
        return self.start

    def pass_ms(self, passed_ms: int) -> None:
        self.wall_ms += passed_ms
        self.mono_ms += passed_ms


@dataclass
class Shop:
    """The folder and what a test needs to know about it."""

    home: Home
    hq_key: SigningKey
    config: MachineConfig
    order: OrderDoc = field(init=False)

    def pass_for(self, order_id: str, until_ms: int = 1 << 50) -> str:
        return issue_pass(self.hq_key, order_id, STORE, until_ms)

    def put_rows(self, *rows: FeedRow) -> None:
        """What the agent would do with rows of the store's scope."""
        conn = open_rw(self.home.link_db, self.home.keys.file_key("link.db"))
        with transaction(conn):
            for row in rows:
                link.apply_store_row(conn, row, self.home.keys.device_secret())
        conn.close()

    def tell(self, *told: Shared) -> None:
        """What the store role says arrives in link.db."""
        rows = [(*key_of(one), one) for one in told]
        page = [SharedRow(kind.value, key, 1, msgspec.Raw(msgspec.json.encode(one))) for kind, key, one in rows]
        conn = open_rw(self.home.link_db, self.home.keys.file_key("link.db"))
        with transaction(conn):
            shared.put_page(conn, SharedPage("m1", 1, tuple(page)))
        conn.close()

    def set_rules(self, **groups: object) -> None:
        """Groups of settings arriving from HQ."""
        flat = {"store": STORE, "name": "Store 319", "currency": "EUR", "zone": ZONE, "tz": "Europe/Berlin"}
        self.put_rows(row("settings", "store", flat | groups))

    def more(self, sku: str, more: reference.ItemMore) -> None:
        """HQ says more of an item: what it asks for, its deposit, or that it is one."""
        conn = open_rw(self.home.reference("ref-1.db"), self.home.keys.file_key("ref-1.db"))
        with transaction(conn):
            conn.execute("UPDATE item SET more = ? WHERE sku = ?", (reference.more_text(more), sku))
        conn.close()

    def reprice(self, sku: str, price_minor: int, rev: int, from_ms: int = 0) -> None:
        """A price change arriving from HQ."""
        conn = open_rw(self.home.reference("ref-1.db"), self.home.keys.file_key("ref-1.db"))
        with transaction(conn):
            reference.put_price(conn, rev, reference.PriceDoc(Sku(sku), price_minor, "EUR", from_ms, f"b{rev}"))
            reference.set_cursor(conn, f"price:{ZONE}", rev, "g1")
        conn.close()


def row(kind: str, key: str, doc: object, rev: int = 1) -> FeedRow:
    return FeedRow(rev, kind, key, "put", 1, msgspec.Raw(msgspec.json.encode(doc)))


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def make_shop(folder: Path, register: str = "T1", items: tuple[ShopItem, ...] = ITEMS) -> Shop:
    """A machine's folder as it is after enrolment and the first snapshot."""
    folder.mkdir(parents=True, exist_ok=True)
    home, hq_key = Home(folder), SigningKey.new()
    home.keys.device_secret(create=True)
    home.keys.signing_key("till", create=True)
    config = MachineConfig(
        store=STORE, store_name="Store 319", register=register, role="till", zone=ZONE, timezone="Europe/Berlin",
        currency="EUR", till_node=f"node-{register}", agent_node=f"agent-{register}", series=tuple("ABCDEFGHJK"),
        hq_url="https://127.0.0.1:9", ca_sha256="00" * 32, feed_public_key=hq_key.public_text,
        till_wake_port=free_port(), agent_wake_port=free_port(),
    )  # fmt: skip
    home.write_config(config)
    shop = Shop(home, hq_key, config)
    _fill_reference(home, items)
    _fill_link(shop)
    return shop


def _fill_reference(home: Home, items: tuple[ShopItem, ...]) -> None:
    path = home.reference("ref-1.db")
    conn = open_rw(path, home.keys.file_key(path.name, create=True))
    reference.prepare_reference(conn, path)
    with transaction(conn):
        for tax in TAXES:
            reference.put_tax(conn, tax)
        reference.load_items(
            conn,
            (
                reference.ItemDoc(
                    Sku(item.sku), item.name, "Grocery", item.tax_class, (Gtin(item.code.zfill(14)),), unit=item.unit
                )
                for item in items
            ),
        )
        for item in items:
            reference.put_price(conn, 1, reference.PriceDoc(Sku(item.sku), item.price_minor, "EUR", 0, "b1"))
        reference.set_cursor(conn, f"price:{ZONE}", 1, "g1")
        reference.set_cursor(conn, "catalogue", 1, "g1")
    conn.close()


def _fill_link(shop: Shop) -> None:
    home = shop.home
    conn = open_rw(home.link_db, home.keys.file_key("link.db", create=True))
    link.prepare_link(conn, home.link_db)
    with transaction(conn):
        link.name_reference(conn, "ref-1.db")
    conn.close()
    shop.order = pickup_order("O-1", "W-10477", (("1004", 2000), ("2001", 1000)))
    settings = link.SettingsDoc(
        STORE, "Store 319", "EUR", ZONE, "Europe/Berlin", ("omnitill demo shop", "Main Street 1"), ("Thank you!",)
    )
    shop.put_rows(
        row("staff", "op-1", staff("op-1", "Ana M.", Role.CASHIER, PIN, BADGE)),
        row("staff", "op-2", staff("op-2", "Sam K.", Role.MANAGER, MANAGER_PIN, MANAGER_BADGE)),
        row("settings", "store", settings),
        row("node", shop.config.till_node, till_node(shop)),
        row("order", shop.order.order_id, shop.order),
        *(row("quick_key", f"Quick/{n}", link.QuickKeyDoc("Quick", n, i.sku, i.name)) for n, i in enumerate(ITEMS)),
    )


def till_node(shop: Shop) -> link.NodeDoc:
    """This till as HQ publishes it, its receipts certified."""
    public, register = shop.home.keys.signing_key("till").public_text, f"{STORE}-{shop.config.register}"
    return link.NodeDoc(
        shop.config.till_node, shop.config.register, "till", public, False, certify(shop.hq_key, register, public)
    )


def staff(operator_id: str, name: str, role: Role, pin: str, badge: str = "") -> link.StaffDoc:
    hashed = badge_hash(badge_secret(badge)).hex() if badge else ""
    return link.StaffDoc(OperatorId(operator_id), name, role, SALT.hex(), _head_office_hash(pin), badge_hash=hashed)


@cache
def _head_office_hash(pin: str) -> str:
    """Made once per PIN, not once per shop: slow by design, and the till hashes for itself at each sign-in."""
    return pin_hash(pin, SALT).hex()


def pickup_order(order_id: str, number: str, wanted: tuple[tuple[str, int], ...]) -> OrderDoc:
    """An accepted order, waiting to be picked."""
    by_sku = {item.sku: item for item in ITEMS}
    lines = tuple(
        OrderLine(n, Sku(sku), by_sku[sku].name, Gtin(by_sku[sku].code.zfill(14)), qty_milli, place="Aisle 4 · bay 2")
        for n, (sku, qty_milli) in enumerate(wanted, start=1)
    )
    return OrderDoc(
        OrderId(order_id), number, StoreId(STORE), "web", State.ACCEPTED, 3, Owner.STORE, "EUR", lines,
        customer_name="Lena Fischer", code_salt="s1", code_hash=code_hash("s1", CODE), code_tail=CODE[-2:],
    )  # fmt: skip


class Hand:
    """Brings answers of the till's threads back to the test's thread, as the screen does."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def deliver(self, call: Callable[[], None]) -> None:
        self._calls.put(call)

    def until(self, true: Callable[[], object], wait_s: float = WAIT_S) -> None:
        """Run delivered calls until `true()`; fails after `wait_s`."""
        end = monotonic() + wait_s
        while not true():
            left = end - monotonic()
            assert left > 0, "the till did not answer in time"
            try:
                self._calls.get(timeout=min(left, 0.05))()
            except Empty:
                continue


@dataclass
class AtTill:
    """A cashier at an open till, in shop words."""

    shop: Shop
    till: Till
    hand: Hand

    def sign_in(self, pin: str = PIN) -> "AtTill":
        self.done(lambda done, failed: self.till.signing_in.sign_in(pin, done, failed))
        self.till.signed_in(self.till.signing_in.operator)
        return self

    @property
    def sale(self) -> Sale:
        """The open basket, which must be there."""
        assert self.till.selling.sale is not None
        return self.till.selling.sale

    def scan(self, *codes: str) -> "AtTill":
        for code in codes:
            self.till.selling.scan(code)
        return self

    def pay_cash(self, given_minor: int) -> PaidSale:
        return self.done(lambda done, failed: self.till.paying.pay_cash(given_minor, done, failed))

    def done(self, ask: Callable[[Callable[[Any], None], Callable[[Exception], None]], None]) -> Any:
        """Ask for something and wait; returns the answer or raises the refusal."""
        answers: list[Any] = []
        refusals: list[Exception] = []
        ask(answers.append, refusals.append)
        self.hand.until(lambda: bool(answers or refusals))
        if refusals:
            raise refusals[0]
        return answers[0]


@contextmanager
def at_till(shop: Shop, clock: Clock | None = None) -> Iterator[AtTill]:
    """An open till without a screen; closed at the end."""
    hand = Hand()
    till = Till.open(shop.home, clock or SystemClock(), SystemIds(), hand.deliver)
    try:
        yield AtTill(shop, till, hand)
    finally:
        till.close()
