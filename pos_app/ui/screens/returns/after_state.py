"""What the panel of a finished sale shows: frozen facts, already in words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PaperView:
    """A button: `name` is what is told back; `key` is printed on it."""

    name: str
    words: str
    key: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class AfterState:
    """`title` says whose papers they are: the last sale's, or the open receipt's."""

    title: str = ""
    number: str = ""
    sub: str = ""
    papers: tuple[PaperView, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldView:
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class FormState:
    """What is asked for before a paper is made: one line a field."""

    title: str
    text: str
    fields: tuple[FieldView, ...]
    main: str
