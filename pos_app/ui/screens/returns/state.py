"""What the return screen shows: frozen facts, already in words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReturnLineView:
    """One line of the receipt. `ticked` is how many come back now, empty for none; `gone`: nothing of it is left."""

    n: int
    name: str
    detail: str
    ticked: str = ""
    amount: str = ""
    gone: bool = False

    @property
    def key(self) -> int:
        return self.n

    @property
    def spoken(self) -> str:
        return ", ".join(part for part in (self.name, self.detail, self.ticked, self.amount) if part)


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """One of several buttons of which one is chosen."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class ReturnState:
    """`lines` None: no receipt is open yet, and `empty` says what to do."""

    title: str = ""
    sub: str = ""
    lines: tuple[ReturnLineView, ...] | None = None
    selected_n: int = 0
    empty: tuple[str, str] = ("", "")
    hint: str = ""
    reasons: tuple[ChoiceView, ...] = ()
    reason: str = ""
    goods: tuple[ChoiceView, ...] = ()
    goes_to: str = ""
    money: str = ""
    money_note: str = ""
    take_word: str = ""
    can_take: bool = False
