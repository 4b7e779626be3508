"""A paid sale at rest, its receipt number, and the open basket."""

from collections.abc import Sequence

import msgspec

from retail_core.domain.events import SaleCompleted
from retail_core.domain.saledata import SaleData
from retail_core.domain.saleline import SaleLine
from retail_core.durable.engine import Connection
from retail_core.durable.segments import Fact, History

COUNTER_DIGITS, MAX_COUNTER_DIGITS = 6, 12

_NEXT = "UPDATE receipt_counter SET next = next + 1 WHERE series = ? RETURNING next - 1"
_SALE = (
    "INSERT INTO sale (sale_id, receipt, series, counter, biz_date, at_ms, operator_id, currency, total_minor,"
    " tax_minor, change_minor, book, event_id, customer) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
_LINE = (
    "INSERT INTO sale_line (sale_id, n, sku, gtin, name, qty_milli, unit_minor, amount_minor, tax_class, tax_minor,"
    " lot, serial, epc, expiry) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
_EVENT_OF = "SELECT event_id FROM sale WHERE series = ? AND counter = ? AND receipt = ?"
_LAST = "SELECT event_id FROM sale WHERE series = ? ORDER BY counter DESC LIMIT 1"
_TENDER = "INSERT INTO tender (sale_id, n, kind, amount_minor, given_minor, reference) VALUES (?,?,?,?,?,?)"


class ReceiptNumber(msgspec.Struct, frozen=True):
    """Series and counter of one receipt; `text` is what is printed."""

    prefix: str  # store-register
    series: str
    counter: int

    @property
    def text(self) -> str:
        return f"{self.prefix}-{self.series}-{self.counter:0{COUNTER_DIGITS}d}"


def begin_series(conn: Connection, series: str) -> None:
    """Start counting receipts of a series at 1."""
    conn.execute("INSERT OR IGNORE INTO receipt_counter (series, next) VALUES (?, 1)", (series,))


def next_number(conn: Connection, prefix: str, series: str) -> ReceiptNumber:
    """Take the next number; it is used up only if the surrounding transaction commits."""
    rows = conn.execute(_NEXT, (series,)).fetchall()
    return ReceiptNumber(prefix, series, rows[0][0])


def used_series(conn: Connection) -> tuple[str, ...]:
    return tuple(row[0] for row in conn.execute("SELECT series FROM receipt_counter ORDER BY series"))


def put_sale(
    conn: Connection,
    event: SaleCompleted,
    number: ReceiptNumber,
    lines: Sequence[SaleLine],
    *,
    event_id: str,
    biz_date: str,
    at_ms: int,
    operator_id: str,
    book: str,
) -> None:
    """The sale with its lines and tenders, inside the caller's transaction. `lines` are the sold ones, in order."""
    conn.execute(
        _SALE,
        (
            event.sale_id, event.receipt, number.series, number.counter, biz_date, at_ms, operator_id, event.currency,
            event.total_minor, sum(part.tax_minor for part in event.taxes), event.change_minor, book, event_id,
            event.customer or "",
        ),
    )  # fmt: skip
    conn.executemany(
        _LINE,
        [
            (
                event.sale_id, sold.n, sold.sku, sold.gtin, line.name, sold.qty_milli, sold.unit_minor,
                sold.amount_minor, sold.tax_class, sold.tax_minor, sold.lot, sold.serial, sold.epc, sold.expiry,
            )
            for sold, line in zip(event.lines, lines, strict=True)
        ],
    )  # fmt: skip
    conn.executemany(
        _TENDER,
        [
            (event.sale_id, n, tender.kind.value, tender.amount_minor, tender.given_minor, tender.reference)
            for n, tender in enumerate(event.tenders, start=1)
        ],
    )


def fact_of(history: History, receipt: str) -> tuple[bytes, int] | None:
    """The journal's body of the sale behind a receipt of this till, and its time; None when there is none."""
    series, _, counter = receipt.rpartition("-")
    if not (counter.isascii() and counter.isdigit()) or len(counter) > MAX_COUNTER_DIGITS:
        return None
    found = _fact(history, _EVENT_OF, (series.rpartition("-")[2], int(counter), receipt))
    return (found.body, found.at) if found else None


class KeptSale(msgspec.Struct, frozen=True):
    """What the sale's rows say besides its event."""

    operator_id: str
    entry_hash: bytes
    names: dict[int, str]


def kept_sale(history: History, sale_id: str) -> KeptSale:
    """Of a sale that is in the file."""
    operator_id, event_id = history.conn.execute(
        "SELECT operator_id, event_id FROM sale WHERE sale_id = ?", (sale_id,)
    ).fetchone()
    fact = history.fact(event_id)
    rows = history.conn.execute("SELECT n, name FROM sale_line WHERE sale_id = ?", (sale_id,))
    return KeptSale(operator_id, fact.entry_hash if fact else b"", dict(rows.fetchall()))


def last_fact(history: History, series: str) -> Fact | None:
    """The journal's fact of the newest sale of a series."""
    return _fact(history, _LAST, (series,))


def _fact(history: History, question: str, values: tuple[str | int, ...]) -> Fact | None:
    row = history.conn.execute(question, values).fetchone()
    return history.fact(row[0]) if row else None


def put_basket(conn: Connection, data: SaleData | None) -> None:
    """Keep the open basket, or forget it."""
    if data is None:
        conn.execute("DELETE FROM basket")
    else:
        conn.execute("INSERT OR REPLACE INTO basket (one, data) VALUES (1, ?)", (msgspec.json.encode(data),))


def read_basket(conn: Connection) -> SaleData | None:
    """The basket a kill left behind."""
    row = conn.execute("SELECT data FROM basket").fetchone()
    return msgspec.json.decode(row[0], type=SaleData) if row else None
