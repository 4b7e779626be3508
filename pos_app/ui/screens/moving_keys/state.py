"""What the page for moving keys shows, ready to be painted."""

from dataclasses import dataclass
from enum import StrEnum

from pos_app.ui.screens.help.state import HelpRow
from pos_app.ui.theme import Tone


class Step(StrEnum):
    """`CHOOSE` an act; its new key is waited for in `PRESS`; in `CLASH` that key is another act's."""

    CHOOSE = "choose"
    PRESS = "press"
    CLASH = "clash"


@dataclass(frozen=True, slots=True)
class ActKey:
    """The chosen act: where it works, the key it has, where the preset has it."""

    words: str = ""
    screens: str = ""
    key: str = ""
    preset: str = ""


@dataclass(frozen=True, slots=True)
class FreeKey:
    """A key nothing stands on; `words` is how it is printed."""

    key: str
    words: str


@dataclass(frozen=True, slots=True)
class MovingState:
    """`message` says what to do now, or why a key was refused."""

    step: Step = Step.CHOOSE
    rows: tuple[HelpRow, ...] = ()
    preset: str = ""
    chosen: ActKey = ActKey()
    message: str = ""
    tone: Tone = Tone.PLAIN
    free_title: str = ""
    free: tuple[FreeKey, ...] = ()
