"""A recall on its whole way: HQ's API, the feed, the agent, the wake byte, the basket; and the receipts back at HQ."""

from pathlib import Path
from time import monotonic

from tests.agent.support import agent, until
from tests.agent.test_with_hq import stocked
from tests.agent.town import Hq, enrolled
from tests.support.shop import ITEMS, at_till

MILK, WATER = ITEMS[0], ITEMS[2]
PROMPT_S = 5.0  # the till itself looks every second; the rest is the line


def test_a_recall_stops_the_basket_and_is_lifted_and_hq_finds_the_buyer(hq: Hq, store: str, folder: Path) -> None:
    shop = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    with agent(shop.home):
        stocked(shop)
        with at_till(shop) as at:
            at.sign_in()
            number = f"R-{store}"
            wish = {"number": number, "sku": MILK.sku, "reason": "Glass", "lots": ["l7"], "stores": [store]}
            label = f"]d201{MILK.code.zfill(14)}10L7"
            at.scan(label).pay_cash(MILK.price_minor)
            at.scan(label, WATER.code)
            began = monotonic()
            hq.ask("PUT", "/api/recalls", wish)
            at.hand.until(lambda: at.sale.lines[0].stopped == "unit.recalled")
            assert monotonic() - began < PROMPT_S
            assert at.till.paying.blocked_by() == ("sale.stopped_lines",)
            hq.ask("PUT", "/api/recalls", {**wish, "lifted": True})
            at.hand.until(lambda: not at.till.paying.blocked_by())
            at.pay_cash(500)
            until(lambda: len(hq.ask("GET", f"/api/recalls/{number}/sold")["sold"]) == 2, why="HQ knows both receipts")
            rules = {"stores": [store], "rcn": [{"prefix": "21", "item_digits": 5, "kind": "price", "decimals": 2}]}
            hq.ask("PUT", "/api/goods-rules", rules)
            at.hand.until(lambda: len(at.till.goods.codes.rcn) == 1)
