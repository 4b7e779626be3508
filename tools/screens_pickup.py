"""Made-up orders for the pictures of the pickup screen."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from PySide6.QtWidgets import QWidget

from pos_app.ui.keymap import Act, Slot
from pos_app.ui.screens.pickup.state import (
    Asking,
    AskState,
    BoardState,
    CardView,
    ColumnView,
    OrderView,
    PickLineView,
)
from pos_app.ui.screens.pickup.view import PickupView, Side
from pos_app.ui.theme import Tone
from tools.picture import SYNCED, Picture

COUNTER = replace(SYNCED, current="pickup", operator="Sam K.", clock="14:12")
NO_COUNT = (("sell", "Sell", 0), ("pickup", "Pickup", 0), ("manager", "Manager", 0))
PICKUP_STRIP = (
    Slot(0, Act.FIND, "F2", "Find order"),
    Slot(1, Act.PICK_NEXT, "F3", "Pick next"),
    Slot(2, Act.HAND_OVER, "F4", "Hand over"),
    Slot(7, Act.LOCK, "Ctrl+L", "Lock"),
    Slot(8, Act.SELL, "F10", "Sell"),
    Slot(9, Act.MARK_READY, "F9", "Mark ready", main=True),
)
BOARD = BoardState(
    (
        ColumnView(
            "New",
            (
                CardView(
                    "1", "#W-10482", "Maria Santos · 4 items", "web · paid", "due in 6 min", Tone.ERROR, urgent=True
                ),
                CardView("2", "#A-2231", "J. Okafor · 1 item", "app · pay at counter € 24.90"),
            ),
        ),
        ColumnView("Picking", (CardView("3", "#W-10477", "Lena Fischer · 5 items", "", "3 of 5", Tone.WARNING),)),
        ColumnView(
            "Ready",
            (
                CardView("4", "#W-10470", "Jordan Lee · 2 items", "waits until 27 Nov", "shelf B-04", Tone.OK),
                CardView("5", "#M-0931", "P. Novak · 3 items", "waits until 28 Nov", "shelf A-01", Tone.OK),
            ),
        ),
        ColumnView(
            "Attention",
            (CardView("6", "#W-10455", "1 item not found", "Ida Holm · 2 items", "short", Tone.ERROR, urgent=True),),
        ),
    ),
    "3",
)
ORDER = OrderView(
    "3",
    "#W-10477",
    "Lena Fischer · code ends 7Q",
    "paid online",
    Tone.OK,
    (
        PickLineView(1, "Filter coffee 500 g", "Aisle 4 · bay 2", "2 / 2", done=True),
        PickLineView(2, "Oat drink 1 L", "Aisle 4 · bay 7", "1 / 1", done=True),
        PickLineView(3, "Wool throw, grey", "Home · rack 1", "0 / 1"),
        PickLineView(4, "Candle, cedar", "Home · rack 3", "0 / 1"),
    ),
    3,
    ("Scan to pick", "Picked"),
    Asking.ITEM,
    "Scan an item, or type its code",
    "Stage and mark ready (2 left)",
    main_enabled=False,
    can_short=True,
)


def pickup(side: Side) -> Callable[[], QWidget]:
    def make() -> QWidget:
        view = PickupView()
        view.show_board(BOARD)
        view.show_order(ORDER)
        view.show_code(
            AskState("Hand over #W-10470", "Scan the customer's pass, or type the 8 characters of the code.")
        )
        view.show_find(AskState("Find order", "By its number, the customer's name or the code."))
        view.code.boxes.type_in("7QK2M")
        view.show_side(side)
        return view

    return make


def pickup_pictures() -> Iterator[Picture]:
    yield Picture("pickup", pickup(Side.ORDER), COUNTER, PICKUP_STRIP)
    yield Picture("pickup-code", pickup(Side.CODE), COUNTER, PICKUP_STRIP)
    yield Picture("pickup-find", pickup(Side.FIND), COUNTER, PICKUP_STRIP)
    yield Picture("pickup-empty", _nobody_waits, replace(COUNTER, workspaces=NO_COUNT), PICKUP_STRIP)


def _nobody_waits() -> QWidget:
    view = PickupView()
    view.show_board(BoardState(tuple(replace(column, cards=()) for column in BOARD.columns)))
    view.show_nothing("No order is waiting", "New ones appear here by themselves")
    return view
