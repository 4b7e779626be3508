"""This till's own moves of gift cards, credit, points and accounts, each once."""

from collections.abc import Sequence

import msgspec

from retail_core.domain.ids import InstrumentId
from retail_core.domain.value import OwnMove, ValueFact, ValueMoved
from retail_core.durable.engine import Connection
from retail_core.wire.envelope import Entry

_PUT = (
    "INSERT INTO value_move (move_id, instrument, stream, seq, delta, issue) VALUES (?,?,?,?,?,?)"  # one id, one move
)


def known(conn: Connection, move_id: str) -> bool:
    """True when this move was made already."""
    return conn.execute("SELECT 1 FROM value_move WHERE move_id = ?", (move_id,)).fetchone() is not None


def move(conn: Connection, move_id: str) -> tuple[InstrumentId, int] | None:
    """Which instrument a move of this till was on, and what it added; None when it was never made."""
    row = conn.execute("SELECT instrument, delta FROM value_move WHERE move_id = ?", (move_id,)).fetchone()
    return (InstrumentId(row[0]), row[1]) if row else None


def put(conn: Connection, entry: Entry, move: ValueMoved) -> None:
    """Keep a move beside its journal entry, in the same transaction."""
    issue = msgspec.json.encode(move) if move.what is ValueFact.ISSUED else None
    stream = f"{entry.node}/{entry.epoch}"
    conn.execute(_PUT, (move.move_id, move.instrument, stream, entry.seq, move.delta, issue))


def of(conn: Connection, instrument: InstrumentId) -> tuple[Sequence[OwnMove], ValueMoved | None]:
    """What this till moved of an instrument, and its issue if that was here."""
    rows = conn.execute(
        "SELECT stream, seq, delta, issue FROM value_move WHERE instrument = ?", (instrument,)
    ).fetchall()
    issue = next((msgspec.json.decode(row[3], type=ValueMoved) for row in rows if row[3]), None)
    return [OwnMove(stream, seq, delta) for stream, seq, delta, _ in rows], issue
