"""Old days of the copies in store.db leave for sealed files, a slice at a time between the other work on that file."""

import asyncio
from collections.abc import Callable, Mapping

from retail_core.domain.clock import Clock
from retail_core.durable.sealing import Sealer
from sync_agent.storage.files import Files
from sync_agent.storage.sealing import SealedHealth, seal_a_slice, sealed_files

LOOK_EVERY_S = 3_600
FIRST_LOOK_S = 60
BETWEEN_SLICES_S = 0.05


async def seal_old_days(
    files: Files, clock: Clock, told: Callable[[Mapping[str, SealedHealth]], None] = lambda _: None
) -> None:
    """Until cancelled; `told` hears what is sealed. Raises EnvironmentFault when a file cannot be written; begun again, it goes on where it was."""
    sealer = Sealer(files.history, files.store_path)
    told(await files.run(sealed_files))
    await asyncio.sleep(FIRST_LOOK_S)
    try:
        while True:
            now_ms = clock.now_ms()
            more = await files.run(lambda files: seal_a_slice(files, sealer, now_ms))  # noqa: B023 - run at once
            if not more:
                told(await files.run(sealed_files))
            await asyncio.sleep(BETWEEN_SLICES_S if more else LOOK_EVERY_S)
    finally:
        sealer.close()
