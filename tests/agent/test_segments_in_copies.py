"""Sealed files of old days go along with the copies of their database and come back with it; one that is lost is said."""

import asyncio
import shutil
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from retail_core.durable import copies
from retail_core.durable.engine import transaction
from retail_core.durable.segment_copies import DAMAGED, MISSING, take_along
from retail_core.durable.segments import segments_of
from retail_core.durable.verify import verify_file
from sync_agent.backups import NightlyCopies
from sync_agent.config import AgentHome
from sync_agent.segment_watch import SegmentWatch
from sync_agent.storage.files import Files
from sync_agent.storage.sealing import sealed_files
from tests.agent.support import LOOPBACK, Lan, agent, until
from tests.agent.test_sealed_copies import DAY_MS, NOW_MS, hear_of_head_office, keep, sealed, sold
from tests.agent.town import run_program
from tests.durable.till_file import NODE, SIGNING_KEY
from tests.support.shop import ManualClock, Shop

T = TypeVar("T")


def with_files(shop: Shop, work: Callable[[Files], T]) -> T:
    async def opened() -> T:
        files = await Files.open(AgentHome(shop.home.folder), shop.config)
        try:
            return await files.run(work)
        finally:
            await files.close()

    return asyncio.run(opened())


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A store's machine whose copies of a till's old days are sealed."""
    lan = Lan(tmp_path)
    shop = lan.machine("T2", store_role=True)
    lan.introduce()
    sent = sold(tmp_path)
    with_files(shop, lambda files: keep(files, sent))
    with_files(shop, lambda files: hear_of_head_office(files, sent))
    with_files(shop, lambda files: sealed(files, NOW_MS))
    assert with_files(shop, lambda files: sealed(files, NOW_MS + 35 * DAY_MS)) > 300
    return shop


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system here (2026-11)")
    folder = Path(tempfile.mkdtemp(dir=memory))
    yield folder
    shutil.rmtree(folder)


def lies_in(shop: Shop) -> Path:
    """The sealed file."""
    (found,) = segments_of(shop.home.store_db).glob("*.segment")
    return found


def whole(shop: Shop, database: Path) -> bool:
    report = verify_file(database, shop.home.keys.file_key("store.db"), {NODE: SIGNING_KEY.public_text})
    return report.ok and report.segments == 1


def spoil(path: Path) -> None:
    """One byte is not what was written; the file is as long as before."""
    old = path.read_bytes()
    path.unlink()
    path.write_bytes(old[:5000] + bytes([old[5000] ^ 1]) + old[5001:])


def looked(shop: Shop, *looks: Callable[[], object], read_bytes: int = 10**9) -> list[Mapping[str, Sequence[str]]]:
    """What a watch finds, looking once before and once after each of these."""

    async def story() -> list[Mapping[str, Sequence[str]]]:
        files = await Files.open(AgentHome(shop.home.folder), shop.config)
        try:
            watch = SegmentWatch(shop.home, files, read_bytes)
            found = [await watch.look()]
            for happens in looks:
                happens()
                found.append(await watch.look())
            return found
        finally:
            await files.close()

    return asyncio.run(story())


@pytest.mark.expects_log
def test_a_machine_that_lost_its_sealed_files_says_so_and_has_them_again_from_a_copy(
    shop: Shop, tmp_path: Path
) -> None:
    folder, other = str(shop.home.folder), tmp_path / "stick"
    made = run_program("sync_agent.app", "backup", "--home", folder, "--to", str(other))
    assert (made.returncode, "1 sealed files went along" in made.stdout) == (0, True), made.stdout + made.stderr
    assert whole(shop, other / "store.db")
    shutil.rmtree(shop.home.folder / "segments")
    with agent(shop.home) as running:
        until(lambda: MISSING in running.health()["reasons"], why="it is said on the health page")
        assert running.health()["segments_bad"]["store.db"] == 1
        url = f"http://{LOOPBACK}:{shop.config.health_port}/metrics"
        with urllib.request.urlopen(url, timeout=5) as answer:
            assert 'omnitill_agent_segments_bad{database="store.db"} 1.0' in answer.read().decode()
    done = run_program("sync_agent.app", "restore", "--home", folder, str(other / "store.db"))
    assert done.returncode == 0, done.stderr
    assert whole(shop, shop.home.store_db)
    with agent(shop.home) as running:
        until(lambda: running.health().get("segments_bad"), why="it has looked")
        assert MISSING not in running.health()["reasons"]


def test_nightly_copies_share_one_set_of_sealed_files_which_costs_no_room(shop: Shop) -> None:
    nightly, clock = NightlyCopies(shop.home, shop.config, ManualClock()), ManualClock()
    asyncio.run(nightly.look())
    (kept,) = (shop.home.backups / "segments" / "store").iterdir()
    assert kept.samefile(lies_in(shop))
    assert kept.stat().st_nlink == 2
    copies.copy_file(shop.home, "store.db", clock.now_ms() + DAY_MS)
    assert copies.copy_segments(shop.home, "store.db", 10**9).files == 0, "what is there is not copied again"


def test_on_another_disk_sealed_files_are_copied_whole(shop: Shop, other_disk: Path) -> None:
    copy, _, taken = copies.copy_whole(shop.home, "store.db", 1, other_disk / "store.db")
    assert (taken.files, taken.left, taken.bad) == (1, 0, {})
    assert whole(shop, copy)
    assert not list(other_disk.rglob("*.part"))


def test_of_very_many_sealed_files_a_part_goes_along_at_each_look(shop: Shop) -> None:
    copies.copy_file(shop.home, "store.db", 1)
    assert copies.copy_segments(shop.home, "store.db", 0).left == 1
    assert copies.copy_segments(shop.home, "store.db", 1).files == 1
    assert copies.copy_segments(shop.home, "store.db", 0).left == 0


@pytest.mark.expects_log
def test_a_sealed_file_that_is_deleted_comes_back_from_the_nightly_copies_by_itself(shop: Shop) -> None:
    asyncio.run(NightlyCopies(shop.home, shop.config, ManualClock()).look())
    before, after = looked(shop, lambda: shutil.rmtree(shop.home.folder / "segments"))
    assert before == after == {"store.db": [], "till.db": []}
    assert whole(shop, shop.home.store_db)


@pytest.mark.expects_log
def test_a_sealed_file_with_one_wrong_byte_is_found_though_nobody_asks_for_it(shop: Shop) -> None:
    good = lies_in(shop).read_bytes()

    def mended() -> None:
        lies_in(shop).unlink()
        (segments_of(shop.home.store_db) / name).write_bytes(good)

    name = lies_in(shop).name
    sound, spoilt, again, healed = looked(shop, lambda: spoil(lies_in(shop)), lambda: None, mended)
    assert sound["store.db"] == healed["store.db"] == []
    assert spoilt["store.db"] == again["store.db"] == [name]


@pytest.mark.expects_log
def test_a_damaged_sealed_file_is_never_taken_for_a_copy(shop: Shop, tmp_path: Path) -> None:
    spoil(lies_in(shop))
    made = run_program("sync_agent.app", "backup", "--home", str(shop.home.folder), "--to", str(tmp_path / "stick"))
    assert DAMAGED in made.stdout
    assert not list((tmp_path / "stick").rglob("*.segment"))


def test_what_is_past_its_legal_term_goes_from_the_copies_too(shop: Shop) -> None:
    copies.copy_whole(shop.home, "store.db", 1)

    def past_its_term(files: Files) -> None:
        with transaction(files.store):
            files.store.execute("UPDATE segment SET dropped_ms = 1")

    with_files(shop, past_its_term)
    copy, _ = copies.copy_file(shop.home, "store.db", 2)
    assert take_along(shop.home.store_db, shop.home.keys.file_key("store.db"), copy).files == 0
    assert not list((shop.home.backups / "segments" / "store").iterdir())


@pytest.mark.expects_log
def test_a_damaged_database_comes_back_with_its_sealed_files(shop: Shop) -> None:
    asyncio.run(NightlyCopies(shop.home, shop.config, ManualClock()).look())
    shutil.rmtree(shop.home.folder / "segments")
    assert copies.put_back_newest(shop.home, "store.db", 5)
    assert whole(shop, shop.home.store_db)


@pytest.mark.expects_log
def test_a_program_starts_though_old_days_cannot_come_back_with_its_file(shop: Shop) -> None:
    asyncio.run(NightlyCopies(shop.home, shop.config, ManualClock()).look())
    shutil.rmtree(shop.home.folder / "segments")
    (shop.home.folder / "segments").write_text("a file where the folder should be")
    assert copies.put_back_newest(shop.home, "store.db", 5)
    assert with_files(shop, sealed_files)["store.db"].segments == 1
    (found,) = looked(shop)
    assert len(found["store.db"]) == 1, "and it is said"
