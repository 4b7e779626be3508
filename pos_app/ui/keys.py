"""The keys of this till: the tables of `keymap`, with what a preset or somebody here moved elsewhere.

A choice holds everywhere at once: keys, buttons, help. One that would put two acts on one key of one screen is refused.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import msgspec
from PySide6.QtGui import QKeySequence

from pos_app.service.preferences import Preferences
from pos_app.ui.key_rules import is_a_key, is_letter, refuse
from pos_app.ui.key_words import key_name_words
from pos_app.ui.keymap import EVERYWHERE, MANAGER_KEYS, PAGES, SCREENS, STAYS, Act, Slot, default_key
from retail_core.domain.errors import RuleViolationError

PREFERENCE = "keys"
DEFAULT = "default"
ACT_OF: Mapping[str, Act] = MappingProxyType({act.value: act for act in Act})
"""By the name that is kept. Made once: the tables are asked for at every change of a screen, for each of its buttons."""
Table = Mapping[str, Act]
TABLES: tuple[Table, ...] = tuple(
    {**table, **MANAGER_KEYS} if name in PAGES else table for name, table in SCREENS.items()
)
"""All keys of each screen but those that work everywhere."""


@dataclass(frozen=True, slots=True)
class Preset:
    """`moved`: where acts are instead of the default; `words`: commands typed on the entry line, then Enter."""

    moved: Mapping[Act, str] = field(default_factory=dict[Act, str])
    words: Mapping[str, Act] = field(default_factory=dict[str, Act])


# Classic: find on F1 and pay on F9, as several browser tills have it; help goes to the end of the row.
# CORE: its cashiers type two letters and Enter. uniCenta: "=" on the empty line is the total.
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        DEFAULT: Preset(),
        "classic": Preset(
            {
                Act.FIND: "F1",
                Act.QUANTITY: "F2",
                Act.EXACT_CASH: "F10",
                Act.PICKUP: "Ctrl+K",
                Act.SELL: "Ctrl+K",
                Act.HELP: "F12",
            }
        ),
        "core": Preset(
            words={
                "TL": Act.PAY,
                "CA": Act.EXACT_CASH,
                "VD": Act.VOID_LINE,
                "PV": Act.FIND,
                "PC": Act.PRICE_CHECK,
                "RP": Act.REPRINT,
                "SO": Act.LOCK,
                "SU": Act.SUSPEND,
            }
        ),
        "unicenta": Preset({Act.PAY: "="}),
    }
)


class KeyChoice(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was chosen at this till: a preset, and single acts that stand elsewhere than in it."""

    preset: str = DEFAULT
    own: dict[str, str] = {}


