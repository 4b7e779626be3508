"""kill -9 of every process of a chain, in turn, while tills sell: equal to the unit at the end.

And promise R15: till and agent killed on the files that both use, a second one refused. The same runs with 1,000 kills of
either, and 200 of all, in `make gate P=R15`.
"""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.agent.support import until
from tests.agent.test_with_hq import price_at
from tests.agent.town import Hq
from tests.chaos.books import till_books
from tests.chaos.floor import BUSY_S, Floor, Machine, floor
from tests.support.shop import ITEMS, ZONE

SEED = 20_261_128
KILLS_OF_ALL, KILLS_ON_FILES = 6, 10
PACE_MS = 20
SALES_BETWEEN = 6
UP_WITHIN_S = 60.0
KILL_WITHIN_S = 0.3
Figures = dict[str, float]

pytestmark = pytest.mark.timeout(BUSY_S)


@pytest.fixture
def own_hq(tmp_path: Path) -> Iterator[Hq]:
    running = Hq(tmp_path / "hq")
    try:
        yield running
    finally:
        running.close()


def test_killing_every_process_in_turn_loses_and_doubles_nothing(own_hq: Hq, tmp_path: Path) -> None:
    kill_all_in_turn(own_hq, tmp_path, own_hq.store("S0601"), KILLS_OF_ALL, SEED)


@pytest.mark.xdist_group("chaos")  # one head office for all of these
def test_till_and_agent_are_killed_on_the_files_that_both_use_and_a_second_one_is_refused(
    hq: Hq, store: str, folder: Path
) -> None:
    figures = kill_on_files(hq, folder, store, KILLS_ON_FILES, SEED)
    assert figures["sales"] > KILLS_ON_FILES


def refused_beside(machine: Machine) -> None:
    """While both run: another till and another agent say that somebody is there already, and change nothing."""
    second = machine.children.start(
        "tests.chaos.seller", str(machine.home), "1", "0", "0", "0", out=machine.home / "second"
    )
    until(lambda: not second.alive, UP_WITHIN_S)
    assert second.said == "refused: program.already_running\n"
    other = machine.children.start("sync_agent.app", "run", "--home", str(machine.home), out=machine.home / "other")
    until(lambda: not other.alive, UP_WITHIN_S)
    assert "already" in other.said, other.said
    assert machine.till.alive
    assert machine.agent.alive


def kill_all_in_turn(hq: Hq, folder: Path, store: str, kills: int, seed: int) -> Figures:
    """Two tills with their agents and head office; each round one of the five is killed and comes back while the rest goes on."""
    chance = random.Random(seed)
    with floor(hq, folder, store, 2, seed) as shop:
        for machine in shop.machines:
            machine.start_till(pace_ms=PACE_MS)
        victims: list[Callable[[], None]] = []
        for _ in range(kills):
            before = shop.paid
            until(lambda before=before: shop.paid >= before + SALES_BETWEEN, UP_WITHIN_S, "tills sell")
            victims = victims or _in_turn(shop, chance)
            victims.pop()()
        for machine in shop.machines:
            machine.till.stop()
        ended = time.monotonic()
        sold = shop.all_agree()
        return {"kills": kills, "sales": sold, "worst wait at the end, s": round(time.monotonic() - ended, 2)}


def _in_turn(shop: Floor, chance: random.Random) -> list[Callable[[], None]]:
    """Everybody once, in an order of chance."""

    def again(kill: Callable[[], None], start: Callable[[], None]) -> Callable[[], None]:
        def act() -> None:
            kill()
            start()

        return act

    found = [again(shop.hq.kill, shop.hq.start)]
    for machine in shop.machines:
        found.append(again(lambda machine=machine: machine.agent.kill(), machine.start_agent))
        found.append(
            again(
                lambda machine=machine: machine.till.kill(), lambda machine=machine: machine.start_till(pace_ms=PACE_MS)
            )
        )
    chance.shuffle(found)
    return found


def kill_on_files(hq: Hq, folder: Path, store: str, kills: int, seed: int) -> Figures:
    """A till that sells without a pause and its agent, killed in turn; prices change all the while, so both files are written."""
    chance = random.Random(seed)
    with floor(hq, folder, store, 1, seed) as shop:
        (machine,) = shop.machines
        machine.start_till()
        until(lambda: machine.paid, UP_WITHIN_S)
        refused_beside(machine)
        for n in range(kills):
            price = {"zone": ZONE, "sku": ITEMS[n % 3].sku, "price_minor": 100 + n, "currency": "EUR"}
            hq.ask("PUT", "/api/prices", [price])
            before = machine.paid
            until(lambda before=before: machine.paid > before, UP_WITHIN_S, "it sells")
            moment = time.monotonic() + chance.random() * KILL_WITHIN_S
            until(lambda moment=moment: time.monotonic() >= moment)
            if n % 2:
                machine.agent.kill()
                machine.start_agent()
            else:
                machine.till.kill()
                machine.start_till()
        machine.till.stop()
        until(lambda: _price_is(machine, ITEMS[(kills - 1) % 3].sku, 100 + kills - 1), UP_WITHIN_S, "the last price")
        sold = shop.all_agree()
        assert len(till_books(machine.shop).sales) == sold
        return {"kills": kills, "sales": sold}


def _price_is(machine: Machine, sku: str, minor: int) -> bool:
    return price_at(machine.shop, sku) == minor
