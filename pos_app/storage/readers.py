"""The till's read-only view of what the agent brings, and of its own orders: one connection set per thread.

The reference file may be replaced while selling goes on: `refresh()` opens the new one by the name link.db gives and
closes the old. Until the agent has brought anything, questions answer "nothing known".
"""

from collections.abc import Mapping, Sequence
from weakref import WeakSet

import msgspec

from pos_app.storage.book import Book, NoPrices
from pos_app.storage.link_file import LinkFile
from retail_core.domain.bought import Bought
from retail_core.domain.claims import ClaimAnswer
from retail_core.domain.customers import Customer, Wanted
from retail_core.domain.departments import Department
from retail_core.domain.errors import EnvironmentFault
from retail_core.domain.fulfilment import OrderDoc
from retail_core.domain.ids import CustomerId, Gtin, InstrumentId
from retail_core.domain.shared import SharedBasket, SharedReturns, SharedValue
from retail_core.domain.shared_drawer import SharedDrawer
from retail_core.domain.suggestions import OftenWith
from retail_core.domain.tax import TaxRate
from retail_core.domain.value import Instrument
from retail_core.durable import advice, customers, link, recovery, reference, shared
from retail_core.durable.engine import Connection, faults, open_ro
from retail_core.durable.home import Home
from retail_core.durable.locks import read_locks
from retail_core.durable.receipts import ReceiptAnswer, receipt_answer
from retail_core.durable.reference import ItemHit, ItemRow, PinnedBook
from retail_core.durable.start import StartAnswer, start_answer
from retail_core.durable.taxes import TaxTable, names_of_rates
from retail_core.durable.unit_answers import UnitAnswer, unit_answer
from retail_core.trust.locks import TillLock
from retail_core.wire.envelope import Head, StreamId

COUNT_UP_TO = 1_000
CATALOGUE_CACHE_KIB = 32 * 1024
PAGE = 50


class SearchPage(msgspec.Struct, frozen=True):
    """One page of a text search. `count` is exact below the bound and "at least" when `more_than_counted`."""

    text: str
    hits: Sequence[ItemHit]
    count: int
    more_than_counted: bool


class Reference:
    """ref.db, whichever file is current."""

    def __init__(self, home: Home, zone: str, links: "Links") -> None:
        self._home = home
        self._zone = zone
        self._links = links
        self._name: str | None = None
        self._conn: Connection | None = None
        self._taxes: TaxTable | None = None
        self._books = WeakSet[Book]()
        self._before: list[Connection] = []
        self.refresh()

    def refresh(self) -> bool:
        """Switch to the reference file link.db names; True when it changed. A file that cannot be read is not taken."""
        if self._taxes:
            self._taxes.clear()
        name = self._links.reference_name()
        if name is None or name == self._name:
            return False
        path = self._home.reference(name)
        try:
            fresh = open_ro(path, self._home.keys.file_key(name), any_thread=True, cache_kib=CATALOGUE_CACHE_KIB)
        except EnvironmentFault:
            return False
        try:
            reference.check_reference(fresh, path)
        except EnvironmentFault:
            fresh.close()
            return False
        old, self._conn, self._name = self._conn, fresh, name
        self._taxes = TaxTable(fresh)
        if old:
            self._before.append(old)
        self._close_unread()
        return True

    def close(self) -> None:
        for conn in self._before:
            conn.close()
        self._before.clear()
        if self._conn:
            self._conn.close()
            self._conn = None

    def _close_unread(self) -> None:
        """Files of before by which no open basket is priced any more."""
        read = {id(book.conn) for book in self._books}
        for conn in self._before:
            if id(conn) not in read:
                conn.close()
        self._before = [conn for conn in self._before if id(conn) in read]

    def by_gtin(self, gtin: str) -> ItemRow | None:
        with faults():
            return reference.find_by_gtin(self._conn, gtin) if self._conn else None

    def name_of(self, sku: str) -> str:
        """What an item is called; its SKU when it is no longer in the catalogue."""
        item = self.by_sku(sku)
        return item.name if item else sku

    def by_sku(self, sku: str) -> ItemRow | None:
        with faults():
            return reference.find_by_sku(self._conn, sku) if self._conn else None

    def tax_rate(self, tax_class: str, day: str) -> TaxRate:
        """The rate of a class on a calendar day YYYY-MM-DD; an unknown one is untaxed."""
        with faults():
            return self._taxes.rate(tax_class, day) if self._taxes else TaxRate(tax_class, tax_class, 0)

    def tax_rates(self, tax_class: str) -> Sequence[TaxRate]:
        """Every rate that is known of a class, earliest first."""
        with faults():
            return self._taxes.rates(tax_class) if self._taxes else ()

    def names_of_rates(self) -> dict[str, str]:
        """What each rate is called, by "class@parts per million"."""
        with faults():
            return names_of_rates(self._conn) if self._conn else {}

    def gtin_of(self, sku: str) -> Gtin | None:
        with faults():
            return reference.gtin_of(self._conn, sku) if self._conn else None

    def book(self, version: str = "") -> "Book | NoPrices":
        """The newest book, or the one a stored basket names."""
        with faults():
            if self._conn is None:
                return NoPrices()
            if version and version != NoPrices.version:
                named = PinnedBook.parse(self._conn, version).version
            else:
                named = reference.current_book(self._conn, self._zone).version
            self._close_unread()
            book = Book(self._conn, lambda: self._conn, named)
            self._books.add(book)
            return book

    def price_now(self, sku: str, at_ms: int) -> int | None:
        return self.book().unit_price(reference.Sku(sku), at_ms)

    def search(self, text: str, at_ms: int, limit: int = PAGE) -> SearchPage:
        """The first page; the count is bounded so that it costs no more than the page."""
        if self._conn is None:
            return SearchPage(text, (), 0, more_than_counted=False)
        with faults():
            hits: Sequence[ItemHit] = reference.search(self._conn, text, at_ms, limit)
            if len(hits) < limit:
                return SearchPage(text, hits, len(hits), more_than_counted=False)
            count = reference.count_matches(self._conn, text, COUNT_UP_TO)
            return SearchPage(text, hits, count, more_than_counted=count >= COUNT_UP_TO)


