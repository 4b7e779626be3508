"""The devices screen: health with advice, checks in three depths, learning a scanner, putting a device in."""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from PySide6.QtCore import Signal

from pos_app.devices.barcode.commission import Learned, NotLearned, learn_keys
from pos_app.devices.barcode.wedge import Key
from pos_app.devices.config import DeviceTable
from pos_app.devices.doctor import Finding
from pos_app.devices.ports import DeviceState, Health, PaymentOutcome, PaymentState
from pos_app.devices.scanner.tables import SerialScannerTable, WedgeTable
from pos_app.devices.terminal.tables import TerminalTable
from pos_app.runtime.checks import Checked, Depth
from pos_app.ui.amounts import format_money
from pos_app.ui.at_counter import AtCounter
from pos_app.ui.device_words import driver_words, sentence, short_words
from pos_app.ui.error_words import ERROR_WORDS
from pos_app.ui.keymap import DEVICES_KEYS, Act, Slot
from pos_app.ui.lamps import tone_of
from pos_app.ui.screens.devices.adding import Adding
from pos_app.ui.screens.devices.state import LearnView, LookView, Page, Remark, RowView
from pos_app.ui.screens.devices.symbols import long_label, short_label
from pos_app.ui.screens.devices.view import DevicesView
from pos_app.ui.screens.screen import Screen
from pos_app.ui.theme import Tone
from pos_app.ui.wedge import WedgeFilter
from pos_app.ui.words import tr, words_for

KEYBOARD = "keyboard scanner"
MAX_REMARKS = 8


