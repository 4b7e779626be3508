"""Exception cases: opened by HQ when facts disagree, taken and closed by people."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from hq_server.service.context import TODAY, Hq
from hq_server.storage import work
from hq_server.storage.database import Unit
from retail_core.domain.cases import CaseKind, CaseState, ExceptionCase
from retail_core.domain.errors import RuleViolationError

MAX_LISTED = 500
NOTHING: Mapping[str, str | int] = MappingProxyType({})


def new_case(
    hq: Hq, kind: CaseKind, store: str, subject: str, evidence: dict[str, str | int], *, value_minor: int = 0
) -> ExceptionCase:
    """A case as a fact; `open_cases` writes it."""
    return ExceptionCase(hq.ids.next(), kind, subject, evidence, value_minor, CaseState.OPEN, store, hq.clock.now_ms())


def open_cases(unit: Unit, cases: Sequence[ExceptionCase]) -> None:
    """Write cases in the caller's transaction, one open case per subject and kind."""
    if cases:
        work.open_cases(unit, cases)
        unit.changed.add(TODAY)


def settle(
    unit: Unit, kind: CaseKind, store: str, subject: str, now_ms: int, said: Mapping[str, str | int] = NOTHING
) -> None:
    """Close the case of a subject, when there is one, in the caller's transaction: nobody has to look at it any more.

    `said` is added to its evidence: what settled it.
    """
    for case in work.cases_about(unit, kind, store, subject):
        if said:
            work.set_evidence(unit, case, {**case.evidence, **said})
        work.set_case_state(unit, case, CaseState.CLOSED, now_ms)
        unit.changed.add(TODAY)


def listed(hq: Hq, *, state: CaseState | None, store: str | None, limit: int) -> Sequence[ExceptionCase]:
    """Newest first; without a state everything not closed."""
    return hq.database.read(lambda conn: work.cases(conn, state=state, store=store, limit=min(limit, MAX_LISTED)))


def act(hq: Hq, store: str, case_id: str, action: str) -> CaseState:
    """`take`, `close` or `reopen`. Raises RuleViolationError `case.unknown` or `case.illegal_move`."""

    def change(unit: Unit) -> CaseState:
        case = work.case_of(unit, store, case_id)
        if case is None:
            raise RuleViolationError("case.unknown", case=case_id[:60])
        state = case.after(action)
        work.set_case_state(unit, case, state, hq.clock.now_ms())
        unit.changed.add(TODAY)
        return state

    return hq.database.write(change)
