"""Stock movements that HQ itself books: opening stock, deliveries, corrections. They are facts like any other."""

from collections.abc import Sequence

from hq_server.service import journal, projections
from hq_server.service.context import Hq
from hq_server.storage import catalogue, orders, stock
from hq_server.storage.database import Connection, Unit
from hq_server.storage.stock import Balance
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import StockMoved

MAX_LINES = 500


def book(hq: Hq, store: str, moved: StockMoved, by: str) -> None:
    """Raises `place.unknown`, `stock.bad_line` or `event.bad_movement`."""
    if not 0 < len(moved.lines) <= MAX_LINES:
        raise RuleViolationError("stock.bad_line", lines=len(moved.lines), limit=MAX_LINES)

    def work(unit: Unit) -> None:
        if catalogue.place_of(unit.conn, store) is None:
            raise RuleViolationError("place.unknown", place=store[:40])
        placed = journal.write(hq, unit, store, [moved], by)
        facts = [projections.understand(journal.stream_at(hq), one) for one in placed]
        projections.apply(hq, unit, store, facts)

    hq.database.write(work)


def balances(hq: Hq, sku: str, store: str | None) -> Sequence[Balance]:
    """What is where, by place."""
    return hq.database.read(lambda conn: stock.balances(conn, [sku], store))


def verify(hq: Hq) -> Sequence[tuple[str, str, str, int, int]]:
    """(store, sku, figure, cached, recomputed) wherever a cached figure is not what its ledger says; must be empty."""

    def work(conn: Connection) -> list[tuple[str, str, str, int, int]]:
        promised = orders.open_promises(conn)
        committed = stock.committed(conn)
        wrong = [
            (store, sku, "committed", committed.get((store, sku), 0), promised.get((store, sku), 0))
            for store, sku in sorted(committed.keys() | promised.keys())
            if committed.get((store, sku), 0) != promised.get((store, sku), 0)
        ]
        return [*stock.differences(conn), *wrong]

    return hq.database.read(work)
