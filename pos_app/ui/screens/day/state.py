"""What the day report's page shows."""

from dataclasses import dataclass

from pos_app.receipts.document import ReceiptDocument
from pos_app.ui.theme import Tone
from pos_app.ui.widgets.hours import HourBar


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report of the list: its number or word, and whose it is."""

    words: str
    detail: str
    amount: str


@dataclass(frozen=True, slots=True)
class DrawerRow:
    """A drawer of the store: whose, what is known of it, and its state in one word or sum."""

    title: str
    detail: str
    pill: str
    tone: Tone
    spoken: str


@dataclass(frozen=True, slots=True)
class DayState:
    """`document` is None while nothing is chosen that may be shown; `instead` is said then."""

    rows: tuple[ReportRow, ...] = ()
    chosen: int = -1
    document: ReceiptDocument | None = None
    instead: str = ""
    bars: tuple[HourBar, ...] = ()
