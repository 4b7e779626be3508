"""In which direction each character of a line is read, after Unicode's bidirectional algorithm (UAX #9). No I/O.

Rules W1 to W7, N0 to N2, I1, I2, L1 and L2 for one line; there is nothing explicit to follow, because `document.safe` takes
direction characters out of names. So "صندوق T1" keeps its T1, and a receipt's number is never torn apart.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

BRACKETS = {"(": ")", "[": "]", "{": "}"}
NEUTRAL = frozenset({"B", "S", "WS", "ON"})
NUMBERS = frozenset({"EN", "AN"})
T = TypeVar("T")


def base_level(text: str) -> int:
    """0 for a line read from the left, 1 from the right: as its first letter is; from the left when it has none."""
    first = next((kind for kind in map(unicodedata.bidirectional, text) if kind in {"L", "R", "AL"}), "L")
    return int(first != "L")


def levels(text: str, base: int | None = None) -> list[int]:
    """The level of each character: even is read from the left, odd from the right. `base` None: `base_level`."""
    level = base_level(text) if base is None else base
    kinds = _neutrals(text, _weak([unicodedata.bidirectional(char) for char in text], level), level)
    made = [_level(kind, level) for kind in kinds]
    for at in range(len(text) - 1, -1, -1):  # L1: what is empty at the end has the line's own direction
        if not text[at].isspace():
            break
        made[at] = level
    return made


def in_visual_order(pieces: Iterable[T], level_of: Callable[[T], int]) -> list[T]:
    """L2: pieces of one level each, from left to right."""
    ordered = list(pieces)
    for level in range(max(map(level_of, ordered), default=0), 0, -1):
        start = 0
        while start < len(ordered):
            end = start
            while end < len(ordered) and level_of(ordered[end]) >= level:
                end += 1
            ordered[start:end] = ordered[start:end][::-1]
            start = max(end, start + 1)
    return ordered


def _strong(level: int) -> str:
    return "R" if level % 2 else "L"


def _level(kind: str, base: int) -> int:
    """I1 and I2."""
    if base % 2:
        return base + (kind != "R")
    return base + {"L": 0, "R": 1}.get(kind, 2)


# ── numbers, marks and the signs between them (W1 to W7) ─────────────────────────────────────────


def _weak(kinds: list[str], base: int) -> list[str]:
    before, letter = _strong(base), _strong(base)
    for at, kind in enumerate(kinds):
        if kind in {"NSM", "BN", ""}:  # a mark or a joiner belongs to what it sits on
            kinds[at] = before
        if kinds[at] in {"L", "R", "AL"}:
            letter = kinds[at]
        elif kinds[at] == "EN" and letter == "AL":
            kinds[at] = "AN"
        before = kinds[at]
    _separators(kinds)
    _beside_numbers(kinds)
    letter = _strong(base)
    for at, kind in enumerate(kinds):
        if kind in {"L", "R", "AL"}:
            letter = kind
        if kind in {"ES", "ET", "CS"}:
            kinds[at] = "ON"
        elif kind == "EN" and letter == "L":
            kinds[at] = "L"
        elif kind == "AL":
            kinds[at] = "R"
    return kinds


def _separators(kinds: list[str]) -> None:
    """W4: the point of 1.19, the colon of 14:09."""
    for at in range(1, len(kinds) - 1):
        before, kind, after = kinds[at - 1 : at + 2]
        if before == after and (kind, before) in {("ES", "EN"), ("CS", "EN"), ("CS", "AN")}:
            kinds[at] = before


def _beside_numbers(kinds: list[str]) -> None:
    """W5: the % of 3%."""
    at = 0
    while at < len(kinds):
        end = _end(kinds, at, {"ET"})
        if end > at and "EN" in (kinds[at - 1 : at] + kinds[end : end + 1]):
            kinds[at:end] = ["EN"] * (end - at)
        at = max(end, at + 1)


# ── spaces, signs and brackets (N0 to N2) ────────────────────────────────────────────────────────


def _neutrals(text: str, kinds: list[str], base: int) -> list[str]:
    for start, end in _pairs(text, kinds):
        inside = {_side(kind) for kind in kinds[start + 1 : end]} - {""}
        if _strong(base) in inside:
            kinds[start] = kinds[end] = _strong(base)
        elif inside:
            before = next((_side(kind) for kind in reversed(kinds[:start]) if _side(kind)), _strong(base))
            kinds[start] = kinds[end] = before  # the other direction's, unless the line's own came before
    at = 0
    while at < len(kinds):
        end = _end(kinds, at, NEUTRAL)
        if end > at:
            left = _side(kinds[at - 1]) if at else _strong(base)
            right = _side(kinds[end]) if end < len(kinds) else _strong(base)
            kinds[at:end] = [left if left == right else _strong(base)] * (end - at)
        at = max(end, at + 1)
    return kinds


def _pairs(text: str, kinds: Sequence[str]) -> list[tuple[int, int]]:
    """Brackets that belong together, by where they open."""
    waiting: list[tuple[int, str]] = []
    found: list[tuple[int, int]] = []
    for at, char in enumerate(text):
        if kinds[at] not in NEUTRAL:
            continue
        if char in BRACKETS:
            waiting.append((at, BRACKETS[char]))
        elif char in BRACKETS.values() and any(closer == char for _, closer in waiting):
            while waiting:
                start, closer = waiting.pop()
                if closer == char:
                    found.append((start, at))
                    break
    return sorted(found)


def _side(kind: str) -> str:
    """ "L" or "R" for what has a direction; numbers count as read from the right."""
    return "R" if kind == "R" or kind in NUMBERS else "L" if kind == "L" else ""


def _end(kinds: Sequence[str], start: int, wanted: Iterable[str]) -> int:
    """Where the stretch of `wanted` kinds that begins at `start` ends."""
    end = start
    while end < len(kinds) and kinds[end] in wanted:
        end += 1
    return end
