"""Goods come back at the window: the receipt scanned anywhere, the goods ticked, a reason, and the money or other goods."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QListView, QWidget

from pos_app.storage import sales
from retail_core.durable.engine import open_ro
from retail_core.durable.segments import History
from tests.support.shop import ITEMS, MANAGER_PIN, make_shop
from tests.ui.conftest import Cashier

MILK, CHICKEN, WATER, THROW = ITEMS[0], ITEMS[1], ITEMS[2], ITEMS[6]


def sold(at: Cashier, *codes: str) -> str:
    """A paid sale; its receipt's number."""
    for code in codes:
        at.wedge_scan(code)
    at.key(Qt.Key.Key_F12)
    at.until(lambda: at.selling.last_paid is not None and at.selling.sale is None)
    assert at.selling.last_paid is not None
    return at.selling.last_paid.receipt_no


def code_of(at: Cashier, receipt: str) -> str:
    """What the code on the paper says."""
    home = at.shop.home
    conn = open_ro(home.till_db, home.keys.file_key("till.db"))
    found = sales.fact_of(History(conn, home.till_db, home.keys.file_key("till.db")), receipt)
    conn.close()
    assert found is not None
    return at.till.receipt_codes.code_of(*found)


def rows(at: Cashier) -> list[str]:
    shown = at.workplace.returns.widget.findChild(QListView, "return_lines")
    assert isinstance(shown, QListView)
    model = shown.model()
    return [str(model.index(n, 0).data()) for n in range(model.rowCount())]


def money(at: Cashier) -> str:
    shown = at.workplace.returns.widget.findChild(QLabel, "to_give_back")
    assert isinstance(shown, QLabel)
    return shown.text()


def opened(at: Cashier) -> None:
    at.until(lambda: at.screen == "returns" and at.till.returning.draft is not None)


def test_the_way_of_a_return_by_keys_and_scans(at_work: Cashier) -> None:
    receipt = sold(at_work, WATER.code, WATER.code, WATER.code, MILK.code)
    at_work.wedge_scan(code_of(at_work, receipt))  # on the sell screen: nothing else need be pressed
    opened(at_work)
    assert at_work.shown("return_title").endswith(receipt)
    assert [row.split(", ")[1] for row in rows(at_work)] == ["1 of 1 left"] * 4
    at_work.wedge_scan(WATER.code)
    assert money(at_work) == "€ 0.89"
    at_work.key(Qt.Key.Key_F6)
    assert at_work.till.returning.draft is not None
    assert at_work.till.returning.draft.reason == "faulty"
    assert at_work.till.returning.draft.condition == "damaged"
    at_work.key(Qt.Key.Key_F9)
    assert at_work.screen == "sell"
    assert at_work.to_pay == "€ −0.89"
    at_work.wedge_scan(MILK.code)  # an exchange: the difference is paid
    assert at_work.to_pay == "€ 0.30"
    at_work.key(Qt.Key.Key_F12)
    at_work.until(lambda: at_work.selling.sale is None)
    at_work.wedge_scan(code_of(at_work, receipt))
    opened(at_work)
    assert [row.split(", ")[1] for row in rows(at_work)] == ["nothing left of 1"] + ["1 of 1 left"] * 3


def test_the_number_is_typed_and_the_money_goes_back_in_cash(at_work: Cashier) -> None:
    receipt = sold(at_work, THROW.code)
    at_work.key(Qt.Key.Key_F7)
    assert at_work.screen == "returns"
    at_work.type(f"{receipt.lower()}⏎")
    opened(at_work)
    at_work.key(Qt.Key.Key_Return, "\r")  # Enter alone: one more of the chosen line
    at_work.settle()
    assert money(at_work) == "€ 39.90"
    at_work.key(Qt.Key.Key_Return, "\r")
    at_work.settle()
    assert "Nothing more" in at_work.notice
    at_work.press("take_back")
    # more than the store's rules allow a cashier alone is asked of a second person, beside the screen
    assert at_work.screen == "sell"
    at_work.key(Qt.Key.Key_F9)
    assert at_work.screen == "pay"
    assert at_work.shown("to_pay_word") == "To give back"
    at_work.key(Qt.Key.Key_Return, "\r")
    at_work.until(lambda: at_work.selling.sale is None)
    assert at_work.selling.last_paid is not None
    assert at_work.selling.last_paid.total_minor == -3990
    assert (at_work.shown("change_head"), at_work.shown("change")) == ("Given back", "€ 39.90")


