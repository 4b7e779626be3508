"""What the pay screen shows: frozen facts, already in words."""

from dataclasses import dataclass

from pos_app.ui.theme import Tone


@dataclass(frozen=True, slots=True)
class AmountRow:
    words: str
    amount: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class QuickAmount:
    minor: int
    text: str
    spoken: str


@dataclass(frozen=True, slots=True)
class TenderChoice:
    """A way to pay: `name` is what is told back, `hint` its key or what it does."""

    name: str
    words: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class CardView:
    """What goes on at the card terminal. `answers` are (name, words) of buttons; the first one is the main one."""

    title: str
    text: str
    tone: Tone = Tone.INFO
    answers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PayState:
    to_pay: str = ""
    rows: tuple[AmountRow, ...] = ()
    given: str = ""
    change_word: str = ""
    change: str = ""
    tone: Tone = Tone.OK
    quick: tuple[QuickAmount, ...] = ()
    chosen_minor: int = -1
    with_paper: bool = True
    busy: bool = False
    can_finish: bool = True
    tenders: tuple[TenderChoice, ...] = (TenderChoice("cash", ""),)
    tender: str = "cash"
    given_word: str = ""
    card: CardView | None = None
    finish_word: str = ""
    to_pay_word: str = ""
    takes_letters: bool = False  # what is typed is the number of a card
