"""Keys are what this till chose them to be, printed where they are pressed, listed in the help, and never two on one."""

import pytest
from PySide6.QtCore import Qt

from pos_app.service.preferences import Preferences
from pos_app.ui.key_words import ACT_WORDS
from pos_app.ui.keymap import EVERYWHERE, PAY_KEYS, SELL_KEYS, Act
from pos_app.ui.keys import PRESETS, TABLES, Keys
from pos_app.ui.words import words_for_error
from retail_core.domain.errors import RuleViolationError
from tests.support.shop import ITEMS, MANAGER_PIN, Shop, at_till
from tests.ui.conftest import Cashier
from tests.ui.test_people_pages import to_page

MILK, THROW = ITEMS[0], ITEMS[6]


class Kept(Preferences):
    """Preferences of a till that is not running: kept as long as the test."""

    def __init__(self) -> None:
        self._known = {}

    def put(self, name: str, value: str) -> None:
        self._known[name] = value


def printed(cashier: Cashier, act: Act) -> str:
    return cashier.workplace.shell.strip.slots_shown()[act.value].accessibleDescription()


# ── presets and moved keys ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_puts_two_acts_on_one_key_and_none_loses_its_own(preset: str) -> None:
    keys = Keys(Kept())
    keys.choose(preset)
    for table in TABLES:
        assert set(table.values()) <= set(keys.table(table).values())


def test_a_key_with_ctrl_that_works_everywhere_means_nothing_else_on_any_screen() -> None:
    hidden = {key for table in TABLES for key, act in table.items() if EVERYWHERE.get(key, act) is not act}
    assert not [key for key in hidden if key.startswith("Ctrl+")]


def test_a_preset_holds_at_once_for_keys_and_buttons_and_after_a_restart(at_work: Cashier, shop: Shop) -> None:
    at_work.workplace.keys.choose("classic")
    at_work.workplace.act(Act.PRICE_CHECK)
    at_work.workplace.act(Act.BACK)
    assert printed(at_work, Act.FIND) == "F1"
    assert printed(at_work, Act.EXACT_CASH) == "F10"
    at_work.serial_scan(MILK.code)
    at_work.key(Qt.Key.Key_F10)
    at_work.until(lambda: at_work.selling.last_paid is not None)
    at_work.workplace.keys.move(Act.EXACT_CASH, "Ctrl+Y")
    assert Keys(at_work.till.preferences).of(Act.EXACT_CASH, SELL_KEYS) == "Ctrl+Y"
    assert Keys(at_work.till.preferences).choice.preset == "classic"


def test_a_choice_of_keys_survives_a_restart(shop: Shop) -> None:
    with at_till(shop) as at:
        Keys(at.till.preferences).choose("unicenta")
    with at_till(shop) as at:
        assert Keys(at.till.preferences).choice.preset == "unicenta"


def test_a_key_that_is_taken_is_refused_plainly_and_nothing_changes() -> None:
    keys = Keys(Kept())
    before = keys.table(SELL_KEYS)
    with pytest.raises(RuleViolationError) as refused:
        keys.move(Act.FIND, "F9")
    assert words_for_error(refused.value) == "F9 is taken: Pay. Move that one first, or take another key."
    for key, code in (
        ("Esc", "keys.fixed"),
        ("A", "keys.typed"),
        ("7", "keys.typed"),
        ("F13", "keys.not_a_key"),
    ):
        with pytest.raises(RuleViolationError) as refused:
            keys.move(Act.FIND, key)
        assert refused.value.code == code
    with pytest.raises(RuleViolationError, match=r"keys\.no_such_preset"):
        keys.choose("vim")
    with pytest.raises(RuleViolationError, match=r"keys\.taken"):
        keys.move(Act.HELP, "F4")
    assert keys.table(SELL_KEYS) == before


def test_a_moved_key_is_free_for_another_act() -> None:
    keys = Keys(Kept())
    keys.move(Act.QUANTITY, "Ctrl+Q")
    keys.move(Act.VOID_LINE, "F4")
    assert keys.table(SELL_KEYS)["F4"] is Act.VOID_LINE
    assert "Del" not in keys.table(SELL_KEYS)
    keys.move(Act.VOID_LINE, "")
    assert keys.table(SELL_KEYS)["Del"] is Act.VOID_LINE


def test_enter_and_the_arrows_stay_whatever_is_moved() -> None:
    keys = Keys(Kept())
    keys.move(Act.FINISH, "F7")
    pay = keys.table(PAY_KEYS)
    assert pay["Return"] is pay["Enter"] is pay["F7"] is Act.FINISH
    assert "F9" not in pay


