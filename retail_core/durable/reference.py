"""ref.db: catalogue, prices and taxes with their feed cursors. The agent writes it, the till reads it, HQ builds it.

No program ever loads the catalogue: every question is one indexed statement, so a million items start as fast as a
thousand. Text search is FTS5 with the rowid in order of popularity, so the first page needs no sorting.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import MappingProxyType

import msgspec

from retail_core.domain.asks import NO_RULES, ItemRules
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import Gtin, Sku
from retail_core.domain.saleline import LineSort
from retail_core.durable.engine import Connection
from retail_core.durable.migrate import Step, check_readable, ensure_schema
from retail_core.durable.taxes import TaxDoc, drop_tax, put_tax
from retail_core.wire.messages import FeedRow

REFERENCE_STEPS: tuple[Step, ...] = (
    (
        """CREATE TABLE item (
            rank INTEGER PRIMARY KEY, sku TEXT NOT NULL UNIQUE, name TEXT NOT NULL, dept TEXT NOT NULL,
            brand TEXT NOT NULL, size TEXT NOT NULL, unit TEXT NOT NULL, tax_class TEXT NOT NULL)""",
        "CREATE TABLE gtin (gtin TEXT PRIMARY KEY, rank INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE INDEX gtin_rank ON gtin (rank)",
        """CREATE TABLE price (
            sku TEXT NOT NULL, from_ms INTEGER NOT NULL, rev INTEGER NOT NULL, price_minor INTEGER NOT NULL,
            book TEXT NOT NULL, PRIMARY KEY (sku, from_ms, rev)) WITHOUT ROWID""",
        """CREATE TABLE tax (
            tax_class TEXT PRIMARY KEY, name TEXT NOT NULL, rate_ppm INTEGER NOT NULL, included INTEGER NOT NULL
            ) WITHOUT ROWID""",
        """CREATE VIRTUAL TABLE item_text USING fts5(name, content='', contentless_delete=1, prefix='1 2 3',
            tokenize="unicode61 remove_diacritics 2")""",
        """CREATE TABLE feed_cursor (
            scope TEXT PRIMARY KEY, rev INTEGER NOT NULL, generation TEXT NOT NULL) WITHOUT ROWID""",
    ),
    (
        # what few items have: rules of selling it, and a sort other than goods; JSON, empty for all others
        "ALTER TABLE item ADD COLUMN more TEXT NOT NULL DEFAULT ''",
    ),
)
SHRINK_PARTS = 5
KEPT_PRICES = 16
"""Prices kept of an item: the one in force, older ones for baskets begun under them, and those that start later."""
MAX_QUERY_WORDS = 8
MAX_WORD_CHARS = 32


class ItemMore(msgspec.Struct, frozen=True, omit_defaults=True):
    """What few items have."""

    rules: ItemRules = NO_RULES
    sort: LineSort = LineSort.GOODS


NO_MORE = ItemMore()


class ItemDoc(msgspec.Struct, frozen=True, omit_defaults=True):
    """An item as HQ publishes it."""

    sku: Sku
    name: str
    dept: str
    tax_class: str
    gtins: tuple[Gtin, ...]
    brand: str = ""
    size: str = ""
    unit: str = "each"
    popularity: int = 0
    more: ItemMore = NO_MORE


class PriceDoc(msgspec.Struct, frozen=True):
    """A price as HQ publishes it, in force from `from_ms`."""

    sku: Sku
    price_minor: int
    currency: str
    from_ms: int
    book: str


class ItemRow(msgspec.Struct, frozen=True):
    """An item as the till needs it."""

    sku: Sku
    name: str
    department: str
    unit: str
    tax_class: str
    more: ItemMore = NO_MORE


class ItemHit(msgspec.Struct, frozen=True):
    """One row of a search: enough to paint it."""

    sku: Sku
    name: str
    detail: str
    price_minor: int | None


def prepare_reference(conn: Connection, path: Path) -> None:
    """Make or bring up to date the tables of a reference file (writer's side)."""
    ensure_schema(conn, path, REFERENCE_STEPS)


def check_reference(conn: Connection, path: Path) -> None:
    """Reader's side: raises `db.newer_than_program` or `db.not_ready`."""
    check_readable(conn, path, len(REFERENCE_STEPS))


# ── writing ──────────────────────────────────────────────────────────────────────────────────────


class Extent(msgspec.Struct, frozen=True):
    """How much a reference file holds."""

    items: int = 0
    prices: int = 0
    taxes: int = 0

    def shrunk_from(self, before: "Extent") -> bool:
        """True when it has more than a fifth fewer items than `before`, or nothing of what that had: most likely a mistake."""
        emptied = any(not now and had for now, had in zip(_counts(self), _counts(before), strict=True))
        return emptied or self.items * SHRINK_PARTS < before.items * (SHRINK_PARTS - 1)


def _counts(extent: Extent) -> tuple[int, int, int]:
    return extent.items, extent.prices, extent.taxes


def extent_of(conn: Connection) -> Extent:
    """Counted, which takes a moment with a million items."""
    tables = ("item", "price", "tax")
    items, prices, taxes = (conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)  # noqa: S608 - our own tables
    return Extent(items, prices, taxes)


def is_whole(conn: Connection) -> bool:
    """Every page and every word of the text search is where it belongs; takes seconds with a million items."""
    return conn.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"


def apply_row(conn: Connection, row: FeedRow) -> bool:
    """Apply one feed row inside the caller's transaction; False for a kind this program does not know.

    Applying a row again changes nothing.
    """
    apply = _APPLY.get(row.kind)
    if apply is None:
        return False
    apply(conn, row)
    return True


def set_cursor(conn: Connection, scope: str, rev: int, generation: str) -> None:
    """Move a scope's cursor, in the same transaction as the rows it stands for."""
    conn.execute(
        "INSERT INTO feed_cursor (scope, rev, generation) VALUES (?,?,?)"
        " ON CONFLICT (scope) DO UPDATE SET rev = excluded.rev, generation = excluded.generation",
        (scope, rev, generation),
    )


def cursor_of(conn: Connection, scope: str) -> tuple[int, str]:
    """(rev, generation) of a scope; (0, "") before the first page."""
    row = conn.execute("SELECT rev, generation FROM feed_cursor WHERE scope = ?", (scope,)).fetchone()
    return (row[0], row[1]) if row else (0, "")


def load_items(conn: Connection, items: Iterable[ItemDoc]) -> None:
    """Fast path for an empty file: items come in order of popularity, most popular first."""
    rank = conn.execute("SELECT coalesce(max(rank), 0) FROM item").fetchone()[0]
    for rank_, item in enumerate(items, start=rank + 1):
        _insert_item(conn, rank_, item)


def put_price(conn: Connection, rev: int, doc: PriceDoc) -> None:
    """Add a price; the item's oldest ones beyond KEPT_PRICES go."""
    conn.execute(
        "INSERT OR REPLACE INTO price (sku, from_ms, rev, price_minor, book) VALUES (?,?,?,?,?)",
        (doc.sku, doc.from_ms, rev, doc.price_minor, doc.book),
    )
    conn.execute(
        "DELETE FROM price WHERE sku = ?1 AND (from_ms, rev) NOT IN"
        " (SELECT from_ms, rev FROM price WHERE sku = ?1 ORDER BY from_ms DESC, rev DESC LIMIT ?2)",
        (doc.sku, KEPT_PRICES),
    )


def _insert_item(conn: Connection, rank: int, item: ItemDoc) -> None:
    conn.execute(
        "INSERT INTO item (rank, sku, name, dept, brand, size, unit, tax_class, more) VALUES (?,?,?,?,?,?,?,?,?)",
        (rank, item.sku, item.name, item.dept, item.brand, item.size, item.unit, item.tax_class, more_text(item.more)),
    )
    conn.execute("INSERT INTO item_text (rowid, name) VALUES (?,?)", (rank, f"{item.name} {item.brand}"))
    for gtin in item.gtins:
        conn.execute("INSERT OR REPLACE INTO gtin (gtin, rank) VALUES (?,?)", (gtin, rank))


def more_text(more: ItemMore) -> str:
    """As it is kept in a column; empty for nearly all items."""
    return "" if more == NO_MORE else msgspec.json.encode(more).decode()


def more_of(text: str) -> ItemMore:
    """What `more_text` wrote. Of a newer program's text what is not known is left out."""
    return msgspec.json.decode(text, type=ItemMore) if text else NO_MORE


def _remove_item(conn: Connection, sku: str) -> int | None:
    row = conn.execute("SELECT rank FROM item WHERE sku = ?", (sku,)).fetchone()
    if row is None:
        return None
    conn.execute("DELETE FROM gtin WHERE rank = ?", (row[0],))
    conn.execute("DELETE FROM item_text WHERE rowid = ?", (row[0],))
    conn.execute("DELETE FROM item WHERE rank = ?", (row[0],))
    return row[0]


def _apply_item(conn: Connection, row: FeedRow) -> None:
    rank = _remove_item(conn, row.key)
    if row.op == "del":
        return
    if rank is None:
        rank = conn.execute("SELECT coalesce(max(rank), 0) + 1 FROM item").fetchone()[0]
    _insert_item(conn, rank, msgspec.json.decode(row.doc, type=ItemDoc))


def _apply_price(conn: Connection, row: FeedRow) -> None:
    sku, _, from_ms = row.key.partition("@")  # a price set ahead has the key "sku@from_ms"
    if row.op == "del" and from_ms:
        conn.execute("DELETE FROM price WHERE sku = ? AND from_ms = ?", (sku, int(from_ms)))
    elif row.op == "del":
        conn.execute("DELETE FROM price WHERE sku = ?", (sku,))
    else:
        put_price(conn, row.rev, msgspec.json.decode(row.doc, type=PriceDoc))


def _apply_tax(conn: Connection, row: FeedRow) -> None:
    if row.op == "del":
        drop_tax(conn, row.key)
    else:
        put_tax(conn, msgspec.json.decode(row.doc, type=TaxDoc))


_APPLY = MappingProxyType({"item": _apply_item, "price": _apply_price, "tax": _apply_tax})
REFERENCE_KINDS = tuple(_APPLY)

# ── reading ──────────────────────────────────────────────────────────────────────────────────────

_ITEM = "SELECT i.sku, i.name, i.dept, i.unit, i.tax_class, i.more"
_BY_GTIN = f"{_ITEM} FROM gtin g JOIN item i ON i.rank = g.rank WHERE g.gtin = ?"
_BY_SKU = f"{_ITEM} FROM item i WHERE i.sku = ?"
_PRICE = (
    "SELECT price_minor, book FROM price WHERE sku = ? AND from_ms <= ? AND rev <= ?"
    " ORDER BY from_ms DESC, rev DESC LIMIT 1"
)
LATEST_REV = 2**62


def find_by_gtin(conn: Connection, gtin: str) -> ItemRow | None:
    """The item a bar code stands for, or None."""
    return _item(conn.execute(_BY_GTIN, (gtin,)).fetchone())


def find_by_sku(conn: Connection, sku: str) -> ItemRow | None:
    return _item(conn.execute(_BY_SKU, (sku,)).fetchone())


def gtin_of(conn: Connection, sku: str) -> Gtin | None:
    """One bar code of an item, the smallest, or None."""
    row = conn.execute(
        "SELECT gtin FROM gtin WHERE rank = (SELECT rank FROM item WHERE sku = ?) ORDER BY gtin LIMIT 1", (sku,)
    ).fetchone()
    return Gtin(row[0]) if row else None


class PinnedBook:
    """The prices as they stood at one feed revision: what a basket is priced by until it is paid."""

    def __init__(self, conn: Connection, zone: str, rev: int) -> None:
        self._conn, self._zone, self._rev = conn, zone, rev
        self.version = f"{zone}@{rev}"

    @classmethod
    def parse(cls, conn: Connection, version: str) -> "PinnedBook":
        """The book a stored basket was begun under. Raises RuleViolationError `book.malformed`."""
        zone, _, rev = version.rpartition("@")
        if not zone or not (rev.isascii() and rev.isdigit()):
            raise RuleViolationError("book.malformed", version=version[:60])
        return cls(conn, zone, int(rev))

    def newest(self) -> "PinnedBook":
        """Every price the file has, the latest change of each."""
        return PinnedBook(self._conn, self._zone, LATEST_REV)

    def unit_price(self, sku: Sku, at_ms: int) -> int | None:
        row = self._conn.execute(_PRICE, (sku, at_ms, self._rev)).fetchone()
        return row[0] if row else None


def current_book(conn: Connection, zone: str) -> PinnedBook:
    """The newest prices this file has."""
    return PinnedBook(conn, zone, cursor_of(conn, f"price:{zone}")[0])


def search(conn: Connection, text: str, at_ms: int, limit: int, offset: int = 0) -> Sequence[ItemHit]:
    """One page of items whose name or brand has every word (as a beginning), most popular first.

    Digits alone also find an item by the start of its own code or by its bar code. Accents do not matter.
    """
    words = _words(text)
    if not words:
        return ()
    direct = list(_by_number(conn, text.strip(), at_ms)) if not offset else []
    match = " ".join(f'"{word}"*' for word in words)
    rows = conn.execute(
        "SELECT i.sku, i.name, i.brand, i.size, i.dept, (SELECT price_minor FROM price p WHERE p.sku = i.sku"
        " AND p.from_ms <= ? ORDER BY from_ms DESC, rev DESC LIMIT 1)"
        " FROM (SELECT rowid FROM item_text WHERE item_text MATCH ? ORDER BY rowid LIMIT ? OFFSET ?) f"
        " CROSS JOIN item i ON i.rank = f.rowid",
        (at_ms, match, limit, offset),
    )
    known = {hit.sku for hit in direct}
    return [*direct, *(hit for hit in map(_hit, rows) if hit.sku not in known)][:limit]


def count_matches(conn: Connection, text: str, up_to: int) -> int:
    """How many items match, counted only up to a bound, so that "1,000+" costs as much as "1,000"."""
    words = _words(text)
    if not words:
        return 0
    match = " ".join(f'"{word}"*' for word in words)
    row = conn.execute(
        "SELECT count(*) FROM (SELECT 1 FROM item_text WHERE item_text MATCH ? LIMIT ?)", (match, up_to)
    ).fetchone()
    return row[0]


def _words(text: str) -> list[str]:
    kept = "".join(c if c.isalnum() else " " for c in text)
    return [word[:MAX_WORD_CHARS] for word in kept.split()[:MAX_QUERY_WORDS]]


def _by_number(conn: Connection, text: str, at_ms: int) -> Iterator[ItemHit]:
    if not (text.isascii() and text.isdigit() and len(text) >= 3):
        return
    rows = conn.execute(
        "SELECT i.sku, i.name, i.brand, i.size, i.dept, (SELECT price_minor FROM price p WHERE p.sku = i.sku"
        " AND p.from_ms <= ?1 ORDER BY from_ms DESC, rev DESC LIMIT 1) FROM item i WHERE i.sku IN"
        " (SELECT sku FROM (SELECT sku FROM item WHERE sku >= ?2 AND sku < ?2 || ':' LIMIT 200)"
        "  UNION SELECT b.sku FROM gtin g JOIN item b ON b.rank = g.rank WHERE g.gtin = ?3) ORDER BY i.rank LIMIT 20",
        (at_ms, text, text.zfill(14)),
    )
    yield from map(_hit, rows)


def _hit(row: Sequence[str]) -> ItemHit:
    sku, name, brand, size, dept, price_minor = row
    detail = " · ".join(part for part in (brand, size, dept) if part)
    return ItemHit(Sku(sku), name, detail, price_minor)  # type: ignore[arg-type] # rows are untyped


def _item(row: Sequence[str] | None) -> ItemRow | None:
    if row is None:
        return None
    sku, name, dept, unit, tax_class, more = row
    return ItemRow(Sku(sku), name, dept, unit, tax_class, more_of(more) if more else NO_MORE)
