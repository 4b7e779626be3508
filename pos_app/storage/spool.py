"""The print spool: a job is written with the sale and printed later; no printer fault ever reaches the sale."""

from enum import StrEnum
from types import MappingProxyType

import msgspec

from retail_core.domain.errors import InvariantError
from retail_core.durable.engine import Connection

MAX_TRIES = 20
KEPT_DONE_JOBS = 2_000


class JobState(StrEnum):
    QUEUED = "QUEUED"
    SENT = "SENT"
    CONFIRMED = "CONFIRMED"
    UNKNOWN = "UNKNOWN"  # bytes went out and nobody said whether they became paper


class JobAction(StrEnum):
    SEND = "send"
    CONFIRM = "confirm"
    DOUBT = "doubt"
    RETURN = "return"  # nothing was sent; it waits again


TRANSITIONS = MappingProxyType(
    {
        (JobState.QUEUED, JobAction.SEND): JobState.SENT,
        (JobState.SENT, JobAction.CONFIRM): JobState.CONFIRMED,
        (JobState.SENT, JobAction.DOUBT): JobState.UNKNOWN,
        (JobState.SENT, JobAction.RETURN): JobState.QUEUED,
    }
)
RECEIPT = "receipt"


class PrintJob(msgspec.Struct, frozen=True):
    job: int
    kind: str
    subject: str
    document: bytes
    state: JobState
    tries: int


def put_job(conn: Connection, kind: str, subject: str, document: bytes, at_ms: int) -> None:
    """Queue a job inside the caller's transaction."""
    conn.execute(
        "INSERT INTO spool (kind, subject, document, state, at_ms) VALUES (?,?,?,'QUEUED',?)",
        (kind, subject, document, at_ms),
    )


def next_job(conn: Connection) -> PrintJob | None:
    """The oldest job that waits."""
    row = conn.execute(
        "SELECT job, kind, subject, document, state, tries FROM spool WHERE state = 'QUEUED' ORDER BY job LIMIT 1"
    ).fetchone()
    return PrintJob(row[0], row[1], row[2], row[3], JobState(row[4]), row[5]) if row else None


def move_job(conn: Connection, job: int, action: JobAction, reason: str = "") -> JobState:
    """One step of a job's life. Raises InvariantError `spool.illegal_move`."""
    row = conn.execute("SELECT state FROM spool WHERE job = ?", (job,)).fetchone()
    state = TRANSITIONS.get((JobState(row[0]), action)) if row else None
    if state is None:
        raise InvariantError("spool.illegal_move", job=job, action=action.value)
    conn.execute(
        "UPDATE spool SET state = ?, reason = ?, tries = tries + ? WHERE job = ?",
        (state.value, reason[:200], int(action is JobAction.SEND), job),
    )
    return state


def doubt_interrupted(conn: Connection) -> int:
    """After a crash: a job that was being sent may or may not be paper. Returns how many there were."""
    return conn.execute("UPDATE spool SET state = 'UNKNOWN', reason = 'restart' WHERE state = 'SENT'").rowcount


def counts(conn: Connection) -> dict[JobState, int]:
    """How many jobs are in each state."""
    rows = conn.execute("SELECT state, count(*) FROM spool GROUP BY state")
    return {JobState(state): number for state, number in rows}
