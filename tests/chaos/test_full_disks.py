"""A full disk at a machine of the store, and one at head office: said plainly, nothing lost, on it goes when there is room."""

from pathlib import Path

import pytest

from tests.agent.support import until
from tests.agent.town import Hq
from tests.chaos.disks import small_disk, why_not
from tests.chaos.floor import BUSY_S, floor
from tests.support.shop import ITEMS, ZONE

SEED = 20_261_128
MIB = 24
PACE_MS = 10
SEEN_WITHIN_S = 60.0
FULL = "disk.full"

pytestmark = [pytest.mark.skipif(bool(why_not()), reason=why_not()), pytest.mark.timeout(BUSY_S)]


def reprice(hq: Hq, minor: int) -> None:
    hq.ask("PUT", "/api/prices", [{"zone": ZONE, "sku": ITEMS[0].sku, "price_minor": minor, "currency": "EUR"}])


@pytest.mark.xdist_group("chaos")  # one head office for all of these
def test_a_full_disk_at_the_till_stops_paying_and_goes_on_when_there_is_room(hq: Hq, store: str, folder: Path) -> None:
    """The till's and the agent's files are on it: the till says why nothing can be paid, the agent what keeps it from working."""
    with small_disk(folder / "disk", MIB) as disk, floor(hq, disk.folder, store, 1, SEED) as shop:
        (machine,) = shop.machines
        machine.start_till(pace_ms=PACE_MS)
        until(lambda: machine.paid > 5, SEEN_WITHIN_S)
        disk.fill()
        until(lambda: f"cannot pay: {FULL}" in machine.till.said, SEEN_WITHIN_S, "the till says why")
        reprice(hq, 120)  # something for the agent to write
        until(lambda: FULL in machine.health()["faults"], SEEN_WITHIN_S, "the agent says why")
        assert machine.till.alive
        assert machine.agent.alive
        before = machine.paid
        disk.make_room()
        until(lambda: machine.paid > before + 5, SEEN_WITHIN_S, "it sells again")
        until(lambda: not machine.health()["faults"], SEEN_WITHIN_S, "the agent has nothing to complain of")
        machine.till.stop()
        shop.all_agree()


def test_a_full_disk_at_head_office_is_said_and_everything_waits_at_the_store(tmp_path: Path) -> None:
    with small_disk(tmp_path / "hq", MIB) as disk:
        hq = Hq(disk.folder / "home")
        try:
            with floor(hq, tmp_path, hq.store("S0700"), 1, SEED) as shop:
                (machine,) = shop.machines
                machine.start_till(pace_ms=PACE_MS)
                until(lambda: machine.paid > 5, SEEN_WITHIN_S)
                disk.fill()
                until(lambda: machine.health()["hq"]["error"] == FULL, SEEN_WITHIN_S, "the store is told why")
                with pytest.raises(AssertionError, match=r"The disk is full\. Make room; nothing was lost"):
                    until(lambda: reprice(hq, 130), 1)
                before = machine.paid
                until(lambda: machine.paid > before + 5, SEEN_WITHIN_S, "the till sells on")
                disk.make_room()
                machine.till.stop()
                shop.all_agree()
        finally:
            hq.close()
