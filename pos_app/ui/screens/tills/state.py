"""What the page of tills shows: frozen facts, already in words."""

from dataclasses import dataclass

from pos_app.ui.theme import Tone


@dataclass(frozen=True, slots=True)
class TillRow:
    """One till of the store. `detail` says who locked it and why, or what it does for the store."""

    agent: str
    name: str
    detail: str
    pill: str
    tone: Tone
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class TillsState:
    """`nobody` is said instead of a list."""

    tills: tuple[TillRow, ...] = ()
    nobody: str = ""
