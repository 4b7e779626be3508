"""Telemetry: what machines say of themselves. Lossy, bounded, never journalled; the newest of each machine is kept."""

import threading
from collections.abc import Mapping

from hq_server.service.context import Hq
from hq_server.storage import devices, figures
from hq_server.storage.access import Node
from hq_server.storage.figures import NodeFigures
from retail_core.wire.devices import DevicesSaid

WRITE_EVERY_MS = 30_000
MAX_FIGURES = 40
MAX_NAME_CHARS = 40
BIGGEST = 2**53


class Figures:
    """Used by the threads of one HQ process."""

    def __init__(self, hq: Hq) -> None:
        self._hq = hq
        self._guard = threading.Lock()
        self._written: dict[str, int] = {}
        self._devices_written: dict[str, int] = {}

    def said(self, node: Node, told: Mapping[str, int]) -> bool:
        """Keep the newest figures of a machine, at most every half minute; False when they were let go."""
        now_ms = self._hq.clock.now_ms()
        if self._too_soon(self._written, node.node_id, now_ms):
            return False
        kept = {name: max(-BIGGEST, min(BIGGEST, value)) for name, value in told.items() if _is_name(name)}
        said = NodeFigures(node.store, node.node_id, now_ms, dict(list(kept.items())[:MAX_FIGURES]))
        self._hq.database.write(lambda unit: figures.put_figures(unit, said))
        return True

    def devices(self, node: Node, told: DevicesSaid) -> bool:
        """Keep how a machine's devices are, as often; False when it was let go."""
        now_ms = self._hq.clock.now_ms()
        if self._too_soon(self._devices_written, node.node_id, now_ms):
            return False
        self._hq.database.write(lambda unit: devices.put_devices(unit, node.store, node.node_id, told, now_ms))
        return True

    def _too_soon(self, written: dict[str, int], node_id: str, now_ms: int) -> bool:
        with self._guard:
            if now_ms - written.get(node_id, -WRITE_EVERY_MS) < WRITE_EVERY_MS:
                return True
            written[node_id] = now_ms
            return False


def _is_name(text: str) -> bool:
    return len(text) <= MAX_NAME_CHARS and text.isascii() and text.isidentifier()
