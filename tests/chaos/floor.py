"""A store of real machines for tests that hurt them: agents and selling tills in a nursery, bad lines between them all."""

import json
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from tests.agent.support import LOOPBACK, until
from tests.agent.test_with_hq import stocked
from tests.agent.town import Hq, enrolled
from tests.chaos.books import agree, hq_count, paid_at, till_books
from tests.chaos.nursery import Child, Nursery, nursery
from tests.chaos.proxy import ChaosProxy, Weather, chaos_proxy
from tests.support.shop import Shop

READY_WITHIN_S = 60.0
BUSY_S = 400
"""For a test of many programs, on a machine that has other work too."""
CAUGHT_UP_WITHIN_S = 60.0
"""Promise R6: no sale waits longer after the net has healed."""


@dataclass
class Machine:
    """A till and its agent, which may be killed at any moment and started again."""

    shop: Shop
    children: Nursery
    agent: Child = field(init=False)
    till: Child = field(init=False)

    @property
    def home(self) -> Path:
        return self.shop.home.folder

    def start_agent(self) -> None:
        self.agent = self.children.agent(self.home)

    def start_till(self, count: int = 1 << 30, pace_ms: int = 0, seed: int = 0, days: int = 0) -> None:
        self.till = self.children.till(self.home, count=count, pace_ms=pace_ms, seed=seed, days=days)

    @property
    def paid(self) -> int:
        """How many sales were told as paid."""
        return len(paid_at(self.shop))

    def health(self) -> dict[str, Any]:
        """The agent's page; empty while there is none."""
        url = f"http://{LOOPBACK}:{self.shop.config.health_port}/health"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return json.load(answer)
        except OSError:
            return {}


@dataclass
class Floor:
    """A store; the first machine has the store role."""

    hq: Hq
    store: str
    machines: Sequence[Machine]
    lines: Sequence[ChaosProxy]

    @property
    def paid(self) -> int:
        return sum(machine.paid for machine in self.machines)

    def weather(self, weather: Weather) -> None:
        for line in self.lines:
            line.weather = weather

    def heal(self) -> None:
        for line in self.lines:
            line.heal()

    def sold_out(self, deadline_s: float) -> None:
        """All tills have ended."""
        until(lambda: not any(machine.till.alive for machine in self.machines), deadline_s, "all is sold")

    def all_agree(self, deadline_s: float = CAUGHT_UP_WITHIN_S) -> int:
        """Head office gets everything within the time; then every book of both sides is compared. The number of sales."""
        sold = sum(len(till_books(machine.shop).sales) for machine in self.machines)

        def there() -> bool:
            for machine in self.machines:
                assert machine.agent.alive, f"an agent ended: {machine.agent.said[-2000:]}"
            return hq_count(self.hq, self.store) >= sold

        until(there, deadline_s, f"head office has {sold} sales")
        return len(agree(self.hq, self.store, [machine.shop for machine in self.machines]).sales)


@contextmanager
def floor(
    hq: Hq, folder: Path, store: str, tills: int, seed: int, *, proxies: bool = True, **environment: str
) -> Iterator[Floor]:
    """Machines with running agents and all they need to sell; with proxies every hop is a line that can be made bad.

    `environment` is that of their programs, not of head office.
    """
    with ExitStack() as opened:
        lines: list[ChaosProxy] = []

        def way(port: int, url: str) -> str:
            if not proxies:
                return url
            lines.append(opened.enter_context(chaos_proxy(port, seed + len(lines))))
            return lines[-1].url

        children = opened.enter_context(nursery(**environment))
        shops: list[Shop] = []
        for register in (f"T{n}" for n in range(1, tills + 1)):
            by = partial(children.enrol, folder / f"{register}.enrol.out")
            url, first = way(hq.port, hq.url), register == "T1"
            shops.append(enrolled(hq, folder / register, store, register, url=url, store_role=first, run=by))
        for shop in shops:
            others = [other.config.lan_port for other in shops if other is not shop]
            peers = tuple(way(port, f"https://{LOOPBACK}:{port}") for port in others)
            shop.config = msgspec.structs.replace(shop.config, discovery=False, peers=peers)
            shop.home.write_config(shop.config)
        machines = [Machine(shop, children) for shop in shops]
        for machine in machines:
            machine.start_agent()
        for machine in machines:
            stocked(machine.shop, READY_WITHIN_S)
        yield Floor(hq, store, machines, lines)
        for machine in machines:
            machine.agent.stop()
