"""Every table of HQ. `store` is a place's id: a shop, a warehouse, or the channel place that online orders belong to."""

from sqlalchemy import Index

from hq_server.storage.scoping import (
    blob,
    customer_scoped,
    flag,
    hq_local,
    key_text,
    metadata,
    number,
    reference,
    store_scoped,
    text,
)

# 2: recall, goods_rules; 3: promotion; 4: setting_group; 5: returned_line; 6: customer; 7: department;
# 8: instrument, value_move; 9: staff_key; 10: cashier_act; 11: z_report, day_close; 12: item_more; 13: coupon_use; 14: mail; 15: receipt_event
# 16: basket_taken; 17: sealed_key, key_release; 18: unit_sold; 19: stock_count, shelf; 20: node_devices; 21: till_lock
# 22: tax_from; 23: machine_act
SCHEMA_VERSION = 23

# ── what nodes said: the copied journals ─────────────────────────────────────────────────────────

stream = store_scoped(
    "stream",
    text("node"), text("epoch"), number("base_seq"), blob("base_hash"), number("through"), blob("through_hash"), blob("last_entry_hash"),
    number("seen_ms"),
    key=["node", "epoch"],
)  # fmt: skip
stream_entry = store_scoped(
    "stream_entry",
    text("node"), text("epoch"), number("seq"), text("id"), blob("chain_hash"),
    key=["node", "epoch", "seq"],
)  # fmt: skip
event = store_scoped(
    "event",
    text("id"), text("node"), text("epoch"), number("seq"), text("type"), number("v"), number("at_ms"),
    text("biz_date"), text("actor"), number("clock_ms"), blob("body"), blob("prev_hash"), blob("entry_hash"),
    blob("sig"), text("state"), text("code"), number("recorded_ms"), blob("odd_head", null=True),
    key=["id"],
    index=[["state", "recorded_ms"]],
)  # fmt: skip
private = store_scoped("private", text("id"), blob("salt"), blob("part"), key=["id"])
conflict = store_scoped(
    "conflict", text("id"), blob("body_sha256"), text("node"), text("epoch"), number("seq"), blob("body"),
    number("seen_ms"), key=["id", "body_sha256"],
)  # fmt: skip

# ── sales ────────────────────────────────────────────────────────────────────────────────────────

sale = store_scoped(
    "sale",
    text("sale_id"), text("receipt"), text("node"), text("actor"), text("biz_date"), number("at_ms"),
    text("currency"), number("total_minor"), number("tax_minor"), number("change_minor"), text("order_id"),
    number("recorded_ms"),
    key=["sale_id"],
    index=[["biz_date"], ["receipt"]],
)  # fmt: skip
# no foreign keys to `sale`: lines come with it in one transaction, and checking each cost more than all the rest
sale_line = store_scoped(
    "sale_line",
    text("sale_id"), number("n"), text("sku"), number("qty_milli"), number("unit_minor"), number("amount_minor"),
    text("tax_class"), number("tax_minor"), text("book"),
    key=["sale_id", "n"],
)  # fmt: skip
returned_line = store_scoped(  # `receipt` and `line_n` are those of the purchase; empty and 0 without one
    "returned_line",
    text("sale_id"), number("n"), text("receipt"), number("line_n"), text("sku"), number("qty_milli"),
    number("amount_minor"), text("reason"), text("goods"),
    key=["sale_id", "n"],
    index=[["receipt"]],
)  # fmt: skip
tender = store_scoped(
    "tender",
    text("sale_id"), number("n"), text("kind"), number("amount_minor"), number("given_minor"),
    key=["sale_id", "n"],
)  # fmt: skip
value_move = store_scoped(  # every move of a gift card, credit, points or account, by the store that made it
    "value_move",
    text("move_id"), text("instrument"), text("what"), number("delta"), text("currency"), text("sale_id"), text("node"), text("epoch"),
    number("seq"), text("actor"), text("reason"), number("at_ms"),
    key=["move_id"],
    index=[["instrument", "at_ms"]],
)  # fmt: skip
sale_hour = store_scoped(
    "sale_hour",
    text("biz_date"), text("channel"), number("hour"), text("currency"), number("baskets"), number("total_minor"),
    key=["biz_date", "channel", "hour", "currency"],
)  # fmt: skip

