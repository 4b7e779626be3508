"""Panels at the side of the return screen: papers of a finished sale, and what is asked for an invoice or a mail."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from pos_app.ui.screens.returns.after_state import AfterState, FormState, PaperView
from pos_app.ui.theme import GAP, Weight, font
from pos_app.ui.widgets.buttons import TENDER_LINES, TwoLineButton, leave_button
from pos_app.ui.widgets.parts import ElidedLabel, clear, column, label, row
from pos_app.ui.words import tr

COLUMNS = 2
BUTTON_HEIGHT, FIELD_HEIGHT = 72, 48
MAX_FIELD_CHARS = 120


class AfterPanel(QWidget):
    """Shows an AfterState; says which paper was asked for."""

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("after_panel")
        lines = column(self, gap=4)
        self._title = label(px=15, weight=Weight.BOLD, name="after_title")
        self._number = label(px=22, weight=Weight.BOLD, name="after_number")
        self._sub = ElidedLabel(16, look="muted", name="after_sub")
        for part in (self._title, self._number, self._sub):
            lines.addWidget(part)
        lines.addSpacing(10)
        self._grid = QGridLayout()
        self._grid.setSpacing(GAP)
        self._made: dict[str, TwoLineButton] = {}
        lines.addLayout(self._grid)
        lines.addStretch(1)

    def show_state(self, state: AfterState) -> None:
        self._title.setText(state.title)
        self._number.setText(state.number)
        self._sub.show_text(state.sub)
        for paper in state.papers:
            shown = self._made.get(paper.name) or self._make(paper)
            shown.show_lines(paper.words, paper.key)
            shown.setEnabled(paper.enabled)
        for name, made in self._made.items():
            made.setVisible(any(paper.name == name for paper in state.papers))

    def _make(self, paper: PaperView) -> TwoLineButton:
        made = TwoLineButton(f"paper_{paper.name}", "choice", TENDER_LINES)
        made.setMinimumHeight(BUTTON_HEIGHT)
        made.setProperty("paper", paper.name)
        made.clicked.connect(self._pressed)
        self._grid.addWidget(made, len(self._made) // COLUMNS, len(self._made) % COLUMNS)
        self._made[paper.name] = made
        return made

    def _pressed(self) -> None:
        self.wanted.emit(str(self.sender().property("paper")))


class FormPanel(QWidget):
    """Asks for a few lines; Enter goes on to the next one, and from the last one it is done."""

    done = Signal(dict)  # field name → text
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("form_panel")
        lines = column(self, gap=8)
        head = row(gap=8)
        self._title = label(px=20, weight=Weight.BOLD, name="form_title")
        self._leave = leave_button("form_leave", tr("Back"))
        self._leave.clicked.connect(self.left)
        head.addWidget(self._title, 1)
        head.addWidget(self._leave)
        lines.addLayout(head)
        self._text = label(px=15, look="muted", name="form_text")
        self._text.setWordWrap(True)
        lines.addWidget(self._text)
        self._fields = column(gap=6)
        lines.addLayout(self._fields)
        lines.addSpacing(6)
        self._main = TwoLineButton("form_main", "main", TENDER_LINES)
        self._main.show_lines(tr("Done"), "Enter")
        self._main.setFixedHeight(BUTTON_HEIGHT)
        self._main.clicked.connect(self._finish)
        lines.addWidget(self._main)
        lines.addStretch(1)
        self._edits: dict[str, QLineEdit] = {}

    def open(self, state: FormState, leave: str) -> None:
        """Empty fields, the first one ready to type in."""
        self._title.setText(state.title)
        self._text.setText(state.text)
        self._leave.show_lines(leave, "Esc")
        self._main.show_lines(state.main, "Enter")
        clear(self._fields)
        self._edits = {}
        for field in state.fields:
            self._fields.addWidget(label(field.words, 15, Weight.SEMI))
            edit = QLineEdit()
            edit.setObjectName(f"field_{field.name}")
            edit.setAccessibleName(field.words)
            edit.setProperty("look", "field")
            edit.setFont(font(17))
            edit.setFixedHeight(FIELD_HEIGHT)
            edit.setMaxLength(MAX_FIELD_CHARS)
            edit.returnPressed.connect(self._next)
            self._fields.addWidget(edit)
            edit.show()  # now, not with the next turn: what is typed at once belongs here
            self._edits[field.name] = edit
        self.type_in("")

    def type_in(self, text: str) -> None:
        """Put the cursor into the first field, with what was typed elsewhere."""
        for edit in self._edits.values():
            edit.setFocus()
            edit.insert(text)
            return

    def _next(self) -> None:
        edits = list(self._edits.values())
        at = next((n for n, edit in enumerate(edits) if edit is self.sender()), len(edits) - 1)
        if at + 1 < len(edits):
            edits[at + 1].setFocus()
        else:
            self._finish()

    def _finish(self) -> None:
        self.done.emit({name: edit.text().strip() for name, edit in self._edits.items()})
