"""What the store role tells, at its own file: an old copy put back is not taken for the newer one."""

import asyncio
from pathlib import Path

import msgspec

from retail_core.domain.claims import CLAIM_MS, ClaimKind
from retail_core.domain.ids import SaleId
from retail_core.domain.shared import SharedBasket, SharedKind
from retail_core.wire.messages import ClaimRequest, SharedPage, SharedRow
from sync_agent.config import AgentHome
from sync_agent.storage import shared
from sync_agent.storage.files import Files
from tests.support.shop import make_shop


def basket(name: str) -> SharedRow:
    doc = SharedBasket(SaleId(name), "node-T2", put_ms=5)
    return SharedRow(SharedKind.BASKET, name, 1, msgspec.Raw(msgspec.json.encode(doc)))


def told(files: Files, source: str, rev: int) -> tuple[list[str], bool] | None:
    page = shared.page(files, source, rev)
    return page and ([row.key for row in page.rows], page.whole)


def told_twice(folder: Path, names: list[str]) -> list[object]:
    """Begin to tell twice on one file, with what a follower is told in between and after."""
    shop = make_shop(folder)

    async def run() -> list[object]:
        files = await Files.open(AgentHome(shop.home.folder), shop.config)
        try:
            return await files.run(lambda files: _twice(files, names))
        finally:
            await files.close()

    return asyncio.run(run())


def _twice(files: Files, names: list[str]) -> list[object]:
    shared.begin(files)
    source, _ = shared.head(files)
    seen: list[object] = [told(files, "", 0), told(files, source, 0)]
    shared.remember(files, [basket(name) for name in names], 1_000)
    _, rev = shared.head(files)
    seen += [told(files, source, 0), told(files, source, rev)]
    reply = shared.claim(files, "agent-T2", ClaimRequest(ClaimKind.SUSPENDED_SALE, names[0], CLAIM_MS), 1_000)
    shared.begin(files)
    return [*seen, told(files, source, rev), told(files, source, rev + 40), reply.told]


def test_whoever_followed_takes_the_whole_word_of_a_store_role_that_begins_again(tmp_path: Path) -> None:
    empty, nothing, both, no_news, again, from_the_future, granted = told_twice(tmp_path / "t1", ["s-1", "s-2"])
    assert (empty, nothing) == (([], True), None)
    assert (both, no_news) == ((["s-1", "s-2"], False), None)
    assert again == from_the_future == (["s-1", "s-2"], True)
    assert isinstance(granted, SharedPage)
    assert [(row.key, row.rev) for row in granted.rows] == [("s-1", 1)]
