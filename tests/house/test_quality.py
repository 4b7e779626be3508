"""QUALITY.md tells the truth: every driver has a grade, every trap a test, and every test named there exists."""

import re
from pathlib import Path

import msgspec

from pos_app.devices.config import DeviceTable

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "QUALITY.md").read_text()
TRAPS = 39


def test_every_test_named_there_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) > 30
    for file, name in named:
        assert f"def {name}(" in (ROOT / file).read_text(), f"{file}::{name}"


def test_every_trap_has_its_line() -> None:
    lines = re.findall(r"^\| ([\d, ]+) \|.*`tests/", PAGE, re.MULTILINE)
    assert [int(number) for line in lines for number in line.split(",")] == list(range(1, TRAPS + 1))


def test_every_driver_is_graded() -> None:
    drivers = {str(msgspec.inspect.type_info(one).tag) for one in DeviceTable.__args__}  # type: ignore[union-attr]
    graded = {
        driver for line in re.findall(r"^\| (`.*?) \| [ABCD] \|", PAGE, re.MULTILINE) for driver in line.split("`")
    }
    assert drivers <= graded
