"""A till whose file is damaged sells again within a minute: from the newest good copy, in a number series of its own.

R10 of the promises; issue "sync that cannot lose", backup and restore.
"""

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from pos_app.storage.recovering import PutBack
from retail_core.domain.errors import EnvironmentFault
from retail_core.durable import copies
from retail_core.durable.engine import faults, open_ro
from retail_core.durable.system import SystemClock
from retail_core.durable.verify import verify_file
from tests.support.shop import ITEMS, AtTill, Shop, at_till, make_shop

SELLS_AGAIN_S = 60
NAME = "till.db"
DAMAGED = [("db.damaged",)]
pytestmark = pytest.mark.expects_log


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


def sell(at: AtTill, times: int = 1) -> list[str]:
    """Numbers of the receipts."""
    return [at.scan(ITEMS[0].code).pay_cash(200).receipt_no for _ in range(times)]


def damage(path: Path, at: int = 100) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xff" * 64)


def copied(shop: Shop) -> Path:
    return copies.copy_file(shop.home, NAME, SystemClock().now_ms())[0]


@contextmanager
def started_again(shop: Shop) -> Iterator[AtTill]:
    """The till is switched on, and somebody signs in."""
    began = monotonic()
    with at_till(shop) as at:
        yield at.sign_in()
        assert monotonic() - began < SELLS_AGAIN_S


def sound(shop: Shop) -> bool:
    public = {shop.config.till_node: shop.home.keys.signing_key("till").public_text}
    report = verify_file(shop.home.till_db, shop.home.keys.file_key(NAME), public)
    assert report.ok, report.detail
    return True


def test_a_damaged_file_is_put_back_from_the_newest_copy(shop: Shop) -> None:
    with at_till(shop) as at:
        before = sell(at.sign_in(), 2)
        copy = copied(shop)  # the till is selling
        since = sell(at, 2)
    damage(shop.home.till_db)
    with started_again(shop) as at:
        assert at.till.put_back == PutBack(copies.copied_ms(copy))
        now = sell(at, 2)
        assert not set(now) & {*before, *since}, "no number is used twice"
        assert {one.rsplit("-", 1)[0] for one in now} == {"S0319-T1-B"}
    with at_till(shop) as at:
        assert at.till.put_back is None
        assert sell(at.sign_in())[0].startswith("S0319-T1-B-"), "once is enough"
    assert sound(shop)
    (aside,) = shop.home.folder.glob(f"{copies.DAMAGED}*")
    assert (aside / NAME).exists(), "what can still be read in it is kept"


def test_a_copy_that_is_damaged_too_gives_way_to_an_older_one(shop: Shop) -> None:
    with at_till(shop) as at:
        sell(at.sign_in())
        older = copied(shop)
        sell(at)
        newer = copied(shop)
    damage(newer, at=6_000)
    damage(shop.home.till_db)
    with started_again(shop) as at:
        assert at.till.put_back == PutBack(copies.copied_ms(older))
        sell(at)
    assert sound(shop)


def test_without_any_copy_the_till_begins_an_empty_file(shop: Shop) -> None:
    with at_till(shop) as at:
        before = sell(at.sign_in(), 3)
    damage(shop.home.till_db)
    with started_again(shop) as at:
        assert at.till.put_back == PutBack(0)
        assert not set(sell(at, 3)) & set(before), "the guard remembers which series was used"
    assert sound(shop)


def test_a_till_killed_while_it_is_put_back_goes_on_with_that(shop: Shop) -> None:
    with at_till(shop) as at:
        sell(at.sign_in())
        copied(shop)
    shop.home.put_back_mark.touch()
    shop.home.till_db.unlink()
    with started_again(shop) as at:
        assert at.till.put_back is not None
        assert at.till.put_back.copy_ms > 0
        assert sell(at)[0].startswith("S0319-T1-B-")
    assert not shop.home.put_back_mark.exists()


def test_a_page_found_damaged_while_copying_is_put_right_at_the_next_start(shop: Shop) -> None:
    with at_till(shop) as at:
        sell(at.sign_in(), 3)
        copied(shop)
    size = shop.home.till_db.stat().st_size
    damage(shop.home.till_db, at=size - size % 4096 - 4096 * 3 + 500)
    with pytest.raises(EnvironmentFault) as found:
        copied(shop)
    assert found.value.code == "db.damaged"
    assert len(copies.copies_of(shop.home, NAME)) == 1, "what is damaged has not the name of a copy"
    copies.suspect(shop.home, NAME)
    with started_again(shop) as at:
        assert at.till.put_back is not None
        sell(at)
    assert sound(shop)
    assert not shop.home.suspect(NAME).exists()


def test_only_the_newest_copies_are_kept_and_all_of_them_are_good(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        for n in range(copies.MAX_KEPT + 2):
            sell(at)
            copies.copy_file(shop.home, NAME, 1_000 + n)
    kept = copies.copies_of(shop.home, NAME)
    assert [copies.copied_ms(copy) for copy in kept] == list(range(1_000 + copies.MAX_KEPT + 1, 1_001, -1))
    for copy in kept:
        conn = open_ro(copy, shop.home.keys.file_key(NAME))
        conn.close()


def test_the_commands_copy_a_selling_till_and_put_it_back(shop: Shop, tmp_path: Path) -> None:
    def command(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "pos_app.app", *words, "--home", str(shop.home.folder)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    elsewhere = tmp_path / "stick" / "till.db"
    assert command("restore").returncode == 3
    with at_till(shop) as at:
        sell(at.sign_in())
        done = command("backup", "--copy", str(elsewhere))
        assert (done.returncode, str(elsewhere) in done.stdout) == (0, True), done.stderr
        assert command("backup", "--copy", str(elsewhere)).returncode == 3, "a file that is there is left alone"
        later = sell(at)
        assert "program.already_running" in command("restore", "--copy", str(elsewhere)).stderr
    assert command("restore", "--copy", str(elsewhere)).returncode == 0
    with started_again(shop) as at:
        assert at.till.put_back is None, "nobody need be told what they did themselves"
        assert not set(sell(at)) & set(later)
    assert sound(shop)


def test_a_flipped_bit_anywhere_never_gives_a_wrong_figure(shop: Shop, tmp_path: Path) -> None:
    """Each of many flips is either found, or where nothing is kept; whatever is found, the till sells again."""
    with at_till(shop) as at:
        sell(at.sign_in(), 5)
        copied(shop)
    whole = shop.home.till_db.read_bytes()
    figures = _figures(shop)
    chance = random.Random(10)
    for _ in range(60):
        where = chance.randrange(len(whole))
        flipped = bytearray(whole)
        flipped[where] ^= 1 << chance.randrange(8)
        shop.home.till_db.write_bytes(flipped)
        assert _figures(shop) in (figures, DAMAGED), f"a flip at {where} was not seen"
    with started_again(shop) as at:
        sell(at)


def _figures(shop: Shop) -> list[tuple[object, ...]]:
    try:
        conn = open_ro(shop.home.till_db, shop.home.keys.file_key(NAME))
    except EnvironmentFault as fault:
        return [(fault.code,)]
    try:
        with faults():
            return [
                row
                for table in ("sale", "sale_line", "tender", "event", "stream")
                for row in conn.execute(f"SELECT * FROM {table}").fetchall()
            ]
    except EnvironmentFault as fault:
        return [(fault.code,)]
    finally:
        conn.close()
