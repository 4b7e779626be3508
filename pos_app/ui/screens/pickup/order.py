"""The open order: what to pick, a line for a code or a shelf, and the one thing to do next."""

from collections.abc import Iterable

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QStackedWidget,
    QWidget,
)

from pos_app.ui.screens.pickup.state import Asking, OrderView, PickLineView
from pos_app.ui.theme import GAP, Tone, Weight, font, tokens
from pos_app.ui.widgets.buttons import button
from pos_app.ui.widgets.entry import EntryLine
from pos_app.ui.widgets.lists import LineList
from pos_app.ui.widgets.parts import ElidedLabel, Pill, column, label, row
from pos_app.ui.widgets.rows import Piece, RowDelegate, Rows
from pos_app.ui.words import tr

FIELD_HEIGHT = 48
SHORT_REASONS = ("not_in_stock", "damaged", "display")


def pick_row(shown: object, width: int, chosen: bool) -> Iterable[Piece]:
    """Item and its place; how many of how many."""
    assert isinstance(shown, PickLineView)
    theme = tokens()
    strong = Weight.BOLD if chosen else Weight.REGULAR
    count_ink = theme.accent if shown.done else theme.error if shown.short else theme.ink
    count_weight = Weight.BOLD if chosen or shown.done or shown.short else Weight.REGULAR
    yield Piece(shown.name, 14, 8, width - 120, font(16, strong), theme.ink)
    yield Piece(shown.place, 14, 29, width - 120, font(15), theme.muted)
    yield Piece(shown.picked, width - 104, 8, 90, font(16, count_weight), count_ink, at_end=True)


class OrderPanel(QWidget):
    """Shows an OrderView; its entry line takes an item's code or the name of a shelf."""

    entered = Signal(str)
    line_tapped = Signal(int)
    main_pressed = Signal(str)  # what stands in the entry line
    short_pressed = Signal(str)  # the reason

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("order_panel")
        lines = column(self)
        lines.addLayout(self._head())
        lines.addWidget(self._columns())
        self._model = Rows()
        self._list = LineList("pick_lines", tr("Lines of the order"))
        self._list.setModel(self._model)
        self._list.setItemDelegate(RowDelegate(self._list, pick_row))
        self._list.clicked.connect(self._line_clicked)
        lines.addWidget(self._list, 1)
        lines.addLayout(self._foot())

    def show_state(self, order: OrderView) -> None:
        self._number.setText(order.number)
        self._sub.show_text(order.sub)
        self._pill.show_state(order.pill, order.tone)
        self._pill.setVisible(bool(order.pill))
        self._model.show_rows(order.lines)
        at = self._model.row_of(order.selected_n)
        self._list.setCurrentIndex(self._model.index(at) if at >= 0 else QModelIndex())
        self._lead.setText(order.head[0])
        self._trail.setText(order.head[1])
        self.entry.setVisible(order.asking is not Asking.NOTHING)
        self.entry.show_hint(order.hint)
        self._not_found.setEnabled(order.can_short)
        self._choices.setVisible(order.can_short)
        if not order.can_short:
            self._choices.setCurrentIndex(0)
        self._main.setText(order.main_word)
        self._main.setAccessibleName(order.main_word)
        self._main.setEnabled(order.main_enabled)
        self._main.setVisible(bool(order.main_word))

    def choose_reason(self, asking: bool) -> None:
        """Show or hide the reasons why a line is short."""
        self._choices.setCurrentIndex(1 if asking else 0)

    def asking_reason(self) -> bool:
        return self._choices.currentIndex() == 1

    def flash(self, tone: Tone) -> None:
        self.entry.flash(tone)

    def main_word(self) -> str:
        return self._main.text()

    # ── parts ────────────────────────────────────────────────────────────────────────────────────

    def _head(self):
        lines = column(gap=4, margins=(18, 14, 18, 12))
        first = row(gap=8)
        self._number = label(px=21, weight=Weight.BOLD, name="order_number")
        self._pill = Pill("order_paid")
        first.addWidget(self._number)
        first.addStretch(1)
        first.addWidget(self._pill)
        lines.addLayout(first)
        self._sub = ElidedLabel(16, look="muted", name="order_sub")
        lines.addWidget(self._sub)
        return lines

    def _columns(self) -> QFrame:
        head = QFrame()
        head.setProperty("look", "head")
        head.setFixedHeight(36)
        line = row(head, margins=(14, 0, 15, 0))
        self._lead = label(px=13, weight=Weight.SEMI, look="muted")
        self._trail = label(px=13, weight=Weight.SEMI, look="muted")
        line.addWidget(self._lead)
        line.addStretch(1)
        line.addWidget(self._trail)
        return head

    def _foot(self):
        lines = column(gap=10, margins=(14, 10, 14, 14))
        self.entry = EntryLine("pick_entry", tr("Item code or shelf"), look="field", height=FIELD_HEIGHT)
        self.entry.entered.connect(self._enter)
        lines.addWidget(self.entry)
        self._choices = QStackedWidget()
        self._choices.setFixedHeight(FIELD_HEIGHT)
        self._choices.addWidget(self._short_row())
        self._choices.addWidget(self._reason_row())
        lines.addWidget(self._choices)
        self._main = button("", "order_main", "main", px=16)
        self._main.setFixedHeight(60)
        self._main.clicked.connect(self._main_clicked)
        lines.addWidget(self._main)
        return lines

    def _short_row(self) -> QWidget:
        holder = QWidget()
        line: QHBoxLayout = row(holder, gap=GAP)
        self._not_found = button(tr("Not found"), "not_found")
        self._not_found.clicked.connect(self._ask_reason)
        line.addWidget(self._not_found)
        return holder

    def _reason_row(self) -> QWidget:
        holder = QWidget()
        line = row(holder, gap=GAP)
        words = (tr("Not in stock"), tr("Damaged"), tr("On display"))
        for reason, word in zip(SHORT_REASONS, words, strict=True):
            made = button(word, f"short_{reason}", px=14)
            made.setProperty("reason", reason)
            made.clicked.connect(self._reason_pressed)
            line.addWidget(made)
        back = button(tr("Back"), "short_back", px=14)
        back.clicked.connect(self._no_reason)
        line.addWidget(back)
        return holder

    def _ask_reason(self) -> None:
        self.choose_reason(True)

    def _no_reason(self) -> None:
        self.choose_reason(False)

    def _reason_pressed(self) -> None:
        self.choose_reason(False)
        self.short_pressed.emit(str(self.sender().property("reason")))

    def _enter(self, text: str) -> None:
        self.entry.clear()
        self.entered.emit(text)

    def _main_clicked(self) -> None:
        self.main_pressed.emit(self.entry.take())

    def _line_clicked(self, index: QModelIndex) -> None:
        self.line_tapped.emit(self._model.key_at(index.row()))
