"""The locks install the same bytes everywhere: hashes for everything, no index named, and all three agree."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "packaging").glob("*.lock"))
OLDEST_SQLITE = (3, 51, 3)


def pinned(lock: Path) -> dict[str, str]:
    """Name → version of every package in the lock."""
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", lock.read_text(), re.MULTILINE))


def blocks(lock: Path) -> list[str]:
    return [block for block in re.split(r"^(?=\S)", lock.read_text(), flags=re.MULTILINE) if block.strip()]


def test_there_is_a_lock_for_each_level() -> None:
    assert [lock.name for lock in LOCKS] == ["requirements-demo.lock", "requirements-dev.lock", "requirements.lock"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_package_is_pinned_with_hashes(lock: Path) -> None:
    for block in blocks(lock):
        assert re.match(r"^[A-Za-z0-9_.-]+==\S+", block), block
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), f"no hash for {block.splitlines()[0]}"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_no_index_host_or_path_is_named(lock: Path) -> None:
    text = lock.read_text()
    assert not re.search(r"://|--(extra-)?index|--find-links|^#|@ ?file", text, re.MULTILINE)


def test_the_smaller_locks_agree_with_the_largest() -> None:
    largest = pinned(ROOT / "packaging/requirements-dev.lock")
    assert pinned(ROOT / "packaging/requirements.lock").items() <= largest.items()
    shared = {name: at for name, at in pinned(ROOT / "packaging/requirements-demo.lock").items() if name in largest}
    assert shared.items() <= largest.items()


def test_everything_a_shop_installs_has_its_licence_listed() -> None:
    listed = (ROOT / "THIRD_PARTY.md").read_text().split("## Files in this repository")[0]
    names = set(re.findall(r"[a-z0-9][a-z0-9-]+", listed))
    assert set(pinned(ROOT / "packaging/requirements.lock")) <= names


def test_the_locked_driver_carries_a_sqlite_without_the_wal_reset_race() -> None:
    from sqlcipher3 import dbapi2

    assert dbapi2.sqlite_version_info >= OLDEST_SQLITE
