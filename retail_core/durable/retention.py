"""When an entry may leave its database for a segment: 35 days after head office had it, and what that means for a stream."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from retail_core.domain.keeping import LEGAL_TERM_YEARS
from retail_core.durable.engine import Connection
from retail_core.durable.link import LinkStatusDoc
from retail_core.durable.settings import SettingsDoc
from retail_core.wire.envelope import Head, StreamId

DAY_MS = 24 * 3_600_000
KEPT_MS = 35 * DAY_MS
"""An entry stays in its database for so long after head office is known to have it (promise R9)."""


TRUSTED_FOR_MS = DAY_MS
"""Nothing is deleted by a clock that head office has not answered within a day."""


class Duties(msgspec.Struct, frozen=True):
    """What is to be done at one database. Files of years before `drop_before` are past the legal term (0: none is)."""

    streams: Sequence["Duty"]
    drop_before: int = 0


class Duty(msgspec.Struct, frozen=True):
    """A stream that may be sealed up to `through`, but no entry above place `before_n` of the file (0: any).

    `base`: where a relay's copy begins. `final`: nothing follows, so a short segment is made as well.
    """

    stream: StreamId
    through: int
    base: Head = Head()
    before_n: int = 0
    final: bool = False


def note_acked(conn: Connection, stream: StreamId, through: int, now_ms: int) -> None:
    """Remember how far head office has a stream now, at most once a day, inside the caller's transaction.

    It may have gone back, as after a restore; what it lacks again has to wait again.
    """
    at = stream.node, stream.epoch
    conn.execute("DELETE FROM acked_day WHERE node = ? AND epoch = ? AND at_ms > ?", (*at, now_ms))  # a wrong clock's
    conn.execute(
        "UPDATE acked_day SET through = ? WHERE node = ? AND epoch = ? AND through > ?", (through, *at, through)
    )
    newest = conn.execute(
        "SELECT at_ms, through FROM acked_day WHERE node = ? AND epoch = ? ORDER BY at_ms DESC LIMIT 1", at
    ).fetchone()
    if through and (newest is None or (now_ms - newest[0] >= DAY_MS and through > newest[1])):
        conn.execute("INSERT INTO acked_day (node, epoch, at_ms, through) VALUES (?,?,?,?)", (*at, now_ms, through))


def ripe_through(conn: Connection, stream: StreamId, now_ms: int) -> int:
    """How far head office had a stream 35 days ago; words that are older than that one are forgotten."""
    row = conn.execute(
        "SELECT at_ms, through FROM acked_day WHERE node = ? AND epoch = ? AND at_ms <= ? ORDER BY at_ms DESC LIMIT 1",
        (stream.node, stream.epoch, now_ms - KEPT_MS),
    ).fetchone()
    if row is None:
        return 0
    conn.execute(
        "DELETE FROM acked_day WHERE node = ? AND epoch = ? AND at_ms < ?", (stream.node, stream.epoch, row[0])
    )
    return row[1]


def below_the_last(conn: Connection, stream: StreamId, head_seq: int) -> int:
    """The position below a stream's last own entry and its head, which stay: a journal goes on from them."""
    row = conn.execute(
        "SELECT s.seq FROM stream s JOIN event e ON e.id = s.id WHERE s.node = ? AND s.epoch = ? AND e.epoch = s.epoch"
        " ORDER BY s.seq DESC LIMIT 1",
        (stream.node, stream.epoch),
    ).fetchone()
    return min(row[0] if row else head_seq, head_seq) - 1


def drop_before_year(status: LinkStatusDoc, settings: SettingsDoc | None, now_ms: int) -> int:
    """Days of years before this one are past the legal term of the store; 0 while the date is not certain."""
    if not status.hq_contact_ms or abs(now_ms - status.hq_contact_ms) > TRUSTED_FOR_MS:
        return 0
    years = settings.keeping.journal_years if settings else LEGAL_TERM_YEARS
    return datetime.fromtimestamp((now_ms + status.hq_offset_ms) / 1000, UTC).year - years
