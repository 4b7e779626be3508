"""Promotions at HQ: which stores have them, which no longer do, and what makes no sense."""

import msgspec
import pytest

from hq_server.service import masterdata, promotions
from hq_server.storage import feed
from hq_server.storage.catalogue import PlaceRow
from hq_server.storage.promotions import PromotionRow
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.promotions.model import NForM, PercentOff, Promotion, Stacking
from retail_core.domain.roles import Role
from tests.hq.running import RunningHq
from tests.hq.support import OTHER_STORE, STORE, Shop

pytestmark = pytest.mark.xdist_group("hq-promotions")
TENTH = Promotion("P-1", "10 % off", PercentOff(100_000))


def in_force(shop: Shop, store: str) -> dict[str, Promotion]:
    """What a store's agent finds, read from the beginning."""
    page = shop.hq.database.read(lambda conn: feed.page(conn, feed.store_scope(store), 0, 500))
    rows = [row for row in page.rows if row.kind == "promotion" and row.op == "put"]
    docs = [msgspec.json.decode(row.doc, type=Promotion) for row in rows]
    return {doc.promo_id: doc for doc in docs}


def test_a_promotion_holds_in_the_stores_it_names_and_moves_with_them(shop: Shop) -> None:
    promotions.put(shop.hq, [PromotionRow(TENTH, (STORE,))])
    assert in_force(shop, STORE) == {"P-1": TENTH}
    assert in_force(shop, OTHER_STORE) == {}
    promotions.put(shop.hq, [PromotionRow(TENTH, (OTHER_STORE,))])
    assert (in_force(shop, STORE), in_force(shop, OTHER_STORE)) == ({}, {"P-1": TENTH})
    promotions.put(shop.hq, [PromotionRow(TENTH, ended=True)])
    assert in_force(shop, OTHER_STORE) == {}


def test_a_new_store_has_what_holds_everywhere(shop: Shop) -> None:
    promotions.put(shop.hq, [PromotionRow(TENTH)])
    promotions.put(shop.hq, [PromotionRow(Promotion("P-2", "Gone", PercentOff(1)), ended=True)])
    masterdata.put_places(shop.hq, [PlaceRow("S0999", "store", "999 New", "north", "UTC", "EUR")])
    assert set(in_force(shop, "S0999")) == {"P-1"}


def test_what_makes_no_sense_is_refused_with_its_reason(shop: Shop) -> None:
    for wrong, code in (
        (PromotionRow(Promotion("P-3", "2 for 5", NForM(2, 5))), "promotion.bad_offer"),
        (PromotionRow(Promotion("P-4", "Too much", PercentOff(1_000_001))), "promotion.bad_offer"),
        (PromotionRow(TENTH, ("S0000",)), "place.unknown"),
    ):
        with pytest.raises(RuleViolationError) as refused:
            promotions.put(shop.hq, [wrong])
        assert refused.value.code == code


def test_two_that_name_each_other_are_refused_and_nothing_is_kept(shop: Shop) -> None:
    def on_top(promo_id: str, *not_with: str) -> PromotionRow:
        return PromotionRow(
            Promotion(promo_id, promo_id, PercentOff(100_000), stacking=Stacking.ON_TOP, not_with=not_with)
        )

    promotions.put(shop.hq, [on_top("A", "B"), on_top("B")])
    for wrong, code in (
        ([on_top("B", "A")], "promotion.name_each_other"),
        ([on_top("C", "A"), on_top("B", "C")], "promotion.name_each_other"),
        ([on_top("C", "C")], "promotion.names_itself"),
    ):
        with pytest.raises(RuleViolationError) as refused:
            promotions.put(shop.hq, wrong)
        assert refused.value.code == code
    assert {name: one.not_with for name, one in in_force(shop, STORE).items()} == {"A": ("B",), "B": ()}
    promotions.put(shop.hq, [PromotionRow(on_top("A").promotion, ended=True), on_top("B", "A")])
    assert in_force(shop, STORE)["B"].not_with == ("A",)


def test_over_the_api(running: RunningHq) -> None:
    body = {"promotion": {"promo_id": "P-9", "name": "3 for 2", "offer": {"type": "n_for_m", "n": 3, "m": 2}}}
    with running.as_role(Role.HQ_OPERATOR) as office, running.as_role(Role.HQ_VIEWER) as viewer:
        assert viewer.put("/api/promotions", json=[body]).status_code == 403
        assert office.put("/api/promotions", json=[body]).json() == {"rows": 1}
        assert [row["promotion"]["promo_id"] for row in office.get("/api/promotions").json()["promotions"]] == ["P-9"]
        wrong = {"promotion": {**body["promotion"], "offer": {"type": "n_for_m", "n": 2, "m": 2}}}
        assert office.put("/api/promotions", json=[wrong]).json()["code"] == "promotion.bad_offer"
        pair = [
            {
                "promotion": {
                    **body["promotion"],
                    "promo_id": one,
                    "offer": {"type": "basket_amount", "minor": 1},
                    "not_with": [two],
                }
            }
            for one, two in (("X", "Y"), ("Y", "X"))
        ]
        answer = office.put("/api/promotions", json=pair).json()
        assert answer["code"] == "promotion.name_each_other"
        assert "neither could come first" in str(answer)
        assert office.put("/api/promotions", json=[{"promotion": {}}]).status_code in (400, 422)
