"""Bar codes in HID POS input reports (usage page 0x8C). No I/O, no clock.

The report descriptor says where each part of a report is; makers differ. Usages are those of the USB "HID Point of Sale
Usage Tables" 1.02: symbology identifier 0xFB to 0xFD (the AIM id), decoded data 0xFE, decode data continued 0xFF; the
length is Generic Desktop's byte count (0x3B), or the field in front of the AIM id that has no usage of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pos_app.devices.framing import MAX_LABEL_BYTES, SHOWN_BYTES, TOO_LONG, Framed, Label, Unreadable, label_trouble

SCANNER_PAGE = 0x8C
AIM_USAGES = (0xFB, 0xFC, 0xFD)
DATA, CONTINUED = 0xFE, 0xFF
DESKTOP_PAGE, BYTE_COUNT = 0x01, 0x3B
MAX_ITEMS = 2000
MAX_FIELD_COUNT, MAX_FIELD_BITS, MAX_PUSHED = 4096, 64, 16
_ENDS_LOCALS = frozenset({0x80, 0x90, 0xA0, 0xB0, 0xC0})
_LONG_ITEM = 0xFE
_CONSTANT = 1


@dataclass(frozen=True, slots=True)
class ReportLayout:
    """Offsets in bytes from the beginning of the report, its id included when it has one (`report_id` 0: none)."""

    report_id: int
    length_at: int | None
    aim_at: int | None
    data_at: int
    data_bytes: int
    continued_at: int | None
    continued_bit: int = 0


@dataclass
class _State:
    page: int = 0
    size: int = 0
    count: int = 0
    report_id: int = 0
    usages: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def take(self, tag: int, size: int, value: int) -> None:
        match tag:
            case 0x04:
                self.page = value
            case 0x74:
                self.size = min(value, MAX_FIELD_BITS)
            case 0x94:
                self.count = min(value, MAX_FIELD_COUNT)
            case 0x84:
                self.report_id = value & 0xFF
            case 0x08:
                self.usages.append((value >> 16, value & 0xFFFF) if size == 4 else (self.page, value))
            case _:
                pass


def report_layout(descriptor: bytes) -> ReportLayout | None:
    """Where a scanned label stands, or None when the device is no HID POS scanner."""
    found: dict[int, dict[tuple[int, int], tuple[int, int]]] = {}
    at: dict[int, int] = {}
    for state, constant in _inputs(descriptor):
        fields = found.setdefault(state.report_id, {})
        bit = at.setdefault(state.report_id, 8 if state.report_id else 0)
        if constant or not state.usages:
            fields.setdefault((0, 0), (bit, state.size * state.count))
        elif len(state.usages) == 1:
            fields.setdefault(state.usages[0], (bit, state.size * state.count))
        else:
            for n, usage in enumerate(state.usages[: state.count]):
                fields.setdefault(usage, (bit + n * state.size, state.size))
        at[state.report_id] = bit + state.size * state.count
    for report_id, fields in found.items():
        layout = _layout(report_id, fields)
        if layout:
            return layout
    return None


def _layout(report_id: int, fields: dict[tuple[int, int], tuple[int, int]]) -> ReportLayout | None:
    data = fields.get((SCANNER_PAGE, DATA))
    if data is None or data[0] % 8 or data[1] < 8:
        return None
    aim = fields.get((SCANNER_PAGE, AIM_USAGES[0]))
    continued = fields.get((SCANNER_PAGE, CONTINUED))
    length = fields.get((DESKTOP_PAGE, BYTE_COUNT))
    if length is None:
        nameless = fields.get((0, 0))
        length = nameless if nameless and nameless[1] == 8 and nameless[0] < data[0] else None
    return ReportLayout(
        report_id,
        length[0] // 8 if length else None,
        aim[0] // 8 if aim else None,
        data[0] // 8,
        data[1] // 8,
        continued[0] // 8 if continued else None,
        continued[0] % 8 if continued else 0,
    )


def _inputs(descriptor: bytes) -> Iterator[tuple[_State, bool]]:
    """The state at each Input item, and whether it is padding. Sizes are bounded."""
    state, pushed = _State(), list[tuple[int, int, int, int]]()
    for tag, size, value in _items(descriptor):
        if tag == 0x80:
            yield state, bool(value & _CONSTANT)
        elif tag == 0xA4 and len(pushed) < MAX_PUSHED:
            pushed.append((state.page, state.size, state.count, state.report_id))
        elif tag == 0xB4 and pushed:
            state.page, state.size, state.count, state.report_id = pushed.pop()
        else:
            state.take(tag, size, value)
        if tag in _ENDS_LOCALS:
            state.usages.clear()


def _items(descriptor: bytes) -> Iterator[tuple[int, int, int]]:
    """(tag and type, bytes of data, data) of each short item; a cut descriptor ends quietly."""
    at = 0
    for _ in range(MAX_ITEMS):
        if at >= len(descriptor):
            return
        head = descriptor[at]
        if head == _LONG_ITEM:
            at += 3 + (descriptor[at + 1] if at + 1 < len(descriptor) else 0)
            continue
        size = (0, 1, 2, 4)[head & 3]
        yield head & 0xFC, size, int.from_bytes(descriptor[at + 1 : at + 1 + size], "little")
        at += 1 + size


class ReportReader:
    """Puts continued reports together. Never holds more than MAX_LABEL_BYTES."""

    def __init__(self, layout: ReportLayout) -> None:
        self._layout = layout
        self._aim = b""
        self._bytes = bytearray()
        self._length = 0

    def feed(self, report: bytes) -> Framed | None:
        """The label a report completes, its AIM id in front. Other reports and cut ones are none."""
        layout = self._layout
        if layout.report_id and report[:1] != bytes([layout.report_id]):
            return None
        if len(report) <= layout.data_at:
            return None
        data = report[layout.data_at : layout.data_at + layout.data_bytes]
        data = data.rstrip(b"\0") if layout.length_at is None else data[: report[layout.length_at]]
        if not self._length and layout.aim_at is not None:
            aim = report[layout.aim_at : layout.aim_at + 3]
            self._aim = aim if aim[:1] == b"]" else b""
        self._length += len(data)
        self._bytes += data[: MAX_LABEL_BYTES - len(self._bytes)]
        if self._goes_on(report):
            return None
        return self._finish()

    def _goes_on(self, report: bytes) -> bool:
        at = self._layout.continued_at
        return at is not None and at < len(report) and bool(report[at] >> self._layout.continued_bit & 1)

    def _finish(self) -> Framed | None:
        raw, length = self._aim + bytes(self._bytes), self._length
        self._aim, self._length = b"", 0
        self._bytes.clear()
        if not length:
            return None
        code = TOO_LONG if length > MAX_LABEL_BYTES else label_trouble(raw)
        return Unreadable(code, raw[:SHOWN_BYTES], length) if code else Label(raw)
