"""What each act is called: for the help, the list of commands, and messages about keys."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pos_app.locale.mark import _
from pos_app.ui.keymap import Act, default_key
from pos_app.ui.words import tr

ACT_WORDS: Mapping[Act, str] = MappingProxyType(
    {
        Act.ACCOUNT: _("Put it on account"),
        Act.ADD_DEVICE: _("Add a device"),
        Act.ALL_KEYS_BACK: _("All keys back where the set of keys has them"),
        Act.ANSWER: _("Answer what is asked of the sale"),
        Act.ASK_DEVICE: _("Ask the device what it says"),
        Act.BACK: _("Back; never destroys a basket"),
        Act.CARD: _("Pay by card"),
        Act.CASH: _("Pay in cash"),
        Act.CASH_BANK: _("Cash that goes to the bank"),
        Act.CASH_DROP: _("Cash that is taken out to the safe"),
        Act.CASH_LOAN: _("Cash that is put in"),
        Act.CHANGE_AS_CREDIT: _("Change as store credit"),
        Act.CLOSE_DAY: _("Close the day"),
        Act.CLOSE_DRAWER: _("Count and close the drawer"),
        Act.CLOSE_TERMINAL: _("Have the card terminal close its day"),
        Act.CREDIT: _("Pay with store credit"),
        Act.CUSTOMER: _("Who buys: find, see, make a customer"),
        Act.CUSTOMER_LANGUAGE: _("Language of the receipt and the customer's display"),
        Act.DEVICES: _("Devices: what is wrong and what to do"),
        Act.DISCOUNT: _("Discount or another price"),
        Act.DOWN: _("Next line"),
        Act.DRAWER: _("Open the drawer without a sale"),
        Act.EXACT_CASH: _("Exact cash: the sale is done"),
        Act.EXEMPT: _("Sell without tax"),
        Act.FIND: _("Find by name"),
        Act.FINISH: _("Finish the sale"),
        Act.FOREIGN_CASH: _("Pay in foreign cash"),
        Act.FULL_SCREEN: _("Full screen"),
        Act.GIFT_CARD: _("Pay with a gift card"),
        Act.GIFT_RECEIPT: _("Gift receipt, without prices"),
        Act.HAND_OVER: _("Hand over to the customer"),
        Act.HELP: _("Help: all keys of this screen"),
        Act.INVOICE: _("Full invoice with the buyer's name"),
        Act.KEY_BACK: _("The key back where the set of keys has it"),
        Act.LABEL: _("Print a shelf label of the line"),
        Act.LAST_PAGE: _("The page before"),
        Act.LEARN: _("Learn a scanner from one scan"),
        Act.LESS: _("One less"),
        Act.LET_IN: _("Let a till in again"),
        Act.LOCK: _("Lock the till"),
        Act.LOCK_MISSING: _("Lock a till that is missing"),
        Act.LOCK_ODD: _("Lock a till that behaves oddly"),
        Act.LOCK_STRANGER: _("Lock a till nobody here knows"),
        Act.LOOK_AROUND: _("Look for disks again"),
        Act.MAIL_RECEIPT: _("Receipt by e-mail"),
        Act.MANAGER: _("The manager's pages"),
        Act.MARK_READY: _("Mark the order ready"),
        Act.MONTH: _("The last 30 days"),
        Act.MORE: _("One more"),
        Act.MOVE_KEY: _("Move the key"),
        Act.MOVE_KEYS: _("Move single keys"),
        Act.NEXT_CHOICE: _("The next value of the setting"),
        Act.NEXT_GOODS: _("Where the goods go: shelf or not"),
        Act.NEXT_PAGE: _("The next page"),
        Act.NEXT_REASON: _("Why the goods come back"),
        Act.NO_RECEIPT: _("Goods without a receipt"),
        Act.OF_AGE: _("Looks old enough; or sell it all the same"),
        Act.OTHER_BASKET: _("The other basket, while the terminal works on one"),
        Act.PAPERS: _("Papers of the open receipt"),
        Act.PAY: _("Pay"),
        Act.PICKUP: _("Pickup orders"),
        Act.PICK_NEXT: _("Pick the most urgent order"),
        Act.POINTS: _("Pay with points"),
        Act.POST_VOID: _("Reverse the last sale whole"),
        Act.PRICE_CHECK: _("Price check; the basket stays as it is"),
        Act.PRINT_REPORT: _("Print the report again"),
        Act.QUANTITY: _("Quantity of the line"),
        Act.READ_BATCH: _("Take in the files of a batch scanner"),
        Act.READ_DISK: _("Read the disk"),
        Act.REPRINT: _("Print the last receipt again"),
        Act.RETURN: _("Take goods back, or exchange them"),
        Act.ROWS_DOWN: _("Further down the page"),
        Act.ROWS_UP: _("Further up the page"),
        Act.SAVE: _("Save"),
        Act.SAVE_PDF: _("Save the receipt as a file"),
        Act.SELL: _("Back to selling"),
        Act.SEND_DISK: _("Send on what was read"),
        Act.START_AGAIN: _("Start again in the new size"),
        Act.STOP_READING: _("Stop reading"),
        Act.SUSPEND: _("Put the basket aside, or take one up"),
        Act.TAKE_BACK: _("Put what comes back on the sale"),
        Act.TAKE_OUT: _("Take the device out"),
        Act.TAKE_OVER: _("Take over the store's work on this machine"),
        Act.TAKE_SUGGESTION: _("Take what is often bought too"),
        Act.TICK_ALL: _("All that is left of the receipt"),
        Act.TODAY: _("Today"),
        Act.TRAINING: _("Begin training, or end it"),
        Act.TRY_DEVICE: _("Try the device"),
        Act.UNDO_TENDER: _("Give the last card payment back"),
        Act.UNLOCK_PINS: _("Unlock PINs"),
        Act.UP: _("Line above"),
        Act.VOID_LINE: _("Void the line"),
        Act.VOID_SALE: _("Void the whole sale"),
        Act.WEEK: _("The last 7 days"),
        Act.X_REPORT: _("X report: the session so far"),
    }
)

TYPED: tuple[tuple[str, str], ...] = (
    ("3*", _("then a scan: three of it")),
    ("*5", _("makes the selected line 5")),
    ("+  −", _("one more, one less of the selected line")),
    ("?", _("or any letters: search")),
    ("/", _("and letters: a command by its name")),
)
"""What may be typed on the entry line."""

KEY_WORDS = (
    _("Ctrl"),
    _("Del"),
    _("Enter"),
    _("Esc"),
    _("Up"),
    _("Down"),
    _("Alt"),
    _("PgUp"),
    _("PgDown"),
    _("Home"),
    _("End"),
    _("Ins"),
    _("Space"),
)


def act_name(act: Act) -> str:
    """The name of an act; of one that has none here, its own."""
    found = ACT_WORDS.get(act)
    return tr(found) if found else act.value.replace("_", " ").capitalize()


def act_name_of(name: str) -> str:
    """The same by the name of the act; anything else as it is."""
    return act_name(Act(name)) if any(name == act.value for act in Act) else name


class _Printed:
    """Which key an act has at this till; without one, as it comes."""

    def __init__(self) -> None:
        self.key_of: Callable[[Act], str] = default_key


_now = _Printed()


def print_keys_of(key_of: Callable[[Act], str] = default_key) -> None:
    """Whose keys stand in sentences and on buttons from now on."""
    _now.key_of = key_of


def printed(act: Act) -> str:
    """The key of an act at this till, as it is printed: "F9", "Strg+L"."""
    return key_name_words(_now.key_of(act))


def printed_by_name(name: str) -> str:
    return printed(Act(name))


def key_name_words(key: str) -> str:
    """A key as it is printed on the keyboards of this language: "Strg+L", "Entf"."""
    return "+".join(tr(part) if part in KEY_WORDS else part for part in key.split("+")) if len(key) > 1 else key
