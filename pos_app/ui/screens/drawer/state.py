"""What the drawer screen shows: one page at a time."""

from dataclasses import dataclass
from enum import StrEnum

from pos_app.receipts.document import ReceiptDocument
from pos_app.ui.theme import Tone


class Page(StrEnum):
    """LOOK: how it stands. SUM: a sum is typed and a reason chosen. GRID: pieces are counted. RESULT: what came of a
    count. DONE: the Z."""

    LOOK = "look"
    SUM = "sum"
    GRID = "grid"
    RESULT = "result"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Card:
    """One figure with its word."""

    name: str
    words: str
    figure: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class MoveRow:
    words: str
    detail: str
    amount: str


@dataclass(frozen=True, slots=True)
class LookState:
    title: str
    hint: str
    cards: tuple[Card, ...] = ()
    moves: tuple[MoveRow, ...] = ()
    unpaid: str = ""


@dataclass(frozen=True, slots=True)
class SumState:
    """`amount` empty: no sum is asked for. `reasons` are (code, words)."""

    title: str
    hint: str
    amount: str
    reasons: tuple[tuple[str, str], ...] = ()
    chosen: str = ""
    main: str = ""
    busy: bool = False


@dataclass(frozen=True, slots=True)
class PieceRow:
    """One denomination; `count` as typed."""

    at: int
    value: str
    count: str
    worth: str
    note: bool


@dataclass(frozen=True, slots=True)
class GridState:
    title: str
    hint: str
    rows: tuple[PieceRow, ...]
    at: int
    total: str
    main: str = ""
    busy: bool = False


@dataclass(frozen=True, slots=True)
class CauseRow:
    words: str
    detail: str
    fits: bool


@dataclass(frozen=True, slots=True)
class ResultState:
    title: str
    hint: str
    tone: Tone
    cards: tuple[Card, ...] = ()
    causes: tuple[CauseRow, ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class DoneState:
    title: str
    hint: str
    document: ReceiptDocument
    main: str = ""
