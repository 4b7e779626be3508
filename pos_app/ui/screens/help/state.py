"""What the help shows: frozen facts, already in words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HelpRow:
    """A key and what it does; `act` is what choosing the row does. A row without either is the heading of those below."""

    words: str
    key: str = ""
    act: str = ""
    note: str = ""

    @property
    def heading(self) -> bool:
        return not self.key and not self.act


@dataclass(frozen=True, slots=True)
class HelpState:
    title: str
    rows: tuple[HelpRow, ...]
    preset: str = ""
