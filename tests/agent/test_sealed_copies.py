"""A store's second copies leave store.db for sealed files, and a head office that lost everything is filled from them."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from pos_app.storage.schema import TILL_STEPS
from retail_core.durable.engine import transaction
from retail_core.durable.inbox import append_received, begin_stream, note_hq
from retail_core.durable.retention import DAY_MS
from retail_core.durable.sealing import Sealer
from retail_core.durable.verify import verify_file
from retail_core.wire.envelope import Head, StreamEntry, StreamId
from sync_agent.config import AgentHome
from sync_agent.storage import streams
from sync_agent.storage.figures import figures_here
from sync_agent.storage.files import Files
from sync_agent.storage.sealing import seal_a_slice, sealed_files
from tests.durable.test_segments import DAYS, NOW_MS, sell_for_days
from tests.durable.till_file import NODE, SIGNING_KEY, till_file
from tests.support.shop import ITEMS, at_till, make_shop

STREAM = StreamId(NODE, "epoch-1")


def sold(folder: Path) -> list[StreamEntry]:
    with till_file(folder / "other.db") as till:
        till.day = DAYS[0]
        till.open_epoch("epoch-1")
        sell_for_days(till)
        return list(till.history.entries_after(STREAM, 0, 500))


def keep(files: Files, sent: list[StreamEntry]) -> None:
    with transaction(files.store):
        begin_stream(files.store, STREAM, Head())
        append_received(files.store, STREAM, sent)


def sealed(files: Files, now_ms: int) -> int:
    sealer = Sealer(files.history, files.store_path)
    while seal_a_slice(files, sealer, now_ms):
        pass
    return sealed_files(files)["store.db"].entries


def hear_of_head_office(files: Files, sent: list[StreamEntry]) -> None:
    with transaction(files.store):
        note_hq(files.store, STREAM, Head(sent[-1].seq, sent[-1].chain_hash))


def everything(files: Files) -> list[StreamEntry]:
    """What a sender reads for a receiver that has nothing."""
    (copy,) = streams.kept_copies(files)
    found: list[StreamEntry] = []
    while more := streams.load(files, copy, (0, copy.head.seq), found[-1].seq if found else 0, 100).entries:
        found += more
    return found


def test_only_head_offices_word_lets_a_copy_leave_and_it_is_sent_again_from_sealed_files(tmp_path: Path) -> None:
    sent = sold(tmp_path)
    shop = make_shop(tmp_path / "t1")

    async def story() -> None:
        files = await Files.open(AgentHome(shop.home.folder), shop.config)
        try:
            await files.run(lambda files: keep(files, sent))
            assert [
                await files.run(lambda files, day=day: sealed(files, NOW_MS + day * DAY_MS)) for day in (0, 99)
            ] == [0, 0]
            await files.run(lambda files: hear_of_head_office(files, sent))
            days = [
                await files.run(lambda files, day=day: sealed(files, NOW_MS + day * DAY_MS)) for day in (100, 134, 135)
            ]
            assert days == [0, 0, 321]
            assert await files.run(everything) == sent
        finally:
            await files.close()

    asyncio.run(story())
    report = verify_file(shop.home.store_db, shop.home.keys.file_key("store.db"), {NODE: SIGNING_KEY.public_text})
    assert (report.code, report.detail, report.segments) == ("", "", 1)


def test_a_machine_tells_how_it_is(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t1")
    with at_till(shop) as at:
        at.sign_in().scan(ITEMS[0].code).pay_cash(500)
        at.till.writer.flush()

        async def told() -> Mapping[str, int]:
            files = await Files.open(AgentHome(shop.home.folder), shop.config)
            try:
                return await files.run(figures_here)
            finally:
                await files.close()

        figures = asyncio.run(told())
    assert (figures["papers_waiting"], figures["papers_in_doubt"], figures["sealed_entries"]) == (1, 0, 0)
    assert figures["disk_free_mib"] > 0
    assert figures["till_schema"] == len(TILL_STEPS)
