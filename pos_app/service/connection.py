"""Which part of the way to head office works, in terms people can act on, and taking the store's work over."""

from collections.abc import Callable

import msgspec

from pos_app.runtime.writer import Failed, Writer
from pos_app.service.completing import SoldBy
from pos_app.service.way import EXPIRED, NOT_TRUSTED, Part, PartState, store_machine, way
from pos_app.storage.readers import Links
from pos_app.storage.store import TillStore
from retail_core.domain.approvals import Act, Approval, allow
from retail_core.domain.claims import ClaimAnswer, ClaimKind, Claims, Granted, Refused
from retail_core.domain.clock import Clock
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.domain.roles import Permission
from retail_core.durable.home import MachineConfig
from retail_core.durable.link import LinkStatusDoc
from retail_core.sync.alone import days_left
from retail_core.sync.reach import Reach

CLOCK_WARN_MS = 60_000


class Connection(msgspec.Struct, frozen=True):
    """Everything the page shows. Times are wall times, 0 for never; machines are registers."""

    parts: dict[Part, PartState]
    agent_sign_ms: int
    store_contact_ms: int
    hq_contact_ms: int
    store_machine: str  # who ties the store together; "" when nobody does
    answering: tuple[str, ...]
    silent: tuple[str, ...]
    copies: tuple[str, ...]
    oldest_ms: int
    clock_off_ms: int
    may_take_over: bool
    router_answers: bool = False  # with the internet down: the line behind it is dead
    expired: bool = False  # head office's certificate ran out longer ago than is forgiven
    impostor: bool = False  # whoever answers at head office's address cannot prove that it is head office
    days_left: int | None = (
        None  # until the tills no longer help one another; None while there is no need to speak of it
    )
    segments: str = ""  # what is wrong with sealed days of this machine
    catalogue: str = ""  # why head office's newest catalogue is not in use here

    def works(self, part: Part) -> bool:
        return self.parts[part] in (PartState.OK, PartState.UNUSED)


def connection(status: LinkStatusDoc, others: dict[str, str], own_register: str, now_ms: int) -> Connection:
    """Judge what the agent says. `others` are the store's other agents: register by node."""
    parts = way(status, others, now_ms)
    store = store_machine(status, others, own_register)
    left = days_left(status.alone_days) if others else None
    off = status.hq_offset_ms if abs(status.hq_offset_ms) >= CLOCK_WARN_MS else 0
    return Connection(
        parts=parts,
        agent_sign_ms=status.at_ms,
        store_contact_ms=status.store_contact_ms,
        hq_contact_ms=status.hq_contact_ms,
        store_machine=store,
        answering=tuple(sorted(others[node] for node in status.neighbours if node in others)),
        silent=tuple(sorted(register for node, register in others.items() if node not in status.neighbours)),
        copies=tuple(sorted(others[node] for node in status.copies if node in others)),
        oldest_ms=status.oldest_ms,
        clock_off_ms=off,
        may_take_over=bool(others) and not store and parts[Part.AGENT] is PartState.OK and left != 0,
        router_answers=status.reach == Reach.ROUTER,
        expired=status.error == EXPIRED,
        impostor=status.error == NOT_TRUSTED,
        days_left=left,
        segments=status.segments,
        catalogue=status.catalogue,
    )


class ConnectionDesk:
    """What the page asks for."""

    def __init__(self, facts: Links, writer: Writer, claims: Claims, clock: Clock, config: MachineConfig) -> None:
        self._facts, self._writer, self._claims = facts, writer, claims
        self._clock, self._config = clock, config
        self.operator: SoldBy | None = None

    def read(self) -> Connection:
        """Cheap enough for every second."""
        others = self._facts.other_agents(self._config.agent_node)
        return connection(self._facts.status(), others, self._config.register, self._clock.now_ms())

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def take_over(self, done: Callable[[], None], failed: Failed, approval: Approval | None = None) -> None:
        """This machine ties the store together from now on. Fails with `approval.needed`, `store_role.alive`, `store_role.no_agent`."""
        operator, node = self.operator, self._config.agent_node
        try:
            if operator is None:
                raise RuleViolationError("operator.not_signed_in")
            by = allow(operator.role, Permission.TAKE_STORE_ROLE, Act("store_role", node), approval)
        except RuleViolationError as refused:
            failed(refused)
            return

        def answered(answer: ClaimAnswer) -> None:
            if isinstance(answer, Granted):
                note = AuditNoted("store_role_taken", node, by=by)
                self._writer.submit(lambda store: _write(store, note, operator), lambda _: done(), failed)
            elif isinstance(answer, Refused):
                failed(RuleViolationError("store_role.alive", by=self._facts.register_of(answer.by)))
            else:
                failed(RuleViolationError("store_role.no_agent"))

        self._claims.ask(ClaimKind.STORE_ROLE, node, answered)


def _write(store: TillStore, note: AuditNoted, operator: SoldBy) -> None:
    with store.unit():
        store.append(note, operator.operator_id)
