"""Which key does what, screen by screen: one table that buttons, keys and help all read."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

STRIP_SLOTS = 10


class Act(StrEnum):
    """What a key or a button of the action strip asks for."""

    ACCOUNT = "account"
    ADD_DEVICE = "add_device"
    ALL_KEYS_BACK = "all_keys_back"
    ANSWER = "answer"
    ASK_DEVICE = "ask_device"
    BACK = "back"
    CARD = "card"
    CASH = "cash"
    CASH_BANK = "cash_bank"
    CASH_DROP = "cash_drop"
    CASH_LOAN = "cash_loan"
    CLOSE_DAY = "close_day"
    CLOSE_DRAWER = "close_drawer"
    CLOSE_TERMINAL = "close_terminal"
    CHANGE_AS_CREDIT = "change_as_credit"
    CREDIT = "credit"
    CUSTOMER = "customer"
    CUSTOMER_LANGUAGE = "customer_language"
    DEVICES = "devices"
    DISCOUNT = "discount"
    DOWN = "down"
    DRAWER = "drawer"
    EXACT_CASH = "exact_cash"
    EXEMPT = "exempt"
    FIND = "find"
    FINISH = "finish"
    FOREIGN_CASH = "foreign_cash"
    FULL_SCREEN = "full_screen"
    GIFT_CARD = "gift_card"
    GIFT_RECEIPT = "gift_receipt"
    HAND_OVER = "hand_over"
    HELP = "help"
    INVOICE = "invoice"
    KEY_BACK = "key_back"
    LABEL = "label"
    LAST_PAGE = "last_page"
    LEARN = "learn"
    LESS = "less"
    LOCK = "lock"
    LET_IN = "let_in"
    LOCK_MISSING = "lock_missing"
    LOCK_ODD = "lock_odd"
    LOCK_STRANGER = "lock_stranger"
    LOOK_AROUND = "look_around"
    MAIL_RECEIPT = "mail_receipt"
    MANAGER = "manager"
    MARK_READY = "mark_ready"
    MONTH = "month"
    MORE = "more"
    MOVE_KEY = "move_key"
    MOVE_KEYS = "move_keys"
    NEXT_CHOICE = "next_choice"
    NEXT_GOODS = "next_goods"
    NEXT_REASON = "next_reason"
    NO_RECEIPT = "no_receipt"
    NEXT_PAGE = "next_page"
    OF_AGE = "of_age"
    OTHER_BASKET = "other_basket"
    PAY = "pay"
    PICKUP = "pickup"
    PICK_NEXT = "pick_next"
    PRINT_REPORT = "print_report"
    PAPERS = "papers"
    POST_VOID = "post_void"
    PRICE_CHECK = "price_check"
    POINTS = "points"
    QUANTITY = "quantity"
    READ_BATCH = "read_batch"
    READ_DISK = "read_disk"
    REPRINT = "reprint"
    RETURN = "return"
    ROWS_DOWN = "rows_down"
    ROWS_UP = "rows_up"
    SAVE = "save"
    SAVE_PDF = "save_pdf"
    SELL = "sell"
    SEND_DISK = "send_disk"
    START_AGAIN = "start_again"
    STOP_READING = "stop_reading"
    SUSPEND = "suspend"
    SWAP_KEYS = "swap_keys"
    TAKE_BACK = "take_back"
    TAKE_OUT = "take_out"
    TAKE_SUGGESTION = "take_suggestion"
    TAKE_OVER = "take_over"
    TICK_ALL = "tick_all"
    TODAY = "today"
    TRAINING = "training"
    TRY_DEVICE = "try_device"
    UNDO_TENDER = "undo_tender"
    UNLOCK_PINS = "unlock_pins"
    UP = "up"
    VOID_LINE = "void_line"
    VOID_SALE = "void_sale"
    WEEK = "week"
    X_REPORT = "x_report"


@dataclass(frozen=True, slots=True)
class Slot:
    """One button of the action strip. `at` is its place from 0 to 9, so that a key stays where fingers know it."""

    at: int
    act: Act
    key: str
    word: str
    main: bool = False
    enabled: bool = True


EVERYWHERE: Mapping[str, Act] = MappingProxyType(
    {
        "Ctrl+L": Act.LOCK,
        "Ctrl+H": Act.DEVICES,
        "Ctrl+D": Act.DRAWER,
        "Ctrl+M": Act.MANAGER,
        "Ctrl+T": Act.CUSTOMER_LANGUAGE,
        "Ctrl+J": Act.TRAINING,
        "F1": Act.HELP,
        "F5": Act.PRICE_CHECK,
        "F10": Act.PICKUP,
        "F11": Act.FULL_SCREEN,
        "Esc": Act.BACK,
    }
)
SELL_KEYS: Mapping[str, Act] = MappingProxyType(
    {
        "F2": Act.FIND,
        "F3": Act.CUSTOMER,
        "F4": Act.QUANTITY,
        "F6": Act.DISCOUNT,
        "F7": Act.RETURN,
        "F8": Act.SUSPEND,
        "Del": Act.VOID_LINE,
        "Ctrl+Del": Act.VOID_SALE,
        "F12": Act.EXACT_CASH,
        "F9": Act.PAY,
        "Up": Act.UP,
        "Down": Act.DOWN,
        "+": Act.MORE,
        "-": Act.LESS,
        "Ctrl+E": Act.ANSWER,
        "Ctrl+Enter": Act.TAKE_SUGGESTION,
        "Ctrl+Return": Act.TAKE_SUGGESTION,
        "Ctrl+N": Act.EXEMPT,
        "Ctrl+O": Act.OF_AGE,
        "Ctrl+P": Act.LABEL,
        "Ctrl+B": Act.READ_BATCH,
        "Ctrl+W": Act.OTHER_BASKET,
        "Ctrl+R": Act.REPRINT,
    }
)
RETURN_KEYS: Mapping[str, Act] = MappingProxyType(
    {
        "F2": Act.TICK_ALL,
        "F3": Act.POST_VOID,
        "F4": Act.NO_RECEIPT,
        "F5": Act.PAPERS,
        "Ctrl+E": Act.MAIL_RECEIPT,
        "Ctrl+G": Act.GIFT_RECEIPT,
        "Ctrl+I": Act.INVOICE,
        "Ctrl+R": Act.REPRINT,
        "Ctrl+S": Act.SAVE_PDF,
        "F6": Act.NEXT_REASON,
        "F8": Act.NEXT_GOODS,
        "F9": Act.TAKE_BACK,
        "Up": Act.UP,
        "Down": Act.DOWN,
        "+": Act.MORE,
        "-": Act.LESS,
    }
)
PAY_KEYS: Mapping[str, Act] = MappingProxyType(
    {
        "F12": Act.EXACT_CASH,
        "F9": Act.FINISH,
        "Return": Act.FINISH,
        "Enter": Act.FINISH,
        "C": Act.CASH,
        "K": Act.CARD,
        "G": Act.GIFT_CARD,
        "S": Act.CREDIT,
        "L": Act.POINTS,
        "A": Act.ACCOUNT,
        "X": Act.FOREIGN_CASH,
        "F8": Act.CHANGE_AS_CREDIT,
        "Ctrl+W": Act.OTHER_BASKET,
        "Del": Act.UNDO_TENDER,
    }
)
PICKUP_KEYS: Mapping[str, Act] = MappingProxyType(
    {
        "F2": Act.FIND,
        "F3": Act.PICK_NEXT,
        "F4": Act.HAND_OVER,
        "F9": Act.MARK_READY,
        "Up": Act.UP,
        "Down": Act.DOWN,
        "F10": Act.SELL,
    }
)

CONNECTION_KEYS: Mapping[str, Act] = MappingProxyType({"F9": Act.TAKE_OVER})
DEVICES_KEYS: Mapping[str, Act] = MappingProxyType(
    {
        "F2": Act.ADD_DEVICE,
        "F3": Act.ASK_DEVICE,
        "F4": Act.TRY_DEVICE,
        "F6": Act.LEARN,
        "F7": Act.CLOSE_TERMINAL,
        "Del": Act.TAKE_OUT,
        "F9": Act.SAVE,
        "Up": Act.UP,
        "Down": Act.DOWN,
    }
)

DRAWER_KEYS: Mapping[str, Act] = MappingProxyType(
    {"F2": Act.CASH_LOAN, "F3": Act.CASH_DROP, "F4": Act.CASH_BANK, "F9": Act.CLOSE_DRAWER}
)
DAY_KEYS: Mapping[str, Act] = MappingProxyType(
    {
        "F2": Act.X_REPORT,
        "F8": Act.PRINT_REPORT,
        "F9": Act.CLOSE_DAY,
        "Up": Act.UP,
        "Down": Act.DOWN,
        "PgDown": Act.ROWS_DOWN,
        "PgUp": Act.ROWS_UP,
    }
)
EXCEPTION_KEYS: Mapping[str, Act] = MappingProxyType(
    {"F2": Act.TODAY, "F3": Act.WEEK, "F4": Act.MONTH, "Up": Act.UP, "Down": Act.DOWN}
)
SETTINGS_KEYS: Mapping[str, Act] = MappingProxyType(
    {
        "F4": Act.MOVE_KEYS,
        "F6": Act.NEXT_CHOICE,
        "F9": Act.START_AGAIN,
        "Up": Act.UP,
        "Down": Act.DOWN,
        "PgDown": Act.ROWS_DOWN,
        "PgUp": Act.ROWS_UP,
    }
)
MOVING_KEYS: Mapping[str, Act] = MappingProxyType(
    {"F6": Act.KEY_BACK, "F8": Act.ALL_KEYS_BACK, "F9": Act.MOVE_KEY, "Up": Act.UP, "Down": Act.DOWN}
)
RECOVERY_KEYS: Mapping[str, Act] = MappingProxyType(
    {
        "F2": Act.LOOK_AROUND,
        "F6": Act.READ_DISK,
        "F8": Act.STOP_READING,
        "F9": Act.SEND_DISK,
        "Up": Act.UP,
        "Down": Act.DOWN,
    }
)
STAFF_KEYS: Mapping[str, Act] = MappingProxyType({"F6": Act.UNLOCK_PINS})
TILLS_KEYS: Mapping[str, Act] = MappingProxyType(
    {
        "F2": Act.LOCK_MISSING,
        "F3": Act.LOCK_ODD,
        "F4": Act.LOCK_STRANGER,
        "F9": Act.LET_IN,
        "Up": Act.UP,
        "Down": Act.DOWN,
    }
)
MANAGER_KEYS: Mapping[str, Act] = MappingProxyType({"Ctrl+PgUp": Act.LAST_PAGE, "Ctrl+PgDown": Act.NEXT_PAGE})
HELP_KEYS: Mapping[str, Act] = MappingProxyType({"Up": Act.UP, "Down": Act.DOWN})
PRICE_CHECK_KEYS: Mapping[str, Act] = MappingProxyType({"Up": Act.UP, "Down": Act.DOWN})
STAYS = frozenset({"Return", "Enter", "Esc", "Up", "Down", "F11"})
"""Keys that mean the same on every till: they are never moved and never given to anything else."""
SCREENS: Mapping[str, Mapping[str, Act]] = MappingProxyType(
    {
        "sell": SELL_KEYS,
        "pay": PAY_KEYS,
        "returns": RETURN_KEYS,
        "pickup": PICKUP_KEYS,
        "drawer": DRAWER_KEYS,
        "day": DAY_KEYS,
        "exceptions": EXCEPTION_KEYS,
        "staff": STAFF_KEYS,
        "settings": SETTINGS_KEYS,
        "moving": MOVING_KEYS,
        "connection": CONNECTION_KEYS,
        "tills": TILLS_KEYS,
        "recovery": RECOVERY_KEYS,
        "devices": DEVICES_KEYS,
        "manager": MANAGER_KEYS,
        "help": HELP_KEYS,
        "price_check": PRICE_CHECK_KEYS,
    }
)
"""Every table but EVERYWHERE, by its screen, in the order in which people are told of them."""
PAGES = ("drawer", "day", "exceptions", "staff", "settings", "connection", "tills", "recovery")
"""Of the manager's workspace, whose own keys work on each."""

