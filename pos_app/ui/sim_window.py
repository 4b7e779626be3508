"""The simulators' window: a card for each device with its buttons, on the control socket of `pos_app.devices.sim`.

`python -m pos_app.ui.sim_window --control SOCKET [--codes FILE]`, where FILE has a line `CODE<TAB>NAME` for each code to
choose from. It only sends the lines a person could type, and shows what was answered; a lost socket is tried again.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QScrollArea, QWidget

from pos_app.ui.device_words import kind_word
from pos_app.ui.main import application
from pos_app.ui.sim_line import ButtonView, DeviceView, SimLine
from pos_app.ui.theme import GAP, THEMES, WIDE_GAP, Weight, set_look
from pos_app.ui.widgets.buttons import button
from pos_app.ui.widgets.parts import ElidedLabel, clear, column, label, row
from pos_app.ui.widgets.recall import RecallField
from pos_app.ui.words import tr

COLUMNS, BUTTONS_A_ROW = 2, 3
BUTTON_PX, SEND_WIDTH_PX = 38, 92  # for a mouse, not for a finger in a shop
WIDTH, HEIGHT = 980, 760

Codes = Sequence[tuple[str, str]]
"""(code, name) to choose from where a code is asked for."""


class DeviceCard(QFrame):
    """One device: its fields, its buttons, and what it answered last."""

    def __init__(self, device: DeviceView, line: SimLine, codes: Codes = ()) -> None:
        super().__init__()
        self.device, self._line = device, line
        self.fields: dict[str, RecallField] = {}
        self.setObjectName(f"sim_{device.name}")
        self.setProperty("look", "panel")
        self.setAccessibleName(kind_word(device.name))
        lines = column(self, gap=GAP, margins=(16, 14, 16, 14))
        head = row(gap=GAP)
        head.addWidget(label(kind_word(device.name), px=18, weight=Weight.BOLD))
        where = ElidedLabel(13, look="muted")
        where.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        where.show_text(device.where)
        head.addWidget(where, 1)
        lines.addLayout(head)
        asking = [one for one in device.buttons if one.ask]
        asked = {one.line for one in asking}
        plain = [one for one in device.buttons if not one.ask]
        bare = {one.line for one in plain}  # may be sent with nothing behind it as well
        grid = QGridLayout()
        grid.setSpacing(GAP)
        for n, view in enumerate(asking):
            field = self._field(view, codes if view.line == "scan" else (), optional=view.line in bare)
            grid.addWidget(field, n, 0)
            grid.addWidget(self._send_button(view, "main" if n == 0 else "choice", optional=view.line in bare), n, 1)
        grid.setColumnStretch(0, 1)
        lines.addLayout(grid)
        keys = QGridLayout()
        keys.setSpacing(6)
        for n, view in enumerate(one for one in plain if one.line not in asked):
            keys.addWidget(self._press_button(view), n // BUTTONS_A_ROW, n % BUTTONS_A_ROW)
        for n in range(BUTTONS_A_ROW):
            keys.setColumnStretch(n, 1)
        lines.addLayout(keys)
        self._answer = label("", px=14, look="muted", name=f"answer_{device.name}")
        self._answer.setWordWrap(True)
        lines.addWidget(self._answer)

    def show_answer(self, line: str, answer: str) -> None:
        refused = answer.startswith("no:")
        self._answer.setText(f"ok · {line}" if answer == "ok" else answer)  # which one, when the same is pressed again
        set_look(self._answer, look="error" if refused else "muted")

    def _field(self, view: ButtonView, codes: Codes, *, optional: bool) -> RecallField:
        field = RecallField(f"field_{_name(view)}", f"{view.ask} – {view.help}", codes)
        field.setMinimumHeight(BUTTON_PX)
        field.setToolTip(view.help)
        field.setAccessibleName(f"{self._word(view)}: {view.ask}")
        field.setAccessibleDescription(view.help)
        field.entered.connect(lambda: self._send(view, optional=optional))
        self.fields[view.line] = field
        return field

    def _send_button(self, view: ButtonView, look: str, *, optional: bool) -> QPushButton:
        made = button(self._word(view), f"press_{_name(view)}", look, px=13)
        made.setMinimumWidth(SEND_WIDTH_PX)
        made.clicked.connect(lambda: self._send(view, optional=optional))
        return _explained(made, view)

    def _press_button(self, view: ButtonView) -> QPushButton:
        made = button(self._word(view), f"press_{_name(view)}", px=13)
        made.clicked.connect(lambda: self._line.send(self.device.name, view.line))
        return _explained(made, view)

    def _word(self, view: ButtonView) -> str:
        """The line without the device's own name, as a word on a button."""
        if view.line == self.device.name:
            return tr("Place")
        return view.line.removeprefix(f"{self.device.name} ").capitalize()

    def _send(self, view: ButtonView, *, optional: bool) -> None:
        typed = self.fields[view.line].value()
        if typed:
            self.fields[view.line].remember()
        elif not optional:
            self.show_answer(view.line, tr("no: fill in {what} first", what=view.ask))
            return
        self._line.send(self.device.name, f"{view.line} {typed}".rstrip())


