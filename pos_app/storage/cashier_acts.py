"""The exception report's rows: written in the transaction of the fact they are read from, found by day and operator."""

from collections.abc import Sequence

import msgspec

from retail_core.domain.cashier_acts import ActKind, noted_acts
from retail_core.domain.events import Event
from retail_core.durable.engine import Connection
from retail_core.durable.journal import Stamp

CASHIER_ACT_STEP = (
    # what a manager looks at; sales themselves are counted from their own table
    """CREATE TABLE cashier_act (
        n INTEGER PRIMARY KEY, biz_date TEXT NOT NULL, operator TEXT NOT NULL, kind TEXT NOT NULL, at_ms INTEGER NOT NULL,
        amount_minor INTEGER NOT NULL, subject TEXT NOT NULL, approver TEXT NOT NULL)""",
    "CREATE INDEX cashier_act_day ON cashier_act (biz_date, operator, kind, amount_minor)",
    "CREATE INDEX sale_day ON sale (biz_date, operator_id)",
)
MAX_ACTS = 200


class ActSum(msgspec.Struct, frozen=True):
    """How often one person did one thing on one day, and for how much."""

    biz_date: str
    operator_id: str
    kind: ActKind
    times: int
    amount_minor: int


class ActDone(msgspec.Struct, frozen=True):
    """One act, to be looked at."""

    at_ms: int
    kind: ActKind
    amount_minor: int
    subject: str
    approver: str


def note(conn: Connection, event: Event, stamp: Stamp) -> None:
    """Keep what `event` means for the report, inside its transaction."""
    acts = noted_acts(event)
    if acts:
        conn.executemany(
            "INSERT INTO cashier_act (biz_date, operator, kind, at_ms, amount_minor, subject, approver)"
            " VALUES (?,?,?,?,?,?,?)",
            [
                (stamp.biz_date, act.operator or stamp.actor, act.kind.value, stamp.at, act.amount_minor, act.subject, act.by)
                for act in acts
            ],
        )  # fmt: skip


def sums(conn: Connection, first: str, last: str) -> Sequence[ActSum]:
    """Of the business dates from `first` to `last`, both included."""
    rows = conn.execute(
        "SELECT biz_date, operator, kind, count(*), sum(amount_minor) FROM cashier_act"
        " WHERE biz_date BETWEEN ? AND ? GROUP BY biz_date, operator, kind ORDER BY biz_date, operator, kind",
        (first, last),
    )
    return [ActSum(day, operator, ActKind(kind), times, amount) for day, operator, kind, times, amount in rows]


def sales_of(conn: Connection, first: str, last: str) -> dict[str, int]:
    """How many sales each person finished."""
    rows = conn.execute(
        "SELECT operator_id, count(*) FROM sale WHERE biz_date BETWEEN ? AND ? GROUP BY operator_id", (first, last)
    )
    return dict(rows.fetchall())


def acts_of(conn: Connection, first: str, last: str, operator_id: str) -> Sequence[ActDone]:
    """The newest first; never more than MAX_ACTS."""
    rows = conn.execute(
        "SELECT at_ms, kind, amount_minor, subject, approver FROM cashier_act"
        " WHERE biz_date BETWEEN ? AND ? AND operator = ? ORDER BY n DESC LIMIT ?",
        (first, last, operator_id, MAX_ACTS),
    )
    return [ActDone(at_ms, ActKind(kind), amount, subject, by) for at_ms, kind, amount, subject, by in rows]
