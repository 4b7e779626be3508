"""A promotion on its whole way: HQ's API, the feed, the agent, the wake byte, the next sale; and the cut back at HQ."""

from pathlib import Path

from tests.agent.support import agent, until
from tests.agent.test_with_hq import hq_has_all, stocked
from tests.agent.town import Hq, enrolled
from tests.support.shop import ITEMS, at_till

WATER = ITEMS[2]


def test_three_for_two_reaches_the_next_sale_and_is_ended(hq: Hq, store: str, folder: Path) -> None:
    shop = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    offer = {
        "promo_id": f"P-{store}",
        "name": "3 for 2",
        "offer": {"type": "n_for_m", "n": 3, "m": 2},
        "goods": {"skus": [WATER.sku]},
    }
    with agent(shop.home):
        stocked(shop)
        with at_till(shop) as at:
            promoting = at.sign_in().till.selling.promoting
            assert promoting is not None
            hq.ask("PUT", "/api/promotions", [{"promotion": offer, "stores": [store]}])
            at.hand.until(lambda: len(promoting.known) == 1)
            at.scan(WATER.code, WATER.code, WATER.code)
            each_minor = at.sale.lines[0].unit_minor
            assert at.sale.totals.saved_minor == each_minor
            paid = at.pay_cash(1000)
            assert paid.total_minor == 2 * each_minor
            hq.ask("PUT", "/api/promotions", [{"promotion": offer, "stores": [store], "ended": True}])
            at.hand.until(lambda: not promoting.known)
            at.scan(WATER.code, WATER.code, WATER.code)
            assert at.sale.totals.saved_minor == 0
            until(lambda: hq_has_all(shop.home, shop.config.till_node), why="HQ has the sale")
    today = hq.ask("GET", "/api/today")
    assert next(one for one in today["stores"] if one["store"] == store)["sales_minor"] == 2 * each_minor
