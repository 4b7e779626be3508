"""The drawers of the store as one till has heard of them: whose is open since when, and what is not known is said."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pos_app.service.store_drawers import Standing, TillDrawer
from retail_core.domain.drawer import MoveKind
from retail_core.domain.shared_drawer import CashMove, DrawerBegun, DrawerCount, DrawerEnd, SharedDrawer
from retail_core.durable import link
from retail_core.durable.engine import open_rw, transaction
from tests.support.shop import MANAGER_PIN, AtTill, ManualClock, Shop, at_till, make_shop, row

TODAY, YESTERDAY = "2025-11-24", "2025-11-23"  # of ManualClock
HOUR_MS = 3_600_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = make_shop(tmp_path / "t1")
    for register in ("T2", "T3"):
        enrolled(shop, f"agent-{register}", register, "agent")
        enrolled(shop, f"node-{register}", register, "till")
    return shop


@pytest.fixture
def at(shop: Shop, clock: ManualClock) -> Iterator[AtTill]:
    with at_till(shop, clock) as opened:
        yield opened.sign_in(MANAGER_PIN)


def enrolled(shop: Shop, node: str, register: str, role: str, *, revoked: bool = False) -> None:
    shop.put_rows(row("node", node, link.NodeDoc(node, register, role, "", revoked)))


def begun(at_ms: int, seq: int = 1, node: str = "node-T2") -> DrawerBegun:
    return DrawerBegun(f"{node}/e1", seq, at_ms, "op-1", 10_000)


def end(at_ms: int, begun_ms: int, counted_minor: int = 10_000, seq: int = 90) -> DrawerEnd:
    return DrawerEnd("node-T2/e1", seq, at_ms, begun_ms, "op-1", 10_000, 0, 0, counted_minor, 10_000)


def read(at: AtTill) -> Sequence[TillDrawer]:
    view = at.done(at.till.drawer.view)
    return at.till.store_drawers.read(view)


def of(at: AtTill, register: str) -> list[TillDrawer]:
    return [one for one in read(at) if one.register == register]


def answering(shop: Shop, at: AtTill, *neighbours: str) -> None:
    """What the agent beside the till says of the others at this moment."""
    conn = open_rw(shop.home.link_db, shop.home.keys.file_key("link.db"))
    with transaction(conn):
        link.put_status(conn, link.LinkStatusDoc(at_ms=at.till.clock.now_ms(), neighbours=neighbours))
    conn.close()
    at.till.refresh()


def test_an_open_drawer_of_another_till_says_whose_it_is_and_what_was_moved(
    at: AtTill, shop: Shop, clock: ManualClock
) -> None:
    moves = (
        CashMove("node-T2/e1", 5, MoveKind.DROP, 40_000),
        CashMove("node-T2/e1", 7, MoveKind.BANK, 500),
        CashMove("node-T2/e1", 9, MoveKind.LOAN, 2_000),
    )
    count = DrawerCount("node-T2/e1", 12, clock.now_ms(), 6_000, 6_100)
    shop.tell(SharedDrawer("d1", "node-T2", TODAY, begun(clock.now_ms() - HOUR_MS), moves, count))
    (drawer,) = of(at, "T2")
    assert (drawer.standing, drawer.by, drawer.since_ms) == (Standing.OPEN, "Ana M.", clock.now_ms() - HOUR_MS)
    assert drawer.money is not None
    assert (drawer.money.float_minor, drawer.money.in_minor, drawer.money.out_minor) == (10_000, 2_000, 40_500)
    assert (drawer.money.counted_minor, drawer.money.variance_minor) == (6_000, -100)
    assert at.till.store_drawers.open_elsewhere() == ("T2",)


def test_money_of_another_drawer_is_for_those_who_may_know_it(at: AtTill, shop: Shop, clock: ManualClock) -> None:
    shop.tell(SharedDrawer("d1", "node-T2", TODAY, begun(clock.now_ms())))
    at.sign_in()
    assert all(drawer.money is None for drawer in read(at))
    assert of(at, "T2")[0].by == "Ana M."


def test_open_ones_stand_first_and_one_of_yesterday_in_front(at: AtTill, shop: Shop, clock: ManualClock) -> None:
    enrolled(shop, "node-T4", "T4", "till")
    day_ms = clock.now_ms() - 20 * HOUR_MS
    shop.tell(
        SharedDrawer("d2", "node-T2", TODAY, end=end(clock.now_ms(), clock.now_ms() - HOUR_MS)),
        SharedDrawer("d4", "node-T4", YESTERDAY, begun(day_ms, node="node-T4")),
    )
    at.done(lambda done, failed: at.till.drawer.open(5_000, (), done, failed))
    assert [(one.register, one.standing) for one in read(at)] == [
        ("T4", Standing.LATE),
        ("T1", Standing.OPEN),
        ("T3", Standing.UNKNOWN),
        ("T2", Standing.CLOSED),
    ]


def test_all_that_was_closed_today_is_told_and_of_older_days_the_last_alone(
    at: AtTill, shop: Shop, clock: ManualClock
) -> None:
    now = clock.now_ms()
    shop.tell(
        SharedDrawer("d0", "node-T2", YESTERDAY, end=end(now - 30 * HOUR_MS, now - 31 * HOUR_MS, seq=40)),
        SharedDrawer("d1", "node-T2", TODAY, end=end(now - 2 * HOUR_MS, now - 4 * HOUR_MS, 9_900)),
        SharedDrawer("d2", "node-T2", TODAY, begun(now - HOUR_MS, 91)),
        SharedDrawer("d3", "node-T3", YESTERDAY, end=end(now - 30 * HOUR_MS, now - 31 * HOUR_MS)),
    )
    assert [one.standing for one in of(at, "T2")] == [Standing.OPEN, Standing.CLOSED]
    assert [one.money.variance_minor for one in of(at, "T2") if one.money] == [None, -100]
    assert [(one.standing, one.biz_date) for one in of(at, "T3")] == [(Standing.CLOSED, YESTERDAY)]


def test_a_session_that_a_lost_machine_left_open_is_nobodys(at: AtTill, shop: Shop, clock: ManualClock) -> None:
    enrolled(shop, "node-T2", "T2", "till", revoked=True)
    enrolled(shop, "node-T2b", "T2", "till")
    now = clock.now_ms()
    lost = SharedDrawer("d1", "node-T2", TODAY, begun(now - 2 * HOUR_MS))
    shop.tell(lost)
    assert [one.standing for one in of(at, "T2")] == [Standing.UNKNOWN]
    shop.tell(lost, SharedDrawer("d2", "node-T2b", TODAY, begun(now - HOUR_MS, node="node-T2b")))
    assert [one.since_ms for one in of(at, "T2")] == [now - HOUR_MS]


def test_a_session_left_open_before_the_one_of_now_is_not_open(at: AtTill, shop: Shop, clock: ManualClock) -> None:
    now = clock.now_ms()
    shop.tell(
        SharedDrawer("d1", "node-T2", TODAY, begun(now - 2 * HOUR_MS)),
        SharedDrawer("d2", "node-T2", TODAY, end=end(now, now - HOUR_MS)),
    )
    assert [one.standing for one in of(at, "T2")] == [Standing.CLOSED]
    assert at.till.store_drawers.open_elsewhere() == ()


def test_a_clock_set_back_between_two_sessions_hides_none(at: AtTill, shop: Shop, clock: ManualClock) -> None:
    wrong_ms = clock.now_ms() + 48 * HOUR_MS
    shop.tell(
        SharedDrawer("d1", "node-T2", "2025-11-26", end=end(wrong_ms + HOUR_MS, wrong_ms)),
        SharedDrawer("d2", "node-T2", TODAY, begun(clock.now_ms(), 120)),
    )
    assert [(one.standing, one.since_ms) for one in of(at, "T2")] == [(Standing.OPEN, clock.now_ms())]


def test_a_till_that_does_not_answer_is_said_to_be_silent_and_since_when(
    at: AtTill, shop: Shop, clock: ManualClock
) -> None:
    opened_ms = clock.now_ms() - HOUR_MS
    shop.tell(SharedDrawer("d1", "node-T2", TODAY, begun(opened_ms)))
    assert (of(at, "T2")[0].silent_ms, of(at, "T2")[0].never_heard) == (opened_ms, False)
    assert of(at, "T3")[0].never_heard
    answering(shop, at, "agent-T2", "agent-T3")
    assert [(one.silent_ms, one.never_heard) for one in (*of(at, "T2"), *of(at, "T3"))] == [(0, False)] * 2
    seen_ms = clock.now_ms()
    clock.pass_ms(60_000)
    answering(shop, at, "agent-T3")
    assert of(at, "T2")[0].silent_ms == seen_ms
    clock.pass_ms(60_000)  # the agent beside this till says nothing any more
    at.till.refresh()
    assert of(at, "T3")[0].silent_ms == seen_ms + 60_000


def test_this_tills_own_drawer_is_known_without_anybody(at: AtTill) -> None:
    (nothing,) = of(at, "T1")
    assert (nothing.standing, nothing.own, nothing.money) == (Standing.CLOSED, True, None)
    session = at.done(lambda done, failed: at.till.drawer.open(5_000, (), done, failed))
    (own,) = of(at, "T1")
    assert own.money is not None
    assert (own.standing, own.since_ms, own.by, own.money.float_minor) == (
        Standing.OPEN, session.opened_ms, "Sam K.", 5_000,
    )  # fmt: skip
    desk = at.till.drawer
    at.done(lambda done, failed: desk.move(desk.new_act(), MoveKind.DROP, 1_000, "safe", done, failed))
    at.done(lambda done, failed: desk.count(session.session_id, (), done, failed))
    (own,) = of(at, "T1")
    assert own.money is not None
    assert (own.money.out_minor, own.money.variance_minor) == (1_000, -4_000)
