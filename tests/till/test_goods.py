"""What a label says of the unit in the hand, on the sale: weights, prices, dates, recalls."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.devices.ports import WeightReading, WeightState
from pos_app.service.goods import GoodsCheck, part, scaled
from pos_app.service.outcome import OutcomeKind
from retail_core.domain.coderules import EmbeddedKind, RcnRule
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.goods import Markdown, Recall
from retail_core.domain.gtin import check_digit
from retail_core.domain.ids import LineId, Sku
from retail_core.domain.money import div_half_up
from retail_core.domain.quantity import ONE, amount_minor
from retail_core.domain.saleline import SaleLine
from retail_core.domain.scanned import CodeKind, Scanned
from retail_core.domain.tax import TaxRate
from retail_core.durable.engine import open_ro, open_rw, transaction
from retail_core.durable.link import GoodsRules, GoodsRulesDoc, put_document
from tests.support.shop import ITEMS, AtTill, ManualClock, ShopItem, at_till, make_shop, row

MILK, CHICKEN = ITEMS[:2]
BANANAS = ITEMS[5]
GS = "\x1d"
RULES = GoodsRulesDoc(rcn=(RcnRule("21", 5, EmbeddedKind.PRICE, 2), RcnRule("28", 5, EmbeddedKind.WEIGHT, 3)))


@pytest.fixture
def at(tmp_path: Path) -> Iterator[AtTill]:
    shop = make_shop(tmp_path / "t1", items=(*ITEMS, ShopItem("12345", "Old cheese", 1890, unit="kg")))
    shop.put_rows(row("goods_rules", "store", RULES))
    with at_till(shop, ManualClock()) as at:
        yield at.sign_in()


def ean(body: str) -> str:
    return body + check_digit(body)


def amounts(at: AtTill) -> list[tuple[int, int]]:
    return [(line.qty_milli, line.amount_minor) for line in at.sale if line.counts]


def test_a_weight_inside_the_number_is_the_quantity(at: AtTill) -> None:
    at.scan(ean("281234500250"))
    assert amounts(at) == [(250, 473)]


def test_a_price_inside_the_number_is_what_the_line_costs_to_the_cent(at: AtTill) -> None:
    at.scan(ean("211234500333"))
    (line,) = at.sale
    assert (line.qty_milli, line.amount_minor) == (176, 333)
    assert sum(reason.amount_minor for reason in line.reasons) in {-1, 0, 1}


def test_weight_and_price_of_an_element_string(at: AtTill) -> None:
    at.scan(f"]e001{BANANAS.code.zfill(14)}3103001250")
    at.scan(f"]e001{MILK.code.zfill(14)}3012")
    assert amounts(at) == [(1250, 249), (12_000, 1428)]


class NoRules:
    """The feed of a store nobody set rules for."""

    def goods_rules(self, known: GoodsRules) -> GoodsRules:
        return known


class Fixed:
    """A feed that always says the same."""

    def __init__(self, rules: GoodsRules) -> None:
        self._rules = rules

    def goods_rules(self, known: GoodsRules) -> GoodsRules:
        return self._rules


@given(st.integers(1, 99_999), st.sampled_from(["kg", "each"]), st.integers(0, 20_000))
def test_every_price_on_a_label_is_charged_exactly(price_minor: int, unit_of: str, book_minor: int) -> None:
    goods = GoodsCheck(NoRules(), "EUR", lambda: "2026-11-27")  # type: ignore[arg-type]
    line = SaleLine(LineId("l"), Sku("s"), "Cheese", ONE, book_minor, TaxRate("t", "t", 0), unit=unit_of)
    told = goods.told(line, Scanned(CodeKind.GTIN, "x", price=(price_minor, 2)), ONE)
    assert told.amount_minor == price_minor


def test_one_serial_is_sold_once_and_plus_is_another_unit(at: AtTill) -> None:
    label = f"]d201{CHICKEN.code.zfill(14)}21S1"
    at.scan(label)
    again = at.till.selling.scan(label)
    assert (again.kind, again.code) == (OutcomeKind.REFUSED, "unit.already_on_sale")
    line = next(iter(at.sale))
    assert at.till.selling.set_quantity(line.line_id, 3000).code == "line.serial_is_one"
    at.till.selling.change_selected(1)
    assert [line.serial for line in at.sale] == ["S1", None]


def test_two_symbols_of_one_pack_are_one_unit_and_plus_undoes_it(at: AtTill) -> None:
    at.scan(CHICKEN.code)
    said = at.till.selling.scan(f"]d201{CHICKEN.code.zfill(14)}10L7", pairs_with_last=True)
    assert (said.kind, said.code) == (OutcomeKind.CHANGED, "scan.one_unit")
    assert [(line.qty_milli, line.lot) for line in at.sale] == [(1000, "L7")]
    at.till.selling.change_selected(1)
    assert [line.qty_milli for line in at.sale] == [2000]
    other = at.till.selling.scan(MILK.code, pairs_with_last=True)
    assert other.kind is OutcomeKind.ADDED


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("OTR:S0319-T1-A-000001", "scan.is_receipt"),
        ("OTB:op-1", "scan.is_badge"),
        ("OTS:A4", "scan.is_shelf"),
        ("OTG:77", "scan.is_gift_card"),
        (ean("991234567890"), "coupon.unknown"),
        ("006141411234567890", "scan.is_delivery"),
    ],
)
def test_what_is_no_goods_says_so(at: AtTill, label: str, code: str) -> None:
    assert at.till.selling.scan(label).code == code
    assert at.till.selling.enter(label).code == code
    assert at.till.selling.sale is None


# ── the scale ────────────────────────────────────────────────────────────────────────────────────


def test_loose_goods_take_the_weight_from_the_scale_or_ask_for_it(at: AtTill) -> None:
    on_scale = [WeightReading(WeightState.MOVING, 400, 0, 0)]
    at.till.selling.lines.weigh = lambda: on_scale[0]
    said = at.till.selling.scan(BANANAS.code)
    assert (said.kind, said.code) == (OutcomeKind.STOPPED, "weigh.first")
    assert at.till.paying.blocked_by() == ("sale.stopped_lines",)
    on_scale[0] = WeightReading(WeightState.STABLE, 532, 0, 0)
    at.scan(BANANAS.code)
    assert amounts(at) == [(532, 106)]
    at.till.selling.select(None)
    at.scan(BANANAS.code)
    assert amounts(at) == [(532, 106), (532, 106)]


def test_a_typed_weight_needs_no_scale(at: AtTill) -> None:
    at.till.selling.lines.weigh = lambda: WeightReading(WeightState.ZERO, 0, 0, 0)
    at.till.selling.enter("0,25*")
    at.scan(BANANAS.code)
    assert amounts(at) == [(250, 50)]
    at.till.selling.select(None)
    at.scan(BANANAS.code)
    at.till.selling.enter("*0.5")
    assert amounts(at) == [(250, 50), (500, 100)]


def test_a_broken_scale_stops_nothing(at: AtTill) -> None:
    at.till.selling.lines.weigh = lambda: WeightReading(WeightState.STALE, None, 0, 0)
    assert at.till.selling.scan(BANANAS.code).kind is OutcomeKind.ADDED


def recall(at: AtTill, item: ShopItem, number: str = "R-1", **marks: tuple[str, ...]) -> None:
    at.shop.put_rows(row("recall", number, Recall(number, Sku(item.sku), "Salmonella", **marks)))
    at.till.refresh()


def test_a_recall_that_comes_while_loose_goods_wait_for_their_weight_is_kept(at: AtTill) -> None:
    at.till.selling.lines.weigh = lambda: WeightReading(WeightState.ZERO, 0, 0, 0)
    at.scan(BANANAS.code)
    recall(at, BANANAS)
    (line,) = at.sale
    assert line.stopped == "unit.recalled"
    at.till.selling.set_quantity(line.line_id, 500)
    assert at.till.paying.blocked_by() == ("sale.stopped_lines",)
    assert next(iter(at.sale)).stopped == "unit.recalled"


def test_a_price_cut_stays_right_when_loose_goods_are_weighed(at: AtTill) -> None:
    at.shop.put_rows(row("goods_rules", "store", GoodsRulesDoc(markdowns=(Markdown("Soon", 30, 500_000),))))
    at.till.refresh()
    at.till.selling.lines.weigh = lambda: WeightReading(WeightState.STABLE, 300, 0, 0)
    at.scan(f"]d201{BANANAS.code.zfill(14)}17251201")
    assert amounts(at) == [(300, 60 - 30)]


# ── recalls ──────────────────────────────────────────────────────────────────────────────────────


def test_a_lot_typed_at_head_office_in_other_letters_is_the_same_lot(at: AtTill) -> None:
    recall(at, MILK, lots=(" l7a",))
    assert at.till.selling.scan(f"]d201{MILK.code.zfill(14)}10L7A").code == "unit.recalled"
    assert at.till.selling.scan(f"]d201{MILK.code.zfill(14)}10L7B").kind is OutcomeKind.ADDED


def test_every_recalled_lot_and_serial_is_asked_for_when_the_code_tells_none(at: AtTill) -> None:
    recall(at, MILK, "R-1", lots=("L1",))
    recall(at, MILK, "R-2", lots=("L2",))
    recall(at, CHICKEN, "R-3", serials=tuple(f"S{n}" for n in range(9)))
    said = at.till.selling.scan(MILK.code)
    assert (said.kind, said.code, said.facts["detail"]) == (OutcomeKind.ADDED, "unit.check_lot", "L1, L2")
    said = at.till.selling.scan(CHICKEN.code)
    assert (said.code, said.facts["detail"]) == ("unit.check_serial", "S0, S1, S2, S3, S4, S5 … +3")
    assert at.till.paying.blocked_by() == ()


def test_a_recalled_lot_is_said_before_a_best_before_date(at: AtTill) -> None:
    at.shop.put_rows(row("goods_rules", "store", {"after_best_before": "sell"}))
    recall(at, MILK, lots=("L1",))
    assert at.till.selling.scan(f"]d201{MILK.code.zfill(14)}15251101").code == "unit.check_lot"


def test_an_unknown_code_remembers_its_lot_until_it_has_a_name(at: AtTill) -> None:
    recall(at, MILK, lots=("L9",))
    at.scan("]d20109780201379624" + "10L9")
    at.till.selling.select(at.sale.lines[0].line_id)
    said = at.till.selling.add_item(MILK.sku)
    assert (said.kind, said.code) == (OutcomeKind.STOPPED, "unit.recalled")
    assert at.sale.lines[0].lot == "L9"


def test_a_quick_key_of_a_recalled_item_is_stopped_too(at: AtTill) -> None:
    recall(at, MILK)
    assert at.till.selling.add_item(MILK.sku).kind is OutcomeKind.STOPPED


def test_the_void_of_a_stopped_line_says_in_the_journal_why(at: AtTill) -> None:
    recall(at, MILK)
    at.scan(MILK.code)
    at.till.selling.void_line(at.sale.lines[0].line_id)
    at.till.writer.flush()
    home = at.shop.home
    conn = open_ro(home.till_db, home.keys.file_key("till.db"))
    ((body,),) = conn.execute("SELECT body FROM event WHERE type = 'audit.line_voided'").fetchall()
    conn.close()
    assert b"unit.recalled" in bytes(body)


def test_one_document_nobody_can_read_hides_no_recall(at: AtTill) -> None:
    home = at.shop.home
    conn = open_rw(home.link_db, home.keys.file_key("link.db"))
    with transaction(conn):
        put_document(conn, "recall", "A", b'{"number":5}')
    conn.close()
    recall(at, MILK, "R-2")
    assert at.till.selling.scan(MILK.code).code == "unit.recalled"


def test_what_expires_while_the_sale_is_open_is_not_paid(at: AtTill) -> None:
    at.scan(f"]d201{MILK.code.zfill(14)}17251124")
    assert isinstance(at.till.clock, ManualClock)
    at.till.clock.pass_ms(86_400_000)
    with pytest.raises(RuleViolationError, match=r"sale\.stopped_lines"):
        at.pay_cash(500)
    assert at.sale.lines[0].stopped == "unit.expired"


def test_a_basket_taken_up_after_a_restart_is_judged_anew(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t2")
    with at_till(shop) as first:
        first.sign_in().scan(MILK.code, CHICKEN.code)
        first.till.writer.flush()
    shop.put_rows(row("recall", "R-1", Recall("R-1", Sku(MILK.sku), "Salmonella")))
    with at_till(shop) as second:
        assert [line.stopped for line in second.sale] == ["unit.recalled", ""]


# ── packs and prices ─────────────────────────────────────────────────────────────────────────────


def test_a_pack_is_like_no_other(at: AtTill) -> None:
    at.till.selling.enter("3*")
    assert at.till.selling.scan(ean("211234500333")).code == "line.pack_by_pack"
    assert at.till.selling.sale is None
    at.scan(ean("211234500333"))
    at.till.selling.change_selected(1)
    assert amounts(at) == [(176, 333), (176, 333)]
    at.till.selling.change_selected(-1)
    assert amounts(at) == [(176, 333)]


def test_weight_and_price_on_one_label_are_both_believed(at: AtTill) -> None:
    at.scan(f"]e001{BANANAS.code.zfill(14)}31030012503922255")
    assert amounts(at) == [(1250, 255)]


@pytest.mark.parametrize(
    ("unit", "said"),
    [("kg", {"net_milli": 0}), ("kg", {"price": (0, 2)}), ("each", {"price": (0, 2)}), ("each", {"count": 0})],
)
def test_a_label_that_says_nothing_is_not_sold_for_nothing(unit: str, said: dict[str, Any]) -> None:
    goods = GoodsCheck(NoRules(), "EUR", lambda: "2026-11-27")  # type: ignore[arg-type]
    line = SaleLine(LineId("l"), Sku("s"), "Cheese", ONE, 199, TaxRate("t", "t", 0), unit=unit)
    with pytest.raises(RuleViolationError, match=r"scan\.says_nothing"):
        goods.told(line, Scanned(CodeKind.GTIN, "x", **said), ONE)


@given(st.integers(1, 9_999_999), st.integers(1, 99_999), st.integers(0, 20_000))
def test_price_and_weight_of_a_label_are_taken_as_they_are(price_minor: int, net_milli: int, book_minor: int) -> None:
    goods = GoodsCheck(NoRules(), "EUR", lambda: "2026-11-27")  # type: ignore[arg-type]
    line = SaleLine(LineId("l"), Sku("s"), "Cheese", ONE, book_minor, TaxRate("t", "t", 0), unit="kg")
    told = goods.told(line, Scanned(CodeKind.GTIN, "x", price=(price_minor, 2), net_milli=net_milli), ONE)
    assert (told.amount_minor, told.qty_milli) == (price_minor, net_milli)
    weighed = goods.told(line, Scanned(CodeKind.GTIN, "x", net_milli=net_milli), ONE)
    assert (weighed.amount_minor, weighed.reasons) == (amount_minor(book_minor, net_milli), ())


@pytest.mark.parametrize(
    ("currency", "price", "minor"),
    [("EUR", (12345, 2), 12345), ("JPY", (12345, 2), 123), ("KWD", (12345, 2), 123_450), ("EUR", (12345, 3), 1235), ("EUR", (7, 0), 700)],
)  # fmt: skip
def test_the_decimals_of_the_currency_and_of_the_label_are_both_kept(
    currency: str, price: tuple[int, int], minor: int
) -> None:
    assert GoodsCheck(NoRules(), currency, lambda: "2026-11-27").label_price_minor(price) == minor  # type: ignore[arg-type]


@given(st.integers(1, 20_000), st.integers(1, 1_000_000), st.integers(2, 40))
def test_a_price_cut_is_that_of_the_whole_quantity_and_parts_lose_no_cent(
    unit_minor: int, ppm: int, pieces: int
) -> None:
    rules = GoodsRules(rules=GoodsRulesDoc(markdowns=(Markdown("Soon", 9, ppm),)))
    goods = GoodsCheck(Fixed(rules), "EUR", lambda: "2026-11-27")  # type: ignore[arg-type]
    line = SaleLine(LineId("l"), Sku("s"), "Milk", ONE, unit_minor, TaxRate("t", "t", 0))
    one = goods.told(line, Scanned(CodeKind.GTIN, "x", expiry="2026-11-29"), ONE)
    many = scaled(one, pieces * ONE)
    assert many.amount_minor == unit_minor * pieces - div_half_up(unit_minor * pieces * ppm, 1_000_000)
    taken, rest = part(many, ONE)
    assert taken == one
    assert taken.amount_minor + rest.amount_minor == many.amount_minor


def test_a_price_in_the_currency_of_the_store_is_believed(at: AtTill) -> None:
    at.scan(f"]e001{MILK.code.zfill(14)}3932978099")
    at.scan(f"]e001{MILK.code.zfill(14)}3932840050")
    assert amounts(at) == [(ONE, 99), (ONE, MILK.price_minor)]