z_report = store_scoped(
    "z_report",
    text("drawer"), text("series"), number("z_number"), text("event_id"), text("session_id"), text("biz_date"),
    text("currency"), text("opened_by"), text("closed_by"), text("approved_by"), number("opened_ms"),
    number("closed_ms"), number("sales"), number("sales_minor"), number("tax_minor"), number("expected_minor"),
    number("counted_minor"), text("reason"), text("totals"),
    key=["event_id"],
    index=[["biz_date"]],
)  # fmt: skip
day_close = store_scoped(
    "day_close",
    text("drawer"), text("biz_date"), number("n"), text("event_id"), text("currency"), number("sessions"),
    number("sales"), number("sales_minor"), number("variance_minor"), number("closed_ms"), text("totals"),
    key=["event_id"],
    index=[["biz_date"]],
)  # fmt: skip

# ── stock ────────────────────────────────────────────────────────────────────────────────────────

BUCKETS = ("sellable", "picked", "quality", "damaged", "display", "in_transit")
stock_move = store_scoped(
    "stock_move",
    text("node"), text("epoch"), number("seq"), number("n"), text("sku"), text("lot"), text("serial"),
    text("from_state"), text("to_state"), number("qty_milli"), text("reason"), text("document"), text("actor"),
    number("at_ms"), number("recorded_ms"),
    key=["node", "epoch", "seq", "n"],
    checks=["qty_milli > 0"],
    index=[["sku"]],
)  # fmt: skip
stock = store_scoped(
    "stock",
    text("sku"), *(number(bucket, 0) for bucket in BUCKETS), number("committed", 0), number("floor", 0),
    key=["sku"],
    checks=["committed >= 0", "floor >= 0"],
)  # fmt: skip
stock_count = store_scoped(  # every count ever made; `node`, `epoch` and `seq` are those of its origin
    "stock_count",
    text("sku"), text("event_id"), text("node"), text("epoch"), number("seq"), number("at_ms"), text("count_id"),
    number("counted_ms"), number("qty_milli"), text("cut"),
    key=["sku", "event_id"],
)  # fmt: skip
shelf = store_scoped(  # the count that holds, and what it makes of `sellable` beyond the sum of the movements
    "shelf",
    text("sku"), text("event_id"), number("adjust_milli"), flag("recount"), number("changed_ms"),
    key=["sku"],
)  # fmt: skip
_promised = stock.c.committed > 0
Index("ix_stock_promised", stock.c.store, stock.c.sku, sqlite_where=_promised, postgresql_where=_promised)

# ── orders ───────────────────────────────────────────────────────────────────────────────────────

