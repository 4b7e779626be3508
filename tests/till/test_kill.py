"""kill -9 at random moments: what the cashier was told is done is on disk, once, with no gap in the numbers."""

import os
from pathlib import Path

from retail_core.domain.stock import fold, movements_of
from retail_core.durable.engine import open_ro
from retail_core.durable.verify import verify_file
from retail_core.wire.events import decode_event
from tests.support.kill_till import run_kills
from tests.support.shop import make_shop

KILLS = int(os.environ.get("OMNITILL_KILLS", "300"))
SEED = 20_261_123


def test_no_kill_loses_or_doubles_a_sale_the_cashier_was_told_of(tmp_path: Path) -> None:
    shops = [make_shop(tmp_path / f"t{n}", register=f"T{n}") for n in (1, 2)]
    tally = run_kills([shop.home.folder for shop in shops], KILLS, SEED)
    assert tally.kills == KILLS
    assert len(tally.acked) == len(set(tally.acked)) > KILLS / 2
    for shop in shops:
        conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
        receipts = [r for (r,) in conn.execute("SELECT receipt FROM sale ORDER BY counter")]
        prefix = f"S0319-{shop.config.register}-A-"
        assert receipts == [f"{prefix}{n:06d}" for n in range(1, len(receipts) + 1)]
        assert {r for r in tally.acked if r.startswith(prefix)} <= set(receipts)
        assert len(receipts) - sum(r.startswith(prefix) for r in tally.acked) <= KILLS
        events = [decode_event(*e) for e in conn.execute("SELECT type, v, body FROM event WHERE type LIKE 'sale.%'")]
        sold = conn.execute("SELECT sku, sum(qty_milli) FROM sale_line GROUP BY sku ORDER BY sku").fetchall()
        moved = fold(move for event in events for move in movements_of(event))
        assert sorted((sku, qty) for (sku, state), qty in moved.items() if state == "customer") == sold
        assert conn.execute("SELECT count(*) FROM spool WHERE state = 'QUEUED'").fetchone()[0] == len(receipts)
        conn.close()
        key = shop.home.keys.signing_key("till").public_text
        report = verify_file(shop.home.till_db, shop.home.keys.file_key("till.db"), {shop.config.till_node: key})
        assert report.ok, report.detail
