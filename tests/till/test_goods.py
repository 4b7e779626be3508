"""What a label says of the unit in the hand, on the sale: weights, prices, serials, and tags beside bar codes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.devices.ports import WeightReading, WeightState
from pos_app.service.basket_tags import BasketTags
from pos_app.service.goods import GoodsCheck
from pos_app.service.outcome import OutcomeKind
from retail_core.domain.coderules import EmbeddedKind, RcnRule
from retail_core.domain.gtin import check_digit
from retail_core.domain.ids import Gtin, LineId, Sku
from retail_core.domain.quantity import ONE
from retail_core.domain.sale import SaleLine
from retail_core.domain.scanned import CodeKind, Scanned, TagUnit
from retail_core.domain.tax import TaxRate
from retail_core.durable.link import GoodsRules, GoodsRulesDoc
from tests.support.shop import ITEMS, AtTill, ShopItem, at_till, make_shop, row

MILK, CHICKEN = ITEMS[:2]
BANANAS = ITEMS[5]
GS = "\x1d"
RULES = GoodsRulesDoc(rcn=(RcnRule("21", 5, EmbeddedKind.PRICE, 2), RcnRule("28", 5, EmbeddedKind.WEIGHT, 3)))


@pytest.fixture
def at(tmp_path: Path) -> Iterator[AtTill]:
    shop = make_shop(tmp_path / "t1", items=(*ITEMS, ShopItem("12345", "Old cheese", 1890, unit="kg")))
    shop.put_rows(row("goods_rules", "store", RULES))
    with at_till(shop) as at:
        yield at.sign_in()


def ean(body: str) -> str:
    return body + check_digit(body)


def unit(item: ShopItem, n: int) -> TagUnit:
    return TagUnit(f"30{n:022x}", Gtin(item.code.zfill(14)), str(n))


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
        (ean("991234567890"), "scan.is_coupon"),
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
    assert at.till.selling.blocked_by() == ("sale.stopped_lines",)
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


# ── tags ─────────────────────────────────────────────────────────────────────────────────────────


def test_tags_and_bar_codes_of_the_same_units_are_counted_once(at: AtTill) -> None:
    at.scan(MILK.code)
    at.till.selling.read_tags([unit(MILK, 1), unit(MILK, 2), unit(CHICKEN, 3)])
    at.till.selling.read_tags([unit(MILK, 1)])
    assert sum(line.qty_milli for line in at.sale if line.sku == MILK.sku) == 2000
    assert sorted(line.epc for line in at.sale if line.epc) == [
        unit(MILK, 1).epc,
        unit(MILK, 2).epc,
        unit(CHICKEN, 3).epc,
    ]
    said = at.till.selling.scan(CHICKEN.code)
    assert said.code == "scan.already_by_tag"
    at.till.selling.change_selected(1)
    assert sum(line.qty_milli for line in at.sale) == 4000


def test_a_unit_taken_off_stays_off_while_its_tag_is_in_view(at: AtTill) -> None:
    at.till.selling.read_tags([unit(MILK, 1), unit(CHICKEN, 2)])
    at.till.selling.void_line(next(line.line_id for line in at.sale if line.sku == MILK.sku))
    at.till.selling.read_tags([unit(MILK, 1)])
    assert [line.sku for line in at.sale if line.counts] == [CHICKEN.sku]
    at.till.selling.tags_gone([unit(MILK, 1).epc])
    at.till.selling.read_tags([unit(MILK, 1)])
    assert sorted(line.sku for line in at.sale if line.counts) == sorted([CHICKEN.sku, MILK.sku])


@given(st.lists(st.one_of(st.just(None), st.integers(0, 5)), max_size=14), st.randoms(use_true_random=False))
def test_the_order_of_scans_and_tags_changes_nothing(reads: list[int | None], chance) -> None:
    def units(order: list[int | None]) -> int:
        tags, count, sku = BasketTags(), 0, Sku("s")
        for read in order:
            if read is None:
                count += tags.scan(sku, 1)
            elif not tags.known(str(read)):
                count += tags.read(str(read), sku)
        return count

    shuffled = reads[:]
    chance.shuffle(shuffled)
    scanned, tagged = reads.count(None), len({read for read in reads if read is not None})
    assert units(reads) == units(shuffled) == max(scanned, tagged)
