"""The file of a batch scanner: what was scanned on the shop floor, read at once. Pure.

One code a line, with an optional count behind a comma, semicolon or tab; other columns (date, time, user) are left
alone. The code is the first column that reads like one. What cannot be read is told with its line, and nothing is lost
silently: the caller shows both lists before anything is booked.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

from pos_app.devices.barcode.classify import MAX_LABEL_CHARS, NO_RULES, CodeRules, classify
from pos_app.devices.framing import label_text
from retail_core.domain.scanned import CodeKind, Scanned

MAX_BYTES = 5_000_000
MAX_LINES = 50_000
MAX_COUNT = 9_999
MAX_COLUMNS, CODE_AND_COUNT = 20, 2
DELIMITERS = "\t;,"
NO_CODES = frozenset({CodeKind.UNKNOWN, CodeKind.SKU})
TOO_LARGE, NOT_A_CODE, BAD_COUNT = "batch.too_large", "batch.not_a_code", "batch.bad_count"


@dataclass(frozen=True, slots=True)
class BatchLine:
    """Line number from 1, the code as it was scanned, what it means, and how many."""

    number: int
    label: str
    scanned: Scanned
    count: int


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that could not be used, and why."""

    number: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Batch:
    lines: tuple[BatchLine, ...]
    bad: tuple[BadLine, ...]


def read_batch(data: bytes, rules: CodeRules = NO_RULES) -> Batch:
    """Every line of a file of at most MAX_BYTES; never raises."""
    if len(data) > MAX_BYTES:
        return Batch((), (BadLine(0, TOO_LARGE, ""),))
    text = label_text(data.removeprefix(b"\xef\xbb\xbf"))
    good: list[BatchLine] = []
    bad: list[BadLine] = []
    for number, row in _rows(text):
        if number > MAX_LINES:
            bad.append(BadLine(number, TOO_LARGE, ""))
            break
        if number == 1 and _is_header(row):
            continue
        line = _line(number, row, rules)
        if isinstance(line, BatchLine):
            good.append(line)
        elif line is not None:
            bad.append(line)
    return Batch(tuple(good), tuple(bad))


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        delimiter = next((mark for mark in DELIMITERS if mark in line), ",")
        try:
            yield number, next(csv.reader(StringIO(line), delimiter=delimiter), list[str]())
        except csv.Error:
            yield number, [line]


def _line(number: int, row: list[str], rules: CodeRules) -> BatchLine | BadLine | None:
    cells = [cell.strip()[:MAX_LABEL_CHARS] for cell in row[:MAX_COLUMNS]]
    if not any(cells):
        return None
    meanings = [classify(cell, rules) for cell in cells]
    at = next((n for n, one in enumerate(meanings) if one.kind not in NO_CODES), None)
    if at is None and len(cells) <= CODE_AND_COUNT and meanings[0].kind is CodeKind.SKU:
        at = 0  # a number of the shop's own: only where nothing else can stand
    shown = ",".join(cells)[:60]
    if at is None:
        return BadLine(number, NOT_A_CODE, shown)
    count = _count(cells[at + 1 :])
    return BatchLine(number, cells[at], meanings[at], count) if count else BadLine(number, BAD_COUNT, shown)


def _count(cells: list[str]) -> int:
    """The number right behind the code; 1 when there is none, 0 when it is no count."""
    if not cells or not cells[0]:
        return 1
    if cells[0].isascii() and cells[0].isdigit():
        return int(cells[0]) if 0 < int(cells[0][:9]) <= MAX_COUNT else 0
    return 0 if cells[0].lstrip("-+").replace(".", "", 1).isdigit() else 1


def _is_header(row: list[str]) -> bool:
    return not any(char.isdigit() for cell in row for char in cell)
