"""Suggestions at HQ: counted from the sales, told to each store by what it has, and only when something changed."""

import msgspec
import pytest

from hq_server.service import ingest, suggestions
from hq_server.service.suggestions import EVERY_MS, Pairing
from hq_server.storage import feed
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import Sku
from retail_core.domain.roles import Role
from retail_core.domain.suggestions import MOST_ITEMS, OftenWith
from tests.hq.running import RunningHq
from tests.hq.support import OTHER_STORE, STORE, Shop, enrolled, put_stock, sale

pytestmark = pytest.mark.xdist_group("hq-suggestions")


def told(shop: Shop, store: str = STORE) -> dict[str, dict[str, int]]:
    """Item → what goes with it → pieces, as the store's agent finds it."""
    page = shop.hq.database.read(lambda conn: feed.page(conn, feed.store_scope(store), 0, 500))
    docs = [
        msgspec.json.decode(row.doc, type=OftenWith)
        for row in page.rows
        if row.kind == "often_with" and row.op == "put"
    ]
    return {doc.sku: {item.sku: item.left for item in doc.items} for doc in docs}


def head(shop: Shop) -> int:
    return shop.hq.database.read(lambda conn: feed.head_of(conn, feed.store_scope(STORE)))


def sell_together(shop: Shop, times: int = 4) -> None:
    till = enrolled(shop.hq, "till-s", OTHER_STORE, register="T9")
    for n in range(times):
        till.says(sale(f"R-{n}", ("LAMP", 1, 4950), ("THROW", 1, 550)), sale(f"Q-{n}", ("CHEESE", 1, 100)))
    ingest.take(shop.hq, shop.contacts, till.node, *till.batch())


def test_sales_of_one_store_advise_another_that_has_the_goods(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=9)
    sell_together(shop)
    assert suggestions.nightly(shop.hq)
    assert "THROW" in told(shop).get("LAMP", {})
    at = head(shop)
    assert not suggestions.nightly(shop.hq)
    assert suggestions.compute(shop.hq) >= 2
    assert head(shop) == at  # nothing new, nothing sent
    shop.clock.later(EVERY_MS + 1)
    assert suggestions.nightly(shop.hq)


def test_what_another_system_says_goes_first_and_can_be_taken_back(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=9, CHEESE=40)
    sell_together(shop)
    suggestions.compute(shop.hq)
    suggestions.put(shop.hq, [Pairing(Sku("LAMP"), (Sku("CHEESE"),))])
    assert list(told(shop)["LAMP"]) == ["CHEESE"]
    suggestions.compute(shop.hq)
    assert list(told(shop)["LAMP"]) == ["CHEESE"]
    suggestions.put(shop.hq, [Pairing(Sku("LAMP"), ())])
    suggestions.compute(shop.hq)
    assert list(told(shop)["LAMP"]) == ["THROW"]
    with pytest.raises(RuleViolationError, match=r"suggestion\.too_many"):
        suggestions.put(shop.hq, [Pairing(Sku(str(n)), ()) for n in range(MOST_ITEMS + 1)])


def test_over_the_api(running: RunningHq) -> None:
    with running.as_role(Role.HQ_OPERATOR) as office, running.as_role(Role.HQ_VIEWER) as viewer:
        assert viewer.put("/api/suggestions", json=[]).status_code == 403
        assert office.put("/api/suggestions", json=[{"sku": "LAMP", "goes_with": ["THROW"]}]).json() == {"rows": 1}
        assert office.put("/api/suggestions", json=[{"sku": "LAMP", "goes_with": ["a"] * 5}]).status_code == 400
        assert office.post("/api/suggestions/count").json() == {"rows": 0}
