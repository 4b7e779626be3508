"""Drawer sessions at rest: the open one with its running totals, movements, Z numbers and closed days."""

from collections.abc import Sequence

import msgspec

from retail_core.domain.drawer import DrawerSession, MoveKind, SessionState
from retail_core.domain.drawer_events import DayClosed
from retail_core.durable.engine import Connection

MAX_MOVES = 500
KEPT_SESSIONS = 60
_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(DrawerSession).decode
_UPDATE = "UPDATE drawer_session SET data = ? WHERE session_id = ?"  # names no indexed column: one page of the file
_NEXT_Z = (
    "INSERT INTO z_counter (series, next) VALUES (?, 2)"
    " ON CONFLICT (series) DO UPDATE SET next = next + 1 RETURNING next - 1"
)


class Move(msgspec.Struct, frozen=True):
    """One movement, with who and why."""

    act_id: str
    kind: MoveKind
    amount_minor: int
    at_ms: int
    operator: str
    reason: str


class Closed(msgspec.Struct, frozen=True):
    """A session that is over: its Z number as printed, and the report as it was."""

    session: DrawerSession
    z_number: str
    z: bytes


def read_open(conn: Connection, drawer: str) -> DrawerSession | None:
    """The session that goes on."""
    row = conn.execute("SELECT data FROM drawer_session WHERE drawer = ? AND state <> 'closed'", (drawer,)).fetchone()
    return _DECODE(row[0]) if row else None


def begin(conn: Connection, session: DrawerSession) -> None:
    """A new session, inside the caller's transaction; what comes after it in the journal is told apart by `opened_n`."""
    conn.execute(
        "INSERT INTO drawer_session (session_id, drawer, biz_date, state, data, opened_n)"
        " VALUES (?,?,?,?,?, (SELECT coalesce(max(n), 0) FROM event))",
        (session.session_id, session.drawer, session.biz_date, session.state.value, _ENCODE(session)),
    )


def keep(conn: Connection, session: DrawerSession) -> None:
    """The session as it is now: one statement, whatever happened."""
    conn.execute(_UPDATE, (_ENCODE(session), session.session_id))


def close(conn: Connection, session: DrawerSession, z_number: str, z: bytes) -> None:
    """The session's end and its report."""
    conn.execute(
        "UPDATE drawer_session SET state = ?, data = ?, z_number = ?, z = ? WHERE session_id = ?",
        (SessionState.CLOSED.value, _ENCODE(session), z_number, z, session.session_id),
    )


def next_z(conn: Connection, series: str) -> int:
    """The next number; it is used up only if the surrounding transaction commits."""
    return conn.execute(_NEXT_Z, (series,)).fetchone()[0]


def closed(conn: Connection, session_id: str) -> Closed | None:
    """A closed session by its id."""
    row = conn.execute(
        "SELECT data, z_number, z FROM drawer_session WHERE session_id = ? AND state = 'closed'", (session_id,)
    ).fetchone()
    return Closed(_DECODE(row[0]), row[1], bytes(row[2])) if row else None


def sessions_of(conn: Connection, biz_date: str) -> Sequence[tuple[DrawerSession, str]]:
    """Sessions of a trading day with their Z numbers (empty while open), in the order they were opened."""
    rows = conn.execute(
        "SELECT data, coalesce(z_number, '') FROM drawer_session WHERE biz_date = ? ORDER BY opened_n, session_id",
        (biz_date,),
    )
    return [(_DECODE(data), z_number) for data, z_number in rows]


def newest_closed(conn: Connection, limit: int = KEPT_SESSIONS) -> Sequence[Closed]:
    """The last Z reports, the newest first."""
    rows = conn.execute(
        "SELECT data, z_number, z FROM drawer_session WHERE state = 'closed' ORDER BY opened_n DESC LIMIT ?", (limit,)
    )
    return [Closed(_DECODE(data), z_number, bytes(z)) for data, z_number, z in rows]


def last_date(conn: Connection) -> str | None:
    """The trading day of the newest session."""
    return conn.execute("SELECT max(biz_date) FROM drawer_session").fetchone()[0]


def opened_n(conn: Connection, session_id: str) -> int:
    """How many entries the journal had when the session began."""
    row = conn.execute("SELECT opened_n FROM drawer_session WHERE session_id = ?", (session_id,)).fetchone()
    return row[0] if row else 0


# ── movements ────────────────────────────────────────────────────────────────────────────────────


def put_move(conn: Connection, session_id: str, move: Move) -> None:
    conn.execute(
        "INSERT INTO drawer_move (act_id, session_id, kind, amount_minor, at_ms, operator, reason) VALUES (?,?,?,?,?,?,?)",
        (move.act_id, session_id, move.kind.value, move.amount_minor, move.at_ms, move.operator, move.reason),
    )


def has_move(conn: Connection, act_id: str) -> bool:
    """True when this very act was written already."""
    return conn.execute("SELECT 1 FROM drawer_move WHERE act_id = ?", (act_id,)).fetchone() is not None


def moves_of(conn: Connection, session_id: str) -> Sequence[Move]:
    """The newest first."""
    rows = conn.execute(
        "SELECT act_id, kind, amount_minor, at_ms, operator, reason FROM drawer_move WHERE session_id = ?"
        " ORDER BY at_ms DESC, act_id DESC LIMIT ?",
        (session_id, MAX_MOVES),
    )
    return [Move(act, MoveKind(kind), minor, at, operator, reason) for act, kind, minor, at, operator, reason in rows]


# ── days ─────────────────────────────────────────────────────────────────────────────────────────


def put_day(conn: Connection, day: DayClosed) -> None:
    conn.execute(
        "INSERT INTO day_close (biz_date, n, data) VALUES (?,?,?)", (day.biz_date, day.n, msgspec.json.encode(day))
    )


def day_of(conn: Connection, biz_date: str) -> DayClosed | None:
    """The newest close of a trading day."""
    row = conn.execute("SELECT data FROM day_close WHERE biz_date = ? ORDER BY n DESC LIMIT 1", (biz_date,)).fetchone()
    return msgspec.json.decode(row[0], type=DayClosed) if row else None
