"""Are the sealed files of old days still there, and as they were sealed? By name and size at each look, read whole in turn.

One that is gone comes back from beside the nightly copies by itself. What stays wrong is said: nothing else would show it
until somebody asks for a receipt of that day.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable import segment_copies
from retail_core.durable.home import Home
from retail_core.durable.segment_copies import DAMAGED, MISSING
from retail_core.durable.segments import FOLDER, Anchor, anchors, segments_of
from sync_agent.storage.files import Files

LOG = logging.getLogger(__name__)
LOOK_EVERY_S = 600
READ_BYTES_A_LOOK = 64 * 1024 * 1024
NAMES = ("store.db", "till.db")


class _File(msgspec.Struct, frozen=True):
    database: str
    path: Path
    anchor: Anchor


class SegmentWatch:
    """Run with `run`; `bad` is what the newest look found."""

    def __init__(self, home: Home, files: Files, read_bytes: int = READ_BYTES_A_LOOK) -> None:
        self._home, self._files, self._read_bytes = home, files, read_bytes
        self._turn = ""
        self._damaged: set[Path] = set()
        self._told: set[tuple[Path, str]] = set()
        self.bad: Mapping[str, Sequence[str]] = {}
        """Names of files that are missing or damaged, by database."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> Mapping[str, Sequence[str]]:
        known = await self._files.run(self._known)
        self.bad = await asyncio.to_thread(self._judge, known)
        return self.bad

    @property
    def code(self) -> str:
        """Empty while every file is as it should be."""
        if not any(self.bad.values()):
            return ""
        return DAMAGED if self._damaged else MISSING

    def _known(self, files: Files) -> list[_File]:
        till = files.till()
        conns = {"store.db": files.store} if till is None else {"store.db": files.store, "till.db": till}
        return [
            _File(name, segments_of(self._home.folder / name) / one.name, one)
            for name, conn in conns.items()
            for one in anchors(conn)
            if not one.dropped_ms
        ]

    def _judge(self, known: Sequence[_File]) -> Mapping[str, Sequence[str]]:
        self._bring_back(known)
        self._read_some(known)
        bad: dict[str, list[str]] = {name: [] for name in NAMES}
        found: set[tuple[Path, str]] = set()
        for one in known:
            code = DAMAGED if one.path in self._damaged else segment_copies.quick_fault_of(one.path, one.anchor)
            if code:
                bad[one.database].append(one.anchor.name)
                if (one.path, code) not in self._told:
                    LOG.error("%s of %s: %s", one.anchor.name, one.database, code, extra={"code": code})
                found.add((one.path, code))
        self._told = found
        return bad

    def _bring_back(self, known: Sequence[_File]) -> None:
        for name in NAMES:
            gone = [one.anchor for one in known if one.database == name and not one.path.exists()]
            source = self._home.backups / FOLDER / Path(name).stem
            try:
                taken = segment_copies.mend(gone, source, segments_of(self._home.folder / name))
            except EnvironmentFault as full:  # what is missing is said below, and tried again at the next look
                LOG.warning("%s: sealed files cannot come back: %s", name, full, extra={"code": full.code})
                continue
            if taken.files:
                LOG.warning("%s: %d sealed files came back", name, taken.files, extra={"code": "segment.came_back"})

    def _read_some(self, known: Sequence[_File]) -> None:
        """Those found damaged first, then on from where the last look ended."""
        there = [one for one in known if one.path.exists()]
        self._damaged &= {one.path for one in there}
        in_turn = sorted(there, key=lambda one: (one.path not in self._damaged, str(one.path) <= self._turn, one.path))
        left = self._read_bytes
        for one in in_turn:
            if left <= 0:
                break
            left -= one.anchor.size
            self._turn = str(one.path) if one.path not in self._damaged else self._turn
            if segment_copies.fault_of(one.path, one.anchor):
                self._damaged.add(one.path)
            else:
                self._damaged.discard(one.path)
