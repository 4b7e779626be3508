"""What a till says when it is up again after it stopped in the middle: its last sale, and what became of the receipt.

A till that was closed left no log of commits beside its file; one that was killed, or lost its power, did.
"""

from pathlib import Path

import msgspec

from pos_app.storage import spool
from pos_app.storage.spool import JobState
from retail_core.durable.engine import Connection

LOG_SUFFIX = "-wal"


class Resumed(msgspec.Struct, frozen=True):
    """The last sale that is on disk. `paper` is None when no receipt was wanted."""

    receipt: str
    total_minor: int
    currency: str
    paper: JobState | None


def stopped_short(file: Path) -> bool:
    """Ask before the file is opened: True when whoever wrote it last did not get to close it."""
    log = file.with_name(file.name + LOG_SUFFIX)
    return log.exists() and log.stat().st_size > 0


def last_sale(conn: Connection) -> Resumed | None:
    """A receipt that was on its way to paper then is in doubt."""
    row = conn.execute(
        "SELECT receipt, total_minor, currency FROM sale WHERE sale_id ="
        " (SELECT CAST(body AS TEXT) ->> '$.sale_id' FROM event WHERE type = 'sale.completed' ORDER BY n DESC LIMIT 1)"
    ).fetchone()
    if row is None:
        return None
    job = spool.job_of(conn, row[0])
    state = None if job is None else JobState.UNKNOWN if job.state is JobState.SENT else job.state
    receipt, total_minor, currency = row
    return Resumed(receipt, total_minor, currency, state)
