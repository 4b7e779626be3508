"""Customers made at this till, until HQ ships them, and what customers bought here."""

from collections.abc import Mapping, Sequence

import msgspec

from retail_core.domain.customers import Consent, Customer, Purpose
from retail_core.domain.ids import CustomerId
from retail_core.durable.engine import Connection
from retail_core.durable.journal import erase_private
from retail_core.durable.migrate import Step

CUSTOMER_STEP: Step = (
    # `doc` is emptied once HQ ships the customer; the row stays, because it knows where the details are in the journal
    """CREATE TABLE customer_here (
        customer_id TEXT PRIMARY KEY, event_id TEXT NOT NULL, doc BLOB NOT NULL) WITHOUT ROWID""",
    "ALTER TABLE sale ADD COLUMN customer TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX sale_customer ON sale (customer, at_ms) WHERE customer <> ''",
    # a code of a single print that was used here; a second use cannot be written
    """CREATE TABLE coupon_use (
        code TEXT NOT NULL, serial TEXT NOT NULL, sale_id TEXT NOT NULL, PRIMARY KEY (code, serial)) WITHOUT ROWID""",
)
CONSENT_STEP: Step = (
    # what customers said here, until head office has it too
    """CREATE TABLE consent_here (
        customer_id TEXT NOT NULL, purpose TEXT NOT NULL, given INTEGER NOT NULL, text_version TEXT NOT NULL,
        at_ms INTEGER NOT NULL, PRIMARY KEY (customer_id, purpose)) WITHOUT ROWID""",
)
NAMES_SHOWN = 3


class Remembered(msgspec.Struct, frozen=True):
    """What this till knows of customers and head office may not: those made here, and what others said here."""

    made: tuple[Customer, ...] = ()
    said: Mapping[CustomerId, tuple[Consent, ...]] = {}


class Purchase(msgspec.Struct, frozen=True):
    """A sale of this till: `names` are its first goods."""

    receipt: str
    at_ms: int
    total_minor: int
    currency: str
    lines: int
    names: tuple[str, ...]


def put(conn: Connection, customer: Customer, event_id: str) -> None:
    conn.execute(
        "INSERT INTO customer_here (customer_id, event_id, doc) VALUES (?,?,?)",
        (customer.customer_id, event_id, msgspec.json.encode(customer)),
    )


def made_here(conn: Connection) -> Sequence[Customer]:
    """Those HQ has not shipped yet, and the bare numbers of the others."""
    rows = conn.execute("SELECT customer_id, doc FROM customer_here ORDER BY customer_id")
    return [
        msgspec.json.decode(doc, type=Customer) if doc else Customer(CustomerId(number), "") for number, doc in rows
    ]


def remembered(conn: Connection) -> Remembered:
    return Remembered(tuple(made_here(conn)), said_here(conn))


def shipped(conn: Connection, customer_id: str) -> None:
    """HQ has the customer now: the copy here is not needed."""
    conn.execute("UPDATE customer_here SET doc = x'' WHERE customer_id = ?", (customer_id,))


def forget(conn: Connection, customer_id: str) -> None:
    """HQ erased the customer: the copy here goes, and the details beside the journal's fact; its chain stays valid."""
    row = conn.execute("SELECT event_id FROM customer_here WHERE customer_id = ?", (customer_id,)).fetchone()
    if row:
        erase_private(conn, row[0])
        conn.execute("DELETE FROM customer_here WHERE customer_id = ?", (customer_id,))
    heard(conn, customer_id)


def say(conn: Connection, customer_id: str, said: Consent) -> None:
    """A yes or no that was given here; the newest on each purpose."""
    conn.execute(
        "INSERT OR REPLACE INTO consent_here (customer_id, purpose, given, text_version, at_ms) VALUES (?,?,?,?,?)",
        (customer_id, said.purpose.value, int(said.given), said.text_version, said.at_ms),
    )


def said_here(conn: Connection) -> Mapping[CustomerId, tuple[Consent, ...]]:
    """Everything that was said here and head office may not have yet."""
    found: dict[CustomerId, tuple[Consent, ...]] = {}
    rows = conn.execute("SELECT customer_id, purpose, given, text_version, at_ms FROM consent_here")
    for customer_id, purpose, given, version, at_ms in rows:
        said = Consent(Purpose(purpose), bool(given), version, at_ms)
        found[customer_id] = (*found.get(customer_id, ()), said)
    return found


def heard(conn: Connection, customer_id: str) -> None:
    """Head office has what was said here, or nobody needs it any more."""
    conn.execute("DELETE FROM consent_here WHERE customer_id = ?", (customer_id,))


def purchases(conn: Connection, customer_id: str, limit: int) -> Sequence[Purchase]:
    """What the customer bought at this till, the newest first."""
    rows = conn.execute(
        "SELECT sale_id, receipt, at_ms, total_minor, currency FROM sale WHERE customer = ? AND customer <> ''"
        " ORDER BY at_ms DESC LIMIT ?",
        (customer_id, limit),
    ).fetchall()
    return [
        Purchase(receipt, at_ms, total_minor, currency, *_goods(conn, sale_id))
        for sale_id, receipt, at_ms, total_minor, currency in rows
    ]


def _goods(conn: Connection, sale_id: str) -> tuple[int, tuple[str, ...]]:
    names = [row[0] for row in conn.execute("SELECT name FROM sale_line WHERE sale_id = ? ORDER BY n", (sale_id,))]
    return len(names), tuple(names[:NAMES_SHOWN])


# ── coupons ──────────────────────────────────────────────────────────────────────────────────────


def coupon_used(conn: Connection, code: str, serial: str) -> bool:
    """True when a sale of this till had this very print."""
    found = conn.execute("SELECT 1 FROM coupon_use WHERE code = ? AND serial = ?", (code, serial))
    return found.fetchone() is not None


def use_coupon(conn: Connection, code: str, serial: str, sale_id: str) -> None:
    """Note a use, in the transaction of its sale; a second one breaks the table's key."""
    conn.execute("INSERT INTO coupon_use (code, serial, sale_id) VALUES (?,?,?)", (code, serial, sale_id))
