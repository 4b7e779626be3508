"""Two tills that could not know of one another take up one basket: both sales stand, and head office has somebody look."""

from hq_server.service import cases
from hq_server.service.ingest import take
from retail_core.domain.cases import CaseKind, ExceptionCase
from retail_core.domain.events import BasketRecalled
from retail_core.domain.ids import SaleId
from tests.hq.support import STORE, Machine, Shop, enrolled

PUT_MS = 1_700_000_000_000


def push(shop: Shop, *machines: Machine) -> None:
    for machine in machines:
        assert take(shop.hq, shop.contacts, machine.node, *machine.batch()).quarantined == 0


def flagged(shop: Shop) -> list[ExceptionCase]:
    found = cases.listed(shop.hq, state=None, store=None, limit=50)
    return [case for case in found if case.kind is CaseKind.BASKET_TWICE]


def recalled(as_sale: str, put_ms: int = PUT_MS) -> BasketRecalled:
    return BasketRecalled(SaleId("basket"), put_ms, SaleId(as_sale))


def test_one_basket_taken_up_at_two_tills_is_one_case(shop: Shop) -> None:
    one, two = enrolled(shop.hq, "till-1"), enrolled(shop.hq, "till-2")
    push(shop, one.says(recalled("basket")))
    assert flagged(shop) == []
    push(shop, two.says(recalled("sale-2")))
    (case,) = flagged(shop)
    assert (case.store, case.subject) == (STORE, "sale-2")
    assert (case.evidence["basket"], case.evidence["till"]) == ("basket", "till-2")
    push(shop, one, two)  # what comes again is no third time
    assert len(flagged(shop)) == 1


def test_a_basket_put_aside_again_and_taken_up_again_is_no_case(shop: Shop) -> None:
    one, two = enrolled(shop.hq, "till-1"), enrolled(shop.hq, "till-2")
    push(shop, one.says(recalled("basket")), two.says(recalled("sale-2", PUT_MS + 60_000)))
    assert flagged(shop) == []
