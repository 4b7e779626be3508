"""store.db: the agent's own journal, the copies of other machines' streams, what was sent where, and pages of the feed."""

from pathlib import Path

from retail_core.durable.engine import Connection
from retail_core.durable.inbox import INBOX_TABLES
from retail_core.durable.journal import JOURNAL_TABLES
from retail_core.durable.migrate import Step, ensure_schema
from retail_core.durable.segments import SEGMENT_STEP
from sync_agent.storage.units import UNIT_SOLD_STEP

STORE_STEPS: tuple[Step, ...] = (
    (
        *JOURNAL_TABLES,
        *INBOX_TABLES,
        """CREATE TABLE sent (
            peer TEXT NOT NULL, node TEXT NOT NULL, epoch TEXT NOT NULL, through INTEGER NOT NULL,
            through_hash BLOB NOT NULL, hq_through INTEGER NOT NULL, hq_hash BLOB NOT NULL,
            PRIMARY KEY (peer, node, epoch)) WITHOUT ROWID""",
        """CREATE TABLE page (
            scope TEXT NOT NULL, from_rev INTEGER NOT NULL, to_rev INTEGER NOT NULL, head INTEGER NOT NULL,
            generation TEXT NOT NULL, packed BLOB NOT NULL, signature BLOB NOT NULL, at_ms INTEGER NOT NULL,
            PRIMARY KEY (scope, from_rev)) WITHOUT ROWID""",
        """CREATE TABLE decided (
            order_id TEXT NOT NULL, order_v INTEGER NOT NULL, doc BLOB NOT NULL,
            PRIMARY KEY (order_id)) WITHOUT ROWID""",
    ),
    (
        # what the store role tells the tills, how far it has read each journal, and who claims what
        """CREATE TABLE told (
            kind TEXT NOT NULL, key TEXT NOT NULL, rev INTEGER NOT NULL, at_ms INTEGER NOT NULL, doc BLOB NOT NULL,
            PRIMARY KEY (kind, key)) WITHOUT ROWID""",
        "CREATE UNIQUE INDEX told_rev ON told (rev)",
        "CREATE TABLE told_head (one INTEGER PRIMARY KEY CHECK (one = 1), source TEXT NOT NULL, rev INTEGER NOT NULL)",
        """CREATE TABLE told_through (
            node TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (node, epoch)) WITHOUT ROWID""",
        """CREATE TABLE claim (
            kind TEXT NOT NULL, key TEXT NOT NULL, holder TEXT NOT NULL, until_ms INTEGER NOT NULL,
            PRIMARY KEY (kind, key)) WITHOUT ROWID""",
    ),
    (
        "CREATE TABLE store_role (one INTEGER PRIMARY KEY CHECK (one = 1), has INTEGER NOT NULL, generation INTEGER NOT NULL)",
    ),
    (
        # where in the journals here a receipt stands
        "CREATE TABLE receipt_at (receipt TEXT PRIMARY KEY, event_id TEXT NOT NULL) WITHOUT ROWID",
    ),
    SEGMENT_STEP,
    (
        # how long this machine has been without head office's word
        """CREATE TABLE alone (
            one INTEGER PRIMARY KEY CHECK (one = 1), said_ms INTEGER NOT NULL, silent_ms INTEGER NOT NULL,
            wall_ms INTEGER NOT NULL)""",
    ),
    (
        # how far the till's journal was read for locks of other tills
        "CREATE TABLE lock_read (one INTEGER PRIMARY KEY CHECK (one = 1), n INTEGER NOT NULL)",
    ),
    (
        # steps of orders that were read before the one they follow
        """CREATE TABLE waiting_step (
            event_id TEXT PRIMARY KEY, order_id TEXT NOT NULL, order_v INTEGER NOT NULL, at_ms INTEGER NOT NULL,
            doc BLOB NOT NULL) WITHOUT ROWID""",
    ),
    UNIT_SOLD_STEP,
    (
        # entries of a newer release, to be read again after an upgrade; what was passed over before is read once more now
        """CREATE TABLE unread (
            node TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (node, epoch, seq)) WITHOUT ROWID""",
        "DELETE FROM told_through",
    ),
)


def prepare_store(conn: Connection, path: Path) -> None:
    """Make or bring up to date the tables."""
    ensure_schema(conn, path, STORE_STEPS)
