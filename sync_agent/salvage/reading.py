"""An old disk read: copied, opened, its journals checked, and compared with what head office has.

Each step is told how far it is, takes the disk's copy only, and can be ended at any moment.
"""

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event

import msgspec

from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.durable.copies import DAMAGED
from retail_core.durable.engine import Connection
from retail_core.durable.home import Home, MachineConfig
from retail_core.durable.keyring import Keyring
from retail_core.durable.verify import Report, verify_file
from retail_core.trust.keys import SigningKey
from retail_core.wire.envelope import Head
from retail_core.wire.messages import PushAnswer
from sync_agent.hq_client import lost
from sync_agent.hq_client.client import SyncClient
from sync_agent.storage import old_disk
from sync_agent.storage.old_disk import OldRow, OldStream

NAMED_RECEIPTS = 200
ASKED_AT_ONCE = 500
NOT_RELEASED = "key.not_released"
UNREADABLE = frozenset({"db.damaged", "disk.failing"})


class EndedError(Exception):
    """Somebody has ended the work."""


class OldFile(msgspec.Struct, frozen=True):
    """A file of the old disk, open, and what its journal says of itself."""

    path: Path
    conn: Connection
    report: Report
    streams: tuple[OldStream, ...]


class Lacking(msgspec.Struct, frozen=True):
    """What head office has from nobody: how many facts, the first receipts among them, and which streams to send."""

    entries: int = 0
    receipts: tuple[str, ...] = ()
    streams: tuple[tuple[OldFile, OldStream], ...] = ()


