"""Recalls at HQ: which stores have them, which no longer do, and whose receipts have recalled units."""

import msgspec
import pytest

from hq_server.service import goodsrules, ingest, masterdata
from hq_server.storage import feed
from hq_server.storage.catalogue import PlaceRow
from hq_server.storage.goods import RecallRow
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import SaleCompleted, SoldLine
from retail_core.domain.goods import Recall
from retail_core.domain.ids import SaleId, Sku
from retail_core.domain.roles import Role
from retail_core.domain.tax import TaxPart
from retail_core.domain.tender import Tender, TenderKind
from tests.hq.running import RunningHq
from tests.hq.support import OTHER_STORE, STORE, Shop, enrolled

pytestmark = pytest.mark.xdist_group("hq-recalls")


def recall(shop: Shop, number: str, sku: str, *stores: str, lifted: bool = False, **marks: tuple[str, ...]) -> None:
    goodsrules.put_recall(shop.hq, RecallRow(Recall(number, Sku(sku), "Mould", **marks), stores, lifted))


def in_force(shop: Shop, store: str) -> set[str]:
    """The recalls a store's agent finds, read from the beginning."""
    page = shop.hq.database.read(lambda conn: feed.page(conn, feed.store_scope(store), 0, 500))
    docs = [msgspec.json.decode(row.doc, type=Recall) for row in page.rows if row.kind == "recall" and row.op == "put"]
    return {f"{doc.number} {doc.sku}" for doc in docs}


def refusal(act: object) -> str:
    assert callable(act)
    with pytest.raises(RuleViolationError) as refused:
        act()
    return refused.value.code


def test_one_number_may_recall_many_items_and_none_of_them_is_freed_by_another(shop: Shop) -> None:
    recall(shop, "R-1", "CHEESE", lots=("L1",))
    recall(shop, "R-1", "LAMP")
    assert in_force(shop, STORE) == in_force(shop, OTHER_STORE) == {"R-1 CHEESE", "R-1 LAMP"}
    recall(shop, "R-1", "LAMP", lifted=True)
    assert in_force(shop, STORE) == {"R-1 CHEESE"}


def test_a_store_that_opens_later_knows_what_is_recalled_everywhere(shop: Shop) -> None:
    recall(shop, "R-1", "CHEESE")
    recall(shop, "R-2", "LAMP", STORE)
    recall(shop, "R-3", "THROW", lifted=True)
    masterdata.put_places(shop.hq, [PlaceRow("S0999", "store", "New", "north", "UTC", "EUR")])
    assert in_force(shop, "S0999") == {"R-1 CHEESE"}


def test_a_recall_of_some_stores_can_be_widened_and_narrowed(shop: Shop) -> None:
    recall(shop, "R-1", "CHEESE", STORE)
    assert (in_force(shop, STORE), in_force(shop, OTHER_STORE)) == ({"R-1 CHEESE"}, set())
    recall(shop, "R-1", "CHEESE")
    assert in_force(shop, OTHER_STORE) == {"R-1 CHEESE"}
    recall(shop, "R-1", "CHEESE", OTHER_STORE)
    assert (in_force(shop, STORE), in_force(shop, OTHER_STORE)) == (set(), {"R-1 CHEESE"})


def test_a_recall_is_taken_whole_or_not_at_all(shop: Shop) -> None:
    assert refusal(lambda: recall(shop, "R-1", "NOBODY")) == "product.unknown"
    assert refusal(lambda: recall(shop, "R-1", "CHEESE", STORE, "S9999")) == "place.unknown"
    assert refusal(lambda: recall(shop, "R-1", "CHEESE", lots=("L1", ""))) == "recall.empty_mark"
    assert in_force(shop, STORE) == set()
    assert refusal(lambda: goodsrules.buyers(shop.hq, "R-1")) == "recall.unknown"


def test_hq_finds_the_receipts_with_recalled_units(shop: Shop) -> None:
    lines = (
        SoldLine(1, Sku("CHEESE"), 500, 1890, 945, "std", 0, lot="l123"),
        SoldLine(2, Sku("CHEESE"), 300, 1890, 567, "std", 0, lot="L124"),
        SoldLine(3, Sku("CHEESE"), 250, 1890, 473, "std", 0),
        SoldLine(4, Sku("LAMP"), 1000, 4950, 4950, "std", 0, lot="L123", serial="SN-7"),
    )
    total = sum(line.amount_minor for line in lines)
    sale = SaleCompleted(
        SaleId("s1"), "T1-A-1", "EUR", lines, (TaxPart("std", 210_000, True, total, 0),),
        (Tender(TenderKind.CASH, total, total),), total,
    )  # fmt: skip
    machine = enrolled(shop.hq, "till-1").says(sale)
    ingest.take(shop.hq, shop.contacts, machine.node, *machine.batch())
    recall(shop, "R-7", "CHEESE", lots=("L123",))
    found = goodsrules.buyers(shop.hq, "R-7")
    assert [(one.store, one.receipt, one.lot, one.qty_milli) for one in found.sold] == [(STORE, "T1-A-1", "l123", 500)]
    assert (found.untold_milli, found.more) == (250, False)
    recall(shop, "R-7", "LAMP", serials=("sn-7",))
    assert {one.serial for one in goodsrules.buyers(shop.hq, "R-7").sold} == {"", "SN-7"}
    recall(shop, "R-9", "CHEESE")
    everything = goodsrules.buyers(shop.hq, "R-9")
    assert (len(everything.sold), everything.untold_milli) == (3, 0)


def test_buyers_over_the_api(running: RunningHq) -> None:
    with running.as_role(Role.HQ_OPERATOR) as office, running.as_role(Role.HQ_VIEWER) as viewer:
        wish = {"number": "R-70", "sku": "LAMP", "reason": "Sparks"}
        assert viewer.put("/api/recalls", json=wish).status_code == 403
        assert office.put("/api/recalls", json=wish).status_code == 200
        assert viewer.get("/api/recalls/R-70/sold").json() == {"sold": [], "more": False, "untold_milli": 0}
        missing = viewer.get("/api/recalls/R-71/sold")
        assert (missing.status_code, missing.json()["code"]) == (404, "recall.unknown")
        assert office.put("/api/recalls", json={**wish, "lots": [" "]}).json()["code"] == "recall.empty_mark"