customer_order = store_scoped(  # `store` is the channel's place
    "customer_order",
    text("order_id"), text("number"), text("channel"), text("customer_ref"), text("customer_name"), text("currency"),
    number("total_minor"), flag("paid"), number("placed_ms"), text("idem_key"), blob("idem_sha256"), text("placed_by"),
    key=["order_id"],
    unique=[["number"], ["idem_key"]],
)  # fmt: skip
fulfilment_order = store_scoped(
    "fulfilment_order",
    text("order_id"), text("number"), text("state"), number("order_v"), text("owner"), number("lease_until_ms"),
    number("placed_ms"), number("due_ms"), number("hold_until_ms"), flag("is_open"), blob("doc"), blob("sourcing"),
    number("offers", 0), number("changed_ms"), flag("in_feed"),
    key=["order_id"],
    index=[["is_open", "placed_ms"]],
)  # fmt: skip
fulfilment_line = store_scoped(
    "fulfilment_line",
    text("order_id"), number("n"), text("sku"), number("qty_milli"), number("unit_minor"),
    key=["order_id", "n"],
    parent=("fulfilment_order", ["order_id"]),
    checks=["qty_milli > 0"],
)  # fmt: skip
order_step = store_scoped(  # every fact about an order, HQ's and the store's, as it came in
    "order_step",
    text("order_id"), number("order_v"), text("event_id"), text("what"), blob("body"), text("actor"), number("at_ms"),
    text("outcome"), number("recorded_ms"),
    key=["order_id", "order_v", "event_id"],
    index=[["outcome", "recorded_ms"]],
)  # fmt: skip
reservation = store_scoped(
    "reservation",
    text("reservation_id"), text("order_id"), number("n"), text("sku"), number("qty_milli"),
    number("qty_open_milli"), text("state"), number("expires_ms", null=True), text("idem_key"),
    key=["reservation_id"],
    unique=[["idem_key"]],
    parent=("fulfilment_line", ["order_id", "n"]),
    checks=["qty_open_milli >= 0", "qty_open_milli <= qty_milli", "state <> 'firm' OR expires_ms IS NULL"],
    index=[["sku", "state"], ["order_id"]],
)  # fmt: skip

# ── people, machines and words of a store ────────────────────────────────────────────────────────

staff = store_scoped(
    "staff",
    text("operator_id"), text("name"), text("role"), blob("pin_salt"), blob("pin_hash"), flag("active"), text("lang"),
    key=["operator_id"],
)  # fmt: skip
staff_key = store_scoped(  # beside the row: the badge's hash, and a keyed tag of the PIN, so that no two are alike
    "staff_key",
    text("operator_id"), blob("badge_hash"), blob("pin_tag"),
    key=["operator_id"],
)  # fmt: skip
cashier_act = store_scoped(  # what a manager looks at, read from the facts as they come in
    "cashier_act",
    text("event_id"), number("n"), text("biz_date"), text("operator"), text("kind"), number("at_ms"),
    number("amount_minor"), text("subject"), text("approver"),
    key=["event_id", "n"],
    index=[["biz_date", "operator"]],
)  # fmt: skip
receipt_event = store_scoped("receipt_event", text("receipt"), text("event_id"), key=["receipt"])
basket_taken = store_scoped(  # by whom a basket that had been put aside was taken up first
    "basket_taken",
    text("sale_id"), number("put_ms"), text("node"), text("as_sale"), number("at_ms"),
    key=["sale_id", "put_ms"],
)  # fmt: skip
till_lock = store_scoped(  # what managers of a store did about a till that was missing or odd
    "till_lock",
    text("node"), number("n"), flag("locked"), text("register"), text("why"), text("by"), number("at_ms"),
    key=["node", "n", "locked"],
)  # fmt: skip
mail = store_scoped(  # receipts to be sent by e-mail; where to stands in `private`
    "mail",
    text("mail_id"), text("receipt"), number("wanted_ms"), text("state"), number("tries"), number("next_ms"),
    text("why"), text("answer"), number("changed_ms"),
    key=["mail_id"],
    index=[["state", "next_ms"]],
)  # fmt: skip
quick_key = store_scoped("quick_key", text("page"), number("pos"), text("sku"), text("label"), key=["page", "pos"])
goods_rules = store_scoped("goods_rules", text("kind"), text("doc"), key=["kind"])
setting_group = store_scoped("setting_group", text("name"), text("doc"), key=["name"])
register_series = store_scoped("register_series", text("register"), number("granted"), key=["register"])
node_contact = store_scoped(
    "node_contact",
    text("node"), number("seen_ms"), number("clock_offset_ms"), number("queued"), number("oldest_ms"),
    key=["node"],
)  # fmt: skip
node_figures = store_scoped(  # what a machine said of itself last; losing it loses nothing
    "node_figures", text("node"), number("at_ms"), text("doc"), key=["node"]
)
node_devices = store_scoped(  # how its devices are, as it said last; losing it loses nothing
    "node_devices", text("node"), number("at_ms"), text("doc"), key=["node"]
)
sealed_key = store_scoped(  # keys of a machine's files, by its agent; only HQ's own key opens them
    "sealed_key",
    text("node"), text("file"), text("key_check"), text("sealed"), number("made_ms"),
    key=["node", "file", "key_check"],
)  # fmt: skip
key_release = store_scoped(  # an administrator let the keys of a lost machine be given to its store
    "key_release",
    text("node"), number("at_ms"), number("until_ms"), text("by_whom"), text("reason"), text("taken_by"),
    key=["node", "at_ms"],
)  # fmt: skip
machine_act = store_scoped(  # machines let in and shut out, as the journal says it
    "machine_act",
    text("event_id"), number("at_ms"), text("what"), text("register"), text("who"), number("until_ms"),
    key=["event_id"],
    index=[["at_ms"]],
)  # fmt: skip
exception_case = store_scoped(
    "exception_case",
    text("case_id"), text("kind"), text("subject"), blob("evidence"), number("value_minor"), text("state"),
    number("opened_ms"), number("changed_ms"), text("dedupe"),
    key=["case_id"],
    unique=[["dedupe"]],
    index=[["state", "opened_ms"]],
)  # fmt: skip

