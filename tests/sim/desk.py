"""What an agent does within its store: hears who has the store role, tells and is told, carries claims, decides on offers."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from retail_core.domain.events import ACTION_OF, FulfilmentEvent, FulfilmentFact
from retail_core.domain.fulfilment import OrderDoc, apply
from retail_core.sync import epoch
from retail_core.sync.sender import HQ_PEER
from retail_core.sync.storerole import NOBODY, StoreRole, heard_of, taken_over
from retail_core.wire.claim_rounds import ClaimRound, ClaimRoundReply
from sync_agent.config import FIND_PEERS_EVERY_MS, LEASE_SKEW_MS, POLL_TILL_MS
from sync_agent.hq_link.claim_line import CLAIM_PATIENCE_S
from sync_agent.hq_link.neighbours import FIRST_PAUSE_MS, FORGET_AFTER_MS
from sync_agent.storage.orders import AGENT_ACTOR, DECISIONS
from tests.sim import board
from tests.sim.board import Page
from tests.sim.faults import Planted
from tests.sim.journal import Journal

if TYPE_CHECKING:
    from tests.sim.agent import Agent
    from tests.sim.disks import AgentDisk

LONG_POLL_MS = 25_000
RETRY_MS = 500
HELLO_MS = 1_000
FOLD_MS = 5
TAKE_ROLE_MS = 250
DECIDE_EVERY_MS = 30_000
FIRST_HOLDER = "A1"
"""Who has the store role by configuration."""


class Desk:
    def __init__(self, agent: "Agent") -> None:
        self.agent, self.world = agent, agent.world
        self.journal = Journal(
            agent.world, agent.name, agent.clock, lambda: agent.disk.own, lambda: agent.disk.guard,
            lambda: agent.offset_ms,
        )  # fmt: skip
        self.roles: dict[str, StoreRole] = {}
        self._heard_ms: dict[str, int] = {}
        self._waiting: list[Callable[[], None]] = []
        self._asked = 0
        self._folding = False
        self._pause_ms = FIRST_PAUSE_MS

    @property
    def disk(self) -> "AgentDisk":
        return self.agent.disk

    @property
    def role(self) -> StoreRole:
        return self.disk.role or StoreRole(has=self.agent.name == FIRST_HOLDER)

    @property
    def stores(self) -> list[str]:
        """Neighbours with the store role; whoever took it over last comes first."""
        has = [(role.generation, name) for name, role in self.roles.items() if role.has]
        return [name for _, name in sorted(has, reverse=True)]

    @property
    def _highest(self) -> tuple[int, str]:
        return max(((role.generation, name) for name, role in self.roles.items() if role.has), default=NOBODY)

    def start(self) -> None:
        self.roles, self._heard_ms, self._waiting = {}, {}, []
        self._folding = False
        self._pause_ms = FIRST_PAUSE_MS
        if self.role.has:
            if not self.disk.own.epochs or self.journal.guard_saw_more:
                why = epoch.Reason.ROLLED_BACK if self.disk.own.epochs else epoch.Reason.FIRST_START
                self.journal.open_epoch(why, 0, "")
            board.begin(self.world, self.disk)
            board.remember(self.disk, dict(self.disk.shown.rows))
            self._tell()
            self._again(POLL_TILL_MS, self._poll)
            self._again(DECIDE_EVERY_MS, self._decide_again)
        self._greet()
        self._follow()

    def _again(self, after_ms: int, act: Callable[[], None]) -> None:
        """Later in this life of the machine."""
        life = self.agent.life

        def due() -> None:
            if self.agent.up and self.agent.life == life:
                act()

        self.world.clockwork.after(after_ms, due)

    # ── who has the role ─────────────────────────────────────────────────────────────────────────

    def hello(self) -> StoreRole:
        return self.role

    def _greet(self) -> None:
        for other in [agent for agent in self.world.agents if agent is not self.agent]:
            self._ask_hello(other)
        self._pause_ms = min(self._pause_ms * 2, FIND_PEERS_EVERY_MS)
        self._again(int(self._pause_ms * (0.75 + self.world.chance.random() / 2)), self._greet)

    def _ask_hello(self, other: "Agent", done: Callable[[StoreRole | None], None] | None = None) -> None:
        line, name, heard = self.world.line, other.name, [False]

        def answered(role: StoreRole | None) -> None:
            if not heard[0] and self.agent.up:
                heard[0] = True
                (done or (lambda role: self._met(name, role)))(role)

        def arrived() -> None:
            if other.up:
                role = other.desk.hello()
                line.carry(name, self.agent.name, lambda: answered(role))

        line.carry(self.agent.name, name, arrived)
        self._again(HELLO_MS, lambda: answered(None))

    def _met(self, name: str, role: StoreRole | None) -> None:
        before = {one: known.has for one, known in self.roles.items()}
        now_ms = self.world.clockwork.now_ms
        if role:
            self.roles[name], self._heard_ms[name] = role, now_ms
        elif now_ms - self._heard_ms.get(name, now_ms) >= FORGET_AFTER_MS:
            self.roles.pop(name, None)
        if before != {one: known.has for one, known in self.roles.items()}:
            self._neighbours_changed()
        if role:
            self.agent.greeted(name)

    def _neighbours_changed(self) -> None:
        others = [name for name, role in sorted(self.roles.items()) if not role.has]
        has, stores = self.role.has, self.stores
        self.agent.second = next(iter(others), None) if has or not stores else None
        self.agent.offer((HQ_PEER,) if has else (*stores, HQ_PEER))
        wanted = heard_of(self.role, self.agent.name, self._highest)
        if wanted is None or (has and self.world.planted is Planted.ROLE_KEPT):
            return
        if has:
            self.world.count("store role given up")
            self._take_role(wanted)
        else:
            self.disk.role = wanted

    def take_over(self) -> None:
        """A manager wants this machine to have the store role. Refused while the one that has it answers."""
        if not self.agent.up or self.role.has:
            return
        stores = self.stores
        left = [len(stores)]

        def answered(role: StoreRole | None) -> None:
            left[0] -= 1
            if role is not None:
                left[0] = -1
            elif left[0] == 0:
                self._take_role(taken_over(self.role, self._highest))

        for name in stores:
            self._ask_hello(self.world.agent(name), answered)
        if not stores:
            self._take_role(taken_over(self.role, self._highest))

    def _take_role(self, wanted: StoreRole) -> None:
        def take() -> None:
            self.world.count("store role taken" if wanted.has else "store role left")
            self.world.clockwork.note(f"{self.agent.name} store role {wanted}")
            self.disk.role = wanted
            self.agent.restart()

        self._again(TAKE_ROLE_MS, take)

    # ── telling ──────────────────────────────────────────────────────────────────────────────────

    def grown(self) -> None:
        """A journal has more here than before."""
        if self.role.has and not self._folding:
            self._folding = True
            self._again(FOLD_MS, self._fold)

    def _poll(self) -> None:
        self.grown()
        self._again(POLL_TILL_MS, self._poll)

    def _fold(self) -> None:
        self._folding = False
        if board.fold(self.agent):
            self._tell()

    def _tell(self) -> None:
        told = board.page(self.disk, self.disk.shown.source, self.disk.shown.rev)
        if told:
            board.keep(self.disk, told)
        waiting, self._waiting = self._waiting, []
        for answer in waiting:
            answer()

    def hear_memory(self, rows: "dict[board.Thing, board.Shared]") -> None:
        """What a neighbour remembers of the machine that had the store role before."""
        if self.role.has and board.remember(self.disk, rows):
            self._tell()

    def _follow(self) -> None:
        """Whatever is new in the store lies in link.db a moment later."""
        self._asked += 1
        asked, shown = self._asked, self.disk.shown
        if self.role.has:
            return
        if not self.stores:
            self._again(POLL_TILL_MS, lambda: self._follow() if asked == self._asked else None)
            return
        store = self.world.agent(self.stores[0])

        def told(page: Page) -> None:
            if asked != self._asked or not self.agent.up:
                return
            if self.disk.shown.source and page[0] != self.disk.shown.source:
                self._tell_another(store, asked)
            else:
                board.keep(self.disk, page)
                self._follow()

        self._ask_page(store, shown.source, shown.rev, told)
        self._again(LONG_POLL_MS + RETRY_MS, lambda: self._follow() if asked == self._asked else None)

    def _tell_another(self, store: "Agent", asked: int) -> None:
        """Another machine has the store role now: it hears what we remember, then we take its word."""
        rows, line = dict(self.disk.shown.rows), self.world.line

        def arrived() -> None:
            if store.up and store.desk.role.has:
                store.desk.hear_memory(rows)
                page = board.page(store.disk, "", 0)
                line.carry(store.name, self.agent.name, lambda: told(page) if page else None)

        def told(page: Page) -> None:
            if asked == self._asked and self.agent.up:
                board.keep(self.disk, page)
                self._follow()

        line.carry(self.agent.name, store.name, arrived)

    def _ask_page(self, store: "Agent", source: str, cursor: int, told: Callable[[Page], None]) -> None:
        line, name = self.world.line, self.agent.name

        def arrived() -> None:
            if not store.up or not store.desk.role.has:
                return
            life = store.life

            def answer() -> None:
                if store.up and store.life == life:
                    page = board.page(store.disk, source, cursor)
                    if page:
                        line.carry(store.name, name, lambda: told(page))
                    else:
                        store.desk.wait(answer)

            answer()

        line.carry(name, store.name, arrived)

    def wait(self, answer: Callable[[], None]) -> None:
        """Somebody waits for news."""
        self._waiting.append(answer)

    # ── claims ───────────────────────────────────────────────────────────────────────────────────

    def ask_claims(self, asked: ClaimRound, give: Callable[[ClaimRoundReply], None]) -> None:
        """Claims of the till beside us go to the store role; whoever is granted something has what is told of it."""
        name, asked_ms = self.agent.name, self.world.clockwork.now_ms

        def heard(reply: ClaimRoundReply, told: list[Page]) -> None:
            if not self.agent.up or self.world.clockwork.now_ms - asked_ms > CLAIM_PATIENCE_S * 1_000:
                return
            for page in told if self.world.planted is not Planted.GRANTED_UNTOLD else ():
                board.keep_news(self.disk, page)
            give(reply)

        if self.role.has:
            heard(*self.grant(name, asked))
            return
        if not self.stores:
            give(ClaimRoundReply())
            return
        store, line = self.world.agent(self.stores[0]), self.world.line

        def arrived() -> None:
            if store.up and store.desk.role.has:
                said = store.desk.grant(name, asked)
                line.carry(store.name, name, lambda: heard(*said))

        line.carry(name, store.name, arrived)

    def grant(self, asker: str, asked: ClaimRound) -> tuple[ClaimRoundReply, list[Page]]:
        """As the store role: who has each of them."""
        world, disk, now_ms = self.world, self.disk, self.agent.clock.now_ms()
        said = [board.claim(world, disk, asker, request, now_ms) for request in asked.claims]
        units = [board.claim_units(world, disk, asker, request, now_ms) for request in asked.units]
        reply = ClaimRoundReply(tuple(one for one, _ in said), tuple(units))
        world.checks.claims.answered(self.agent, asker, asked, reply)
        return reply, [page for _, page in said if page]

    # ── offers ───────────────────────────────────────────────────────────────────────────────────

    def _decide_again(self) -> None:
        self.decide()
        self._again(DECIDE_EVERY_MS, self._decide_again)

    def decide(self) -> None:
        """Accept offers before their lease runs out, confirm cancellations of what nobody has begun to pick."""
        if not self.role.has or not self.disk.own.epochs:
            return
        for decision in DECISIONS:
            for order in list(self.disk.orders.values()):
                asked = order.state is decision.state and order.cancel_requested is decision.if_cancel_requested
                known_v, known = self.disk.decided.get(order.order_id, (-1, order))
                if asked and known_v == order.order_v:
                    self._show(known)
                elif asked and (decision.fact is not FulfilmentFact.ACCEPTED or self._in_time(order)):
                    after = apply(order, ACTION_OF[decision.fact])
                    self.disk.decided[order.order_id] = order.order_v, after
                    self.journal.append(FulfilmentEvent(decision.fact, order.order_id, after.order_v), AGENT_ACTOR)
                    self.world.count(f"orders {decision.fact.value}")
                    self._show(after)
        self.agent.grown()

    def _in_time(self, order: OrderDoc) -> bool:
        return self.agent.clock.now_ms() + self.agent.offset_ms < order.lease_until_ms - LEASE_SKEW_MS

    def _show(self, order: OrderDoc) -> None:
        shown = self.disk.orders.get(order.order_id)
        if shown and shown.order_v < order.order_v:
            self.disk.orders[order.order_id] = order
