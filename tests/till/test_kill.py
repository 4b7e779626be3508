"""kill -9 at random moments: what the cashier was told is done is on disk once, and reaches HQ once.

The same accounting serves a few hundred kills here and ten thousand in `make gate P=R1`.
"""

import os
import random
from pathlib import Path

from hq_server.service.ingest import take
from hq_server.storage import access, sales, stock
from hq_server.storage.access import Node
from hq_server.storage.database import open_embedded
from retail_core.domain.stock import fold, movements_of
from retail_core.durable.engine import open_ro
from retail_core.durable.journal import chain_hash_at, entries_after, streams
from retail_core.durable.verify import verify_file
from retail_core.wire.batch import encode_batch
from retail_core.wire.events import decode_event
from retail_core.wire.messages import PushAnswer, PushHeader
from tests.hq import support as head_office
from tests.support.kill_accounts import check_books, equip
from tests.support.kill_till import Tally, run_kills
from tests.support.shop import Shop, make_shop

KILLS = 300
SEED = 20_261_123


def test_no_kill_loses_or_doubles_a_sale_the_cashier_was_told_of(tmp_path: Path) -> None:
    kill_and_account(tmp_path, KILLS, SEED)


def kill_and_account(folder: Path, kills: int, seed: int) -> Tally:
    """Kill two tills in turn, then account for every sale on their disks and at HQ; raises AssertionError."""
    shops = [make_shop(folder / f"t{n}", register=f"T{n}") for n in (1, 2)]
    for shop in shops:
        equip(shop, kills)
    tally = run_kills([shop.home.folder for shop in shops], kills, seed)
    assert tally.kills == kills
    assert len(tally.acked) == len(set(tally.acked)) > kills / 2
    sold = {shop.config.register: check_till(shop, tally) for shop in shops}
    check_head_office(folder, shops, sold)
    return tally


def check_till(shop: Shop, tally: Tally) -> dict[str, int]:
    """Numbers without a gap, every acknowledged sale, books that agree, an intact journal; returns what was sold by item."""
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    receipts = [r for (r,) in conn.execute("SELECT receipt FROM sale ORDER BY counter")]
    prefix = f"S0319-{shop.config.register}-A-"
    assert receipts == [f"{prefix}{n:06d}" for n in range(1, len(receipts) + 1)]
    assert {r for r in tally.acked if r.startswith(prefix)} <= set(receipts)
    # a kill may fall between a commit and its acknowledgement, once
    assert len(receipts) - sum(r.startswith(prefix) for r in tally.acked) <= tally.kills
    assert conn.execute("SELECT count(*) FROM spool WHERE state = 'QUEUED'").fetchone()[0] == len(receipts)
    events = [decode_event(*entry) for entry in conn.execute("SELECT type, v, body FROM event ORDER BY n")]
    check_books(conn, f"S0319-{shop.config.register}", events)
    sold = dict(conn.execute("SELECT sku, sum(qty_milli) FROM sale_line GROUP BY sku").fetchall())
    conn.close()
    moved = fold(move for event in events for move in movements_of(event))
    assert {sku: qty for (sku, state), qty in moved.items() if state == "customer"} == sold
    key = shop.home.keys.signing_key("till").public_text
    report = verify_file(shop.home.till_db, shop.home.keys.file_key("till.db"), {shop.config.till_node: key})
    assert report.ok, report.detail
    return sold


def check_head_office(tmp_path: Path, shops: list[Shop], sold: dict[str, dict[str, int]]) -> None:
    """Both journals go up in batches that overlap and are repeated; HQ counts every sale and every piece once."""
    (tmp_path / "hq").mkdir()
    database = open_embedded(tmp_path / "hq.db", os.urandom(32))
    hq = head_office.open_shop(database, tmp_path / "hq")
    for shop in shops:
        push_everything(hq, shop)
    expected = sum(len(receipts_of(shop)) for shop in shops)
    assert database.read(sales.count_sales)[0] == expected
    skus = sorted({sku for of_till in sold.values() for sku in of_till})
    for balance in database.read(lambda conn: stock.balances(conn, skus, head_office.STORE)):
        assert -balance.sellable == sum(of_till.get(balance.sku, 0) for of_till in sold.values())
    assert not database.read(stock.differences)
    database.close()


def push_everything(hq: head_office.Shop, shop: Shop) -> None:
    """As an agent would whose answers get lost: every batch at least once, often more, from a point HQ already has."""
    chance = random.Random(SEED)
    key = shop.home.keys.signing_key("till").public_text
    node = Node(shop.config.till_node, head_office.STORE, shop.config.register, "till", key, False, 1)
    hq.hq.database.write(lambda unit: access.add_nodes(unit, [node]))
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    for stream in streams(conn):
        through = 0
        while entries := entries_after(conn, stream, max(0, through - chance.randrange(30)), chance.randint(1, 200)):
            after = entries[0].seq - 1
            header = PushHeader(stream.node, stream.epoch, after, chain_hash_at(conn, stream, after) or b"")
            for _ in range(chance.randint(1, 3)):
                answer = take(hq.hq, hq.contacts, node, header, encode_batch(stream, entries)).answer
                assert isinstance(answer, PushAnswer), answer
            if entries[-1].seq <= through and len(entries_after(conn, stream, through, 1)) == 0:
                break
            through = max(through, entries[-1].seq)
    conn.close()


def receipts_of(shop: Shop) -> list[str]:
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    found = [r for (r,) in conn.execute("SELECT receipt FROM sale")]
    conn.close()
    return found
