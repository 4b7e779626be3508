"""What a till says when it cannot start: one plain message with a stable code, and nothing is lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from retail_core.durable.engine import open_rw
from retail_core.durable.lock import InstanceLock
from tests.support.shop import ITEMS, Shop, at_till, make_shop

EXIT_CANNOT_START = 3


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = make_shop(tmp_path / "t1")
    with at_till(shop) as at:
        at.sign_in().scan(ITEMS[0].code)
        at.pay_cash(200)
    return shop


def start(shop: Shop) -> tuple[int, str]:
    """(exit code, what it said) of the real program."""
    done = subprocess.run(
        [sys.executable, "-m", "pos_app.app", "--home", str(shop.home.folder)], capture_output=True, text=True,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}, timeout=60, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.strip()


def refused(shop: Shop, code: str) -> str:
    exit_code, said = start(shop)
    assert exit_code == EXIT_CANNOT_START
    assert said.endswith(f"[{code}]")
    assert len(said.splitlines()) == 1
    assert f'"code": "{code}"' in (shop.home.logs / "till.log").read_text()
    return said


def test_a_mistake_in_the_settings_file_is_named(shop: Shop) -> None:
    text = shop.home.config_file.read_text()
    shop.home.config_file.write_text(text.replace("till_wake_port = ", 'till_wake_port = "x" # '))
    assert "till_wake_port" in refused(shop, "config.invalid")


def test_a_machine_that_was_never_enrolled_says_how(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t1")
    shop.home.config_file.unlink()
    assert "enrol" in refused(shop, "config.missing")


def test_a_device_nobody_knows_is_named(shop: Shop) -> None:
    shop.home.config_file.write_text(
        shop.home.config_file.read_text() + '\n[[device]]\ndriver = "scanner.magic"\nname = "x"\n'
    )
    refused(shop, "device.bad_table")


def test_a_file_of_a_newer_program_is_left_alone(shop: Shop) -> None:
    conn = open_rw(shop.home.till_db, shop.home.keys.file_key("till.db"))
    conn.execute("PRAGMA user_version = 99")
    conn.close()
    before = shop.home.till_db.read_bytes()
    refused(shop, "db.newer_than_program")
    assert shop.home.till_db.read_bytes() == before


def test_a_second_till_on_the_same_files_is_refused(shop: Shop) -> None:
    lock = InstanceLock(shop.home.folder / "till.lock")
    try:
        refused(shop, "program.already_running")
    finally:
        lock.release()


def test_a_missing_device_secret_says_that_this_is_another_machine(shop: Shop) -> None:
    (shop.home.folder / "device.secret").unlink()
    refused(shop, "key.no_device_secret")
