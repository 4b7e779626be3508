"""A packed catalogue is unpacked while it comes in, and is used only as the file head office went through."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import zstandard

from hq_server.service.snapshots import pack
from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.engine import open_rw
from retail_core.durable.reference import REFERENCE_STEPS
from retail_core.wire.messages import SnapshotManifest
from retail_core.wire.packing import FRAME_BYTES
from sync_agent.storage.incoming import Incoming
from sync_agent.storage.reference_files import check_opens, unpack
from tests.support.shop import ITEMS, make_shop

PIECE = 1_000
PAGE = 4_096


class LineCutError(Exception):
    pass


@dataclass
class Catalogue:
    """What head office made, and a folder on a till."""

    plain: Path
    key: bytes
    packed: Path
    folder: Path

    @property
    def part(self) -> Path:
        return self.folder / "1.part"

    @property
    def fresh(self) -> Path:
        return self.folder / "ref-1.db.new"

    def manifest(self, packed: bytes | None = None) -> SnapshotManifest:
        told = self.packed.read_bytes() if packed is None else packed
        sha256 = hashlib.sha256(told).hexdigest()
        return SnapshotManifest("1", "north", "1.db.zst", len(told), sha256, len(REFERENCE_STEPS), "g1", {}, "")

    def come_in(self, sent: bytes, cut_at: int | None = None, manifest: SnapshotManifest | None = None) -> int:
        """As the agent takes it: behind what is here. Returns with how many bytes it began."""
        incoming = Incoming(self.part, manifest or self.manifest(), self.fresh)

        async def take() -> int:
            have = incoming.begin()
            await incoming.keep(_line(sent[have:], None if cut_at is None else cut_at - have))
            incoming.finish()
            return have

        try:
            return asyncio.run(take())
        finally:
            incoming.close()

    def check(self, packed: Path | None = None) -> int:
        return check_opens(self.fresh, self.key, self.manifest(), packed or self.packed).items


async def _line(sent: bytes, cut_at: int | None) -> AsyncIterator[bytes]:
    upto = len(sent) if cut_at is None else cut_at
    for at in range(0, upto, PIECE):
        yield sent[at : min(at + PIECE, upto)]
    if cut_at is not None:
        raise LineCutError


@pytest.fixture
def made(tmp_path: Path) -> Catalogue:
    shop = make_shop(tmp_path / "hq")
    plain, key = shop.home.reference("ref-1.db"), shop.home.keys.file_key("ref-1.db")
    conn = open_rw(plain, key)
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()
    folder = tmp_path / "till"
    folder.mkdir()
    packed = tmp_path / "1.db.zst"
    pack(plain, key, packed)
    return Catalogue(plain, key, packed, folder)


def test_it_is_unpacked_when_its_last_byte_is_here(made: Catalogue) -> None:
    made.come_in(made.packed.read_bytes())
    assert made.part.read_bytes() == made.packed.read_bytes()
    assert made.fresh.read_bytes() == made.plain.read_bytes()
    assert made.check() == len(ITEMS)


def test_one_that_was_cut_goes_on_behind_its_last_byte(made: Catalogue) -> None:
    sent = made.packed.read_bytes()
    with pytest.raises(LineCutError):
        made.come_in(sent, cut_at=10_500)
    assert not made.fresh.exists(), "half a catalogue stays nowhere"
    assert made.come_in(sent) == 10_500
    assert made.fresh.read_bytes() == made.plain.read_bytes()


def test_one_that_was_changed_on_the_way_is_not_unpacked(made: Catalogue) -> None:
    sent = bytearray(made.packed.read_bytes())
    sent[5_000] ^= 1
    with pytest.raises(EnvironmentFault, match=r"snapshot\.damaged"):
        made.come_in(bytes(sent))
    assert not made.fresh.exists()


def test_of_a_peer_that_sends_for_ever_little_is_taken(made: Catalogue) -> None:
    manifest = made.manifest(b"only a few bytes were promised")
    with pytest.raises(EnvironmentFault, match=r"snapshot\.damaged"):
        made.come_in(bytes(20 * 1024 * 1024), manifest=manifest)
    assert made.part.stat().st_size < 5 * 1024 * 1024


def test_what_cannot_be_unpacked_on_the_way_is_kept_all_the_same(made: Catalogue) -> None:
    sent = b"no packed file, but what head office signed"
    made.come_in(sent, manifest=made.manifest(sent))
    assert made.part.read_bytes() == sent
    assert not made.fresh.exists()
    with pytest.raises(EnvironmentFault, match=r"snapshot\.damaged"):
        unpack(made.part, made.fresh)


@pytest.mark.parametrize("where", [2_000, 3 * PAGE + 7, -10])
def test_what_lies_on_the_disk_must_be_what_head_office_went_through(made: Catalogue, where: int) -> None:
    made.come_in(made.packed.read_bytes())
    whole = bytearray(made.fresh.read_bytes())
    whole[where] ^= 1
    made.fresh.write_bytes(whole)
    with pytest.raises(EnvironmentFault, match=r"snapshot\.damaged"):
        made.check()


def test_a_file_of_an_older_head_office_is_gone_through_by_the_machine(made: Catalogue) -> None:
    older = made.folder / "older.zst"
    older.write_bytes(made.packed.read_bytes()[:-FRAME_BYTES])
    unpack(older, made.fresh)
    assert made.check(older) == len(ITEMS)
    whole = bytearray(made.plain.read_bytes())
    whole[5 * PAGE + 100] ^= 1
    older.write_bytes(zstandard.ZstdCompressor().compress(bytes(whole)))
    unpack(older, made.fresh)
    with pytest.raises(EnvironmentFault, match=r"snapshot\.damaged|db\.damaged"):
        made.check(older)


def test_head_office_hands_out_nothing_that_is_broken(made: Catalogue) -> None:
    whole = bytearray(made.plain.read_bytes())
    whole[5 * PAGE + 100] ^= 1
    made.plain.write_bytes(whole)
    made.packed.unlink()
    with pytest.raises(EnvironmentFault, match=r"db\.damaged"):
        pack(made.plain, made.key, made.packed)
    assert not made.packed.exists()
