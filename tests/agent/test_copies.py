"""Copies of a machine's own files, made beside its programs; an agent whose files are damaged or gone goes on.

Issue "sync that cannot lose", backup and restore: till and agent by SQLite's own means.
"""

import asyncio
import shutil
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from retail_core.durable import copies
from retail_core.durable.engine import open_ro
from sync_agent.backups import NightlyCopies, last_night_ms
from tests.agent.support import Lan, agent, journal_types, kept_types, until
from tests.agent.test_with_hq import sell
from tests.agent.town import run_program
from tests.support.shop import ManualClock, Shop, at_till, make_shop

HOUR_MS = 3_600_000


def two_machines(folder: Path) -> tuple[Shop, Shop]:
    lan = Lan(folder)
    first, second = lan.machine("T1", store_role=True), lan.machine("T2")
    lan.introduce()
    return first, second


def has_all(keeper: Shop, of: Shop) -> bool:
    return kept_types(keeper.home, of.config.till_node) == journal_types(of.home)


@pytest.mark.expects_log
@pytest.mark.parametrize("how", ["damaged", "gone"])
def test_the_store_role_with_a_lost_file_has_every_journal_again(tmp_path: Path, how: str) -> None:
    first, second = two_machines(tmp_path)
    with agent(second.home), at_till(second) as at:
        with agent(first.home):
            sell(at.sign_in(), 2)
            until(lambda: has_all(first, second), why="the store role has a copy")
            if how == "damaged":
                made = run_program("sync_agent.app", "backup", "--home", str(first.home.folder))
                assert (made.returncode, "store.db" in made.stdout or "store-" in made.stdout) == (0, True), made.stderr
            sell(at, 1)
            until(lambda: has_all(first, second), why="and what came since")
        if how == "gone":
            for name in ("store.db", "store.db-wal", "store.db-shm"):
                (first.home.folder / name).unlink(missing_ok=True)
        else:
            with first.home.store_db.open("r+b") as file:
                file.write(b"\xff" * 64)
        with agent(first.home):
            until(lambda: first.home.store_db.exists() and has_all(first, second), 60, "the till sends it again")
            sell(at, 1)
            until(lambda: has_all(first, second), why="and it goes on")


def test_a_copy_is_made_once_after_each_night_and_checked(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t1")
    with at_till(shop) as at:
        sell(at.sign_in(), 1)
        clock = ManualClock(int(datetime(2026, 3, 10, 21, 0, tzinfo=UTC).timestamp() * 1000))
        nightly = NightlyCopies(shop.home, shop.config, clock)
        assert len(asyncio.run(nightly.look())) == 1, "the first one is made at once"
        assert asyncio.run(nightly.look()) == []
        clock.pass_ms(5 * HOUR_MS)  # 3 o'clock in Berlin
        assert asyncio.run(nightly.look()) == []
        clock.pass_ms(HOUR_MS)
        (copy,) = asyncio.run(nightly.look())
        sell(at, 1)
    conn = open_ro(copy, shop.home.keys.file_key("till.db"))
    assert conn.execute("SELECT count(*) FROM sale").fetchone() == (1,)
    conn.close()


def test_the_night_ends_when_the_stores_day_begins(tmp_path: Path) -> None:
    config = msgspec.structs.replace(make_shop(tmp_path / "t1").config, timezone="America/New_York", day_starts_at_h=5)
    noon = int(datetime(2026, 6, 1, 16, 0, tzinfo=UTC).timestamp() * 1000)
    assert last_night_ms(noon, config) == int(datetime(2026, 6, 1, 9, 0, tzinfo=UTC).timestamp() * 1000)
    assert last_night_ms(noon - 8 * HOUR_MS, config) == int(datetime(2026, 5, 31, 9, 0, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.expects_log
def test_a_file_found_damaged_at_night_is_looked_at_by_its_program(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t1")
    with at_till(shop) as at:
        sell(at.sign_in(), 3)
    size = shop.home.till_db.stat().st_size
    with shop.home.till_db.open("r+b") as file:
        file.seek(size - 4096 * 3 + 500)
        file.write(b"\xff" * 64)
    with pytest.raises(Exception, match=r"db\.damaged"):
        asyncio.run(NightlyCopies(shop.home, shop.config, ManualClock()).look())
    assert shop.home.suspect("till.db").exists()
    assert not list(shop.home.backups.glob("*")), "neither a copy nor half of one"


def test_the_command_puts_the_agents_file_back_while_no_agent_runs(tmp_path: Path) -> None:
    first, second = two_machines(tmp_path)
    folder = str(first.home.folder)
    with agent(second.home), at_till(second) as at:
        with agent(first.home):
            sell(at.sign_in(), 1)
            until(lambda: has_all(first, second), why="the store role has a copy")
            assert (
                run_program("sync_agent.app", "backup", "--home", folder, "--to", str(tmp_path / "s")).returncode == 0
            )
            assert "program.already_running" in run_program("sync_agent.app", "restore", "--home", folder).stderr
        none = run_program("sync_agent.app", "restore", "--home", folder)
        assert (none.returncode, "backup.none" in none.stderr) == (1, True)
        sell(at, 1)
        done = run_program("sync_agent.app", "restore", "--home", folder, str(tmp_path / "s" / "store.db"))
        assert done.returncode == 0, done.stderr
        with agent(first.home):
            until(lambda: has_all(first, second), 60, "what the copy lacks comes again")
    shutil.rmtree(tmp_path / "s")
    assert len(list(first.home.folder.glob(f"{copies.DAMAGED}*"))) == 1, "the replaced file is kept"