class DevicesPresenter(Screen):
    """Everything that takes time is asked of the desk; the screen never waits."""

    left = Signal()
    keys = DEVICES_KEYS

    def __init__(
        self, view: DevicesView, counter: AtCounter, wedge: WedgeFilter, may_set_up: Callable[[], bool]
    ) -> None:
        super().__init__(view)
        self._view, self._counter, self._wedge, self._may = view, counter, wedge, may_set_up
        desk = self._desk = counter.desk
        self._page = Page.LOOK
        self._chosen = 0
        self._busy = ""
        self._remarks: dict[str, list[Remark]] = {}
        self._learned: Learned | None = None
        self._learning: tuple[Remark, ...] = ()
        self.adding = Adding(view, desk, self._saved)
        view.chosen.connect(self.choose)
        view.changed.connect(self.strip_changed)
        wedge.recorded.connect(self._keys_recorded)

    # ── what the window asks ─────────────────────────────────────────────────────────────────────

    def shown(self) -> None:
        self._to(Page.LOOK)

    def refresh(self) -> None:
        if self._page is Page.LOOK:
            self._show()

    def strip(self) -> tuple[Slot, ...]:
        if self._page is Page.LEARN:
            save = Slot(9, Act.SAVE, "F9", tr("Save"), main=True, enabled=self._learned is not None)
            return (Slot(0, Act.BACK, "Esc", tr("Back")), Slot(1, Act.LEARN, "F6", tr("Scan again")), save)
        if self._page is Page.ADD:
            ready = self.adding.ready
            return (Slot(0, Act.BACK, "Esc", tr("Back")), Slot(9, Act.SAVE, "F9", tr("Save"), main=True, enabled=ready))
        free, may = not self._busy and self._desk is not None, self._may()
        chosen = bool(self._tables())
        return (
            Slot(0, Act.BACK, "Esc", tr("Back to sale")),
            Slot(1, Act.ADD_DEVICE, "F2", tr("Add device"), enabled=free and may),
            Slot(2, Act.ASK_DEVICE, "F3", tr("Ask it"), enabled=free and chosen),
            Slot(3, Act.LEARN, "F6", tr("Learn"), enabled=free and may and self._can_learn()),
            *(
                (Slot(4, Act.CLOSE_TERMINAL, "F7", tr("Close its day"), enabled=free and may),)
                if self._is_terminal()
                else ()
            ),
            Slot(6, Act.TAKE_OUT, "Del", tr("Take out"), enabled=free and may and self._table() is not None),
            Slot(9, Act.TRY_DEVICE, "F4", tr("Try it"), main=True, enabled=free and may and chosen),
        )

    def act(self, act: Act) -> None:
        allowed = {slot.act for slot in self.strip() if slot.enabled}
        if act is Act.BACK:
            self._back()
        elif act is Act.UP or act is Act.DOWN:
            self.choose(self._chosen + (1 if act is Act.DOWN else -1))
        elif act in allowed:
            self._do(act)

    def _do(self, act: Act) -> None:
        match act:
            case Act.ASK_DEVICE:
                self._check(Depth.EXTERNAL, tr("Asking …"))
            case Act.TRY_DEVICE:
                self._check(Depth.INTERACTIVE, tr("Trying …"))
            case Act.LEARN:
                self._learn()
            case Act.ADD_DEVICE:
                self.adding.begin([table.name for table in self._tables()])
                self._to(Page.ADD)
            case Act.TAKE_OUT:
                self._take_out()
            case Act.CLOSE_TERMINAL:
                self._close_day()
            case Act.SAVE:
                self._save()
            case _:
                pass

    def choose(self, at: int) -> None:
        """The device at this place of the list; on the page for adding, what is plugged in there."""
        if self._page is Page.ADD:
            self.adding.choose(at)
            self.strip_changed.emit()
            return
        count = len(self._rows())
        if count and 0 <= at < count:
            self._chosen = at
            self._show()

    def scanned(self, label: str, source: str) -> None:
        """Here a scan sells nothing: it shows that its scanner works."""
        self.say(
            tr("{source} read {label}. Nothing was sold: this is the devices page.", source=source, label=label),
            Tone.OK,
        )
        self.sounded.emit("ok")

    # ── checks ───────────────────────────────────────────────────────────────────────────────────

    def _check(self, depth: Depth, busy: str) -> None:
        table = self._table()
        if table is None or self._desk is None:
            return
        self._busy = busy
        self._desk.check(table.name, depth, self._checked)
        self._show()

    def _checked(self, found: Checked, reasons: Sequence[Finding]) -> None:
        self._busy = ""
        remarks = [Remark(sentence(one.code, one.facts), Tone.WARNING if one.bad else Tone.INFO) for one in reasons]
        if found.code and found.code == self._health(self._named(found.name)).code:
            remarks.insert(0, Remark(tr("It says the same when asked."), Tone.INFO))
        elif found.code:
            remarks.insert(0, Remark(sentence(found.code, found.facts), Tone.OK if found.good else Tone.WARNING))
        elif not reasons:
            remarks.append(Remark(sentence("good.answers"), Tone.OK))
        self._remarks[found.name] = remarks[:MAX_REMARKS]
        self._show()

    def _is_terminal(self) -> bool:
        return isinstance(self._table(), TerminalTable)

    def _close_day(self) -> None:
        """Have the card terminal close its day; it may take a minute."""
        table = self._table()
        if table is not None and self._counter.close_terminal_day(
            lambda outcome: self._day_closed(table.name, outcome)
        ):
            self._busy = tr("Closing its day …")
            self._show()

    def _day_closed(self, name: str, outcome: PaymentOutcome) -> None:
        self._busy = ""
        if outcome.state is PaymentState.APPROVED:
            total = format_money(outcome.amount_minor, outcome.currency or "EUR")
            self._remarks[name] = [Remark(tr("Its day is closed, with {total}.", total=total), Tone.OK)]
        else:
            self._remarks[name] = [Remark(words_for(outcome.reason or "terminal.not_possible"), Tone.WARNING)]
        self._show()

    def _take_out(self) -> None:
        table = self._table()
        if table is not None and self._desk is not None:
            self._busy = tr("Saving …")
            self._desk.remove(table.name, self._taken_out)
            self._show()

    def _taken_out(self, code: str, facts: Mapping[str, object]) -> None:
        self._busy = ""
        self._chosen = 0
        self._tell(code, facts)
        self._show()

    # ── learning a scanner ───────────────────────────────────────────────────────────────────────

    def _can_learn(self) -> bool:
        table = self._table()
        return table is None or isinstance(table, WedgeTable | SerialScannerTable)

    def _learn(self) -> None:
        table = self._table()
        self._learned = None
        self._learning = ()
        if isinstance(table, SerialScannerTable) and self._desk is not None:
            self._desk.record(table.name, self._listening, self._scan_learned)
        else:
            self._wedge.record()
            self._listening()
        self._to(Page.LEARN)

    def _listening(self) -> None:
        self._learning = (Remark(tr("Scan now."), Tone.INFO),)
        self._show()

    def _keys_recorded(self, keys: tuple[Key, ...]) -> None:
        if self._page is Page.LEARN:
            self._scan_learned(learn_keys(keys))

    def _scan_learned(self, found: Learned | NotLearned) -> None:
        if self._page is not Page.LEARN:
            return
        if isinstance(found, NotLearned):
            self._learned = None
            self._learning = (Remark(sentence(found.code, {"detail": found.detail}), Tone.WARNING),)
            self.sounded.emit("warning")
            if not isinstance(self._table(), SerialScannerTable):
                self._wedge.record()  # the next scan may be better
        else:
            self._learned = found
            advice = [Remark(sentence(code), Tone.INFO) for code in found.advice]
            self._learning = (Remark(learned_words(found), Tone.OK), *advice)
            self.sounded.emit("ok")
        self._show()

    def _save(self) -> None:
        if self._page is Page.ADD:
            self.adding.save()
            return
        if self._learned is None or self._desk is None:
            return
        learned, table = self._learned, self._table()
        dressing = learned.dressing
        affixes = {"prefix": dressing.prefix, "suffix": dressing.suffix, "gs": dressing.gs}
        if isinstance(table, SerialScannerTable):
            made: DeviceTable = msgspec.structs.replace(table, framing=learned.framing, **affixes)
        else:
            name = table.name if table else KEYBOARD
            made = WedgeTable(name=name, gs_key=learned.gs_key, gap_ms=learned.gap_ms, **affixes)
            self._wedge.set_up(made.setup)
        self._desk.save(msgspec.to_builtins(made), self._saved)

    def _saved(self, code: str, facts: Mapping[str, object]) -> None:
        if code.startswith("good."):
            self._to(Page.LOOK)
        self._tell(code, facts)

    def _tell(self, code: str, facts: Mapping[str, object]) -> None:
        words = words_for(code, facts) if code in ERROR_WORDS else sentence(code, facts)
        if self._page is Page.ADD:
            self.adding.refused(words)
        self.say(words, Tone.OK if code.startswith("good.") else Tone.WARNING)

    # ── showing ──────────────────────────────────────────────────────────────────────────────────

    def _back(self) -> None:
        if self._page is Page.LOOK:
            self.left.emit()
        else:
            self._to(Page.LOOK)

    def _to(self, page: Page) -> None:
        if page is not Page.LEARN:
            self._wedge.stop_recording()
        self._page = page
        self._view.show_page(page)
        self._show()

    def _tables(self) -> tuple[DeviceTable, ...]:
        return self._desk.tables() if self._desk else ()

    def _rows(self) -> list[tuple[str, str]]:
        """(name, driver); a keyboard scanner works without a table and can always be learned."""
        rows = [(table.name, str(msgspec.to_builtins(table)["driver"])) for table in self._tables()]
        if not any(driver == "scanner.wedge" for _, driver in rows):
            rows.append((tr("Keyboard scanner"), "scanner.wedge"))
        return rows

    def _table(self) -> DeviceTable | None:
        tables = self._tables()
        return tables[self._chosen] if self._chosen < len(tables) else None

    def _named(self, name: str) -> DeviceTable | None:
        return next((table for table in self._tables() if table.name == name), None)

    def _health(self, table: DeviceTable | None) -> Health:
        known = self._desk.health(table.name) if table and self._desk else None
        return known or Health(DeviceState.READY)

    def _show(self) -> None:
        tables = self._tables()
        rows = self._rows()
        self._chosen = min(self._chosen, len(rows) - 1)
        healths = [self._health(table) for table in tables] + [Health(DeviceState.READY)]
        views = [
            RowView(name, driver_words(driver), short_words(health) or tr("ready"), tone_of(health))
            for (name, driver), health in zip(rows, healths, strict=False)
        ]
        self._view.show_rows(tuple(views), self._chosen)
        if self._page is Page.LEARN:
            self._view.show_learn(self._learn_view())
        elif self._page is Page.LOOK:
            self._view.show_look(self._look_view(rows, healths))
        self.strip_changed.emit()

    def _look_view(self, rows: Sequence[tuple[str, str]], healths: Sequence[Health]) -> LookView:
        name, driver = rows[self._chosen]
        health = healths[self._chosen]
        table = self._table()
        if health.code:
            state = Remark(sentence(health.code, {"detail": health.detail}), tone_of(health))
        elif health.state is DeviceState.READY:
            state = Remark(tr("It works."), Tone.OK)
        else:
            state = Remark(sentence("device.not_connected"), tone_of(health))
        remarks = self._remarks.get(name, ())
        return LookView(name, driver_words(driver), settings_words(table), state, tuple(remarks), self._busy)

    def _learn_view(self) -> LearnView:
        name, _driver = self._rows()[self._chosen]
        hint = tr("Scan the square code with an imager, or the bar code with any other scanner. Nothing is sold by it.")
        return LearnView(tr("Learn {name}", name=name), hint, long_label(), short_label(), self._learning)


