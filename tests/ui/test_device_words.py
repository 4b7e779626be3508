"""Every code a device can show has words for a lamp and a sentence that says what to do; every driver has a name."""

import re
from pathlib import Path

import msgspec
import pytest

from pos_app.devices.config import DeviceTable
from pos_app.devices.doctor import Finding
from pos_app.devices.ports import DeviceState, Health
from pos_app.ui.device_words import DRIVER_WORDS, SENTENCES, kind_word, sentence, short_words
from pos_app.ui.error_words import ERROR_WORDS

ROOT = Path(__file__).parents[2] / "pos_app"
KINDS = "device|drawer|label|printer|rfid|scale|scanner|sound|doctor|good"
CODE = re.compile(rf'"((?:{KINDS})\.[a-z_]+)"')
PLACES = ("devices", "runtime", "receipts/labels.py", "receipts/label_codes.py", "receipts/zpl.py", "service/labels.py")
IN_THE_LOG_ALONE = {"drawer.not_confirmed", "printer.waiting", "printer.none", "device.no_journal"}


def codes() -> set[str]:
    found: set[str] = set()
    for place in PLACES:
        path = ROOT / place
        for file in [path] if path.is_file() else path.rglob("*.py"):
            if "/sim/" not in str(file) and "/fakes/" not in str(file):
                found.update(CODE.findall(file.read_text()))
    return found


def drivers() -> set[str]:
    return {str(msgspec.inspect.type_info(one).tag) for one in DeviceTable.__args__}  # type: ignore[union-attr]


def test_every_code_has_a_sentence_that_says_what_to_do() -> None:
    known = SENTENCES.keys() | ERROR_WORDS.keys() | drivers() | IN_THE_LOG_ALONE
    assert len(codes()) > 60
    assert not codes() - known


def test_every_driver_has_a_name() -> None:
    assert drivers() <= DRIVER_WORDS.keys()
    assert {kind_word(driver.partition(".")[0]) for driver in drivers()} >= {"Scanner", "Printer", "Labels", "Sound"}


@pytest.mark.parametrize("state", DeviceState)
def test_a_lamp_is_never_silent_about_trouble(state: DeviceState) -> None:
    assert bool(short_words(Health(state, "nobody.knows"))) is (state is not DeviceState.READY)
    assert short_words(Health(state, "printer.paper_out")) == "out of paper"


def test_facts_are_filled_in_and_a_strange_code_shows_itself() -> None:
    finding = Finding("doctor.not_in_group", facts={"where": "/dev/ttyACM0", "group": "dialout", "user": "till"})
    words = sentence(finding.code, finding.facts)
    assert "sudo usermod -aG dialout till" in words
    assert "/dev/ttyACM0" in words
    assert "odd.code" in sentence("odd.code")
