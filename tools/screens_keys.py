"""Made-up keys for the pictures of the page where one is moved."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from PySide6.QtWidgets import QWidget

from pos_app.ui.keymap import Act, Slot
from pos_app.ui.screens.help.state import HelpRow
from pos_app.ui.screens.moving_keys.state import ActKey, FreeKey, MovingState, Step
from pos_app.ui.screens.moving_keys.view import MovingKeysView
from pos_app.ui.theme import Tone
from tools.picture import MANAGING, Picture

ROWS = (
    HelpRow("Sell"),
    HelpRow("Find by name", "F2", "find"),
    HelpRow("Who buys: find, see, make a customer", "F3", "customer"),
    HelpRow("Quantity of the line", "F4", "quantity"),
    HelpRow("Discount or another price", "F6", "discount"),
    HelpRow("Take goods back, or exchange them", "Ctrl+G", "return", "moved"),
    HelpRow("Put the basket aside, or take one up", "F8", "suspend"),
    HelpRow("Pay", "F9", "pay"),
    HelpRow("Exact cash: the sale is done", "F12", "exact_cash"),
    HelpRow("Void the whole sale", "Ctrl+Del", "void_sale"),
    HelpRow("Pay"),
    HelpRow("Pay in cash", "C", "cash"),
    HelpRow("Pay by card", "K", "card"),
    HelpRow("Put it on account", "A", "account"),
)
AT = 5
CHOOSE = MovingState(
    rows=ROWS,
    preset="Keys: Standard",
    chosen=ActKey("Take goods back, or exchange them", "Sell", "Ctrl+G", "Standard has it on F7."),
    message="Enter, then the new key. ↑ ↓ choose; or tap.",
)
FREE = tuple(FreeKey(key, key) for key in ("Ctrl+F", "Ctrl+I", "Ctrl+K", "Ctrl+Q", "Ctrl+S", "Ctrl+U", "Ctrl+Y", "Ins"))
PRESS = replace(
    CHOOSE,
    step=Step.PRESS,
    message="Press the new key now. Esc leaves it where it is.",
    tone=Tone.INFO,
    free_title="Free keys: press one, or tap",
    free=FREE,
)
CLASH = replace(
    PRESS,
    step=Step.CLASH,
    message="F4 is taken: Quantity of the line. Swap it with “Take goods back, or exchange them”?",
    tone=Tone.WARNING,
)
REFUSED = replace(PRESS, message="Scanners send Alt+5 in the middle of a label. Press another key.", tone=Tone.WARNING)
LEAVE = Slot(0, Act.BACK, "Esc", "Leave it")
CHOOSE_STRIP = (
    Slot(0, Act.BACK, "Esc", "Back"),
    Slot(3, Act.KEY_BACK, "F6", "Back to preset"),
    Slot(5, Act.ALL_KEYS_BACK, "F8", "All keys back"),
    Slot(9, Act.MOVE_KEY, "F9", "Move it", main=True),
)
SWAP_STRIP = (LEAVE, Slot(9, Act.SWAP_KEYS, "Enter", "Swap the two", main=True))


def _moving(state: MovingState) -> Callable[[], QWidget]:
    def make() -> QWidget:
        view = MovingKeysView()
        view.show_state(state)
        view.select(AT)
        view.catch(on=state.step is not Step.CHOOSE)
        return view

    return make


def key_pictures() -> Iterator[Picture]:
    yield Picture("moving-keys", _moving(CHOOSE), MANAGING, CHOOSE_STRIP)
    yield Picture("moving-keys-press", _moving(PRESS), MANAGING, (LEAVE,))
    yield Picture("moving-keys-clash", _moving(CLASH), MANAGING, SWAP_STRIP)
    yield Picture("moving-keys-refused", _moving(REFUSED), MANAGING, (LEAVE,))
