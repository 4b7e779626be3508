"""What the sell screen shows: frozen facts, already in words."""

from dataclasses import dataclass
from enum import StrEnum

from pos_app.ui.words import tr


class LineKind(StrEnum):
    NORMAL = "normal"
    PENDING = "pending"  # nobody knows this code yet
    VOIDED = "voided"
    LOOK = "look"  # sold, but somebody should look at the goods first


class Instead(StrEnum):
    """What stands in the place of lines when there are none."""

    READY = "ready"
    LOADING = "loading"  # no catalogue has arrived yet
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class LineView:
    line_id: str
    qty: str
    name: str
    detail: str
    price: str
    amount: str
    kind: LineKind = LineKind.NORMAL
    cuts: tuple[str, ...] = ()  # why it costs what it costs, each on a line of its own
    spoken: str = ""
    chip: str = ""  # what must be answered before it is paid for

    @property
    def tall(self) -> bool:
        """True when more stands below its name than one line."""
        return len(self.cuts) + bool(self.detail) > 1

    @property
    def below(self) -> tuple[str, ...]:
        """What stands below its name."""
        return (*((self.detail,) if self.detail or not self.cuts else ()), *self.cuts)


@dataclass(frozen=True, slots=True)
class PaidView:
    change: str
    paid: str
    receipt: str
    word: str = ""  # what `change` is; "Change" when nothing is said


@dataclass(frozen=True, slots=True)
class SellState:
    lines: tuple[LineView, ...] = ()
    selected: str = ""
    items: str = ""
    saved: str = ""
    taxes: str = ""
    to_pay: str = ""
    waiting: str = ""  # why Pay must wait, in words
    multiplier: str = ""
    instead: Instead = Instead.READY
    paid: PaidView | None = None


@dataclass(frozen=True, slots=True)
class QuickKeyView:
    sku: str
    word: str
    price: str


@dataclass(frozen=True, slots=True)
class QuickPageView:
    name: str
    keys: tuple[QuickKeyView, ...]


@dataclass(frozen=True, slots=True)
class HitView:
    sku: str
    name: str
    detail: str
    price: str

    @property
    def key(self) -> str:
        return self.sku

    @property
    def spoken(self) -> str:
        return f"{self.name}, {self.price}"


@dataclass(frozen=True, slots=True)
class SearchView:
    """`message` is said instead of hits: searching, nothing found, or what went wrong."""

    title: str
    hits: tuple[HitView, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class OptionView:
    """One of a row of choices; `value` is what it stands for."""

    value: str
    word: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class DiscountView:
    """`of`: what it is taken off. `other_scope`: what F6 turns to. `undo`: something was taken off already."""

    of: str = ""
    other_scope: str = ""
    kinds: tuple[OptionView, ...] = ()
    why: str = ""
    has_why: bool = False
    give: str = ""
    undo: bool = False
    may_void: bool = False


@dataclass(frozen=True, slots=True)
class QuantityView:
    name: str
    now: str


def field_words(field: str) -> str:
    """A field that is asked for; those of an item's own have the item's words."""
    return {"serial": tr("Serial number"), "lot": tr("Lot"), "expiry": tr("Use by")}.get(field, field)
