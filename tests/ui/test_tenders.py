"""Every way to pay at the window: by keys, by scan and by touch, and what the screen says of each."""

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from retail_core.domain.returns import ReturnOf, ReturnReason
from retail_core.domain.tender import ForeignRate, TenderRules
from retail_core.domain.value import InstrumentState
from tests.support.shop import ITEMS
from tests.till.test_tendering import CODE, GIFT, bring, heard_from_hq, moves, rule, sold
from tests.ui.conftest import Cashier

MILK, CHICKEN = ITEMS[0], ITEMS[1]  # 1.19 and 6.49


@pytest.fixture
def at(at_work: Cashier) -> Cashier:
    """Chicken is on the sale and the pay screen in front; the shop's cards have come and HQ is heard."""
    bring(at_work.shop, GIFT)
    heard_from_hq(at_work.shop)
    return at_work


def to_pay(at: Cashier) -> Cashier:
    at.wedge_scan(CHICKEN.code)
    at.key(Qt.Key.Key_F9)
    assert at.screen == "pay"
    return at


def said(at: Cashier, name: str) -> str:
    found = at.workplace.pay.widget.findChild(QLabel, name)
    assert isinstance(found, QLabel), name
    return found.text() if found.isVisible() else ""


def paid(at: Cashier) -> bool:
    return at.selling.last_paid is not None and at.selling.sale is None


def enter(at: Cashier) -> None:
    at.key(Qt.Key.Key_Return, "\r")


def test_a_gift_card_scanned_on_the_pay_screen_pays_with_enter(at: Cashier) -> None:
    to_pay(at).wedge_scan(CODE)
    at.until(lambda: "••4821" in said(at, "card_title"))
    assert said(at, "card_text") == "€ 50.00 may be taken. Head office said so just now."
    assert said(at, "cash_given") == "€ 6.49"
    enter(at)
    at.until(lambda: paid(at))
    assert moves(at.shop) == [("redeemed", 649)]


def test_a_number_is_typed_after_g_and_a_part_is_taken_then_cash(at: Cashier) -> None:
    to_pay(at).type("g")
    assert said(at, "card_text") == "Scan it, or type its number and press Enter."
    at.type("7qk2m9xd4821⏎")
    at.until(lambda: "••4821" in said(at, "card_title"))
    at.type("3.00⏎")
    at.until(lambda: said(at, "still_to_pay") == "€ 3.49")
    rows = [label.text() for label in at.workplace.pay.widget.findChildren(QLabel)]
    assert "Gift card ••4821 · 47.00 left" in [text.replace("\u2066", "").replace("\u2069", "") for text in rows]
    at.key(Qt.Key.Key_F12)
    at.until(lambda: paid(at))
    assert [tender.amount_minor for tender in sold(at.shop).tenders] == [300, 349]


def test_scanning_goes_on_while_a_number_is_asked_for(at: Cashier) -> None:
    to_pay(at).type("g")
    at.wedge_scan(MILK.code)
    assert at.quantities() == [1000, 1000]
    assert said(at, "still_to_pay") == "€ 7.68"


def test_a_card_that_cannot_pay_says_why_and_another_can_be_tried(at: Cashier) -> None:
    bring(at.shop, msgspec.structs.replace(GIFT, state=InstrumentState.LOCKED))
    to_pay(at).wedge_scan(CODE)
    at.until(lambda: "locked" in at.notice)
    at.type("g")
    at.type("00000000⏎")
    at.until(lambda: "Nobody knows this card" in at.notice)
    assert at.selling.sale is not None
    assert not at.selling.sale.tenders


def test_without_head_office_the_bound_and_the_age_are_shown(at_work: Cashier) -> None:
    bring(at_work.shop, msgspec.structs.replace(GIFT, as_of_ms=GIFT.as_of_ms - 7_200_000))
    to_pay(at_work).wedge_scan(CODE)
    at_work.until(lambda: "••4821" in said(at_work, "card_title"))
    text = "€ 5.00 of € 50.00 may be taken: head office was last heard of 2 hours ago."
    assert said(at_work, "card_text") == text
    assert (said(at_work, "cash_given"), said(at_work, "change_due")) == ("€ 5.00", "€ 1.49")


def test_cash_in_part_is_undone_and_dollars_finish_it_with_change_in_euros(at: Cashier) -> None:
    rule(at.shop, TenderRules(foreign=(ForeignRate("USD", 920_000),)))
    to_pay(at).type("c5⏎")
    at.until(lambda: said(at, "still_to_pay") == "€ 1.49")
    at.key(Qt.Key.Key_Delete)
    assert said(at, "still_to_pay") == "€ 6.49"
    at.type("x20")
    assert (said(at, "cash_given"), said(at, "change_due")) == ("$ 20.00 = € 18.40", "€ 11.91")
    enter(at)
    at.until(lambda: paid(at))
    assert at.selling.last_paid is not None
    assert at.selling.last_paid.change_minor == 1191


def test_change_goes_onto_a_voucher_with_one_key(at: Cashier) -> None:
    to_pay(at).type("c10")
    at.key(Qt.Key.Key_F8)
    at.until(lambda: paid(at))
    assert moves(at.shop) == [("issued", 351)]


def test_the_smallest_coin_rounds_what_is_due_in_cash_alone(at: Cashier) -> None:
    rule(at.shop, coin_minor=5)
    to_pay(at)
    assert said(at, "still_to_pay") == "€ 6.50"
    at.type("g")
    assert said(at, "still_to_pay") == "€ 6.49"
    at.key(Qt.Key.Key_F12)
    at.until(lambda: paid(at))
    assert sold(at.shop).rounding_minor == 1


def test_what_goes_back_can_be_a_voucher(at: Cashier) -> None:
    at.wedge_scan(CHICKEN.code)
    sale = at.selling.sale
    assert sale is not None
    back = msgspec.structs.replace(sale.lines[0], back=ReturnOf(ReturnReason.FAULTY))
    sale.replace_line(back.line_id, back)
    at.key(Qt.Key.Key_F9)
    assert said(at, "to_pay_word") == "To give back"
    at.press("tender_store_credit")
    assert said(at, "card_title") == "A new voucher"
    enter(at)
    at.until(lambda: paid(at))
    assert moves(at.shop) == [("issued", 649)]


def test_a_new_card_scanned_while_selling_asks_for_its_amount_and_scanning_goes_on(at: Cashier) -> None:
    bring(at.shop, msgspec.structs.replace(GIFT, balance=0, state=InstrumentState.INACTIVE))
    at.wedge_scan(CODE)
    at.until(lambda: at.shown("ask_title") == "Sell a gift card")
    at.wedge_scan(MILK.code)
    at.type("25⏎")
    assert at.names() == [MILK.name, "Gift card ••4821"]
    assert at.to_pay == "€ 26.19"
    at.key(Qt.Key.Key_F12)
    at.until(lambda: paid(at))
    assert moves(at.shop) == [("issued", 2500)]


def test_a_card_nobody_knows_is_not_sold(at: Cashier) -> None:
    at.wedge_scan("OTG:UNKNOWN0001")
    at.until(lambda: "Nobody knows this card" in at.notice)
    assert at.names() == []
