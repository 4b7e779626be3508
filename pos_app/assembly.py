"""The parts a till is put together from, in the order in which they need one another; `till` names them for the screens."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pos_app.runtime.claims import StoreClaims
from pos_app.runtime.wake import WakeLine
from pos_app.runtime.worker import Worker
from pos_app.runtime.writer import Deliver, Writer
from pos_app.service.card_paying import CardPaying
from pos_app.service.customers import Customers
from pos_app.service.discounting import Discounting
from pos_app.service.fulfilling import Fulfilling
from pos_app.service.goods import GoodsCheck
from pos_app.service.instruments import Instruments
from pos_app.service.link_status import LinkStatus
from pos_app.service.parking import Parking
from pos_app.service.paying import Paying
from pos_app.service.preferences import Preferences
from pos_app.service.promoting import Promoting
from pos_app.service.selling import Selling
from pos_app.service.shop_time import ShopTime
from pos_app.service.shopping import Shopping
from pos_app.service.signing_in import SigningIn
from pos_app.service.tendering import Tendering
from pos_app.service.waiting_sale import WaitingSale
from pos_app.storage import customers_here, orders, payments, pin_guard, sales, staff_here, waiting
from pos_app.storage.prefs import read_prefs
from pos_app.storage.readers import Links, Reference
from pos_app.storage.store import TillStore
from pos_app.storage.training_home import TrainingHome
from retail_core.domain.businessdate import business_date
from retail_core.domain.clock import Clock
from retail_core.domain.ids import IdSource
from retail_core.domain.money import NUMBERS
from retail_core.durable.engine import Connection
from retail_core.durable.home import Home, MachineConfig
from retail_core.durable.settings import SettingsDoc

NO_SETTINGS = SettingsDoc("", "", "", "", "")  # until head office has said anything the defaults hold


class Kept:
    """What the till's file says, read before any thread writes it: also what a kill left behind."""

    def __init__(self, conn: Connection) -> None:
        self.basket, self.beside = sales.read_basket(conn), waiting.read(conn)
        both = [data for data in (self.basket, self.beside) if data]
        self.card_payments = [one for data in both for one in payments.of_sale(conn, data.sale_id)]
        self.orders, self.code_failures = orders.orders_here(conn), orders.code_failures(conn)
        self.pin_guard, self.staff_seen = pin_guard.read_guard(conn), staff_here.seen_here(conn)
        self.customers = customers_here.remembered(conn)
        self.choices = read_prefs(conn)


@dataclass(frozen=True, slots=True)
class Ground:
    """What every service stands on: files, threads and time. Of what is read by two threads each has its own."""

    home: Home
    config: MachineConfig
    clock: Clock
    ids: IdSource
    kept: Kept
    links: Links
    links_there: Links
    here: Reference
    there: Reference
    link: LinkStatus
    shop_time: ShopTime
    wake: WakeLine
    writer: Writer
    worker: Worker

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.config.timezone)

    def today(self) -> str:
        """The trading day of this moment."""
        return business_date(self.shop_time.now_ms(), self.zone, self.config.day_starts_at_h)

    def calendar_day(self) -> str:
        """What day the calendar says in the store, YYYY-MM-DD; the trading day may end hours later."""
        return business_date(self.shop_time.now_ms(), self.zone, 0)


@dataclass(frozen=True, slots=True)
class SaleParts:
    """What a sale needs from its first scan until it is paid."""

    goods: GoodsCheck
    promoting: Promoting
    selling: Selling
    discounting: Discounting
    instruments: Instruments
    claims: StoreClaims
    paying: Paying
    tendering: Tendering
    shopping: Shopping
    waiting_sale: WaitingSale
    card_paying: CardPaying
    parking: Parking


