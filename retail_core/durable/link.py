"""link.db: what the agent brings to the till beside it. The agent writes, the till reads.

Acknowledgements per hop, the store's orders, staff, settings, quick keys and nodes, notices for the till (a fork was
found: open a new epoch), and one status document for the sync lamp.
"""

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

import msgspec

from retail_core.domain.bought import Bought
from retail_core.domain.coderules import RcnRule
from retail_core.domain.departments import Department
from retail_core.domain.departments import checked as checked_department
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.fulfilment import OrderDoc
from retail_core.domain.goods import AfterBestBefore, Markdown, Recall
from retail_core.domain.ids import InstrumentId, OperatorId
from retail_core.domain.promotions.model import Promotion, checked
from retail_core.domain.roles import Role
from retail_core.domain.suggestions import OftenWith
from retail_core.domain.value import Instrument
from retail_core.durable import customers, shared
from retail_core.durable.engine import Connection
from retail_core.durable.migrate import Step, check_readable, ensure_schema
from retail_core.durable.receipts import RECEIPT_ANSWER_STEP
from retail_core.durable.reference import set_cursor
from retail_core.durable.settings import SettingsDoc, read_settings_doc
from retail_core.durable.unit_answers import UNIT_ANSWER_STEP
from retail_core.trust.pins import keyed_badge, keyed_verifier
from retail_core.wire.envelope import Head, StreamId
from retail_core.wire.messages import FeedRow

LINK_STEPS: tuple[Step, ...] = (
    (
        """CREATE TABLE peer (
            peer TEXT NOT NULL, node TEXT NOT NULL, epoch TEXT NOT NULL, through INTEGER NOT NULL,
            through_hash BLOB NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (peer, node, epoch)) WITHOUT ROWID""",
        """CREATE TABLE feed_cursor (
            scope TEXT PRIMARY KEY, rev INTEGER NOT NULL, generation TEXT NOT NULL) WITHOUT ROWID""",
        """CREATE TABLE orders (
            order_id TEXT PRIMARY KEY, number TEXT NOT NULL, state TEXT NOT NULL, order_v INTEGER NOT NULL,
            doc BLOB NOT NULL) WITHOUT ROWID""",
        "CREATE INDEX orders_number ON orders (number)",
        """CREATE TABLE staff (
            operator_id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, pin_salt BLOB NOT NULL,
            verifier BLOB NOT NULL, active INTEGER NOT NULL, lang TEXT NOT NULL) WITHOUT ROWID""",
        """CREATE TABLE document (
            kind TEXT NOT NULL, key TEXT NOT NULL, doc BLOB NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID""",
        """CREATE TABLE notice (
            n INTEGER PRIMARY KEY, kind TEXT NOT NULL, epoch TEXT NOT NULL, detail TEXT NOT NULL, at_ms INTEGER NOT NULL,
            UNIQUE (kind, epoch))""",
        "CREATE TABLE reference_file (one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL)",
    ),
    customers.CUSTOMER_STEP,
    shared.SHARED_STEP,
    ("ALTER TABLE staff ADD COLUMN badge BLOB NOT NULL DEFAULT x''",),
    RECEIPT_ANSWER_STEP,
    UNIT_ANSWER_STEP,
)
STORE_ROLE = "store_role"
HQ_PEER = "hq"
STORE_PEER = "store"


class StaffDoc(msgspec.Struct, frozen=True):
    """A member of staff as HQ publishes it; `pin_hash` is argon2id, `badge_hash` SHA-256 or empty; both in hex."""

    operator_id: OperatorId
    name: str
    role: Role
    pin_salt: str
    pin_hash: str
    active: bool = True
    lang: str = "en"
    badge_hash: str = ""


class StaffRow(msgspec.Struct, frozen=True):
    """A member of staff as this machine keeps it: PIN and badge only in their keyed forms, the badge empty if none."""

    operator_id: OperatorId
    name: str
    role: Role
    pin_salt: bytes
    verifier: bytes
    lang: str
    badge: bytes = b""


class QuickKeyDoc(msgspec.Struct, frozen=True):
    page: str
    pos: int
    sku: str
    label: str


