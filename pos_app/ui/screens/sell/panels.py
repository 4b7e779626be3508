"""The panels around the lines: totals, what stands there when there are no lines, quick keys, quantity."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QScroller, QStackedWidget, QWidget

from pos_app.ui.screens.sell.state import Instead, PaidView, QuantityView, QuickPageView, SellState
from pos_app.ui.theme import GAP, WIDE_GAP, Weight, colour, tokens
from pos_app.ui.widgets.buttons import QuickButton, TabButton, button, leave_button
from pos_app.ui.widgets.pads import NumberPad
from pos_app.ui.widgets.parts import ElidedLabel, FittingWords, clear, column, label, row
from pos_app.ui.words import tr

TO_PAY_PX = 58
CHANGE_PX = 84
QUICK_KEY_WIDTH = 118
MAX_COLUMNS = 6


class TotalsPanel(QFrame):
    """Items and taxes at the leading edge, *To pay* huge at the other."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "panel")
        self.setObjectName("totals")
        line = row(self, gap=12, margins=(20, 12, 20, 14))
        words = column(gap=6)
        words.addStretch(1)
        self._items = label(px=16, look="muted", name="totals_items")
        self._saved = label(px=16, weight=Weight.BOLD, look="accent", name="totals_saved")
        first = row(gap=0)
        first.addWidget(self._items)
        first.addWidget(self._saved)
        first.addStretch(1)
        words.addLayout(first)
        self._taxes = ElidedLabel(16, look="muted", name="totals_taxes")
        words.addWidget(self._taxes)
        self._waiting = FittingWords(14, 10, Weight.SEMI, look="error", name="totals_waiting")
        self._waiting.setWordWrap(True)
        words.addWidget(self._waiting)
        line.addLayout(words, 1)
        due = column(gap=0)
        due.addStretch(1)
        self._word = label(tr("To pay"), px=16, weight=Weight.SEMI, look="muted")
        self._to_pay = label(px=TO_PAY_PX, weight=Weight.BOLD, name="to_pay")
        self._to_pay.setFixedHeight(64)
        for part in (self._word, self._to_pay):
            part.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
            due.addWidget(part)
        line.addLayout(due)

    def show_state(self, state: SellState) -> None:
        saves = bool(state.saved)
        self._items.setText(f"{state.items} · {tr('you save')} " if saves else state.items)
        self._saved.setText(state.saved)
        self._taxes.show_text(state.taxes)
        self._waiting.setText(state.waiting)
        self._waiting.setVisible(bool(state.waiting))
        self._taxes.setVisible(not state.waiting)
        self._to_pay.setText(state.to_pay)
        self._to_pay.setAccessibleName(f"{tr('To pay')} {state.to_pay}")

    def to_pay(self) -> str:
        return self._to_pay.text()


class BarcodeSign(QWidget):
    """A bar code in a frame: scan something."""

    BARS = ((0, 4), (7, 2), (12, 6), (21, 2), (26, 3), (32, 2), (37, 5), (45, 2), (50, 4))

    def sizeHint(self) -> QSize:
        return QSize(96, 72)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = tokens()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x0, y0 = (self.width() - 96) / 2, (self.height() - 72) / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(theme.accent_soft))
        painter.drawRoundedRect(QRectF(x0, y0, 96, 72), 14, 14)
        painter.setBrush(colour(theme.accent))
        for x, width in self.BARS:
            painter.drawRoundedRect(QRectF(x0 + 21 + x, y0 + 18, width, 36), 1, 1)
        painter.end()


