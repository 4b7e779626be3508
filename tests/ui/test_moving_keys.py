"""One key of the till is moved in the settings: by keys and by touch, at once everywhere, and never onto what scanners send."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from pos_app.devices.barcode.wedge import WedgeSetup
from pos_app.service.till_choices import Choice
from pos_app.ui.key_rules import FUNCTION_KEYS
from pos_app.ui.keymap import EVERYWHERE, PAY_KEYS, SCREENS, STAYS, Act
from pos_app.ui.keys import TABLES, KeyChoice, Keys
from pos_app.ui.screens.pay.ways import offered
from pos_app.ui.widgets.buttons import TwoLineButton
from pos_app.ui.words import words_for, words_for_error
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.tender import TenderRules
from tests.support.shop import ITEMS, MANAGER_PIN, PIN, Shop, at_till
from tests.ui.conftest import Cashier
from tests.ui.test_keys_and_help import Kept, help_rows, printed
from tests.ui.test_people_pages import to_page
from tests.ui.test_settings_page import noted

MILK = ITEMS[0]
F8_CODE = 66  # of Linux


@pytest.fixture
def manager(cashier: Cashier) -> Cashier:
    """Sam is on the page where keys are moved."""
    to_page(cashier.sign_in(MANAGER_PIN), "settings")
    cashier.key(Qt.Key.Key_F4)
    assert cashier.screen == "moving_keys"
    return cashier


def choose(cashier: Cashier, words: str) -> None:
    """Look for an act, and have its new key waited for."""
    cashier.type(f"{words}⏎")
    assert "Press the new key" in cashier.shown("moving_message")


def alt(cashier: Cashier, key: Qt.Key, text: str = "") -> None:
    event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.AltModifier, text)
    QCoreApplication.sendEvent(cashier.workplace.shell.windowHandle(), event)


def to_sell(cashier: Cashier) -> None:
    for _ in range(4):
        if cashier.screen == "sell":
            return
        cashier.key(Qt.Key.Key_Escape)
    assert cashier.screen == "sell"


# ── at the window ────────────────────────────────────────────────────────────────────────────────


def test_a_key_moved_by_keys_alone_holds_at_once_on_buttons_help_and_screen(manager: Cashier) -> None:
    choose(manager, "quantity of")
    manager.control(Qt.Key.Key_Q)
    assert manager.notice == "“Quantity of the line” is on Ctrl+Q now."
    assert manager.shown("moving_from") == "Standard has it on F4."
    to_sell(manager)
    assert printed(manager, Act.QUANTITY) == "Ctrl+Q"
    manager.serial_scan(MILK.code)
    manager.control(Qt.Key.Key_Q)
    assert manager.shown("quantity_of").startswith(MILK.name)
    manager.key(Qt.Key.Key_Escape)
    manager.key(Qt.Key.Key_F1)
    manager.settle()
    assert help_rows(manager)["quantity"] == "Ctrl+Q"


def test_a_key_that_is_taken_names_both_acts_and_the_two_change_places(manager: Cashier) -> None:
    choose(manager, "exact cash")
    manager.key(Qt.Key.Key_F9)
    said = manager.shown("moving_message")
    assert said == "F9 is taken: Pay, Finish the sale. Swap it with “Exact cash: the sale is done”?"
    manager.key(Qt.Key.Key_Return, "\r")
    keys = manager.workplace.keys
    assert [keys.key_of(act) for act in (Act.EXACT_CASH, Act.PAY, Act.FINISH)] == ["F9", "F12", "F12"]
    manager.until(lambda: noted(manager.shop) == [("op-2", "keys", "exact_cash=F9,pay=F12,finish=F12")])
    to_sell(manager)
    manager.serial_scan(MILK.code)
    manager.key(Qt.Key.Key_F12)
    manager.until(lambda: manager.screen == "pay")
    assert printed(manager, Act.EXACT_CASH) == "F9"


def test_a_clash_can_be_left_or_another_key_pressed(manager: Cashier) -> None:
    choose(manager, "print the last receipt")
    manager.key(Qt.Key.Key_F2)
    assert manager.shown("moving_message").startswith(
        "F2 is taken: Find by name, All that is left of the receipt. Swap"
    )
    manager.control(Qt.Key.Key_Y)
    assert manager.workplace.keys.key_of(Act.REPRINT) == "Ctrl+Y"
    choose(manager, "")
    manager.key(Qt.Key.Key_F2)
    manager.key(Qt.Key.Key_Escape)
    assert manager.workplace.keys.key_of(Act.REPRINT) == "Ctrl+Y"
    assert manager.screen == "moving_keys"


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        (Qt.Key.Key_7, "7", "7 is for typing on the line, and scanners type it too. Press another key."),
        (Qt.Key.Key_Space, " ", "Space is for typing on the line, and scanners type it too. Press another key."),
        (Qt.Key.Key_Return, "\r", "Return means the same on every till and stays where it is."),
        (Qt.Key.Key_Tab, "\t", "Tab means the same on every till and stays where it is."),
        (Qt.Key.Key_F8, "", "Scanners send F8 in the middle of a label. Press another key."),
    ],
)
def test_what_is_typed_or_scanned_is_refused_with_the_reason(
    manager: Cashier, key: Qt.Key, text: str, said: str
) -> None:
    manager.workplace.wedge.set_up(WedgeSetup(gs_key=F8_CODE))
    choose(manager, "quantity of")
    manager.key(key, text)
    manager.settle()
    manager.until(lambda: manager.shown("moving_message") == said)
    alt(manager, Qt.Key.Key_2, "2")
    assert manager.shown("moving_message").startswith("Scanners send Alt+2")
    manager.control(Qt.Key.Key_6)
    assert manager.shown("moving_message").startswith("Scanners send Ctrl+6")
    assert manager.workplace.keys.choice == KeyChoice()


def test_a_scan_while_a_key_is_waited_for_is_a_scan(manager: Cashier) -> None:
    choose(manager, "quantity of")
    manager.wedge_scan(MILK.code)
    assert manager.names() == [MILK.name]
    assert "Press the new key" in manager.shown("moving_message")
    assert manager.workplace.keys.choice == KeyChoice()


def test_by_touch_a_free_key_is_tapped_and_taken_back(manager: Cashier) -> None:
    manager.press("action_move_key")
    first = next(w for w in manager.workplace.shell.findChildren(QWidget, "free_key_0") if w.isVisible())
    key = first.accessibleName()
    manager.press("free_key_0")
    assert manager.workplace.keys.key_of(Act.PAY) == key
    assert key not in FUNCTION_KEYS, "all of those are taken on some screen of this act"
    manager.press("action_key_back")
    assert manager.workplace.keys.choice == KeyChoice()
    manager.press("action_move_key").press("free_key_1").press("action_all_keys_back")
    assert manager.workplace.keys.choice == KeyChoice()
    assert manager.notice == "All keys are where the set of keys has them."


def test_the_list_is_searched_and_stands_by_screens(manager: Cashier) -> None:
    rows = [row for row in manager.workplace.moving_keys._rows if not row.act]
    assert [row.words for row in rows[:3]] == ["Sell", "Pay", "Returns"]
    manager.type("page")
    assert {row.act for row in manager.workplace.moving_keys._rows if row.act} >= {"rows_down", "next_page"}
    manager.key(Qt.Key.Key_Escape)
    manager.type("nonsense")
    assert manager.shown("moving_message") == "Nothing here is called that."
    manager.key(Qt.Key.Key_F9)
    assert "Press" not in manager.shown("moving_message")


def test_moved_keys_are_there_after_a_restart_and_only_they_are_kept(shop: Shop) -> None:
    with at_till(shop) as at:
        keys = Keys(at.till.preferences)
        keys.choose("classic")
        keys.move(Act.PAY, "Ctrl+Y")
        keys.move(Act.FIND, "Ctrl+Q")
        keys.move(Act.FIND, "F1")  # where the preset has it
        assert '"find"' not in at.till.preferences.get("keys")
    with at_till(shop) as at:
        assert Keys(at.till.preferences).choice == KeyChoice("classic", {"pay": "Ctrl+Y"})


def test_who_may_not_set_the_till_up_moves_no_key(shop: Shop) -> None:
    with at_till(shop) as at:
        operator = at.sign_in(PIN).till.signing_in.operator
        with pytest.raises(RuleViolationError):
            at.till.choices.choose(Choice.KEYS, "pay=F4", operator)


# ── the rules ────────────────────────────────────────────────────────────────────────────────────


def test_every_table_of_keys_is_told_of_and_an_act_has_one_key_that_moves() -> None:
    from pos_app.ui import keymap

    tables = [table for name, table in vars(keymap).items() if name.endswith("_KEYS")]
    assert {id(table) for table in tables} == {id(table) for table in SCREENS.values()}
    places: dict[Act, set[str]] = {}
    for table in (EVERYWHERE, *TABLES):
        for key, act in table.items():
            places.setdefault(act, set()).add(key.replace("Return", "Enter"))
    assert not {act: keys for act, keys in places.items() if len(keys - STAYS) > 1}


@pytest.mark.parametrize("preset", ["default", "classic", "unicenta"])
def test_any_two_keys_that_may_change_places_leave_no_act_without_a_key(preset: str) -> None:
    for act in (Act.PAY, Act.HELP, Act.PICKUP, Act.FINISH, Act.PRICE_CHECK, Act.RETURN):
        for key in FUNCTION_KEYS:
            keys = Keys(Kept())
            keys.choose(preset)
            before = {name: set(keys.table(table).values()) for name, table in SCREENS.items()}
            try:
                keys.swap(act, key)
            except RuleViolationError:
                assert keys.choice == KeyChoice(preset)
                continue
            assert keys.key_of(act) == key
            for name, table in SCREENS.items():
                assert before[name] <= set(keys.table(table).values())


def test_ways_to_pay_move_to_other_letters_and_nothing_else_does() -> None:
    keys = Keys(Kept())
    keys.move(Act.CARD, "Q")
    assert keys.table(PAY_KEYS)["Q"] is Act.CARD
    for act, key in ((Act.FINISH, "Q"), (Act.CARD, "7"), (Act.PAY, "B")):
        with pytest.raises(RuleViolationError, match=r"keys\.(typed|taken)"):
            keys.move(act, key)


def test_a_page_of_the_manager_cannot_take_the_keys_that_turn_the_pages() -> None:
    keys = Keys(Kept())
    with pytest.raises(RuleViolationError, match=r"keys\.taken"):
        keys.move(Act.X_REPORT, "Ctrl+PgUp")


@pytest.mark.parametrize("key", ["Alt+F4", "Meta+L", "Ctrl+Alt+F1"])
def test_keys_of_the_computer_are_refused(key: str) -> None:
    with pytest.raises(RuleViolationError) as refused:
        Keys(Kept()).move(Act.FIND, key)
    assert words_for_error(refused.value) == f"The computer takes {key} for itself. Press another key."


def test_a_key_with_ctrl_reaches_the_window_also_one_that_lines_of_the_desktop_know(at_work: Cashier) -> None:
    at_work.workplace.keys.move(Act.PRICE_CHECK, "Ctrl+Y")  # a line edit of Qt would do again what was undone
    at_work.workplace.act(Act.HELP)
    at_work.workplace.act(Act.BACK)
    at_work.type("milk")
    at_work.control(Qt.Key.Key_Y)
    assert at_work.workplace.current is at_work.workplace.overlays.prices
    at_work.key(Qt.Key.Key_Escape)
    assert at_work.workplace.sell._view.entry.text() == "milk"


def test_sentences_and_buttons_beside_the_strip_print_the_moved_key(at_work: Cashier) -> None:
    assert words_for("scan.is_receipt") == "That is a receipt. F7 takes goods back."
    keys = at_work.workplace.keys
    keys.move(Act.RETURN, "Ctrl+Y")
    keys.move(Act.GIFT_RECEIPT, "Ctrl+Q")
    keys.move(Act.CARD, "Q")
    assert words_for("scan.is_receipt") == "That is a receipt. Ctrl+Y takes goods back."
    ways = offered(TenderRules(), terminal=True, points="", back=False)
    assert next(way.hint for way in ways if way.name == "card") == "Q · amount to terminal"
    at_work.workplace.act(Act.HELP)
    at_work.workplace.act(Act.BACK)
    at_work.serial_scan(MILK.code)
    at_work.key(Qt.Key.Key_F12)
    at_work.until(lambda: at_work.selling.last_paid is not None)
    at_work.control(Qt.Key.Key_Y)
    at_work.until(lambda: at_work.screen == "returns")
    at_work.until(lambda: any(w.accessibleDescription() == "Ctrl+Q" and w.isVisible() for w in buttons(at_work)))


def buttons(cashier: Cashier) -> list[TwoLineButton]:
    return cashier.workplace.shell.findChildren(TwoLineButton)
