"""The exception report's rows at HQ: what cashiers did that somebody looks at, by store, day and person."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, func, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import cashier_act, sale
from retail_core.domain.cashier_acts import ActKind, NotedAct
from retail_core.wire.envelope import Entry

MAX_TEXT_CHARS = 120


class CashierActs(msgspec.Struct, frozen=True):
    """How often one person of a store did one thing, and for how much; `sales` is how many sales they finished."""

    store: str
    operator_id: str
    kind: ActKind
    times: int
    amount_minor: int
    sales: int


def add(unit: Unit, store: str, acts: Sequence[tuple[Entry, NotedAct]]) -> None:
    """Keep what new facts mean; a fact that came before changes nothing."""
    rows: list[bulk.Row] = []
    seen: dict[str, int] = {}
    for entry, act in acts:
        n = seen[entry.id] = seen.get(entry.id, 0) + 1
        rows.append(
            {
                "store": store, "event_id": entry.id, "n": n, "biz_date": entry.biz_date,
                "operator": act.operator or entry.actor, "kind": act.kind.value, "at_ms": entry.at,
                "amount_minor": act.amount_minor, "subject": act.subject[:MAX_TEXT_CHARS],
                "approver": act.by[:MAX_TEXT_CHARS],
            }
        )  # fmt: skip
    bulk.insert_new(unit, cashier_act, rows)


def report(conn: Connection, first: str, last: str, store: str | None) -> Sequence[CashierActs]:
    """Of the business dates from `first` to `last`, of one store or all."""
    asked = (
        select(
            cashier_act.c.store, cashier_act.c.operator, cashier_act.c.kind, func.count().label("times"),
            func.sum(cashier_act.c.amount_minor).label("amount"),
        )
        .where(cashier_act.c.biz_date.between(first, last))
        .group_by(cashier_act.c.store, cashier_act.c.operator, cashier_act.c.kind)
        .order_by(cashier_act.c.store, cashier_act.c.operator, cashier_act.c.kind)
    )  # fmt: skip
    sold = select(sale.c.store, sale.c.actor, func.count().label("times")).where(sale.c.biz_date.between(first, last))
    if store is not None:
        asked, sold = asked.where(cashier_act.c.store == store), sold.where(sale.c.store == store)
    finished = {(row.store, row.actor): row.times for row in conn.execute(sold.group_by(sale.c.store, sale.c.actor))}
    return [
        CashierActs(
            row.store, row.operator, ActKind(row.kind), row.times, int(row.amount),
            finished.get((row.store, row.operator), 0),
        )
        for row in conn.execute(asked)
    ]  # fmt: skip
