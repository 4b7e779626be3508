"""Card payments as they were asked for and answered: written before the first byte goes to the terminal."""

from collections.abc import Sequence

import msgspec

from retail_core.domain.errors import InvariantError
from retail_core.domain.payments import TRANSITIONS, Act, PaymentRecord, Stage, Step
from retail_core.durable.engine import Connection

RECENT_MS = 100 * 86_400_000  # a terminal counts its traces to 999,999 and begins again
_COLUMNS = "tender_id, act, stage, amount_minor, currency, at_ms, approved_minor, trace, receipt, masked_card, card_name, reason"


def begin(conn: Connection, record: PaymentRecord) -> None:
    """A new tender inside the caller's transaction. Raises InvariantError `payment.begun_twice`."""
    if find(conn, record.tender_id) is not None:
        raise InvariantError("payment.begun_twice", tender=record.tender_id)
    conn.execute(f"INSERT INTO payment ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", _row(record))  # noqa: S608


def move(conn: Connection, tender_id: str, step: Step, facts: PaymentRecord | None = None) -> PaymentRecord:
    """One step of a payment's life. Raises InvariantError `payment.unknown` or `payment.illegal_move`."""
    known = find(conn, tender_id)
    if known is None:
        raise InvariantError("payment.unknown", tender=tender_id)
    stage = TRANSITIONS.get((known.stage, step))
    if stage is None:
        raise InvariantError("payment.illegal_move", tender=tender_id, stage=known.stage.value, step=step.value)
    moved = msgspec.structs.replace(facts or known, stage=stage)
    conn.execute(f"INSERT OR REPLACE INTO payment ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", _row(moved))  # noqa: S608
    return moved


def find(conn: Connection, tender_id: str) -> PaymentRecord | None:
    row = conn.execute(f"SELECT {_COLUMNS} FROM payment WHERE tender_id = ?", (tender_id,)).fetchone()  # noqa: S608
    return _record(row) if row else None


def unsettled(conn: Connection) -> Sequence[PaymentRecord]:
    """Those nobody knows the end of, the oldest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM payment WHERE stage IN ('SENT', 'UNKNOWN', 'REVERSING') ORDER BY at_ms"  # noqa: S608
    )
    return [_record(row) for row in rows]


def owner_of(conn: Connection, trace: int, now_ms: int) -> str | None:
    """The tender with this trace number of the terminal, the newest first."""
    row = conn.execute(
        "SELECT tender_id FROM payment WHERE trace = ? AND trace > 0 AND at_ms > ? ORDER BY at_ms DESC LIMIT 1",
        (trace, now_ms - RECENT_MS),
    ).fetchone()
    return row[0] if row else None


def latest(conn: Connection, now_ms: int) -> str | None:
    """The tender with the newest trace number known, or None."""
    row = conn.execute(
        "SELECT tender_id FROM payment WHERE trace > 0 AND at_ms > ? ORDER BY at_ms DESC, trace DESC LIMIT 1",
        (now_ms - RECENT_MS,),
    ).fetchone()
    return row[0] if row else None


def _row(record: PaymentRecord) -> tuple[object, ...]:
    return (
        record.tender_id, record.act.value, record.stage.value, record.amount_minor, record.currency, record.at_ms,
        record.approved_minor, record.trace, record.receipt, record.masked_card, record.card_name, record.reason,
    )  # fmt: skip


def _record(row: tuple[str, str, str, int, str, int, int, int, int, str, str, str]) -> PaymentRecord:
    return PaymentRecord(
        row[0], Act(row[1]), Stage(row[2]), row[3], row[4], row[5], row[6], row[7], row[8], row[9], row[10], row[11]
    )
