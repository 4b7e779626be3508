"""The connection page: the parts of the way on one side, what it means for today on the other."""

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from pos_app.ui.screens.connection.state import ConnectionState, Figure, PartRow
from pos_app.ui.theme import GAP, WIDE_GAP, Weight
from pos_app.ui.widgets.parts import Pill, clear, column, label, panel, row
from pos_app.ui.words import tr

SIDE = 20


class ConnectionView(QWidget):
    """Shows a ConnectionState."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("connection_page")
        self.setAccessibleName(tr("Connection"))
        sides = row(self, gap=WIDE_GAP)
        way = panel("way_panel")
        lines = column(way, gap=GAP, margins=(SIDE, 16, SIDE, 16))
        lines.addWidget(label(tr("From this till to head office"), px=17, weight=Weight.BOLD, name="way_title"))
        self._parts = column(gap=0)
        lines.addLayout(self._parts)
        self._advice = label(px=16, look="warning", name="connection_advice")
        self._advice.setWordWrap(True)
        lines.addWidget(self._advice)
        lines.addStretch(1)
        sides.addWidget(way, 3)
        meaning = panel("meaning_panel")
        lines = column(meaning, gap=GAP, margins=(SIDE, 16, SIDE, 16))
        self._figures, self._works, self._waits = column(gap=6), column(gap=4), column(gap=4)
        lines.addLayout(self._figures)
        lines.addSpacing(GAP)
        lines.addWidget(label(tr("What works now"), px=15, weight=Weight.BOLD))
        lines.addLayout(self._works)
        self._waits_title = label(tr("What waits"), px=15, weight=Weight.BOLD)
        lines.addWidget(self._waits_title)
        lines.addLayout(self._waits)
        lines.addStretch(1)
        sides.addWidget(meaning, 2)

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
        self._advice.setVisible(bool(state.advice))


def _part(part: PartRow) -> QWidget:
    made = QFrame()
    made.setObjectName(f"part_{part.name}")
    made.setAccessibleName(f"{part.words}: {part.pill}. {part.detail}")
    line = row(made, gap=GAP, margins=(0, 9, 0, 9))
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
        made = label(sentence, px=14, look="muted")
        made.setWordWrap(True)
        into.addWidget(made)