class OldDisk:
    """One folder of a lost machine. Close it; `end` may be called from anywhere."""

    def __init__(self, folder: Path, work: Path, own: MachineConfig) -> None:
        """`work` is an own folder for the copy. Raises RuleViolationError `salvage.*` for a folder of nobody's."""
        self.folder, self.work = folder, work
        self._own = folder.parent == work.parent and folder.name.startswith(DAMAGED)
        """Files of this very machine that were damaged and taken aside."""
        self.machine = own if self._own else old_disk.machine_of(folder)
        if self.machine.store != own.store:
            raise RuleViolationError("salvage.other_store", store=self.machine.store)
        if self.machine.agent_node == own.agent_node and not self._own:
            raise RuleViolationError("salvage.this_machine")
        self.files: list[OldFile] = []
        self._ended = Event()

    def end(self) -> None:
        """Whatever is being done with it ends soon."""
        self._ended.set()

    def close(self) -> None:
        """Give the files back; the copy goes."""
        for one in self.files:
            one.conn.close()
        self.files = []
        shutil.rmtree(self.work, ignore_errors=True)

    async def copy(self, heard: Callable[[int], None]) -> None:
        """Copy the files, from the beginning. Raises `disk.full`, `salvage.unreadable`, `salvage.no_machine`."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(mode=0o700, parents=True)
        await asyncio.to_thread(old_disk.copy_files, self.folder, self.work, self._heeding(heard))

    async def check(
        self, hq: SyncClient, own: SigningKey, public_keys: Mapping[str, str], heard: Callable[[int], None]
    ) -> None:
        """Open and check every file. Raises `db.damaged`, HopFault `key.not_released` or of the line to head office."""
        paths = [self.work / name for name in old_disk.FILES if (self.work / name).exists()]
        for path in paths:
            conn, key = await self._opened(path, hq, own)
            try:
                report = await asyncio.to_thread(verify_file, path, key, dict(public_keys), self._heeding(heard))
                streams = await asyncio.to_thread(old_disk.streams_in, conn)
            except BaseException:
                conn.close()
                raise
            self.files.append(OldFile(path, conn, report, tuple(streams)))

    async def compare(self, hq: SyncClient, heard: Callable[[int], None]) -> Lacking:
        """Ask head office, five hundred facts at a time, which of them it has from nobody. Raises HopFault."""
        found, done = Lacking(), 0
        for file in self.files:
            for stream in file.streams:
                start = await _agreed(file, stream, hq)
                if start < stream.head.seq:
                    found = await self._compared(file, stream, start, hq, found, heard, done)
                done += stream.entries
                heard(done)
        return found

    @property
    def entries(self) -> int:
        return sum(stream.entries for file in self.files for stream in file.streams)

    @property
    def bad(self) -> str:
        """The first record that is not as it was written, over all files."""
        return next((f"{one.path.name}: {one.report.detail}" for one in self.files if not one.report.ok), "")

    def size_bytes(self) -> int:
        """Of what is to be copied, as far as the disk says."""
        paths = [self.folder / f"{name}{end}" for name in old_disk.FILES for end in old_disk.ENDS]
        return sum(path.stat().st_size for path in paths if path.is_file())

    def heed(self) -> None:
        """Raises EndedError once somebody has ended it."""
        if self._ended.is_set():
            raise EndedError

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    async def _compared(
        self,
        file: OldFile,
        stream: OldStream,
        start: int,
        hq: SyncClient,
        found: Lacking,
        heard: Callable[[int], None],
        before: int,
    ) -> Lacking:
        entries, receipts, at, readable = found.entries, list(found.receipts), start, Head(start)
        while True:
            self.heed()
            rows = await self._rows(file, stream, at)
            if not rows:
                break
            lacked = set(await lost.lacking(hq, tuple(row.id for row in rows)))
            entries += len(lacked)
            if len(receipts) < NAMED_RECEIPTS:
                receipts += [row.receipt for row in rows if row.receipt and row.id in lacked]
            at, readable = rows[-1].seq, Head(rows[-1].seq, rows[-1].chain_hash)
            heard(before + at - stream.base.seq)
        if readable.seq < stream.head.seq:  # what lies behind a damaged page cannot be reached
            stream = msgspec.structs.replace(stream, head=readable)
        named = tuple(dict.fromkeys(receipts))[:NAMED_RECEIPTS]
        return Lacking(entries, named, (*found.streams, (file, stream)) if readable.seq > start else found.streams)

    async def _rows(self, file: OldFile, stream: OldStream, at: int) -> Sequence[OldRow]:
        """The next rows; fewer when a page of the file is damaged, and none at that page."""
        limit = ASKED_AT_ONCE
        while limit:
            try:
                return await asyncio.to_thread(old_disk.rows_after, file.conn, stream.source, at, limit)
            except EnvironmentFault as fault:
                if fault.code not in UNREADABLE:
                    raise
                limit //= 2
        return ()

    async def _opened(self, path: Path, hq: SyncClient, own: SigningKey) -> tuple[Connection, bytes]:
        keys = Home(self.folder.parent).keys if self._own else Keyring(self.folder)
        key = old_disk.key_in(keys, path.name)
        found = await asyncio.to_thread(old_disk.open_with, path, [key] if key else [])
        if found is None and key is None:
            given = await lost.released(hq, self.machine.agent_node, own)
            found = await asyncio.to_thread(old_disk.open_with, path, given.get(path.name, ()))
        if found is None:
            raise EnvironmentFault("db.damaged", file=path.name)
        return found

    def _heeding(self, heard: Callable[[int], None]) -> Callable[[int], None]:
        def report(done: int) -> None:
            self.heed()
            heard(done)

        return report


async def _agreed(file: OldFile, stream: OldStream, hq: SyncClient) -> int:
    """Up to where head office has this very branch; the stream's base when it has another one or none."""
    said: PushAnswer | None = await hq.witness(stream.source.node, stream.source.epoch)
    if said is None or not stream.base.seq <= said.through <= stream.head.seq:
        return stream.base.seq
    ours = (await asyncio.to_thread(old_disk.hashes, file.conn, stream, (said.through,))).own[0]
    return said.through if ours is not None and ours.hex() == said.through_hash else stream.base.seq
