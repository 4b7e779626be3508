"""The connection page: the parts of the way on one side, what it means for today on the other."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from pos_app.ui.screens.connection.state import ConnectionState, Figure, PartRow
from pos_app.ui.theme import GAP, WIDE_GAP, Weight
from pos_app.ui.widgets.parts import FittingWords, Pill, clear, column, label, panel, row
from pos_app.ui.words import tr

SIDE = 20
SENTENCE_PX, LOW_SENTENCE_PX, LEAST_PX = 15, 12, 10
PART_PX, LOW_PART_PX = 16, 14
DETAIL_PX, LOW_DETAIL_PX = 13, 11
LOW_PX = 430  # on a lower page everything stands closer together


class ConnectionView(QWidget):
    """Shows a ConnectionState."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("connection_page")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Connection"))
        self._state, self._low = ConnectionState((), (), (), ()), False
        page = column(self, gap=WIDE_GAP)
        page.addWidget(self._advice_panel())
        sides = row(gap=WIDE_GAP)
        sides.addWidget(self._way_panel(), 1)
        sides.addWidget(self._meaning_panel(), 1)
        page.addLayout(sides, 1)

    def _advice_panel(self) -> QFrame:
        self._advice_box = panel("advice_panel", "notice")
        self._advice_box.setProperty("tone", "warning")
        line = self._advice_line = row(self._advice_box, margins=(SIDE, 10, SIDE, 10))
        self._advice = label(px=16, weight=Weight.SEMI, name="connection_advice")
        self._advice.setWordWrap(True)
        line.addWidget(self._advice)
        return self._advice_box

    def _way_panel(self) -> QFrame:
        made = panel("way_panel")
        lines = column(made, gap=8, margins=(SIDE, 12, SIDE, 8))
        lines.addWidget(label(tr("From this till to head office"), px=17, weight=Weight.BOLD, name="way_title"))
        self._parts = column(gap=0)
        lines.addLayout(self._parts)
        lines.addStretch(1)
        return made

    def _meaning_panel(self) -> QFrame:
        made = panel("meaning_panel")
        lines = self._meaning = column(made, gap=GAP, margins=(SIDE, 12, SIDE, 8))
        self._figures, self._works, self._waits = column(), column(), column()
        lines.addLayout(self._figures)
        self._waits_title = label(tr("What waits"), px=15, weight=Weight.BOLD)
        for title, sentences in (
            (label(tr("What works now"), px=15, weight=Weight.BOLD), self._works),
            (self._waits_title, self._waits),
        ):
            lines.addWidget(title)
            lines.addLayout(sentences)
        lines.addStretch(1)
        return made

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        low = event.size().height() < LOW_PX
        if low != self._low:
            self._low = low
            self.show_state(self._state)
        edge, gap = (3, 0) if low else (10, 6)
        self._advice_line.setContentsMargins(SIDE, edge, SIDE, edge)
        self._parts.setSpacing(gap)
        self._meaning.setSpacing(2 if low else GAP)
        for sentences in (self._figures, self._works, self._waits):
            sentences.setSpacing(gap)

    def show_state(self, state: ConnectionState) -> None:
        self._state = state
        clear(self._parts)
        for part in state.parts:
            self._parts.addWidget(_part(part, low=self._low))
        clear(self._figures)
        for figure in state.figures:
            self._figures.addWidget(_figure(figure))
        self._show_sentences(self._works, state.works)
        self._show_sentences(self._waits, state.waits)
        self._waits_title.setVisible(bool(state.waits))
        self._advice.setText(state.advice)
        self._advice_box.setVisible(bool(state.advice))

    def _show_sentences(self, into: QVBoxLayout, sentences: tuple[str, ...]) -> None:
        clear(into)
        for sentence in sentences:
            made = FittingWords(LOW_SENTENCE_PX if self._low else SENTENCE_PX, LEAST_PX, look="muted")
            made.setWordWrap(True)
            made.setText(sentence)
            into.addWidget(made)


def _part(part: PartRow, *, low: bool) -> QWidget:
    made = QFrame()
    made.setProperty("look", "head")
    made.setObjectName(f"part_{part.name}")
    made.setAccessibleName(f"{part.words}: {part.pill}. {part.detail}")
    line = row(made, gap=GAP, margins=(0, 0, 0, 0 if low else 3))
    words = column(gap=0 if low else 1)
    words.addWidget(label(part.words, px=LOW_PART_PX if low else PART_PX, weight=Weight.SEMI))
    detail = FittingWords(LOW_DETAIL_PX if low else DETAIL_PX, LEAST_PX, look="muted", name=f"detail_{part.name}")
    detail.setWordWrap(True)
    detail.setText(part.detail)
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
