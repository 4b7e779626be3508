"""Coins and notes to be counted: one button a denomination, the chosen one takes the figures that are typed."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from pos_app.ui.screens.drawer.state import PieceRow
from pos_app.ui.theme import GAP, TOUCH_PX, Weight, set_look
from pos_app.ui.widgets.parts import label, row
from pos_app.ui.words import tr

COUNT_PX = 72


class PieceButton(QPushButton):
    """ "€ 50 × 3 = 150.00"; a button, so that it can be tapped and read out."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at
        self.setProperty("look", "choice")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumHeight(TOUCH_PX)
        line = row(self, gap=GAP, margins=(14, 2, 14, 2))
        self._value = label(px=16, weight=Weight.SEMI)
        self._count = label(px=19, weight=Weight.BOLD)
        self._worth = label(px=15, look="muted")
        for part in (self._value, self._count, self._worth):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        for part in (self._count, self._worth):
            part.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        self._count.setFixedWidth(COUNT_PX)
        line.addWidget(self._value, 2)
        line.addWidget(self._count)
        line.addWidget(self._worth, 3)

    def show_row(self, shown: PieceRow, *, chosen: bool) -> None:
        self.setObjectName(f"piece_{shown.at}")
        self.setAccessibleName(shown.value)
        self.setAccessibleDescription(tr("{n} pieces", n=shown.count or "0"))
        self._value.setText(shown.value)
        self._count.setText(shown.count or ("0" if not chosen else "_"))
        set_look(self._count, look="" if shown.count or chosen else "muted")
        self._worth.setText(shown.worth)
        set_look(self, chosen="true" if chosen else "false")


class PieceGrid(QWidget):
    """Notes in the first column, coins in the second."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("pieces")
        self.setAccessibleName(tr("Coins and notes"))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(6)
        self._buttons: list[PieceButton] = []

    def show_rows(self, rows: tuple[PieceRow, ...], at: int) -> None:
        if len(rows) != len(self._buttons):
            self._lay(rows)
        for made, shown in zip(self._buttons, rows, strict=True):
            made.show_row(shown, chosen=shown.at == at)

    def _lay(self, rows: tuple[PieceRow, ...]) -> None:
        for gone in self._buttons:
            self._grid.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        self._buttons = []
        below = [0, 0]
        for shown in rows:
            made = PieceButton(shown.at)
            made.clicked.connect(self._pressed)
            column = 0 if shown.note else 1
            self._grid.addWidget(made, below[column], column)
            below[column] += 1
            self._buttons.append(made)
        self._grid.setRowStretch(max(below), 1)

    def _pressed(self) -> None:
        pressed = self.sender()
        if isinstance(pressed, PieceButton):
            self.chosen.emit(pressed.at)
