"""An entry whose bytes are spoiled, on the way or on its own disk: it gives its place to a stand-in, and stops nothing.

Head office shows a case with what is left of it; everything before and after counts, each once.
"""

import signal
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from retail_core.domain.events import SyncDamaged
from retail_core.durable.engine import open_ro, open_rw
from retail_core.sync.sender import DAMAGED_TRIES
from tests.agent.support import agent, journal_types, kept_types, until
from tests.agent.test_with_hq import MILK, hq_has_all, sell, stocked
from tests.agent.town import Hq, enrolled, line_to
from tests.chaos.bad_box import bad_box
from tests.journeys.store_wide import cases
from tests.support.shop import Shop, at_till

STAND_IN, DAMAGED = "sync.damaged", "damaged_event"
TRIES_WITHIN_S = 60.0


def at_hq(hq: Hq, node: str) -> Sequence[tuple[int, str, bytes]]:
    """(position, kind, body) of everything head office has of a till."""
    conn = open_ro(hq.home.database, hq.home.keys.file_key("hq.db"))
    try:
        return conn.execute(
            "SELECT stream_entry.seq, type, body FROM stream_entry JOIN event USING (store, id)"
            " WHERE stream_entry.node = ? ORDER BY stream_entry.epoch, stream_entry.seq",
            (node,),
        ).fetchall()
    finally:
        conn.close()


def shown_beside_the_rest(hq: Hq, store: str, shop: Shop, sales: int) -> None:
    """One sale's place is held by a stand-in, with a case; all others count."""
    node, own = shop.config.till_node, journal_types(shop.home)
    there = at_hq(hq, node)
    assert [seq for seq, _, _ in there] == list(range(1, len(own) + 1)), "no gap"
    (at,) = [n for n, (_, type_, _) in enumerate(there) if type_ == STAND_IN]
    assert own[at] == "sale.completed"
    assert [type_ for _, type_, _ in there[:at]] == own[:at]
    assert [type_ for _, type_, _ in there[at + 1 :]] == own[at + 1 :]
    left = msgspec.json.decode(there[at][2], type=SyncDamaged)
    assert (bool(left.raw), bool(left.sha256)) == (True, True)
    assert hq.sold(store, MILK.sku) == sales - 1
    (case,) = cases(hq, store, DAMAGED)
    assert (case["evidence"]["node"], case["evidence"]["seq"]) == (node, str(there[at][0]))


def test_a_body_spoiled_on_the_way_three_times_gives_its_place_to_a_stand_in(hq: Hq, store: str, folder: Path) -> None:
    with bad_box(hq, "sale.completed") as box:
        shop = enrolled(hq, folder / "T1", store, "T1", url=box.url, store_role=True)
        with agent(shop.home), ExitStack() as stack:
            stocked(shop)
            at = stack.enter_context(at_till(shop))
            sell(at.sign_in(), 3)
            until(lambda: hq_has_all(shop.home, shop.config.till_node), TRIES_WITHIN_S, "the stream goes on")
            sell(at, 1)
            until(lambda: hq.sold(store, MILK.sku) == 3, why="what is sold afterwards too")
            shown_beside_the_rest(hq, store, shop, 4)
    assert box.spoiled >= DAMAGED_TRIES


def test_a_body_spoiled_on_the_tills_own_disk_goes_up_as_a_stand_in_by_way_of_the_store(
    hq: Hq, store: str, folder: Path
) -> None:
    with line_to(hq) as line:
        first = enrolled(hq, folder / "T1", store, "T1", store_role=True)
        second = enrolled(hq, folder / "T2", store, "T2", url=line.url)
        with agent(first.home), agent(second.home) as reading, ExitStack() as stack:
            stocked(second)
            until(lambda: reading.health()["lan"]["state"] == "up", why="T2 finds the store role")
            line.cut()  # from here on T2 has its neighbour alone
            at = stack.enter_context(at_till(second))
            reading.process.send_signal(signal.SIGSTOP)
            sell(at.sign_in(), 3)
            spoil_a_sale(second)
            reading.process.send_signal(signal.SIGCONT)
            node = second.config.till_node
            until(lambda: hq_has_all(second.home, node), TRIES_WITHIN_S, "the stream goes on")
            assert kept_types(first.home, node).count(STAND_IN) == 1
            sell(at, 1)
            until(lambda: hq.sold(store, MILK.sku) == 3, why="what is sold afterwards too")
            shown_beside_the_rest(hq, store, second, 4)


def spoil_a_sale(shop: Shop) -> None:
    """Another byte in the body of the second sale, as no program of ours could write it."""
    conn = open_rw(shop.home.till_db, shop.home.keys.file_key("till.db"))
    conn.execute("DROP TRIGGER event_no_UPDATE")
    spoiled = conn.execute(
        "UPDATE event SET body = CAST(replace(CAST(body AS TEXT), '119', '118') AS BLOB)"
        " WHERE n = (SELECT n FROM event WHERE type = 'sale.completed' ORDER BY n LIMIT 1 OFFSET 1)"
    )
    assert spoiled.rowcount == 1
    conn.commit()
    conn.close()
