"""The customer's window. It takes no keys and no taps; it shows a CustomerState as large as it is itself."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QCloseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QStackedWidget, QWidget

from pos_app.ui.customer.idle import IdlePage
from pos_app.ui.customer.state import CustomerLine, CustomerState, Showing
from pos_app.ui.theme import WIDE_GAP, Weight, colour, font, mirrored, tokens
from pos_app.ui.widgets.parts import column, label, panel, row
from pos_app.ui.widgets.symbols import SymbolView

LEAST_WIDTH, LEAST_HEIGHT = 640, 400
FIRST_WIDTH, FIRST_HEIGHT = 1024, 600
SMALLEST_PX = 15
BODY_SHARE, TOTAL_SHARE, CHANGE_SHARE = 0.036, 0.1, 0.13
ROW_LINES = 2.9  # of the body's height, with room for a reason
PAD = 18


class LastLines(QWidget):
    """As many of the newest lines as fit, the newest below and marked."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("customer_lines")
        self._lines: tuple[CustomerLine, ...] = ()
        self._px = SMALLEST_PX

    def show_lines(self, lines: tuple[CustomerLine, ...], px: int) -> None:
        self._lines, self._px = lines, px
        self.setAccessibleName("; ".join(f"{line.qty} {line.name} {line.amount}" for line in lines[-3:]))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        high = int(self._px * ROW_LINES)
        fitting = max(1, (self.height() - 2) // high)
        shown = self._lines[-fitting:]
        for n, line in enumerate(shown):
            box = QRectF(0, n * high, self.width(), high)
            self._paint_line(painter, box, line, newest=line is self._lines[-1])
        painter.end()

    def _paint_line(self, painter: QPainter, box: QRectF, line: CustomerLine, *, newest: bool) -> None:
        theme, px = tokens(), self._px
        if newest:
            painter.fillRect(box, colour(theme.accent_soft))
        painter.fillRect(QRectF(box.x(), box.bottom() - 1, box.width(), 1), colour(theme.row_line))
        inner = box.adjusted(PAD, 0, -PAD, 0)
        first = QRectF(inner.x(), inner.y() + px * 0.45, inner.width(), px * 1.35)
        if not line.reason:
            first.moveTop(box.center().y() - first.height() / 2)
        second = QRectF(inner.x(), first.bottom(), inner.width(), px * 1.1)
        flip = mirrored(self)
        lead = Qt.AlignmentFlag.AlignRight if flip else Qt.AlignmentFlag.AlignLeft
        trail = Qt.AlignmentFlag.AlignLeft if flip else Qt.AlignmentFlag.AlignRight
        qty_wide, amount_wide = px * 5.2, px * 5.5
        painter.setFont(font(px))
        painter.setPen(colour(theme.ink))
        self._write(painter, _part(first, 0, qty_wide, flip=flip), lead, line.qty)
        name = _part(first, qty_wide, first.width() - qty_wide - amount_wide, flip=flip)
        self._write(painter, name, lead, line.name)
        self._write(painter, _part(first, first.width() - amount_wide, amount_wide, flip=flip), trail, line.amount)
        if line.reason:
            painter.setFont(font(int(px * 0.8), Weight.SEMI))
            painter.setPen(colour(theme.accent))
            room = _part(second, qty_wide, second.width() - qty_wide, flip=flip)
            self._write(painter, room, lead, line.reason)

    def _write(self, painter: QPainter, room: QRectF, where: Qt.AlignmentFlag, text: str) -> None:
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, int(where | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute), shown)


