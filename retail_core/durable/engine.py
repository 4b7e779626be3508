"""Open a keyed SQLite file the one right way, and say in shop terms what is wrong when it cannot be opened.

Every file: SQLCipher with a raw 256-bit key, WAL, synchronous=FULL, foreign keys, freed pages overwritten. One writer
per file; everybody else opens it read-only. Refuses SQLite below 3.51.3 (a WAL race there can lose commits when two
connections use one file).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import sqlcipher3.dbapi2 as sqlite

from retail_core.domain.errors import EnvironmentFault

Connection = sqlite.Connection
Cursor = sqlite.Cursor
IntegrityError = sqlite.IntegrityError
"""What a table's own rule refuses; for a caller who can say in shop words what it was."""

LEAST_SQLITE = (3, 51, 3)
BUSY_TIMEOUT_MS = 5_000
KEY_BYTES = 32
CACHED_STATEMENTS = 256
DEFAULT_CACHE_KIB = 8 * 1024

FAULT_CODES = MappingProxyType(
    {
        5: "db.in_use",
        6: "db.in_use",
        8: "db.read_only",
        10: "disk.failing",
        11: "db.damaged",
        13: "disk.full",
        14: "db.cannot_open",
        26: "db.damaged",
    }
)
"""Primary SQLite result codes that are the surroundings' fault; any other error is ours and is raised as it is."""


def fault_of(error: sqlite.Error, path: Path | None = None) -> EnvironmentFault | None:
    """The surroundings' fault behind a driver error, or None when it is a bug of ours."""
    number = getattr(error, "sqlite_errorcode", None)
    code = FAULT_CODES.get(number & 0xFF) if isinstance(number, int) else None
    return EnvironmentFault(code, file=path.name if path else None) if code else None


@contextmanager
def faults(path: Path | None = None) -> Iterator[None]:
    """Turn driver errors that somebody can repair into EnvironmentFault with a stable code."""
    try:
        yield
    except sqlite.Error as error:
        fault = fault_of(error, path)
        if fault is None:
            raise
        raise fault from error


def check_driver(version: tuple[int, ...] = sqlite.sqlite_version_info) -> None:
    """Raises EnvironmentFault `db.sqlite_too_old`."""
    if version < LEAST_SQLITE:
        found = ".".join(map(str, version))
        raise EnvironmentFault("db.sqlite_too_old", found=found, least=".".join(map(str, LEAST_SQLITE)))


def open_rw(path: Path, key: bytes, *, any_thread: bool = False) -> Connection:
    """The writer's connection; makes the file when it is not there. Raises EnvironmentFault `db.*` or `disk.*`."""
    conn = _connect(f"file:{_quoted(path)}?mode=rwc", path, key, any_thread=any_thread)
    with _closing_on_fault(conn, path):
        if conn.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute("PRAGMA foreign_keys = ON")
        conn.execute("PRAGMA secure_delete = ON")
        conn.execute("PRAGMA recursive_triggers = ON")  # or REPLACE would delete past the append-only triggers
    path.chmod(0o640)
    return conn


def open_new(path: Path, key: bytes) -> Connection:
    """A file that is written once by one program and read-only from then on: no log beside it, durable at each commit."""
    path.unlink(missing_ok=True)
    conn = _connect(f"file:{_quoted(path)}?mode=rwc", path, key, any_thread=True)
    with _closing_on_fault(conn, path):
        conn.execute("PRAGMA journal_mode = MEMORY")  # a half-written one is thrown away, never gone on with
        conn.execute("PRAGMA synchronous = FULL")
    return conn


def open_ro(path: Path, key: bytes, *, any_thread: bool = False, cache_kib: int = DEFAULT_CACHE_KIB) -> Connection:
    """A reader's connection: sees every commit of the writer, can change nothing.

    `cache_kib` bounds the decrypted pages it keeps in memory.
    """
    if not path.exists():
        raise EnvironmentFault("db.missing", file=path.name)
    conn = _connect(f"file:{_quoted(path)}?mode=ro", path, key, any_thread=any_thread)
    with _closing_on_fault(conn, path):
        conn.execute("PRAGMA query_only = ON")
        conn.execute(f"PRAGMA cache_size = {-cache_kib}")
    return conn


@contextmanager
def transaction(conn: Connection, path: Path | None = None) -> Iterator[None]:
    """BEGIN IMMEDIATE … COMMIT; rolled back whole on any error. When it returns, the change is durable."""
    with faults(path):
        conn.execute("BEGIN IMMEDIATE")
        try:
            yield
            conn.execute("COMMIT")
        except BaseException:
            if conn.in_transaction:
                conn.execute("ROLLBACK")
            raise


def _connect(uri: str, path: Path, key: bytes, *, any_thread: bool) -> Connection:
    check_driver()
    if len(key) != KEY_BYTES:
        raise EnvironmentFault("key.wrong_length", file=path.name)
    with faults(path):
        conn = sqlite.connect(
            uri,
            uri=True,
            isolation_level=None,
            check_same_thread=not any_thread,
            cached_statements=CACHED_STATEMENTS,
            timeout=BUSY_TIMEOUT_MS / 1000,
        )
    with _closing_on_fault(conn, path):
        conn.execute("PRAGMA cipher_log_level = NONE")
        conn.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        conn.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return conn


@contextmanager
def _closing_on_fault(conn: Connection, path: Path) -> Iterator[None]:
    try:
        with faults(path):
            yield
    except BaseException:
        conn.close()
        raise


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
