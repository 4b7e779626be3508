"""Scanners that are neither keyboards nor serial ports: HID POS reports, a grabbed keyboard, a camera, a batch file."""

import json
import os
import random
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pos_app.devices.barcode.classify import MAX_LABEL_CHARS, classify
from pos_app.devices.barcode.commission import SHORT
from pos_app.devices.barcode.wedge import MAX_LABEL_CHARS as MAX_HELD
from pos_app.devices.barcode.wedge import Key, Replay, Scan, Wedge
from pos_app.devices.framing import MAX_LABEL_BYTES, Framer, Label, label_text
from pos_app.devices.kit import Kit
from pos_app.devices.ports import DeviceState, ScanEvent
from pos_app.devices.scanner.batch_file import BadLine, read_batch
from pos_app.devices.scanner.camera import AWAY_MS, MAX_SEEN, CameraScanner, Decoder, Sight
from pos_app.devices.scanner.evdev import EvdevScanner
from pos_app.devices.scanner.event import scan_event
from pos_app.devices.scanner.hid_reports import ReportLayout, ReportReader, report_layout
from pos_app.devices.scanner.hidpos import HidPosScanner
from pos_app.devices.scanner.pair import PAIR_MS, PairedScans, Pairing
from pos_app.devices.scanner.record import Recorded, record_scan
from pos_app.devices.scanner.same_code import command_for
from pos_app.devices.scanner.tables import CameraTable, EvdevTable, HidPosTable
from pos_app.devices.sim.port import PtyPort
from pos_app.devices.transport.ready import readable
from pos_app.devices.transport.serial_port import PortIdentity
from tests.devices.support import CLOCK, Heard, eventually, no_jitter

MILK = "4006381333931"
ELEMENTS = f"010{MILK}10ABC\x1d17271231"
VECTOR = json.loads((Path(__file__).parents[1] / "vectors" / "hidpos_report.json").read_text())


def kit() -> Kit:
    return Kit(CLOCK, no_jitter, lambda _: None)


# ── HID POS ──────────────────────────────────────────────────────────────────────────────────────


def item(tag: int, *data: int) -> bytes:
    return bytes([tag | (0, 1, 2, 3, 3)[len(data)], *data])


def descriptor(report_id: int = 2, data_bytes: int = 56, *, byte_count: bool = True) -> bytes:
    """A scanner's, with a keyboard's lights in front and another report behind: what a reader must find its way through."""
    length = item(0x04, 1) + item(0x08, 0x3B) if byte_count else item(0x04, 0x8C)
    return b"".join([
        item(0x04, 0x8C), item(0x08, 2), item(0xA0, 1),
        item(0x84, 7), item(0x74, 8), item(0x94, 4), item(0x08, 0x20), item(0x80, 2),
        item(0x08, 0x12), item(0xA0, 2), item(0x84, report_id), item(0x14, 0), item(0x24, 0xFF, 0), item(0x74, 8),
        item(0x94, 1), length, item(0x80, 2) if byte_count else item(0x80, 3),
        item(0x94, 3), item(0x04, 0x8C), item(0x08, 0xFB), item(0x08, 0xFC), item(0x08, 0xFD), item(0x80, 2),
        item(0x94, data_bytes), item(0x08, 0xFE), item(0x80, 2, 1),
        item(0x94, 2), item(0x80, 3),
        item(0x74, 1), item(0x94, 1), item(0x08, 0xFF), item(0x80, 2), item(0x94, 7), item(0x80, 3),
        item(0xC0), item(0xC0),
    ])  # fmt: skip


def reports(label: str, aim: str = "]Q1", report_id: int = 2, data_bytes: int = 56) -> list[bytes]:
    """The reports of one scan, as the vector's layout says."""
    raw = label.encode()
    parts = [raw[at : at + data_bytes] for at in range(0, len(raw), data_bytes)]
    return [
        bytes([report_id, len(part)]) + aim.encode() + part.ljust(data_bytes, b"\0") + b"s\0" + bytes([n < len(parts)])
        for n, part in enumerate(parts, start=1)
    ]


def test_the_layout_is_read_from_the_descriptor_as_the_makers_manual_has_it() -> None:
    layout = report_layout(descriptor())
    assert layout == ReportLayout(2, 1, 2, 5, 56, 63, 0)
    assert VECTOR["report_id"] == 2
    assert report_layout(descriptor(byte_count=False)) == layout


