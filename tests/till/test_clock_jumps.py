"""Somebody sets the till's clock: it stands in the journal before the next fact, and prices go by head office's time."""

from pathlib import Path

import msgspec
import pytest

from pos_app.storage.store import TillStore
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.durable.engine import open_ro, open_rw, transaction
from retail_core.durable.link import LinkStatusDoc, put_status
from tests.support.shop import ITEMS, AtTill, ManualClock, Shop, at_till, make_shop

MILK = ITEMS[0]
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
DEARER = 199


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


def journal(shop: Shop) -> list[tuple[str, str, str, int]]:
    """(type, subject, reason, clock) of the entries, in order."""
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    rows = conn.execute("SELECT type, body, clock FROM event ORDER BY n").fetchall()
    conn.close()
    bodies = [(type_, msgspec.json.decode(body), clock) for type_, body, clock in rows]
    return [(type_, str(body.get("subject", "")), str(body.get("reason", "")), clock) for type_, body, clock in bodies]


def agent_says(shop: Shop, clock: ManualClock, hq_offset_ms: int, *, counts: bool = True) -> None:
    conn = open_rw(shop.home.link_db, shop.home.keys.file_key("link.db"))
    with transaction(conn):
        status = LinkStatusDoc(clock.wall_ms, hq_offset_ms=hq_offset_ms, at_ms=clock.wall_ms)
        counted = msgspec.structs.replace(status, running_ms=clock.mono_ms, running_since=clock.start)
        put_status(conn, counted if counts else status)
    conn.close()


def sell(at: AtTill) -> int:
    return at.scan(MILK.code).pay_cash(500).total_minor


def test_a_clock_that_is_set_while_the_till_runs_is_written_before_the_next_fact(shop: Shop) -> None:
    clock = ManualClock()
    with at_till(shop, clock) as at:
        sell(at.sign_in())
        clock.pass_ms(8 * HOUR_MS)
        sell(at)
        for jump in (-HOUR_MS, DAY_MS):
            clock.wall_ms += jump
            sell(at)
    told = [entry[:3] for entry in journal(shop) if entry[0] in ("audit.clock_jumped", "sale.completed")]
    sale = ("sale.completed", "", "")
    jumps = [("audit.clock_jumped", str(jump), "running") for jump in (-HOUR_MS, DAY_MS)]
    assert told == [sale, sale, jumps[0], sale, jumps[1], sale]


def test_a_clock_set_back_while_the_till_was_off_is_written_at_its_start(shop: Shop) -> None:
    clock = ManualClock()
    with at_till(shop, clock) as at:
        sell(at.sign_in())
    clock.wall_ms -= 30 * DAY_MS
    with at_till(shop, clock):
        pass
    with at_till(shop, clock):
        pass  # it is written once
    jumps = [entry[:3] for entry in journal(shop) if entry[0] == "audit.clock_jumped"]
    assert jumps == [("audit.clock_jumped", str(-30 * DAY_MS), "stopped")]


def test_a_jump_whose_fact_was_not_written_is_written_with_the_next_one(shop: Shop) -> None:
    clock = ManualClock()
    with at_till(shop, clock) as at:
        sell(at.sign_in())
        clock.wall_ms += DAY_MS

        def fails(store: TillStore) -> None:
            with store.unit():
                store.append(AuditNoted("x_report"), "op-1")
                raise RuleViolationError("drawer.closed")

        with pytest.raises(RuleViolationError):
            at.done(lambda done, failed: at.till.writer.submit(fails, done, failed))
        sell(at)
    assert [entry[0] for entry in journal(shop)].count("audit.clock_jumped") == 1


@pytest.mark.parametrize("jump_ms", [-HOUR_MS, DAY_MS, -30 * DAY_MS])
def test_prices_begin_by_head_offices_clock_whatever_the_tills_own_says(shop: Shop, jump_ms: int) -> None:
    clock = ManualClock()
    agent_says(shop, clock, 0)
    begins_ms = clock.wall_ms + 12 * HOUR_MS
    with at_till(shop, clock) as at:
        at.sign_in()
        shop.reprice(MILK.sku, DEARER, 2, from_ms=begins_ms)
        at.till.refresh()
        clock.wall_ms += jump_ms  # head office's word was measured before, and is good for all that follows
        assert sell(at) == MILK.price_minor
        clock.pass_ms(12 * HOUR_MS - 1_000)
        assert sell(at) == MILK.price_minor
        clock.pass_ms(2_000)
        assert sell(at) == DEARER
    assert journal(shop)[-1][3] == -jump_ms, "each fact says how far head office's clock is ahead"


def test_a_clock_that_is_wrong_from_the_start_is_put_right_by_the_agents_word(shop: Shop) -> None:
    clock = ManualClock()
    shop.reprice(MILK.sku, DEARER, 2, from_ms=clock.wall_ms + HOUR_MS)
    with at_till(shop, clock) as at:
        assert sell(at.sign_in()) == MILK.price_minor
        agent_says(shop, clock, 2 * HOUR_MS)
        at.till.refresh()
        assert sell(at) == DEARER


@pytest.mark.parametrize("jump_ms", [-HOUR_MS, DAY_MS, -30 * DAY_MS])
def test_a_till_begun_again_under_a_false_clock_knows_head_offices_time_by_its_agents_last_word(
    shop: Shop, jump_ms: int
) -> None:
    """The agent may be slow to say it again; both count the machine's running time, which nobody sets."""
    clock = ManualClock()
    shop.reprice(MILK.sku, DEARER, 2, from_ms=clock.wall_ms + 12 * HOUR_MS)
    agent_says(shop, clock, 0)
    clock.pass_ms(HOUR_MS)
    clock.wall_ms += jump_ms
    with at_till(shop, clock) as at:
        assert sell(at.sign_in()) == MILK.price_minor
        assert at.till.shop_time.offset_ms == -jump_ms


@pytest.mark.parametrize("counts", [True, False])
def test_an_old_word_from_before_the_machine_was_started_says_only_that_it_is_no_earlier_now(
    shop: Shop, counts: bool
) -> None:
    """It was said under another setting of the clock, or long ago: who knows how far head office is ahead by now?"""
    clock = ManualClock()
    agent_says(shop, clock, 2 * HOUR_MS, counts=counts)
    then_ms = clock.wall_ms + 2 * HOUR_MS
    clock.start = "start-2"
    for jump_ms, now_ms in ((DAY_MS, clock.wall_ms + DAY_MS), (-30 * DAY_MS, then_ms)):
        clock.wall_ms += jump_ms
        with at_till(shop, clock) as at:
            assert at.till.shop_time.now_ms() == now_ms