def learned_words(found: Learned) -> str:
    """What was learned, in one line."""
    parts = [
        tr("prefix {text}", text=found.dressing.prefix or "–"),
        tr("suffix {text}", text=found.dressing.suffix or "–"),
        tr("ends with {end}", end={"enter": "Enter", "tab": "Tab"}.get(found.ends, tr("silence"))),
    ]
    if found.gs_key or found.dressing.gs:
        parts.append(tr("sends {text} for GS", text=found.dressing.gs or tr("a function key")))
    if found.sends_aim:
        parts.append(tr("sends AIM IDs"))
    if found.layout_differs:
        parts.append(tr("this keyboard has another layout, which does not matter"))
    if found.widest_gap_ms:
        parts.append(tr("keys at most {n} ms apart", n=found.widest_gap_ms))
    return tr("Learned: {parts}.", parts=" · ".join(parts))


def settings_words(table: DeviceTable | None) -> str:
    """Where it is and how it is set, as the file has it."""
    if table is None:
        return tr("Works without being set up; learned by one scan it works better.")
    fields = {name: value for name, value in msgspec.to_builtins(table).items() if name not in ("name", "driver")}
    return " · ".join(f"{name} {_shown(name, value)}" for name, value in fields.items() if value not in ("", 0, None))


def _shown(name: str, value: object) -> str:
    if name in ("usb_vid", "usb_pid") and isinstance(value, int):
        return f"{value:04x}"
    return {True: tr("yes"), False: tr("no")}.get(value, str(value)) if isinstance(value, bool) else str(value)
