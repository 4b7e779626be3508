"""Promise R11: the clock of a machine jumps while its till sells. Order, prices, lock-outs and books are what they would have been.

Every jump of the promise, many times in every order, with kills between them, is in `make gate P=R11`.
"""

import random
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from retail_core.durable import link
from retail_core.durable.system import SystemClock
from tests.agent.support import until
from tests.agent.test_with_hq import price_at
from tests.agent.town import Hq
from tests.chaos.books import opened
from tests.chaos.false_clock import TRUE, FalseClock, why_not
from tests.chaos.floor import BUSY_S, Floor, Machine, floor
from tests.chaos.nursery import Child, nursery
from tests.support.shop import ITEMS, ZONE, make_shop

SEED = 20_261_128
JUMPS = (
    "-1h", "+1d", "-30d",
    "@2038-01-19 03:14:05",  # three seconds before 32 bits of seconds are full
    "@2027-03-28 00:59:59", "@2027-10-31 00:59:59",  # a second before summer time begins and ends
    "@2028-02-29 23:59:59",
)  # fmt: skip
PACE_MS, SALES_BETWEEN = 10, 6
WITHIN_S = 60.0
HOUR_MS = 3_600_000
LEAST_JUMPS = 6
MILK, COFFEE = ITEMS[0], ITEMS[3]
TODAY, TOMORROW = 95, 199
WRONG_TRIES, FULL_LOCK_MIN = 10, 30

pytestmark = [pytest.mark.skipif(bool(why_not()), reason=why_not()), pytest.mark.timeout(BUSY_S)]


@pytest.mark.xdist_group("chaos")  # one head office for all of these
def test_whatever_the_clock_does_the_books_are_right(hq: Hq, store: str, folder: Path) -> None:
    figures = sold_under_false_clocks(hq, folder, store, JUMPS, SEED)
    assert figures["jumps in the journal"] >= LEAST_JUMPS


def sold_under_false_clocks(
    hq: Hq, folder: Path, store: str, jumps: Sequence[str], seed: int, *, kills: bool = False
) -> dict[str, float]:
    """A till sells on while its clock is set; coffee has a new price since a minute ago, milk one from tomorrow on."""
    clock, chance = FalseClock(folder / "clock"), random.Random(seed)
    with floor(hq, folder, store, 1, seed, proxies=False, **clock.environment) as shop:
        (machine,) = shop.machines
        config = msgspec.structs.replace(machine.shop.config, timezone="Europe/Berlin")  # where clocks are changed
        machine.shop.home.write_config(config)
        _knows_prices(shop, machine)
        machine.start_till(pace_ms=PACE_MS)
        _sells(machine)
        until(lambda: _hq_measured(machine), WITHIN_S, "the agent has heard head office's clock")
        _sells(machine)
        for jump in jumps:
            clock.set(jump)
            _sells(machine)
            if kills:
                _killed(machine, chance)
                clock.set(TRUE)
                until(lambda: _hq_measured(machine), WITHIN_S, "it is heard again")
                _sells(machine)
        clock.set(TRUE)
        _sells(machine)
        machine.till.stop()
        assert "died" not in machine.till.said, machine.till.said
        sold = shop.all_agree()
        wrong = _misapplied(machine)
        assert not wrong, f"lines at a price that did not hold: {wrong}"
        return {"sales": sold, "clocks set": len(jumps), "jumps in the journal": _jumps_written(machine)}


def test_no_clock_shortens_a_lock_after_wrong_pins_and_no_crash_does(tmp_path: Path) -> None:
    clock, shop, out = FalseClock(tmp_path / "clock"), make_shop(tmp_path / "T1"), tmp_path / "guessed"
    with nursery(**clock.environment) as children:

        def begun(wrong_tries: int) -> Child:
            return children.start("tests.chaos.guesser", str(shop.home.folder), str(wrong_tries), out=out)

        def tries_again() -> None:
            before = guesser.said.count("\n")
            until(lambda: guesser.said.count("\n") > before + 1, WITHIN_S, "it tries a right one")

        guesser = begun(WRONG_TRIES)
        for jump in ("+1d", "-30d", "@2038-01-20 00:00:00", TRUE):
            tries_again()
            clock.set(jump)
            tries_again()
            guesser.kill()
            guesser = begun(0)
        tries_again()
        guesser.stop()
    answers = set(guesser.said.splitlines())
    assert answers <= {f"pin.locked {minutes}" for minutes in (FULL_LOCK_MIN - 1, FULL_LOCK_MIN)}, answers


def _killed(machine: Machine, chance: random.Random) -> None:
    """The till or its agent comes back under the false clock. A till that starts believes its agent, which looks every two seconds."""
    if chance.random() < 0.5:
        until(lambda: not _hq_measured(machine), WITHIN_S, "the agent's word is of the false clock")
        machine.till.kill()
        machine.start_till(pace_ms=PACE_MS)
    else:
        machine.agent.kill()
        machine.start_agent()


def _knows_prices(shop: Floor, machine: Machine) -> None:
    now_ms = SystemClock().now_ms()
    prices = [(COFFEE.sku, TODAY, now_ms - 60_000), (MILK.sku, TOMORROW, now_ms + 12 * HOUR_MS)]
    shop.hq.ask(
        "PUT", "/api/prices",
        [{"zone": ZONE, "sku": sku, "price_minor": minor, "currency": "EUR", "from_ms": at} for sku, minor, at in prices],
    )  # fmt: skip
    until(lambda: price_at(machine.shop, COFFEE.sku) == TODAY, WITHIN_S, "prices are here")


def _hq_measured(machine: Machine) -> bool:
    with opened(machine.shop, "link.db") as conn:
        status = link.read_status(conn)
    return bool(status.hq_contact_ms) and 0 <= SystemClock().now_ms() - status.at_ms < 10_000


def _sells(machine: Machine) -> None:
    before = machine.paid
    until(lambda: machine.paid >= before + SALES_BETWEEN, WITHIN_S, f"it sells on; it said {machine.till.said[-300:]}")


def _misapplied(machine: Machine) -> list[tuple[str, int]]:
    with opened(machine.shop, "till.db") as conn:
        rows = conn.execute(
            "SELECT sku, unit_minor FROM sale_line WHERE sku IN (?,?)", (COFFEE.sku, MILK.sku)
        ).fetchall()
    right = {COFFEE.sku: TODAY, MILK.sku: MILK.price_minor}
    return [(sku, minor) for sku, minor in rows if minor != right[sku]]


def _jumps_written(machine: Machine) -> int:
    with opened(machine.shop, "till.db") as conn:
        return conn.execute("SELECT count(*) FROM event WHERE type = 'audit.clock_jumped'").fetchone()[0]
