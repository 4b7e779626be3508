"""A day of training beside a running agent and a real HQ: nothing of it ever leaves the till."""

from pathlib import Path

from pos_app.service import training
from pos_app.storage.training_home import TrainingHome
from retail_core.durable.engine import open_ro
from tests.agent.support import agent, journal_types, until
from tests.agent.test_with_hq import hq_has_all, stocked
from tests.agent.town import Hq, enrolled
from tests.support.shop import ITEMS, Shop, at_till

MILK, WATER = ITEMS[0], ITEMS[2]
TRAINED = 7


def test_no_training_sale_reaches_hq(hq: Hq, store: str, folder: Path) -> None:
    shop = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    with agent(shop.home):
        stocked(shop)
        with at_till(shop) as at:
            at.sign_in().scan(MILK.code).pay_cash(500)
        before = journal_types(shop.home)
        trained = TrainingHome(shop.home)
        with at_till(Shop(trained, shop.hq_key, shop.config)) as trainee:
            trainee.sign_in()
            for _ in range(TRAINED):
                trainee.scan(MILK.code, WATER.code).pay_cash(1000)
            trainee.scan(MILK.code)
            trainee.till.selling.void_line(trainee.sale.lines[0].line_id)
        assert journal_types(shop.home) == before, "the till's own journal knows nothing of it"
        with at_till(shop) as at:
            at.done(lambda done, _: training.settle(at.till.writer, "op-1", done))
            at.sign_in().scan(MILK.code).pay_cash(500)
            until(lambda: hq_has_all(shop.home, shop.config.till_node), why="HQ has the till's journal")
        assert hq.sold(store, MILK.sku) == 2
        assert hq.sold(store, WATER.sku) == 0
    today = next(one for one in hq.ask("GET", "/api/today")["stores"] if one["store"] == store)
    assert today["sales_minor"] == 2 * MILK.price_minor
    report = hq.ask("GET", f"/api/exception-report?first=2000-01-01&last=2999-12-31&store={store}")["acts"]
    assert [act for act in report if act["kind"] == "void_line"] == []
    conn = open_ro(trained.till_db, trained.keys.file_key("till.db"))
    assert conn.execute("SELECT count(*) FROM sale").fetchone()[0] == TRAINED, "it was all there, in its own file"
    conn.close()
