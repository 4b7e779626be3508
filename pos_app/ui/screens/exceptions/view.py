"""The exception report's page: a row for each cashier, and below it the days and the acts of the chosen one."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QLayout, QPushButton, QScrollArea, QSizePolicy, QWidget

from pos_app.ui.screens.exceptions.state import ActView, CashierView, ExceptionsState
from pos_app.ui.theme import GAP, WIDE_GAP, Weight, set_look
from pos_app.ui.widgets.days import DayBars
from pos_app.ui.widgets.parts import ElidedLabel, FittingWords, clear, column, label, panel, row
from pos_app.ui.words import tr

ROW_HEIGHT = 52
NAME_WIDTH, CELL_WIDTH, DAYS_WIDTH = 118, 64, 84
SIDE = 16


class CashierButton(QPushButton):
    """A cashier's row, to be tapped."""

    def __init__(self, at: int, cells: int) -> None:
        super().__init__()
        self.at = at
        self.setObjectName(f"cashier_{at}")
        self.setProperty("look", "choice")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(ROW_HEIGHT)
        line = row(self, gap=GAP, margins=(12, 4, 12, 4))
        self._name = ElidedLabel(16, Weight.SEMI)
        self._name.setFixedWidth(NAME_WIDTH)
        self._name.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        line.addWidget(self._name)
        self._cells = [_cell() for _ in range(cells)]
        for cell in self._cells:
            line.addWidget(cell)
        line.addSpacing(GAP)
        self._days = DayBars(f"cashier_{at}_days")
        self._days.setMinimumWidth(DAYS_WIDTH)
        line.addWidget(self._days, 1)

    def show_row(self, shown: CashierView, *, chosen: bool) -> None:
        self.setAccessibleName(shown.spoken)
        self._name.show_text(shown.name)
        for cell, text in zip(self._cells, shown.cells, strict=True):
            cell.setText(text)
        self._days.show_figures(shown.days, "")
        set_look(self, chosen="true" if chosen else "false")


class ExceptionsView(QWidget):
    """Shows an ExceptionsState."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("exceptions_page")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Exceptions"))
        lines = column(self, gap=WIDE_GAP)
        table = panel("exceptions_table")
        inside = column(table, gap=GAP, margins=(SIDE, 12, SIDE, 12))
        self._title = label(px=18, weight=Weight.BOLD, name="exceptions_title")
        inside.addWidget(self._title)
        self._heads = row(gap=GAP, margins=(12, 0, 12, 0))
        inside.addLayout(self._heads)
        self._rows = column(gap=6)
        inside.addWidget(_area(self._rows, "exceptions_rows"), 1)
        lines.addWidget(table, 3)
        below = row(gap=WIDE_GAP)
        below.addWidget(self._picture_panel(), 2)
        below.addWidget(self._acts_panel(), 3)
        lines.addLayout(below, 2)
        self._buttons: list[CashierButton] = []
        self._columns: tuple[str, ...] = ()

    def show_state(self, state: ExceptionsState) -> None:
        self._title.setText(state.title)
        self._show_heads(state.columns)
        self._show_rows(state)
        self._picture_title.setText(state.picture_title)
        self._picture.show_figures(state.picture, state.picture_spoken, state.ends)
        self._acts_title.setText(state.acts_title)
        self._nothing.setText(state.nothing)
        self._nothing.setVisible(bool(state.nothing))
        clear(self._acts)
        for act in state.acts:
            self._acts.addWidget(_act(act))
        self._acts.addStretch(1)

    def _picture_panel(self) -> QFrame:
        made = panel("exceptions_days_panel")
        lines = column(made, gap=GAP, margins=(SIDE, 12, SIDE, 12))
        self._picture_title = label(px=15, weight=Weight.BOLD, name="exceptions_days_title")
        self._picture = DayBars("exceptions_days", labels=True)
        lines.addWidget(self._picture_title)
        lines.addWidget(self._picture, 1)
        return made

    def _acts_panel(self) -> QFrame:
        made = panel("exceptions_acts_panel")
        lines = column(made, gap=GAP, margins=(SIDE, 12, SIDE, 12))
        self._acts_title = label(px=15, weight=Weight.BOLD, name="exceptions_acts_title")
        self._nothing = label(px=15, look="muted", name="exceptions_nothing")
        self._nothing.setWordWrap(True)
        self._acts = column(gap=4)
        lines.addWidget(self._acts_title)
        lines.addWidget(self._nothing)
        lines.addWidget(_area(self._acts, "exceptions_acts"), 1)
        return made

    def _show_heads(self, columns: tuple[str, ...]) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        clear(self._heads)
        first = label(tr("Cashier"), px=13, look="muted")
        first.setFixedWidth(NAME_WIDTH)
        self._heads.addWidget(first)
        for words in columns:
            head = FittingWords(13, 9, Weight.MEDIUM, "muted")
            head.setWordWrap(True)
            head.setFixedWidth(CELL_WIDTH)
            head.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
            head.setText(words)
            self._heads.addWidget(head)
        last = label(tr("Day by day"), px=13, look="muted")
        last.setMinimumWidth(DAYS_WIDTH)
        last.setIndent(GAP)
        self._heads.addWidget(last, 1)

    def _show_rows(self, state: ExceptionsState) -> None:
        if len(self._buttons) != len(state.rows):
            clear(self._rows)
            self._buttons = [CashierButton(at, len(state.columns)) for at in range(len(state.rows))]
            for made in self._buttons:
                made.clicked.connect(self._pressed)
                self._rows.addWidget(made)
            self._rows.addStretch(1)
        for at, (made, shown) in enumerate(zip(self._buttons, state.rows, strict=True)):
            made.show_row(shown, chosen=at == state.chosen)

    def _pressed(self) -> None:
        pressed = self.sender()
        if isinstance(pressed, CashierButton):
            self.chosen.emit(pressed.at)


def _cell(px: int = 16, look: str = "") -> QLabel:
    made = label(px=px, weight=Weight.MEDIUM, look=look)
    made.setFixedWidth(CELL_WIDTH)
    made.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
    made.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return made


def _act(act: ActView) -> QWidget:
    made = QWidget()
    made.setAccessibleName(f"{act.when}, {act.what}, {act.detail}, {act.amount}")
    line = row(made, gap=WIDE_GAP)
    when = label(act.when, px=14, look="muted")
    when.setMinimumWidth(92)
    detail = ElidedLabel(14, look="muted")
    detail.show_text(act.detail)
    line.addWidget(when)
    line.addWidget(label(act.what, px=15, weight=Weight.SEMI))
    line.addWidget(detail, 1)
    line.addWidget(label(act.amount, px=15, weight=Weight.SEMI))
    return made


def _area(inner: QLayout, name: str) -> QScrollArea:
    area = QScrollArea()
    area.setObjectName(name)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    page = QWidget()
    page.setProperty("look", "clear")
    page.setLayout(inner)
    area.setWidget(page)
    return area
