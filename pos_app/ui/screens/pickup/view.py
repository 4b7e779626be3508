"""The pickup screen: the board of orders, and at the side the open order or what is being asked."""

from enum import StrEnum

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QStackedWidget, QWidget

from pos_app.ui.screens.pickup.ask import CodePanel, FindPanel
from pos_app.ui.screens.pickup.board import Board
from pos_app.ui.screens.pickup.order import OrderPanel
from pos_app.ui.screens.pickup.state import AskState, BoardState, OrderView
from pos_app.ui.theme import WIDE_GAP, Weight
from pos_app.ui.widgets.parts import column, label, panel, row
from pos_app.ui.words import tr

BOARD_SHARE, SIDE_SHARE = 900, 430
MIN_SIDE = 360


class Side(StrEnum):
    NOTHING = "nothing"
    ORDER = "order"
    CODE = "code"
    FIND = "find"


class PickupView(QWidget):
    """Shows the board and one side panel; says what was tapped, typed or chosen."""

    card_tapped = Signal(str)
    typed_aside = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("pickup_screen")
        self.setProperty("look", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Pickup orders"))
        sides = row(self, gap=WIDE_GAP, margins=(WIDE_GAP, WIDE_GAP, WIDE_GAP, WIDE_GAP))
        self.board = Board()
        self.board.chosen.connect(self.card_tapped)
        sides.addWidget(self.board, BOARD_SHARE)
        sides.addWidget(self._side(), SIDE_SHARE)

    def show_board(self, state: BoardState) -> None:
        self.board.show_state(state)

    def show_order(self, order: OrderView) -> None:
        self.order.show_state(order)

    def show_nothing(self, head: str, text: str) -> None:
        """No order is open: say what could be done."""
        self._nothing_head.setText(head)
        self._nothing_text.setText(text)

    def show_side(self, side: Side) -> None:
        """Bring one panel to the front and let it have the keyboard."""
        page = self._pages[side]
        if self._stack.currentWidget() is not page:
            self._stack.setCurrentWidget(page)
        self.focus_side()

    def focus_side(self) -> None:
        side = self.side()
        if side is Side.CODE:
            self.code.boxes.setFocus()
        elif side is Side.FIND:
            self.finder.entry.setFocus()
        elif side is Side.ORDER and not self.order.entry.isHidden():
            self.order.entry.setFocus()
        else:
            self.setFocus()

    def side(self) -> Side:
        shown = self._stack.currentWidget()
        return next(side for side, page in self._pages.items() if page is shown)

    def show_code(self, state: AskState) -> None:
        self.code.show_state(state)

    def show_find(self, state: AskState) -> None:
        self.finder.show_state(state)

    def type_in(self, text: str) -> None:
        """A key that came while nothing for typing had the focus."""
        self.focus_side()
        side = self.side()
        if side is Side.CODE:
            self.code.boxes.type_in(text)
        elif side is Side.FIND:
            self.finder.entry.insert(text)
        elif side is Side.ORDER and not self.order.entry.isHidden():
            self.order.entry.insert(text)

    def _side(self) -> QFrame:
        made = panel("pickup_side")
        made.setMinimumWidth(MIN_SIDE)
        lines = column(made)
        self._stack = QStackedWidget()
        self.order, self.code, self.finder = OrderPanel(), CodePanel(), FindPanel()
        self._pages: dict[Side, QWidget] = {
            Side.NOTHING: self._nothing(),
            Side.ORDER: self.order,
            Side.CODE: self.code,
            Side.FIND: self.finder,
        }
        for page in self._pages.values():
            self._stack.addWidget(page)
        lines.addWidget(self._stack)
        return made

    def _nothing(self) -> QWidget:
        page = QWidget()
        lines = column(page, gap=6, margins=(28, 8, 28, 8))
        self._nothing_head = label(px=20, weight=Weight.SEMI, name="no_order_head")
        self._nothing_text = label(px=16, look="muted", name="no_order_text")
        lines.addStretch(1)
        for part in (self._nothing_head, self._nothing_text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            part.setWordWrap(True)
            lines.addWidget(part)
        lines.addStretch(2)
        return page
