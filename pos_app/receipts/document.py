"""A document for paper of any width: its parts, and how `rows` breaks it into lines of one width. No printer, no screen.

Amounts stand in a column at the right edge. Text is made safe here: control and direction characters of names never leave
this module.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

MAX_NAME_CHARS = 200
MAX_NAME_LINES = 3
MIN_LEFT_COLUMNS = 8
ELLIPSIS = "…"
ZERO_WIDTH_JOINERS = "\u200c\u200d"  # Persian and Indic spelling needs them; every other format character goes


class Align(StrEnum):
    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


class Size(StrEnum):
    NORMAL = "normal"
    TALL = "tall"  # twice as high
    LARGE = "large"  # twice as high and twice as wide


@dataclass(frozen=True)
class Text:
    """A paragraph; too long for the paper, it is wrapped at spaces."""

    text: str
    align: Align = Align.LEFT
    bold: bool = False
    size: Size = Size.NORMAL


@dataclass(frozen=True)
class Columns:
    """Something at the left and its amount at the right edge; the left wraps, the right never does."""

    left: str
    right: str
    bold: bool = False
    size: Size = Size.NORMAL


@dataclass(frozen=True)
class Table:
    """Lines of cells, all of one length: the first column to the left, the others to the right, equally wide if they can.

    Too wide for the paper, its figures stand below one another.
    """

    lines: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Rule:
    """A line across the paper."""

    char: str = "─"


@dataclass(frozen=True)
class Gap:
    """Empty paper, `lines` lines of it."""

    lines: int = 1


@dataclass(frozen=True)
class Qr:
    """A QR code in the middle of the paper."""

    data: str


@dataclass(frozen=True)
class Barcode:
    """A linear bar code in the middle of the paper, its text below. `kind`: ean13, ean8 or code128."""

    data: str
    kind: str = "code128"


@dataclass(frozen=True)
class Logo:
    """A picture file, as wide as the paper allows. One that cannot be read is left out."""

    path: str


Drawn = Qr | Barcode | Logo
Element = Text | Columns | Table | Rule | Gap | Drawn


@dataclass(frozen=True)
class ReceiptDocument:
    """What is printed, from top to bottom, for paper of any width. A cut follows.

    `mirrored`: written from right to left; what is said stands at the right edge, amounts at the left.
    """

    elements: tuple[Element, ...]
    mirrored: bool = False


@dataclass(frozen=True)
class Row:
    """One printed line: `left` from its edge and `right` to its edge fit the width together, counted in columns.

    `cells` of a table's line are (text, column it ends at), the first from its edge, the others to where they end;
    `left` is the same laid out in characters.
    """

    left: str
    right: str = ""
    align: Align = Align.LEFT
    bold: bool = False
    size: Size = Size.NORMAL
    cells: tuple[tuple[str, int], ...] = ()


def rows(document: ReceiptDocument, columns: int) -> Iterator[Row | Drawn]:
    """The document as lines of `columns` narrow characters. Large text counts double."""
    for element in document.elements:
        match element:
            case Text():
                yield from _text_rows(element, columns)
            case Columns():
                yield from _column_rows(element, columns)
            case Table():
                yield from _table_rows(element, columns)
            case Rule():
                yield Row(element.char * columns)
            case Gap():
                yield from (Row("") for _ in range(element.lines))
            case Qr():
                yield Qr(safe(element.data))
            case Barcode():
                yield Barcode(safe(element.data), element.kind)
            case Logo():
                yield element


def safe(text: str) -> str:
    """`text` without control, direction and private characters; white space becomes one space where it stood."""
    cleaned = "".join(" " if c.isspace() else c if _printable(c) else "" for c in text)
    return unicodedata.normalize("NFC", cleaned)


def width(text: str) -> int:
    """How many columns `text` takes: East Asian wide characters two, combining marks none."""
    return sum(0 if _sits_on_another(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def wrap(text: str, columns: int, max_lines: int = MAX_NAME_LINES) -> list[str]:
    """Lines of at most `columns`, broken at spaces where there are any; more than `max_lines` end in "…"."""
    lines: list[str] = []
    rest = text.rstrip()
    while rest and len(lines) < max_lines:
        line = _fitting(rest, columns)
        if len(line) < len(rest) and (at := line.rfind(" ")) > 0 and line[:at].strip() and rest[len(line)] != " ":
            line = line[:at]
        lines.append(line.rstrip())
        rest = rest[len(line) :].strip()
    if rest and lines:
        lines[-1] = _fitting(lines[-1], columns - 1) + ELLIPSIS
    return lines or [""]


def _text_rows(text: Text, columns: int) -> Iterator[Row]:
    size = text.size
    clean = safe(text.text)
    if size is Size.LARGE and width(clean) * 2 > columns:
        size = Size.TALL
    scale = 2 if size is Size.LARGE else 1
    for line in wrap(clean, columns // scale):
        yield Row(line, align=text.align, bold=text.bold, size=size)


def _column_rows(pair: Columns, columns: int) -> Iterator[Row]:
    left, right = safe(pair.left), safe(pair.right)
    if pair.size is Size.LARGE and 2 * (width(left) + width(right) + 1) > columns:
        yield from _column_rows(replace(pair, size=Size.TALL), columns)
        return
    room = columns // (2 if pair.size is Size.LARGE else 1)
    left_room = room - width(right) - 1 if right else room
    if left_room < MIN_LEFT_COLUMNS and width(left) > left_room:
        yield from (Row(line, bold=pair.bold, size=pair.size) for line in wrap(left, room))
        yield Row("", _fitting(right, room), bold=pair.bold, size=pair.size)
        return
    first, *more = wrap(left, left_room)
    yield Row(first, right, bold=pair.bold, size=pair.size)
    yield from (Row(line, bold=pair.bold, size=pair.size) for line in more)


def _table_rows(table: Table, columns: int) -> Iterator[Row]:
    lines = [tuple(safe(cell) for cell in line) for line in table.lines]
    label = max(width(line[0]) for line in lines)
    needed = [max(width(cell) + 1 for cell in column) for column in list(zip(*lines, strict=True))[1:]]
    others = len(needed)
    wide = max(*needed, min(columns // (others + 1), (columns - label) // others))
    widths = [wide] * others if label + others * wide <= columns else needed
    room = columns - sum(widths)
    if label > room:
        yield from _stacked(lines, columns)
        return
    ends = [room + sum(widths[: n + 1]) for n in range(others)]
    for first, *figures in lines:
        text = _pad(first, room) + "".join(map(_pad_left, figures, widths))
        yield Row(text, cells=((first, room), *zip(figures, ends, strict=True)))


def _stacked(lines: list[tuple[str, ...]], columns: int) -> Iterator[Row]:
    """A table too wide for the paper, one figure a line: no amount is ever cut."""
    head, *rest = lines
    for first, *figures in rest:
        yield from (Row(line) for line in wrap(first, columns))
        for heading, figure in zip(head[1:], figures, strict=True):
            yield from _column_rows(Columns(f"  {heading}", figure), columns)


def _pad(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


def _pad_left(text: str, columns: int) -> str:
    return " " * (columns - width(text)) + text


def _fitting(text: str, columns: int) -> str:
    """As much of the start of `text` as fits."""
    taken = 0
    for n, char in enumerate(text):
        taken += width(char)
        if taken > columns:
            return text[:n]
    return text


def _printable(char: str) -> bool:
    return char in ZERO_WIDTH_JOINERS or unicodedata.category(char) not in {"Cc", "Cf", "Co", "Cs", "Cn"}


def _sits_on_another(char: str) -> bool:
    return unicodedata.category(char) in {"Mn", "Me", "Cf"}
