"""Reference databases prepared for stores: a keyed file per price zone, compressed, signed, its key sealed to the reader.

One build per zone at a time; a second reader waits for the first one's. A snapshot is made again when the feed has moved
on so far that pulling the rest would be slower than a new file, or after a day.
"""

import hashlib
import threading
from pathlib import Path

import msgspec
import zstandard

from hq_server.service.context import Hq
from hq_server.storage import catalogue, feed, snapshots, work
from hq_server.storage.access import Node
from hq_server.storage.database import Unit
from hq_server.storage.snapshots import Built
from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.domain.jobs import Job, JobState
from retail_core.trust.keys import b64
from retail_core.trust.seal import KEY_BYTES, seal
from retail_core.wire.messages import SnapshotManifest

MOVED_ON_LEAST = 5_000
MOVED_ON_SHARE = 10  # or a tenth of the catalogue
MAX_AGE_MS = 86_400_000
KEPT_MS = 3_600_000  # an older file stays this long for downloads that have begun
CHUNK_BYTES = 1024 * 1024
ZSTD_LEVEL = 6
WAIT_S = 20.0


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
        if not path.exists():
            raise RuleViolationError("snapshot.unknown")
        return path, manifest.size

    def _fresh(self, zone: str) -> Built | None:
        hq = self._hq

        found = hq.database.read(lambda conn: snapshots.newest(conn, zone, hq.generation))
        if found is None or found.made_ms < hq.clock.now_ms() - MAX_AGE_MS:
            return None
        if not (hq.home.snapshots / found.manifest.file).exists():
            return None
        behind, items = hq.database.read(
            lambda conn: (feed.behind(conn, found.manifest.cursors), catalogue.count_items(conn))
        )
        if behind is None:  # its reader would be sent back here
            return None
        return None if behind > max(MOVED_ON_LEAST, items // MOVED_ON_SHARE) else found

    def _build(self, zone: str) -> Built:
        with self._guard:
            lock = self._building.setdefault(zone, threading.Lock())
        if not lock.acquire(timeout=WAIT_S):
            raise EnvironmentFault("snapshot.not_ready", zone=zone)
        try:
            return self._fresh(zone) or self._build_now(zone)
        finally:
            lock.release()

    def _build_now(self, zone: str) -> Built:
        hq = self._hq
        now_ms, id_ = hq.clock.now_ms(), hq.ids.next()
        job = Job(id_, f"snapshot {zone}", JobState.RUNNING, total=3, tries=1)
        self._note(job)
        folder = hq.home.snapshots
        folder.mkdir(mode=0o700, exist_ok=True)
        plain, packed = folder / f"{id_}.db", folder / f"{id_}.db.zst"
        key = hq.rand(KEY_BYTES)
        hq.home.keys.put_file_key(id_, key)
        try:
            cursors = hq.database.read(lambda conn: snapshots.fill(conn, plain, key, zone, hq.generation))
            self._note(msgspec.structs.replace(job, done=1))
            size, digest = _compress(plain, packed)
        except BaseException:
            packed.unlink(missing_ok=True)
            self._note(msgspec.structs.replace(job, state=JobState.FAILED, error="snapshot.failed"))
            raise
        finally:
            plain.unlink(missing_ok=True)
        bare = SnapshotManifest(id_, zone, packed.name, size, digest, snapshots.SCHEMA, hq.generation, cursors, "")
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


def _compress(plain: Path, packed: Path) -> tuple[int, str]:
    """Size and SHA-256 (hex) of the compressed file."""
    digest, size = hashlib.sha256(), 0
    with plain.open("rb") as source, packed.open("wb") as target:
        for chunk in zstandard.ZstdCompressor(level=ZSTD_LEVEL).read_to_iter(source, read_size=CHUNK_BYTES):
            target.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()
