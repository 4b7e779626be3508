"""The writer's side of till.db: the file's only read-write connection and the journal on it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self
from zoneinfo import ZoneInfo

from pos_app.storage import cashier_acts, drawer, sales, spool
from pos_app.storage.clock_watch import ClockWatch
from pos_app.storage.schema import TILL_STEPS
from retail_core.domain.businessdate import BusinessDate, business_date
from retail_core.domain.clock import Clock
from retail_core.domain.drawer import DrawerSession
from retail_core.domain.errors import EnvironmentFault
from retail_core.domain.events import Event
from retail_core.domain.ids import IdSource
from retail_core.durable import copies, link
from retail_core.durable.engine import Connection, open_ro, open_rw
from retail_core.durable.guard import Guard
from retail_core.durable.home import Home, MachineConfig
from retail_core.durable.journal import FIRST_START, Journal, Stamp, last_at
from retail_core.durable.migrate import ensure_schema
from retail_core.durable.sealing import Sealer
from retail_core.durable.segments import History
from retail_core.sync.epoch import republish_above
from retail_core.wire.envelope import Private, StreamEntry

SYSTEM_ACTOR = "system"
ROLLED_BACK = "rolled back"
FORK = "fork"


class TillStore:
    """Used on one thread only. Every change goes through `unit()`."""

    def __init__(self, home: Home, config: MachineConfig, clock: Clock, ids: IdSource, conn: Connection) -> None:
        self.conn = conn
        self.config = config
        self._home = home
        self._path = home.till_db
        self._clock = clock
        self._ids = ids
        self.zone = ZoneInfo(config.timezone)
        self.clock_offset_ms: Callable[[], int] = lambda: 0
        """How far head office's clock is known to be ahead; each fact says it."""
        self._watch = ClockWatch(clock)
        key = home.keys.signing_key("till")
        self._guard = Guard(home.till_guard)
        self.history = History(conn, home.till_db, home.keys.file_key(home.till_db.name))
        """The journal with what has left the file for sealed segments."""
        self.sealer = Sealer(self.history, home.till_db)
        self.journal = Journal(conn, config.till_node, key.sign, self._guard, self.history.entries_after)
        self.drawer = f"{config.store}-{config.register}"
        self.session: DrawerSession | None = drawer.read_open(conn, self.drawer)
        """The drawer session that goes on, as the file has it."""
        self.fresh_epoch = False
        """True when this start has begun an epoch."""

    @classmethod
    def open(cls, home: Home, config: MachineConfig, clock: Clock, ids: IdSource) -> Self:
        """Open or make till.db and begin an epoch if one is needed. Raises EnvironmentFault."""
        path = home.till_db
        conn = open_rw(path, home.keys.file_key(path.name, create=not path.exists()), any_thread=True)
        try:
            ensure_schema(conn, path, TILL_STEPS)
            store = cls(home, config, clock, ids, conn)
            store._begin()
        except BaseException:
            conn.close()
            raise
        return store

    def close(self) -> None:
        self.journal.settle()
        self.sealer.close()
        self.history.close()
        self.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.conn.close()

    @contextmanager
    def unit(self) -> Iterator[Connection]:
        """One durable change. When it returns, the change survives a power cut."""
        before = self.session, self._watch.mark
        try:
            with self.journal.transaction(self._path):
                yield self.conn
        except BaseException:
            self.session, self._watch.mark = before
            raise

    def stamp(self, actor: str) -> Stamp:
        """When and by whom, for the next event. Time never goes backwards within this start.

        The trading day is that of the open drawer session; the clock is asked only while none is open.
        """
        at = self._clock.now_ms()
        return Stamp(self._ids.next(), at, self.biz_date(at), actor, self.clock_offset_ms())

    def new_id(self) -> str:
        return self._ids.next()

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def biz_date(self, at_ms: int) -> str:
        """The trading day a fact of this moment belongs to."""
        return self.session.biz_date if self.session else self.date_by_clock(at_ms)

    def date_by_clock(self, at_ms: int) -> BusinessDate:
        return business_date(at_ms, self.zone, self.config.day_starts_at_h)

    def append(self, event: Event, actor: str, private: Private | None = None) -> StreamEntry:
        """Journal one fact inside `unit()`."""
        return self.append_at(event, self.stamp(actor), private)

    def append_at(self, event: Event, stamp: Stamp, private: Private | None = None) -> StreamEntry:
        """The same with a stamp that was made before. A jump of the clock since the last fact is written first."""
        jump = self._watch.jump()
        if jump:
            self.journal.append(jump, self.stamp(SYSTEM_ACTOR))
        cashier_acts.note(self.conn, event, stamp)
        return self.journal.append(event, stamp, private)

    def next_receipt(self) -> sales.ReceiptNumber:
        """The next number of the current series, inside `unit()`."""
        return sales.next_number(self.conn, f"{self.config.store}-{self.config.register}", self.journal.series)

    def reopen_epoch(self, why: str) -> None:
        """Begin a new epoch and number series; what HQ has not acknowledged goes up again, unchanged."""
        acked = self.acked_by_hq()
        with self.unit() as conn:
            series = self._fresh_series()
            epoch = self._ids.next()
            self._guard.note_series(self.config.till_node, epoch, series)
            self.journal.open_epoch(epoch, series, why, self.stamp(SYSTEM_ACTOR), acked)
            sales.begin_series(conn, series)
        self.fresh_epoch = True

    def note_damage(self) -> None:
        """A page could not be read: all of the file is looked at when the till starts next."""
        copies.suspect(self._home, self._path.name)

    def _begin(self) -> None:
        with self.unit() as conn:
            spool.doubt_interrupted(conn)
        if not self.journal.epoch:
            self.reopen_epoch(FIRST_START)
        elif self.journal.rolled_back:
            self.reopen_epoch(ROLLED_BACK)
        set_back = self._watch.since(last_at(self.conn, self.journal.stream))
        if set_back:
            with self.unit():
                self.append(set_back, SYSTEM_ACTOR)

    def _fresh_series(self) -> str:
        # the guard also knows series that a rolled-back file has forgotten
        used = {*sales.used_series(self.conn), *self._guard.series}
        free = [series for series in self.config.series if series not in used]
        if not free:
            raise EnvironmentFault("series.used_up", register=self.config.register)
        return free[0]

    def acked_by_hq(self) -> int:
        """Up to where HQ is known to have this very branch; in doubt everything goes up again."""
        path = self._home.link_db
        if not self.journal.epoch or not path.exists():
            return 0
        reader = open_ro(path, self._home.keys.file_key(path.name))
        try:
            link.check_link(reader, path)
            acked = link.peer_head(reader, link.HQ_PEER, self.journal.stream)
        except EnvironmentFault:
            return 0
        finally:
            reader.close()
        return republish_above(acked, self.history.chain_hash_at(self.journal.stream, acked.seq))
