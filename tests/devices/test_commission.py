"""One test scan teaches the till its scanner, or says why it does not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.devices.barcode.commission import (
    ASCII,
    BEGIN,
    END,
    LONG,
    SHORT,
    Learned,
    NotLearned,
    learn_bytes,
    learn_keys,
)
from pos_app.devices.barcode.dressing import Dressing
from pos_app.devices.barcode.separators import GS
from pos_app.devices.barcode.wedge import Key, Scan, Wedge
from pos_app.devices.barcode.wedge_layout import us_char
from pos_app.devices.framing import Framing

US_KEYS = {us_char(code, shift=shift): (code, shift) for shift in (True, False) for code in (*range(54), 57)}
KEYPAD = {"0": 82, "2": 80, "9": 73}
F8 = 66


def presses(text: str, gap_ms: int = 6, gs: tuple[Key, ...] = (Key(GS, 0, 27, command=True),)) -> list[Key]:
    """What a keyboard scanner presses on a till with a layout that types other characters than it means."""
    made: list[Key] = []
    for char in text:
        if char == GS:
            made += gs
        else:
            code, shift = US_KEYS[char]
            made.append(Key("é", 0, code, shift=shift))
    made.append(Key("\r", 0, 28, terminator=True))
    return [replace(key, t_ms=1000 + gap_ms * n) for n, key in enumerate(made)]


def learned(found: Learned | NotLearned) -> Learned:
    assert isinstance(found, Learned), found
    return found


def test_prefix_suffix_aim_id_end_and_speed_are_learned_whatever_the_layout() -> None:
    found = learned(learn_keys(presses("~]d2" + LONG + "!")))
    assert found.dressing == Dressing("~", "!", "")
    assert (found.sends_aim, found.ends, found.layout_differs) == (True, "enter", True)
    assert found.widest_gap_ms == 6
    assert found.gap_ms == 20
    assert found.advice == ("scanner.set_same_code",)


@pytest.mark.parametrize("label", [LONG, SHORT])
def test_without_a_prefix_the_gap_stays_wide_and_the_advice_says_what_to_set(label: str) -> None:
    found = learned(learn_keys(presses(label)))
    assert found.gap_ms == 35
    assert found.advice == ("scanner.set_aim", "scanner.set_prefix", "scanner.set_same_code")


@pytest.mark.parametrize(
    ("gs", "stand_in", "key"),
    [
        ((Key(GS, 0, 27, command=True),), "", 0),
        (tuple(Key("", 0, KEYPAD[figure], command=True, alt=True) for figure in "029"), "", 0),
        ((Key("", 0, F8),), "", F8),
        ((Key("", 0, 26, shift=True), Key("", 0, 34, shift=True), Key("", 0, 31, shift=True), Key("", 0, 27, shift=True)),
         "{GS}", 0),
        ((Key("", 0, 41, shift=True),), "~", 0),
    ],
)  # fmt: skip
def test_whatever_stands_for_gs_is_learned_and_then_read_as_gs(gs: tuple[Key, ...], stand_in: str, key: int) -> None:
    found = learned(learn_keys(presses(LONG, gs=gs)))
    assert (found.dressing.gs, found.gs_key) == (stand_in, key)
    wedge = Wedge(found.wedge)
    actions = [action for one in presses(f"0109521234543213{GS}10A", gs=gs) for action in wedge.feed(one)]
    assert [action.text for action in actions if isinstance(action, Scan)] == [f"0109521234543213{GS}10A"]


def test_lost_separators_lost_characters_and_caps_lock_are_told_apart() -> None:
    assert learn_keys(presses(LONG, gs=())) == NotLearned("scanner.gs_lost", "")
    assert learn_bytes(LONG.replace("~", "").encode() + b"\r") == NotLearned("scanner.chars_lost", "~")
    swapped = learn_bytes(LONG.swapcase().encode() + b"\r")
    assert isinstance(swapped, NotLearned)
    assert swapped.code == "scanner.letters_swapped"
    assert learn_bytes(b"4006381333931\r") == NotLearned("scanner.no_test_label", "4006381333931")
    assert learn_keys(()) == NotLearned("scanner.no_test_label", "")


def test_a_serial_scanner_shows_its_framing() -> None:
    lines = learned(learn_bytes(b"]d2" + LONG.encode() + b"\r\n"))
    assert (lines.framing, lines.dressing, lines.sends_aim) == (Framing.LINES, Dressing(), True)
    enclosed = learned(learn_bytes(b"\x02#" + LONG.encode() + b"\x03"))
    assert (enclosed.framing, enclosed.dressing.prefix) == (Framing.STX_ETX, "#")
    for end in (b"", b"\t"):
        unended = learn_bytes(LONG.encode() + end)
        assert isinstance(unended, NotLearned)
        assert unended.code == "scanner.no_end"


def test_a_bluetooth_scanner_that_stutters_gets_a_wider_gap() -> None:
    found = learned(learn_keys(presses(SHORT, gap_ms=40)))
    assert found.gap_ms == 120
    assert "scanner.slow" in found.advice


@given(
    st.text(ASCII.replace("]", "").replace("0", "").replace("9", ""), max_size=8),
    st.text(ASCII.replace("9", ""), max_size=8),
    st.sampled_from([GS, "{GS}", "^]", "~~"]),
)
def test_any_prefix_suffix_and_stand_in_comes_out_as_it_went_in(prefix: str, suffix: str, gs: str) -> None:
    text = prefix + BEGIN + gs + ASCII + gs + END + suffix
    found = learned(learn_bytes(text.encode() + b"\r"))
    assert found.dressing == Dressing(prefix, suffix, "" if gs == GS else gs)
    assert found.dressing.label(f"{prefix}01{gs}10A{suffix}") == f"01{GS}10A"


@given(st.binary(max_size=400))
def test_no_bytes_stop_the_learning(raw: bytes) -> None:
    assert isinstance(learn_bytes(raw), NotLearned)
