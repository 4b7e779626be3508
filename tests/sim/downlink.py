"""What comes down to an agent: pages of its store's scope, applied slice by slice."""

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from retail_core.domain.fulfilment import OrderDoc
from retail_core.domain.value import Instrument
from retail_core.sync import feed
from tests.sim.faults import Planted
from tests.sim.hq import LONG_POLL_MS

if TYPE_CHECKING:
    from tests.sim.agent import Agent


class Downlink:
    """`contact_ms`: when HQ last answered, by the machine's own clock."""

    def __init__(self, agent: "Agent") -> None:
        self._agent, self._world = agent, agent.world
        self.state = feed.start("store", 0, "")
        self.contact_ms = 0

    def start(self) -> None:
        """Go on from what is recorded."""
        self.state = feed.start("store", self._agent.disk.cursor, self._agent.disk.generation)

    def pull(self, message: feed.Message) -> None:
        messages = [message]
        while messages and self._agent.up:
            now, jitter = self._world.clockwork.now_ms, self._world.chance.random()
            self.state, actions = feed.step(self.state, messages.pop(0), now, jitter)
            for action in actions:
                if self._world.chance_of_crash():
                    self._agent.crash()
                    return
                match action:
                    case feed.Pull():
                        self._ask_page(action)
                    case feed.Apply():
                        if self._applied(action):
                            messages.append(feed.Applied(action.cursor, self._world.chance.randint(1, 40)))
                    case feed.TakeSnapshot():
                        self._agent.disk.docs.clear()
                        self._agent.disk.orders.clear()
                        self._agent.disk.cursor = 0
                        messages.append(feed.SnapshotDone(action.request, 0, ""))
                    case feed.Notice():
                        self._world.count(action.code)

    def _applied(self, action: feed.Apply) -> bool:
        """Rows and place in one transaction; False when the machine died in the middle, as a planted fault allows."""
        if action.generation != self._agent.disk.generation and self._agent.disk.sent:
            self._agent.hq_came_back()
        if self._world.planted is Planted.CURSOR_BEFORE_ROWS:
            self._agent.disk.cursor, self._agent.disk.generation = action.cursor, action.generation
            if self._world.chance_of_crash():
                self._agent.crash()
                return False
        for row in action.rows:
            self._agent.disk.docs[f"{row.kind}:{row.key}"] = bytes(row.doc)
            if row.kind == "order":
                self._agent.disk.orders[row.key] = msgspec.json.decode(row.doc, type=OrderDoc)
            elif row.kind == "instrument":
                self._agent.disk.instruments[row.key] = msgspec.json.decode(row.doc, type=Instrument)
        self._agent.disk.cursor, self._agent.disk.generation = action.cursor, action.generation
        self._agent.desk.decide()
        return True

    def _ask_page(self, action: feed.Pull) -> None:
        hq, line, life = self._world.hq, self._world.line, self._agent.life

        def arrived() -> None:
            if not hq.up:
                return
            done: list[bool] = []

            def answer() -> None:
                if done or not hq.up:
                    return
                done.append(True)
                head, rows = hq.page(action.scope, action.cursor, action.limit)
                line.carry("hq", self._agent.name, lambda: heard(feed.Page(action.request, head, rows, genuine=True)))

            if hq.disk.rev > action.cursor or not action.wait_s:
                answer()
            else:
                hq.waiting.append(answer)
                self._world.clockwork.after(LONG_POLL_MS, answer)

        def heard(page: feed.Page) -> None:
            if self._world.planted is Planted.GENERATION_IGNORED and self._agent.disk.generation:
                page = replace(page, head=replace(page.head, generation=self._agent.disk.generation))
            if self._agent.up and self._agent.life == life:
                self.contact_ms = self._agent.clock.now_ms()
                self.pull(page)
                self._agent.go()

        line.carry(self._agent.name, "hq", arrived)
