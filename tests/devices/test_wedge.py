"""A keyboard scanner is heard whatever the layout and whatever is open, and a person can type as before."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.devices.barcode.aim import split_aim
from pos_app.devices.barcode.dressing import Dressing
from pos_app.devices.barcode.wedge import (
    END_IDLE_MS,
    GS,
    MAX_GAP_MS,
    MAX_LABEL_CHARS,
    TOO_LONG,
    Action,
    Hold,
    Key,
    Replay,
    Scan,
    Wedge,
    WedgeSetup,
)
from pos_app.devices.barcode.wedge_layout import us_char

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "wedge_layouts.json").read_text())

# What a French keyboard types, by Linux scan code: unshifted and shifted. Taken from the layout, not from our table.
FRENCH = {
    2: "&1", 3: "é2", 4: '"3', 5: "'4", 6: "(5", 7: "-6", 8: "è7", 9: "_8", 10: "ç9", 11: "à0", 12: ")°", 13: "=+",
    16: "aA", 17: "zZ", 18: "eE", 19: "rR", 20: "tT", 21: "yY", 22: "uU", 23: "iI", 24: "oO", 25: "pP", 27: "$£",
    30: "qQ", 31: "sS", 32: "dD", 33: "fF", 34: "gG", 35: "hH", 36: "jJ", 37: "kK", 38: "lL", 39: "mM", 40: "ù%",
    44: "wW", 45: "xX", 46: "cC", 47: "vV", 48: "bB", 49: "nN", 50: ",?", 51: ";.", 52: ":/", 53: "!§",
}  # fmt: skip
FRENCH_KEYS = {char: (code, shift == 1) for code, chars in FRENCH.items() for shift, char in enumerate(chars)}


def french_keys(text: str, gap_ms: int = 5) -> list[Key]:
    """The presses that made a French till type `text`."""
    return [
        Key(char, 1000 + n * gap_ms, code, shift=shift)
        for n, char in enumerate(text)
        for code, shift in [FRENCH_KEYS[char]]
    ]


def keys(text: str, start_ms: int = 1000, gap_ms: int = 5) -> list[Key]:
    return [Key(char, start_ms + n * gap_ms, token=n) for n, char in enumerate(text)]


def enter(t_ms: int) -> Key:
    return Key("\r", t_ms, terminator=True)


def feed(wedge: Wedge, presses: Iterable[Key]) -> list[Action]:
    """What came out, holding aside."""
    return [action for key in presses for action in wedge.feed(key) if not isinstance(action, Hold)]


def typed(actions: Iterable[Action]) -> str:
    return "".join(key.text for action in actions if isinstance(action, Replay) for key in action.keys)


def scanned(actions: Iterable[Action]) -> list[str]:
    return [action.text for action in actions if isinstance(action, Scan)]


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["scanned"])
def test_a_scan_on_a_french_till_reads_right(case: dict[str, str]) -> None:
    presses = french_keys(case["text"])
    actions = feed(Wedge(), [*presses, enter(presses[-1].t_ms + 5)])
    assert scanned(actions) == [case["scanned"]]
    assert typed(actions) == ""


def test_every_printable_ascii_character_has_a_us_key() -> None:
    reachable = {us_char(code, shift=shift) for code in range(128) for shift in (False, True)}
    assert {chr(n) for n in range(0x20, 0x7F)} <= reachable


@pytest.mark.parametrize("terminator", ["\r", "\n", "\t"])
def test_any_usual_suffix_ends_a_scan_and_is_not_typed(terminator: str) -> None:
    actions = feed(Wedge(), [*keys("4006381333931"), Key(terminator, 1065, terminator=True)])
    assert actions == [Scan("4006381333931", 1060)]


def test_a_scanner_without_a_suffix_is_heard_when_it_falls_silent() -> None:
    wedge = Wedge()
    assert feed(wedge, keys("4006381333931")) == []
    assert wedge.due_ms == 1060 + END_IDLE_MS + 1
    assert wedge.tick(1060 + END_IDLE_MS) == ()
    assert wedge.tick(wedge.due_ms) == (Scan("4006381333931", 1060),)
    assert wedge.due_ms is None


def test_a_short_number_typed_with_enter_is_typed() -> None:
    actions = feed(Wedge(), [*keys("4011", gap_ms=120), enter(1500)])
    assert typed(actions) == "4011\r"
    assert scanned(actions) == []


def test_a_fast_short_number_is_typed_too() -> None:
    actions = feed(Wedge(), [*keys("4011", gap_ms=10), enter(1040)])
    assert typed(actions) == "4011\r"


def test_a_typed_key_waits_no_longer_than_the_gap_of_a_scanner() -> None:
    wedge = Wedge()
    (key,) = keys("7")
    assert wedge.feed(key) == (Hold(),)
    assert wedge.due_ms == 1000 + MAX_GAP_MS + 1
    assert wedge.tick(wedge.due_ms) == (Replay((key,)),)


def test_a_multiplier_typed_before_a_scan_is_typed_and_the_scan_is_read() -> None:
    actions = feed(Wedge(), [*keys("3*", gap_ms=150), *keys("4006381333931", start_ms=2000), enter(2065)])
    assert (typed(actions), scanned(actions)) == ("3*", ["4006381333931"])


def test_identical_scans_in_a_row_are_all_heard() -> None:
    presses: list[Key] = []
    for n in range(30):
        start_ms = 1000 + 100 * n  # ten a second
        presses += [*keys("4006381333931", start_ms), enter(start_ms + 64)]
    assert scanned(feed(Wedge(), presses)) == ["4006381333931"] * 30


def test_a_busy_screen_does_not_split_a_scan() -> None:
    wedge = Wedge()
    presses = [*keys("4006381333931"), enter(1064)]
    first = feed(wedge, presses[:7])
    # the screen was busy for a second here; the rest of the events still carry the times of their keys
    assert scanned(first + feed(wedge, presses[7:])) == ["4006381333931"]


def test_a_held_down_key_is_not_a_scan() -> None:
    presses = [Key("a", 1000), *(Key("a", 1250 + 30 * n, repeat=True) for n in range(20))]
    actions = feed(Wedge(), presses)
    assert (typed(actions), scanned(actions)) == ("a" * 21, [])


def test_a_shortcut_in_mid_word_is_passed_on_after_what_was_typed() -> None:
    actions = feed(Wedge(), [*keys("ab"), Key("\x03", 1012, 46, command=True)])
    assert typed(actions) == "ab\x03"


def test_a_key_that_makes_no_text_is_passed_on_at_once() -> None:
    up = Key("", 1000, 103)
    assert Wedge().feed(up) == (Replay((up,)),)


def test_group_separators_inside_a_label_survive() -> None:
    label = f"010952123454321310ABC{GS}17261231"
    presses = [Key(c, 1000 + 5 * n, command=c == GS) for n, c in enumerate(label)]
    assert scanned(feed(Wedge(), [*presses, enter(1200)])) == [label]


ALT_029 = (82, 80, 73)  # scan codes of 0, 2, 9 on the keypad


def test_a_separator_sent_as_alt_and_figures_is_one() -> None:
    """odoo#99730: a scanner set to "Alt mode" holds Alt and types 029 on the keypad for GS."""
    spelt = [
        *keys("010952123454321310ABC"),
        *(Key("", 0, code, command=True, alt=True) for code in ALT_029),
        *keys("2117"),
    ]
    presses = [replace(key, t_ms=1000 + 5 * n) for n, key in enumerate(spelt)]
    assert scanned(feed(Wedge(), [*presses, enter(1000 + 5 * len(presses))])) == [f"010952123454321310ABC{GS}2117"]


