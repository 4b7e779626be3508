"""Sales as HQ shows them: one row per sale, its lines and tenders, and sums by hour."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, func, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import returned_line, sale, sale_hour, sale_line, tender
from retail_core.domain.events import SaleCompleted
from retail_core.domain.returns import ReturnReason

HOUR_MS = 3_600_000
LINE = ("store", "sale_id", "n", "sku", "qty_milli", "unit_minor", "amount_minor", "tax_class", "tax_minor", "book")
TENDER = ("store", "sale_id", "n", "kind", "amount_minor", "given_minor")
IN_STORE, COLLECTED = "store", "collected"


class Sold(msgspec.Struct, frozen=True):
    """A completed sale and the head of its entry."""

    sale: SaleCompleted
    node: str
    actor: str
    biz_date: str
    at_ms: int


class HourSum(msgspec.Struct, frozen=True):
    """Sales of one hour (hours since 1970, UTC) of one place and channel."""

    store: str
    biz_date: str
    channel: str
    hour: int
    currency: str
    baskets: int
    total_minor: int


def add_sales(unit: Unit, store: str, sold: Sequence[Sold], now_ms: int) -> None:
    """Write sales of events that were not applied before. A sale id that is taken fails: no sale is ever dropped."""
    bulk.insert_all(unit, sale, [_sale_row(store, one, now_ms) for one in sold])
    bulk.insert_values(unit, sale_line, LINE, [row for one in sold for row in _line_rows(store, one.sale)])
    bulk.insert_all(unit, returned_line, [row for one in sold for row in _returned_rows(store, one.sale)])
    bulk.insert_values(unit, tender, TENDER, [row for one in sold for row in _tender_rows(store, one.sale)])
    add_to_hours(
        unit,
        [
            HourSum(
                store, one.biz_date, IN_STORE, one.at_ms // HOUR_MS, one.sale.currency, _baskets(one.sale),
                one.sale.total_minor,
            )
            for one in sold
        ],
    )  # fmt: skip


def add_to_hours(unit: Unit, sums: Sequence[HourSum]) -> None:
    """Add to the sums by hour."""
    added: dict[tuple[str, str, str, int, str], tuple[int, int]] = {}
    for one in sums:
        key = (one.store, one.biz_date, one.channel, one.hour, one.currency)
        baskets, total = added.get(key, (0, 0))
        added[key] = (baskets + one.baskets, total + one.total_minor)
    rows = [
        {
            "store": store, "biz_date": biz_date, "channel": channel, "hour": hour, "currency": currency,
            "baskets": baskets, "total_minor": total,
        }
        for (store, biz_date, channel, hour, currency), (baskets, total) in added.items()
    ]  # fmt: skip
    bulk.add_up(unit, sale_hour, rows, ["baskets", "total_minor"])


def hours(conn: Connection, biz_dates: Sequence[str]) -> Sequence[HourSum]:
    """Sums by hour of a few business dates, all places."""
    rows = conn.execute(select(sale_hour).where(sale_hour.c.biz_date.in_(list(biz_dates))))
    return [
        HourSum(row.store, row.biz_date, row.channel, row.hour, row.currency, row.baskets, row.total_minor)
        for row in rows
    ]


def count_sales(conn: Connection) -> tuple[int, int]:
    """(sales, lines) of all places and days."""
    sales = conn.execute(select(func.count()).select_from(sale)).scalar_one()
    lines = conn.execute(select(func.count()).select_from(sale_line)).scalar_one()
    return int(sales), int(lines)


def _sale_row(store: str, one: Sold, now_ms: int) -> dict[str, bulk.Value]:
    sold = one.sale
    return {
        "store": store, "sale_id": sold.sale_id, "receipt": sold.receipt, "node": one.node, "actor": one.actor,
        "biz_date": one.biz_date, "at_ms": one.at_ms, "currency": sold.currency, "total_minor": sold.total_minor,
        "tax_minor": sum(part.tax_minor for part in sold.taxes), "change_minor": sold.change_minor,
        "order_id": sold.order_id or "", "recorded_ms": now_ms,
    }  # fmt: skip


def _line_rows(store: str, sold: SaleCompleted) -> list[bulk.Values]:
    sale_id = sold.sale_id
    return [
        (
            store, sale_id, line.n, line.sku, line.qty_milli, line.unit_minor, line.amount_minor, line.tax_class,
            line.tax_minor, line.book,
        )
        for line in sold.lines
    ]  # fmt: skip


def _returned_rows(store: str, sold: SaleCompleted) -> list[dict[str, bulk.Value]]:
    return [
        {
            "store": store, "sale_id": sold.sale_id, "n": line.n, "receipt": line.back.receipt, "line_n": line.back.n,
            "sku": line.sku, "qty_milli": line.qty_milli, "amount_minor": line.amount_minor,
            "reason": line.back.reason.value, "goods": line.back.condition.value,
        }
        for line in sold.lines
        if line.back
    ]  # fmt: skip


def _baskets(sold: SaleCompleted) -> int:
    """A customer who only brings goods back has bought no basket; a sale that is reversed was none."""
    back = [line.back for line in sold.lines if line.back]
    if any(one.reason is ReturnReason.POST_VOID for one in back):
        return -1
    return 0 if sold.lines and len(back) == len(sold.lines) else 1


def _tender_rows(store: str, sold: SaleCompleted) -> list[bulk.Values]:
    return [
        (store, sold.sale_id, n, tendered.kind.value, tendered.amount_minor, tendered.given_minor)
        for n, tendered in enumerate(sold.tenders, start=1)
    ]
