"""What the customer sees: frozen facts, already in the customer's words. No field could hold anything about staff."""

from dataclasses import dataclass
from enum import StrEnum


class Showing(StrEnum):
    IDLE = "idle"
    SALE = "sale"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class CustomerLine:
    qty: str
    name: str
    amount: str
    reason: str = ""  # why it costs less


@dataclass(frozen=True, slots=True)
class CustomerState:
    """`code` is what a QR code of the receipt says; `hint` what the customer is asked to do."""

    showing: Showing = Showing.IDLE
    store: str = ""
    welcome: str = ""
    lines: tuple[CustomerLine, ...] = ()
    count: str = ""
    saved: str = ""
    total_word: str = ""
    total: str = ""
    change_word: str = ""
    change: str = ""
    hint: str = ""
    code: str = ""
    code_word: str = ""
    right_to_left: bool = False

    def words(self) -> tuple[str, ...]:
        """Everything there is to read."""
        lines = (part for line in self.lines for part in (line.qty, line.name, line.amount, line.reason))
        rest = (
            self.store, self.welcome, self.count, self.saved, self.total_word, self.total, self.change_word, self.change,
            self.hint, self.code, self.code_word,
        )  # fmt: skip
        return tuple(part for part in (*lines, *rest) if part)
