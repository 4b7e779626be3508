"""A recall on its whole way: HQ's API, the feed, the agent, the wake byte, the basket; and the receipts back at HQ."""

from pathlib import Path
from time import monotonic

from tests.agent.support import agent, until
from tests.agent.test_with_hq import stocked
from tests.agent.town import Hq, enrolled, line_to
from tests.support.shop import ITEMS, at_till

MILK, WATER = ITEMS[0], ITEMS[2]
PROMPT_S = 20.0  # the till itself looks every second; the rest is the line


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


def test_a_recall_one_machine_heard_of_reaches_the_others_with_the_line_down(hq: Hq, store: str, folder: Path) -> None:
    with line_to(hq) as line:
        first = enrolled(hq, folder / "T1", store, "T1", url=line.url, store_role=True)
        late = enrolled(hq, folder / "T2", store, "T2", url=line.url)
        with agent(first.home):
            stocked(first)
            with agent(late.home):
                stocked(late)
            wish = {"number": f"R-{store}", "sku": MILK.sku, "reason": "Glass", "lots": ["l7"], "stores": [store]}
            hq.ask("PUT", "/api/recalls", wish)
            label = f"]d201{MILK.code.zfill(14)}10L7"
            with at_till(first) as one:
                one.sign_in().scan(label)
                one.hand.until(lambda: one.sale.lines[0].stopped == "unit.recalled")
            line.cut()
            with at_till(late) as two:
                two.sign_in().scan(label)
                assert not two.sale.lines[0].stopped  # its agent was away when the recall came
                with agent(late.home):
                    two.hand.until(lambda: two.sale.lines[0].stopped == "unit.recalled")
