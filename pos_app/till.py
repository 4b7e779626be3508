"""The till without a screen: files, threads and services put together. The screen, tests and drills all open this."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from pos_app.assembly import lay_ground, own_choices, pickup_board, sale_parts, staff
from pos_app.runtime.claims import StoreClaims
from pos_app.runtime.receipts import ReceiptsElsewhere
from pos_app.runtime.sealing import Sealing
from pos_app.runtime.start import ask_at_start
from pos_app.runtime.wake import WakeLine
from pos_app.runtime.worker import Worker
from pos_app.runtime.writer import Deliver, Writer
from pos_app.service.asking import Asking
from pos_app.service.card_paying import CardPaying
from pos_app.service.card_selling import CardSelling
from pos_app.service.completing import SoldBy
from pos_app.service.connection import ConnectionDesk
from pos_app.service.customers import Customers
from pos_app.service.discounting import Discounting
from pos_app.service.drawer import DrawerDesk
from pos_app.service.fulfilling import Fulfilling
from pos_app.service.goods import GoodsCheck
from pos_app.service.instruments import Instruments
from pos_app.service.labels import Labels
from pos_app.service.link_status import LinkStatus
from pos_app.service.lookup import Lookup
from pos_app.service.loyalty import Loyalty
from pos_app.service.papers import Papers
from pos_app.service.parking import Parking
from pos_app.service.paying import Paying
from pos_app.service.post_voiding import PostVoiding
from pos_app.service.preferences import Preferences
from pos_app.service.price_lookup import PriceLookup
from pos_app.service.receipt_codes import ReceiptCodes
from pos_app.service.recovery import RecoveryDesk
from pos_app.service.returning import Returning
from pos_app.service.selling import Selling
from pos_app.service.shop_time import ShopTime
from pos_app.service.shopping import Shopping
from pos_app.service.signing_in import SigningIn
from pos_app.service.store_drawers import StoreDrawers
from pos_app.service.suggesting import Suggesting
from pos_app.service.taking_over import TakingOver
from pos_app.service.tendering import Tendering
from pos_app.service.till_choices import Choice, TillChoices
from pos_app.service.tills import TillsDesk
from pos_app.service.waiting_sale import WaitingSale
from pos_app.storage import (
    recovering,
    resuming,
)
from pos_app.storage.readers import Links, Reference
from pos_app.storage.recovering import PutBack
from pos_app.storage.resuming import Resumed
from pos_app.storage.store import FORK, TillStore
from retail_core.domain.clock import Clock
from retail_core.domain.errors import CodedError, EnvironmentFault
from retail_core.domain.ids import IdSource, LineId
from retail_core.durable.home import Home, MachineConfig
from retail_core.durable.lock import InstanceLock

LOCK_NAME = "till.lock"


@dataclass
class Till:
    """Everything a screen needs. Close it to give the files back."""

    config: MachineConfig
    home: Home
    clock: Clock
    shop_time: ShopTime
    selling: Selling
    paying: Paying
    card_paying: CardPaying
    waiting_sale: WaitingSale
    instruments: Instruments
    tendering: Tendering
    card_selling: CardSelling
    discounting: Discounting
    parking: Parking
    customers: Customers
    shopping: Shopping
    loyalty: Loyalty
    suggesting: Suggesting
    goods: GoodsCheck
    drawer: DrawerDesk
    store_drawers: StoreDrawers
    lookup: Lookup
    prices: PriceLookup
    preferences: Preferences
    choices: TillChoices = field(init=False)
    labels: Labels
    fulfilling: Fulfilling
    signing_in: SigningIn
    link: LinkStatus
    links: Links
    claims: StoreClaims
    connection: ConnectionDesk
    tills: TillsDesk = field(init=False)
    recovery: RecoveryDesk
    writer: Writer
    receipt_codes: ReceiptCodes = field(init=False)
    elsewhere: ReceiptsElsewhere = field(init=False)
    sealing: Sealing = field(init=False)
    returning: Returning = field(init=False)
    asking: Asking = field(init=False)
    post_voiding: PostVoiding = field(init=False)
    papers: Papers = field(init=False)
    _lock: InstanceLock
    _wake: WakeLine
    _worker: Worker
    _references: tuple[Reference, Reference]
    _links_there: Links
    """The worker's own connection, since one serves one thread."""
    _refreshed: Callable[[], None]
    resumed: Resumed | None = None
    """The last sale, when this till stopped in the middle of something before it was opened."""
    put_back: PutBack | None = None
    """What was done about a damaged file when this till was opened."""
    rechecked: Callable[[tuple[LineId, ...]], None] = lambda _: None
    """Told of which lines of the open sale something else is true now: stopped, to be looked at, or free again."""

    tell_devices: Callable[[], None] = lambda: None
    """Called every second by `refresh`; whoever has the devices tells the agent how they are."""

    def __post_init__(self) -> None:
        self._taking_over = TakingOver(self.selling)
        self.choices = TillChoices(self.preferences, self.config, self.writer)
        self.tills = TillsDesk(self.links, self.writer, self.config)
        self.signing_in.check_role = self.tills.check_role
        self.sealing = Sealing(self.writer, self.links, self.clock, calm=lambda: self.selling.sale is None)

    @classmethod
    def open(
        cls, home: Home, clock: Clock, ids: IdSource, deliver: Deliver, refreshed: Callable[[], None] = lambda: None
    ) -> Self:
        """Open the files of `home` and start the till's threads. Raises EnvironmentFault.

        `deliver` hands a call to the screen's thread; `refreshed` is delivered when the agent brought something.
        """
        config = home.config()
        lock = InstanceLock(home.folder / LOCK_NAME)
        stopped_short = resuming.stopped_short(home.till_db)
        try:
            store, put_back = recovering.open_store(home, config, clock, ids)
        except BaseException:
            lock.release()
            raise
        try:
            resumed = resuming.last_sale(store.conn) if stopped_short else None
            if not home.training:
                ask_at_start(store, home, clock, config.agent_wake_port)
            till = cls._assemble(home, config, clock, ids, deliver, refreshed, lock, store)
        except EnvironmentFault as fault:
            if fault.code == recovering.DAMAGE:
                store.note_damage()
            raise
        till.resumed, till.put_back = resumed, put_back
        return till

    @classmethod
    def _assemble(
        cls,
        home: Home,
        config: MachineConfig,
        clock: Clock,
        ids: IdSource,
        deliver: Deliver,
        refreshed: Callable[[], None],
        lock: InstanceLock,
        store: TillStore,
    ) -> Self:
        def woken() -> None:
            deliver(lambda: till.refresh())  # the screen's thread has made the till by then  # noqa: PLW0108

        on = lay_ground(home, config, clock, ids, store, deliver, woken)
        sale = sale_parts(on)
        selling, links, writer, claims = sale.selling, on.links, on.writer, sale.claims
        till = cls(  # the wake line reaches it through its closure
            config=config,
            home=home,
            clock=clock,
            shop_time=on.shop_time,
            selling=selling,
            paying=sale.paying,
            card_paying=sale.card_paying,
            waiting_sale=sale.waiting_sale,
            instruments=sale.instruments,
            tendering=sale.tendering,
            card_selling=CardSelling(selling, sale.instruments, ids),
            discounting=sale.discounting,
            parking=sale.parking,
            customers=sale.shopping.customers,
            shopping=sale.shopping,
            loyalty=Loyalty(sale.shopping, sale.paying, sale.tendering, sale.instruments, links),
            suggesting=Suggesting(selling, links, on.here, on.shop_time),
            goods=sale.goods,
            drawer=DrawerDesk(links, on.here, writer, ids, config.currency),
            store_drawers=StoreDrawers(links, clock, config, on.today),
            lookup=Lookup(on.here, on.there, links, on.worker, on.shop_time),
            prices=PriceLookup(on.here, selling.lines, sale.promoting, lambda: sale.goods.codes, on.shop_time, on.zone),
            preferences=own_choices(on),
            labels=Labels(on.here, on.shop_time, config.currency),
            fulfilling=pickup_board(on, sale),
            signing_in=staff(on),
            link=on.link,
            links=links,
            claims=claims,
            connection=ConnectionDesk(links, writer, claims, clock, config),
            recovery=RecoveryDesk(links, writer, clock, ids),
            writer=writer,
            _lock=lock,
            _wake=on.wake,
            _worker=on.worker,
            _references=(on.here, on.there),
            _links_there=on.links_there,
            _refreshed=refreshed,
        )
        till._take_goods_back(on.here, ids)
        till.asking = Asking(selling, sale.goods, on.today)
        till.drawer.open_sale = lambda: selling.sale
        return till

    def _take_goods_back(self, catalogue: Reference, ids: IdSource) -> None:
        """What is done with sales that are over: returns, reversal, papers."""
        config, writer, links = self.config, self.writer, self.links
        key = self.home.keys.signing_key("till")
        self.receipt_codes = ReceiptCodes(links, key, config.till_node, config.feed_public_key)
        self.receipt_codes.refresh()
        self.elsewhere = ReceiptsElsewhere(writer, Links(self.home), self.clock, ids)
        self.returning = Returning(
            self.selling, catalogue, links, self.goods, writer, self.clock, ids, config, elsewhere=self.elsewhere
        )
        self.papers = Papers(writer, links, self.receipt_codes)
        self.post_voiding = PostVoiding(self.selling, self.paying, self.card_paying, catalogue, links, writer, ids)

    def signed_in(self, operator: SoldBy | None) -> None:
        """Everything done from now on is done by `operator`; an open basket stays, and the journal says whose it was."""
        self._taking_over.take(operator)
        self.fulfilling.operator = operator
        self.drawer.operator = operator
        self.store_drawers.operator = operator
        self.connection.operator = operator
        self.tills.operator = operator
        self.recovery.operator = operator

    def language_of(self, operator: SoldBy | None) -> str:
        """What the screen speaks to `operator`; the till's own language to nobody, and where staff has none set."""
        mine = next(
            (row.lang for row in self.links.staff() if operator and row.operator_id == operator.operator_id), ""
        )
        return mine or self.choices.of(Choice.LANGUAGE)

    def refresh(self) -> None:
        """The agent brought something, or a second has passed: look again. Runs on the screen's thread."""
        self.claims.woken()
        self.elsewhere.woken()
        here, there = self._references
        here.refresh()
        self._worker.ask("reference", there.refresh, lambda _: None, lambda _: None)
        self.signing_in.tick()
        status = self.links.status()
        self.shop_time.heard(status)
        self.store_drawers.heard(status)
        self.sealing.tick()
        self.tell_devices()
        if self.goods.refresh() or self.selling.day_turned:
            self.rechecked(self.selling.recheck())
        self.receipt_codes.refresh()
        self.customers.refresh()
        self._follow_notices()
        self._refreshed()

    def close(self) -> None:
        """Finish what was asked for, then give everything back."""
        self._wake.close()
        self._worker.close()
        self.claims.close()
        self.elsewhere.close()
        self.writer.close()
        for reference in self._references:
            reference.close()
        self._links_there.close()
        self.links.close()
        self._lock.release()

    def _follow_notices(self) -> None:
        """A fork was found up the line: begin a new epoch. Nothing is lost and nothing is refused."""

        epoch = self.link.epoch

        def work(store: TillStore) -> None:
            if store.journal.epoch == epoch:
                store.reopen_epoch(FORK)

        if self.links.forked(epoch):
            self.writer.submit(work, lambda _: None, _ignore)


def _ignore(_: CodedError) -> None:
    """The next refresh tries again."""
