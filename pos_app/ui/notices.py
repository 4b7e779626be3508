"""Notices: what the till has to say, without stopping anybody. They lie over the top strip; nothing below moves."""

from dataclasses import dataclass
from types import MappingProxyType

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame

from pos_app.ui.theme import Tone, Weight, set_look
from pos_app.ui.widgets.parts import FittingWords, label, row
from pos_app.ui.words import tr

SHOWN_MS = MappingProxyType(
    {Tone.PLAIN: 4_000, Tone.OK: 4_000, Tone.INFO: 6_000, Tone.WARNING: 9_000, Tone.ERROR: 12_000}
)
SIGNS = MappingProxyType({Tone.PLAIN: "•", Tone.OK: "✓", Tone.INFO: "i", Tone.WARNING: "!", Tone.ERROR: "✕"})


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence in plain words, and how serious it is."""

    text: str
    tone: Tone = Tone.INFO


class NoticeStrip(QFrame):
    """Shows the newest notice for a while; a tap or Esc puts it away."""

    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.setProperty("look", "notice")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        line = row(self, gap=10, margins=(14, 1, 14, 1))
        self._sign = label(px=15, weight=Weight.BOLD, name="notice_sign")
        self._text = FittingWords(14, 11, Weight.SEMI, name="notice_text")
        self._text.setWordWrap(True)
        self._hint = label(tr("tap to close"), px=12, weight=Weight.MEDIUM)
        line.addWidget(self._sign)
        line.addWidget(self._text, 1)
        line.addWidget(self._hint)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.put_away)
        self.hide()

    def show_notice(self, notice: Notice) -> None:
        set_look(self, tone=notice.tone.value)
        for part in (self._sign, self._text, self._hint):
            part.style().unpolish(part)
            part.style().polish(part)
        self._sign.setText(SIGNS[notice.tone])
        self._text.setText(notice.text)
        self.setAccessibleName(notice.text)
        self.show()
        self.raise_()
        self._timer.start(SHOWN_MS[notice.tone])

    def put_away(self) -> None:
        self._timer.stop()
        self.hide()
        self.closed.emit()

    def text(self) -> str:
        """What it says now; empty while hidden."""
        return self._text.text() if not self.isHidden() else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.put_away()
