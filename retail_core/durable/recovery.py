"""A lost machine, as till and agent speak of it: what the till asks in till.db, and what the agent answers in link.db."""

from enum import StrEnum

import msgspec

from retail_core.durable.engine import Connection
from retail_core.durable.migrate import Step
from retail_core.wire.recovery import SeenSeries

SALVAGE_ASK_STEP: Step = (
    """CREATE TABLE salvage_ask (
        ask_id TEXT PRIMARY KEY, what TEXT NOT NULL, folder TEXT NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID""",
)
KEEP_ASKS_MS = 600_000
MAX_FOLDER_CHARS = 400
_KIND, _SALVAGE, _LOST = "recovery", "salvage", "lost"


class SalvageAct(StrEnum):
    """What the till asks of the agent beside it."""

    LOOK = "look"  # what was seen of the machines that stood here before, and which disks are plugged in
    READ = "read"  # read a folder and say what of it head office lacks
    SEND = "send"  # a manager has agreed: send it
    STOP = "stop"


class SalvageStage(StrEnum):
    COPYING = "copying"
    CHECKING = "checking"
    COMPARING = "comparing"
    READY = "ready"  # a manager decides
    SENDING = "sending"
    DONE = "done"
    KEYS_WANTED = "keys_wanted"  # head office must release them
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def working(self) -> bool:
        return self in {SalvageStage.COPYING, SalvageStage.CHECKING, SalvageStage.COMPARING, SalvageStage.SENDING}


class SalvageDoc(msgspec.Struct, frozen=True, omit_defaults=True):
    """One recovered disk and how far it has come. `done` of `total`: bytes copied, records checked, compared or sent."""

    ask_id: str
    folder: str
    stage: SalvageStage
    done: int = 0
    total: int = 0
    register: str = ""
    machine: str = ""  # its agent's node, by which head office knows its keys
    entries: int = 0
    lacking: int = 0  # of them head office has none from anywhere
    receipts: tuple[str, ...] = ()  # the first of those, by number
    bad: str = ""  # the first record that is not as it was written, in the checker's words
    code: str = ""
    sent: int = 0
    agreed: bool = False  # a manager said that it goes up


class DiskFound(msgspec.Struct, frozen=True):
    """A folder of a machine of this store on a disk that is plugged in."""

    folder: str
    register: str


class LostDoc(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of the machines that stood at this register before. `at_hq` is None while head office is away."""

    ask_id: str
    at_hq: tuple[SeenSeries, ...] | None = None
    in_store: tuple[SeenSeries, ...] = ()
    disks: tuple[DiskFound, ...] = ()


class SalvageAsk(msgspec.Struct, frozen=True):
    ask_id: str
    what: SalvageAct
    folder: str
    at_ms: int


# ── the till ─────────────────────────────────────────────────────────────────────────────────────


def put_salvage_ask(conn: Connection, ask: SalvageAsk) -> None:
    """Ask, inside the caller's transaction; what is long answered goes."""
    conn.execute("DELETE FROM salvage_ask WHERE at_ms < ?", (ask.at_ms - KEEP_ASKS_MS,))
    conn.execute(
        "INSERT INTO salvage_ask (ask_id, what, folder, at_ms) VALUES (?,?,?,?)",
        (ask.ask_id, ask.what.value, ask.folder[:MAX_FOLDER_CHARS], ask.at_ms),
    )


def read_salvage(conn: Connection) -> SalvageDoc | None:
    """The disk that was read last; None when there never was one."""
    row = _document(conn, _SALVAGE)
    return msgspec.json.decode(row, type=SalvageDoc) if row else None


def read_lost(conn: Connection) -> LostDoc | None:
    row = _document(conn, _LOST)
    return msgspec.json.decode(row, type=LostDoc) if row else None


# ── the agent ────────────────────────────────────────────────────────────────────────────────────


def salvage_asks(conn: Connection, after_ms: int) -> list[SalvageAsk]:
    """What the till has asked since, in its order; none while its file is an older program's."""
    if conn.execute("SELECT 1 FROM sqlite_schema WHERE name = 'salvage_ask'").fetchone() is None:
        return []
    rows = conn.execute(
        "SELECT ask_id, what, folder, at_ms FROM salvage_ask WHERE at_ms > ? ORDER BY at_ms, ask_id", (after_ms,)
    )
    return [SalvageAsk(ask_id, SalvageAct(what), folder, at_ms) for ask_id, what, folder, at_ms in rows]


def put_salvage(conn: Connection, doc: SalvageDoc) -> None:
    _put(conn, _SALVAGE, msgspec.json.encode(doc))


def put_lost(conn: Connection, doc: LostDoc) -> None:
    _put(conn, _LOST, msgspec.json.encode(doc))


def _put(conn: Connection, key: str, doc: bytes) -> None:
    conn.execute("INSERT OR REPLACE INTO document (kind, key, doc) VALUES (?,?,?)", (_KIND, key, doc))


def _document(conn: Connection, key: str) -> bytes | None:
    row = conn.execute("SELECT doc FROM document WHERE kind = ? AND key = ?", (_KIND, key)).fetchone()
    return row[0] if row else None
