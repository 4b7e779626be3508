"""Chips at the window: ages, serials, lots and fields of items; deposits that come and go with their goods."""

import msgspec
from PySide6.QtCore import Qt

from pos_app.ui.screens.sell.ask_panel import AskPanel
from retail_core.domain.asks import ItemRules
from retail_core.domain.ids import Sku
from retail_core.domain.saleline import LineSort
from retail_core.durable.engine import open_ro
from retail_core.durable.reference import ItemMore
from tests.support.shop import ITEMS, Shop, gtin13
from tests.ui.conftest import Cashier

MILK = ITEMS[0]
GTIN14 = "0" + gtin13(1004)


def asking(shop: Shop, sku: str, rules: ItemRules, sort: LineSort = LineSort.GOODS) -> None:
    """HQ says more of an item."""
    shop.more(sku, ItemMore(rules, sort))


def bodies(shop: Shop, kind: str) -> list[bytes]:
    """What the journal holds of a kind."""
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    found = [bytes(body) for (body,) in conn.execute("SELECT body FROM event WHERE type = ? ORDER BY seq", (kind,))]
    conn.close()
    return found


def panel(cashier: Cashier) -> bool:
    return any(one.isVisible() for one in cashier.workplace.shell.findChildren(AskPanel))


def test_goods_for_adults_are_scanned_like_others_and_asked_about_once_before_paying(at_work: Cashier) -> None:
    asking(at_work.shop, "1004", ItemRules(min_age=18))
    cashier = at_work.wedge_scan(gtin13(1004)).wedge_scan(MILK.code).wedge_scan(gtin13(1004))
    assert len(cashier.lines) == 3
    cashier.key(Qt.Key.Key_F12)
    assert panel(cashier)
    assert cashier.selling.sale is not None
    cashier.wedge_scan(MILK.code)
    assert len(cashier.lines) == 4
    cashier.type("28112020⏎")
    assert cashier.notice == "Not 18 yet. Take the goods off, or ask for another document."
    cashier.type("31021999⏎")
    assert cashier.notice.endswith("is no date of birth. Type it like 27.11.2008.")
    cashier.type("24.12.1999⏎")
    assert not panel(cashier)
    cashier.key(Qt.Key.Key_F12)
    cashier.until(lambda: cashier.selling.last_paid)
    noted = bodies(cashier.shop, "audit.age_checked")
    assert [msgspec.json.decode(body)["reason"] for body in noted] == ["birth_date"]
    assert not any(b"1999" in body for body in noted)


def test_looks_of_age_is_one_key_and_not_of_age_takes_the_goods_off(at_work: Cashier) -> None:
    asking(at_work.shop, "1004", ItemRules(min_age=18))
    cashier = at_work.wedge_scan(gtin13(1004))
    cashier.control(Qt.Key.Key_E)
    cashier.control(Qt.Key.Key_O)
    assert cashier.selling.sale is not None
    assert cashier.selling.sale.questions == 0
    cashier.selling.void_line(cashier.lines[0].line_id)
    cashier.wedge_scan(MILK.code).wedge_scan(gtin13(1004))
    cashier.control(Qt.Key.Key_E)
    cashier.press("ask_no")
    assert [(line.name, line.voided) for line in cashier.lines] == [(MILK.name, False), ("Filter coffee 500 g", True)]


def test_a_serial_is_scanned_or_typed_and_a_gs1_code_brings_its_own(at_work: Cashier) -> None:
    asking(at_work.shop, "1004", ItemRules(required=("serial", "Registration")))
    cashier = at_work.serial_scan(f"]d201{GTIN14}21SN-7")
    assert cashier.lines[0].unfilled == ("Registration",)
    cashier.wedge_scan(gtin13(1004))
    assert cashier.lines[1].unfilled == ("serial", "Registration")
    cashier.control(Qt.Key.Key_E)
    cashier.serial_scan("SN-8")
    assert cashier.lines[1].serial == "SN-8"
    cashier.type("R-1⏎").type("R-2⏎")
    assert sorted(line.filled for line in cashier.lines) == [(("Registration", "R-1"),), (("Registration", "R-2"),)]
    assert not panel(cashier)
    cashier.key(Qt.Key.Key_F12)
    cashier.until(lambda: cashier.selling.last_paid)
    sold = msgspec.json.decode(bodies(cashier.shop, "sale.completed")[0])["lines"]
    assert [(line["serial"], line["fields"]) for line in sold] == [
        ("SN-7", [["Registration", "R-2"]]), ("SN-8", [["Registration", "R-1"]]),
    ]  # fmt: skip


