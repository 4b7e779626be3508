"""The drawers of the store as this till has heard of them, its own in front: at a glance, whose is open since when.

Nothing here is asked of anybody: the agent brings what the others did, and what was not heard is said to be so.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import reduce

import msgspec

from pos_app.service.completing import SoldBy
from pos_app.service.drawer import DrawerView
from pos_app.service.way import AGENT_SILENT_MS
from pos_app.storage.readers import Links
from retail_core.domain.clock import Clock
from retail_core.domain.drawer import DrawerSession, MoveKind
from retail_core.domain.roles import Permission, may
from retail_core.domain.shared_drawer import SharedDrawer, is_later
from retail_core.durable.home import MachineConfig
from retail_core.durable.link import LinkStatusDoc, NodeDoc

TILL = "till"


class Standing(StrEnum):
    """In the order they are looked at."""

    LATE = "late"  # open, and its trading day is over
    OPEN = "open"
    UNKNOWN = "unknown"
    CLOSED = "closed"


class DrawerMoney(msgspec.Struct, frozen=True):
    """Beside sales. `variance_minor` is that of the closing, else of the last count; None before there was one."""

    float_minor: int
    in_minor: int
    out_minor: int
    counted_ms: int = 0
    counted_minor: int = 0
    variance_minor: int | None = None


class TillDrawer(msgspec.Struct, frozen=True):
    """One session, or a till of which none is known. Times are 0 when nobody told; machines are registers.

    `money` is None for whoever must not know it. `silent_ms` is 0 while its machine answers, else since when it does
    not; with `never_heard` not even that is known.
    """

    register: str
    standing: Standing
    own: bool = False
    by: str = ""
    since_ms: int = 0
    closed_ms: int = 0
    biz_date: str = ""
    money: DrawerMoney | None = None
    silent_ms: int = 0
    never_heard: bool = False


class StoreDrawers:
    """What the day report's page asks for. On the screen's thread."""

    def __init__(self, facts: Links, clock: Clock, config: MachineConfig, today: Callable[[], str]) -> None:
        self._facts, self._clock, self._config, self._today = facts, clock, config, today
        self._answered: dict[str, int] = {}
        self._answering: frozenset[str] = frozenset()
        self.operator: SoldBy | None = None

    def heard(self, status: LinkStatusDoc) -> None:
        """Who answers at this moment; call it each time the agent may have said something."""
        now_ms = self._clock.now_ms()
        fresh = abs(now_ms - status.at_ms) <= AGENT_SILENT_MS
        self._answering = frozenset(status.neighbours) if fresh else frozenset()
        self._answered.update(dict.fromkeys(self._answering, now_ms))

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def read(self, own: DrawerView) -> tuple[TillDrawer, ...]:
        """Open ones first. Cheap enough for every second."""
        rows = [_own(own, self._config.register, self._today()), *self._others()]
        rows.sort(key=lambda row: (list(Standing).index(row.standing), row.register, -row.since_ms))
        operator = self.operator
        if operator is None or not may(operator.role, Permission.SEE_EXPECTED):
            rows = [msgspec.structs.replace(row, money=None) for row in rows]
        return tuple(rows)

    def open_elsewhere(self) -> tuple[str, ...]:
        """Registers of the other tills whose drawer is open, as far as was heard."""
        return tuple(sorted(row.register for row in self._others() if row.standing in {Standing.OPEN, Standing.LATE}))

    def _others(self) -> Sequence[TillDrawer]:
        nodes = self._facts.nodes()
        told = others_by_register(self._facts.shared_drawers(), nodes, self._config.register)
        names = {str(row.operator_id): row.name for row in self._facts.staff()}
        agents = {one.register: one.node_id for one in nodes if one.role != TILL and not one.revoked}
        found: list[TillDrawer] = []
        for register, sessions in told.items():
            rows = [_told(register, one, names, self._today()) for one in of_today(sessions, self._today())]
            rows = rows or [TillDrawer(register, Standing.UNKNOWN)]
            silent_ms, never = self._silence(agents.get(register, ""), sessions)
            found += [msgspec.structs.replace(row, silent_ms=silent_ms, never_heard=never) for row in rows]
        return found

    def _silence(self, agent: str, sessions: Sequence[SharedDrawer]) -> tuple[int, bool]:
        """Since when a machine does not answer: since it was seen or its drawer was heard of last."""
        if agent in self._answering:
            return 0, False
        last = max([self._answered.get(agent, 0), *(one.heard_ms for one in sessions)])
        return last, not last


def others_by_register(
    told: Sequence[SharedDrawer], nodes: Sequence[NodeDoc], own: str
) -> Mapping[str, Sequence[SharedDrawer]]:
    """Sessions of each other till, the oldest first; tills of which nothing is known too, machines shut out not."""
    registers = {one.node_id: one.register for one in nodes if one.role == TILL and not one.revoked}
    found: defaultdict[str, list[SharedDrawer]] = defaultdict(list)
    for register in sorted({*registers.values()} - {own}):
        found[register] = []
    for one in told:
        register = registers.get(one.node)
        if register is not None and register != own:
            found[register].append(one)
    return found


def of_today(sessions: Sequence[SharedDrawer], today: str) -> Sequence[SharedDrawer]:
    """The newest session, whatever day it is of, and those of today that were closed before it. One that was left open
    when the next began is nobody's any more.
    """
    if not sessions:
        return ()
    newest = reduce(lambda found, one: one if is_later(one, found) else found, sessions)
    return [*(one for one in sessions if one is not newest and one.end is not None and one.biz_date == today), newest]


def _told(register: str, drawer: SharedDrawer, names: Mapping[str, str], today: str) -> TillDrawer:
    counted = drawer.end or drawer.count
    money = DrawerMoney(
        drawer.float_minor, drawer.in_minor, drawer.out_minor, counted.at_ms if counted else 0,
        counted.counted_minor if counted else 0, drawer.variance_minor,
    )  # fmt: skip
    standing = Standing.CLOSED if drawer.end else _open_since(drawer.biz_date, today)
    by = names.get(drawer.begun_by, drawer.begun_by)
    closed_ms = drawer.end.at_ms if drawer.end else 0
    return TillDrawer(register, standing, False, by, drawer.since_ms, closed_ms, drawer.biz_date, money)


def _open_since(biz_date: str, today: str) -> Standing:
    return Standing.LATE if biz_date < today else Standing.OPEN


def _own(view: DrawerView, register: str, today: str) -> TillDrawer:
    """This till's own, from its own files: nobody need tell it."""
    if view.session is not None:
        standing = _open_since(view.session.biz_date, today)
        session = view.session
        return TillDrawer(
            register, standing, True, view.opened_by, session.opened_ms, 0, session.biz_date, _money(session)
        )
    if not view.closed:
        return TillDrawer(register, Standing.CLOSED, own=True)
    last = view.closed[0].facts
    variance = last.variance_minor if last.counted_minor is not None else None
    moved = last.totals.moved
    money = DrawerMoney(
        last.float_minor + moved(MoveKind.FLOAT).minor, moved(MoveKind.LOAN).minor,
        moved(MoveKind.DROP).minor + moved(MoveKind.BANK).minor, last.at_ms, last.counted_minor or 0, variance,
    )  # fmt: skip
    return TillDrawer(register, Standing.CLOSED, True, last.opened_by, 0, last.at_ms, last.biz_date, money)


def _money(session: DrawerSession) -> DrawerMoney:
    moved, count = session.totals.moved, session.last_count
    return DrawerMoney(
        session.float_minor + moved(MoveKind.FLOAT).minor, moved(MoveKind.LOAN).minor,
        moved(MoveKind.DROP).minor + moved(MoveKind.BANK).minor, count.at_ms if count else 0,
        count.counted_minor if count else 0, count.variance_minor if count else None,
    )  # fmt: skip
