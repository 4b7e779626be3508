"""Reference databases prepared for stores: a keyed file per price zone, compressed, signed, its key sealed to the reader.

One build per zone at a time, whichever process does it. A snapshot is made ahead of all questions, and again when the feed
has moved on so far that pulling the rest would be slower than a new file, or after a day.
"""

import fcntl
import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec
import zstandard

from hq_server.service.cases import new_case, open_cases
from hq_server.service.context import Hq
from hq_server.storage import access, catalogue, feed, snapshots, work
from hq_server.storage.access import Node
from hq_server.storage.database import Unit
from hq_server.storage.snapshots import Built
from retail_core.domain.cases import CaseKind
from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.domain.jobs import Job, JobState
from retail_core.trust.keys import b64
from retail_core.trust.seal import KEY_BYTES, seal
from retail_core.wire.messages import SnapshotManifest
from retail_core.wire.packing import checked_frame

MOVED_ON_LEAST = 5_000
MOVED_ON_SHARE = 10  # or a tenth of the catalogue
MAX_AGE_MS = 86_400_000
KEPT_MS = 3_600_000  # an older file stays this long for downloads that have begun
CHUNK_BYTES = 1024 * 1024
ZSTD_LEVEL = 6
WAIT_S = 5.0
ACCEPTED_MS = 7 * 86_400_000
"""Somebody said that a catalogue may be far smaller; a store that hears of it later than this asks again."""
log = logging.getLogger(__name__)


def refused(hq: Hq, node: Node, items: int) -> None:
    """A machine keeps its catalogue because the new one has far fewer items: somebody must look at it."""

    def write(unit: Unit) -> None:
        evidence: dict[str, str | int] = {"code": "snapshot.shrunk", "node": node.node_id, "items": items}
        open_cases(unit, [new_case(hq, CaseKind.CATALOGUE_SHRUNK, node.store, node.store, evidence)])

    hq.database.write(write)


