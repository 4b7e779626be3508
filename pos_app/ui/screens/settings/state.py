"""What the settings page shows, ready to be painted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OptionView:
    """One value of a choice; `name` is part of the button's name. One that is not enabled does not fit this till."""

    name: str
    words: str
    chosen: bool = False
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """One thing that is chosen for this till."""

    name: str
    words: str
    detail: str
    options: tuple[OptionView, ...]


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """Rules of one area, each in words and with what holds."""

    title: str
    rules: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SettingsState:
    """`at` is the choice that F6 changes; `source` says whose the rules are."""

    choices: tuple[ChoiceView, ...] = ()
    at: int = 0
    source: str = ""
    groups: tuple[RuleGroup, ...] = ()
    hint: str = ""
