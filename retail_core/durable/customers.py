"""Customers in link.db: the agent writes them from the feed, the till finds them by index.

A table of its own and one of keys (`retail_core.domain.customers.keys_of`), so that a hundred thousand of them are
searched as fast as ten. Whoever was erased leaves only a number, by which the till forgets its own copy too.
"""

from collections.abc import Sequence

import msgspec

from retail_core.domain.bought import Bought
from retail_core.domain.customers import Customer, Wanted, card_key, keys_of
from retail_core.domain.ids import CustomerId
from retail_core.durable.engine import Connection
from retail_core.durable.migrate import Step
from retail_core.wire.messages import FeedRow

KIND, BOUGHT = "customer", "bought"
CUSTOMER_STEP: Step = (
    "CREATE TABLE customer (customer_id TEXT PRIMARY KEY, doc BLOB NOT NULL) WITHOUT ROWID",
    """CREATE TABLE customer_key (
        key TEXT NOT NULL, customer_id TEXT NOT NULL, PRIMARY KEY (key, customer_id)) WITHOUT ROWID""",
    "CREATE INDEX customer_key_of ON customer_key (customer_id, key)",
    "CREATE TABLE customer_gone (customer_id TEXT PRIMARY KEY) WITHOUT ROWID",
)
TABLES = ("customer", "customer_key")  # loaded anew when HQ came back from a backup; who is gone stays gone
FIRST_LOOKED_AT = 1_000
"""Of a name in several words: how many that fit the longest word are compared with the others."""
_ABOVE_ALL = "\U0010ffff"
_INSERT_KEY = "INSERT OR IGNORE INTO customer_key (key, customer_id) VALUES (?,?)"


def apply_customer(conn: Connection, row: FeedRow) -> None:
    """One row of the feed, inside the caller's transaction. Raises msgspec.ValidationError for an unreadable one."""
    if row.op == "del":
        _forget(conn, row.key)
        conn.execute("INSERT OR IGNORE INTO customer_gone (customer_id) VALUES (?)", (row.key,))
        return
    customer = msgspec.json.decode(row.doc, type=Customer)
    _forget(conn, row.key)
    conn.execute("INSERT INTO customer (customer_id, doc) VALUES (?,?)", (customer.customer_id, bytes(row.doc)))
    conn.executemany(_INSERT_KEY, [(key, customer.customer_id) for key in keys_of(customer)])


def _forget(conn: Connection, customer_id: str) -> None:
    conn.execute("DELETE FROM customer_key WHERE customer_id = ?", (customer_id,))
    conn.execute("DELETE FROM customer WHERE customer_id = ?", (customer_id,))


def read_customer(conn: Connection, customer_id: str) -> Customer | None:
    row = conn.execute("SELECT doc FROM customer WHERE customer_id = ?", (customer_id,)).fetchone()
    return msgspec.json.decode(row[0], type=Customer) if row else None


def customer_of_card(conn: Connection, label: str) -> Customer | None:
    """Whoever has the card that was scanned or typed."""
    found = _with_key(conn, card_key(label), 1)
    return read_customer(conn, found[0]) if found else None


def find_customers(conn: Connection, asked: Sequence[Wanted], limit: int) -> Sequence[Customer]:
    """The first `limit` who fit, those of the first question before those of the next."""
    found: dict[str, None] = {}
    for question in asked:
        first, *others = question.starts
        if question.whole:
            ids = _with_key(conn, first, limit)
        elif others:
            ids = _with_all(conn, first, others, limit)
        else:
            ids = _beginning(conn, first, limit)
        found.update(dict.fromkeys(ids))
        if len(found) >= limit:
            break
    customers = (read_customer(conn, customer_id) for customer_id in list(found)[:limit])
    return [customer for customer in customers if customer]


def has_customers(conn: Connection) -> bool:
    """False for a file whose agent has not been brought up to date yet."""
    return conn.execute("SELECT 1 FROM sqlite_schema WHERE name = 'customer_gone'").fetchone() is not None


def gone(conn: Connection) -> frozenset[CustomerId]:
    """Everybody who was taken away."""
    return frozenset(CustomerId(row[0]) for row in conn.execute("SELECT customer_id FROM customer_gone"))


def read_bought(conn: Connection, customer_id: str) -> Bought:
    """What head office says a customer bought in this store; nothing when it never did, or in a way of tomorrow."""
    row = conn.execute("SELECT doc FROM document WHERE kind = ? AND key = ?", (BOUGHT, customer_id)).fetchone()
    try:
        return msgspec.json.decode(row[0], type=Bought) if row else Bought()
    except msgspec.DecodeError:
        return Bought()


def _with_key(conn: Connection, key: str, limit: int) -> list[str]:
    rows = conn.execute("SELECT customer_id FROM customer_key WHERE key = ? LIMIT ?", (key, limit))
    return [row[0] for row in rows]


def _beginning(conn: Connection, start: str, limit: int) -> list[str]:
    rows = conn.execute(
        "SELECT customer_id FROM customer_key WHERE key >= ? AND key < ? ORDER BY key LIMIT ?",
        (start, start + _ABOVE_ALL, limit),
    )
    return [row[0] for row in rows]


def _with_all(conn: Connection, first: str, others: Sequence[str], limit: int) -> list[str]:
    """Those that begin with `first`, as far as they are looked at, who fit the others too."""
    fits = " AND ".join(
        "EXISTS (SELECT 1 FROM customer_key o WHERE o.customer_id = f.customer_id AND o.key >= ? AND o.key < ?)"
        for _ in others
    )
    bounds = [bound for other in others for bound in (other, other + _ABOVE_ALL)]
    rows = conn.execute(
        "SELECT customer_id FROM (SELECT customer_id FROM customer_key WHERE key >= ? AND key < ? LIMIT ?) f"  # noqa: S608 - as many marks as words
        f" WHERE {fits} LIMIT ?",
        (first, first + _ABOVE_ALL, FIRST_LOOKED_AT, *bounds, limit),
    )
    return [row[0] for row in rows]
