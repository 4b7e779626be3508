"""The question at start: has anybody seen more of my journal than I have? Asked in till.db, answered in link.db."""

import msgspec

from retail_core.durable.engine import Connection
from retail_core.durable.migrate import Step
from retail_core.wire.envelope import Head

START_ASK_STEP: Step = (
    """CREATE TABLE start_ask (
        one INTEGER PRIMARY KEY CHECK (one = 1), ask_id TEXT NOT NULL, epoch TEXT NOT NULL, at_ms INTEGER NOT NULL)""",
)
_KIND, _KEY = "start", "answer"


class StartAsk(msgspec.Struct, frozen=True):
    """Asked by a till that has just opened its file, about the stream it would go on with."""

    ask_id: str
    epoch: str
    at_ms: int


class SeenHead(msgspec.Struct, frozen=True):
    """How far somebody has the stream."""

    seq: int
    chain_hash: str

    @property
    def head(self) -> Head:
        return Head(self.seq, bytes.fromhex(self.chain_hash))


class StartAnswer(msgspec.Struct, frozen=True):
    """What those who could be asked in time have of it; empty when nobody could."""

    ask_id: str
    seen: tuple[SeenHead, ...] = ()


def put_start_ask(conn: Connection, ask: StartAsk) -> None:
    """Inside the till's transaction."""
    conn.execute(
        "INSERT OR REPLACE INTO start_ask (one, ask_id, epoch, at_ms) VALUES (1,?,?,?)",
        (ask.ask_id, ask.epoch, ask.at_ms),
    )


def start_ask(conn: Connection) -> StartAsk | None:
    """The newest; None while the till's file is an older program's."""
    if conn.execute("SELECT 1 FROM sqlite_schema WHERE name = 'start_ask'").fetchone() is None:
        return None
    row = conn.execute("SELECT ask_id, epoch, at_ms FROM start_ask").fetchone()
    return StartAsk(*row) if row else None


def put_start_answer(conn: Connection, answer: StartAnswer) -> None:
    """Inside the agent's transaction."""
    doc = msgspec.json.encode(answer)
    conn.execute("INSERT OR REPLACE INTO document (kind, key, doc) VALUES (?,?,?)", (_KIND, _KEY, doc))


def start_answer(conn: Connection, ask_id: str) -> StartAnswer | None:
    """None while this question has no answer."""
    row = conn.execute("SELECT doc FROM document WHERE kind = ? AND key = ?", (_KIND, _KEY)).fetchone()
    found = msgspec.json.decode(row[0], type=StartAnswer) if row else None
    return found if found and found.ask_id == ask_id else None