def test_a_long_label_comes_in_several_reports_and_is_one_read() -> None:
    layout = report_layout(descriptor())
    assert layout is not None
    reader = ReportReader(layout)
    label = "https://id.gs1.org/01/0" + MILK + "/10/" + "LOT" * 30
    first, *rest = reports(label)
    assert first[1] == VECTOR["example_first"]["length"]
    assert reader.feed(first) is None
    found = [framed for report in rest if (framed := reader.feed(report))]
    assert found == [Label(b"]Q1" + label.encode())]


@given(st.binary(max_size=120), st.lists(st.binary(max_size=80), max_size=10))
def test_no_descriptor_and_no_report_stops_the_reader(noise: bytes, sent: list[bytes]) -> None:
    report_layout(noise)
    layout = report_layout(descriptor())
    assert layout is not None
    reader = ReportReader(layout)
    for report in (*sent, *(b"\x02" + one for one in sent)):
        framed = reader.feed(report)
        assert framed is None or len(framed.raw) <= MAX_LABEL_BYTES + 3


class Plugged:
    """HID devices whose reports come out of a pipe; pulling the cable closes it."""

    def __init__(self) -> None:
        self.writer = -1
        self.plug_in()

    def plug_in(self) -> None:
        self.reader, self.writer = os.pipe()
        self.in_ = True

    def pull(self) -> None:
        self.in_ = False
        os.close(self.writer)

    def find(self, vid: int, pid: int, serial: str) -> bytes | None:
        return b"hidraw" if self.in_ and (vid, pid, serial) == (0x0C2E, 0x0B87, "") else None

    def open(self, path: bytes) -> "Plugged":
        assert path == b"hidraw"
        return self

    def get_report_descriptor(self) -> Sequence[int]:
        return list(descriptor())

    def read(self, max_length: int, timeout_ms: int = 0) -> Sequence[int]:

        if not readable([self.reader], timeout_ms / 1000):
            return []
        data = os.read(self.reader, 64)
        if not data:
            raise OSError("read error")
        return list(data)

    def close(self) -> None:
        os.close(self.reader)


def test_a_hid_scanner_is_heard_again_after_it_was_unplugged_in_mid_label() -> None:
    bus, heard = Plugged(), Heard()
    scanner = HidPosScanner(HidPosTable(name="hand", usb_vid=0x0C2E, usb_pid=0x0B87), kit(), bus)
    scanner.start(heard)
    for report in reports(MILK, "]E0") * 3:
        os.write(bus.writer, report)
    assert eventually(lambda: heard.has([MILK] * 3))
    assert heard.events[0].aim_id == "]E0"
    os.write(bus.writer, reports("x" * 100)[0])
    bus.pull()
    assert eventually(lambda: scanner.health.state is not DeviceState.READY)
    bus.plug_in()
    os.write(bus.writer, reports(MILK, "]E0")[0])
    assert eventually(lambda: len(heard.events) == 4, 3.0)
    assert heard.events[-1].text == MILK
    scanner.close()


# ── a grabbed keyboard ───────────────────────────────────────────────────────────────────────────

EVENT = struct.Struct("llHHi")
CODES = {**{str(n): n + 1 for n in range(1, 10)}, "0": 11, "a": 30, "-": 12}


class Pressed:
    """The kernel's event."""

    def __init__(self, raw: bytes) -> None:
        self.s, self.us, self.type, self.code, self.value = EVENT.unpack(raw)

    def timestamp(self) -> float:
        return self.s + self.us / 1e6