class CustomerWindow(QWidget):
    """Three pages: nobody, the sale, and what was paid."""

    def __init__(self) -> None:
        super().__init__(None, Qt.WindowType.Window | Qt.WindowType.WindowDoesNotAcceptFocus)
        self.setObjectName("customer_window")
        self.setProperty("look", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setMinimumSize(LEAST_WIDTH, LEAST_HEIGHT)
        self.resize(FIRST_WIDTH, FIRST_HEIGHT)
        self._state = CustomerState()
        self.idle = IdlePage()
        self._pages = QStackedWidget()
        self._pages.setObjectName("customer_pages")
        self._page_of = {Showing.IDLE: self.idle, Showing.SALE: self._sale_page(), Showing.PAID: self._paid_page()}
        for page in self._page_of.values():
            self._pages.addWidget(page)
        column(self).addWidget(self._pages)

    def show_state(self, state: CustomerState) -> None:
        self._state = state
        self.setWindowTitle(state.store)
        self.setLayoutDirection(
            Qt.LayoutDirection.RightToLeft if state.right_to_left else Qt.LayoutDirection.LeftToRight
        )
        self._pages.setCurrentWidget(self._page_of[state.showing])
        match state.showing:
            case Showing.IDLE:
                self.idle.show_words(state.store, state.welcome)
            case Showing.SALE:
                self._show_sale(state)
            case Showing.PAID:
                self._show_paid(state)

    def state(self) -> CustomerState:
        """What it shows now."""
        return self._state

    def sizeHint(self) -> QSize:
        return QSize(FIRST_WIDTH, FIRST_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.show_state(self._state)

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()  # it goes with the till's own window

    # ── pages ────────────────────────────────────────────────────────────────────────────────────

    def _sale_page(self) -> QWidget:
        page = QWidget()
        page.setObjectName("customer_sale")
        lines = column(page, gap=WIDE_GAP, margins=(WIDE_GAP, WIDE_GAP, WIDE_GAP, WIDE_GAP))
        card = panel("customer_card")
        self._lines = LastLines()
        column(card, margins=(1, 8, 1, 1)).addWidget(self._lines)
        lines.addWidget(card, 1)
        foot = panel("customer_foot", look="foot")
        line = row(foot, gap=WIDE_GAP, margins=(PAD, 10, PAD, 10))
        told = column(gap=2)
        self._count = label(look="muted", name="customer_count")
        self._saved = label(weight=Weight.SEMI, look="accent", name="customer_saved")
        self._hint = label(weight=Weight.SEMI, look="info", name="customer_hint")
        for part in (self._count, self._saved, self._hint):
            told.addWidget(part)
        line.addLayout(told)
        line.addStretch(1)
        self._total_word = label(look="muted", name="customer_total_word")
        self._total = label(weight=Weight.BOLD, name="customer_total")
        line.addWidget(self._total_word)
        line.addWidget(self._total)
        lines.addWidget(foot)
        return page

    def _paid_page(self) -> QFrame:
        page = panel("customer_paid", look="page")
        line = row(page, gap=40, margins=(40, 24, 40, 24))
        told = column(gap=6)
        self._thanks = label(weight=Weight.BOLD, look="accent", name="customer_thanks")
        self._paid_total = label(look="muted", name="customer_paid_total")
        self._change_word = label(weight=Weight.SEMI, look="muted", name="customer_change_word")
        self._change = label(weight=Weight.BOLD, name="customer_change")
        told.addStretch(1)
        for part in (self._thanks, self._paid_total, self._change_word, self._change):
            told.addWidget(part)
        told.addStretch(1)
        line.addLayout(told, 1)
        beside = column(gap=8)
        self._code = SymbolView("customer_code", "")
        self._code_word = label(look="muted", name="customer_code_word")
        self._code_word.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._code_word.setWordWrap(True)
        beside.addStretch(1)
        beside.addWidget(self._code, 6)
        beside.addWidget(self._code_word)
        beside.addStretch(1)
        line.addLayout(beside, 1)
        return page

    def _show_sale(self, state: CustomerState) -> None:
        body = self._px(BODY_SHARE)
        self._lines.show_lines(state.lines, body)
        for part, text in ((self._count, state.count), (self._saved, state.saved), (self._hint, state.hint)):
            part.setFont(font(int(body * 0.85), Weight.SEMI if part is not self._count else Weight.REGULAR))
            part.setText(text)
            part.setVisible(bool(text))
        self._total_word.setFont(font(body, Weight.SEMI))
        self._total_word.setText(state.total_word)
        self._total.setFont(font(self._px(TOTAL_SHARE), Weight.BOLD))
        self._total.setText(state.total)

    def _show_paid(self, state: CustomerState) -> None:
        body = self._px(BODY_SHARE)
        for part, text, px, weight in (
            (self._thanks, state.welcome, self._px(0.07), Weight.BOLD),
            (self._paid_total, f"{state.total_word} {state.total}", body, Weight.REGULAR),
            (self._change_word, state.change_word, body, Weight.SEMI),
            (self._change, state.change, self._px(CHANGE_SHARE), Weight.BOLD),
            (self._code_word, state.code_word, int(body * 0.8), Weight.REGULAR),
        ):
            part.setFont(font(px, weight))
            part.setText(text)
            part.setVisible(bool(text))
        self._code.show_rows(code_rows(state.code))
        self._code.setAccessibleName(state.code_word)

    def _px(self, share: float) -> int:
        return max(SMALLEST_PX, int(min(self.height(), self.width() * 0.7) * share))


def code_rows(text: str) -> tuple[str, ...]:
    """The QR code of `text` as rows of 0 and 1; none for no text."""
    if not text:
        return ()
    import segno  # kept out of the start of a till

    return tuple("".join(str(int(module)) for module in line) for line in segno.make_qr(text, error="m").matrix)


def _part(line: QRectF, x: float, wide: float, *, flip: bool) -> QRectF:
    """A stretch of a line from its leading edge."""
    left = line.right() - x - wide if flip else line.left() + x
    return QRectF(left, line.top(), wide, line.height())