def test_cashiers_of_core_type_what_they_always_typed(at_work: Cashier) -> None:
    at_work.workplace.keys.choose("core")
    at_work.serial_scan(MILK.code)
    at_work.serial_scan(THROW.code)
    at_work.type("VD⏎")
    assert [line.voided for line in at_work.lines] == [False, True]
    at_work.type("20CA⏎")
    at_work.until(lambda: at_work.selling.last_paid is not None)
    assert at_work.selling.last_paid is not None
    assert at_work.selling.last_paid.given_minor == 2000


def test_the_total_of_unicenta_is_the_equals_sign_on_an_empty_line(at_work: Cashier) -> None:
    at_work.workplace.keys.choose("unicenta")
    at_work.workplace.act(Act.HELP)
    at_work.workplace.act(Act.BACK)
    at_work.serial_scan(MILK.code)
    at_work.key(Qt.Key.Key_Equal, "=")
    at_work.settle()
    at_work.until(lambda: at_work.screen == "pay")


# ── help and commands ────────────────────────────────────────────────────────────────────────────


def help_rows(cashier: Cashier) -> dict[str, str]:
    return {row.act: row.key for row in cashier.workplace.overlays.help.rows() if row.act}


def test_f1_lists_every_key_of_the_screen_and_those_that_work_everywhere(at_work: Cashier) -> None:
    at_work.key(Qt.Key.Key_F1)
    at_work.settle()
    assert at_work.screen == "help"
    rows = help_rows(at_work)
    assert rows["pay"] == "F9"
    assert rows["lock"] == "Ctrl+L"
    assert {act.value for act in SELL_KEYS.values()} - {"up", "down"} <= rows.keys()
    at_work.key(Qt.Key.Key_Escape)
    assert at_work.screen == "sell"


def test_whatever_has_a_key_has_a_name_in_plain_words() -> None:
    acts = {act for table in (EVERYWHERE, *TABLES) for act in table.values()}
    assert not acts - ACT_WORDS.keys()


def test_the_help_of_the_day_report_says_what_page_up_and_down_do_there(cashier: Cashier) -> None:
    to_page(cashier.sign_in(MANAGER_PIN), "day")
    cashier.key(Qt.Key.Key_F1)
    cashier.settle()
    rows = {row.key: row.words for row in cashier.workplace.overlays.help.rows() if row.act}
    assert rows["PgDown"] == "Further down the page"
    assert rows["PgUp"] == "Further up the page"
    assert rows["F9"] == "Close the day"


def test_help_is_searched_and_what_is_chosen_is_done_on_the_screen_below(at_work: Cashier) -> None:
    at_work.serial_scan(MILK.code)
    at_work.key(Qt.Key.Key_F1)
    at_work.type("quantity of")
    assert list(help_rows(at_work)) == ["quantity"]
    at_work.type("⏎")
    assert at_work.screen == "sell"
    assert at_work.shown("quantity_of").startswith(MILK.name)


def test_a_scan_puts_help_away_and_is_taken(at_work: Cashier) -> None:
    at_work.key(Qt.Key.Key_F1)
    at_work.settle()
    at_work.wedge_scan(MILK.code)
    assert at_work.screen == "sell"
    assert at_work.names() == [MILK.name]


def test_a_slash_and_letters_are_a_command(at_work: Cashier) -> None:
    at_work.type("/lock⏎")
    at_work.until(lambda: at_work.screen == "sign_in")
    at_work.sign_in()
    at_work.type("/print⏎")
    assert at_work.screen == "help"
    assert {"label", "reprint"} <= help_rows(at_work).keys()


# ── price check ──────────────────────────────────────────────────────────────────────────────────


def test_f5_tells_a_price_and_leaves_the_basket_alone(at_work: Cashier) -> None:
    at_work.serial_scan(MILK.code)
    before = at_work.lines
    at_work.key(Qt.Key.Key_F5)
    at_work.settle()
    at_work.wedge_scan(THROW.code)
    assert at_work.shown("price_name") == THROW.name
    assert at_work.shown("price_amount") == "€ 39.90"
    at_work.serial_scan("9780201379624")
    assert at_work.shown("price_name") == "9780201379624"
    assert at_work.lines == before
    at_work.key(Qt.Key.Key_Escape)
    assert at_work.screen == "sell"
    assert at_work.lines == before


def test_a_price_is_found_by_name_too(at_work: Cashier) -> None:
    at_work.key(Qt.Key.Key_F5)
    at_work.type("wool")
    at_work.until(at_work.workplace.overlays.prices._view.search.selected_sku)
    at_work.type("⏎")
    assert at_work.shown("price_name") == THROW.name
    assert at_work.lines == ()
    at_work.key(Qt.Key.Key_F5)
    assert at_work.screen == "sell"
