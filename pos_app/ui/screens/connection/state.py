"""What the connection page shows: frozen facts, already in words."""

from dataclasses import dataclass

from pos_app.ui.theme import Tone


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of the way, from near to far."""

    name: str
    words: str
    detail: str
    pill: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    words: str
    value: str


@dataclass(frozen=True, slots=True)
class ConnectionState:
    parts: tuple[PartRow, ...]
    figures: tuple[Figure, ...]
    works: tuple[str, ...]
    waits: tuple[str, ...]
    advice: str = ""
