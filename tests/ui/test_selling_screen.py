"""The cashier's flow at the real window: scans, typing, paying, and nothing in between that loses anything."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListView

from pos_app.storage.spool import counts
from retail_core.durable.engine import open_ro
from tests.support.shop import ITEMS
from tests.ui.conftest import Cashier

MILK, CHICKEN, WATER, COFFEE = ITEMS[:4]
UNKNOWN = "9780201379624"


def sales(cashier: Cashier) -> list[tuple[object, ...]]:
    home = cashier.shop.home
    conn = open_ro(home.till_db, home.keys.file_key("till.db"))
    rows = conn.execute("SELECT receipt, total_minor FROM sale ORDER BY receipt").fetchall()
    conn.close()
    return rows


def paid(cashier: Cashier) -> bool:
    return cashier.selling.last_paid is not None and cashier.selling.sale is None


# ── scanning and typing ──────────────────────────────────────────────────────────────────────────


def test_the_first_scan_opens_the_sale_and_shows_its_line(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    assert at_work.names() == [MILK.name]
    assert at_work.to_pay == "€ 1.19"


def test_a_serial_scanner_needs_no_focus(at_work: Cashier) -> None:
    at_work.serial_scan(MILK.code).serial_scan(CHICKEN.code)
    assert at_work.names() == [MILK.name, CHICKEN.name]


def test_typed_codes_and_multipliers_work(at_work: Cashier) -> None:
    at_work.type("4011⏎")
    at_work.type("3*⏎")
    assert at_work.selling.multiplier_milli == 3000
    assert at_work.shown("multiplier") == "3 ×"
    at_work.wedge_scan(WATER.code)
    assert at_work.quantities() == [1000, 3000]
    at_work.type("*2⏎")
    assert at_work.quantities() == [1000, 2000]
    at_work.type("+")
    assert at_work.quantities() == [1000, 3000]
    at_work.type("--")
    assert at_work.quantities() == [1000, 1000]


def test_three_star_and_a_scan_make_three_with_enter_or_without(at_work: Cashier) -> None:
    at_work.type("3*⏎").wedge_scan(MILK.code)
    at_work.type("2*").wedge_scan(CHICKEN.code)
    at_work.type("4*").serial_scan(WATER.code)
    assert at_work.quantities() == [3000, 2000, 4000]
    assert at_work.selling.multiplier_milli is None


def test_an_odd_multiplier_is_asked_on_the_line_it_is_for(at_work: Cashier) -> None:
    at_work.type("150*").serial_scan(MILK.code)
    assert at_work.quantities() == [1000]
    assert "150" in at_work.notice
    at_work.type("⏎")
    assert at_work.quantities() == [150_000]
    assert at_work.selling.multiplier_milli is None


def test_three_star_and_a_tapped_key_make_three(at_work: Cashier) -> None:
    at_work.type("3*").press(f"quick_{MILK.sku}")
    assert at_work.quantities() == [3000]


def test_a_scan_leaves_half_typed_text_alone(at_work: Cashier) -> None:
    at_work.type("50").wedge_scan(MILK.code)
    assert at_work.names() == [MILK.name]
    assert at_work.workplace.shell.focusWidget() is not None
    at_work.key(Qt.Key.Key_F12)
    at_work.until(lambda: paid(at_work))
    assert at_work.selling.last_paid is not None
    assert at_work.selling.last_paid.given_minor == 5000


def test_fifty_scans_without_a_pause_are_fifty_lines(at_work: Cashier) -> None:
    for _ in range(25):
        for item in (MILK, CHICKEN):
            for character in item.code:
                at_work.key(Qt.Key(ord(character)), character, 2)
            at_work.key(Qt.Key.Key_Return, "\r", 2)
    at_work.settle()
    assert len(at_work.names()) == 50


def test_an_unknown_code_blocks_paying_but_not_scanning(at_work: Cashier) -> None:
    at_work.wedge_scan(UNKNOWN).wedge_scan(MILK.code)
    assert [line.pending for line in at_work.lines] == [True, False]
    at_work.key(Qt.Key.Key_F9)
    assert at_work.screen == "sell"
    assert "Unknown codes" in at_work.notice
    at_work.key(Qt.Key.Key_F12)
    assert at_work.selling.sale is not None
    at_work.key(Qt.Key.Key_Delete)  # the pending line was selected for the cashier
    at_work.key(Qt.Key.Key_F9)
    assert at_work.screen == "pay"


def test_an_unknown_code_is_named_by_finding_the_item(at_work: Cashier) -> None:
    at_work.wedge_scan(UNKNOWN)
    at_work.key(Qt.Key.Key_Up)
    at_work.press("quick_1004")
    assert at_work.names() == [COFFEE.name]
    assert at_work.to_pay == "€ 5.99"


def test_a_voided_line_stays_on_the_screen_struck_through(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code).wedge_scan(CHICKEN.code)
    at_work.key(Qt.Key.Key_Delete)
    assert [line.voided for line in at_work.lines] == [False, True]
    assert at_work.to_pay == "€ 1.19"
    at_work.key(Qt.Key.Key_Delete)
    at_work.until(lambda: at_work.selling.sale is None)


def test_esc_never_destroys_a_basket(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code).type("3*⏎").type("x")
    for _ in range(6):
        at_work.key(Qt.Key.Key_Escape)
        at_work.settle()
    assert at_work.names() == [MILK.name]
    assert at_work.selling.multiplier_milli is None


def test_more_than_ninety_nine_is_asked_once(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code).type("*150⏎")
    assert at_work.quantities() == [1000]
    assert "150" in at_work.notice
    at_work.type("⏎")
    assert at_work.quantities() == [150_000]


def test_a_bar_code_is_never_a_quantity(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.type(f"*{CHICKEN.code}⏎")
    assert at_work.quantities() == [1000]
    assert "bar code" in at_work.notice


# ── finding ──────────────────────────────────────────────────────────────────────────────────────


def test_letters_search_and_enter_takes_the_chosen_result(at_work: Cashier) -> None:
    at_work.type("coff")
    at_work.until(lambda: at_work.shown("search_title").startswith("“coff”"))
    at_work.type("⏎")
    at_work.until(lambda: at_work.names() == [COFFEE.name])


def test_a_scan_while_searching_is_added_and_not_typed(at_work: Cashier) -> None:
    at_work.type("wat")
    at_work.wedge_scan(MILK.code)
    assert at_work.names() == [MILK.name]


def test_find_brings_letters_to_tap(at_work: Cashier) -> None:
    at_work.key(Qt.Key.Key_F2)
    for letter in "milk":
        at_work.press(f"search_keyboard_{letter}")
    at_work.until(lambda: at_work.shown("search_title").startswith("“milk”"))
    at_work.type("⏎")
    at_work.until(lambda: at_work.names() == [MILK.name])


def test_the_quantity_panel_sets_the_selected_line_and_a_scan_goes_past_it(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.key(Qt.Key.Key_F4)
    at_work.wedge_scan(CHICKEN.code)
    assert at_work.names() == [MILK.name, CHICKEN.name]
    assert at_work.quantities() == [1000, 1000]
    at_work.press("quantity_pad_4").press("quantity_set")
    assert at_work.quantities() == [1000, 4000]


# ── paying ───────────────────────────────────────────────────────────────────────────────────────


def test_exact_cash_takes_one_key_and_the_change_stays_until_the_next_scan(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.key(Qt.Key.Key_F12)
    at_work.until(lambda: paid(at_work))
    at_work.until(lambda: at_work.shown("change") == "€ 0.00")
    at_work.wedge_scan(CHICKEN.code)
    assert at_work.names() == [CHICKEN.name]
    at_work.until(lambda: sales(at_work) == [("S0319-T1-A-000001", 119)])


def test_cash_given_and_change_on_the_pay_screen(at_work: Cashier) -> None:
    at_work.wedge_scan(CHICKEN.code)
    at_work.key(Qt.Key.Key_F9)
    assert at_work.screen == "pay"
    at_work.type("20")
    assert at_work.shown("change_due") == "€ 13.51"
    at_work.type("⏎")
    at_work.until(lambda: at_work.screen == "sell" and paid(at_work))
    assert at_work.shown("change") == "€ 13.51"


def test_a_double_press_finishes_the_sale_once(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.key(Qt.Key.Key_F9)
    at_work.press("finish_sale").key(Qt.Key.Key_Return, "\r")
    at_work.key(Qt.Key.Key_F12)
    at_work.until(lambda: paid(at_work))
    at_work.key(Qt.Key.Key_F12)
    at_work.key(Qt.Key.Key_F9)
    at_work.till.writer.flush()
    assert len(sales(at_work)) == 1


def test_a_scan_while_the_sale_is_written_begins_the_next_one(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.key(Qt.Key.Key_F12)
    assert at_work.selling.paying
    at_work.wedge_scan(CHICKEN.code)
    at_work.until(lambda: at_work.names() == [CHICKEN.name])
    assert sales(at_work) == [("S0319-T1-A-000001", 119)]


def test_a_scan_on_the_pay_screen_is_added_and_not_typed_into_the_amount(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.key(Qt.Key.Key_F9)
    at_work.type("5").wedge_scan(CHICKEN.code)
    assert at_work.screen == "pay"
    assert at_work.names() == [MILK.name, CHICKEN.name]
    assert at_work.shown("still_to_pay") == "€ 7.68"
    assert at_work.shown("cash_given") == "€ 5.00"
    at_work.type("⏎")
    assert "less than" in at_work.notice or at_work.selling.sale is not None
    assert sales(at_work) == []


def test_an_unknown_scan_on_the_pay_screen_leads_back_to_the_lines(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.key(Qt.Key.Key_F9)
    at_work.wedge_scan(UNKNOWN)
    assert at_work.screen == "sell"
    assert [line.pending for line in at_work.lines] == [False, True]


def test_a_typed_bar_code_is_never_an_amount(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.key(Qt.Key.Key_F9)
    at_work.type(f"{CHICKEN.code}⏎")
    assert "bar code" in at_work.notice
    at_work.key(Qt.Key.Key_Escape)  # the notice
    at_work.key(Qt.Key.Key_Escape)  # back to the lines
    at_work.type(CHICKEN.code)
    at_work.key(Qt.Key.Key_F12)
    assert "bar code" in at_work.notice
    assert sales(at_work) == []


def test_too_little_cash_is_refused_with_the_sale_as_it_was(at_work: Cashier) -> None:
    at_work.wedge_scan(CHICKEN.code).type("5")
    at_work.key(Qt.Key.Key_F12)
    assert at_work.names() == [CHICKEN.name]
    assert "less than" in at_work.notice


def test_no_receipt_prints_nothing(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.key(Qt.Key.Key_F9)
    at_work.press("receipt_none").press("finish_sale")
    at_work.until(lambda: paid(at_work))
    home = at_work.shop.home
    conn = open_ro(home.till_db, home.keys.file_key("till.db"))
    assert sum(counts(conn).values()) == 0
    conn.close()


# ── lists under a finger ─────────────────────────────────────────────────────────────────────────


def test_a_tap_on_a_line_selects_it(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code).wedge_scan(CHICKEN.code).wedge_scan(WATER.code)
    rows = at_work.workplace.shell.findChild(QListView, "sale_lines")
    assert isinstance(rows, QListView)
    first = rows.visualRect(rows.model().index(0, 0)).center()
    at_work.qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=first)
    at_work.until(lambda: at_work.selling.selected == at_work.lines[0].line_id)


def test_the_newest_line_is_in_sight_when_the_list_is_full(at_work: Cashier) -> None:
    for _ in range(12):
        at_work.wedge_scan(MILK.code)
    rows = at_work.workplace.shell.findChild(QListView, "sale_lines")
    assert isinstance(rows, QListView)
    assert rows.viewport().rect().contains(rows.visualRect(rows.model().index(11, 0)))


def test_a_notice_goes_away_once_its_cause_is_dealt_with(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code).wedge_scan(UNKNOWN)
    assert "Unknown code" in at_work.notice
    at_work.key(Qt.Key.Key_Up)
    at_work.key(Qt.Key.Key_Delete)
    assert at_work.notice == ""
