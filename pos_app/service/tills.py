"""The store's tills: who answers, and keeping one that is missing or behaves oddly out of the store's network."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

import msgspec

from pos_app.runtime.writer import Failed, Writer
from pos_app.service.completing import SoldBy
from pos_app.service.way import store_machine
from pos_app.storage.readers import Links
from pos_app.storage.store import TillStore
from retail_core.domain.approvals import Act, Approval, allow
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import TillLocked
from retail_core.domain.roles import Permission, Role, may
from retail_core.durable.home import MachineConfig
from retail_core.durable.link import LinkStatusDoc, NodeDoc
from retail_core.trust.locks import TillLock

LOCK, UNLOCK = "lock_till", "unlock_till"
AGENT_ROLE = "agent"


class Why(StrEnum):
    """Why a till is locked."""

    MISSING = "missing"
    ODD = "odd"
    STRANGER = "stranger"


class TillOfStore(msgspec.Struct, frozen=True):
    """One machine of the store, by its agent's node. `locked` is the lock in force; `by_name` who decided it, if known here."""

    agent: str
    register: str
    here: bool
    answers: bool
    ties: bool
    locked: TillLock | None = None
    by_name: str = ""


def tills_of_store(
    nodes: Sequence[NodeDoc],
    locks: Mapping[str, TillLock],
    status: LinkStatusDoc,
    own: str,
    names: Mapping[str, str],
) -> tuple[TillOfStore, ...]:
    """In order of their registers. `own` is this machine's agent; `names` are staff by operator id."""
    agents = {node.node_id: node.register for node in nodes if node.role == AGENT_ROLE and not node.revoked}
    ties = store_machine(status, {node: reg for node, reg in agents.items() if node != own}, agents.get(own, ""))
    found: list[TillOfStore] = []
    for agent, register in sorted(agents.items(), key=lambda one: (one[1], one[0])):
        lock = locks.get(agent)
        lock = lock if lock and lock.locked else None
        by_name = names.get(lock.by, lock.by) if lock else ""
        here = agent == own
        answers = here or agent in status.neighbours
        found.append(TillOfStore(agent, register, here, answers, bool(ties) and register == ties, lock, by_name))
    return tuple(found)


class TillsDesk:
    """What the page of tills asks for, and what the sign-in does."""

    def __init__(self, facts: Links, writer: Writer, config: MachineConfig) -> None:
        self._facts, self._writer, self._config = facts, writer, config
        self.operator: SoldBy | None = None

    def read(self) -> tuple[TillOfStore, ...]:
        """Cheap enough for every second."""
        names = {str(row.operator_id): row.name for row in self._facts.staff()}
        own = self._config.agent_node
        return tills_of_store(self._facts.nodes(), self._facts.locks(), self._facts.status(), own, names)

    def own_lock(self) -> TillOfStore | None:
        """This till, when the store has locked it and it has heard of that."""
        lock = self._facts.locks().get(self._config.agent_node)
        if lock is None or not lock.locked:
            return None
        return next((till for till in self.read() if till.here), None)

    def check_role(self, role: Role) -> None:
        """Who may sign in at this till now. Raises RuleViolationError `till.locked` for all but managers while it is locked."""
        if not may(role, Permission.LOCK_TILL) and (till := self.own_lock()):
            raise RuleViolationError("till.locked", by=till.by_name)

    def lock(self, agent: str, why: Why, done: Callable[[], None], failed: Failed, approval: Approval | None) -> None:
        """The store's machines let that till in no more. Fails with `approval.needed` and `lock.*`; what it sells is kept."""
        self._decide(agent, LOCK, why.value, done, failed, approval)

    def unlock(self, agent: str, done: Callable[[], None], failed: Failed, approval: Approval | None) -> None:
        """Let it in again. Fails as `lock` does."""
        self._decide(agent, UNLOCK, "", done, failed, approval)

    def _decide(
        self, agent: str, what: str, why: str, done: Callable[[], None], failed: Failed, approval: Approval | None
    ) -> None:
        try:
            event, operator = self._checked(agent, what, why, approval)
        except RuleViolationError as refused:
            failed(refused)
            return

        def write(store: TillStore) -> None:
            with store.unit():
                store.append(event, operator.operator_id)

        self._writer.submit(write, lambda _: done(), failed)

    def _checked(self, agent: str, what: str, why: str, approval: Approval | None) -> tuple[TillLocked, SoldBy]:
        operator, locks = self.operator, self._facts.locks()
        if operator is None:
            raise RuleViolationError("operator.not_signed_in")
        nodes = self._facts.nodes()
        machine = next((node for node in nodes if node.node_id == agent and not node.revoked), None)
        if machine is None:
            raise RuleViolationError("lock.unknown")
        if agent == self._config.agent_node:
            raise RuleViolationError("lock.own")
        own = locks.get(self._config.agent_node)
        if own and own.locked:
            raise RuleViolationError("lock.locked_itself")
        known = locks.get(agent)
        if (what == LOCK) is bool(known and known.locked):
            raise RuleViolationError("lock.already", till=machine.register)
        by = allow(operator.role, Permission.LOCK_TILL, Act(what, agent, name=machine.register), approval)
        others = [node.node_id for node in nodes if node.register == machine.register and not node.revoked]
        ids = (agent, *(node for node in others if node != agent))
        n = known.n + 1 if known else 1
        who = by or str(operator.operator_id)
        return TillLocked(ids, machine.register, what == LOCK, n, why, who), operator
