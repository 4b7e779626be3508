"""What the till beside us asks about lost machines, done one thing after the other, and shown to it as it goes on."""

import asyncio
import shutil
from collections.abc import Callable, Mapping

import msgspec

from retail_core.domain.clock import Clock
from retail_core.durable import link, recovery
from retail_core.durable.engine import transaction
from retail_core.durable.recovery import SalvageAct, SalvageAsk, SalvageDoc, SalvageStage
from retail_core.trust.keys import SigningKey
from sync_agent.config import POLL_TILL_MS
from sync_agent.hq_client.client import SyncClient
from sync_agent.salvage.looking import look
from sync_agent.salvage.working import Salvage
from sync_agent.storage.files import Files
from sync_agent.wake import Bell

ASK_VALID_MS = 30_000
"""An older question is nobody's any more."""
SHOW_EVERY_S = 0.3
MAX_HANDLED = 1_000


class SalvageLine:
    """Run with `run`; `asked` says that the till has written something."""

    def __init__(
        self,
        files: Files,
        key: SigningKey,
        clock: Clock,
        hq: SyncClient,
        neighbours: Callable[[], Mapping[str, SyncClient]],
        brought: Callable[[], None],
    ) -> None:
        """`hq` is a line of its own, so that much to send keeps nobody else waiting."""
        self.asked = Bell()
        self._files, self._key, self._clock, self._hq = files, key, clock, hq
        self._neighbours, self._brought = neighbours, brought
        self._handled: dict[str, None] = {}
        self._salvage: Salvage | None = None
        self._shown: SalvageDoc | None = None
        self._work: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Until cancelled. What was being sent when the agent stopped is sent on."""
        async with asyncio.TaskGroup() as tasks:
            try:
                await self._go_on(tasks)
                while True:
                    for ask in await self._files.run(self._new_asks):
                        await self._take(ask, tasks)
                    await self._show()
                    busy = self._work is not None and not self._work.done()
                    await self.asked.wait(int(SHOW_EVERY_S * 1000) if busy else POLL_TILL_MS)
            finally:
                await self._end_work()

    # ── what is asked ────────────────────────────────────────────────────────────────────────────

    def _new_asks(self, files: Files) -> list[SalvageAsk]:
        conn = files.till()
        if conn is None:
            return []
        asks = recovery.salvage_asks(conn, self._clock.now_ms() - ASK_VALID_MS)
        return [ask for ask in asks if ask.ask_id not in self._handled]

    async def _take(self, ask: SalvageAsk, tasks: asyncio.TaskGroup) -> None:
        self._handled[ask.ask_id] = None
        while len(self._handled) > MAX_HANDLED:
            del self._handled[next(iter(self._handled))]
        match ask.what:
            case SalvageAct.LOOK:
                tasks.create_task(self._look(ask.ask_id))
            case SalvageAct.READ:
                await self._end_work()
                self._salvage = self._new_salvage(ask.ask_id, ask.folder)
                self._work = tasks.create_task(self._salvage.read())
            case SalvageAct.SEND:
                if self._salvage and self._salvage.doc.stage is SalvageStage.READY:
                    self._work = tasks.create_task(self._salvage.send())
            case SalvageAct.STOP:
                await self._end_work()

    async def _look(self, ask_id: str) -> None:
        doc = await look(ask_id, self._files, self._hq, self._neighbours())

        def write(files: Files) -> None:
            with transaction(files.link, files.link_path):
                recovery.put_lost(files.link, doc)

        await self._files.run(write)
        self._brought()

    async def _go_on(self, tasks: asyncio.TaskGroup) -> None:
        known = await self._files.run(lambda files: recovery.read_salvage(files.link))
        shutil.rmtree(self._files.home.salvage, ignore_errors=True)
        if known is None or not known.stage.working:
            return
        if known.agreed:
            self._salvage = self._new_salvage(known.ask_id, known.folder)
            self._work = tasks.create_task(self._salvage.send_on())
        else:
            await self._write(msgspec.structs.replace(known, stage=SalvageStage.STOPPED))

    async def _end_work(self) -> None:
        if self._salvage and self._work and not self._work.done():
            self._salvage.end()
            await asyncio.wait([self._work])
        await self._show()
        if self._salvage:
            self._salvage.close()

    def _new_salvage(self, ask_id: str, folder: str) -> Salvage:
        files = self._files
        return Salvage(ask_id, folder, files.home, files.config, self._key, self._hq, self._clock, self._public_keys)

    async def _public_keys(self) -> dict[str, str]:
        nodes = await self._files.run(lambda files: link.read_nodes(files.link))
        return {one.node_id: one.public_key for one in nodes}

    # ── showing ──────────────────────────────────────────────────────────────────────────────────

    async def _show(self) -> None:
        if self._salvage and self._salvage.doc != self._shown:
            await self._write(self._salvage.doc)

    async def _write(self, doc: SalvageDoc) -> None:
        def write(files: Files) -> None:
            with transaction(files.link, files.link_path):
                recovery.put_salvage(files.link, doc)

        self._shown = doc
        await self._files.run(write)
        self._brought()
