"""Disks of lost machines that are not as they should be: another branch, damaged pages, somebody else's; and the command.

Issue "sync that cannot lose": salvage. Whatever can be read goes up once, and the first bad record is named.
"""

import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.engine import open_ro
from retail_core.durable.keyring import Keyring
from retail_core.durable.recovery import SalvageStage
from retail_core.durable.verify import verify_file
from sync_agent.storage.old_disk import rows_after, streams_in
from tests.agent.support import agent, until
from tests.agent.test_lost_machine import agreed, lost, manager, read
from tests.agent.test_with_hq import MILK, sell, stocked
from tests.agent.town import ROOT, Hq, enrolled
from tests.support.shop import MANAGER_PIN, Shop, at_till, make_shop

PAGE = 4096


def sold_and_lost(hq: Hq, store: str, folder: Path, *, unsent: int) -> Path:
    """A till that sold two, which head office has, and some that nobody has; its disk."""
    manager(hq, store)
    shop = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    with agent(shop.home):
        stocked(shop)
        with at_till(shop) as at:
            sell(at.sign_in(), 2)
            until(lambda: hq.sold(store, MILK.sku) == 2)
    with at_till(shop) as at:
        sell(at.sign_in(), unsent)
    return lost(shop, folder / "stick")


def replaced(hq: Hq, store: str, folder: Path) -> Shop:
    return enrolled(hq, folder / "T1b", store, "T1", store_role=True)


def damage_the_journal(disk: Path) -> None:
    """A page with late records cannot be read any more; the first of them can."""
    path, key = disk / "till.db", Keyring(disk).file_key("till.db")
    whole = path.read_bytes()
    for at in range(len(whole) - PAGE, 0, -PAGE):
        path.write_bytes(whole[:at] + bytes(64) + whole[at + 64 :])
        if not verify_file(path, key, {}).ok and _begins(path, key):
            return
    raise AssertionError("no page of the journal was found")


def _begins(path: Path, key: bytes) -> bool:
    with closing(open_ro(path, key)) as conn:
        try:
            (stream,) = streams_in(conn)
            return len(rows_after(conn, stream.source, stream.base.seq, 10)) == 10
        except EnvironmentFault:
            return False


def test_a_branch_that_head_office_never_saw_goes_up_beside_the_other(hq: Hq, store: str, folder: Path) -> None:
    """Somebody sold on with an old copy of the folder; both branches are facts."""
    manager(hq, store)
    first = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    with agent(first.home):
        stocked(first)
        with at_till(first) as at:
            sell(at.sign_in(), 2)
            until(lambda: hq.sold(store, MILK.sku) == 2)
    branch = folder / "branch"
    shutil.copytree(first.home.folder, branch)
    with agent(first.home), at_till(first) as at:
        sell(at.sign_in(), 3)
        until(lambda: hq.sold(store, MILK.sku) == 5)
    home = type(first.home)(branch)
    with at_till(Shop(home, first.hq_key, home.config())) as at:
        sell(at.sign_in(), 2)
    second = replaced(hq, store, folder)
    with agent(second.home):
        stocked(second)
        with at_till(second) as at:
            at.sign_in()
            found = read(at, branch)
            assert (found.stage, len(found.receipts), found.bad) == (SalvageStage.READY, 2, "")
            assert agreed(at).lacking == 0
            assert read(at, branch).lacking == 0
    assert hq.sold(store, MILK.sku) == 7


def test_what_can_be_read_of_a_damaged_disk_goes_up_and_the_bad_place_is_named(
    hq: Hq, store: str, folder: Path
) -> None:
    disk = sold_and_lost(hq, store, folder, unsent=40)
    damage_the_journal(disk)
    second = replaced(hq, store, folder)
    with agent(second.home):
        stocked(second)
        with at_till(second) as at:
            at.sign_in()
            found = read(at, disk)
            assert found.bad.startswith("till.db: ")
            assert found.stage is SalvageStage.READY
            assert agreed(at).lacking == 0
            sell(at, 1)
            until(lambda: hq.sold(store, MILK.sku) >= 3, why="and the till sells on")
    assert hq.sold(store, MILK.sku) <= 43


def test_the_command_names_what_is_lacking_and_sends_it_with_a_managers_pin(hq: Hq, store: str, folder: Path) -> None:
    disk = sold_and_lost(hq, store, folder, unsent=3)
    second = replaced(hq, store, folder)

    def command(*words: str, typed: str = "") -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "sync_agent.app", "salvage", str(disk), "--home", str(second.home.folder), *words],
            capture_output=True, text=True, timeout=60, check=False, cwd=ROOT, input=typed,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    with agent(second.home):
        stocked(second)
        assert "program.already_running" in command()[1]
    code, said = command()
    assert code == 0, said
    assert f"{store}-T1-A-000005" in said
    assert "--by OPERATOR" in said
    assert "[pin.wrong" in command("--by", "boss", typed="0000\n")[1]
    assert "[permission.denied" in command("--by", f"{store}-op", typed="1234\n")[1]
    assert "[staff.unknown" in command("--by", "nobody", typed="1234\n")[1]
    assert hq.sold(store, MILK.sku) == 2
    code, said = command("--by", "boss", typed=f"{MANAGER_PIN}\n")
    assert (code, "head office lacks 0 now" in said) == (0, True), said
    assert hq.sold(store, MILK.sku) == 5
    assert "head office has everything" in command()[1]
    assert not (second.home.folder / "salvage").exists()


def test_a_folder_that_is_no_lost_till_of_this_store_is_refused(hq: Hq, store: str, folder: Path) -> None:
    shop = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    (folder / "empty").mkdir()
    wrong = {
        folder / "empty": "salvage.no_machine",
        make_shop(folder / "x").home.folder: "salvage.other_store",
        shop.home.folder: "salvage.this_machine",
    }
    with agent(shop.home), at_till(shop) as at:
        for where, code in wrong.items():
            found = read(at, where)
            assert (found.stage, found.code) == (SalvageStage.FAILED, code)
