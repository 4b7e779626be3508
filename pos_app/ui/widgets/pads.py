"""On-screen figures and letters, for tills without a keyboard. Figures stay left-to-right in every language."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QSizePolicy, QWidget

from pos_app.ui.theme import GAP, TOUCH_PX, Weight
from pos_app.ui.widgets.buttons import EraseButton, button
from pos_app.ui.widgets.parts import column, row
from pos_app.ui.words import tr

FIGURES = (("7", "8", "9"), ("4", "5", "6"), ("1", "2", "3"))
LETTERS = ("1234567890", "qwertyuiop", "asdfghjkl-", "zxcvbnm")
CODE_LETTERS = ("01234567", "89ABCDEF", "GHJKMNPQ", "RSTVWXYZ")
MAX_KEY_PX = 82


class NumberPad(QWidget):
    """Twelve keys; the one at the lower left is given (`.`, `00` or nothing)."""

    typed = Signal(str)
    erased = Signal()

    def __init__(self, name: str, corner: str = "") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        grid = QGridLayout(self)
        grid.setSpacing(GAP)
        grid.setContentsMargins(0, 0, 0, 0)
        for r, figures in enumerate(FIGURES):
            for c, figure in enumerate(figures):
                grid.addWidget(self._key(name, figure), r, c)
        if corner:
            grid.addWidget(self._key(name, corner), 3, 0)
        grid.addWidget(self._key(name, "0"), 3, 1)
        erase = EraseButton(f"{name}_erase", tr("Erase"))
        erase.clicked.connect(self.erased)
        _stretchy(erase)
        grid.addWidget(erase, 3, 2)
        for r in range(4):
            grid.setRowStretch(r, 1)

    def _key(self, name: str, figure: str) -> QPushButton:
        key = button(figure, f"{name}_{'point' if figure in '.,' else figure}", px=26)
        key.clicked.connect(self._pressed)
        _stretchy(key)
        return key

    def _pressed(self) -> None:
        self.typed.emit(self.sender().property("text"))


class Keyboard(QWidget):
    """Letters and figures in rows; `erase_word` and an optional space bar end the last row."""

    typed = Signal(str)
    erased = Signal()

    def __init__(self, name: str, rows: tuple[str, ...] = LETTERS, *, space: bool = True) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        lines = column(self, gap=6)
        for figures in rows:
            line = row(gap=6)
            for figure in figures:
                key = button(figure, f"{name}_{figure}", "key", px=18, weight=Weight.MEDIUM)
                key.clicked.connect(self._pressed)
                key.setMinimumWidth(26)
                _stretchy(key)
                line.addWidget(key)
            if figures is rows[-1]:
                self._finish(line, name, space=space)
            lines.addLayout(line)

    def _finish(self, line: object, name: str, *, space: bool) -> None:
        from PySide6.QtWidgets import QHBoxLayout

        assert isinstance(line, QHBoxLayout)
        if space:
            bar = button(" ", f"{name}_space", px=18)
            bar.setAccessibleName(tr("Space"))
            bar.clicked.connect(self._pressed)
            _stretchy(bar)
            bar.setMinimumWidth(TOUCH_PX)
            line.addWidget(bar, 2)
        erase = EraseButton(f"{name}_erase", tr("Erase"))
        erase.clicked.connect(self.erased)
        _stretchy(erase)
        erase.setMinimumWidth(TOUCH_PX)
        line.addWidget(erase)

    def _pressed(self) -> None:
        self.typed.emit(self.sender().property("text"))


def _stretchy(key: QPushButton) -> None:
    key.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
    key.setMinimumHeight(TOUCH_PX)
    key.setMaximumHeight(MAX_KEY_PX)