class Node:
    """An input device whose events come out of a pipe."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        self.grabbed = False

    def fileno(self) -> int:
        return self.reader

    def grab(self) -> None:
        self.grabbed = True

    def read(self) -> Iterator[Pressed]:
        data = os.read(self.reader, EVENT.size * 64)
        if not data:
            raise OSError(19, "No such device")
        return (Pressed(data[at : at + EVENT.size]) for at in range(0, len(data), EVENT.size))

    def close(self) -> None:
        os.close(self.reader)

    def type(self, codes: Sequence[int], at_ms: int = 1_000_000) -> None:
        for n, code in enumerate(codes):
            at_us = (at_ms + 5 * n) * 1000
            for value in (1, 0):
                os.write(self.writer, EVENT.pack(at_us // 1_000_000, at_us % 1_000_000, 1, code, value))


class Nodes:
    def __init__(self, *nodes: Node) -> None:
        self.nodes = {f"event{n}": node for n, node in enumerate(nodes)}

    def find(self, table: EvdevTable) -> Sequence[str]:
        return list(self.nodes)

    def open(self, path: str) -> Any:
        return self.nodes[path]


def test_a_grabbed_scanner_is_read_on_all_its_nodes_and_short_codes_are_codes() -> None:
    """Odoo's driver reads the first node of a scanner for ever, and knows one Enter of two."""
    first, second, heard = Node(), Node(), Heard()
    scanner = EvdevScanner(
        EvdevTable(name="counter", path="/dev/input/by-id/x", prefix="a"), kit(), Nodes(first, second)
    )
    scanner.start(heard)
    assert eventually(lambda: scanner.health.state is DeviceState.READY)
    assert first.grabbed
    assert second.grabbed
    second.type([*(CODES[char] for char in "a42"), 96])  # keypad Enter
    assert eventually(lambda: heard.has(["42"]))
    first.type([CODES[char] for char in MILK], at_ms=2_000_000)  # no terminator at all
    assert eventually(lambda: heard.has(["42", MILK]))
    os.close(first.writer)
    assert eventually(lambda: scanner.health.code == "device.lost")
    scanner.close()
    os.close(second.writer)


# ── camera ───────────────────────────────────────────────────────────────────────────────────────


def picture(text: str, form: zxingcpp.BarcodeFormat) -> Image.Image:
    """A code on the counter, as a small camera sees it."""
    canvas = Image.new("L", (640, 360), 255)
    canvas.paste(Image.fromarray(zxingcpp.create_barcode(text, form).to_image(scale=3)), (60, 60))
    return canvas


class Roll:
    """A camera that shows some pictures and is then unplugged."""

    shown: Sequence[object] = ()

    def __init__(self, path: str) -> None:
        self.left = iter(self.shown)

    def read(self) -> object | None:
        try:
            return next(self.left)
        except StopIteration:
            raise OSError("the camera sends no picture") from None

    def close(self) -> None:
        """Nothing to give back."""


def test_a_code_under_the_camera_counts_once_while_it_lies_there() -> None:
    milk = picture(MILK, zxingcpp.BarcodeFormat.EAN13)
    blank = Image.new("L", (640, 360), 255)

    class OneSale(Roll):
        shown = (milk, milk, blank, milk, None)

    heard = Heard()
    scanner = CameraScanner(CameraTable(name="overhead", path="/dev/video0"), kit(), OneSale)  # type: ignore[arg-type]
    scanner.start(heard)
    assert eventually(lambda: scanner.health.state is DeviceState.FAULT)
    scanner.close()
    assert [event.label for event in heard.events] == ["]E0" + MILK]


def test_the_camera_hands_over_bytes_not_the_text_for_people() -> None:
    """The decoder's text of a GS1 symbol has brackets around its identifiers; its bytes have what the symbol holds."""
    url = f"https://id.gs1.org/01/0{MILK}"
    assert list(Decoder().labels(picture(url, zxingcpp.BarcodeFormat.QRCode))) == [b"]Q1" + url.encode()]


def test_a_code_counts_again_once_it_was_away() -> None:
    sight = Sight()
    assert [sight.new(b"a", at) for at in (0, 40, 80, 80 + AWAY_MS, 81 + 2 * AWAY_MS)] == [
        True,
        False,
        False,
        False,
        True,
    ]
    for n in range(5 * MAX_SEEN):
        sight.new(b"%d" % n, n)
    assert len(sight._last_ms) <= MAX_SEEN


# ── a batch scanner's file ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_batch_file_gives_codes_and_counts_and_says_what_it_cannot_read(mark: str) -> None:
    rows = ["code,count", MILK + ",3", "2026-11-27,08:15,4012345678901,2", "", "hello world", MILK + ",-4", "96385074"]
    batch = read_batch("\r\n".join(row.replace(",", mark) for row in rows).encode())
    assert [(line.number, line.label, line.count) for line in batch.lines] == [
        (2, MILK, 3), (3, "4012345678901", 2), (7, "96385074", 1),
    ]  # fmt: skip
    assert [(bad.number, bad.code) for bad in batch.bad] == [(5, "batch.not_a_code"), (6, "batch.bad_count")]