def test_goods_without_a_receipt_above_the_limit_wait_for_a_second_person(at_work: Cashier) -> None:
    at_work.key(Qt.Key.Key_F7)
    at_work.wedge_scan(THROW.code)
    assert "Scan the receipt first" in at_work.notice
    at_work.key(Qt.Key.Key_F4)
    at_work.wedge_scan(THROW.code)
    assert money(at_work) == "€ 39.90"
    at_work.key(Qt.Key.Key_F9)
    assert at_work.screen == "returns"
    assert at_work.workplace.approving.asks
    at_work.type(f"{MANAGER_PIN}⏎")
    at_work.until(lambda: at_work.screen == "sell")
    assert at_work.to_pay == "€ −39.90"


@pytest.mark.parametrize(
    ("label", "says"),
    [
        ("OTR:S0319-T1-A-000099:12345678", "wrote no receipt"),
        ("OTR:S0324-T9-C-000001:12345678", "Neither this store nor head office knows"),
        ("OTR:AAAAAAAAAAAAAAAA", "is damaged"),
    ],
)
def test_a_bad_receipt_is_told_in_a_plain_sentence_and_nothing_is_lost(at_work: Cashier, label: str, says: str) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.wedge_scan(label)
    at_work.until(lambda: says in at_work.notice)
    assert at_work.screen == "returns"
    at_work.key(Qt.Key.Key_Escape)
    assert (at_work.screen, at_work.names()) == ("sell", [MILK.name])


def test_another_retailers_receipt_is_not_taken(at_work: Cashier, tmp_path: Path) -> None:
    receipt = sold(at_work, MILK.code)
    text = code_of(at_work, receipt)
    stranger = make_shop(tmp_path / "stranger")
    at_work.till.returning._hq_public_text = stranger.hq_key.public_text  # pyright: ignore[reportPrivateUsage] - another retailer's till
    at_work.wedge_scan(text)
    at_work.until(lambda: "another shop's receipt" in at_work.notice)


def test_a_line_is_chosen_and_ticked_by_taps_and_everything_with_one_key(at_work: Cashier) -> None:
    sold(at_work, MILK.code, CHICKEN.code)
    at_work.key(Qt.Key.Key_F7)
    at_work.type("1⏎")
    opened(at_work)
    at_work.workplace.returns.tap(2)
    at_work.workplace.returns.tap(2)
    assert money(at_work) == "€ 6.49"
    at_work.key(Qt.Key.Key_F2)
    assert money(at_work) == "€ 7.68"
    at_work.key(Qt.Key.Key_Minus, "-")
    at_work.settle()
    assert money(at_work) == "€ 1.19"
    at_work.press("reason_wrong_item").press("goods_damaged")
    draft = at_work.till.returning.draft
    assert draft is not None
    assert (draft.reason, draft.condition) == ("wrong_item", "damaged")
    at_work.key(Qt.Key.Key_Escape)
    assert at_work.till.returning.draft is None
    at_work.key(Qt.Key.Key_Escape)
    assert at_work.screen == "sell"


def test_every_control_has_a_name_for_a_screen_reader(at_work: Cashier) -> None:
    sold(at_work, MILK.code)
    at_work.key(Qt.Key.Key_F7)
    at_work.type("1⏎")
    opened(at_work)
    nameless = [
        widget.objectName()
        for widget in at_work.workplace.returns.widget.findChildren(QWidget)
        if widget.focusPolicy() is not Qt.FocusPolicy.NoFocus and not widget.accessibleName()
    ]
    assert nameless == []