def test_goods_scanned_while_a_question_stands_there_are_sold_and_answer_nothing(at_work: Cashier) -> None:
    asking(at_work.shop, "1004", ItemRules(required=("serial",)))
    cashier = at_work.wedge_scan(gtin13(1004))
    cashier.control(Qt.Key.Key_E)
    cashier.wedge_scan(MILK.code).wedge_scan("9780201379624")
    assert [line.name for line in cashier.lines] == ["Filter coffee 500 g", MILK.name, ""]
    assert cashier.lines[0].serial is None
    assert panel(cashier)
    cashier.key(Qt.Key.Key_Escape)
    assert not panel(cashier)


def test_the_square_code_of_the_same_item_answers_and_counts_nothing_twice(at_work: Cashier) -> None:
    asking(at_work.shop, "1004", ItemRules(required=("lot",)))
    cashier = at_work.wedge_scan(gtin13(1004))
    cashier.control(Qt.Key.Key_E)
    cashier.serial_scan(f"]d201{GTIN14}10L7")
    assert [line.lot for line in cashier.lines] == ["L7"]


def test_three_with_one_serial_are_refused_in_words(at_work: Cashier) -> None:
    asking(at_work.shop, "1004", ItemRules(required=("serial",)))
    cashier = at_work.type("3*").type("⏎").wedge_scan(gtin13(1004))
    assert cashier.lines == ()
    assert cashier.notice.startswith("Each Filter coffee 500 g has a serial number of its own.")


def test_a_deposit_comes_follows_and_goes_with_its_goods_under_its_own_tax(at_work: Cashier) -> None:
    asking(at_work.shop, "1003", ItemRules(deposit=Sku("2002")))
    asking(at_work.shop, "2002", ItemRules(), LineSort.DEPOSIT)
    cashier = at_work.wedge_scan(gtin13(1003))
    assert [(line.name, line.qty_milli) for line in cashier.lines] == [
        ("Sparkling water 1.5 L", 1000), ("Candle, cedar", 1000),
    ]  # fmt: skip
    cashier.type("*3⏎")
    assert cashier.quantities() == [3000, 3000]
    assert cashier.to_pay == "€ 40.17"
    assert cashier.selling.sale is not None
    taxed = {part.tax_class: part.taxable_minor for part in cashier.selling.sale.totals.taxes}
    assert taxed == {"food": 267, "general": 3750}
    cashier.key(Qt.Key.Key_Down)
    cashier.key(Qt.Key.Key_Delete)
    assert cashier.notice == "The deposit goes with its goods. Change those, and it follows."
    cashier.wedge_scan(MILK.code)
    cashier.selling.void_line(cashier.lines[0].line_id)
    assert [line.voided for line in cashier.lines] == [True, True, False]


def test_empties_are_paid_out_and_move_no_stock(at_work: Cashier) -> None:
    asking(at_work.shop, "2002", ItemRules(), LineSort.DEPOSIT_BACK)
    cashier = at_work.wedge_scan(MILK.code).wedge_scan(gtin13(2001)).type("2*").type("⏎").wedge_scan(gtin13(2002))
    assert cashier.to_pay == "€ 16.09"
    cashier.key(Qt.Key.Key_F12)
    cashier.until(lambda: cashier.selling.last_paid)
    sold = msgspec.json.decode(bodies(cashier.shop, "sale.completed")[0])["lines"]
    assert [(line["amount_minor"], line.get("sort", "goods")) for line in sold] == [
        (119, "goods"), (3990, "goods"), (-2500, "deposit_back"),
    ]  # fmt: skip
