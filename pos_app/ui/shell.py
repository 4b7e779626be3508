"""The one window: top strip, the screens, action strip, notices. It shows what it is told and says what was pressed."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from pos_app.ui.keymap import EVERYWHERE, Act, Slot, key_name
from pos_app.ui.notices import Notice, NoticeStrip
from pos_app.ui.strip import ActionStrip
from pos_app.ui.theme import TOP_STRIP_PX, Tone, Weight, font, mirrored
from pos_app.ui.widgets.approval import ApprovalPanel
from pos_app.ui.widgets.buttons import TabButton
from pos_app.ui.widgets.parts import Pill, Words, column, label, pill_width, row
from pos_app.ui.widgets.reasons import ReasonPanel
from pos_app.ui.words import tr

MIN_WIDTH, MIN_HEIGHT = 960, 540
FIRST_WIDTH, FIRST_HEIGHT = 1366, 768
NARROW_PX = 1024
NOTICE_HEIGHT = 44
NOTICE_WIDTH = 560
"""Below this a sentence of two lines would be cut: the notice then takes the whole strip."""
PILL_GAP = 14
STRIP_SPACE_PX = 2 * 18 + 2 * PILL_GAP  # margins and fixed gaps
MORE_DEVICES = "more"
SEVERITY = (Tone.ERROR, Tone.WARNING, Tone.INFO, Tone.PLAIN, Tone.OK)


@dataclass(frozen=True, slots=True)
class PillState:
    """A device in words: its name, and what is wrong when something is."""

    name: str
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class TopState:
    """All the top strip shows. `workspaces` are (name, words, count); `current` is empty while locked."""

    title: str
    workspaces: tuple[tuple[str, str, int], ...] = ()
    current: str = ""
    lamp: PillState = PillState("sync", "", Tone.OK)
    devices: tuple[PillState, ...] = ()
    operator: str = ""
    clock: str = ""


class Operator(Words):
    """Who is signed in, and the time; a tap locks the till."""

    tapped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("operator_and_clock")
        self.setFont(font(16, Weight.SEMI))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("look", "muted")
        self.setFixedHeight(TOP_STRIP_PX)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.tapped.emit()


class TopStrip(QWidget):
    """Store and till, workspaces, lamps, operator and clock."""

    chosen = Signal(str)
    device_tapped = Signal()
    lock_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("top_strip")
        self.setProperty("look", "top")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(TOP_STRIP_PX)
        line = row(self, gap=0, margins=(18, 0, 18, 0))
        self._title = label(px=17, weight=Weight.BOLD, name="store_and_till")
        self._tabs = row(gap=14)
        self._lamp = Pill("sync_lamp", lamp=True)
        self._pills = row(gap=14)
        self._operator = Operator()
        self._operator.tapped.connect(self.lock_wanted)
        line.addWidget(self._title)
        line.addSpacing(14)
        line.addLayout(self._tabs)
        line.addStretch(1)
        line.addWidget(self._lamp)
        line.addSpacing(14)
        line.addLayout(self._pills)
        line.addWidget(self._operator)
        self._tab_of: dict[str, TabButton] = {}
        self._pill_of: dict[str, Pill] = {}
        self._devices: tuple[PillState, ...] = ()

    def show_state(self, state: TopState) -> None:
        self._title.setText(state.title)
        self._lamp.show_state(state.lamp.text, state.lamp.tone)
        self._operator.setText(" · ".join(part for part in (state.operator, state.clock) if part))
        self._show_tabs(state)
        self._show_devices(state.devices)

    def settle(self) -> None:
        """Have the places computed now, because somebody is about to ask for them."""
        line = self.layout()
        if line is not None:
            line.activate()

    def tabs_left(self) -> int:
        """Where the room for workspaces begins and notices may lie."""
        return self._title.geometry().right() + 14

    def lamp_left(self) -> int:
        return self._lamp.geometry().left() - 14

    def lamp_text(self) -> str:
        return self._lamp.text()

    def _show_tabs(self, state: TopState) -> None:
        wanted = [name for name, _, _ in state.workspaces]
        for name in [name for name in self._tab_of if name not in wanted]:
            self._tab_of.pop(name).deleteLater()
        for name, words, count in state.workspaces:
            if name not in self._tab_of:
                tab = TabButton(f"workspace_{name}", words)
                tab.setProperty("workspace", name)
                tab.clicked.connect(self._tab_pressed)
                self._tabs.addWidget(tab)
                self._tab_of[name] = tab
            self._tab_of[name].setText(words)
            self._tab_of[name].setAccessibleName(words)
            self._tab_of[name].show_count(count)
            self._tab_of[name].show_chosen(name == state.current)

    def _show_devices(self, devices: Sequence[PillState]) -> None:
        """As many as there is room for, those in trouble first; the rest as a number."""
        self._devices = tuple(devices)
        wanted = sorted(devices, key=lambda device: SEVERITY.index(device.tone))
        shown = wanted[: self._fitting(wanted)]
        left = len(wanted) - len(shown)
        if left:
            shown.append(PillState(MORE_DEVICES, f"+{left}", wanted[len(shown)].tone))
        for name in [name for name in self._pill_of if name not in {device.name for device in shown}]:
            gone = self._pill_of.pop(name)
            gone.hide()
            self._pills.removeWidget(gone)
            gone.deleteLater()
        for at, device in enumerate(shown):
            if device.name not in self._pill_of:
                pill = self._pill_of[device.name] = Pill(f"device_{device.name}", lamp=True)
                pill.tapped.connect(self.device_tapped)
            if self._pills.indexOf(self._pill_of[device.name]) != at:
                self._pills.insertWidget(at, self._pill_of[device.name])
            self._pill_of[device.name].show_state(device.text, device.tone)
        gap = PILL_GAP if shown else 0
        self._pills.setContentsMargins(*((gap, 0, 0, 0) if mirrored(self) else (0, 0, gap, 0)))

    def _fitting(self, wanted: Sequence[PillState]) -> int:
        """How many pills stand side by side without being cut, a number for the rest included."""
        parts = (self._title, self._lamp, self._operator, *self._tab_of.values())
        room = self.width() - STRIP_SPACE_PX - sum(part.sizeHint().width() + PILL_GAP for part in parts)
        widths = [pill_width(device.text) + PILL_GAP for device in wanted]
        if sum(widths) <= room:
            return len(widths)
        room -= pill_width("+9") + PILL_GAP
        fits = 0
        while fits < len(widths) and sum(widths[: fits + 1]) <= room:
            fits += 1
        return fits

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_devices(self._devices)

    def _tab_pressed(self) -> None:
        self.chosen.emit(self.sender().property("workspace"))


class Shell(QWidget):
    """The window. Keys nobody else wanted end here and become acts."""

    acted = Signal(str)  # an Act
    workspace_chosen = Signal(str)
    devices_wanted = Signal()
    typed_aside = Signal(str)  # a printable key while no line for typing had the focus
    closing = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("shell")
        self.setProperty("look", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumSize(MIN_WIDTH, MIN_HEIGHT)
        self.resize(FIRST_WIDTH, FIRST_HEIGHT)
        self._keys: dict[str, Act] = dict(EVERYWHERE)
        self.top = TopStrip()
        self.strip = ActionStrip()
        self.screens = QStackedWidget()
        self.screens.setObjectName("screens")
        lines = column(self)
        lines.addWidget(self.top)
        lines.addWidget(self.screens, 1)
        lines.addWidget(self.strip)
        self.notices = NoticeStrip()
        self.notices.setParent(self)
        self.approval = ApprovalPanel(self)
        self.reasons = ReasonPanel(self)
        self.top.chosen.connect(self.workspace_chosen)
        self.top.device_tapped.connect(self.devices_wanted)
        self.top.lock_wanted.connect(self._lock)
        self.strip.acted.connect(self.acted)

    def _lock(self) -> None:
        self.acted.emit(Act.LOCK.value)

    def add_screen(self, view: QWidget) -> None:
        self.screens.addWidget(view)

    def show_screen(self, view: QWidget, keys: dict[str, Act]) -> None:
        """Bring a screen to the front; `keys` are all that work there."""
        self._keys = keys
        self.screens.setCurrentWidget(view)
        view.setFocus()

    def show_top(self, state: TopState) -> None:
        self.top.show_state(state)
        self.setWindowTitle(state.title)

    def show_strip(self, slots: tuple[Slot, ...]) -> None:
        self.strip.setVisible(bool(slots))
        self.strip.show_slots(slots)

    def notify(self, notice: Notice) -> None:
        self._place_notice()
        self.notices.show_notice(notice)

    def take_back_notice(self) -> None:
        """Put the notice away: what it was about has been dealt with."""
        self.notices.put_away()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        act = self._keys.get(key_name(event))
        if act is not None:
            self.acted.emit(act.value)
        elif event.text().isprintable() and event.text():
            self.typed_aside.emit(event.text())
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.strip.set_narrow(self.width() < NARROW_PX)
        self._place_notice()
        self._place_panels()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self._place_notice()
            self._place_panels()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closing.emit()
        super().closeEvent(event)

    def _place_panels(self) -> None:
        for beside in (self.approval, self.reasons):
            beside.place(self.screens.geometry())

    def _place_notice(self) -> None:
        self.top.settle()
        margin = (TOP_STRIP_PX - NOTICE_HEIGHT) // 2
        title, lamp = self.top.tabs_left(), self.top.lamp_left()
        left, right = min(title, lamp), max(title, lamp)
        if right - left < NOTICE_WIDTH:
            left, right = 12, self.width() - 12
        self.notices.setGeometry(left, margin, right - left, NOTICE_HEIGHT)


def till_title(store_name: str, register: str, role: str) -> str:
    """ "Store 319 · Till 2": what the window and the strip are called."""
    if role == "counter":
        return f"{store_name} · {tr('Counter')}"
    number = register.removeprefix("T")
    return f"{store_name} · {tr('Till {n}', n=number) if number.isdigit() else register}"