class SnapshotShop:
    """Builds and hands out snapshots."""

    def __init__(self, hq: Hq) -> None:
        self._hq = hq
        self._guard = threading.Lock()
        self._building: dict[str, threading.Lock] = {}

    def manifest(self, zone: str, node: Node) -> SnapshotManifest:
        """A fresh enough snapshot of a zone, its key sealed to `node`.

        Raises RuleViolationError `snapshot.scope_denied`, EnvironmentFault `snapshot.not_ready` (ask again soon).
        """
        hq = self._hq
        place = hq.database.read(lambda conn: catalogue.place_of(conn, node.store))
        if place is None or place.zone != zone:
            raise RuleViolationError("snapshot.scope_denied", zone=zone[:40])
        built = self._fresh(zone) or self._build(zone)
        key = hq.home.keys.file_key(built.manifest.id)
        return msgspec.structs.replace(built.manifest, sealed_key=b64(seal(node.public_key, key)))

    def prebuild(self) -> int:
        """Make what no reader should have to wait for; returns how many zones got a new snapshot. Safe to repeat."""
        hq, made = self._hq, 0
        for zone in hq.database.read(catalogue.zones):
            if self._fresh(zone) is None:
                self._build(zone)
                made += 1
        return made

    def accept(self, zone: str) -> SnapshotManifest:
        """Somebody says that the catalogue of this zone may have far fewer items: machines take it from now on.

        Raises `place.unknown` for a zone without a store, EnvironmentFault `snapshot.not_ready`.
        """
        hq = self._hq
        if zone not in hq.database.read(catalogue.zones):
            raise RuleViolationError("place.unknown", place=zone[:40])
        hq.database.write(lambda unit: access.draw_again(unit, _accepted(zone), str(hq.clock.now_ms())))
        with self._alone(zone):
            return self._build_now(zone).manifest

    def file(self, id_: str, node: Node) -> tuple[Path, int]:
        """The file of a snapshot and its size. Raises `snapshot.unknown` or `snapshot.scope_denied`."""
        hq = self._hq
        found = hq.database.read(lambda conn: (snapshots.snapshot_of(conn, id_), catalogue.place_of(conn, node.store)))
        if found[0] is None or found[1] is None:
            raise RuleViolationError("snapshot.unknown")
        manifest = found[0].manifest
        if found[1].zone != manifest.zone:
            raise RuleViolationError("snapshot.scope_denied", zone=manifest.zone)
        path = hq.home.snapshots / manifest.file
        if not _is_whole(path, manifest.size):
            raise RuleViolationError("snapshot.unknown")
        return path, manifest.size

    def _fresh(self, zone: str) -> Built | None:
        hq = self._hq

        found = hq.database.read(lambda conn: snapshots.newest(conn, zone, hq.generation))
        if found is None or found.made_ms < hq.clock.now_ms() - MAX_AGE_MS:
            return None
        if not _is_whole(hq.home.snapshots / found.manifest.file, found.manifest.size):
            return None
        behind, items = hq.database.read(
            lambda conn: (feed.behind(conn, found.manifest.cursors), catalogue.count_items(conn))
        )
        if behind is None:  # its reader would be sent back here
            return None
        return None if behind > max(MOVED_ON_LEAST, items // MOVED_ON_SHARE) else found

    def _build(self, zone: str) -> Built:
        with self._alone(zone):
            return self._fresh(zone) or self._build_now(zone)

    @contextmanager
    def _alone(self, zone: str) -> Iterator[None]:
        """Nobody else builds this zone, in no process of this HQ. Raises EnvironmentFault `snapshot.not_ready`."""
        with self._guard:
            lock = self._building.setdefault(zone, threading.Lock())
        if not lock.acquire(timeout=WAIT_S):
            raise EnvironmentFault("snapshot.not_ready", zone=zone)
        try:
            folder = self._hq.home.snapshots
            folder.mkdir(mode=0o700, exist_ok=True)
            with (folder / f"{hashlib.sha256(zone.encode()).hexdigest()[:16]}.lock").open("a") as turn:
                try:
                    fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise EnvironmentFault("snapshot.not_ready", zone=zone) from None
                yield
        finally:
            lock.release()

    def _build_now(self, zone: str) -> Built:
        hq = self._hq
        now_ms, id_ = hq.clock.now_ms(), hq.ids.next()
        job = Job(id_, f"snapshot {zone}", JobState.RUNNING, total=3, tries=1)
        self._note(job)
        folder = hq.home.snapshots
        plain, packed = folder / f"{id_}.db", folder / f"{id_}.db.zst"
        key = hq.rand(KEY_BYTES)
        hq.home.keys.put_file_key(id_, key)
        try:
            cursors = hq.database.read(lambda conn: snapshots.fill(conn, plain, key, zone, hq.generation))
            self._note(msgspec.structs.replace(job, done=1))
            size, digest = pack(plain, key, packed)
        except BaseException:
            packed.unlink(missing_ok=True)
            self._note(msgspec.structs.replace(job, state=JobState.FAILED, error="snapshot.failed"))
            raise
        finally:
            plain.unlink(missing_ok=True)
        accepted_ms = int(hq.database.read(lambda conn: access.word(conn, _accepted(zone))) or 0)
        bare = SnapshotManifest(
            id_, zone, packed.name, size, digest, snapshots.SCHEMA, hq.generation, cursors, "",
            fewer_on_purpose=now_ms - accepted_ms < ACCEPTED_MS,
        )  # fmt: skip
        signed = msgspec.structs.replace(bare, signature=b64(hq.key.sign(bare.signed_bytes())))
        built = Built(signed, now_ms)
        hq.database.write(lambda unit: snapshots.add(unit, built))
        self._note(msgspec.structs.replace(job, state=JobState.DONE, done=3))
        self._clear(zone, now_ms)
        return built

    def _clear(self, zone: str, now_ms: int) -> None:
        hq = self._hq
        for old in hq.database.read(lambda conn: snapshots.older_than(conn, zone, now_ms - KEPT_MS)):
            hq.database.write(lambda unit, old=old: snapshots.remove(unit, old.id))
            (hq.home.snapshots / old.file).unlink(missing_ok=True)
            hq.home.keys.drop_file_key(old.id)

    def _note(self, job: Job) -> None:
        hq = self._hq

        def write(unit: Unit) -> None:
            work.put_job(unit, job, hq.clock.now_ms())

        hq.database.write(write)


def _is_whole(path: Path, size: int) -> bool:
    return path.exists() and path.stat().st_size == size


def _accepted(zone: str) -> str:
    return f"fewer-items:{zone}"


def pack(plain: Path, key: bytes, packed: Path) -> tuple[int, str]:
    """Go through a made file, compress it and say so behind it; size and SHA-256 (hex) of what was written.

    Raises EnvironmentFault `db.damaged`: nothing is handed out that every till would refuse.
    """
    snapshots.check(plain, key)
    whole, digest, size = hashlib.sha256(), hashlib.sha256(), 0
    # with a checksum, so that a reader sees that it unpacked what was packed
    packing = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True).compressobj()
    with plain.open("rb") as source, packed.open("wb") as target:
        for chunk in iter(partial(source.read, CHUNK_BYTES), b""):
            whole.update(chunk)
            part = packing.compress(chunk)
            size += target.write(part)
            digest.update(part)
        end = packing.flush() + checked_frame(whole.digest())
        size += target.write(end)
        digest.update(end)
    return size, digest.hexdigest()
