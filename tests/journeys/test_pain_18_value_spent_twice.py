"""Pain 18: a gift card or points are spent twice, or not taken off. The half that one till can promise.

Sources: Odoo issue 79235 (redeemed without end), pull request 270532; POS Awesome issue 3059; OCA pos 185 (points doubled by a
retry); MicrosoftDocs 1502 (rules that differ offline); ERPNext 14885. Here a card is a ledger of moves with ids of their own,
written with the sale or not at all, and away from head office no more goes than it granted.
"""

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from tests.support.shop import ITEMS, Shop
from tests.till.test_tendering import CODE, GIFT, bring, heard_from_hq, moves
from tests.ui.conftest import Cashier, window_of
from tests.ui.test_second_basket import sold

MILK, CHICKEN = ITEMS[0], ITEMS[1]  # 1.19 and 6.49


@pytest.fixture
def at(at_work: Cashier) -> Cashier:
    """Fifty are on the card; head office grants five when it is not heard of."""
    bring(at_work.shop, GIFT)
    return at_work


def to_pay_by_card_of_the_shop(at: Cashier, code: str = CHICKEN.code) -> None:
    at.wedge_scan(code)
    at.key(Qt.Key.Key_F9)
    at.wedge_scan(CODE)
    at.until(lambda: "••4821" in said(at, "card_title"))


def said(at: Cashier, name: str) -> str:
    found = at.workplace.pay.widget.findChild(QLabel, name)
    assert isinstance(found, QLabel)
    return found.text() if found.isVisible() else ""


def enter(at: Cashier) -> None:
    at.key(Qt.Key.Key_Return, "\r")


def paid(at: Cashier) -> bool:
    return at.selling.last_paid is not None and at.selling.sale is None


def test_a_card_pressed_five_times_pays_once(at: Cashier) -> None:
    heard_from_hq(at.shop)
    to_pay_by_card_of_the_shop(at)
    for _ in range(5):
        enter(at)
    at.until(lambda: paid(at))
    at.till.writer.flush()
    assert moves(at.shop) == [("redeemed", 649)]
    assert sold(at.shop) == [("gift_card", 649)]


def test_the_same_card_cannot_be_on_a_sale_twice(at: Cashier) -> None:
    heard_from_hq(at.shop)
    to_pay_by_card_of_the_shop(at)
    at.type("3")
    enter(at)
    at.until(lambda: said(at, "still_to_pay") == "€ 3.49")
    at.wedge_scan(CODE)
    at.until(lambda: "••4821" in said(at, "card_title"))
    enter(at)
    at.until(lambda: "on this sale already" in at.notice)
    at.key(Qt.Key.Key_F12)
    at.until(lambda: paid(at))
    assert moves(at.shop) == [("redeemed", 300)]


def test_away_from_head_office_no_more_goes_than_it_granted_however_many_sales_it_takes(at: Cashier) -> None:
    for _ in range(4):
        to_pay_by_card_of_the_shop(at, MILK.code)
        assert "head office was last heard of" in said(at, "card_text")
        enter(at)
        at.until(lambda: paid(at))
    to_pay_by_card_of_the_shop(at, MILK.code)
    at.type("1.19")
    enter(at)
    at.until(lambda: "€ 0.24 may be taken" in at.notice)
    at.key(Qt.Key.Key_F12)
    at.until(lambda: len(sold(at.shop)) == 5)
    assert moves(at.shop) == [("redeemed", 119)] * 4
    assert sold(at.shop)[-1] == ("cash", 119)


def test_what_a_sale_promised_is_neither_lost_nor_taken_twice_by_a_restart(
    qtbot: QtBot, dressed: QApplication, shop: Shop
) -> None:
    bring(shop, GIFT)
    heard_from_hq(shop)
    with window_of(qtbot, shop) as at:
        at.sign_in()
        to_pay_by_card_of_the_shop(at)
        at.type("3")
        enter(at)
        at.until(lambda: said(at, "still_to_pay") == "€ 3.49")
        at.till.writer.flush()
        assert moves(shop) == []  # nothing moves before the sale does
    with window_of(qtbot, shop) as at:
        at.sign_in()
        assert at.names() == [CHICKEN.name]
        at.key(Qt.Key.Key_F12)
        at.until(lambda: paid(at))
    assert moves(shop) == [("redeemed", 300)]
    assert sorted(sold(shop)) == [("cash", 349), ("gift_card", 300)]


def test_a_card_spent_elsewhere_meanwhile_is_found_out_when_the_sale_is_written(at: Cashier) -> None:
    """Another till took it all between the look and the finish: this sale stays open and says so."""
    heard_from_hq(at.shop)
    to_pay_by_card_of_the_shop(at)
    bring(at.shop, msgspec.structs.replace(GIFT, balance=100))
    enter(at)
    at.until(lambda: "Only € 1.00 is left" in at.notice)
    assert moves(at.shop) == []
    assert at.names() == [CHICKEN.name]
    at.key(Qt.Key.Key_Delete)
    at.key(Qt.Key.Key_F12)
    at.until(lambda: paid(at))
    assert sold(at.shop) == [("cash", 649)]
