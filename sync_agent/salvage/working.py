"""One recovered disk from its folder to head office. What it is at and what it has found stands in `doc` at any moment."""

import logging
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path

import msgspec

from retail_core.domain.clock import Clock
from retail_core.domain.errors import CodedError
from retail_core.durable.home import MachineConfig
from retail_core.durable.recovery import SalvageDoc, SalvageStage
from retail_core.trust.keys import SigningKey
from sync_agent.config import AgentHome
from sync_agent.hq_client.client import SyncClient
from sync_agent.salvage.reading import NOT_RELEASED, EndedError, Lacking, OldDisk
from sync_agent.salvage.sending import send_stream

LOG = logging.getLogger(__name__)


class Salvage:
    """`read` finds out what head office lacks; `send` is for after a manager has agreed. `end` ends either soon."""

    def __init__(
        self,
        ask_id: str,
        folder: str,
        home: AgentHome,
        config: MachineConfig,
        key: SigningKey,
        hq: SyncClient,
        clock: Clock,
        public_keys: Callable[[], Awaitable[dict[str, str]]],
    ) -> None:
        self.doc = SalvageDoc(ask_id, folder, SalvageStage.COPYING)
        self._home, self._config, self._key, self._hq, self._clock = home, config, key, hq, clock
        self._public_keys = public_keys
        self._disk: OldDisk | None = None
        self._lacking = Lacking()
        self._ended = False

    def end(self) -> None:
        """The work comes to its end within moments; what has arrived at head office stays there."""
        self._ended = True
        if self._disk:
            self._disk.end()

    def close(self) -> None:
        """Give the files back and forget the copy."""
        if self._disk:
            self._disk.close()
            self._disk = None

    async def read(self) -> None:
        """Copy, check, compare; ends in a stage that says what came of it, and never raises."""
        await self._guarded(self._read())

    async def send(self) -> None:
        """Send what `read` found to be lacking, then ask again. Never raises."""
        await self._guarded(self._send())

    async def send_on(self) -> None:
        """After a restart: a manager had agreed. The disk is read again, since only what it says is sure."""
        self._say(agreed=True)
        await self._guarded(self._again())

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    async def _guarded(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except EndedError:
            self._say(stage=SalvageStage.STOPPED)
        except CodedError as fault:
            LOG.warning("a recovered disk: %s", fault, extra={"code": fault.code})
            wanted = fault.code == NOT_RELEASED
            self._say(stage=SalvageStage.KEYS_WANTED if wanted else SalvageStage.FAILED, code=fault.code)
        finally:
            if self.doc.stage is not SalvageStage.READY:
                self.close()

    async def _read(self) -> None:
        disk = self._disk = OldDisk(Path(self.doc.folder), self._home.salvage, self._config)
        self._say(register=disk.machine.register, machine=disk.machine.agent_node)
        self._say(total=disk.size_bytes())
        await disk.copy(self._heard)
        self._say(stage=SalvageStage.CHECKING, done=0, total=0)
        await disk.check(self._hq, self._key, await self._public_keys(), self._heard)
        self._say(stage=SalvageStage.COMPARING, done=0, total=disk.entries, entries=disk.entries, bad=disk.bad)
        found = self._lacking = await disk.compare(self._hq, self._heard)
        ready = SalvageStage.READY if found.entries else SalvageStage.DONE
        self._say(stage=ready, lacking=found.entries, receipts=found.receipts, done=0, total=0)

    async def _again(self) -> None:
        await self._read()
        if self.doc.stage is SalvageStage.READY:
            await self._send()

    async def _send(self) -> None:
        disk, wanted = self._disk, self.doc.lacking
        assert disk is not None
        self._say(
            agreed=True,
            stage=SalvageStage.SENDING,
            done=0,
            total=sum(stream.entries for _, stream in self._lacking.streams),
        )
        before = 0
        for file, stream in self._lacking.streams:

            def reached(seq: int, before: int = before, base: int = stream.base.seq) -> None:
                disk.heed()
                self._heard(before + seq - base)

            await send_stream(file.conn, stream, self._hq, self._clock, reached)
            before += stream.entries
        left = (await disk.compare(self._hq, lambda _: disk.heed())).entries
        LOG.warning("%d facts of a lost machine went up", wanted - left, extra={"code": "salvage.done"})
        self._say(stage=SalvageStage.DONE, sent=wanted - left, lacking=left)

    def _heard(self, done: int) -> None:
        """From any thread; whoever shows it looks now and then."""
        self._say(done=done)

    def _say(self, **news: object) -> None:
        self.doc = msgspec.structs.replace(self.doc, **news)