def test_alt_and_a_figure_of_a_person_stay_a_command() -> None:
    alone = Key("", 1000, 82, command=True, alt=True)
    assert Wedge().feed(alone) == (Replay((alone,)),)
    later = Key("", 1500, 82, command=True, alt=True)
    assert typed(feed(Wedge(), [*keys("ab"), later])) == "ab"


def test_a_function_key_that_was_learned_is_the_separator_inside_a_scan_only() -> None:
    wedge = Wedge(WedgeSetup(gs_key=66))  # F8
    spelt = [*keys("010952123454321310ABC"), Key("", 0, 66), *keys("2117")]
    presses = [replace(key, t_ms=1000 + 5 * n) for n, key in enumerate(spelt)]
    assert scanned(feed(wedge, [*presses, enter(1000 + 5 * len(presses))])) == [f"010952123454321310ABC{GS}2117"]
    pressed = Key("", 9000, 66)
    assert wedge.feed(pressed) == (Replay((pressed,)),)


@pytest.mark.parametrize("second", [Key("\n", 1068, terminator=True), Key("\n", 1068, 36, command=True)])
def test_the_line_feed_behind_a_carriage_return_presses_nothing(second: Key) -> None:
    """A scanner that ends with CR LF must not press whatever has the focus with its second key."""
    wedge = Wedge()
    assert scanned(feed(wedge, [*keys("4006381333931"), enter(1065)])) == ["4006381333931"]
    assert wedge.feed(second) == ()
    alone = enter(1400)
    assert wedge.feed(alone) == (Replay((alone,)),)