class GoodsRulesDoc(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the store reads numbers with a value inside, and what it does with goods near or past their date."""

    rcn: tuple[RcnRule, ...] = ()
    markdowns: tuple[Markdown, ...] = ()
    after_best_before: AfterBestBefore = AfterBestBefore.STOP


class GoodsRules(msgspec.Struct, frozen=True):
    """Everything the till must know before it sells a unit. `source` is equal as long as nothing has changed.

    `unread` counts documents this program cannot read.
    """

    recalls: tuple[Recall, ...] = ()
    rules: GoodsRulesDoc = GoodsRulesDoc()
    source: tuple[bytes, ...] = ()
    unread: int = 0


class NodeDoc(msgspec.Struct, frozen=True):
    """An enrolled node of this store, for trust on the LAN."""

    node_id: str
    register: str
    role: str
    public_key: str
    revoked: bool = False
    receipt_certificate: str = ""  # of a till: HQ's word that its key signs the receipts of this register


class StoreRoleDoc(msgspec.Struct, frozen=True):
    """Head office's word on which agent ties the store together, in a term that only grows."""

    node: str
    term: int


class LinkStatusDoc(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the agent knows about the way up, for the till's lamp and its help page."""

    hq_contact_ms: int = 0
    store_contact_ms: int = 0
    store_peer: str = ""
    hq_offset_ms: int = 0
    feed_contact_ms: int = 0
    error: str = ""
    at_ms: int = 0  # when the agent wrote this: it says so every few seconds
    running_ms: int = 0  # the same moment by the machine's running time, counted
    running_since: str = ""  # from this start of it, as `Clock` says
    store_role: bool = False  # this machine has it
    neighbours: tuple[str, ...] = ()  # nodes of the store that answer
    copies: tuple[str, ...] = ()  # those that have everything this till has written
    oldest_ms: int = 0  # since when something waits for HQ; 0 when nothing does
    reach: str = ""  # a `Reach`, with an error: how far this machine, or the one that carries for it, gets
    alone_days: int = 0  # whole days without head office's word; from TRUST_ALONE_MS on no machine lets another in
    segments: str = ""  # "segment.missing" or "segment.damaged" when sealed days of this machine cannot be read
    catalogue: str = ""  # why the newest catalogue is not in use, where people can do something about it


def prepare_link(conn: Connection, path: Path) -> None:
    """Make or bring up to date the tables (agent's side)."""
    ensure_schema(conn, path, LINK_STEPS)


def check_link(conn: Connection, path: Path) -> None:
    """Till's side: raises `db.newer_than_program` or `db.not_ready`."""
    check_readable(conn, path, len(LINK_STEPS))


# ── the agent writes ─────────────────────────────────────────────────────────────────────────────


def apply_store_row(conn: Connection, row: FeedRow, device_secret: bytes) -> bool:
    """Apply one row of scope `store:<id>` inside the caller's transaction; False for an unknown kind.

    Raises msgspec.ValidationError for a recall or rules that cannot be read; what was there stays.
    """
    if row.kind == "order":
        _apply_order(conn, row)
    elif row.kind == "staff":
        _apply_staff(conn, row, device_secret)
    elif row.kind == customers.KIND:
        customers.apply_customer(conn, row)
    elif row.kind in DOCUMENT_KINDS:
        if row.op == "del":
            conn.execute("DELETE FROM document WHERE kind = ? AND key = ?", (row.kind, row.key))
        else:
            if row.kind in GOODS_KINDS:  # a till that cannot read one would sell what is recalled
                msgspec.json.decode(row.doc, type=DOCUMENT_KINDS[row.kind])
            put_document(conn, row.kind, row.key, bytes(row.doc))
    else:
        return False
    return True


DOCUMENT_KINDS = MappingProxyType(
    {
        "settings": SettingsDoc,
        "quick_key": QuickKeyDoc,
        "node": NodeDoc,
        "recall": Recall,
        "goods_rules": GoodsRulesDoc,
        "promotion": Promotion,
        "department": Department,
        "instrument": Instrument,
        "often_with": OftenWith,
        customers.BOUGHT: Bought,
        STORE_ROLE: StoreRoleDoc,
    }
)
STORE_KINDS = ("order", "staff", customers.KIND, *DOCUMENT_KINDS)
GOODS_KINDS = frozenset({"recall", "goods_rules"})


def put_document(conn: Connection, kind: str, key: str, doc: bytes) -> None:
    conn.execute("INSERT OR REPLACE INTO document (kind, key, doc) VALUES (?,?,?)", (kind, key, doc))


def note_peer(conn: Connection, peer: str, stream: StreamId, at: Head, now_ms: int) -> None:
    """How far a hop has a stream."""
    conn.execute(
        "INSERT INTO peer (peer, node, epoch, through, through_hash, at_ms) VALUES (?,?,?,?,?,?)"
        " ON CONFLICT (peer, node, epoch) DO UPDATE SET through = excluded.through,"
        " through_hash = excluded.through_hash, at_ms = excluded.at_ms",
        (peer, stream.node, stream.epoch, at.seq, at.chain_hash, now_ms),
    )


def note_fork(conn: Connection, epoch: str, detail: str, now_ms: int) -> None:
    """Tell the till that `epoch` went two ways and it must open a new one. Said once per epoch."""
    conn.execute(
        "INSERT OR IGNORE INTO notice (kind, epoch, detail, at_ms) VALUES ('fork', ?, ?, ?)", (epoch, detail, now_ms)
    )


def put_status(conn: Connection, status: LinkStatusDoc) -> None:
    put_document(conn, "status", "link", msgspec.json.encode(status))


def name_reference(conn: Connection, file_name: str) -> None:
    """Say which reference file is current; readers open it by this name."""
    conn.execute("INSERT OR REPLACE INTO reference_file (one, name) VALUES (1, ?)", (file_name,))


def set_store_cursor(conn: Connection, scope: str, rev: int, generation: str) -> None:
    """Move a scope's cursor in the transaction of its rows."""
    set_cursor(conn, scope, rev, generation)


def _apply_order(conn: Connection, row: FeedRow) -> None:
    if row.op == "del":
        conn.execute("DELETE FROM orders WHERE order_id = ?", (row.key,))
        return
    order = msgspec.json.decode(row.doc, type=OrderDoc)
    conn.execute(
        "INSERT OR REPLACE INTO orders (order_id, number, state, order_v, doc) VALUES (?,?,?,?,?)",
        (order.order_id, order.number, order.state.value, order.order_v, bytes(row.doc)),
    )


def _apply_staff(conn: Connection, row: FeedRow, device_secret: bytes) -> None:
    if row.op == "del":
        conn.execute("DELETE FROM staff WHERE operator_id = ?", (row.key,))
        return
    doc = msgspec.json.decode(row.doc, type=StaffDoc)
    verifier = keyed_verifier(device_secret, bytes.fromhex(doc.pin_hash))
    badge = keyed_badge(device_secret, bytes.fromhex(doc.badge_hash)) if doc.badge_hash else b""
    conn.execute(
        "INSERT OR REPLACE INTO staff (operator_id, name, role, pin_salt, verifier, active, lang, badge)"
        " VALUES (?,?,?,?,?,?,?,?)",
        (
            doc.operator_id, doc.name, doc.role.value, bytes.fromhex(doc.pin_salt), verifier, int(doc.active), doc.lang,
            badge,
        ),
    )  # fmt: skip


# ── the till reads ───────────────────────────────────────────────────────────────────────────────


def peer_head(conn: Connection, peer: str, stream: StreamId) -> Head:
    """How far a hop has a stream; Head() when it never answered."""
    row = conn.execute(
        "SELECT through, through_hash FROM peer WHERE peer = ? AND node = ? AND epoch = ?",
        (peer, stream.node, stream.epoch),
    ).fetchone()
    return Head(*row) if row else Head()


def read_orders(conn: Connection) -> Sequence[OrderDoc]:
    """Every order of the store that HQ still shows it."""
    return [
        msgspec.json.decode(doc, type=OrderDoc) for (doc,) in conn.execute("SELECT doc FROM orders ORDER BY number")
    ]


def read_order(conn: Connection, order_id: str) -> OrderDoc | None:
    row = conn.execute("SELECT doc FROM orders WHERE order_id = ?", (order_id,)).fetchone()
    return msgspec.json.decode(row[0], type=OrderDoc) if row else None


def read_staff(conn: Connection) -> Sequence[StaffRow]:
    """Everybody who may sign in here. A file of an agent that does not know badges yet has none."""
    knows = conn.execute("SELECT 1 FROM pragma_table_info('staff') WHERE name = 'badge'").fetchone()
    badge = "badge" if knows else "x''"
    rows = conn.execute(
        f"SELECT operator_id, name, role, pin_salt, verifier, lang, {badge} FROM staff"  # noqa: S608 - one of two words
        " WHERE active = 1 ORDER BY operator_id"
    )
    return [
        StaffRow(OperatorId(o), n, Role(r), salt, verifier, lang, badge)
        for o, n, r, salt, verifier, lang, badge in rows
    ]


def read_settings(conn: Connection) -> SettingsDoc | None:
    row = conn.execute("SELECT doc FROM document WHERE kind = 'settings' LIMIT 1").fetchone()
    return read_settings_doc(row[0]) if row else None


def read_quick_keys(conn: Connection) -> Sequence[QuickKeyDoc]:
    """By page name, then position."""
    rows = conn.execute("SELECT doc FROM document WHERE kind = 'quick_key'")
    return sorted((msgspec.json.decode(doc, type=QuickKeyDoc) for (doc,) in rows), key=lambda key: (key.page, key.pos))


def written(conn: Connection) -> int:
    """Another number whenever another connection has written to the file; costs no query."""
    return conn.execute("PRAGMA data_version").fetchone()[0]


def read_goods_rules(conn: Connection, known: GoodsRules) -> GoodsRules:
    """Recalls and rules; `known` itself when they are still the same."""
    rows = conn.execute(
        "SELECT kind, doc FROM document WHERE kind IN ('recall', 'goods_rules') ORDER BY kind, key"
    ).fetchall()
    source = tuple(bytes(doc) for _, doc in rows)
    if source == known.source:
        return known
    recalls, rules, unread = list[Recall](), GoodsRulesDoc(), 0
    for kind, doc in rows:
        try:
            if kind == "recall":
                recalls.append(msgspec.json.decode(doc, type=Recall))
            else:
                rules = msgspec.json.decode(doc, type=GoodsRulesDoc)
        except msgspec.DecodeError:
            unread += 1  # one that a newer program wrote must not hide the others
    return GoodsRules(tuple(recalls), rules, source, unread)


class Promotions(msgspec.Struct, frozen=True):
    """Those that hold in this store. `source` is equal as long as nothing has changed."""

    promotions: tuple[Promotion, ...] = ()
    source: tuple[bytes, ...] = ()


def read_promotions(conn: Connection, known: Promotions) -> Promotions:
    """The store's promotions; `known` itself when they are still the same. One this program cannot read is left out."""
    source = tuple(
        bytes(doc) for (doc,) in conn.execute("SELECT doc FROM document WHERE kind = 'promotion' ORDER BY key")
    )
    if source == known.source:
        return known
    found: list[Promotion] = []
    for doc in source:
        try:
            found.append(checked(msgspec.json.decode(doc, type=Promotion)))
        except (msgspec.DecodeError, RuleViolationError):
            continue  # a newer kind of offer must not stop the others
    return Promotions(tuple(found), source)


def read_department(conn: Connection, no: int) -> Department | None:
    """One department; None when the store has no such, or this program cannot read it."""
    row = conn.execute("SELECT doc FROM document WHERE kind = 'department' AND key = ?", (str(no),)).fetchone()
    try:
        return checked_department(msgspec.json.decode(row[0], type=Department)) if row else None
    except (msgspec.DecodeError, RuleViolationError):
        return None


def read_instrument(conn: Connection, instrument: InstrumentId) -> Instrument | None:
    """A gift card, credit, points or account as HQ published it last; None when it never did, or in a way of tomorrow."""
    row = conn.execute("SELECT doc FROM document WHERE kind = 'instrument' AND key = ?", (instrument,)).fetchone()
    try:
        return msgspec.json.decode(row[0], type=Instrument) if row else None
    except msgspec.DecodeError:
        return None


def read_nodes(conn: Connection) -> Sequence[NodeDoc]:
    rows = conn.execute("SELECT doc FROM document WHERE kind = 'node' ORDER BY key")
    return [msgspec.json.decode(doc, type=NodeDoc) for (doc,) in rows]


def read_store_role(conn: Connection) -> StoreRoleDoc | None:
    """None as long as head office never said."""
    row = conn.execute("SELECT doc FROM document WHERE kind = ?", (STORE_ROLE,)).fetchone()
    return msgspec.json.decode(row[0], type=StoreRoleDoc) if row else None


def read_status(conn: Connection) -> LinkStatusDoc:
    row = conn.execute("SELECT doc FROM document WHERE kind = 'status' AND key = 'link'").fetchone()
    return msgspec.json.decode(row[0], type=LinkStatusDoc) if row else LinkStatusDoc()


def forked(conn: Connection, epoch: str) -> bool:
    """True when the agent was told that this epoch went two ways."""
    return conn.execute("SELECT 1 FROM notice WHERE kind = 'fork' AND epoch = ?", (epoch,)).fetchone() is not None


def reference_name(conn: Connection) -> str | None:
    row = conn.execute("SELECT name FROM reference_file").fetchone()
    return row[0] if row else None
