"""With the line to HQ down, every till of the store knows how the others' drawers stand, also after an upgrade and a restart."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

from pos_app.service.drawer_acts import CountResult, ZReport
from pos_app.service.store_drawers import Standing
from retail_core.domain.claims import NobodyAnswered
from retail_core.domain.drawer import DrawerSession, MoveKind, Pieces
from retail_core.domain.shared_drawer import SharedDrawer
from retail_core.durable.engine import open_rw, transaction
from tests.agent.support import Lan, agent, until
from tests.agent.test_store_tells import SEEN_WITHIN_S, claims, store_of_two
from tests.support.shop import ITEMS, MANAGER_PIN, AtTill, Shop, at_till


def drawers(at: AtTill) -> Sequence[SharedDrawer]:
    return at.till.links.shared_drawers()


def of_one(at: AtTill) -> SharedDrawer:
    """T1's drawer as `at` knows it."""
    return next(one for one in drawers(at) if one.node == "node-T1")


def as_two_says(two: AtTill) -> list[tuple[Standing, bool, bool]]:
    """The list of the day report's page: how a drawer stands, whether it is T2's own, whether its till is silent."""
    two.till.refresh()
    found = two.till.store_drawers.read(two.done(two.till.drawer.view))
    return [(one.standing, one.own, one.silent_ms > 0) for one in found]


def opened(at: AtTill, float_minor: int = 10_000) -> DrawerSession:
    return at.done(lambda done, failed: at.till.drawer.open(float_minor, (), done, failed))


def dropped(at: AtTill, minor: int) -> DrawerSession:
    desk = at.till.drawer
    return at.done(lambda done, failed: desk.move(desk.new_act(), MoveKind.DROP, minor, "safe", done, failed))


def counted(at: AtTill, session_id: str, minor: int) -> CountResult:
    return at.done(lambda done, failed: at.till.drawer.count(session_id, (Pieces(1, minor),), done, failed))


def closed(at: AtTill, session_id: str, reason: str = "") -> ZReport:
    return at.done(lambda done, failed: at.till.drawer.close(session_id, reason, done, failed))


def test_what_is_done_with_a_drawer_is_seen_at_the_other_till_within_moments(tmp_path: Path) -> None:
    with store_of_two(tmp_path) as store:
        one, two = store.one.sign_in(MANAGER_PIN), store.two
        session = opened(one)
        began = monotonic()
        (seen,) = until(lambda: drawers(two), why="T2 sees the drawer")
        assert monotonic() - began < SEEN_WITHIN_S
        assert (seen.node, seen.begun_by, seen.float_minor, seen.end) == ("node-T1", "op-2", 10_000, None)
        assert abs(seen.since_ms - session.opened_ms) < 60_000
        assert seen.biz_date == session.biz_date
        opened(two, 5_000)
        until(lambda: {seen.node for seen in drawers(one)} == {"node-T1", "node-T2"}, why="T1 sees T2's")
        dropped(one, 4_000)
        until(lambda: of_one(two).out_minor == 4_000, why="T2 sees the drop")
        one.scan(ITEMS[0].code).pay_cash(500)
        counted(one, session.session_id, 6_100)
        until(lambda: of_one(two).variance_minor == -19, why="T2 sees the count")
        closed(one, session.session_id, "unknown")
        began = monotonic()
        end = until(lambda: of_one(two).end, why="T2 sees it closed")
        assert monotonic() - began < SEEN_WITHIN_S
        assert end is not None
        assert (end.counted_minor, end.expected_minor, end.out_minor) == (6_100, 6_119, 4_000)
        until(
            lambda: as_two_says(two) == [(Standing.OPEN, True, False), (Standing.CLOSED, False, False)],
            why="all answer",
        )
        store.role.kill()
        until(
            lambda: as_two_says(two) == [(Standing.OPEN, True, False), (Standing.CLOSED, False, True)], why="T1 is gone"
        )


def as_an_older_release_left_it(shop: Shop) -> None:
    """Every journal was read, and nothing was made of the drawers in it."""
    conn = open_rw(shop.home.store_db, shop.home.keys.file_key("store.db"))
    with transaction(conn):
        conn.execute("DELETE FROM told WHERE kind = 'drawer'")
        conn.execute("DELETE FROM told_head")
    conn.close()
    conn = open_rw(shop.home.link_db, shop.home.keys.file_key("link.db"))
    with transaction(conn):
        conn.execute("DELETE FROM shared WHERE kind = 'drawer'")
    conn.close()


def test_drawers_opened_before_an_upgrade_are_seen_after_it(tmp_path: Path) -> None:
    lan = Lan(tmp_path)
    shops = [lan.machine("T1", store_role=True), lan.machine("T2")]
    lan.introduce()
    with ExitStack() as tills:
        one, two = (tills.enter_context(at_till(shop)).sign_in() for shop in shops)
        with agent(shops[0].home), agent(shops[1].home):
            for at in (one, two):
                opened(at)
            until(lambda: len(drawers(one)) == len(drawers(two)) == 2, why="all see both")
        for shop in shops:
            as_an_older_release_left_it(shop)
        with agent(shops[0].home), agent(shops[1].home):
            until(lambda: claims(two, "again") != NobodyAnswered(), why="the store role is back")
            until(lambda: len(drawers(one)) == len(drawers(two)) == 2, why="both are seen once more")
