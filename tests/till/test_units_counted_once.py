"""RFID tags, bar codes and second symbols of the same goods on one sale: each unit once, whatever came first."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos_app.service.outcome import OutcomeKind
from retail_core.domain.goods import Recall
from retail_core.domain.ids import Gtin, Sku
from retail_core.domain.quantity import ONE
from retail_core.domain.scanned import TagUnit
from tests.support.shop import ITEMS, AtTill, ManualClock, ShopItem, at_till, make_shop, row

MILK, CHICKEN, WATER = ITEMS[:3]
KEEPS_THE_TILL = [HealthCheck.function_scoped_fixture]


@pytest.fixture
def at(tmp_path: Path) -> Iterator[AtTill]:
    with at_till(make_shop(tmp_path / "t1"), ManualClock()) as at:
        yield at.sign_in()


def unit(item: ShopItem, n: int) -> TagUnit:
    return TagUnit(f"30{n:022x}", Gtin(item.code.zfill(14)), f"S{n}")


def datamatrix(item: ShopItem, *fields: str) -> str:
    return f"]d201{item.code.zfill(14)}" + "".join(fields)


def pieces(at: AtTill, item: ShopItem = MILK) -> int:
    return sum(line.units for line in at.till.selling.sale or () if line.sku == item.sku and not line.voided)


def epcs(at: AtTill) -> list[str]:
    return sorted(line.epc for line in at.till.selling.sale or () if line.epc and not line.voided)


@dataclass(frozen=True)
class Read:
    """One look at a unit of milk."""

    how: str  # "code" | "serial" | "tag"
    n: int = 0

    def at(self, at: AtTill) -> None:
        if self.how == "tag":
            at.till.selling.read_tags([unit(MILK, self.n)])
        else:
            at.scan(MILK.code if self.how == "code" else datamatrix(MILK, f"21S{self.n}"))


LOOKS = st.one_of(
    st.just(Read("code")), st.builds(Read, st.just("tag"), st.integers(1, 5)), st.builds(Read, st.just("serial"), st.integers(1, 5))
)  # fmt: skip


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


@settings(max_examples=120, deadline=None, suppress_health_check=KEEPS_THE_TILL)
@given(looks=st.lists(LOOKS, max_size=12))
def test_whatever_came_first_each_unit_is_there_once(at: AtTill, looks: list[Read]) -> None:
    selling = at.till.selling
    if selling.sale:
        selling._drop(selling.sale)
    selling.tags_gone(unit(MILK, n).epc for n in range(1, 6))
    for look in looks:
        look.at(at)
    codes = sum(look.how == "code" for look in looks)
    serials = {look.n for look in looks if look.how == "serial"}
    tags = {look.n for look in looks if look.how == "tag"}
    assert pieces(at) == len(serials | tags) + max(0, codes - len(tags - serials))
    assert epcs(at) == sorted(unit(MILK, n).epc for n in tags)
    lines = [line for line in selling.sale or () if not line.voided]
    assert all(line.qty_milli == ONE for line in lines if line.serial or line.epc)
    known = [line.serial for line in lines if line.serial]
    assert len(known) == len(set(known))
    if selling.sale:
        assert selling.sale.totals.due_minor == MILK.price_minor * pieces(at)


def test_three_pieces_of_one_scan_take_three_tags(at: AtTill) -> None:
    at.till.selling.enter("3*")
    at.scan(MILK.code)
    at.till.selling.read_tags([unit(MILK, n) for n in (1, 2, 3)])
    assert (pieces(at), len(epcs(at))) == (3, 3)
    at.till.selling.read_tags([unit(MILK, 4)])
    assert pieces(at) == 4


def test_a_void_of_a_scanned_and_tagged_unit_leaves_no_scan_behind(at: AtTill) -> None:
    at.scan(WATER.code, MILK.code)
    at.till.selling.read_tags([unit(MILK, 1)])
    at.till.selling.void_line(next(line.line_id for line in at.sale if line.sku == MILK.sku))
    at.till.selling.read_tags([unit(MILK, 1), unit(MILK, 2)])
    assert epcs(at) == [unit(MILK, 2).epc]


def test_goods_that_are_paid_and_still_in_view_are_not_on_the_next_sale(at: AtTill) -> None:
    at.till.selling.read_tags([unit(MILK, 1)])
    at.pay_cash(MILK.price_minor)
    assert at.till.selling.read_tags([unit(MILK, 1)]).kind is OutcomeKind.NOTHING
    assert at.till.selling.sale is None
    at.till.selling.read_tags([unit(MILK, 2)])
    assert epcs(at) == [unit(MILK, 2).epc]
    at.till.selling.take_all_tags()
    assert pieces(at) == 1
    at.till.selling.tags_gone([unit(MILK, 1).epc])
    at.till.selling.read_tags([unit(MILK, 1)])
    assert pieces(at) == 2


def test_what_was_taken_off_comes_again_when_the_cashier_asks(at: AtTill) -> None:
    at.till.selling.read_tags([unit(MILK, 1), unit(MILK, 2)])
    at.till.selling.void_line(at.sale.lines[0].line_id)
    at.till.selling.take_all_tags()
    assert epcs(at) == [unit(MILK, 1).epc, unit(MILK, 2).epc]


def test_goods_laid_down_while_the_last_sale_is_written_are_on_the_next(at: AtTill) -> None:
    at.scan(WATER.code)
    paid: list[object] = []
    at.till.paying.pay_cash(500, paid.append, paid.append)
    assert at.till.selling.read_tags([unit(MILK, 1)]).kind is OutcomeKind.NOTHING
    at.hand.until(lambda: paid)
    assert (at.till.selling.sale, at.till.selling.tags_waiting) == (None, 1)
    at.till.selling.take_tags()
    assert (pieces(at), at.till.selling.tags_waiting) == (1, 0)


def test_goods_taken_away_again_before_anybody_could_take_them_are_not_sold(at: AtTill) -> None:
    at.till.signed_in(None)
    at.till.selling.read_tags([unit(MILK, 1), unit(MILK, 2)])
    at.till.selling.tags_gone([unit(MILK, 1).epc])
    at.sign_in()
    at.till.selling.take_tags()
    assert epcs(at) == [unit(MILK, 2).epc]


def test_a_tag_nobody_could_take_waits(at: AtTill) -> None:
    at.till.signed_in(None)
    assert at.till.selling.read_tags([unit(MILK, 1)]).kind is OutcomeKind.NOTHING
    at.sign_in()
    at.till.selling.take_tags()
    assert pieces(at) == 1


def test_a_tag_of_other_peoples_goods_keeps_nobody_away(at: AtTill) -> None:
    stranger = TagUnit("AA", Gtin("09999999999994"), "1")
    assert at.till.selling.read_tags([stranger]).kind is OutcomeKind.NOTHING
    assert at.till.selling.sale is None
    said = at.till.selling.read_tags([stranger, TagUnit("AB", Gtin("09999999999994"), "2"), unit(MILK, 1)])
    assert (said.code, said.facts) == ("tags.read_some", {"added": 1, "unknown": 1})


def test_after_a_restart_tags_of_scanned_goods_are_still_the_same_units(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t2")
    with at_till(shop) as first:
        first.sign_in().scan(MILK.code)
        first.till.writer.flush()
    with at_till(shop) as second:
        second.sign_in().till.selling.read_tags([unit(MILK, 1)])
        assert (pieces(second), len(epcs(second))) == (1, 1)


def test_the_serial_of_a_tag_is_enough_for_a_recall(at: AtTill) -> None:
    at.shop.put_rows(row("recall", "R", Recall("R", Sku(MILK.sku), "Glass", serials=("S1",))))
    at.till.refresh()
    said = at.till.selling.read_tags([unit(MILK, 2), unit(MILK, 1)])
    assert (said.kind, said.code) == (OutcomeKind.STOPPED, "unit.recalled")
    assert pieces(at) == 2


# ── two symbols of one unit ──────────────────────────────────────────────────────────────────────


def pair(at: AtTill, first: str, second: str):
    at.scan(first)
    return at.till.selling.scan(second, pairs_with_last=True)


def test_two_symbols_that_name_a_unit_already_on_the_sale_add_nothing(at: AtTill) -> None:
    at.scan(datamatrix(MILK, "21S1"))
    said = pair(at, MILK.code, datamatrix(MILK, "21S1"))
    assert (said.code, pieces(at)) == ("unit.already_on_sale", 1)
    assert at.till.selling.selected == at.sale.lines[0].line_id


def test_two_symbols_of_one_of_three_pieces_name_one(at: AtTill) -> None:
    at.till.selling.enter("3*")
    pair(at, MILK.code, datamatrix(MILK, "21S1"))
    assert sorted((line.serial or "", line.qty_milli) for line in at.sale) == [("", 2000), ("S1", 1000)]


def test_two_symbols_of_a_unit_whose_tag_came_first(at: AtTill) -> None:
    at.till.selling.read_tags([unit(MILK, 1), unit(MILK, 2)])
    pair(at, MILK.code, datamatrix(MILK, "21S2"))
    assert pieces(at) == 2
    at.scan(MILK.code)
    assert pieces(at) == 2
    at.scan(MILK.code)
    assert pieces(at) == 3


def test_two_symbols_of_an_unknown_code_are_one_line(at: AtTill) -> None:
    said = pair(at, "9780201379624", "]d20109780201379624" + "10L9")
    assert (said.code, len(at.sale.lines)) == ("scan.one_unit", 1)
    at.till.selling.select(at.sale.lines[0].line_id)
    at.till.selling.add_item(MILK.sku)
    assert at.sale.lines[0].lot == "L9"


def test_two_serials_are_two_units_whatever_the_scanner_says(at: AtTill) -> None:
    pair(at, datamatrix(MILK, "21S1"), datamatrix(MILK, "21S2"))
    assert [line.serial for line in at.sale] == ["S1", "S2"]


def test_plus_after_two_symbols_is_another_unit(at: AtTill) -> None:
    pair(at, MILK.code, datamatrix(MILK, "21S1"))
    at.till.selling.change_selected(1)
    at.till.selling.change_selected(1)
    assert [(line.serial, line.qty_milli) for line in at.sale] == [("S1", ONE), (None, 2 * ONE)]


def test_three_of_a_serial_are_one_of_it_and_two_like_it(at: AtTill) -> None:
    at.till.selling.enter("3*")
    at.scan(datamatrix(MILK, "10L1\x1d", "21S1"))
    assert [(line.serial, line.lot, line.qty_milli) for line in at.sale] == [("S1", "L1", ONE), (None, "L1", 2 * ONE)]