def lay_ground(
    home: Home, config: MachineConfig, clock: Clock, ids: IdSource, store: TillStore, deliver: Deliver,
    woken: Callable[[], None],
) -> Ground:  # fmt: skip
    """Open what is read, and start the threads. `woken` is called on the agent's wake line."""
    links, links_there = Links(home), Links(home)
    here, there = Reference(home, config.zone, links), Reference(home, config.zone, links_there)
    link = LinkStatus(links, clock, config.agent_node)
    shop_time = _shop_time(clock, links, store)
    link.wrote(store.journal.stream, store.journal.head.seq)
    wake = WakeLine(config.till_wake_port, config.agent_wake_port, woken)

    kept = Kept(store.conn)

    def committed() -> None:
        link.wrote(store.journal.stream, store.journal.head.seq)
        wake.wake_agent()

    writer, worker = Writer(store, deliver, committed), Worker("till-worker", deliver)
    return Ground(
        home, config, clock, ids, kept, links, links_there, here, there, link, shop_time, wake, writer, worker
    )


def sale_parts(on: Ground) -> SaleParts:
    """Selling and paying, with the baskets and card payments that a kill left behind."""
    config, links, writer, clock, ids = on.config, on.links, on.writer, on.clock, on.ids
    goods = GoodsCheck(links, config.currency, on.today, NUMBERS.get(config.currency, ""))
    selling = Selling(on.here, links, writer, on.shop_time, ids, config.currency, goods, on.calendar_day)
    selling.promoting = promoting = Promoting(links, on.zone)
    discounting = Discounting(selling, lambda: (links.settings() or NO_SETTINGS).discounts)
    selling.restore(on.kept.basket)
    instruments = Instruments(links, writer, clock, ids, config.currency, on.today)
    claims = StoreClaims(writer, Links(on.home), clock, ids)
    paying = Paying(selling, links, writer, instruments, claims)
    shopping = Shopping(
        selling, paying, _customers(on), lambda: promoting.in_force, writer, clock, config.feed_public_key
    )
    waiting_sale = WaitingSale(selling, paying, writer, on.kept.beside)
    card_paying = CardPaying(selling, paying, waiting_sale, writer, ids)
    card_paying.restore(on.kept.card_payments)
    return SaleParts(
        goods, promoting, selling, discounting, instruments, claims, paying,
        Tendering(selling, paying, instruments, writer, ids),
        shopping, waiting_sale, card_paying,
        Parking(selling, writer, links, claims, clock, ids, config.till_node),
    )  # fmt: skip


def pickup_board(on: Ground, sale: SaleParts) -> Fulfilling:
    """Online orders, with the steps that this till has made and head office may not have seen."""
    board = Fulfilling(
        on.links, on.here, on.writer, sale.claims, on.shop_time, on.config.feed_public_key, lambda: sale.goods.codes
    )
    board.restore(on.kept.orders, on.kept.code_failures)
    return board


def staff(on: Ground) -> SigningIn:
    """Who may sign in, and how many wrong PINs were typed already."""
    secret = on.home.keys.device_secret()
    return SigningIn(on.links, on.worker, on.writer, on.clock, secret, on.kept.pin_guard, on.kept.staff_seen)


def own_choices(on: Ground) -> Preferences:
    """What was chosen at this till; a training till begins with what the real one has."""
    chosen = on.home.preferences() if isinstance(on.home, TrainingHome) else {}
    return Preferences(on.kept.choices | chosen, on.writer)


def _customers(on: Ground) -> Customers:
    return Customers(
        on.links, on.links_there, on.worker, on.writer, on.clock, on.ids, secrets.token_bytes, on.kept.customers,
        name_of=on.here.name_of,
    )  # fmt: skip


def _shop_time(clock: Clock, links: Links, store: TillStore) -> ShopTime:
    """Head office's time as the agent says it, which every fact says too."""
    shop_time = ShopTime(clock)
    shop_time.heard(links.status())
    store.clock_offset_ms = lambda: shop_time.offset_ms
    return shop_time
