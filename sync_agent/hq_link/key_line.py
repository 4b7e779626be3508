"""The keys of this machine's files, handed to head office sealed: with a copy there, a dead device secret loses no sale."""

import asyncio
import random
from collections.abc import Sequence

from retail_core.domain.errors import EnvironmentFault
from retail_core.wire.recovery import SealedKey, SealedKeys
from sync_agent.config import HAND_OVER_EVERY_MS
from sync_agent.hq_client import lost
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import HopFault
from sync_agent.storage.files import Files

KEPT_FILES = ("till.db", "store.db")
"""What cannot be had again from elsewhere. The other files are filled by head office."""
TRY_AGAIN_MS = 15_000


class KeyLine:
    """Run with `run`."""

    def __init__(self, files: Files, hq: SyncClient) -> None:
        self._files, self._hq = files, hq
        self._handed: set[str] = set()

    async def run(self) -> None:
        """Until cancelled: whatever head office was not given since this program started is given to it."""
        while True:
            wait_ms = HAND_OVER_EVERY_MS
            keys = [one for one in await self._files.run(sealed_keys) if one.check not in self._handed]
            if keys:
                try:
                    await lost.hand_over(self._hq, SealedKeys(tuple(keys)))
                    self._handed |= {one.check for one in keys}
                except HopFault:
                    wait_ms = TRY_AGAIN_MS
            await asyncio.sleep(wait_ms * (0.5 + random.random()) / 1000)  # noqa: S311 - jitter


def sealed_keys(files: Files) -> Sequence[SealedKey]:
    """The key of every file that is here, each sealed so that only head office can open it."""
    found: list[SealedKey] = []
    for name in KEPT_FILES:
        try:
            key = files.home.home.keys.file_key(name)
        except EnvironmentFault:
            continue  # not made yet
        found.append(lost.sealed_for(files.config.feed_public_key, name, key))
    return found
