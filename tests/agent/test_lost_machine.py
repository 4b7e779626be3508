"""A till is lost with sales nobody has, another takes its place, and its disk is found: in the end head office has all, once.

Real head office, agents and tills. Issue "sync that cannot lose": replaced till, recovered disk, keys by the sealed copy.
"""

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from pos_app.service.recovery import seen_by_series
from retail_core.domain.approvals import Approval, ApprovalNeededError
from retail_core.domain.ids import OperatorId
from retail_core.domain.roles import Role
from retail_core.durable.recovery import DiskFound, SalvageDoc, SalvageStage
from tests.agent.support import agent, journal_types, kept_types, until
from tests.agent.test_with_hq import MILK, sell, stocked
from tests.agent.town import Hq, enrolled, line_to, run_program
from tests.support.shop import MANAGER_PIN, AtTill, Shop, at_till

_T = TypeVar("_T")


def receipts(shop: Shop, *numbers: int, series: str = "A") -> list[str]:
    return [f"{shop.config.store}-{shop.config.register}-{series}-{n:06d}" for n in numbers]


def found(what: Callable[[], _T | None], why: str) -> _T:
    """What there is once there is something."""
    answers: list[_T | None] = []
    until(lambda: answers.append(what()) or answers[-1] is not None, why=why)
    assert answers[-1] is not None
    return answers[-1]


def read(at: AtTill, folder: Path) -> SalvageDoc:
    """The disk is read, and the agent says what it found."""
    before = at.till.recovery.disk()
    at.done(lambda done, failed: at.till.recovery.read(str(folder), lambda: done(True), failed))

    def through() -> SalvageDoc | None:
        doc = at.till.recovery.disk()
        return doc if doc and doc != before and doc.folder == str(folder) and not doc.stage.working else None

    return found(through, "the disk is read")


def agreed(at: AtTill) -> SalvageDoc:
    """A manager agrees, and it goes up."""
    with pytest.raises(ApprovalNeededError) as needed:
        at.done(lambda done, failed: at.till.recovery.send(lambda: done(True), failed))
    approval = Approval(needed.value.act, OperatorId("boss"), "Sam K.", Role.MANAGER)
    at.done(lambda done, failed: at.till.recovery.send(lambda: done(True), failed, approval))

    def sent() -> SalvageDoc | None:
        doc = at.till.recovery.disk()
        return doc if doc and doc.stage is SalvageStage.DONE else None

    return found(sent, "it has gone up")


def manager(hq: Hq, store: str) -> None:
    boss = {"store": store, "operator_id": "boss", "name": "Sam K.", "role": "manager", "pin": MANAGER_PIN}
    hq.ask("PUT", "/api/staff", [boss])


def lost(shop: Shop, disk: Path) -> Path:
    """The machine is gone; its disk turns up later, mounted somewhere."""
    disk.mkdir(parents=True)
    return Path(shutil.move(shop.home.folder, disk / "omnitill"))


def test_what_only_a_lost_till_had_comes_up_from_its_disk_once(hq: Hq, store: str, folder: Path) -> None:
    manager(hq, store)
    with line_to(hq) as line, ExitStack() as running:
        first = enrolled(hq, folder / "T1", store, "T1", url=line.url, store_role=True)
        second = enrolled(hq, folder / "T2", store, "T2", url=line.url)
        store_role = running.enter_context(agent(first.home))
        with agent(second.home) as reading:
            stocked(second)
            until(lambda: reading.health()["lan"]["state"] == "up", why="T2 finds the store role")
            with at_till(second) as at:
                sell(at.sign_in(), 2)
                until(lambda: hq.sold(store, MILK.sku) == 2)
                line.cut()
                sell(at, 2)
                types = journal_types(second.home)
                until(lambda: kept_types(first.home, second.config.till_node) == types, why="T1 has a copy")
        with at_till(second) as at:
            sell(at.sign_in(), 3)  # its agent is dead: nobody has these
        disk = lost(second, folder / "media" / "stick")

        third = enrolled(hq, folder / "T2b", store, "T2")
        third.home.write_config(msgspec.structs.replace(third.config, disks=(str(folder / "media"),)))
        with agent(third.home) as reaching:
            stocked(third)
            until(lambda: reaching.health()["lan"]["state"] == "up", why="the new machine finds the store role")
            with at_till(third) as at:
                sell(at.sign_in(), 1)
                assert not set(third.config.series) & set(second.config.series), "numbers of its own"
                until(lambda: hq.sold(store, MILK.sku) == 3)
                at.till.recovery.look()
                seen = found(at.till.recovery.lost, "the agent has asked around")
                (series,) = seen_by_series(seen)
                assert series.last_at_hq == receipts(second, 2)[0]
                assert seen.disks == (DiskFound(str(disk), "T2"),)

                doc = read(at, disk)
                assert (doc.stage, doc.register, doc.bad, doc.code) == (SalvageStage.READY, "T2", "", "")
                assert [one for one in doc.receipts if "-A-" in one] == receipts(second, 3, 4, 5, 6, 7)
                sell(at, 1)  # selling goes on meanwhile
                sent = agreed(at)
                assert (sent.sent, sent.lacking) == (doc.lacking, 0)
                assert hq.sold(store, MILK.sku) == 9
                line.restore()  # the store's copy of the lost till goes up too, by its own way
                until(lambda: not store_role.health()["queued"], 60, "the store role has nothing left to send")
                assert read(at, disk).stage is SalvageStage.DONE, "head office has everything"

                def told_by_the_store_too() -> bool:
                    at.till.recovery.look()
                    until(lambda: at.till.recovery.lost() != seen, why="asked again")
                    doc = at.till.recovery.lost()
                    return doc is not None and [one.receipt for one in doc.in_store] == receipts(second, 4)

                until(told_by_the_store_too, why="the store role has learnt of the new machine, and answers it")
    assert hq.sold(store, MILK.sku) == 9


def test_a_disk_without_its_secret_is_read_with_the_keys_head_office_releases(hq: Hq, store: str, folder: Path) -> None:
    manager(hq, store)
    first = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    with agent(first.home):
        stocked(first)
        with at_till(first) as at:
            sell(at.sign_in(), 1)
            until(lambda: hq.sold(store, MILK.sku) == 1)
    with at_till(first) as at:
        sell(at.sign_in(), 2)
    disk = lost(first, folder / "stick")
    (disk / "device.secret").unlink()  # it was the service manager's, in the chip of the lost machine
    second = enrolled(hq, folder / "T1b", store, "T1", store_role=True)
    with agent(second.home):
        stocked(second)
        with at_till(second) as at:
            at.sign_in()
            doc = read(at, disk)
            assert (doc.stage, doc.machine) == (SalvageStage.KEYS_WANTED, first.config.agent_node)
            released = run_program(
                "hq_server.app", "admin", "--home", str(hq.home.folder), "--url", hq.url,
                "release-keys", doc.machine, "--reason", "disk of T1 found",
            )  # fmt: skip
            assert released.returncode == 0, released.stderr
            doc = read(at, disk)
            assert (doc.stage, len(doc.receipts)) == (SalvageStage.READY, 2)
            assert agreed(at).lacking == 0
    assert hq.sold(store, MILK.sku) == 3
    assert not (second.home.folder / "salvage").exists(), "the copy is gone"
