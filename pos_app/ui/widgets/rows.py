"""Lists of rows drawn alike: what a row says is a frozen view of it, where each piece of it stands is the screen's to say."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from pos_app.ui.theme import colour, tokens
from pos_app.ui.widgets.lists import LEAD, TRAIL

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
PIECE_HEIGHT = 22
Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()


class Shown(Protocol):
    """The view of a row: `key` makes it the same row when its words change, `spoken` is what a screen reader says."""

    @property
    def key(self) -> int | str: ...

    @property
    def spoken(self) -> str: ...


class Rows(QAbstractListModel):
    """Rows that did not change are not painted again; a list of the same rows keeps its place."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[Shown] = ()

    def show_rows(self, rows: Sequence[Shown]) -> None:
        if rows == self._rows:
            return
        before = self._rows
        if [one.key for one in rows] != [one.key for one in before]:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
            return
        self._rows = rows
        for at, (old, new) in enumerate(zip(before, rows, strict=True)):
            if old != new:
                self.dataChanged.emit(self.index(at), self.index(at))

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == ROW_ROLE:
            return self._rows[index.row()]
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return self._rows[index.row()].spoken
        return None

    def row_of(self, key: int | str) -> int:
        """Where the row of this key stands, -1 when there is none."""
        return next((at for at, one in enumerate(self._rows) if one.key == key), -1)

    def key_at(self, at: int) -> int | str | None:
        """The key of a row; None where there is none."""
        return self._rows[at].key if 0 <= at < len(self._rows) else None


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of a row, cut with an ellipsis at `width`; `x` is from the side one begins to read at."""

    text: str
    x: int
    y: int
    width: int
    font: QFont
    ink: str
    at_end: bool = False


Pieces = Callable[[object, int, bool], Iterable[Piece]]
"""What is drawn of the view of a row, of the width it has, chosen or not."""


class RowDelegate(QStyledItemDelegate):
    """Draws rows with a line below each; the chosen one stands on the accent's soft colour."""

    def __init__(self, parent: QObject, pieces: Pieces, height: int = 57) -> None:
        super().__init__(parent)
        self._pieces, self._height = pieces, height

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, self._height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        box: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue] - plain members in Qt
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        direction: Qt.LayoutDirection = option.direction  # pyright: ignore[reportAttributeAccessIssue]
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        if chosen:
            painter.fillRect(box, colour(tokens().accent_soft))
        painter.fillRect(QRect(box.x(), box.bottom(), box.width(), 1), colour(tokens().row_line))
        for piece in self._pieces(index.data(ROW_ROLE), box.width(), chosen):
            painter.setFont(piece.font)
            painter.setPen(colour(piece.ink))
            room = QRect(box.x() + piece.x, box.y() + piece.y, piece.width, PIECE_HEIGHT)
            text = painter.fontMetrics().elidedText(piece.text, Qt.TextElideMode.ElideRight, piece.width)
            where = QStyle.visualAlignment(direction, TRAIL if piece.at_end else LEAD)
            painter.drawText(QStyle.visualRect(direction, box, room), int(where), text)
        painter.restore()
