"""Input of machines that HQ refuses: people see one case per machine and reason; how often it came stands in the metrics."""

import threading

from hq_server.service.cases import new_case, open_cases
from hq_server.service.context import Hq
from hq_server.storage import access
from retail_core.domain.cases import CaseKind
from retail_core.domain.errors import Fact

DAMAGED = "push.damaged"
SHOWN = frozenset({DAMAGED, "node.revoked", "push.other_store", "request.malformed", "wire.too_large"})
"""Reasons a person should look into. Others, such as a token that ran out, end by themselves."""
TELL_AGAIN_MS = 3_600_000
MAX_TOLD = 4_096


class Refusals:
    """Whom of which machine's refusals people were told; one per server process."""

    def __init__(self, hq: Hq) -> None:
        self._hq = hq
        self._guard = threading.Lock()
        self._told: dict[tuple[str, str], int] = {}

    def is_news(self, node_id: str, code: str) -> bool:
        """True when people should be told (by `tell`) and were not within the hour. Touches no database."""
        if code not in SHOWN or not node_id:
            return False
        now_ms = self._hq.clock.monotonic_ms()
        with self._guard:
            if now_ms - self._told.get((node_id, code), -TELL_AGAIN_MS) < TELL_AGAIN_MS:
                return False
            if len(self._told) >= MAX_TOLD:
                self._told.pop(next(iter(self._told)))
            self._told[node_id, code] = now_ms
        return True

    def tell(self, node_id: str, code: str, facts: dict[str, Fact]) -> None:
        """Open the case, unless one is open; for a node nobody knows there is no store to tell."""
        node = self._hq.database.read(lambda conn: access.node_of(conn, node_id[:80]))
        if node is None:
            return
        known = {name: fact for name, fact in facts.items() if isinstance(fact, int) and name == "limit"}
        evidence: dict[str, str | int] = {**known, "code": code, "node": node.node_id, "register": node.register}
        case = new_case(self._hq, CaseKind.REFUSED_INPUT, node.store, f"{node.node_id}/{code}", evidence)
        self._hq.database.write(lambda unit: open_cases(unit, [case]))
