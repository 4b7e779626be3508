"""How wide words are on a label, before anybody has a font: for breaking a name into lines and choosing sizes.

Widths are thousandths of the letter's height, of the widest face that prints them (Inter SemiBold, the PDF's). The
letters of label printers are narrower, so what fits here fits on paper. Renderers draw smaller what would not fit.
"""

from collections.abc import Iterator
from types import MappingProxyType
from unicodedata import bidirectional, east_asian_width

from pos_app.receipts.document import ELLIPSIS, safe

_CLASSES = (
    (300, "ijlI !,.:·;’'"), (390, "t`|()[]/\\frJ"), (480, "{}-_^"), (580, "*?sakxzLcv\""), (620, "eyFhnouEbdpqg£"),
    (680, "0123456789PRSZBT&+<=>~×€$#ß"), (780, "KYDXAVCUGHNOQ"), (920, "wmM…"), (1010, "%@W"),
)  # fmt: skip
_WIDTHS = MappingProxyType({char: width for width, chars in reversed(_CLASSES) for char in chars})
_OTHER, _RIGHT_TO_LEFT, _WIDE = 760, 620, 1_050


def ems(text: str) -> int:
    """Thousandths of the letter's height."""
    return sum(_WIDTHS.get(char) or _width_by_script(char) for char in text)


def width_of(text: str, size: int) -> int:
    """In the unit of `size`."""
    return -(-ems(text) * size // 1_000)


def is_right_to_left(text: str) -> bool:
    """True when its first letter belongs to a script that is read from the right."""
    first = next((kind for char in text if (kind := bidirectional(char)) in {"L", "R", "AL"}), "L")
    return first != "L"


def largest(text: str, room: int, most: int, least: int) -> int:
    """The largest size from `most` down to `least` at which `text` is no wider than `room`."""
    wide = ems(text)
    return most if wide * most <= room * 1_000 else max(least, room * 1_000 // wide)


def lines(text: str, room: int, size: int, max_lines: int) -> tuple[str, ...]:
    """Lines no wider than `room`, broken at spaces where there are any; what is left over ends in "…"."""
    made = list(_broken(safe(text).strip(), room, size))
    if len(made) > max_lines:
        made = made[:max_lines]
        made[-1] = _start_of(made[-1], room - width_of(ELLIPSIS, size), size).rstrip() + ELLIPSIS
    return tuple(made)


def best_lines(text: str, room: int, sizes: tuple[int, ...], max_lines: int) -> tuple[tuple[str, ...], int]:
    """The largest of `sizes` at which all of `text` stands in `max_lines`, and its lines; at the smallest it is cut."""
    for size in sizes:
        made = lines(text, room, size, max_lines + 1)
        if len(made) <= max_lines:
            return made, size
    return lines(text, room, sizes[-1], max_lines), sizes[-1]


def _broken(text: str, room: int, size: int) -> Iterator[str]:
    rest = text
    while rest:
        line = _start_of(rest, room, size) or rest[0]
        if len(line) < len(rest) and rest[len(line)] != " " and (at := line.rfind(" ")) > 0:
            line = line[:at]
        yield line.rstrip()
        rest = rest[len(line) :].lstrip()


def _width_by_script(char: str) -> int:
    if east_asian_width(char) in "WF":
        return _WIDE
    kind = bidirectional(char)
    return 0 if kind == "NSM" else _RIGHT_TO_LEFT if kind in {"R", "AL"} else _OTHER


def _start_of(text: str, room: int, size: int) -> str:
    """As much of the start of `text` as fits."""
    taken = 0
    for n, char in enumerate(text):
        taken += ems(char) * size
        if taken > room * 1_000:
            return text[:n]
    return text
