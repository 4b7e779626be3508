"""Card payments as they were asked for and answered: written before the first byte goes to the terminal."""

from collections.abc import Sequence

import msgspec

from retail_core.domain.errors import InvariantError
from retail_core.domain.payments import (
    MARKED_AS,
    TRANSITIONS,
    Act,
    LogEntry,
    Mark,
    PaymentRecord,
    Sort,
    Stage,
    Step,
)
from retail_core.durable.engine import Connection

MAX_LOG = 500  # what a doubt is judged by is seldom older than an hour
_COLUMNS = (
    "tender_id, act, stage, amount_minor, currency, at_ms, approved_minor, trace, receipt, masked_card, card_name, reason,"
    " terminal"
)
_PLACES = ",".join("?" * 13)


def begin(conn: Connection, record: PaymentRecord) -> None:
    """A new tender inside the caller's transaction. Raises InvariantError `payment.begun_twice`."""
    if find(conn, record.tender_id) is not None:
        raise InvariantError("payment.begun_twice", tender=record.tender_id)
    conn.execute(f"INSERT INTO payment ({_COLUMNS}) VALUES ({_PLACES})", _row(record))  # noqa: S608
    _note(conn, record.terminal, LogEntry(Sort.ASKED, record.tender_id))


def move(
    conn: Connection, tender_id: str, step: Step, facts: PaymentRecord | None = None, mark: Mark | None = None
) -> PaymentRecord:
    """One step of a payment's life. Raises InvariantError `payment.unknown` or `payment.illegal_move`."""
    known = find(conn, tender_id)
    if known is None:
        raise InvariantError("payment.unknown", tender=tender_id)
    stage = TRANSITIONS.get((known.stage, step))
    if stage is None:
        raise InvariantError("payment.illegal_move", tender=tender_id, stage=known.stage.value, step=step.value)
    moved = msgspec.structs.replace(facts or known, stage=stage)
    conn.execute(f"INSERT OR REPLACE INTO payment ({_COLUMNS}) VALUES ({_PLACES})", _row(moved))  # noqa: S608
    if step is Step.BEGIN_REVERSAL:
        _note(conn, moved.terminal, LogEntry(Sort.ASKED, tender_id))
    if mark is not None and mark.numbered:
        _note(conn, moved.terminal, LogEntry(MARKED_AS[step], tender_id, mark))
    return moved


def see(conn: Connection, terminal: str, mark: Mark) -> None:
    """Something the terminal did that is not ours, or was before us."""
    _note(conn, terminal, LogEntry(Sort.SEEN, "", mark))


def find(conn: Connection, tender_id: str) -> PaymentRecord | None:
    row = conn.execute(f"SELECT {_COLUMNS} FROM payment WHERE tender_id = ?", (tender_id,)).fetchone()  # noqa: S608
    return _record(row) if row else None


def unsettled(conn: Connection, terminal: str) -> Sequence[PaymentRecord]:
    """Those of a terminal nobody knows the end of, the oldest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM payment WHERE stage IN ('SENT', 'UNKNOWN', 'REVERSING') AND terminal = ?"  # noqa: S608
        " ORDER BY at_ms",
        (terminal,),
    )
    return [_record(row) for row in rows]


def of_sale(conn: Connection, sale_id: str) -> tuple[PaymentRecord, ...]:
    """Those asked for by a sale: their ids begin with its own. The oldest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM payment WHERE tender_id > ? AND tender_id < ? ORDER BY at_ms",  # noqa: S608
        (f"{sale_id}:", f"{sale_id};"),
    )
    return tuple(_record(row) for row in rows)


def log(conn: Connection, terminal: str) -> Sequence[LogEntry]:
    """The newest entries of a terminal's log, the newest last."""
    rows = conn.execute(
        "SELECT sort, tender_id, trace, receipt, terminal_id, stamp FROM terminal_log WHERE terminal = ?"
        " ORDER BY n DESC LIMIT ?",
        (terminal, MAX_LOG),
    ).fetchall()
    return [LogEntry(Sort(row[0]), row[1], Mark(row[2], row[3], row[4], row[5])) for row in reversed(rows)]


def _note(conn: Connection, terminal: str, entry: LogEntry) -> None:
    mark = entry.mark
    conn.execute(
        "INSERT INTO terminal_log (terminal, sort, tender_id, trace, receipt, terminal_id, stamp) VALUES (?,?,?,?,?,?,?)",
        (terminal, entry.sort.value, entry.tender_id, mark.trace, mark.receipt, mark.terminal_id, mark.stamp),
    )


def _row(record: PaymentRecord) -> tuple[object, ...]:
    return (
        record.tender_id, record.act.value, record.stage.value, record.amount_minor, record.currency, record.at_ms,
        record.approved_minor, record.trace, record.receipt, record.masked_card, record.card_name, record.reason,
        record.terminal,
    )  # fmt: skip


def _record(row: tuple[str, str, str, int, str, int, int, int, int, str, str, str, str]) -> PaymentRecord:
    return PaymentRecord(row[0], Act(row[1]), Stage(row[2]), *row[3:])
