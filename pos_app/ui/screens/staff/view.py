"""The staff page: everybody who may sign in here, and the lock of the PINs with its key."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from pos_app.ui.screens.staff.state import PersonView, StaffState
from pos_app.ui.theme import GAP, WIDE_GAP, Tone, Weight
from pos_app.ui.widgets.buttons import button
from pos_app.ui.widgets.parts import ElidedLabel, Pill, clear, column, label, panel, row
from pos_app.ui.words import tr

SIDE = 16
ROW_HEIGHT = 60
ROLE_WIDTH, BY_WIDTH, UNLOCK_WIDTH = 120, 140, 190


class StaffView(QWidget):
    """Shows a StaffState."""

    unlock_pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("staff_page")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Staff"))
        lines = column(self, gap=WIDE_GAP)
        lines.addWidget(self._lock_panel())
        people = panel("staff_panel")
        inside = column(people, gap=GAP, margins=(SIDE, 12, SIDE, 12))
        inside.addWidget(label(tr("Who may sign in here"), px=18, weight=Weight.BOLD))
        words = label(tr("Staff, PINs and badges come from head office."), px=14, look="muted", name="staff_from")
        inside.addWidget(words)
        self._nobody = label(px=16, look="muted", name="staff_nobody")
        self._nobody.setWordWrap(True)
        inside.addWidget(self._nobody)
        self._people = column(gap=0)
        area = QScrollArea()
        area.setObjectName("staff_list")
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page = QWidget()
        page.setProperty("look", "clear")
        page.setLayout(self._people)
        area.setWidget(page)
        inside.addWidget(area, 1)
        lines.addWidget(people, 1)

    def show_state(self, state: StaffState) -> None:
        self._lock.setVisible(bool(state.lock))
        self._lock_words.setText(state.lock)
        self._unlock.setText(state.unlock)
        self._unlock.setAccessibleName(state.unlock)
        self._nobody.setText(state.nobody)
        self._nobody.setVisible(bool(state.nobody))
        clear(self._people)
        for at, person in enumerate(state.people):
            self._people.addWidget(_person(person, at))
        self._people.addStretch(1)

    def _lock_panel(self) -> QFrame:
        self._lock = panel("pin_lock", "notice")
        self._lock.setProperty("tone", "warning")
        line = row(self._lock, gap=WIDE_GAP, margins=(SIDE, 8, SIDE, 8))
        self._lock_words = label(px=16, weight=Weight.SEMI, name="pin_lock_words")
        self._lock_words.setWordWrap(True)
        self._unlock = button(tr("Unlock PINs"), "unlock_pins", "main", px=16)
        self._unlock.setMinimumWidth(UNLOCK_WIDTH)
        self._unlock.clicked.connect(self.unlock_pressed)
        line.addWidget(self._lock_words, 1)
        line.addWidget(self._unlock)
        return self._lock


def _person(person: PersonView, at: int) -> QWidget:
    made = QFrame()
    made.setProperty("look", "head")
    made.setObjectName(f"person_{at}")
    made.setAccessibleName(f"{person.name}, {person.role}, {person.here}, {person.signs_in_by}")
    made.setFixedHeight(ROW_HEIGHT)
    line = row(made, gap=WIDE_GAP, margins=(4, 0, 4, 0))
    name = ElidedLabel(17, Weight.SEMI)
    name.show_text(person.name)
    role = label(person.role, px=15)
    role.setFixedWidth(ROLE_WIDTH)
    by = label(person.signs_in_by, px=14, look="muted")
    by.setFixedWidth(BY_WIDTH)
    line.addWidget(name, 2)
    line.addWidget(role)
    line.addWidget(by)
    line.addWidget(_here(person, at), 3)
    return made


def _here(person: PersonView, at: int) -> QWidget:
    if not person.now:
        here = ElidedLabel(15, look="muted")
        here.show_text(person.here)
        return here
    made = QWidget()
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    line = row(made)
    pill = Pill(f"person_{at}_now", lamp=True)
    pill.show_state(person.here, Tone.OK)
    line.addWidget(pill)
    line.addStretch(1)
    return made
