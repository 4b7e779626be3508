"""Help and commands: all keys of the screen that was in front, searched as one types; the chosen one is done there."""

from collections.abc import Iterable, Mapping

from PySide6.QtCore import Signal

from pos_app.ui.key_words import TYPED, act_name, key_name_words
from pos_app.ui.keymap import EVERYWHERE, HELP_KEYS, Act, Slot
from pos_app.ui.keys import Keys
from pos_app.ui.screens.help.state import HelpRow, HelpState
from pos_app.ui.screens.help.view import HelpView
from pos_app.ui.screens.screen import Screen
from pos_app.ui.words import tr

PRESET_NAMES: Mapping[str, str] = {"classic": "Classic", "core": "CORE", "unicenta": "uniCenta"}
NOT_OFFERED = frozenset({Act.BACK, Act.HELP, Act.UP, Act.DOWN})


class HelpPresenter(Screen):
    keys = HELP_KEYS
    left = Signal()
    wanted = Signal(str)  # an Act, to be done on the screen that was in front

    def __init__(self, view: HelpView, keys: Keys) -> None:
        super().__init__(view)
        self._view = view
        self._keys = keys
        self._of: Mapping[str, Act] = {}
        self._rows: tuple[HelpRow, ...] = ()
        self._at = 0
        view.typed.connect(self._show)
        view.entered.connect(self._take)
        view.chosen.connect(self._tapped)

    def open(self, screen: Mapping[str, Act], text: str = "") -> None:
        """The keys of `screen`; `text` is what is looked for already."""
        self._of = screen
        self._view.entry.setText(text)
        self._show()

    def shown(self) -> None:
        self._view.entry.setFocus()
        self._show()

    def strip(self) -> tuple[Slot, ...]:
        return (Slot(0, Act.BACK, "Esc", tr("Back")),)

    def act(self, act: Act) -> None:
        match act:
            case Act.BACK if self._view.entry.text():
                self._view.entry.clear()
            case Act.BACK | Act.HELP:
                self._leave()
            case Act.UP:
                self._step(-1)
            case Act.DOWN:
                self._step(+1)
            case _:
                pass

    def typed_aside(self, text: str) -> None:
        self._view.entry.insert(text)
        self._view.entry.setFocus()

    def rows(self) -> tuple[HelpRow, ...]:
        """What is listed now."""
        return self._rows

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _show(self, _text: str = "") -> None:
        wanted = self._view.entry.text().strip().lstrip("/").casefold()
        self._rows = tuple(found(self._all(), wanted))
        name = PRESET_NAMES.get(self._keys.choice.preset, "")
        preset = tr("Keys: {preset}", preset=name) if name else ""
        self._view.show_state(HelpState(tr("Keys and commands"), self._rows, preset))
        self._at = next((n for n, row in enumerate(self._rows) if row.act), 0)
        self._view.select(self._at)

    def _all(self) -> list[tuple[str, list[HelpRow]]]:
        """Rows by heading: of the screen, everywhere, typed."""
        here, everywhere = self._acts_of(self._of), self._acts_of(EVERYWHERE)
        typed = [HelpRow(tr(words), key) for key, words in TYPED]
        typed += [HelpRow(act_name(act), word, act.value) for word, act in self._keys.words.items()]
        return [
            (tr("On this screen"), [self._row(act) for act in here]),
            (tr("Everywhere"), [self._row(act) for act in everywhere if act not in here]),
            (tr("Typed on the line at the top"), typed),
        ]

    def _acts_of(self, table: Mapping[str, Act]) -> list[Act]:
        return [act for act in dict.fromkeys(table.values()) if act not in NOT_OFFERED]

    def _row(self, act: Act) -> HelpRow:
        return HelpRow(act_name(act), key_name_words(self._keys.of(act, self._of)), act.value)

    def _step(self, by: int) -> None:
        at = self._at + by
        while 0 <= at < len(self._rows) and not self._rows[at].act:
            at += by
        if 0 <= at < len(self._rows):
            self._at = at
            self._view.select(at)

    def _take(self) -> None:
        self._tapped(self._at)

    def _tapped(self, at: int) -> None:
        act = self._rows[at].act if 0 <= at < len(self._rows) else ""
        if act:
            self._leave()
            self.wanted.emit(act)

    def _leave(self) -> None:
        self._view.entry.clear()
        self.left.emit()


def found(groups: Iterable[tuple[str, list[HelpRow]]], wanted: str) -> Iterable[HelpRow]:
    """Headings with those of their rows in which every typed word stands."""
    parts = wanted.split()
    for heading, rows in groups:
        fitting = [row for row in rows if all(part in f"{row.key} {row.words} {row.act}".casefold() for part in parts)]
        if fitting:
            yield HelpRow(heading)
            yield from fitting
