"""What the till tells its agent about its devices: when something changed, at most once a minute, and now and then anyway."""

import logging
import re
from collections.abc import Callable, Iterable

from pos_app.devices.ports import DeviceState, Health
from pos_app.runtime.writer import Writer
from pos_app.storage.store import TillStore
from retail_core.domain.clock import Clock
from retail_core.domain.errors import CodedError
from retail_core.durable.device_states import put_devices
from retail_core.wire.devices import MAX_DEVICES, SEND_EVERY_MS, DevicesSaid, DeviceStanding, Standing

LOG = logging.getLogger(__name__)
AGAIN_MS = 300_000
"""What has not changed is said again, so that silence means a till that does not run."""
_NOT_IN_A_CODE = re.compile(r"[^a-z0-9_.]")
_STANDING = {
    DeviceState.READY: Standing.OK,
    DeviceState.CONNECTING: Standing.UNKNOWN,
    DeviceState.FAULT: Standing.DOWN,
    DeviceState.ABSENT: Standing.DOWN,
}


def standing_of(kind: str, health: Health) -> DeviceStanding:
    """Ready with a code is a warning ahead of time. The detail stays here: it may name a place or a person."""
    standing = _STANDING[health.state]
    if standing is Standing.OK and health.code and not health.code.endswith(".one_way"):
        standing = Standing.WARN
    return DeviceStanding(kind, standing, _NOT_IN_A_CODE.sub("_", health.code.lower())[:60])


class DeviceReport:
    """`tick` it every second on the screen's thread."""

    def __init__(self, writer: Writer, clock: Clock, healths: Callable[[], Iterable[tuple[str, Health]]]) -> None:
        self._writer, self._clock, self._healths = writer, clock, healths
        self._said: DevicesSaid | None = None
        self._said_ms = 0

    def tick(self) -> None:
        """Never waits."""
        now_ms = self._clock.monotonic_ms()
        since_ms = now_ms - self._said_ms
        if self._said is not None and since_ms < SEND_EVERY_MS:
            return
        found = DevicesSaid(tuple(standing_of(kind, health) for kind, health in self._healths())[:MAX_DEVICES])
        if found == self._said and since_ms < AGAIN_MS:
            return
        self._said, self._said_ms = found, now_ms
        wall_ms = self._clock.now_ms()

        def write(store: TillStore) -> None:
            with store.unit():
                put_devices(store.conn, found, wall_ms)

        self._writer.submit(write, lambda _: None, _failed)


def _failed(fault: CodedError) -> None:
    LOG.debug("how the devices are was not written: %s", fault)
