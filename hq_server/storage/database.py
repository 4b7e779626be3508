"""One way to the database, whether it is the embedded keyed SQLite or PostgreSQL.

Work is a function of a `Unit` (write) or a `Connection` (read) and runs in one transaction: committed when it returns,
rolled back whole when it raises. Writes of SQLite go one at a time (BEGIN IMMEDIATE, WAL, FULL); on PostgreSQL a
transaction that lost a race is run again, so work must have no effects outside its unit.
"""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psycopg
import sqlcipher3.dbapi2
from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from hq_server.storage import tables
from retail_core.domain.errors import EnvironmentFault, InvariantError
from retail_core.durable import engine as keyed

T = TypeVar("T")
MAX_TRIES = 6
READERS = 8
PG_CONNECTIONS = 12
POOL_TIMEOUT_S = 10
RACE_CODES = frozenset({"40001", "40P01"})
OLDEST_POSTGRES = 150_000
SCHEMA_LOCK = 7_305_291  # any number; only schema creation takes it


class Unit:
    """One write transaction. `changed` collects the topics (feed scopes, "today") that are told of after the commit."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.postgres = conn.dialect.name == "postgresql"
        self.changed: set[str] = set()


class Database:
    """Both engines behind the same two methods."""

    def __init__(self, writer: Engine, reader: Engine, *, place: str, turns: Path | None = None) -> None:
        """`turns`: a file by which the processes of one machine take turns at writing; a fair queue where SQLite has none."""
        self.place = place  # for messages; never holds a password
        self._turns = None if turns is None else os.open(turns, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.postgres = writer.dialect.name == "postgresql"
        self._writer = writer
        self._reader = reader
        self._one_writer = threading.Lock()
        self.committed: Callable[[frozenset[str]], None] = lambda _topics: None

    def write(self, work: Callable[[Unit], T]) -> T:
        """Run `work` in one durable transaction. Raises EnvironmentFault `db.*` or `disk.*` for faults of the surroundings."""
        for attempt in range(1, MAX_TRIES + 1):
            try:
                return self._write_once(work)
            except PoolTimeoutError as busy:
                raise EnvironmentFault("db.busy") from busy
            except DBAPIError as error:
                if attempt == MAX_TRIES or getattr(error.orig, "sqlstate", None) not in RACE_CODES:
                    raise fault_of(error) or error from error
            except psycopg.OperationalError as error:  # COPY is the driver's own
                if attempt == MAX_TRIES or error.sqlstate not in RACE_CODES:
                    raise EnvironmentFault("db.unreachable") from error
        raise AssertionError  # the loop returns or raises

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one consistent view. Changing anything in it fails."""
        try:
            with self._reader.begin() as conn:
                return work(conn)
        except PoolTimeoutError as busy:
            raise EnvironmentFault("db.busy") from busy
        except DBAPIError as error:
            raise fault_of(error) or error from error

    def close(self) -> None:
        self._reader.dispose()
        self._writer.dispose()
        if self._turns is not None:
            os.close(self._turns)
            self._turns = None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Of all threads of all processes on an embedded database, one writes."""
        with self._one_writer:
            if self._turns is None:
                yield
                return
            fcntl.flock(self._turns, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._turns, fcntl.LOCK_UN)

    def _write_once(self, work: Callable[[Unit], T]) -> T:
        if self.postgres:
            with self._writer.begin() as conn:
                unit = Unit(conn)
                result = work(unit)
        else:
            with self._turn(), self._writer.begin() as conn:
                unit = Unit(conn)
                result = work(unit)
        if unit.changed:
            self.committed(frozenset(unit.changed))
        return result


def attempt(unit: Unit, work: Callable[[], None]) -> str | None:
    """Run a part of a transaction that may turn out impossible; then it is undone, and the reason's code is returned."""
    try:
        with unit.conn.begin_nested():
            work()
    except (DataError, IntegrityError) as error:
        return f"event.not_applicable.{type(error.orig).__name__}"
    except (psycopg.DataError, psycopg.IntegrityError) as error:  # COPY is the driver's own
        return f"event.not_applicable.{type(error).__name__}"
    except InvariantError as error:
        return error.code
    return None


