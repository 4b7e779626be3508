"""The print spool: a job is written with the sale and printed later; no printer fault ever reaches the sale."""

from collections.abc import Sequence
from enum import StrEnum
from types import MappingProxyType

import msgspec

from retail_core.domain.errors import InvariantError
from retail_core.durable.engine import Connection

MAX_TRIES = 20  # times it was really sent: a printer that is off or out of paper uses none up
MAX_SHOWN = 100
KEPT_JOBS = 20_000  # a fortnight of a busy till: so long a receipt can be printed again


class JobState(StrEnum):
    QUEUED = "QUEUED"
    SENT = "SENT"
    CONFIRMED = "CONFIRMED"
    UNKNOWN = "UNKNOWN"  # bytes went out and nobody said whether they became paper
    CANCELLED = "CANCELLED"


class JobAction(StrEnum):
    SEND = "send"
    CONFIRM = "confirm"
    DOUBT = "doubt"
    RETURN = "return"  # nothing was sent; it waits again
    CANCEL = "cancel"
    RETRY = "retry"  # somebody asks for it although it was tried too often


TRANSITIONS = MappingProxyType(
    {
        (JobState.QUEUED, JobAction.SEND): JobState.SENT,
        (JobState.SENT, JobAction.CONFIRM): JobState.CONFIRMED,
        (JobState.SENT, JobAction.DOUBT): JobState.UNKNOWN,
        (JobState.SENT, JobAction.RETURN): JobState.QUEUED,
        (JobState.QUEUED, JobAction.CANCEL): JobState.CANCELLED,
        (JobState.UNKNOWN, JobAction.CANCEL): JobState.CANCELLED,  # somebody looked at the paper, or printed a copy
        (JobState.QUEUED, JobAction.RETRY): JobState.QUEUED,
    }
)
RECEIPT, INVOICE = "receipt", "invoice"
REPORT = "report"  # an X, a Z or a day's close


class PrintJob(msgspec.Struct, frozen=True):
    job: int
    kind: str
    subject: str
    document: bytes
    state: JobState
    tries: int
    reason: str = ""
    at_ms: int = 0
    fact: bytes = b""  # of a receipt on its way to paper: its sale as the journal has it, which its code is made of
    sold_ms: int = 0
    private: bytes = b""  # of an invoice on its way to paper: its buyer, unless that was erased

    @property
    def stuck(self) -> bool:
        """It waits, but is not tried any more by itself."""
        return self.state is JobState.QUEUED and self.tries >= MAX_TRIES


_COLUMNS = "job, kind, subject, document, state, tries, reason, at_ms"


def put_job(conn: Connection, kind: str, subject: str, document: bytes, at_ms: int) -> None:
    """Queue a job inside the caller's transaction."""
    conn.execute(
        "INSERT INTO spool (kind, subject, document, state, at_ms) VALUES (?,?,?,'QUEUED',?)",
        (kind, subject, document, at_ms),
    )


def next_job(conn: Connection) -> PrintJob | None:
    """The oldest job that waits and was not tried too often; one that was holds up nobody."""
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM spool WHERE state = 'QUEUED' AND tries < ? ORDER BY job LIMIT 1",  # noqa: S608
        (MAX_TRIES,),
    ).fetchone()
    return _job(row) if row else None


def open_jobs(conn: Connection) -> Sequence[PrintJob]:
    """What a person may have to deal with: what waits, then what nobody knows the end of, each the newest first.

    No more than MAX_SHOWN. A printer that never answers leaves every receipt in doubt; they hide none that waits.
    """
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM spool WHERE state IN ('QUEUED', 'UNKNOWN')"  # noqa: S608
        " ORDER BY state = 'QUEUED' DESC, job DESC LIMIT ?",
        (MAX_SHOWN,),
    )
    return [_job(row) for row in rows]


def job_of(conn: Connection, subject: str = "") -> PrintJob | None:
    """The newest receipt of this number; of any number when none is given."""
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM spool WHERE kind = ? AND ? IN ('', subject) ORDER BY job DESC LIMIT 1",  # noqa: S608
        (RECEIPT, subject),
    ).fetchone()
    return _job(row) if row else None


def _job(row: tuple[int, str, str, bytes, str, int, str, int]) -> PrintJob:
    job, kind, subject, document, state, tries, reason, at_ms = row
    return PrintJob(job, kind, subject, document, JobState(state), tries, reason, at_ms)


def move_job(conn: Connection, job: int, action: JobAction, reason: str = "") -> JobState:
    """One step of a job's life. Raises InvariantError `spool.illegal_move`."""
    row = conn.execute("SELECT state FROM spool WHERE job = ?", (job,)).fetchone()
    state = TRANSITIONS.get((JobState(row[0]), action)) if row else None
    if state is None:
        raise InvariantError("spool.illegal_move", job=job, action=action.value)
    counted = {JobAction.SEND: "tries + 1", JobAction.RETURN: "max(0, tries - 1)", JobAction.RETRY: "0"}.get(
        action, "tries"
    )
    conn.execute(
        f"UPDATE spool SET state = ?, reason = ?, tries = {counted} WHERE job = ?",  # noqa: S608 - one of our own words
        (state.value, reason[:200], job),
    )
    return state


def doubt_interrupted(conn: Connection) -> int:
    """At the start: a job that was being sent may or may not be paper. Returns how many there were.

    Jobs that no longer wait are forgotten when KEPT_JOBS newer ones have come; the sales are in the journal.
    """
    conn.execute(
        "DELETE FROM spool WHERE state NOT IN ('QUEUED', 'SENT') AND job <= (SELECT max(job) FROM spool) - ?",
        (KEPT_JOBS,),
    )
    return conn.execute("UPDATE spool SET state = 'UNKNOWN', reason = 'restart' WHERE state = 'SENT'").rowcount


def counts(conn: Connection) -> dict[JobState, int]:
    """How many jobs are in each state."""
    rows = conn.execute("SELECT state, count(*) FROM spool GROUP BY state")
    return {JobState(state): number for state, number in rows}