# ── customers ────────────────────────────────────────────────────────────────────────────────────

customer = customer_scoped(  # `doc`: the details of the person, as the feed ships them; empty once erased
    "customer",
    text("doc"), text("home_store"), text("made_store"), text("made_event"), flag("erased"), number("changed_ms"),
)  # fmt: skip
customer_store = customer_scoped("customer_store", text("store"), number("seen_ms"), key=["store"])  # bought there last
customer_consent = customer_scoped(  # every word ever said; the latest on each purpose holds
    "customer_consent",
    text("event_id"), text("purpose"), flag("given"), text("text_version"), number("at_ms"),
    key=["event_id"],
)  # fmt: skip

# ── reference ────────────────────────────────────────────────────────────────────────────────────

place = reference(
    "place",
    text("place_id"), text("kind"), text("name"), text("zone"), text("timezone"), text("currency"), text("lang"),
    text("receipt_header"), text("receipt_footer"), number("cash_rounding_minor", 0),
    key=["place_id"],
)  # fmt: skip
node = reference(
    "node",
    text("node_id"), text("store"), text("register"), text("role"), text("public_key"), flag("store_role"),
    number("enrolled_ms"), number("revoked_ms", null=True),
    key=["node_id"],
)  # fmt: skip
item = reference(
    "item",
    text("sku"), text("name"), text("dept"), text("brand"), text("size"), text("unit"), text("tax_class"),
    text("gtins"), number("popularity", 0),
    key=["sku"],
)  # fmt: skip
item_more = reference("item_more", text("sku"), text("doc"), key=["sku"])  # the few items that have more
gtin = reference("gtin", text("gtin"), text("sku"), key=["gtin"])
price = reference(
    "price",
    text("zone"), text("sku"), number("from_ms"), number("price_minor"), text("currency"), text("book"),
    key=["zone", "sku", "from_ms"],
)  # fmt: skip
tax = reference("tax", text("tax_class"), text("name"), number("rate_ppm"), flag("included"), key=["tax_class"])
tax_from = reference(  # rates with a day of their own; `tax` has the one before the first of them
    "tax_from",
    text("tax_class"), text("valid_from"), text("name"), number("rate_ppm"), flag("included"),
    key=["tax_class", "valid_from"],
)  # fmt: skip
recall = reference(
    "recall",
    text("number"), text("sku"), text("doc"), text("stores"), flag("lifted"), number("changed_ms"),
    key=["number", "sku"],
)  # fmt: skip
promotion = reference(
    "promo", text("promo_id"), text("doc"), text("stores"), flag("ended"), number("changed_ms"), key=["promo_id"]
)
department = reference(
    "department", number("no"), text("doc"), text("stores"), flag("ended"), number("changed_ms"), key=["no"]
)
Index("ix_gtin_sku", gtin.c.sku)
Index("ix_item_popularity", item.c.popularity)

