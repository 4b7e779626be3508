"""Loading the reference data anew: download, check, unpack beside the file in use, and change over while selling goes on."""

import asyncio
import logging
import re
from pathlib import Path

import msgspec

from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault
from retail_core.domain.ids import IdSource
from retail_core.durable.files import disk_faults, write_atomic
from retail_core.durable.reference import REFERENCE_STEPS, Extent
from retail_core.trust.keys import PublicKey, SigningKey, b64, unb64
from retail_core.trust.seal import KEY_BYTES, seal, unseal
from retail_core.wire.messages import SnapshotManifest
from retail_core.wire.unreadable import UNREADABLE
from sync_agent.config import MAX_SNAPSHOT_BYTES, SERVE_WITHIN_S
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import HopFault
from sync_agent.hq_link.route import Route
from sync_agent.storage import reference_files
from sync_agent.storage.files import Files
from sync_agent.storage.incoming import Incoming
from sync_agent.storage.reference_files import reference_file, snapshot_of

LOG = logging.getLogger(__name__)
SAFE_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
FRESH_MS = 86_400_000
NOT_READY = "snapshot.not_ready"
SHRUNK = "snapshot.shrunk"
FINAL = frozenset({NOT_READY, SHRUNK, "disk.full", "disk.failing"})
"""Faults that another peer's file would not cure: it is on its way into the store, it is the same, or there is no room."""


