"""Every night a checked copy of this machine's own databases, made beside the programs while they go on."""

import asyncio
import logging
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault
from retail_core.durable import copies
from retail_core.durable.home import Home, MachineConfig

LOG = logging.getLogger(__name__)
LOOK_EVERY_S = 600
MAX_SEALED_BYTES_A_LOOK = 256 * 1024 * 1024
FIRST_LOOK_S = 120
"""A machine that was just switched on has better things to do."""


class NightlyCopies:
    """Run with `run`. No till and no agent waits for it: it reads on a connection and a thread of its own."""

    def __init__(self, home: Home, config: MachineConfig, clock: Clock) -> None:
        self._home, self._config, self._clock = home, config, clock

    async def run(self) -> None:
        """Until cancelled. Raises EnvironmentFault for what must be repaired, after which it is run again."""
        await asyncio.sleep(FIRST_LOOK_S * (0.5 + random.random()))  # noqa: S311 - jitter
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S * (0.5 + random.random()))  # noqa: S311 - jitter

    async def look(self) -> list[Path]:
        """Copy what has no copy since the night; the copies that were made."""
        made: list[Path] = []
        for name in copies.COPIED:
            if not (self._home.folder / name).exists():
                continue
            newest = max(map(copies.copied_ms, copies.copies_of(self._home, name)), default=0)
            if newest < last_night_ms(self._clock.now_ms(), self._config):
                made.append(await self._copy(name))
            await self._copy_segments(name)
        return made

    async def _copy(self, name: str) -> Path:
        try:
            copy, size = await asyncio.to_thread(copies.copy_file, self._home, name, self._clock.now_ms())
        except EnvironmentFault as fault:
            if fault.code == "db.damaged":  # its own program looks at all of it when it starts next
                copies.suspect(self._home, name)
            raise
        LOG.info("copied %s: %d bytes", name, size, extra={"code": "backup.made"})
        return copy

    async def _copy_segments(self, name: str) -> None:
        """What was sealed since goes along; of very much, a part at each look."""
        taken = await asyncio.to_thread(copies.copy_segments, self._home, name, MAX_SEALED_BYTES_A_LOOK)
        if taken.files:
            LOG.info(
                "%s: %d sealed files went along, %d wait",
                name,
                taken.files,
                taken.left,
                extra={"code": "backup.sealed"},
            )


def last_night_ms(now_ms: int, config: MachineConfig) -> int:
    """When the store's trading day began last, which is when nobody sells."""
    zone = ZoneInfo(config.timezone)
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone)
    began = now.replace(hour=config.day_starts_at_h, minute=0, second=0, microsecond=0)
    if began > now:
        began -= timedelta(days=1)
    return int(began.timestamp() * 1000)
