"""The page of tills: one line for each, the chosen one marked, and what locking one means."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from pos_app.ui.screens.tills.state import TillRow, TillsState
from pos_app.ui.theme import GAP, WIDE_GAP, Weight, set_look
from pos_app.ui.widgets.buttons import button
from pos_app.ui.widgets.parts import ElidedLabel, Pill, clear, column, label, panel, row
from pos_app.ui.widgets.scrolled import scrolled
from pos_app.ui.words import tr

SIDE = 16
ROW_PX = 64


class TillsView(QWidget):
    """Shows a TillsState."""

    chosen = Signal(str)  # the node of a till's agent

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("tills_page")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Tills"))
        whole = column(self, gap=WIDE_GAP)
        tills = panel("tills_panel")
        lines = column(tills, gap=GAP, margins=(SIDE, 12, SIDE, 12))
        lines.addWidget(label(tr("Tills of this store"), px=18, weight=Weight.BOLD, name="tills_title"))
        about = label(
            tr(
                "A till that is missing or behaves oddly can be locked: the others let it in no more, at once and without"
                " head office. What it sold is not lost. Choose it with ↑ ↓."
            ),
            px=15, look="muted", name="tills_about",
        )  # fmt: skip
        about.setWordWrap(True)
        lines.addWidget(about)
        self._nobody = label(px=16, look="muted", name="tills_nobody")
        self._nobody.setWordWrap(True)
        lines.addWidget(self._nobody)
        self._tills = column(gap=6)
        inside = column(gap=0)
        inside.addLayout(self._tills)
        inside.addStretch(1)
        lines.addWidget(scrolled(inside, "tills_list"), 1)
        whole.addWidget(tills, 1)

    def show_state(self, state: TillsState) -> None:
        self._nobody.setText(state.nobody)
        self._nobody.setVisible(bool(state.nobody))
        clear(self._tills)
        for till in state.tills:
            self._tills.addWidget(self._till(till))

    def _till(self, till: TillRow) -> QPushButton:
        made = button("", f"till_{till.name}", "page", px=16)
        made.setAccessibleName(f"{till.name}: {till.pill}. {till.detail}")
        made.setFixedHeight(ROW_PX)
        made.setProperty("agent", till.agent)
        set_look(made, chosen="true" if till.chosen else "false")
        made.clicked.connect(self._pressed)
        line = row(made, gap=WIDE_GAP, margins=(12, 4, 12, 4))
        words = column(gap=2)
        words.addWidget(label(till.name, px=17, weight=Weight.SEMI))
        if till.detail:
            detail = ElidedLabel(14, look="muted")
            detail.show_text(till.detail)
            words.addWidget(detail)
        line.addLayout(words, 1)
        pill = Pill(f"till_{till.name}_pill", lamp=True)
        pill.show_state(till.pill, till.tone)
        line.addWidget(pill)
        for inside in made.findChildren(QWidget):
            inside.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        return made

    def _pressed(self) -> None:
        self.chosen.emit(str(self.sender().property("agent")))
