"""A basket put aside is on disk, survives a restart, and comes back by the prices of now."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from pos_app.service import parking
from pos_app.service.reserving import contested
from pos_app.storage.parked import Parked
from retail_core.domain.claims import ClaimAnswer, ClaimKind, Granted, Thing
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import Gtin, LineId, SaleId
from retail_core.domain.scanned import TagUnit
from retail_core.domain.shared import SharedBasket
from retail_core.domain.tagged import UnitTaken
from retail_core.domain.tender import Tender, TenderKind
from tests.support.shop import ITEMS, AtTill, Shop, at_till, make_shop

MILK, CHICKEN, WATER = ITEMS[0], ITEMS[1], ITEMS[2]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


def park(at: AtTill) -> Parked:
    return at.done(at.till.parking.park)


def listed(at: AtTill) -> Sequence[Parked]:
    return at.done(at.till.parking.listed)


def take_up(at: AtTill, sale_id: str) -> Sequence[LineId]:
    return at.done(lambda done, failed: at.till.parking.take_up(sale_id, done, failed))


def test_the_next_customer_is_served_while_a_basket_waits(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code, CHICKEN.code)
        aside = park(at)
        assert (aside.units, aside.total_minor, aside.first) == (2, 119 + 649, MILK.name)
        assert at.till.selling.sale is None
        at.scan(WATER.code)
        assert at.pay_cash(100).total_minor == 89
        assert take_up(at, aside.sale_id) == ()
        assert [line.sku for line in at.sale] == [MILK.sku, CHICKEN.sku]
        assert at.sale.sale_id == aside.sale_id
        assert listed(at) == []
        assert at.pay_cash(1000).receipt_no.endswith("000002")


def test_a_basket_put_aside_is_there_after_a_restart_and_the_till_is_empty(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code)
        park(at)
    with at_till(shop) as at:
        at.sign_in()
        assert at.till.selling.sale is None
        (aside,) = listed(at)
        take_up(at, aside.sale_id)
    with at_till(shop) as at:  # what was taken up is the open basket, not both
        at.sign_in()
        assert [line.sku for line in at.sale] == [MILK.sku]
        assert listed(at) == []


def test_a_basket_comes_back_by_the_prices_of_now_and_says_which_changed(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code, WATER.code)
        aside = park(at)
        shop.reprice(MILK.sku, 129, rev=9)
        at.till.refresh()
        changed = take_up(at, aside.sale_id)
        assert changed == (at.sale.lines[0].line_id,)
        assert at.sale.totals.due_minor == 129 + 89


def test_what_cannot_be_put_aside_says_why_and_stays_as_it_is(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with at_till(shop) as at:
        at.sign_in()
        with pytest.raises(RuleViolationError, match="nothing_to_park"):
            park(at)
        at.scan(MILK.code)
        aside = park(at)
        at.scan(WATER.code)
        with pytest.raises(RuleViolationError, match="another_is_open"):
            take_up(at, aside.sale_id)
        monkeypatch.setattr(parking, "MAX_PARKED", 1)
        with pytest.raises(RuleViolationError, match=r"parking\.full"):
            park(at)
        assert [line.sku for line in at.sale] == [WATER.sku]
        at.sale.take(Tender(TenderKind.CARD, 50, 50, "t1"))
        with pytest.raises(RuleViolationError, match="paid_in_part"):
            park(at)
        assert at.till.paying.blocked_by() == ()


def test_two_presses_take_a_basket_up_once(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code)
        aside = park(at)
        take_up(at, aside.sale_id)
        at.pay_cash(119)
        with pytest.raises(RuleViolationError, match=r"parking\.gone"):
            take_up(at, aside.sale_id)


def test_who_has_a_unit_is_asked_anew_after_the_basket_was_put_aside(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().till.selling.read_tags([TagUnit("3034257BF7194E4000000001", Gtin(MILK.code.zfill(14)), "1")])
        taken = {line.epc: UnitTaken("T2") for line in at.sale if line.epc}
        at.till.selling.reopen(contested(at.sale, taken))
        assert at.sale.questions == 1
        put = at.done(at.till.parking.park)
        take_up(at, put.sale_id)
        assert (at.sale.questions, [line.taken for line in at.sale]) == (0, [None])


class AlwaysGranted:
    """A store role that reads nobody's journal."""

    def ask(self, kind: ClaimKind, key: str, done: Callable[[ClaimAnswer], None]) -> None:
        done(Granted(1 << 60))

    def ask_all(self, things: Sequence[Thing], done: Callable[[Mapping[Thing, ClaimAnswer]], None]) -> None:
        done(dict.fromkeys(things, Granted(1 << 60)))

    def give_back(self, things: Sequence[Thing]) -> None:
        pass


def test_another_tills_basket_is_taken_up_once_before_the_store_hears_of_it(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code)
        basket = SharedBasket(SaleId("s-7"), "node-T2", put_ms=5, units=1, total_minor=119, basket=at.sale.data())
        at.pay_cash(119)
        shop.tell(basket)
        at.till.parking._claims = AlwaysGranted()
        (aside,) = listed(at)
        take_up(at, aside.sale_id)
        at.pay_cash(119)
        assert listed(at) == []
        with pytest.raises(RuleViolationError, match=r"parking\.gone"):
            take_up(at, aside.sale_id)
