"""What keeps a bad catalogue and a full disk from hurting a till, on real files."""

import errno
from pathlib import Path

import pytest

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable import link, reference
from retail_core.durable.engine import open_rw, transaction
from retail_core.durable.files import disk_faults, room_left
from retail_core.durable.reference import Extent
from retail_core.wire.messages import SnapshotManifest
from tests.support.shop import ITEMS, TAXES, make_shop, row

GOOD = Extent(items=100, prices=120, taxes=2)


@pytest.mark.parametrize(
    ("now", "shrunk"),
    [
        (GOOD, False),
        (Extent(80, 90, 1), False),  # a fifth fewer
        (Extent(79, 120, 2), True),
        (Extent(0, 0, 0), True),
        (Extent(100, 0, 2), True),  # no price at all
        (Extent(100, 120, 0), True),
        (Extent(500, 700, 3), False),
    ],
)
def test_more_than_a_fifth_fewer_items_or_an_empty_table_is_most_likely_a_mistake(now: Extent, shrunk: bool) -> None:
    assert now.shrunk_from(GOOD) is shrunk
    assert not now.shrunk_from(Extent())  # the first catalogue of a machine


def test_what_a_file_holds_is_counted(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    conn = open_rw(shop.home.reference("ref-1.db"), shop.home.keys.file_key("ref-1.db"))
    assert reference.extent_of(conn) == Extent(len(ITEMS), len(ITEMS), len(TAXES))
    conn.close()


def test_that_fewer_items_are_meant_stands_under_the_signature() -> None:
    plain = SnapshotManifest("1", "north", "1.db.zst", 9, "ab", 2, "g1", {"catalogue": 3}, "")
    meant = SnapshotManifest("1", "north", "1.db.zst", 9, "ab", 2, "g1", {"catalogue": 3}, "", fewer_on_purpose=True)
    assert plain.signed_bytes() != meant.signed_bytes()
    assert plain.signed_bytes().endswith(b"\ncatalogue=3")  # as before there was such a word


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "disk.full"), (errno.EIO, "disk.failing")])
def test_a_disk_says_what_is_wrong_with_it(tmp_path: Path, number: int, code: str) -> None:
    with pytest.raises(EnvironmentFault, match=code), disk_faults(tmp_path):
        raise OSError(number, "from the system")
    with pytest.raises(FileNotFoundError), disk_faults(tmp_path):
        (tmp_path / "none").read_bytes()
    left, whole = room_left(tmp_path)
    assert 0 <= left <= whole


def test_head_offices_word_on_the_store_role_is_kept(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    conn = open_rw(shop.home.link_db, shop.home.keys.file_key("link.db"))
    assert link.read_store_role(conn) is None
    said = link.StoreRoleDoc("agent-T2", 1_800_000_000_000)
    with transaction(conn):
        link.apply_store_row(conn, row("store_role", "store", said), shop.home.keys.device_secret())
    assert link.read_store_role(conn) == said
    conn.close()