_NAMES: Mapping[int, str] = MappingProxyType(
    {
        Qt.Key.Key_Escape: "Esc",
        Qt.Key.Key_Delete: "Del",
        Qt.Key.Key_Plus: "+",
        Qt.Key.Key_Minus: "-",
        Qt.Key.Key_Return: "Return",
        Qt.Key.Key_Enter: "Enter",
    }
)
_MODIFIERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


@cache
def default_key(act: Act) -> str:
    """The one key of an act that can be another one, as it comes; empty when it has none."""
    keys = (key for table in (EVERYWHERE, *SCREENS.values()) for key, its in table.items() if its is act)
    return next((key for key in keys if key not in STAYS), "")


MODIFIERS = frozenset(
    {
        Qt.Key.Key_Shift,
        Qt.Key.Key_Control,
        Qt.Key.Key_Alt,
        Qt.Key.Key_AltGr,
        Qt.Key.Key_Meta,
        Qt.Key.Key_CapsLock,
        Qt.Key.Key_NumLock,
    }
)
"""Held down with others; no key by themselves."""


def key_name(event: QKeyEvent) -> str:
    """The name under which the tables know a key: "F9", "Ctrl+L", "Del", "+"."""
    held = event.modifiers() & _MODIFIERS
    if not held and event.key() in _NAMES:
        return _NAMES[event.key()]
    return QKeySequence(held.value | event.key()).toString(QKeySequence.SequenceFormat.PortableText)
