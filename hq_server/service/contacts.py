"""When HQ last heard of each machine and how much waits there. Heard often, written seldom: it only informs."""

import threading
from collections import deque

import msgspec

from hq_server.service.cases import new_case, open_cases
from hq_server.service.context import TODAY, Hq
from hq_server.storage import access
from hq_server.storage.access import Contact, Node
from hq_server.storage.database import Unit
from retail_core.domain.cases import CaseKind, ExceptionCase

WRITE_EVERY_MS = 10_000
KEPT_DELAYS = 1_000
DELAY_WINDOW_MS = 15 * 60_000
MAX_QUEUED = 2**31
CLOCK_ALERT_MS = 600_000


class Contacts:
    """The newest contact of every node, written at most every ten seconds, and how long sales took to arrive."""

    def __init__(self, hq: Hq) -> None:
        self._hq = hq
        self._guard = threading.Lock()
        self._written: dict[str, tuple[int, int | None]] = {}  # when, and how much was said to wait
        self._delays: deque[tuple[int, int]] = deque(maxlen=KEPT_DELAYS)

    def heard(
        self, node: Node, *, clock_offset_ms: int | None = None, queued: int | None = None, oldest_ms: int = 0
    ) -> None:
        """A node spoke. What it did not say stays as it was."""
        now_ms = self._hq.clock.now_ms()
        said = None if queued is None else min(queued, MAX_QUEUED)
        with self._guard:
            seen_ms, before = self._written.get(node.node_id, (0, None))
            if now_ms - seen_ms < WRITE_EVERY_MS and said in {None, before}:
                return
            self._written[node.node_id] = now_ms, before if said is None else said

        def write(unit: Unit) -> None:
            # read first, because another process of ours may have heard more than this one
            known = access.contact_of(unit.conn, node.store, node.node_id) or Contact(
                node.store, node.node_id, 0, 0, 0, 0
            )
            now = msgspec.structs.replace(known, seen_ms=max(now_ms, known.seen_ms))
            if clock_offset_ms is not None:
                now = msgspec.structs.replace(now, clock_offset_ms=clock_offset_ms)
            if said is not None:
                now = msgspec.structs.replace(now, queued=said, oldest_ms=oldest_ms)
            access.note_contact(unit, now)
            if abs(now.clock_offset_ms) >= CLOCK_ALERT_MS:
                open_cases(unit, [self._clock_case(node, now.clock_offset_ms)])
            if not known.seen_ms or now.queued != known.queued:
                unit.changed.add(TODAY)

        self._hq.database.write(write)

    def _clock_case(self, node: Node, offset_ms: int) -> ExceptionCase:
        """The manager of the store is told by the till itself; head office sees that somebody has to."""
        evidence: dict[str, str | int] = {
            "code": "clock.off", "node": node.node_id, "register": node.register, "minutes": abs(offset_ms) // 60_000,
        }  # fmt: skip
        return new_case(self._hq, CaseKind.CLOCK_OFF, node.store, node.node_id, evidence)

    def sale_arrived(self, at_ms: int, clock_ms: int) -> None:
        """A sale made at `at_ms` (by a clock that HQ's is `clock_ms` ahead of) became durable here now."""
        now_ms = self._hq.clock.now_ms()
        self._delays.append((now_ms, max(0, now_ms - at_ms - clock_ms)))

    def delay_p99_ms(self) -> int | None:
        """The 99th percentile of the last quarter of an hour's delays, or None when nothing came."""
        since = self._hq.clock.now_ms() - DELAY_WINDOW_MS
        recent = sorted(delay for at_ms, delay in list(self._delays) if at_ms >= since)
        return recent[min(len(recent) - 1, (len(recent) * 99) // 100)] if recent else None
