"""A store locked one of its tills: head office sees it, and decides whether that machine is shut out for good."""

from collections.abc import Sequence

from hq_server.service.cases import new_case, open_cases
from hq_server.service.context import Hq
from hq_server.storage import locks
from hq_server.storage.database import Unit
from retail_core.domain.cases import CaseKind
from retail_core.domain.events import TillLocked
from retail_core.wire.envelope import Entry

LOCKED = "till.locked"


def watch(hq: Hq, unit: Unit, store: str, acts: Sequence[tuple[Entry, TillLocked]]) -> None:
    """Keep what managers of `store` did with these events; a machine that is locked now is a case."""
    if not acts:
        return
    cases = [
        new_case(
            hq, CaseKind.TILL_LOCKED, store, act.node,
            {"code": LOCKED, "register": act.register, "why": act.why, "by": act.by, "act": act.n},
        )
        for act in locks.add(unit, store, acts)
    ]  # fmt: skip
    open_cases(unit, cases)