# ── HQ's own ─────────────────────────────────────────────────────────────────────────────────────

schema_version = hq_local("schema_version", number("one"), number("version"), key=["one"])
identity = hq_local("identity", text("name"), text("value"), key=["name"])
counter = hq_local("counter", text("name"), number("value"), key=["name"])
instrument = hq_local(  # one row per gift card, credit, points or account of the chain: the fold of its moves
    "instrument",
    text("instrument"), text("kind"), text("currency"), number("balance"), text("state"), text("expires"),
    number("offline_limit"), text("tail"), text("holder", null=True), text("seen"), number("changed_ms"),
    key=["instrument"],
)  # fmt: skip
feed_head = hq_local("feed_head", text("scope"), number("rev"), number("horizon"), key=["scope"])
feed = hq_local(
    "feed",
    text("scope"), text("kind"), text("key"), number("rev"), text("op"), number("v"), blob("doc"), number("changed_ms"),
    key=["scope", "kind", "key"],
)  # fmt: skip
Index("ix_feed_scope_rev", feed.c.scope, feed.c.rev)
order_directory = hq_local(
    "order_directory", text("order_id"), text("place"), text("store"), number("placed_ms"), key=["order_id"]
)
Index("ix_order_directory_placed", order_directory.c.placed_ms)
customer_directory = hq_local("customer_directory", key_text("key"), text("customer_id"), key=["key", "customer_id"])
Index("ix_customer_directory_of", customer_directory.c.customer_id)
coupon_use = hq_local(  # prints that were used, whichever store took them
    "coupon_use",
    key_text("code"), text("serial"), text("store"), text("sale_id"), number("at_ms"),
    key=["code", "serial"],
)  # fmt: skip
unit_sold = hq_local(  # units known by their tag or serial number when they were sold, whichever store sold them
    "unit_sold",
    key_text("epc"), text("store"), text("sale_id"), number("n"), text("receipt"),
    key=["epc", "store", "sale_id", "n"],
)  # fmt: skip
hq_user = hq_local(
    "hq_user",
    text("name"), text("password_hash"), text("role"), flag("active"), number("failed", 0), number("locked_until_ms", 0),
    key=["name"],
)  # fmt: skip
web_session = hq_local(
    "web_session", blob("secret_sha256"), text("user_name"), number("until_ms"), text("csrf"), key=["secret_sha256"]
)
api_token = hq_local(
    "api_token",
    text("token_id"), blob("secret_sha256"), text("name"), text("role"), number("made_ms"), number("until_ms"),
    number("revoked_ms", null=True),
    key=["token_id"],
)  # fmt: skip
enrolment_code = hq_local(
    "enrolment_code",
    text("locator"), blob("secret_sha256"), text("store"), text("register"), text("role"), flag("store_role"),
    flag("with_till"), number("until_ms"), number("tries", 0), number("used_ms", null=True),
    key=["locator"],
)  # fmt: skip
used_assertion = hq_local("used_assertion", text("token_id"), number("until_s"), key=["token_id"])
snapshot = hq_local(
    "snapshot",
    text("id"), text("zone"), text("file"), number("size"), text("sha256"), number("schema"), text("generation"),
    text("cursors"), text("signature"), number("made_ms"),
    key=["id"],
)  # fmt: skip
job = hq_local(
    "job",
    text("job_id"), text("kind"), text("state"), number("done", 0), number("total", 0), number("tries", 0),
    text("error"), number("changed_ms"),
    key=["job_id"],
)  # fmt: skip

__all__ = ["BUCKETS", "SCHEMA_VERSION", "metadata"]
