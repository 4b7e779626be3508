"""Who has the store role: heard of from neighbours and head office, taken over on a manager's word, decided in one place."""

import asyncio
import logging
from collections.abc import Callable

from retail_core.durable import link
from retail_core.sync.storerole import StoreRole, appointed, heard_of, taken_over
from retail_core.wire.messages import ClaimReply
from sync_agent.hq_client.hop import HopFault
from sync_agent.hq_link.neighbours import Neighbours
from sync_agent.storage import roles
from sync_agent.storage.files import Files

LOG = logging.getLogger(__name__)
ALIVE_WITHIN_S = 0.1
LOOK_EVERY_S = 0.25


class RoleLine:
    """Run with `run`. `begin_again` is called when this machine has the role now and had it not, or the reverse: `changed`."""

    def __init__(self, now: StoreRole, files: Files, neighbours: Neighbours, begin_again: Callable[[], None]) -> None:
        self.now, self.changed = now, False
        self._began_with = now.has
        self._node = files.config.agent_node
        self._files, self._neighbours, self._begin_again = files, neighbours, begin_again
        self._wanted: StoreRole | None = None

    async def run(self) -> None:
        """Until cancelled: what was decided is written down, then it holds."""
        while True:
            wanted, self._wanted = self._wanted, None
            if wanted is not None:
                await self._take(wanted)
            await asyncio.sleep(LOOK_EVERY_S)

    def heard_of_neighbours(self) -> None:
        """A neighbour may have the store role."""
        highest = self._neighbours.highest
        wanted = heard_of(self.now, self._node, highest)
        if wanted is None:
            return
        if self.now.has:
            LOG.warning("%s has taken over the store role", highest[1], extra={"code": "store_role.given_up"})
        else:
            self.now = wanted
        self._wanted = wanted

    async def heard_of_hq(self) -> None:
        """Head office says who has the store role: that ends what the store decided without it."""
        said = await self._files.run(lambda files: link.read_store_role(files.link))
        if said is not None:
            self._wanted = appointed(self.now, self._node, said.term, said.node) or self._wanted

    async def take_over(self) -> ClaimReply:
        """A manager wants this machine to have the store role. Refused while the one that has it answers."""
        if self.now.has:
            return ClaimReply(granted=True, holder=self._node)
        for client in self._neighbours.with_store_role.values():
            try:
                async with asyncio.timeout(ALIVE_WITHIN_S):
                    await client.hello()
            except (HopFault, TimeoutError):
                continue
            return ClaimReply(granted=False, holder=client.peer.name.partition(":")[2])
        LOG.warning("this machine takes over the store role", extra={"code": "store_role.taken"})
        self._wanted = taken_over(self.now, self._neighbours.highest)
        return ClaimReply(granted=True, holder=self._node)

    async def _take(self, wanted: StoreRole) -> None:
        await self._files.run(lambda files: roles.put(files, wanted))
        self.now = wanted
        if wanted.has is not self._began_with:
            self.changed = True
            self._begin_again()