def test_a_file_that_is_no_list_is_refused_whole() -> None:
    assert read_batch(b"9" * 5_000_001).bad == (BadLine(0, "batch.too_large", ""),)


@given(st.binary(max_size=300))
def test_no_file_stops_the_import(data: bytes) -> None:
    batch = read_batch(data)
    lines = len(label_text(data).replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    assert len(batch.lines) + len(batch.bad) <= lines


# ── two symbols of one unit ──────────────────────────────────────────────────────────────────────


def test_the_two_symbols_of_one_unit_in_one_sweep_are_told_as_a_pair() -> None:
    seen: list[bool] = []
    sink = PairedScans(lambda event: seen.append(event.pairs_with_last))

    def read(label: str, at_ms: int, source: str = "imager") -> None:
        sink(ScanEvent(label.encode(), None, label, source, at_ms))

    read(MILK, 0)
    read("]d2" + ELEMENTS, PAIR_MS)
    assert seen == [False, True]
    read("]d2" + ELEMENTS, 2 * PAIR_MS)  # a third read is another unit
    read(MILK, 3 * PAIR_MS, "another scanner")
    assert seen[2:] == [False, False]


def test_three_cans_at_ten_scans_a_second_are_three() -> None:
    pairing = Pairing()
    assert [pairing.second(MILK, 100 * n) for n in range(3)] == [False] * 3
    assert not pairing.second("]d2" + ELEMENTS, 200 + PAIR_MS + 1)
    assert not pairing.second("]E04012345678901", 201 + PAIR_MS)


# ── a scanner's own time-out ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "said"), [(b"\x06.", "good.same_code_set"), (b"\x15.", "scanner.same_code_refused"), (b"", "")]
)
def test_the_scanners_own_time_out_is_set_while_it_is_learned(tmp_path: Path, answer: bytes, said: str) -> None:
    heard = bytearray()

    def obey(data: bytes) -> None:
        heard.extend(data)
        if answer and heard.endswith(b"."):
            line.send(b"DLYRRD300" + answer)

    with PtyPort(obey, tmp_path / "scanner") as line:
        port = PortIdentity(line.path, usb_vid=0x0C2E)
        listening = lambda: line.send(SHORT.encode() + b"\r")  # noqa: E731
        recorded = record_scan(port, 9600, CLOCK, 5_000, Event(), listening)
    assert recorded == Recorded(SHORT.encode() + b"\r", said)
    assert bytes(heard) == b"\x16M\rDLYRRD300."


def test_a_scanner_of_a_maker_without_a_command_is_sent_nothing() -> None:
    assert command_for(0x05E0) == b""


# ── hostile ──────────────────────────────────────────────────────────────────────────────────────


def test_100_000_hostile_scans_raise_nothing_press_nothing_and_stay_bounded() -> None:
    """Random bytes, controls, lengths and bursts: no exception, no hot key, bounded length."""
    chance = random.Random(22)
    framer, wedge = Framer(), Wedge()
    parts = [b"\x1d", b"01", b"10", b"]C1", b"]d2", b"\x02", b"\x03", b"\r", b"\n", b"https://", MILK.encode(), b"\x00",
             b"\x1b[24~", b"F12", "é€\U0001f600".encode(), b"(", b")", b"%n", b"{GS}", b"\xff"]  # fmt: skip
    at_ms, typed = 0, 0
    for _ in range(100_000):
        raw = b"".join(chance.choices(parts, k=chance.randrange(1, 6)))
        for framed in framer.feed(raw + b"\r"):
            event = scan_event(framed, "hostile", at_ms)
            assert len(event.raw) <= MAX_LABEL_BYTES
            if not event.problem:
                assert len(classify(event.label).text) <= MAX_LABEL_CHARS
        at_ms += 300
        for n, char in enumerate(label_text(raw)):
            command = char < " " and char != "\x1d"
            key = Key(char, at_ms + 4 * n, command=command, terminator=char in "\r\t", token=n)
            for action in wedge.feed(key):
                if isinstance(action, Scan):
                    assert 0 < len(action.text) <= MAX_HELD
                elif isinstance(action, Replay):
                    typed += len(action.keys)
        assert len(wedge._held) <= MAX_HELD
    assert typed  # short bursts and commands of a person still get through
