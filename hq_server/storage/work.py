"""Exception cases (somebody must look at this) and jobs (long work that shows how far it is)."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, Row, delete, func, literal, select, update

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import exception_case, job
from retail_core.domain.cases import CaseKind, CaseState, ExceptionCase
from retail_core.domain.jobs import Job, JobState

KEPT_JOBS_MS = 7 * 86_400_000


def open_cases(unit: Unit, cases: Sequence[ExceptionCase]) -> None:
    """Open cases; a subject that already has an open case of the same kind gets no second one."""
    rows = [
        {
            "store": case.store, "case_id": case.case_id, "kind": case.kind.value, "subject": case.subject[:200],
            "evidence": msgspec.json.encode(case.evidence), "value_minor": case.value_minor,
            "state": case.state.value, "opened_ms": case.opened_ms, "changed_ms": case.opened_ms,
            "dedupe": _dedupe(case.kind.value, case.subject),
        }
        for case in cases
    ]  # fmt: skip
    bulk.insert_new(unit, exception_case, rows)


def case_of(unit: Unit, store: str, case_id: str) -> ExceptionCase | None:
    """One case, held until the end of the transaction."""
    here = (exception_case.c.store == store) & (exception_case.c.case_id == case_id)
    row = unit.conn.execute(select(exception_case).where(here).with_for_update()).one_or_none()
    return None if row is None else _case(row)


def cases_about(unit: Unit, kind: CaseKind, store: str, subject: str) -> Sequence[ExceptionCase]:
    """The open case of a kind about a subject, none or one, held until the end of the transaction."""
    here = (exception_case.c.store == store) & (exception_case.c.dedupe == _dedupe(kind.value, subject))
    return [_case(row) for row in unit.conn.execute(select(exception_case).where(here).with_for_update())]


def set_case_state(unit: Unit, case: ExceptionCase, state: CaseState, now_ms: int) -> None:
    """A closed case no longer keeps its subject from getting a new one."""
    dedupe = f"closed:{case.case_id}" if state is CaseState.CLOSED else _dedupe(case.kind.value, case.subject)
    here = (exception_case.c.store == case.store) & (exception_case.c.case_id == case.case_id)
    unit.conn.execute(update(exception_case).where(here).values(state=state.value, changed_ms=now_ms, dedupe=dedupe))


def set_evidence(unit: Unit, case: ExceptionCase, evidence: Mapping[str, str | int]) -> None:
    here = (exception_case.c.store == case.store) & (exception_case.c.case_id == case.case_id)
    unit.conn.execute(update(exception_case).where(here).values(evidence=msgspec.json.encode(evidence)))


def close_subjects(unit: Unit, store: str, kind: CaseKind, subjects: Sequence[str], now_ms: int) -> None:
    """Close the open cases of one kind about these subjects: what has happened since has answered them."""
    at = exception_case.c
    closed = {"state": CaseState.CLOSED.value, "changed_ms": now_ms, "dedupe": literal("closed:").concat(at.case_id)}
    for start in range(0, len(subjects), bulk.MAX_IN):
        known = [_dedupe(kind.value, subject) for subject in subjects[start : start + bulk.MAX_IN]]
        unit.conn.execute(update(exception_case).where(at.store == store, at.dedupe.in_(known)).values(closed))


def cases(conn: Connection, *, state: CaseState | None, store: str | None, limit: int) -> Sequence[ExceptionCase]:
    """Newest first; without a state everything that is not closed."""
    asked = select(exception_case).order_by(exception_case.c.opened_ms.desc(), exception_case.c.case_id).limit(limit)
    wanted = exception_case.c.state
    asked = asked.where(wanted == state.value if state else wanted != CaseState.CLOSED.value)
    if store is not None:
        asked = asked.where(exception_case.c.store == store)
    return [_case(row) for row in conn.execute(asked)]


def count_cases(conn: Connection) -> dict[str, int]:
    """Cases that are not closed, by kind."""
    rows = conn.execute(
        select(exception_case.c.kind, func.count())
        .where(exception_case.c.state != CaseState.CLOSED.value)
        .group_by(exception_case.c.kind)
    )
    return {kind: int(count) for kind, count in rows}


def put_job(unit: Unit, one: Job, now_ms: int) -> None:
    row = {
        "job_id": one.job_id, "kind": one.kind, "state": one.state.value, "done": one.done, "total": one.total,
        "tries": one.tries, "error": one.error[:300], "changed_ms": now_ms,
    }  # fmt: skip
    bulk.put(unit, job, [row])


def jobs(conn: Connection, limit: int) -> Sequence[Job]:
    """Newest first."""
    return [_job(row) for row in conn.execute(select(job).order_by(job.c.changed_ms.desc(), job.c.job_id).limit(limit))]


def last_done_ms(conn: Connection, kind: str) -> int:
    """When the last one of this kind was done; 0 when none was."""
    done = select(func.max(job.c.changed_ms)).where(job.c.kind == kind, job.c.state == JobState.DONE.value)
    return int(conn.execute(done).scalar() or 0)


def fail_running(unit: Unit, now_ms: int) -> int:
    """At start: what ran when the last process ended will not go on by itself. Returns how many."""
    running = update(job).where(job.c.state == JobState.RUNNING.value)
    return unit.conn.execute(running.values(state="failed", error="job.interrupted", changed_ms=now_ms)).rowcount


def drop_old_jobs(unit: Unit, now_ms: int) -> None:
    unit.conn.execute(delete(job).where(job.c.changed_ms < now_ms - KEPT_JOBS_MS))


def _dedupe(kind: str, subject: str) -> str:
    return f"{kind}:{subject}"[:240]


def _case(row: Row[tuple[object, ...]]) -> ExceptionCase:
    evidence = msgspec.json.decode(row.evidence, type=dict[str, str | int])
    return ExceptionCase(
        row.case_id, CaseKind(row.kind), row.subject, evidence, row.value_minor, CaseState(row.state), row.store,
        row.opened_ms,
    )  # fmt: skip


def _job(row: Row[tuple[object, ...]]) -> Job:
    return Job(row.job_id, row.kind, JobState(row.state), row.done, row.total, row.tries, row.error)
