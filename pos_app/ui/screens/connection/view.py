"""The connection page: the parts of the way on one side, what it means for today on the other."""

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from pos_app.ui.screens.connection.state import ConnectionState, Figure, PartRow
from pos_app.ui.theme import GAP, WIDE_GAP, Weight
from pos_app.ui.widgets.parts import FittingWords, Pill, clear, column, label, panel, row
from pos_app.ui.words import tr

SIDE = 20
PART_SPACE = 4
LEAST_PX = 12


class ConnectionView(QWidget):
    """Shows a ConnectionState."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("connection_page")
        self.setAccessibleName(tr("Connection"))
        page = column(self, gap=WIDE_GAP)
        page.addWidget(self._advice_panel())
        sides = row(gap=WIDE_GAP)
        sides.addWidget(self._way_panel(), 1)
        sides.addWidget(self._meaning_panel(), 1)
        page.addLayout(sides, 1)

    def _advice_panel(self) -> QFrame:
        self._advice_box = panel("advice_panel", "notice")
        self._advice_box.setProperty("tone", "warning")
        line = row(self._advice_box, margins=(SIDE, 10, SIDE, 10))
        self._advice = label(px=16, weight=Weight.SEMI, name="connection_advice")
        self._advice.setWordWrap(True)
        line.addWidget(self._advice)
        return self._advice_box

    def _way_panel(self) -> QFrame:
        made = panel("way_panel")
        lines = column(made, gap=4, margins=(SIDE, 14, SIDE, 10))
        lines.addWidget(label(tr("From this till to head office"), px=17, weight=Weight.BOLD, name="way_title"))
        self._parts = column(gap=0)
        lines.addLayout(self._parts)
        lines.addStretch(1)
        return made

    def _meaning_panel(self) -> QFrame:
        made = panel("meaning_panel")
        lines = column(made, gap=GAP, margins=(SIDE, 14, SIDE, 10))
        self._figures, self._works, self._waits = column(gap=6), column(gap=6), column(gap=6)
        lines.addLayout(self._figures)
        lines.addSpacing(6)
        self._waits_title = label(tr("What waits"), px=15, weight=Weight.BOLD)
        for title, sentences in (
            (label(tr("What works now"), px=15, weight=Weight.BOLD), self._works),
            (self._waits_title, self._waits),
        ):
            lines.addWidget(title)
            lines.addLayout(sentences)
        lines.addStretch(1)
        return made

    def show_state(self, state: ConnectionState) -> None:
        clear(self._parts)
        for part in state.parts:
            self._parts.addWidget(_part(part))
        clear(self._figures)
        for figure in state.figures:
            self._figures.addWidget(_figure(figure))
        _sentences(self._works, state.works)
        _sentences(self._waits, state.waits)
        self._waits_title.setVisible(bool(state.waits))
        self._advice.setText(state.advice)
        self._advice_box.setVisible(bool(state.advice))


def _part(part: PartRow) -> QWidget:
    made = QFrame()
    made.setProperty("look", "head")
    made.setObjectName(f"part_{part.name}")
    made.setAccessibleName(f"{part.words}: {part.pill}. {part.detail}")
    line = row(made, gap=GAP, margins=(0, PART_SPACE, 0, PART_SPACE))
    words = column(gap=1)
    words.addWidget(label(part.words, px=16, weight=Weight.SEMI))
    detail = label(part.detail, px=13, look="muted", name=f"detail_{part.name}")
    detail.setWordWrap(True)
    words.addWidget(detail)
    line.addLayout(words, 1)
    pill = Pill(f"pill_{part.name}", lamp=True)
    pill.show_state(part.pill, part.tone)
    line.addWidget(pill)
    return made


def _figure(figure: Figure) -> QWidget:
    made = QWidget()
    line = row(made, gap=GAP)
    line.addWidget(label(figure.words, px=15, look="muted"), 1)
    line.addWidget(label(figure.value, px=16, weight=Weight.SEMI, name=f"figure_{figure.name}"))
    return made


def _sentences(into: QVBoxLayout, sentences: tuple[str, ...]) -> None:
    clear(into)
    for sentence in sentences:
        made = FittingWords(15, LEAST_PX, look="muted")
        made.setWordWrap(True)
        made.setText(sentence)
        into.addWidget(made)
