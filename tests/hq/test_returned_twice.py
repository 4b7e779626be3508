"""Two stores that could not know of one another both take the last piece back: head office sees it with its value."""

from hq_server.service import cases
from hq_server.service.ingest import take
from retail_core.domain.cases import CaseKind, ExceptionCase
from tests.hq.support import OTHER_STORE, STORE, Machine, Shop, enrolled, returned, sale

BOUGHT = f"{STORE}-T1-A-000001"


def push(shop: Shop, *machines: Machine) -> None:
    for machine in machines:
        assert take(shop.hq, shop.contacts, machine.node, *machine.batch()).quarantined == 0


def flagged(shop: Shop) -> list[ExceptionCase]:
    found = cases.listed(shop.hq, state=None, store=None, limit=50)
    return [case for case in found if case.kind is CaseKind.RETURNED_TWICE]


def test_the_last_piece_that_came_back_in_two_stores_is_a_case_with_its_value(shop: Shop) -> None:
    here, there = enrolled(shop.hq, "till-1"), enrolled(shop.hq, "till-2", OTHER_STORE)
    push(shop, here.says(sale(BOUGHT, ("THROW", 2, 2999), ("LAMP", 1, 4950))))
    push(shop, there.says(returned(f"{OTHER_STORE}-T1-A-000001", BOUGHT, (1, "THROW", 2, 2999, "sellable"))))
    assert flagged(shop) == []
    push(shop, here.says(returned(f"{STORE}-T1-A-000002", BOUGHT, (1, "THROW", 1, 2999, "sellable"))))
    (case,) = flagged(shop)
    assert (case.store, case.subject, case.value_minor) == (STORE, f"{BOUGHT}/1", 2999)
    assert (case.evidence["sold_milli"], case.evidence["back_milli"]) == (2000, 3000)
    assert case.evidence["stores"] == f"{STORE} {OTHER_STORE}"
    push(shop, here, there)  # what comes again is no third time
    assert len(flagged(shop)) == 1


def test_goods_that_came_back_rightly_are_no_case(shop: Shop) -> None:
    here, there = enrolled(shop.hq, "till-1"), enrolled(shop.hq, "till-2", OTHER_STORE)
    push(shop, here.says(sale(BOUGHT, ("THROW", 2, 2999))))
    push(shop, here.says(returned(f"{STORE}-T1-A-000002", BOUGHT, (1, "THROW", 1, 2999, "damaged"))))
    push(shop, there.says(returned(f"{OTHER_STORE}-T1-A-000001", BOUGHT, (1, "THROW", 1, 2999, "sellable"))))
    push(shop, there.says(returned(f"{OTHER_STORE}-T1-A-000002", "", (0, "LAMP", 1, 4950, "sellable"))))
    assert flagged(shop) == []


def test_a_sale_that_arrives_after_its_goods_came_back_twice_is_a_case_too(shop: Shop) -> None:
    away, one, other = (enrolled(shop.hq, f"till-{n}") for n in (1, 2, 3))
    push(shop, one.says(returned(f"{STORE}-T2-A-000001", BOUGHT, (1, "THROW", 1, 2999, "sellable"))))
    push(shop, other.says(returned(f"{STORE}-T3-A-000001", BOUGHT, (1, "THROW", 1, 2999, "sellable"))))
    assert flagged(shop) == []
    push(shop, away.says(sale(BOUGHT, ("THROW", 1, 2999))))
    (case,) = flagged(shop)
    assert (case.subject, case.value_minor) == (f"{BOUGHT}/1", 2999)
