"""A field that sends exactly what is in it, and keeps what was sent for the next time."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QStyle, QStyleOptionComboBox

from pos_app.ui.theme import colour, font, set_look, tokens

MAX_KEPT = 12
TEXT_PX = 14
CHEVRON_PX = 4.0


class RecallField(QComboBox):
    """Arrow keys and the list bring back codes to choose from and what was sent before.

    It never completes what is typed: 1 stays 1 after 1.253 was sent, and half a code does not become another's.
    """

    entered = Signal()

    def __init__(self, name: str, hint: str, choices: Sequence[tuple[str, str]] = ()) -> None:
        """`choices`: (value, its name); the first stands in the field."""
        super().__init__()
        self._choices = len(choices)
        self._line = QLineEdit()
        self.setObjectName(name)
        self.setEditable(True)
        self.setLineEdit(self._line)
        self._line.setPlaceholderText(hint)
        self._line.returnPressed.connect(self.entered)
        self.setCompleter(None)  # pyright: ignore[reportArgumentType] - Qt takes none, its stubs do not
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setFont(font(TEXT_PX))
        for value, title in choices:
            self.addItem(f"{value}  {title}".strip(), value)
        self._dress()

    def value(self) -> str:
        """What stands in it, without the name that was shown behind a chosen value."""
        text = self.currentText()
        at = self.findText(text)
        return str(self.itemData(at) if at >= 0 else text).strip()

    def remember(self) -> None:
        """Keep what stands in it: in the field, ready to be typed over, and in the list."""
        value = self.value()
        if value and self.findData(value) < 0:
            self.insertItem(self._choices, value, value)
            self.setCurrentIndex(self._choices)
            while self.count() > self._choices + MAX_KEPT:
                self.removeItem(self.count() - 1)
        self._dress()
        self._line.selectAll()

    def take_over(self, other: "RecallField") -> None:
        """Keep what stood in another field of the same choices."""
        for at in range(other.count()):
            if self.findData(other.itemData(at)) < 0:
                self.addItem(other.itemText(at), other.itemData(at))
        self.setCurrentText(other.currentText())
        self._dress()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # rolling the page does not choose another code on the way

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.count():
            return
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        middle = QPointF(
            self.style()
            .subControlRect(QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxArrow, self)
            .center()
        )
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour(tokens().muted), 1.8, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
        painter.drawPolyline(
            QPolygonF(
                [
                    middle + QPointF(-CHEVRON_PX, -CHEVRON_PX / 2),
                    middle + QPointF(0, CHEVRON_PX / 2),
                    middle + QPointF(CHEVRON_PX, -CHEVRON_PX / 2),
                ]
            )
        )
        painter.end()

    def _dress(self) -> None:
        set_look(self, look="" if self.count() else "bare")