class InsteadPanel(QStackedWidget):
    """What stands where the lines will be: ready, no catalogue yet, or the change of the sale just paid."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("instead")
        self._page_of = {Instead.READY: self._ready(), Instead.LOADING: self._loading(), Instead.PAID: self._paid()}
        for page in self._page_of.values():
            self.addWidget(page)

    def show_state(self, instead: Instead, paid: PaidView | None) -> None:
        self.setCurrentWidget(self._page_of[instead])
        if paid:
            word = paid.word or tr("Change")
            self._change_word.setText(word)
            self._change.setText(paid.change)
            self._change.setAccessibleName(f"{word} {paid.change}")
            self._paid_words.setText(paid.paid)
            self._receipt.setText(f"{paid.receipt}  ·  {tr('the next scan begins the next sale')}")

    def change(self) -> str:
        return self._change.text()

    def _ready(self) -> QWidget:
        return self._said(tr("Scan the first item"), tr("or type a name or a code, or tap a quick key"), "ready")

    def _loading(self) -> QWidget:
        return self._said(
            tr("Waiting for items and prices"),
            tr("They come from head office by themselves as soon as the line is up."),
            "loading",
        )

    def _said(self, head: str, text: str, name: str) -> QWidget:
        page = QWidget()
        lines = column(page, gap=6, margins=(24, 8, 24, 8))
        lines.addStretch(1)
        sign = BarcodeSign()
        sign.setMaximumHeight(80)
        lines.addWidget(sign)
        lines.addSpacing(10)
        for shown in (label(head, 20, Weight.SEMI, name=f"instead_{name}"), label(text, 16, look="muted")):
            shown.setAlignment(Qt.AlignmentFlag.AlignCenter)
            shown.setWordWrap(True)
            lines.addWidget(shown)
        lines.addStretch(2)
        return page

    def _paid(self) -> QWidget:
        page = QWidget()
        lines = column(page, gap=2, margins=(24, 4, 24, 4))
        self._change_word = label(tr("Change"), 20, Weight.SEMI, look="muted", name="change_head")
        self._change = label(px=CHANGE_PX, weight=Weight.BOLD, look="accent", name="change")
        self._paid_words = label(px=18, weight=Weight.MEDIUM, name="paid_words")
        self._receipt = label(px=15, look="muted", name="paid_receipt")
        self._receipt.setWordWrap(True)
        lines.addStretch(1)
        for part in (self._change_word, self._change, self._paid_words, self._receipt):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            lines.addWidget(part)
        lines.addStretch(2)
        return page


class QuickPanel(QFrame):
    """Pages of quick keys, as many columns as fit."""

    tapped = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "panel")
        self.setObjectName("quick_keys")
        self._pages: tuple[QuickPageView, ...] = ()
        self._page = 0
        self._columns = 0
        lines = column(self, gap=1, margins=(10, 1, 10, 10))  # the tabs bring space of their own
        self._tabs = row(gap=6)
        self._page_tabs: list[TabButton] = []
        lines.addLayout(self._tabs)
        self._none = label(tr("No quick keys yet. Head office chooses them."), 15, look="muted", name="quick_none")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._none.setWordWrap(True)
        lines.addWidget(self._none, 1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        QScroller.grabGesture(self._area.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        inside = QWidget()
        inside.setProperty("look", "clear")
        self._grid = QGridLayout(inside)
        self._grid.setSpacing(GAP)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._area.setWidget(inside)
        lines.addWidget(self._area, 1)

    def show_pages(self, pages: tuple[QuickPageView, ...]) -> None:
        """Equal pages cost nothing, so this may be called every second."""
        if pages == self._pages and self._columns:
            return
        self._pages = pages
        self._page = min(self._page, max(0, len(pages) - 1))
        self._none.setVisible(not pages)
        self._area.setVisible(bool(pages))
        clear(self._tabs)
        self._page_tabs.clear()
        for n, page in enumerate(pages):
            tab = TabButton(f"quick_page_{n}", page.name, px=14)
            tab.setProperty("page", n)
            tab.clicked.connect(self._turn)
            self._tabs.addWidget(tab)
            self._page_tabs.append(tab)
        self._tabs.addStretch(1)
        self._lay()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fitting() != self._columns:
            self._lay()

    def _fitting(self) -> int:
        return max(2, min(MAX_COLUMNS, (self.width() - 12) // QUICK_KEY_WIDTH))

    def _lay(self) -> None:
        self._columns = self._fitting()
        clear(self._grid)
        for n, tab in enumerate(self._page_tabs):
            tab.show_chosen(n == self._page)
        keys = self._pages[self._page].keys if self._pages else ()
        for n, key in enumerate(keys):
            made = QuickButton(f"quick_{key.sku}")
            made.show_lines(key.word, key.price)
            made.setProperty("sku", key.sku)
            made.clicked.connect(self._pressed)
            self._grid.addWidget(made, n // self._columns, n % self._columns)
        for c in range(MAX_COLUMNS):
            self._grid.setColumnStretch(c, 1 if c < self._columns else 0)
        for r in range(self._grid.rowCount()):
            self._grid.setRowStretch(r, 0)
        self._grid.setRowStretch(-(-len(keys) // self._columns), 1)

    def _turn(self) -> None:
        self._page = int(self.sender().property("page"))
        self._lay()

    def _pressed(self) -> None:
        self.tapped.emit(str(self.sender().property("sku")))


class QuantityPanel(QFrame):
    """A number pad for the selected line; what is typed stands in the entry line."""

    typed = Signal(str)
    erased = Signal()
    set_pressed = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "panel")
        self.setObjectName("quantity_panel")
        lines = column(self, gap=WIDE_GAP, margins=(14, 14, 14, 14))
        head = row(gap=8)
        names = column(gap=2)
        names.addWidget(label(tr("Quantity"), 15, Weight.BOLD))
        self._name = ElidedLabel(15, look="muted", name="quantity_of")
        names.addWidget(self._name)
        head.addLayout(names, 1)
        close = leave_button("quantity_close", tr("Close"))
        close.clicked.connect(self.closed)
        head.addWidget(close)
        lines.addLayout(head)
        pad = NumberPad("quantity_pad", ".")
        pad.typed.connect(self.typed)
        pad.erased.connect(self.erased)
        lines.addWidget(pad, 1)
        done = button(tr("Set quantity"), "quantity_set", "main", px=18)
        done.setMinimumHeight(56)
        done.clicked.connect(self.set_pressed)
        lines.addWidget(done)
        lines.addStretch(0)

    def show_state(self, state: QuantityView) -> None:
        self._name.show_text(tr("{name}, now {qty}", name=state.name, qty=state.now))