def test_prefix_and_suffix_are_taken_off() -> None:
    """openpos-framework#2108: "*000122521" was looked for with its star."""
    wedge = Wedge(WedgeSetup(Dressing("*", "#", "{F9}")))
    assert scanned(feed(wedge, [*keys("*0109521234543213{F9}10A#"), enter(1200)])) == [f"0109521234543213{GS}10A"]


def test_a_slow_radio_scanner_is_read_with_the_gap_it_was_learned_with() -> None:
    presses = keys("4006381333931", gap_ms=60)
    end = enter(presses[-1].t_ms + 60)
    assert scanned(feed(Wedge(), [*presses, end])) == []
    assert scanned(feed(Wedge(WedgeSetup(gap_ms=100)), [*presses, end])) == ["4006381333931"]


def test_with_a_prefix_typing_is_never_held_and_short_codes_are_scans() -> None:
    wedge = Wedge(WedgeSetup(Dressing("~#")))
    assert typed(feed(wedge, keys("4006381333931"))) == "4006381333931"
    assert scanned(feed(wedge, [*keys("~#42", 3000), enter(3020)])) == ["42"]
    assert typed(feed(wedge, [*keys("~x", 4000), enter(4020)])) == "~x\r"


def test_an_endless_burst_is_cut_and_said_so() -> None:
    presses = keys("9" * (MAX_LABEL_CHARS + 500), gap_ms=1)
    actions = feed(Wedge(), [*presses, enter(presses[-1].t_ms + 1)])
    assert actions == [Scan("9" * MAX_LABEL_CHARS, presses[MAX_LABEL_CHARS + 499].t_ms, TOO_LONG)]


def test_an_aim_id_is_split_from_its_label() -> None:
    assert split_aim("]C10109521234543213") == ("]C1", "0109521234543213")
    assert split_aim("]") == (None, "]")


def presses_of_anybody() -> st.SearchStrategy[list[Key]]:
    press = st.builds(
        Key,
        st.one_of(st.characters(max_codepoint=0x2FFF), st.sampled_from(["", "\r", "\x00", "\x1b"])),
        st.integers(0, 200),
        st.integers(0, 255),
        shift=st.booleans(),
        command=st.booleans(),
        alt=st.booleans(),
        terminator=st.booleans(),
        repeat=st.booleans(),
    )
    return st.lists(press, max_size=60).map(lambda made: list(_at_rising_times(made)))


def _at_rising_times(presses: list[Key]) -> Iterator[Key]:
    now_ms = 0
    for n, key in enumerate(presses):
        now_ms += key.t_ms
        yield replace(key, t_ms=now_ms, token=n)


@given(presses_of_anybody(), st.sampled_from(["", "~", "\x02ab"]))
def test_no_key_is_lost_doubled_or_reordered(presses: list[Key], prefix: str) -> None:
    wedge = Wedge(WedgeSetup(Dressing(prefix)))
    actions = feed(wedge, presses)
    while wedge.due_ms is not None:
        actions += wedge.tick(wedge.due_ms)
    replayed = [key for action in actions if isinstance(action, Replay) for key in action.keys]
    tokens = [key.token for key in replayed if isinstance(key.token, int)]
    assert len(tokens) == len(replayed)
    assert tokens == sorted(set(tokens))
    swallowed = len(presses) - len(tokens)
    assert swallowed >= sum(len(text) for text in scanned(actions))
    if not scanned(actions):
        assert swallowed == 0