def fault_of(error: DBAPIError) -> EnvironmentFault | None:
    """The surroundings' fault behind a driver error, or None when it is a bug of ours."""
    if isinstance(error.orig, sqlcipher3.dbapi2.Error):
        return keyed.fault_of(error.orig)
    if error.connection_invalidated or isinstance(error, OperationalError):
        return EnvironmentFault("db.unreachable")
    return None


def open_embedded(path: Path, key: bytes) -> Database:
    """The keyed SQLite file of one HQ process; made when it is not there."""
    keyed.check_driver()
    keyed.open_rw(path, key).close()  # a plain error before any pool exists

    def writing() -> keyed.Connection:
        return keyed.open_rw(path, key, any_thread=True)

    def reading() -> keyed.Connection:
        return keyed.open_ro(path, key, any_thread=True)

    writer = _sqlite_engine(writing, "BEGIN IMMEDIATE", 1)
    try:
        _ensure_schema(writer, path.name)
    except BaseException:
        writer.dispose()
        raise
    turns = path.with_name(f"{path.name}.turns")
    return Database(writer, _sqlite_engine(reading, "BEGIN", READERS), place=path.name, turns=turns)


def open_postgres(url: str) -> Database:
    """PostgreSQL 15 or newer. Raises EnvironmentFault `db.bad_url`, `db.unreachable`, `db.postgres_too_old`."""
    try:
        parsed = make_url(url).set(drivername="postgresql+psycopg")
    except ArgumentError:
        raise EnvironmentFault("db.bad_url") from None
    options = {"pool_timeout": POOL_TIMEOUT_S, "pool_pre_ping": True, "pool_size": PG_CONNECTIONS, "max_overflow": 0}
    writer = create_engine(parsed, isolation_level="READ COMMITTED", **options)
    reader = create_engine(parsed, isolation_level="REPEATABLE READ", **options)
    place = parsed.render_as_string(hide_password=True)
    try:
        with writer.connect() as conn:
            if int(conn.exec_driver_sql("SHOW server_version_num").scalar_one()) < OLDEST_POSTGRES:
                raise EnvironmentFault("db.postgres_too_old", database=place)
        _ensure_schema(writer, place)
    except OperationalError as error:
        writer.dispose()
        raise EnvironmentFault("db.unreachable", database=place) from error
    except BaseException:
        writer.dispose()
        raise
    return Database(writer, reader, place=place)


def _sqlite_engine(connect: Callable[[], keyed.Connection], begin: str, size: int) -> Engine:
    found = create_engine(
        "sqlite://",
        creator=connect,
        module=sqlcipher3.dbapi2,
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
    )

    @event.listens_for(found, "connect")
    def ours_to_begin(raw: keyed.Connection, _entry: ConnectionPoolEntry) -> None:  # pyright: ignore[reportUnusedFunction]
        raw.isolation_level = None

    @event.listens_for(found, "begin")
    def begin_as_told(conn: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
        conn.exec_driver_sql(begin)

    return found


def _ensure_schema(writer: Engine, place: str) -> None:
    """Make the tables of an empty database, and those an older one does not have yet.

    Raises EnvironmentFault `db.newer_than_program`. So far every newer version only added tables; a step that changes
    one needs its own statement and a copy of the database first.
    """
    known = tables.SCHEMA_VERSION
    with writer.begin() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": SCHEMA_LOCK})
        if not inspect(conn).has_table(tables.schema_version.name):
            tables.metadata.create_all(conn)
            conn.execute(tables.schema_version.insert().values(one=1, version=known))
        found = conn.execute(select(tables.schema_version.c.version)).scalar_one()
        if found > known:
            raise EnvironmentFault("db.newer_than_program", database=place, found=found, known=known)
        if found < known:
            tables.metadata.create_all(conn)
            conn.execute(tables.schema_version.update().values(version=known))