class Keys:
    """The keys in force. `choose` and `move` change them for good."""

    def __init__(self, preferences: Preferences, tables: Sequence[Table] = TABLES) -> None:
        self._preferences = preferences
        self._tables = tables
        self.sent: Callable[[], Collection[str]] = tuple[str, ...]  # keys the keyboard scanner was learned to send
        self.choice = _read(preferences.get(PREFERENCE))
        try:
            self._check(self.choice)
        except RuleViolationError:
            self.choice = KeyChoice()  # keys of an older program that do not fit together any more

    def table(self, screen: Table) -> dict[str, Act]:
        """Every key that works on a screen, those that work everywhere among them."""
        return {**self._moved(EVERYWHERE), **self._moved(screen)}

    def of(self, act: Act, screen: Table) -> str:
        """The key of an act on a screen, as it is printed; empty when it has none."""
        found = [key for key, its in self.table(screen).items() if its is act]
        return next((key for key in found if key not in STAYS), found[0] if found else "")

    def on_buttons(self, slots: Iterable[Slot], screen: Table) -> tuple[Slot, ...]:
        """The strip with the keys in force printed on it, and the word that is typed for it."""
        words = {act: word for word, act in self.words.items()}
        return tuple(replace(slot, key=self._printed(slot, screen, words.get(slot.act, ""))) for slot in slots)

    @property
    def words(self) -> Mapping[str, Act]:
        """Commands that are typed instead of pressed."""
        return PRESETS[self.choice.preset].words

    def choose(self, preset: str) -> None:
        """Take a preset; what was moved by hand goes back. Raises `keys.no_such_preset`."""
        if preset not in PRESETS:
            raise RuleViolationError("keys.no_such_preset", preset=preset[:40])
        self._take(KeyChoice(preset))

    def key_of(self, act: Act) -> str:
        """The key of an act wherever it works, as it is printed; empty when it has none."""
        return _moves(self.choice).get(act) or default_key(act)

    def preset_key(self, act: Act) -> str:
        """Where the preset has it."""
        return PRESETS[self.choice.preset].moved.get(act) or default_key(act)

    def moved(self, act: Act) -> bool:
        """True when it stands elsewhere than in the preset."""
        return act.value in self.choice.own

    def clashes(self, act: Act, key: str) -> tuple[Act, ...]:
        """What stands on `key` wherever `act` works, and would lose it."""
        found: dict[Act, None] = {}
        everywhere = self._moved(EVERYWHERE)
        for table in (EVERYWHERE, *self._tables):
            here = self._moved(table)
            if act in here.values() or act in everywhere.values():
                others = (here.get(key), everywhere.get(key))
                found |= {its: None for its in others if its and its is not act and not _apart(act, its, table)}
        return tuple(found)

    def move(self, act: Act, key: str) -> None:
        """Put an act on another key; an empty one takes that back.

        Raises `keys.taken`, or with another reason what `key_rules.refuse` does.
        """
        if key:
            self.check(act, key)
        self._take(self._with({act: self._checked(act, key)}))

    def check(self, act: Act, key: str) -> None:
        """Raise what keeps `act` from being moved to `key`, if anything does."""
        moved = self._with({act: self._checked(act, key)})
        if others := self.clashes(act, key):
            raise RuleViolationError("keys.taken", key=key, act=others[0].value)
        self._check(moved)

    def can_swap(self, act: Act, key: str) -> bool:
        """True when `act` and what stands on `key` can change places."""
        try:
            self._check(self._swapped(act, key))
        except RuleViolationError:
            return False
        return True

    def swap(self, act: Act, key: str) -> None:
        """Put `act` on `key`, and what stood there on the key that `act` leaves. Raises as `move` does."""
        self._checked(act, key)
        self._take(self._swapped(act, key))

    def free(self, act: Act, keys: Iterable[str]) -> Iterable[str]:
        """Those of `keys` on which nothing stands wherever `act` works."""
        for key in keys:
            if key == self.key_of(act):
                continue
            try:
                self.check(act, key)
            except RuleViolationError:
                continue
            yield key

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _printed(self, slot: Slot, screen: Table, word: str) -> str:
        key = slot.key
        if key not in STAYS and key in {**EVERYWHERE, **screen}:
            key = self.of(slot.act, screen) or key
        return " · ".join(part for part in (key_name_words(key), word) if part)

    def _checked(self, act: Act, key: str) -> str:
        """A key as the tables know it; one that an act may not be moved to is refused, but where the preset has it."""
        name = QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText) if key else ""
        if name and name != self.preset_key(act):
            refuse(name, self.sent(), letter=is_letter(default_key(act)))
        return name

    def _with(self, moves: Mapping[Act, str]) -> KeyChoice:
        """The choice with acts moved further; only what differs from the preset is kept."""
        own = {**self.choice.own, **{act.value: key for act, key in moves.items()}}
        known = {act.value: self.preset_key(act) for act in Act}
        return KeyChoice(self.choice.preset, {its: key for its, key in own.items() if key and key != known.get(its)})

    def _swapped(self, act: Act, key: str) -> KeyChoice:
        return self._with({act: key, **dict.fromkeys(self.clashes(act, key), self.key_of(act))})

    def _take(self, choice: KeyChoice) -> None:
        self._check(choice)
        self.choice = choice
        self._preferences.put(PREFERENCE, msgspec.json.encode(choice).decode() if choice != KeyChoice() else "")

    def _moved(self, table: Table, choice: KeyChoice | None = None) -> dict[str, Act]:
        moves = _moves(choice or self.choice)
        kept = {key: act for key, act in table.items() if act not in moves or key in STAYS}
        return {**kept, **{moves[act]: act for act in table.values() if act in moves}}

    def _check(self, choice: KeyChoice) -> None:
        moves = _moves(choice)
        for act, key in moves.items():
            if key in STAYS:
                raise RuleViolationError("keys.fixed", key=key)
            if not is_a_key(key) and not (is_letter(key) and is_letter(default_key(act))) and key != default_key(act):
                raise RuleViolationError("keys.not_a_key", key=key[:40])
        for table in (EVERYWHERE, *self._tables):
            self._check_table(table, choice, moves)

    def _check_table(self, table: Table, choice: KeyChoice, moves: Mapping[Act, str]) -> None:
        """No act may lose its key to another one on the same screen."""
        here = {act for act in table.values() if act in moves}
        kept = {key: act for key, act in table.items() if act not in moves}
        everywhere = {} if table is EVERYWHERE else self._moved(EVERYWHERE, choice)
        taken: dict[str, Act] = {}
        for act in sorted(here):
            key = moves[act]
            other = kept.get(key) or taken.get(key) or everywhere.get(key, act)
            hidden_before = other in EVERYWHERE.values() and _share(act, other, table)
            if other is not act and not hidden_before:
                raise RuleViolationError("keys.taken", key=key, act=other.value)
            taken[key] = act
        for key, act in kept.items():
            other = everywhere.get(key)
            if other and other is not act and other in moves and not _share(act, other, table):
                raise RuleViolationError("keys.taken", key=key, act=act.value)


def _read(text: str) -> KeyChoice:
    try:
        choice = msgspec.json.decode(text, type=KeyChoice) if text else KeyChoice()
    except msgspec.DecodeError:
        return KeyChoice()
    return choice if choice.preset in PRESETS else KeyChoice()


def _moves(choice: KeyChoice) -> dict[Act, str]:
    own = {ACT_OF[name]: key for name, key in choice.own.items() if name in ACT_OF}
    return {**PRESETS[choice.preset].moved, **own}


def _apart(act: Act, other: Act, table: Table) -> bool:
    """One of the two stands on the other's key by default already, and hides it on its screen."""
    return _share(act, other, table) or _share(other, act, table)


def _share(act: Act, other: Act, table: Table) -> bool:
    """By default already this act of the screen stands on the key of that one: F10 goes there and back."""
    return any(table.get(key) is act for key, its in EVERYWHERE.items() if its is other)