class Links:
    """link.db: the store's orders, staff, settings and how far the hops are."""

    def __init__(self, home: Home) -> None:
        self._file = LinkFile(home, self._begin_again)
        self._rules = link.GoodsRules()
        self._promotions = link.Promotions()
        self._settings: link.SettingsDoc | None = None
        self._rules_as_of = self._promotions_as_of = self._settings_as_of = -1
        self._keeps_customers = False

    def close(self) -> None:
        self._file.close()

    def orders(self) -> Sequence[OrderDoc]:
        conn = self._ready()
        return link.read_orders(conn) if conn else ()

    def order(self, order_id: str) -> OrderDoc | None:
        conn = self._ready()
        return link.read_order(conn, order_id) if conn else None

    def shared_baskets(self) -> Sequence[SharedBasket]:
        """Baskets put aside on any till of the store, those taken up again too."""
        conn = self._ready()
        return shared.shared_baskets(conn) if conn else ()

    def shared_drawers(self) -> Sequence[SharedDrawer]:
        """Drawers of every till of the store, as far as they were heard of."""
        conn = self._ready()
        return shared.shared_drawers(conn) if conn else ()

    def shared_orders(self) -> Sequence[OrderDoc]:
        """Orders as the store's tills left them, where that is news to HQ."""
        conn = self._ready()
        return shared.shared_orders(conn) if conn else ()

    def shared_order(self, order_id: str) -> OrderDoc | None:
        conn = self._ready()
        return shared.shared_order(conn, order_id) if conn else None

    def shared_returns(self, receipt: str) -> SharedReturns | None:
        """What came back of a receipt on any till of the store."""
        conn = self._ready()
        return shared.shared_returns(conn, receipt) if conn else None

    def shared_value(self, instrument: InstrumentId) -> SharedValue | None:
        """What moved of an instrument on any till of the store."""
        conn = self._ready()
        return shared.shared_value(conn, instrument) if conn else None

    def claim_answers(self, ask_ids: Sequence[str]) -> Mapping[str, ClaimAnswer]:
        """By question; those that have no answer yet are not there."""
        conn = self._ready()
        return shared.claim_answers(conn, ask_ids) if conn else {}

    def unit_answer(self, ask_id: str) -> UnitAnswer | None:
        """What the store role said of tagged units; None while it said nothing yet."""
        conn = self._ready()
        return unit_answer(conn, ask_id) if conn else None

    def receipt_answer(self, ask_id: str) -> ReceiptAnswer | None:
        conn = self._ready()
        return receipt_answer(conn, ask_id) if conn else None

    def register_of(self, node: str) -> str:
        """The register of a node of this store; its id when nobody told."""
        conn = self._ready()
        known = link.read_nodes(conn) if conn else ()
        return next((one.register for one in known if one.node_id == node), node)

    def nodes(self) -> Sequence[link.NodeDoc]:
        """Every machine of this store that head office enrolled, those shut out too."""
        conn = self._ready()
        return link.read_nodes(conn) if conn else ()

    def locks(self) -> Mapping[str, TillLock]:
        """The newest act of a manager on each till that was ever locked, by its agent's node."""
        conn = self._ready()
        return read_locks(conn) if conn else {}

    def other_agents(self, own_node: str) -> dict[str, str]:
        """Register by node of every other agent of the store that is not revoked."""
        conn = self._ready()
        known = link.read_nodes(conn) if conn else ()
        found = (one for one in known if one.role == "agent" and not one.revoked)
        return {one.node_id: one.register for one in found if one.node_id != own_node}

    def staff(self) -> Sequence[link.StaffRow]:
        conn = self._ready()
        return link.read_staff(conn) if conn else ()

    def settings(self) -> link.SettingsDoc | None:
        """What HQ says of this store; None until it has said anything. Read anew only when the agent has written."""
        conn = self._ready()
        if conn is None:
            return None
        written = link.written(conn)
        if written != self._settings_as_of:
            self._settings, self._settings_as_of = link.read_settings(conn), written
        return self._settings

    def quick_keys(self) -> Sequence[link.QuickKeyDoc]:
        conn = self._ready()
        return link.read_quick_keys(conn) if conn else ()

    def goods_rules(self, known: link.GoodsRules) -> link.GoodsRules:
        """Recalls and rules of the store; `known` itself while they are the same."""
        conn = self._ready()
        if conn is None:
            return known
        written = link.written(conn)
        if written != self._rules_as_of or known is not self._rules:
            self._rules, self._rules_as_of = link.read_goods_rules(conn, known), written
        return self._rules

    def department(self, no: int) -> Department | None:
        conn = self._ready()
        return link.read_department(conn, no) if conn else None

    def promotions(self, known: link.Promotions) -> link.Promotions:
        """Promotions of the store; `known` itself while they are the same."""
        conn = self._ready()
        if conn is None:
            return known
        written = link.written(conn)
        if written != self._promotions_as_of or known is not self._promotions:
            self._promotions, self._promotions_as_of = link.read_promotions(conn, known), written
        return self._promotions

    def receipt_certificate(self, till_node: str) -> str:
        """HQ's word for the receipts of this till; empty until it has come."""
        conn = self._ready()
        own = [one for one in link.read_nodes(conn) if one.node_id == till_node] if conn else []
        return own[0].receipt_certificate if own else ""

    def instrument(self, ref: InstrumentId) -> Instrument | None:
        """A gift card, credit, points or account as HQ published it last."""
        conn = self._ready()
        return link.read_instrument(conn, ref) if conn else None

    def often_with(self, sku: str) -> OftenWith | None:
        """What is often bought with an item."""
        conn = self._ready()
        return advice.read_often_with(conn, sku) if conn else None

    def customer(self, customer_id: str) -> Customer | None:
        conn = self._with_customers()
        return customers.read_customer(conn, customer_id) if conn else None

    def bought(self, customer_id: str) -> Bought:
        """What a customer bought in this store, as far as head office has said."""
        conn = self._with_customers()
        return customers.read_bought(conn, customer_id) if conn else Bought()

    def customer_of_card(self, label: str) -> Customer | None:
        conn = self._with_customers()
        return customers.customer_of_card(conn, label) if conn else None

    def find_customers(self, asked: Sequence[Wanted], limit: int) -> Sequence[Customer]:
        conn = self._with_customers()
        with faults():
            return customers.find_customers(conn, asked, limit) if conn else ()

    def customers_gone(self) -> frozenset[CustomerId]:
        conn = self._with_customers()
        return customers.gone(conn) if conn else frozenset()

    def salvage(self) -> recovery.SalvageDoc | None:
        """The recovered disk the agent read last."""
        conn = self._ready()
        return recovery.read_salvage(conn) if conn else None

    def lost(self) -> recovery.LostDoc | None:
        """What the agent found out about the machines that stood here before."""
        conn = self._ready()
        return recovery.read_lost(conn) if conn else None

    def status(self) -> link.LinkStatusDoc:
        conn = self._ready()
        return link.read_status(conn) if conn else link.LinkStatusDoc()

    def acked(self, stream: StreamId) -> Head:
        conn = self._ready()
        return link.peer_head(conn, link.HQ_PEER, stream) if conn else Head()

    def seen_of(self, stream: StreamId) -> Sequence[Head]:
        """How far head office and the store were known to have a stream when the agent wrote last."""
        conn = self._ready()
        return [link.peer_head(conn, peer, stream) for peer in (link.HQ_PEER, link.STORE_PEER)] if conn else ()

    def start_answer(self, ask_id: str) -> StartAnswer | None:
        conn = self._ready()
        return start_answer(conn, ask_id) if conn else None

    def forked(self, epoch: str) -> bool:
        conn = self._ready()
        return link.forked(conn, epoch) if conn else False

    def reference_name(self) -> str | None:
        conn = self._ready()
        return link.reference_name(conn) if conn else None

    def _with_customers(self) -> Connection | None:
        """The connection, once the agent beside the till keeps customers."""
        conn = self._ready()
        self._keeps_customers = bool(conn) and (self._keeps_customers or customers.has_customers(conn))
        return conn if self._keeps_customers else None

    def _ready(self) -> Connection | None:
        return self._file.conn()

    def _begin_again(self) -> None:
        """Another file counts its revisions anew."""
        self._rules_as_of = self._promotions_as_of = self._settings_as_of = -1
        self._keeps_customers = False
