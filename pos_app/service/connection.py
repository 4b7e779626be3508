"""Which part of the way to head office works, in terms people can act on, and taking the store's work over."""

from collections.abc import Callable, Sequence
from enum import StrEnum

import msgspec

from pos_app.runtime.writer import Failed, Writer
from pos_app.service.completing import SoldBy
from pos_app.service.link_status import AGENT_SILENT_MS, HQ_SILENT_MS
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

NO_NETWORK = "hop.no_network"
ANSWERED = ("hop.refused", "hop.status", "token", "node")
"""Errors by which somebody at head office's address was reached."""
CLOCK_WARN_MS = 60_000


class Part(StrEnum):
    """From near to far."""

    AGENT = "agent"
    LAN = "lan"
    STORE = "store"
    INTERNET = "internet"
    HQ = "hq"


class PartState(StrEnum):
    OK = "ok"
    DOWN = "down"
    UNKNOWN = "unknown"
    UNUSED = "unused"


class Connection(msgspec.Struct, frozen=True):
    """Everything the page shows. Times are wall times, 0 for never; machines are registers."""

    parts: dict[Part, PartState]
    hq_contact_ms: int
    store_machine: str  # who ties the store together; "" when nobody does
    answering: tuple[str, ...]
    silent: tuple[str, ...]
    copies: tuple[str, ...]
    oldest_ms: int
    clock_off_ms: int
    may_take_over: bool

    def works(self, part: Part) -> bool:
        return self.parts[part] in (PartState.OK, PartState.UNUSED)


def connection(status: LinkStatusDoc, others: dict[str, str], own_register: str, now_ms: int) -> Connection:
    """Judge what the agent says. `others` are the store's other agents: register by node."""
    agent = PartState.OK if now_ms - status.at_ms <= AGENT_SILENT_MS else PartState.DOWN
    answering = tuple(sorted(others[node] for node in status.neighbours if node in others))
    silent = tuple(sorted(register for node, register in others.items() if node not in status.neighbours))
    store_node = status.store_peer.partition(":")[2]
    store = own_register if status.store_role else others.get(store_node, "") if store_node in status.neighbours else ""
    parts = {
        Part.AGENT: agent,
        Part.LAN: PartState.UNUSED if not others else PartState.OK if answering else PartState.DOWN,
        Part.STORE: PartState.OK if store else PartState.UNUSED if not others else PartState.DOWN,
        Part.INTERNET: _internet(status, now_ms),
        Part.HQ: _hq(status, now_ms),
    }
    if agent is PartState.DOWN:  # nobody tells us about the others
        parts |= dict.fromkeys((Part.LAN, Part.STORE, Part.INTERNET, Part.HQ), PartState.UNKNOWN)
    off = status.hq_offset_ms if abs(status.hq_offset_ms) >= CLOCK_WARN_MS else 0
    return Connection(
        parts, status.hq_contact_ms, store, answering, silent,
        tuple(sorted(others[node] for node in status.copies if node in others)),
        status.oldest_ms, off, may_take_over=bool(others) and not store and agent is PartState.OK,
    )  # fmt: skip


def _hq(status: LinkStatusDoc, now_ms: int) -> PartState:
    if not status.error and now_ms - status.hq_contact_ms <= HQ_SILENT_MS:
        return PartState.OK
    return PartState.UNKNOWN if status.error == NO_NETWORK else PartState.DOWN


def _internet(status: LinkStatusDoc, now_ms: int) -> PartState:
    if _hq(status, now_ms) is PartState.OK or status.error.startswith(ANSWERED):
        return PartState.OK
    return PartState.DOWN if status.error == NO_NETWORK else PartState.UNKNOWN


class ConnectionDesk:
    """What the page asks for."""

    def __init__(self, facts: Links, writer: Writer, claims: Claims, clock: Clock, config: MachineConfig) -> None:
        self._facts, self._writer, self._claims = facts, writer, claims
        self._clock, self._config = clock, config
        self.operator: SoldBy | None = None

    def read(self) -> Connection:
        """Cheap enough for every second."""
        return connection(self._facts.status(), self._others(), self._config.register, self._clock.now_ms())

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

    def _others(self) -> dict[str, str]:
        nodes: Sequence[tuple[str, str]] = self._facts.agents()
        return {node: register for node, register in nodes if node != self._config.agent_node}


def _write(store: TillStore, note: AuditNoted, operator: SoldBy) -> None:
    with store.unit():
        store.append(note, operator.operator_id)
