"""What the pickup screen shows: frozen facts, already in words."""

from dataclasses import dataclass
from enum import StrEnum

from pos_app.ui.theme import Tone


@dataclass(frozen=True, slots=True)
class CardView:
    order_id: str
    number: str
    name: str
    note: str
    chip: str = ""
    tone: Tone = Tone.PLAIN
    urgent: bool = False

    @property
    def spoken(self) -> str:
        return ", ".join(part for part in (self.number, self.chip, self.name, self.note) if part)


@dataclass(frozen=True, slots=True)
class ColumnView:
    title: str
    cards: tuple[CardView, ...]


@dataclass(frozen=True, slots=True)
class PickLineView:
    n: int
    name: str
    place: str
    picked: str
    done: bool = False
    short: bool = False

    @property
    def key(self) -> int:
        return self.n

    @property
    def spoken(self) -> str:
        return f"{self.name}, {self.place}, {self.picked}"


class Asking(StrEnum):
    """What the line for typing on the open order is for now."""

    NOTHING = "nothing"
    ITEM = "item"
    SHELF = "shelf"


@dataclass(frozen=True, slots=True)
class OrderView:
    order_id: str
    number: str
    sub: str
    pill: str
    tone: Tone
    lines: tuple[PickLineView, ...]
    selected_n: int
    head: tuple[str, str]
    asking: Asking
    hint: str
    main_word: str
    main_enabled: bool
    can_short: bool


@dataclass(frozen=True, slots=True)
class BoardState:
    columns: tuple[ColumnView, ...] = ()
    open_id: str = ""


@dataclass(frozen=True, slots=True)
class AskState:
    """The panel that asks for the customer's code, or for an order to find."""

    title: str
    hint: str
    message: str = ""
    tone: Tone = Tone.PLAIN
    busy: bool = False
