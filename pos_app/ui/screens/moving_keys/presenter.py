"""Moving one key: an act is looked for, its new key pressed, and what stood there is said and may change places with it.

The preset stays the base; what is moved here holds at once on every screen, and each move is in the journal.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from PySide6.QtCore import Signal

from pos_app.service.completing import SoldBy
from pos_app.service.till_choices import Choice, TillChoices
from pos_app.ui.key_rules import FUNCTION_KEYS
from pos_app.ui.key_words import act_name, key_name_words
from pos_app.ui.keymap import EVERYWHERE, MOVING_KEYS, SCREENS, Act, Slot
from pos_app.ui.keys import Keys
from pos_app.ui.screens.help.presenter import PRESET_NAMES, found
from pos_app.ui.screens.help.state import HelpRow
from pos_app.ui.screens.moving_keys.state import ActKey, FreeKey, MovingState, Step
from pos_app.ui.screens.moving_keys.view import MovingKeysView
from pos_app.ui.screens.screen import Screen
from pos_app.ui.theme import Tone
from pos_app.ui.words import ltr, tr, words_for_error
from retail_core.domain.approvals import Approval
from retail_core.domain.errors import RuleViolationError

OFFERED = 8
SUGGESTED = (*FUNCTION_KEYS, *(f"Ctrl+{letter}" for letter in "BEFGIKLNOPQRSTUWY"), "Ins", "Home", "End", "Pause")
ENTER = frozenset({"Return", "Enter"})
LEAVE = "Esc"


class MovingKeysPresenter(Screen):
    keys = MOVING_KEYS
    left = Signal()
    moved = Signal()  # other keys hold from now on

    def __init__(
        self, view: MovingKeysView, keys: Keys, choices: TillChoices, operator: Callable[[], SoldBy | None]
    ) -> None:
        super().__init__(view)
        self._view, self._keys, self._choices, self._operator = view, keys, choices, operator
        self._rows: tuple[HelpRow, ...] = ()
        self._act, self._at = Act.PAY, 0
        self._step, self._wanted = Step.CHOOSE, ""  # the key that is another act's
        self._refused: RuleViolationError | None = None
        view.typed.connect(self._searched)
        view.entered.connect(self._wait)
        view.chosen.connect(self._tapped)
        view.pressed.connect(self.pressed)

    def shown(self) -> None:
        self._to(Step.CHOOSE)

    def strip(self) -> tuple[Slot, ...]:
        if self._step is not Step.CHOOSE:
            leave = Slot(0, Act.BACK, "Esc", tr("Leave it"))
            swap = Slot(9, Act.SWAP_KEYS, "Enter", tr("Swap the two"), main=True)
            return (leave, swap) if self._can_swap() else (leave,)
        chosen = self._chosen() is not None
        return (
            Slot(0, Act.BACK, "Esc", tr("Back")),
            Slot(3, Act.KEY_BACK, "F6", tr("Back to preset"), enabled=chosen and self._keys.moved(self._act)),
            Slot(5, Act.ALL_KEYS_BACK, "F8", tr("All keys back"), enabled=bool(self._keys.choice.own)),
            Slot(9, Act.MOVE_KEY, "F9", tr("Move it"), main=True, enabled=chosen),
        )

    def act(self, act: Act) -> None:
        match act:
            case Act.BACK:
                self._back()
            case Act.UP | Act.DOWN:
                self._go_on(1 if act is Act.DOWN else -1)
            case Act.MOVE_KEY:
                self._wait()
            case Act.SWAP_KEYS if self._can_swap():
                self._swap()
            case Act.KEY_BACK if self._keys.moved(self._act):
                self._to(Step.PRESS)
                self.pressed(self._keys.preset_key(self._act))
            case Act.ALL_KEYS_BACK if self._keys.choice.own:
                self.with_approval(self._all_back)
            case _:
                pass

    def pressed(self, key: str) -> None:
        """A key, while the new one is waited for."""
        if self._step is Step.CHOOSE:
            return
        if key == LEAVE:
            self._to(Step.CHOOSE)
        elif key in ENTER and self._can_swap():
            self._swap()
        elif key == self._keys.key_of(self._act):
            self._to(Step.CHOOSE)
        else:
            self._try(key)

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _try(self, key: str) -> None:
        self._wanted = ""
        try:
            self._keys.check(self._act, key)
        except RuleViolationError as refused:
            taken = refused.code == "keys.taken" and bool(self._keys.clashes(self._act, key))
            self._wanted = key if taken else ""
            self._to(Step.CLASH if taken else Step.PRESS, refused)
            return
        note = f"{self._act.value}={key}"
        self._do(note, lambda: self._keys.move(self._act, key))

    def _swap(self) -> None:
        others, key = self._keys.clashes(self._act, self._wanted), self._wanted
        note = ",".join(
            (f"{self._act.value}={key}", *(f"{its.value}={self._keys.key_of(self._act)}" for its in others))
        )
        self._do(note, lambda: self._keys.swap(self._act, key))

    def _do(self, note: str, change: Callable[[], None]) -> None:
        """Change it when whoever is signed in may, or a second person agrees."""
        self._to(Step.CHOOSE)

        def call(approval: Approval | None) -> None:
            self._choices.choose(Choice.KEYS, note, self._operator(), approval)
            change()
            self.moved.emit()
            key = ltr(key_name_words(self._keys.key_of(self._act)))
            self.say(tr("“{act}” is on {key} now.", act=act_name(self._act), key=key), Tone.OK)

        self.with_approval(call)

    def _all_back(self, approval: Approval | None) -> None:
        preset = self._keys.choice.preset
        self._choices.choose(Choice.KEYS, preset, self._operator(), approval)
        self._keys.choose(preset)
        self.moved.emit()
        self.say(tr("All keys are where the set of keys has them."), Tone.OK)

    def _back(self) -> None:
        if self._step is not Step.CHOOSE:
            self._to(Step.CHOOSE)
        elif self._view.entry.text():
            self._view.entry.clear()
        else:
            self.left.emit()

    def _can_swap(self) -> bool:
        return self._step is Step.CLASH and self._keys.can_swap(self._act, self._wanted)

    def _chosen(self) -> HelpRow | None:
        return next((row for row in self._rows if row.act == self._act.value), None)

    def _searched(self) -> None:
        if self._step is Step.CHOOSE:
            self._show()
            self.strip_changed.emit()

    def _tapped(self, at: int) -> None:
        row = self._rows[at] if 0 <= at < len(self._rows) else None
        if row and row.act:
            self._at, self._act = at, Act(row.act)
            self._to(Step.CHOOSE)

    def _go_on(self, by: int) -> None:
        at = self._at + by
        while 0 <= at < len(self._rows) and not self._rows[at].act:
            at += by
        self._tapped(at)

    def _wait(self) -> None:
        """The next key is the new one."""
        if self._step is Step.CHOOSE and self._chosen():
            self._to(Step.PRESS)

    def _to(self, step: Step, refused: RuleViolationError | None = None) -> None:
        self._step, self._refused = step, refused
        self._show()
        self._view.catch(on=step is not Step.CHOOSE)
        self.strip_changed.emit()

    # ── words ────────────────────────────────────────────────────────────────────────────────────

    def _show(self) -> None:
        self._rows = tuple(found(self._groups(), self._view.entry.text().strip().casefold()))
        if self._step is Step.CHOOSE:
            self._find_row()
        message, tone = self._message()
        waits = self._step is not Step.CHOOSE
        free = tuple(islice(self._keys.free(self._act, SUGGESTED), OFFERED)) if waits else ()
        preset = PRESET_NAMES.get(self._keys.choice.preset) or tr("Standard")
        self._view.show_state(
            MovingState(
                self._step, self._rows, tr("Keys: {preset}", preset=preset),
                self._act_key() if self._chosen() else ActKey(),
                message, tone,
                tr("Free keys: press one, or tap") if free else "",
                tuple(FreeKey(key, key_name_words(key)) for key in free),
            )
        )  # fmt: skip
        self._view.select(self._at)

    def _find_row(self) -> None:
        """Stay on the act that was chosen; when it is not in the list any more, on the first that is."""
        rows = [n for n, row in enumerate(self._rows) if row.act]
        here = [n for n in rows if self._rows[n].act == self._act.value]
        self._at = self._at if self._at in here else next(iter((*here, *rows)), 0)
        if rows:
            self._act = Act(self._rows[self._at].act)

    def _message(self) -> tuple[str, Tone]:
        if self._refused and self._step is Step.CLASH:
            others = ", ".join(act_name(its) for its in self._keys.clashes(self._act, self._wanted))
            key = ltr(key_name_words(self._wanted))
            if self._can_swap():
                said = tr(
                    "{key} is taken: {others}. Swap it with “{act}”?", key=key, others=others, act=act_name(self._act)
                )
            else:
                said = tr(
                    "{key} is taken: {others}. It cannot change places with “{act}”. Press another key.",
                    key=key, others=others, act=act_name(self._act),
                )  # fmt: skip
            return said, Tone.WARNING
        if self._refused:
            return words_for_error(self._refused), Tone.WARNING
        if self._step is Step.PRESS:
            return tr("Press the new key now. Esc leaves it where it is."), Tone.INFO
        if not self._chosen():
            return tr("Nothing here is called that."), Tone.PLAIN
        return tr("Enter, then the new key. ↑ ↓ choose; or tap."), Tone.PLAIN

    def _act_key(self) -> ActKey:
        its, preset = self._keys.key_of(self._act), self._keys.preset_key(self._act)
        set_of_keys = PRESET_NAMES.get(self._keys.choice.preset) or tr("Standard")
        moved = tr("{preset} has it on {key}.", preset=set_of_keys, key=ltr(key_name_words(preset)))
        names = ", ".join(name for name, acts in self._screens() if self._act in acts)
        return ActKey(act_name(self._act), names, ltr(key_name_words(its)), moved if its != preset else "")

    def _groups(self) -> list[tuple[str, list[HelpRow]]]:
        return [(name, [self._row(act) for act in acts]) for name, acts in self._screens() if acts]

    def _row(self, act: Act) -> HelpRow:
        note = tr("moved") if self._keys.moved(act) else ""
        return HelpRow(act_name(act), key_name_words(self._keys.key_of(act)), act.value, note)

    def _screens(self) -> Sequence[tuple[str, list[Act]]]:
        """Acts whose key can be another one, by their screens."""
        names = screen_names()
        tables = [(names[name], table.values()) for name, table in SCREENS.items() if name in names]
        return [(name, self._movable(acts)) for name, acts in (*tables, (tr("Everywhere"), EVERYWHERE.values()))]

    def _movable(self, acts: Iterable[Act]) -> list[Act]:
        return [act for act in dict.fromkeys(acts) if self._keys.preset_key(act)]


def screen_names() -> dict[str, str]:
    """Of the screens that have keys of their own."""
    return {
        "sell": tr("Sell"),
        "pay": tr("Pay"),
        "returns": tr("Returns"),
        "pickup": tr("Pickup"),
        "drawer": tr("Drawer"),
        "day": tr("Day report"),
        "exceptions": tr("Exceptions"),
        "staff": tr("Staff"),
        "settings": tr("Settings"),
        "moving": tr("Move keys"),
        "connection": tr("Connection"),
        "tills": tr("Tills"),
        "recovery": tr("Lost till"),
        "devices": tr("Devices"),
        "manager": tr("Manager"),
    }