class SimWindow(QWidget):
    """All devices of one panel, in two columns."""

    def __init__(self, line: SimLine, codes: Codes = (), title: str = "") -> None:
        """Connects by itself; `line` ends with the window."""
        super().__init__()
        self.setObjectName("sim_window")
        self.setProperty("look", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle(title or tr("Simulated devices"))
        self.resize(WIDTH, HEIGHT)
        self._codes = tuple(codes)
        self._cards: dict[str, DeviceCard] = {}
        self.line = line
        line.setParent(self)
        lines = column(self, gap=GAP, margins=(WIDE_GAP, WIDE_GAP, WIDE_GAP, WIDE_GAP))
        head = row(gap=GAP)
        self._state = label(px=15, look="muted", name="sim_state")
        self._state.setWordWrap(True)
        self._again = button(tr("Try again"), "sim_again", "main", px=13)
        self._again.clicked.connect(self._open)
        head.addWidget(self._state, 1)
        head.addWidget(self._again)
        lines.addLayout(head)
        page = QWidget()
        page.setProperty("look", "clear")
        across = row(page, gap=WIDE_GAP, margins=(0, 0, WIDE_GAP, 0))
        self._columns = [column(gap=WIDE_GAP) for _ in range(COLUMNS)]
        for one in self._columns:
            across.addLayout(one, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.viewport().setAutoFillBackground(False)
        area.setWidget(page)
        lines.addWidget(area, 1)
        line.came.connect(self._show_devices)
        line.answered.connect(self._show_answer)
        line.lost.connect(self._say_lost)
        line.gave_up.connect(self._say_gone)
        self._open()

    @property
    def cards(self) -> tuple[DeviceCard, ...]:
        return tuple(self._cards.values())

    def closeEvent(self, event: QCloseEvent) -> None:
        self.line.close()
        super().closeEvent(event)

    def _open(self) -> None:
        self._say_lost()
        self.line.open()

    def _show_devices(self, devices: tuple[DeviceView, ...]) -> None:
        self._say(
            tr("Press a button, or type and press Enter. The till sees real devices on ports and sockets."), "muted"
        )
        if tuple(card.device for card in self.cards) == devices:
            return
        typed = {(name, line): field for name, card in self._cards.items() for line, field in card.fields.items()}
        made = {device.name: DeviceCard(device, self.line, self._codes) for device in devices}
        for name, card in made.items():
            for line, field in card.fields.items():
                if (name, line) in typed:  # the simulators were started again, on other ports
                    field.take_over(typed[name, line])
        heights = [0] * COLUMNS
        for one in self._columns:
            clear(one)
        self._cards = made
        for card in made.values():
            at = heights.index(min(heights))
            heights[at] += card.sizeHint().height() + WIDE_GAP
            self._columns[at].addWidget(card)
        for one in self._columns:
            one.addStretch(1)
        first = next((field for card in made.values() for field in card.fields.values()), None)
        if first is not None:
            first.setFocus()

    def _show_answer(self, device: str, line: str, answer: str) -> None:
        if device in self._cards:
            self._cards[device].show_answer(line, answer)

    def _say_lost(self) -> None:
        self._say(tr("The simulators do not answer. Trying again …"), "warning")

    def _say_gone(self) -> None:
        self._say(tr("The simulators are gone. Start them again, then press Try again."), "error")
        self._again.show()

    def _say(self, text: str, look: str) -> None:
        self._state.setText(text)
        set_look(self._state, look=look)
        self._again.hide()


def _name(view: ButtonView) -> str:
    return view.line.replace(" ", "_")


def _explained(made: QPushButton, view: ButtonView) -> QPushButton:
    made.setMinimumHeight(BUTTON_PX)
    made.setToolTip(view.help)
    made.setAccessibleDescription(view.help)
    return made


def codes_of(file: Path) -> list[tuple[str, str]]:
    """(code, name) of each line of a file, without those that hold no code."""
    rows = [line.partition("\t") for line in file.read_text(encoding="utf-8").splitlines()]
    return [(code.strip(), name.strip()) for code, _, name in rows if code.strip()]


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0; 2 when the file of codes cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m pos_app.ui.sim_window", description=__doc__)
    parser.add_argument("--control", required=True, metavar="SOCKET", help="control socket of the simulators")
    parser.add_argument("--codes", type=Path, metavar="FILE", help="codes to choose from, CODE<TAB>NAME a line")
    parser.add_argument("--title", default="", help="what to call the window")
    parser.add_argument("--theme", choices=sorted(THEMES), default="light")
    parser.add_argument("--language", default="en")
    options = parser.parse_args(arguments)
    try:
        codes = codes_of(options.codes) if options.codes else []
    except (OSError, UnicodeDecodeError) as trouble:
        parser.error(f"cannot read the codes: {trouble}")
    app = application(options.language, options.theme)
    app.setQuitOnLastWindowClosed(True)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)  # it keeps nothing that must be put away
    shown = SimWindow(SimLine(options.control), codes, options.title)
    shown.show()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
