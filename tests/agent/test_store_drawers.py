"""With the line to HQ down, every till of the store knows how the others' drawers stand, also after an upgrade."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import msgspec

from pos_app.service.drawer_acts import CountResult, ZReport
from pos_app.service.store_drawers import Standing
from retail_core.domain.drawer import DrawerSession, MoveKind, Pieces
from retail_core.domain.shared_drawer import SharedDrawer
from retail_core.durable.engine import open_ro
from retail_core.durable.journal import entries_after, streams
from retail_core.wire.envelope import StreamEntry, StreamId
from retail_core.wire.messages import PushHeader
from sync_agent.config import AgentHome
from sync_agent.storage import shared
from sync_agent.storage.files import Files
from sync_agent.storage.streams import receive
from tests.agent.support import until
from tests.agent.test_store_tells import SEEN_WITHIN_S, store_of_two
from tests.support.shop import ITEMS, MANAGER_PIN, AtTill, Shop, at_till, make_shop

NOW_MS = 1_764_000_000_000


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


def journal_of(shop: Shop) -> tuple[StreamId, Sequence[StreamEntry]]:
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    (stream,) = streams(conn)
    found = entries_after(conn, stream, 0, 1_000)
    conn.close()
    return stream, found


def test_drawers_opened_before_an_upgrade_are_seen_after_it(tmp_path: Path) -> None:
    """An older release read every journal, and made nothing of the drawers in it."""
    shops = [make_shop(tmp_path / register, register) for register in ("T1", "T2")]
    for shop in shops:
        with at_till(shop) as at:
            opened(at.sign_in())
    stream, entries = journal_of(shops[1])

    def work(files: Files) -> list[str]:
        receive(files, PushHeader(stream.node, stream.epoch, 0), entries, NOW_MS)
        shared.begin(files, NOW_MS)
        shared.fold(files, NOW_MS)
        files.store.execute("DELETE FROM told")
        assert not shared.fold(files, NOW_MS)
        shared.begin(files, NOW_MS)
        page = shared.page(files, "", 0)
        assert page is not None
        return [msgspec.json.decode(row.doc, type=SharedDrawer).node for row in page.rows]

    async def run() -> list[str]:
        files = await Files.open(AgentHome(shops[0].home.folder), shops[0].config)
        try:
            return await files.run(work)
        finally:
            await files.close()

    assert sorted(asyncio.run(run())) == ["node-T1", "node-T2"]