class References:
    """The one place that changes which reference file is current."""

    def __init__(
        self, files: Files, route: Route, hq: SyncClient, agent_key: SigningKey, clock: Clock, ids: IdSource
    ) -> None:
        self._files, self._route, self._hq = files, route, hq
        self._key, self._clock, self._ids = agent_key, clock, ids
        self._feed_key = PublicKey(files.config.feed_public_key)
        self._busy = asyncio.Lock()
        self._refused = ""  # the id of a snapshot that was not taken into use; it is not loaded again
        self._refreshing: asyncio.Task[SnapshotManifest | None] | None = None
        self.lacks = Extent()
        """What a refused snapshot holds, while it is the newest."""

    async def load(self, instead_of: str) -> None:
        """Put a newer file in the place of `instead_of`; nothing happens when that was done meanwhile.

        Raises HopFault or EnvironmentFault `snapshot.*`; the file in use stays then.
        """
        async with self._busy:
            if self._files.reference_name != instead_of:
                return
            await asyncio.to_thread(reference_files.drop_unfinished, self._files.home.folder)
            manifest = await self._newer(instead_of)
            if manifest is not None:
                await self._install(manifest)
            elif instead_of:  # a till is not left without a catalogue while all of it comes row by row
                await self._files.run(reference_files.begin_again)
            else:
                name = reference_file(self._ids.next())
                await self._files.run(lambda files: reference_files.make_empty(files, name))
            LOG.info("reference file %s", self._files.reference_name, extra={"code": "reference.loaded"})
            if not self._files.config.store_role:
                self._forget_downloads(keep="")

    async def serve(self, zone: str, public_key: str, instead_of: str) -> SnapshotManifest | None:
        """The kept snapshot for a neighbour, its key sealed to it; fetched from HQ first when it is old or missing, or the
        one the neighbour wants another for.

        However many ask, HQ sends it once. Raises EnvironmentFault `snapshot.not_ready` while it is on its way.
        """
        manifest = self._kept(zone)
        if manifest is None or self._age_ms(manifest) > FRESH_MS or manifest.id == instead_of:
            manifest = await self._fetched(zone) or manifest
        if manifest is None:
            return None
        key = self._files.home.home.keys.file_key(reference_file(manifest.id))
        return msgspec.structs.replace(manifest, sealed_key=b64(seal(public_key, key)))

    def kept_file(self, snapshot_id: str) -> Path | None:
        """The packed file of a kept snapshot."""
        path = self._files.home.downloads / f"{snapshot_id}.zst"
        return path if SAFE_ID.fullmatch(snapshot_id) and path.exists() else None

    async def close(self) -> None:
        """Nobody waits for a neighbour's snapshot any more."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.wait([self._refreshing])

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    async def _newer(self, instead_of: str) -> SnapshotManifest | None:
        """A downloaded snapshot other than the one in use; None when nobody has one that this program can read."""
        clients = dict.fromkeys(client for client in (self._route.client, self._hq) if client is not None)
        fault: EnvironmentFault | None = None
        for client in clients:
            try:
                manifest = await self._offered(client, snapshot_of(instead_of))
                if manifest is not None:
                    await self._download(client, manifest, self._fresh(manifest))
                    return manifest
                fault = None
            except EnvironmentFault as bad:
                if bad.code in FINAL:
                    raise
                fault = bad
        if fault is not None:
            raise fault
        return None

    async def _offered(self, client: SyncClient, instead_of: str) -> SnapshotManifest | None:
        """What a peer has, when it is another one and this program can read it."""
        manifest = await client.manifest(self._files.config.zone, instead_of)
        if manifest is None or manifest.id == instead_of:
            return None
        if manifest.id == self._refused:
            raise EnvironmentFault(SHRUNK, items=self.lacks.items)
        if manifest.schema > len(REFERENCE_STEPS):
            LOG.warning("this program is too old for HQ's snapshot", extra={"code": "snapshot.newer"})
            return None
        self._check(manifest)
        return manifest

    async def _fetched(self, zone: str) -> SnapshotManifest | None:
        if self._refreshing is None or self._refreshing.done():
            if self._busy.locked():  # our own is being loaded
                raise EnvironmentFault(NOT_READY, zone=zone)
            self._refreshing = asyncio.create_task(self._refresh(zone), name="snapshot for neighbours")
        done, _ = await asyncio.wait([self._refreshing], timeout=SERVE_WITHIN_S)
        if not done or self._refreshing.cancelled():
            raise EnvironmentFault(NOT_READY, zone=zone)
        return self._refreshing.result()

    async def _refresh(self, zone: str) -> SnapshotManifest | None:
        async with self._busy:
            return await self._refreshed(zone)

    async def _refreshed(self, zone: str) -> SnapshotManifest | None:
        try:
            manifest = await self._hq.manifest(zone)
            if manifest is not None and manifest.id == self._refused:
                raise EnvironmentFault(SHRUNK, items=self.lacks.items)
            if manifest is not None:
                self._check(manifest)
                await self._download(self._hq, manifest, None)
            return manifest
        except EnvironmentFault as fault:
            if fault.code == SHRUNK:
                raise
            LOG.info("no newer snapshot: %s", fault, extra={"code": fault.code})
            return None

    def _check(self, manifest: SnapshotManifest) -> None:
        try:
            signature = unb64(manifest.signature)
        except ValueError:
            signature = b""
        if not self._feed_key.verify(manifest.signed_bytes(), signature):
            raise EnvironmentFault("snapshot.forged", id=manifest.id[:64])
        if not SAFE_ID.fullmatch(manifest.id) or manifest.zone != self._files.config.zone:
            raise EnvironmentFault("snapshot.wrong", id=manifest.id[:64])
        if not 0 < manifest.size <= MAX_SNAPSHOT_BYTES:
            raise EnvironmentFault("snapshot.too_large", size=manifest.size)

    async def _download(self, client: SyncClient, manifest: SnapshotManifest, fresh: Path | None) -> None:
        """Fetch what is still missing, check it, and keep it with its manifest and key; unpacked to `fresh` on the way, if it can be."""
        folder = self._files.home.downloads
        with disk_faults(folder):
            folder.mkdir(mode=0o700, exist_ok=True)
        target = folder / f"{manifest.id}.zst"
        key = unseal(self._key, _sealed(manifest))
        if len(key) != KEY_BYTES:
            raise EnvironmentFault("snapshot.wrong", id=manifest.id)
        if not target.exists():
            incoming = Incoming(folder / f"{manifest.id}.part", manifest, fresh)
            try:
                await self._fetch(client, manifest, incoming)
            except HopFault:
                raise  # what is here stays, and the next try goes on behind it
            except EnvironmentFault:
                incoming.drop()
                raise
            finally:
                await asyncio.to_thread(incoming.close)
            incoming.path.replace(target)
        with disk_faults(folder):
            self._files.home.home.keys.put_file_key(reference_file(manifest.id), key)
            write_atomic(folder / f"{manifest.id}.json", msgspec.json.encode(manifest))
        self._forget_downloads(keep=manifest.id)

    async def _fetch(self, client: SyncClient, manifest: SnapshotManifest, incoming: Incoming) -> None:
        have = await asyncio.to_thread(incoming.begin)
        async with client.snapshot_from(manifest.id, have) as chunks:
            have = await incoming.keep(chunks)
        if have > manifest.size:
            incoming.drop()
        if have != manifest.size:
            raise HopFault("snapshot.incomplete", id=manifest.id)
        await asyncio.to_thread(incoming.finish)

    async def _install(self, manifest: SnapshotManifest) -> None:
        name, fresh = reference_file(manifest.id), self._fresh(manifest)
        home, packed = self._files.home.home, self._files.home.downloads / f"{manifest.id}.zst"
        try:
            if not fresh.exists():  # it was downloaded for neighbours, or there was no room for both
                await asyncio.to_thread(reference_files.unpack, packed, fresh)
            key = home.keys.file_key(name)
            extent = await asyncio.to_thread(reference_files.check_opens, fresh, key, manifest, packed)
            await self._check_extent(manifest, extent)
            fresh.replace(home.reference(name))
        finally:
            await asyncio.to_thread(reference_files.drop_new, fresh)
        await self._files.run(lambda files: files.use_reference(name))

    def _fresh(self, manifest: SnapshotManifest) -> Path:
        """Where a file is unpacked that may become the one in use."""
        name = reference_file(manifest.id)
        return self._files.home.home.reference(name).with_name(f"{name}.new")

    async def _check_extent(self, manifest: SnapshotManifest, extent: Extent) -> None:
        """Goods do not vanish by the thousand overnight: the last good catalogue stays until somebody says that they did."""
        before = await self._files.run(reference_files.extent_in_use)
        if not extent.shrunk_from(before) or manifest.fewer_on_purpose:
            self._refused, self.lacks = "", Extent()
            return
        self._refused, self.lacks = manifest.id, extent
        self._forget_downloads(keep="")  # nor does a neighbour get it
        raise EnvironmentFault(SHRUNK, items=extent.items, before=before.items)

    def _kept(self, zone: str) -> SnapshotManifest | None:
        for path in self._files.home.downloads.glob("*.json"):
            try:
                manifest = msgspec.json.decode(path.read_bytes(), type=SnapshotManifest)
            except UNREADABLE:
                continue
            if manifest.zone == zone and self.kept_file(manifest.id):
                return manifest
        return None

    def _age_ms(self, manifest: SnapshotManifest) -> int:
        path = self._files.home.downloads / f"{manifest.id}.json"
        return self._clock.now_ms() - int(path.stat().st_mtime * 1000)

    def _forget_downloads(self, keep: str) -> None:
        for path in self._files.home.downloads.glob("*.*"):
            if not keep or path.stem != keep:
                path.unlink(missing_ok=True)


def _sealed(manifest: SnapshotManifest) -> bytes:
    try:
        return unb64(manifest.sealed_key)
    except ValueError as bad:
        raise EnvironmentFault("snapshot.wrong", id=manifest.id) from bad
