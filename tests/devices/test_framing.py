"""However a serial port cuts the bytes, the same labels come out, and nothing a scanner sends does harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.devices.framing import (
    BINARY,
    CUT_OFF,
    MAX_LABEL_BYTES,
    SHOWN_BYTES,
    TOO_LONG,
    UNFRAMED,
    Framed,
    Framer,
    Framing,
    Label,
    Unreadable,
    label_text,
)
from pos_app.devices.scanner.event import scan_event

MILK = b"4006381333931"
SCANNER_BYTES = st.one_of(st.binary(max_size=300), st.lists(st.sampled_from([MILK, b"\r", b"\n", b"\x02", b"\x03", b"\x1d"])).map(b"".join))  # fmt: skip


def framed(data: bytes, framing: Framing = Framing.LINES) -> list[Framed]:
    return Framer(framing).feed(data)


@pytest.mark.parametrize("suffix", [b"\r", b"\n", b"\r\n"])
def test_any_line_end_ends_a_label(suffix: bytes) -> None:
    assert framed((MILK + suffix) * 3) == [Label(MILK)] * 3


def test_an_unfinished_label_waits() -> None:
    framer = Framer()
    assert framer.feed(b"40063813") == []
    assert framer.feed(b"33931\r") == [Label(MILK)]


def test_line_ends_may_be_part_of_an_enclosed_label() -> None:
    assert framed(b"\x02a\r\nb\x03\r\n\x02c\x03", Framing.STX_ETX) == [Label(b"a\r\nb"), Label(b"c")]


def test_a_scanner_that_sends_no_frame_is_noticed() -> None:
    assert framed(MILK + b"\r", Framing.STX_ETX) == [Unreadable(UNFRAMED, MILK, 13)]


def test_a_frame_that_never_ended_is_noticed() -> None:
    assert framed(b"\x0240063\x02" + MILK + b"\x03", Framing.STX_ETX) == [
        Unreadable(CUT_OFF, b"40063", 5),
        Label(MILK),
    ]


def test_a_label_without_an_end_is_bounded_and_said() -> None:
    found = framed(b"9" * (MAX_LABEL_BYTES + 1) + b"\r" + MILK + b"\r")
    assert found == [Unreadable(TOO_LONG, b"9" * SHOWN_BYTES, MAX_LABEL_BYTES + 1), Label(MILK)]


def test_control_bytes_make_a_label_binary_but_group_separators_do_not() -> None:
    assert framed(b"a\x00b\r") == [Unreadable(BINARY, b"a\x00b", 3)]
    assert framed(b"0109521234543213\x1d10AB\r") == [Label(b"0109521234543213\x1d10AB")]


def test_a_label_cut_off_by_unplugging_is_forgotten() -> None:
    framer = Framer()
    framer.feed(b"40063")
    framer.reset()
    assert framer.feed(MILK + b"\r") == [Label(MILK)]


def test_text_is_utf8_or_one_character_a_byte() -> None:
    assert label_text("Käse".encode()) == "Käse"
    assert label_text(b"K\xe4se") == "Käse"


def test_an_event_tells_aim_id_and_trouble() -> None:
    event = scan_event(Label(b"]E0" + MILK), "counter", 7)
    assert (event.aim_id, event.text, event.raw, event.problem) == ("]E0", MILK.decode(), b"]E0" + MILK, "")
    assert scan_event(Unreadable(BINARY, b"\x00", 1), "counter", 7).problem == BINARY


@given(SCANNER_BYTES, st.lists(st.integers(0, 300), max_size=8), st.sampled_from(Framing))
def test_any_chunking_gives_the_same_labels(data: bytes, cuts: list[int], framing: Framing) -> None:
    framer, pieces, start = Framer(framing), list[Framed](), 0
    for cut in [*sorted(cut for cut in cuts if cut <= len(data)), len(data)]:
        pieces += framer.feed(data[start:cut])
        start = cut
    assert pieces == framed(data, framing)


@given(st.lists(st.binary(min_size=1, max_size=40).filter(lambda raw: min(raw) >= 0x20 and 0x7F not in raw)))
def test_every_label_of_plain_bytes_arrives_unchanged_and_in_order(labels: list[bytes]) -> None:
    assert framed(b"".join(label + b"\r" for label in labels)) == [Label(label) for label in labels]
    enclosed = b"".join(b"\x02" + label + b"\x03" for label in labels)
    assert framed(enclosed, Framing.STX_ETX) == [Label(label) for label in labels]


@given(st.binary(max_size=2000), st.sampled_from(Framing))
def test_a_hostile_scanner_makes_only_bounded_labels(data: bytes, framing: Framing) -> None:
    for found in framed(data + b"\r\x03", framing):
        assert 0 < len(found.raw) <= MAX_LABEL_BYTES
        event = scan_event(found, "counter", 0)
        assert isinstance(event.text, str)
