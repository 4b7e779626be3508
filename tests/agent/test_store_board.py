"""What the store role tells, at its own file: an old copy put back is not taken for the newer one, an open drawer is never
forgotten, and what another release tells stops nobody.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from retail_core.domain.claims import CLAIM_MS, ClaimKind
from retail_core.domain.ids import SaleId
from retail_core.domain.shared import Shared, SharedBasket, SharedKind, key_of
from retail_core.domain.shared_drawer import DrawerBegun, DrawerEnd, SharedDrawer
from retail_core.durable import link
from retail_core.wire.claim_rounds import ClaimRound
from retail_core.wire.messages import ClaimRequest, SharedPage, SharedRow
from sync_agent.config import AgentHome
from sync_agent.storage import claim_rounds, shared
from sync_agent.storage.files import Files
from tests.support.shop import make_shop, row

T = TypeVar("T")
NOW_MS = 1_764_000_000_000
LATER_MS = NOW_MS + shared.KEEP_DONE_MS + 1


def basket(name: str) -> SharedRow:
    doc = SharedBasket(SaleId(name), "node-T2", put_ms=5)
    return SharedRow(SharedKind.BASKET, name, 1, msgspec.Raw(msgspec.json.encode(doc)))


def told(files: Files, source: str, rev: int) -> tuple[list[str], bool] | None:
    page = shared.page(files, source, rev)
    return page and ([row.key for row in page.rows], page.whole)


def at_files(folder: Path, work: Callable[[Files], T], *nodes: link.NodeDoc) -> T:
    """Do something with the files of a machine that has the store role."""
    shop = make_shop(folder)
    shop.put_rows(*(row("node", one.node_id, one) for one in nodes))

    async def run() -> T:
        files = await Files.open(AgentHome(shop.home.folder), shop.config)
        try:
            return await files.run(work)
        finally:
            await files.close()

    return asyncio.run(run())


def told_twice(folder: Path, names: list[str]) -> list[object]:
    """Begin to tell twice on one file, with what a follower is told in between and after."""
    return at_files(folder, lambda files: _twice(files, names))


def _twice(files: Files, names: list[str]) -> list[object]:
    shared.begin(files, 1_000)
    source, _ = shared.head(files)
    seen: list[object] = [told(files, "", 0), told(files, source, 0)]
    shared.remember(files, [basket(name) for name in names], 1_000)
    _, rev = shared.head(files)
    seen += [told(files, source, 0), told(files, source, rev)]
    asked = ClaimRound((ClaimRequest(ClaimKind.SUSPENDED_SALE, names[0], CLAIM_MS),))
    (reply,) = claim_rounds.decide(files, "agent-T2", asked, 1_000).claims
    shared.begin(files, 1_000)
    return [*seen, told(files, source, rev), told(files, source, rev + 40), reply.told]


def test_whoever_followed_takes_the_whole_word_of_a_store_role_that_begins_again(tmp_path: Path) -> None:
    empty, nothing, both, no_news, again, from_the_future, granted = told_twice(tmp_path / "t1", ["s-1", "s-2"])
    assert (empty, nothing) == (([], True), None)
    assert (both, no_news) == ((["s-1", "s-2"], False), None)
    assert again == from_the_future == (["s-1", "s-2"], True)
    assert isinstance(granted, SharedPage)
    assert [(row.key, row.rev) for row in granted.rows] == [("s-1", 1)]


def rows_of(*things: Shared) -> list[SharedRow]:
    return [SharedRow(*key_of(one), 0, msgspec.Raw(msgspec.json.encode(one))) for one in things]


def drawer(name: str, node: str, since_ms: int, *, closed: bool = False) -> SharedDrawer:
    if closed:
        return SharedDrawer(name, node, end=DrawerEnd(f"{node}/e1", 9, since_ms + 5, since_ms, "op-1"))
    return SharedDrawer(name, node, begun=DrawerBegun(f"{node}/e1", since_ms, since_ms, "op-1"))


def test_an_open_drawer_is_told_for_ever_and_one_nobody_will_close_for_two_days(tmp_path: Path) -> None:
    def work(files: Files) -> set[str]:
        shared.begin(files, NOW_MS)
        shared.remember(
            files,
            rows_of(
                drawer("left behind", "node-T2", 10),
                drawer("open", "node-T2", 20),
                drawer("closed", "node-T3", 10, closed=True),
                drawer("of a lost machine", "node-T4", 10),
            ),
            NOW_MS,
        )
        assert not shared.tidy(files, NOW_MS + 1)
        assert shared.tidy(files, LATER_MS)
        page = shared.page(files, "", 0)
        assert page is not None
        return {row.key for row in page.rows if bytes(row.doc) != shared.GONE}

    lost = link.NodeDoc("node-T4", "T4", "till", "", revoked=True)
    assert at_files(tmp_path / "t1", work, lost) == {"open"}


def test_what_a_newer_release_tells_is_passed_over_and_the_rest_is_taken(tmp_path: Path) -> None:
    strange = SharedRow("weather", "s-9", 1, msgspec.Raw(b'{"rain":true}'))
    no_facts = SharedRow(SharedKind.DRAWER, "d-8", 1, msgspec.Raw(b'{"session_id":"d-8","node":"node-T2"}'))
    other_shape = SharedRow(SharedKind.DRAWER, "d-9", 1, msgspec.Raw(b'{"begun":7}'))

    def work(files: Files) -> list[str]:
        shared.begin(files, NOW_MS)
        assert shared.remember(files, [strange, other_shape, no_facts, basket("s-1")], NOW_MS)
        assert not shared.tidy(files, LATER_MS)
        page = shared.page(files, "", 0)
        assert page is not None
        return [row.key for row in page.rows]

    assert at_files(tmp_path / "t1", work) == ["d-8", "s-1"]


def test_a_new_store_role_is_told_everything_however_much_there_was(tmp_path: Path) -> None:
    many = shared.MAX_REMEMBERED * 2 + 7

    def work(files: Files) -> list[int]:
        rows = [basket(f"s-{n:04}") for n in range(many)]
        shared.apply(files, SharedPage("m1", many, tuple(rows)))
        pages = shared.remembered(files, 1_000)
        shared.begin(files, NOW_MS)
        for page in pages:
            shared.remember(files, page.rows, NOW_MS)
        told = shared.page(files, "", 0)
        assert told is not None
        return [*(len(page.rows) for page in pages), len(told.rows)]

    assert at_files(tmp_path / "t1", work) == [shared.MAX_REMEMBERED, shared.MAX_REMEMBERED, 7, many]
