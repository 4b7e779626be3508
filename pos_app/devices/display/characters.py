"""Which characters a display has. Text is made of them here; what it lacks becomes the nearest plain letter.

A control character never reaches a display: it would be obeyed.
"""

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

COLUMNS = 20
_ASCII = {chr(n): n for n in range(0x20, 0x7F)}


def _table(codec: str) -> Mapping[str, int]:
    high = {bytes([n]).decode(codec, "replace"): n for n in range(0x80, 0x100)}
    return MappingProxyType({**{c: n for c, n in high.items() if c.isprintable() and c != "\ufffd"}, **_ASCII})


TABLES: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "ascii": MappingProxyType(_ASCII),
        "cp437": _table("cp437"),
        "cp850": _table("cp850"),
        "cp858": _table("cp858"),
        "cp852": _table("cp852"),
        "cp866": _table("cp866"),
    }
)
"""By the name in till.toml. A display is set to one of them by its own switches or by ESC t."""

_PLAINER = MappingProxyType(
    {"ß": "ss", "Æ": "AE", "æ": "ae", "Ø": "O", "ø": "o", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "€": "EUR", "’": "'",
     "‘": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "−": "-", "…": ".", "×": "x", "·": "."}
)  # fmt: skip


def line_bytes(text: str, table: Mapping[str, int]) -> bytes:
    """Exactly COLUMNS bytes: too long is cut off, the rest is spaces."""
    made = bytearray()
    for char in unicodedata.normalize("NFC", text):
        made += _bytes_of(char if char.isprintable() else " ", table)
        if len(made) >= COLUMNS:
            break
    return bytes(made[:COLUMNS]).ljust(COLUMNS)


def shown(text: str) -> str:
    """What a display that had every character would show: for fakes and screens."""
    return "".join(char if char.isprintable() else " " for char in text)[:COLUMNS]


def _bytes_of(char: str, table: Mapping[str, int]) -> bytes:
    code = table.get(char)
    if code is not None:
        return bytes([code])
    plain = _PLAINER.get(char) or "".join(c for c in unicodedata.normalize("NFKD", char) if c in _ASCII)
    return plain.encode("ascii") if plain else b"?"
