"""A reference file as it comes in: kept, hashed and unpacked on the way, so that little is left to do when its last byte is here.

What was unpacked is a file nobody knows of until the hash of the whole has been checked.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, cast

import zstandard

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.files import disk_faults
from retail_core.wire.messages import SnapshotManifest
from sync_agent.storage.reference_files import CHUNK_BYTES, Expanded, check_room, drop_new


class Incoming:
    """A download that may be cut and goes on where it was. One thread at a time; close it at the end."""

    def __init__(self, path: Path, manifest: SnapshotManifest, fresh: Path | None) -> None:
        """`path`: what is here so far. `fresh`: where to unpack to on the way, None when nobody wants it unpacked now."""
        self.path, self._manifest, self._fresh = path, manifest, fresh
        self._digest = hashlib.sha256()
        self._open = ExitStack()
        self._part: IO[bytes] | None = None
        self._unpacking: _Unpacking | None = None
        self._have = 0

    def begin(self) -> int:
        """How many bytes are here; a part that is too long is worth nothing. Raises EnvironmentFault `disk.*`."""
        found = self.path.stat().st_size if self.path.exists() else 0
        if found >= self._manifest.size:
            self.drop()
        with disk_faults(self.path):
            self._part = self._open.enter_context(self.path.open("ab"))
            if self._fresh is not None:
                self._unpacking = _Unpacking(self._fresh)
                self._open.callback(self._unpacking.close)
            with self.path.open("rb") as before:
                while chunk := before.read(CHUNK_BYTES):
                    self._take(chunk)
        return self._have

    async def keep(self, chunks: AsyncIterator[bytes]) -> int:
        """Keep all that comes, a piece in a thread while the next one comes in; returns how much is here.

        When the line is cut, what came is kept before the cut is told of. Of a peer that sends too much little is taken.
        """
        rest, writing = bytearray(), None
        try:
            async for chunk in chunks:
                rest += chunk
                if len(rest) < CHUNK_BYTES:
                    continue
                if writing is not None:
                    await writing
                writing, rest = asyncio.create_task(asyncio.to_thread(self._add, rest)), bytearray()
                if self._have > self._manifest.size:
                    break
        finally:
            if writing is not None:
                await writing
            await asyncio.to_thread(self._add, rest)
        return self._have

    def finish(self) -> None:
        """All is here and durable. Raises EnvironmentFault `snapshot.damaged` unless it is what HQ signed."""
        assert self._part is not None
        with disk_faults(self.path):
            self._part.flush()
            os.fsync(self._part.fileno())
        if self._have != self._manifest.size or self._digest.hexdigest() != self._manifest.sha256:
            raise EnvironmentFault("snapshot.damaged", id=self._manifest.id)
        if self._unpacking is not None:
            self._unpacking.finish()

    def close(self) -> None:
        """What was unpacked stays only when `finish` found it good."""
        self._open.close()

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)

    def _add(self, piece: bytes | bytearray) -> None:
        """Raises EnvironmentFault `disk.full` before the disk is."""
        assert self._part is not None
        check_room(self.path.parent, len(piece))
        with disk_faults(self.path):
            self._part.write(piece)
            self._part.flush()
        self._take(piece)

    def _take(self, piece: bytes | bytearray) -> None:
        self._have += len(piece)
        self._digest.update(piece)
        if self._unpacking is not None:
            self._unpacking.add(piece)


class _Unpacking:
    """Expands what comes in as far as that can be. When it cannot, `unpack` tries once more at the end, and says why not."""

    def __init__(self, target: Path) -> None:
        self._target, self._done = target, False
        self._out: Expanded | None = Expanded(target)
        out = cast("IO[bytes]", self._out)  # all it asks of it is `write`
        self._reader = zstandard.ZstdDecompressor().stream_writer(out, write_size=CHUNK_BYTES)

    def add(self, piece: bytes | bytearray) -> None:
        if self._out is None:
            return
        try:
            self._reader.write(piece)
        except (EnvironmentFault, OSError, zstandard.ZstdError):
            self.close()

    def finish(self) -> None:
        if self._out is not None:
            self._out.finish()
            self._done = True

    def close(self) -> None:
        if self._out is not None:
            self._out.close()
            self._out = None
        if not self._done:
            drop_new(self._target)
