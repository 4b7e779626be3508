"""Tables of till.db. Money is `*_minor`, quantities `*_milli`, times `*_ms`; nothing here is ever a float."""

from pos_app.storage.cashier_acts import CASHIER_ACT_STEP
from pos_app.storage.claims import UNIT_ASK_STEP
from pos_app.storage.customers_here import CONSENT_STEP, CUSTOMER_STEP
from pos_app.storage.papers import PAPER_STEP
from pos_app.storage.prefs import PREFERENCE_STEP
from pos_app.storage.receipt_asks import RECEIPT_ASK_STEP
from pos_app.storage.waiting import WAITING_STEP
from retail_core.durable.device_states import DEVICE_STATE_STEP
from retail_core.durable.journal import JOURNAL_TABLES
from retail_core.durable.migrate import Step
from retail_core.durable.recovery import SALVAGE_ASK_STEP
from retail_core.durable.segments import SEGMENT_STEP
from retail_core.durable.start import START_ASK_STEP

TILL_STEPS: tuple[Step, ...] = (
    (
        *JOURNAL_TABLES,
        # one row per series; the counter is taken inside the sale's transaction, so numbers have no gaps
        "CREATE TABLE receipt_counter (series TEXT PRIMARY KEY, next INTEGER NOT NULL CHECK (next > 0)) WITHOUT ROWID",
        "CREATE TABLE basket (one INTEGER PRIMARY KEY CHECK (one = 1), data BLOB NOT NULL)",
        """CREATE TABLE sale (
            sale_id TEXT PRIMARY KEY, receipt TEXT NOT NULL, series TEXT NOT NULL, counter INTEGER NOT NULL,
            biz_date TEXT NOT NULL, at_ms INTEGER NOT NULL, operator_id TEXT NOT NULL, currency TEXT NOT NULL,
            total_minor INTEGER NOT NULL, tax_minor INTEGER NOT NULL, change_minor INTEGER NOT NULL,
            book TEXT NOT NULL, event_id TEXT NOT NULL, UNIQUE (series, counter)) WITHOUT ROWID""",
        """CREATE TABLE sale_line (
            sale_id TEXT NOT NULL REFERENCES sale, n INTEGER NOT NULL, sku TEXT NOT NULL, gtin TEXT, name TEXT NOT NULL,
            qty_milli INTEGER NOT NULL, unit_minor INTEGER NOT NULL, amount_minor INTEGER NOT NULL,
            tax_class TEXT NOT NULL, tax_minor INTEGER NOT NULL, lot TEXT, serial TEXT, epc TEXT, expiry TEXT,
            PRIMARY KEY (sale_id, n)) WITHOUT ROWID""",
        """CREATE TABLE tender (
            sale_id TEXT NOT NULL REFERENCES sale, n INTEGER NOT NULL, kind TEXT NOT NULL, amount_minor INTEGER NOT NULL,
            given_minor INTEGER NOT NULL, reference TEXT NOT NULL, PRIMARY KEY (sale_id, n)) WITHOUT ROWID""",
        """CREATE TABLE spool (
            job INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, document BLOB NOT NULL,
            state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',
            at_ms INTEGER NOT NULL)""",
        "CREATE INDEX spool_open ON spool (job) WHERE state = 'QUEUED'",
        # this till's own steps on orders, folded over what HQ sent last
        "CREATE TABLE order_here (order_id TEXT PRIMARY KEY, order_v INTEGER NOT NULL, doc BLOB NOT NULL) WITHOUT ROWID",
        """CREATE TABLE code_tries (
            order_id TEXT PRIMARY KEY, failures INTEGER NOT NULL) WITHOUT ROWID""",
        # the lock counts down by this machine's running time, so setting its clock does not shorten it
        """CREATE TABLE pin_guard (
            one INTEGER PRIMARY KEY CHECK (one = 1), failures INTEGER NOT NULL, lock_left_ms INTEGER NOT NULL)""",
    ),
    (
        # a card payment, from before the first byte to the last; the terminal's numbers, never a card's
        """CREATE TABLE payment (
            tender_id TEXT PRIMARY KEY, act TEXT NOT NULL, stage TEXT NOT NULL, amount_minor INTEGER NOT NULL,
            currency TEXT NOT NULL, at_ms INTEGER NOT NULL, approved_minor INTEGER NOT NULL, trace INTEGER NOT NULL,
            receipt INTEGER NOT NULL, masked_card TEXT NOT NULL, card_name TEXT NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID""",
        "CREATE INDEX payment_trace ON payment (trace) WHERE trace > 0",
        "CREATE INDEX payment_open ON payment (at_ms) WHERE stage IN ('SENT', 'UNKNOWN', 'REVERSING')",
    ),
    (
        # which terminal took it, and what each terminal was asked and told of itself, in this order: by these numbers a
        # payment in doubt is found again. What was taken before this table was is in it from the start.
        "ALTER TABLE payment ADD COLUMN terminal TEXT NOT NULL DEFAULT ''",
        """CREATE TABLE terminal_log (
            n INTEGER PRIMARY KEY, terminal TEXT NOT NULL, sort TEXT NOT NULL, tender_id TEXT NOT NULL,
            trace INTEGER NOT NULL, receipt INTEGER NOT NULL, terminal_id TEXT NOT NULL, stamp TEXT NOT NULL)""",
        "CREATE INDEX terminal_log_newest ON terminal_log (terminal, n)",
        """INSERT INTO terminal_log (terminal, sort, tender_id, trace, receipt, terminal_id, stamp)
            SELECT '', CASE WHEN trace > 0 THEN 'taken' ELSE 'asked' END, tender_id, trace, receipt, '', ''
            FROM payment ORDER BY at_ms""",
    ),
    (
        # baskets put aside for a while
        """CREATE TABLE parked (
            sale_id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, operator TEXT NOT NULL, units INTEGER NOT NULL,
            total_minor INTEGER NOT NULL, first TEXT NOT NULL, data BLOB NOT NULL) WITHOUT ROWID""",
    ),
    (
        # one row a period of the drawer with its running totals, changed in the transaction of each sale; at its close
        # the row keeps the Z. What a session says is folded from the journal, so a report never walks through sales.
        """CREATE TABLE drawer_session (
            session_id TEXT PRIMARY KEY, drawer TEXT NOT NULL, biz_date TEXT NOT NULL, state TEXT NOT NULL,
            data BLOB NOT NULL, opened_n INTEGER NOT NULL, z_number TEXT, z BLOB) WITHOUT ROWID""",
        "CREATE UNIQUE INDEX drawer_session_open ON drawer_session (drawer) WHERE state <> 'closed'",
        "CREATE UNIQUE INDEX drawer_session_z ON drawer_session (z_number) WHERE z_number IS NOT NULL",
        "CREATE INDEX drawer_session_day ON drawer_session (biz_date)",
        """CREATE TABLE drawer_move (
            act_id TEXT PRIMARY KEY, session_id TEXT NOT NULL REFERENCES drawer_session, kind TEXT NOT NULL,
            amount_minor INTEGER NOT NULL, at_ms INTEGER NOT NULL, operator TEXT NOT NULL, reason TEXT NOT NULL)
            WITHOUT ROWID""",
        "CREATE INDEX drawer_move_session ON drawer_move (session_id, at_ms)",
        "CREATE TABLE z_counter (series TEXT PRIMARY KEY, next INTEGER NOT NULL CHECK (next > 0)) WITHOUT ROWID",
        """CREATE TABLE day_close (
            biz_date TEXT NOT NULL, n INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (biz_date, n)) WITHOUT ROWID""",
    ),
    (
        # what this till asked the store role for, while somebody waits for the answer
        """CREATE TABLE claim_ask (
            ask_id TEXT PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, for_ms INTEGER NOT NULL,
            at_ms INTEGER NOT NULL) WITHOUT ROWID""",
    ),
    (
        # lines of receipts that were shown for a return, from whichever till, and what of them came back here. The table
        # itself refuses more than was sold, so no two returns can both have the last piece.
        """CREATE TABLE bought_line (
            receipt TEXT NOT NULL, n INTEGER NOT NULL, sold_milli INTEGER NOT NULL CHECK (sold_milli > 0),
            sold_minor INTEGER NOT NULL, back_milli INTEGER NOT NULL DEFAULT 0, back_minor INTEGER NOT NULL DEFAULT 0,
            CHECK (back_milli BETWEEN 0 AND sold_milli), CHECK (back_minor BETWEEN 0 AND max(0, sold_minor)),
            PRIMARY KEY (receipt, n)) WITHOUT ROWID""",
        # receipts of this till that were reversed whole, each once
        "CREATE TABLE post_void (receipt TEXT PRIMARY KEY, by_receipt TEXT NOT NULL) WITHOUT ROWID",
    ),
    (
        # who was at this till, and when last
        "CREATE TABLE staff_here (operator_id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, how TEXT NOT NULL) WITHOUT ROWID",
    ),
    (
        # this till's moves of gift cards, credit, points and accounts; where each stands in the journal tells whether
        # HQ has counted it
        """CREATE TABLE value_move (
            move_id TEXT PRIMARY KEY, instrument TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL,
            delta INTEGER NOT NULL, issue BLOB) WITHOUT ROWID""",
        "CREATE INDEX value_move_instrument ON value_move (instrument)",
    ),
    CASHIER_ACT_STEP,
    PREFERENCE_STEP,
    CUSTOMER_STEP,
    PAPER_STEP,
    WAITING_STEP,
    RECEIPT_ASK_STEP,
    CONSENT_STEP,
    SALVAGE_ASK_STEP,
    SEGMENT_STEP,
    START_ASK_STEP,
    DEVICE_STATE_STEP,
    UNIT_ASK_STEP,
)
