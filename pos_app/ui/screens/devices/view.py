"""The devices screen: a list on one side; the chosen device, a scanner being learned or a new device on the other."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QPushButton, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from pos_app.ui.screens.devices.state import AddView, ChoiceView, LearnView, LookView, Page, Remark, RowView
from pos_app.ui.theme import GAP, TOUCH_PX, WIDE_GAP, Tone, Weight, set_look
from pos_app.ui.widgets.buttons import TwoLineButton, TwoLines, button
from pos_app.ui.widgets.parts import FittingWords, Pill, clear, column, label, panel, row
from pos_app.ui.widgets.symbols import SymbolView
from pos_app.ui.words import tr

LIST_WIDTH, NARROW_LIST = 430, 300
ROW_HEIGHT = 64
CHOICE_LINES = TwoLines(big_px=15, small_px=12, gap_px=3, small_first=False)
SIDE = 24
LOOKS = {Tone.OK: "accent", Tone.WARNING: "warning", Tone.ERROR: "error", Tone.INFO: "info", Tone.PLAIN: ""}


class DeviceRow(QPushButton):
    """A device of the list; a button, so that it can be tapped, tabbed to and read out."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at
        self.setProperty("look", "choice")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(ROW_HEIGHT)
        line = row(self, gap=GAP, margins=(14, 6, 12, 6))
        words = column(gap=1)
        self._name = label(px=16, weight=Weight.SEMI)
        self._driver = FittingWords(13, 10, look="muted")
        for part in (self._name, self._driver):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            words.addWidget(part)
        self._pill = Pill(lamp=True)
        self._pill.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        line.addLayout(words, 1)
        line.addWidget(self._pill)

    def show_row(self, view: RowView, *, chosen: bool) -> None:
        self.setObjectName(f"device_row_{self.at}")
        self.setAccessibleName(f"{view.name}, {view.driver}, {view.pill}")
        self._name.setText(view.name)
        self._driver.setText(view.driver)
        self._pill.show_state(view.pill, view.tone)
        set_look(self, chosen="true" if chosen else "false")


