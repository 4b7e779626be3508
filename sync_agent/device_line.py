"""How this till's devices are goes to head office: lossy, at most once a minute, and at once when something changed."""

import asyncio
import logging
import random

from retail_core.domain.clock import Clock
from retail_core.wire.devices import SEND_EVERY_MS, DevicesSaid
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import HopFault
from sync_agent.storage.device_states import devices_here
from sync_agent.storage.files import Files

LOG = logging.getLogger(__name__)
AGAIN_EVERY = 5
"""What has not changed is sent every so many looks, so that head office sees who fell silent."""


class DeviceLine:
    """Run with `run`."""

    def __init__(self, files: Files, hq: SyncClient, clock: Clock) -> None:
        self._files, self._hq, self._clock = files, hq, clock
        self._sent: DevicesSaid | None = None
        self._looks = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(SEND_EVERY_MS / 1000 * (1 + random.random() / 4))  # noqa: S311 - jitter

    async def look(self) -> None:
        now_ms = self._clock.now_ms()
        said = await self._files.run(lambda files: devices_here(files, now_ms))
        self._looks += 1
        if said is None or (said == self._sent and self._looks % AGAIN_EVERY):
            return
        try:
            await self._hq.devices(said)
        except HopFault as down:
            LOG.debug("how the devices are was not sent: %s", down)
        else:
            self._sent = said
