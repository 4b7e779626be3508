"""What the devices screen shows, in words."""

from dataclasses import dataclass
from enum import StrEnum

from pos_app.ui.theme import Tone


class Page(StrEnum):
    LOOK = "look"
    LEARN = "learn"
    ADD = "add"


@dataclass(frozen=True, slots=True)
class RowView:
    """One device in the list."""

    name: str
    driver: str
    pill: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Remark:
    """One line of advice or result."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class LookView:
    """The chosen device: what it is, how it is, what was found out."""

    name: str = ""
    driver: str = ""
    settings: str = ""
    state: Remark = Remark("", Tone.PLAIN)
    remarks: tuple[Remark, ...] = ()
    busy: str = ""


@dataclass(frozen=True, slots=True)
class LearnView:
    """A scanner being learned. `matrix` are the rows of the QR code, `bars` the modules of the bar code, 0 and 1."""

    title: str
    hint: str
    matrix: tuple[str, ...]
    bars: str
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """Something plugged in, or something that is reached by its address."""

    title: str
    where: str


@dataclass(frozen=True, slots=True)
class AddView:
    """What could be put in. `fields` are (name, words, value) to fill in; `drivers` are (driver, words)."""

    choices: tuple[ChoiceView, ...] = ()
    chosen: int = -1
    drivers: tuple[tuple[str, str], ...] = ()
    driver: str = ""
    fields: tuple[tuple[str, str, str], ...] = ()
    message: Remark = Remark("", Tone.PLAIN)