class DevicesView(QWidget):
    """Shows what it is told; says what was tapped or typed."""

    chosen = Signal(int)
    driver_chosen = Signal(str)
    field_edited = Signal(str, str)
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("devices_screen")
        self.setProperty("look", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Devices"))
        sides = row(self, gap=WIDE_GAP, margins=(WIDE_GAP, WIDE_GAP, WIDE_GAP, WIDE_GAP))
        self._rows: list[DeviceRow] = []
        self._list = column(gap=GAP)
        sides.addWidget(_scrolled(self._list, "devices_list", LIST_WIDTH), 2)
        self._stack = QStackedWidget()
        self._pages = {Page.LOOK: self._look_page(), Page.LEARN: self._learn_page(), Page.ADD: self._add_page()}
        for page in self._pages.values():
            self._stack.addWidget(page)
        sides.addWidget(self._stack, 3)

    def show_page(self, page: Page) -> None:
        self._stack.setCurrentWidget(self._pages[page])
        self.setFocus()

    def show_rows(self, rows: tuple[RowView, ...], chosen: int) -> None:
        while len(self._rows) > len(rows):
            gone = self._rows.pop()
            gone.hide()
            gone.deleteLater()
        while len(self._rows) < len(rows):
            made = DeviceRow(len(self._rows))
            made.clicked.connect(self._row_pressed)
            self._list.insertWidget(len(self._rows), made)
            self._rows.append(made)
        for at, (shown, view) in enumerate(zip(self._rows, rows, strict=True)):
            shown.show_row(view, chosen=at == chosen)

    # ── the chosen device ────────────────────────────────────────────────────────────────────────

    def show_look(self, view: LookView) -> None:
        self._name.setText(view.name)
        self._driver.setText(view.driver)
        self._settings.setText(view.settings)
        _put_remarks(self._state, (view.state,), px=18)
        remarks = (Remark(view.busy, view.state.tone),) if view.busy else view.remarks
        _put_remarks(self._remarks, remarks)

    def _look_page(self) -> QFrame:
        made = panel("device_panel")
        lines = column(made, gap=GAP, margins=(SIDE, SIDE, SIDE, SIDE))
        self._name = label(px=24, weight=Weight.BOLD, name="device_name")
        self._driver = label(px=15, look="muted", name="device_driver")
        self._settings = label(px=14, look="muted", name="device_settings")
        for part in (self._name, self._driver, self._settings):
            part.setWordWrap(True)
            lines.addWidget(part)
        self._state, self._remarks = column(gap=4), column(gap=6)
        lines.addSpacing(GAP)
        lines.addLayout(self._state)
        lines.addSpacing(GAP)
        lines.addLayout(self._remarks)
        lines.addStretch(1)
        return made

    # ── learning ─────────────────────────────────────────────────────────────────────────────────

    def show_learn(self, view: LearnView) -> None:
        self._learn_title.setText(view.title)
        self._learn_hint.setText(view.hint)
        self._square.show_rows(view.matrix)
        self._bars.show_rows((view.bars,))
        _put_remarks(self._learn_remarks, view.remarks)

    def _learn_page(self) -> QFrame:
        made = panel("learn_panel")
        lines = column(made, gap=GAP, margins=(SIDE, 18, SIDE, 14))
        self._learn_title = label(px=22, weight=Weight.BOLD, name="learn_title")
        self._learn_hint = label(px=15, look="muted", name="learn_hint")
        self._learn_hint.setWordWrap(True)
        self._square = SymbolView("test_label_2d", tr("Test label for imagers"))
        self._bars = SymbolView("test_label_1d", tr("Test label for scanners of bar codes"), 0.3)
        self._bars.setFixedHeight(84)
        self._learn_remarks = column(gap=5)
        lines.addWidget(self._learn_title)
        lines.addWidget(self._learn_hint)
        lines.addWidget(self._square, 1)
        lines.addWidget(self._bars)
        lines.addLayout(self._learn_remarks)
        return made

    # ── putting one in ───────────────────────────────────────────────────────────────────────────

    def show_add(self, view: AddView) -> None:
        self._fill_choices(view.choices, view.chosen)
        self._fill_drivers(view.drivers, view.driver)
        self._fill_fields(view.fields)
        _put_remarks(self._add_message, (view.message,) if view.message.text else ())

    def _add_page(self) -> QFrame:
        made = panel("add_panel")
        lines = column(made, gap=GAP, margins=(SIDE, 18, SIDE, 14))
        lines.addWidget(label(tr("Add a device"), px=22, weight=Weight.BOLD, name="add_title"))
        self._add_message = column()
        lines.addLayout(self._add_message)
        sides = row(gap=WIDE_GAP)
        self._choices, self._drivers, self._fields = column(gap=6), column(gap=6), column(gap=4)
        lists = column(gap=GAP)
        lists.addWidget(label(tr("Where it is"), px=14, look="muted"))
        lists.addWidget(_scrolled(self._choices, "found_list", 200), 1)
        kinds = column(gap=GAP)
        kinds.addWidget(label(tr("What it is"), px=14, look="muted"))
        kinds.addWidget(_scrolled(self._drivers, "driver_list", 200), 1)
        sides.addLayout(lists, 1)
        sides.addLayout(kinds, 1)
        lines.addLayout(sides, 1)
        lines.addLayout(self._fields)
        return made

    def _fill_choices(self, choices: tuple[ChoiceView, ...], chosen: int) -> None:
        clear(self._choices)
        for at, choice in enumerate(choices):
            made = TwoLineButton(f"found_{at}", lines=CHOICE_LINES)
            made.show_lines(choice.title, choice.where)
            made.setProperty("at", at)
            set_look(made, chosen="true" if at == chosen else "false")
            made.clicked.connect(self._choice_pressed)
            self._choices.addWidget(made)
        self._choices.addStretch(1)

    def _fill_drivers(self, drivers: tuple[tuple[str, str], ...], chosen: str) -> None:
        clear(self._drivers)
        for driver, words in drivers:
            made = button(words, f"driver_{driver}", px=14)
            made.setProperty("driver", driver)
            set_look(made, chosen="true" if driver == chosen else "false")
            made.clicked.connect(self._driver_pressed)
            self._drivers.addWidget(made)
        self._drivers.addStretch(1)

    def _fill_fields(self, fields: tuple[tuple[str, str, str], ...]) -> None:
        clear(self._fields)
        for name, words, value in fields:
            self._fields.addWidget(label(words, px=13, look="muted"))
            made = QLineEdit(value)
            made.setObjectName(f"field_{name}")
            made.setAccessibleName(words)
            made.setProperty("look", "field")
            made.setProperty("field", name)
            made.setMinimumHeight(TOUCH_PX - 8)
            made.setMaxLength(200)
            made.setTextMargins(10, 0, 10, 0)
            made.textChanged.connect(self._field_typed)
            self._fields.addWidget(made)

    # ── what was pressed ─────────────────────────────────────────────────────────────────────────

    def _row_pressed(self) -> None:
        pressed = self.sender()
        if isinstance(pressed, DeviceRow):
            self.chosen.emit(pressed.at)

    def _choice_pressed(self) -> None:
        self.chosen.emit(int(self.sender().property("at")))

    def _driver_pressed(self) -> None:
        self.driver_chosen.emit(str(self.sender().property("driver")))

    def _field_typed(self, text: str) -> None:
        self.field_edited.emit(str(self.sender().property("field")), text)


def _put_remarks(into: QVBoxLayout, remarks: tuple[Remark, ...], px: int = 16) -> None:
    clear(into)
    for remark in remarks:
        made = label(remark.text, px=px, look=LOOKS[remark.tone], name="remark")
        made.setWordWrap(True)
        into.addWidget(made)


def _scrolled(inner: QVBoxLayout, name: str, width: int) -> QScrollArea:
    area = QScrollArea()
    area.setObjectName(name)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setMinimumWidth(min(width, NARROW_LIST))
    page = QWidget()
    page.setLayout(inner)
    area.setWidget(page)
    area.viewport().setAutoFillBackground(False)
    page.setAutoFillBackground(False)
    inner.addStretch(1)
    return area
