"""A store locked one of its tills: head office sees it, and decides whether that machine is shut out for good.

The case is over when the store lets the till in again, or when the machine is shut out; it says who did what, and when.
"""

from collections.abc import Sequence

from hq_server.service.cases import new_case, open_cases, settle
from hq_server.service.context import Hq
from hq_server.storage import access, locks
from hq_server.storage.access import Node
from hq_server.storage.database import Unit
from hq_server.storage.locks import LockAct
from retail_core.domain.cases import CaseKind, ExceptionCase
from retail_core.domain.events import TillLocked
from retail_core.wire.envelope import Entry

LOCKED = "till.locked"


def watch(hq: Hq, unit: Unit, store: str, acts: Sequence[tuple[Entry, TillLocked]]) -> None:
    """Keep what managers of `store` did with these events; a machine that is locked now is a case, one that is not is none."""
    if not acts:
        return
    changed = locks.add(unit, store, acts)
    open_cases(unit, [_case(hq, act) for act in changed if act.locked and _in_use(unit, act.node)])
    for act in changed:
        locked = None if act.locked else locks.last_lock(unit.conn, store, act.node)
        if locked is not None:
            said = _said(locked) | {"unlocked_by": act.by, "unlocked_ms": act.at_ms}
            settle(unit, CaseKind.TILL_LOCKED, store, act.node, hq.clock.now_ms(), said)


def shut_out(unit: Unit, nodes: Sequence[Node], by: str, now_ms: int) -> None:
    """These machines are shut out for good: nobody has to decide about them any more."""
    for one in nodes:
        said: dict[str, str | int] = {"shut_out_by": by, "shut_out_ms": now_ms}
        settle(unit, CaseKind.TILL_LOCKED, one.store, one.node_id, now_ms, said)


def _case(hq: Hq, act: LockAct) -> ExceptionCase:
    return new_case(hq, CaseKind.TILL_LOCKED, act.store, act.node, _said(act))


def _said(act: LockAct) -> dict[str, str | int]:
    return {
        "code": LOCKED, "register": act.register, "why": act.why, "by": act.by, "act": act.n, "locked_ms": act.at_ms,
    }  # fmt: skip


def _in_use(unit: Unit, node_id: str) -> bool:
    """False for a machine that was shut out before its store's word came; one nobody here knows may still be in use."""
    known = access.node_of(unit.conn, node_id)
    return known is None or known.revoked_ms is None
