"""One unit known by its tag or serial number, sold at two tills that could not know of one another: head office sees it with its value."""

from pathlib import Path

import msgspec
import pytest

from hq_server.service import cases
from hq_server.service.ingest import take
from retail_core.domain.cases import CaseKind, CaseState, ExceptionCase
from retail_core.domain.events import SaleCompleted
from retail_core.domain.tagged import MAX_EPC_CHARS
from tests.hq.support import OTHER_STORE, STORE, Machine, Shop, enrolled, put_stock, returned, sale
from tests.hq.test_cost_of_a_batch import FEW, MANY, statements

TAG = "3034257BF7194E4000001A85"
FIRST, SECOND, THIRD = (f"{STORE}-T{n}-A-000001" for n in (1, 2, 3))


def tagged(receipt: str, *epcs: str) -> SaleCompleted:
    sold = sale(receipt, *(("THROW", 1, 2999) for _ in epcs))
    lines = tuple(msgspec.structs.replace(line, epc=epc) for line, epc in zip(sold.lines, epcs, strict=True))
    return msgspec.structs.replace(sold, lines=lines)


def push(shop: Shop, *machines: Machine) -> None:
    for machine in machines:
        assert take(shop.hq, shop.contacts, machine.node, *machine.batch()).quarantined == 0


def flagged(shop: Shop) -> list[ExceptionCase]:
    found = cases.listed(shop.hq, state=None, store=None, limit=50)
    return [case for case in found if case.kind is CaseKind.UNIT_TWICE]


def test_a_unit_sold_at_two_tills_is_one_case_with_its_value(shop: Shop) -> None:
    one, other = enrolled(shop.hq, "till-1"), enrolled(shop.hq, "till-2")
    push(shop, one.says(tagged(FIRST, TAG)))
    assert flagged(shop) == []
    push(shop, other.says(tagged(SECOND, "another", TAG)))
    (case,) = flagged(shop)
    assert (case.store, case.subject, case.value_minor) == (STORE, TAG, 2999)
    assert (case.evidence["receipt"], case.evidence["receipts"]) == (SECOND, f"{FIRST} {SECOND}")
    push(shop, one, other)  # what comes again is no third time
    push(shop, enrolled(shop.hq, "till-3").says(tagged(THIRD, TAG)))  # and while it is open, a third time is in it
    assert len(flagged(shop)) == 1


def test_a_unit_sold_in_another_store_too_is_a_case(shop: Shop) -> None:
    push(shop, enrolled(shop.hq, "till-1").says(tagged(FIRST, TAG)))
    push(shop, enrolled(shop.hq, "till-2", OTHER_STORE).says(tagged(f"{OTHER_STORE}-T1-A-000001", TAG)))
    assert [case.evidence["stores"] for case in flagged(shop)] == [f"{STORE} {OTHER_STORE}"]


def test_both_sales_in_one_batch_are_a_case(shop: Shop) -> None:
    push(shop, enrolled(shop.hq, "till-1").says(tagged(FIRST, TAG), tagged(SECOND, TAG)))
    assert len(flagged(shop)) == 1


def test_a_unit_that_came_back_is_sold_again_without_a_case_and_once_more_is_one(shop: Shop) -> None:
    one, there = enrolled(shop.hq, "till-1"), enrolled(shop.hq, "till-2", OTHER_STORE)
    push(shop, one.says(tagged(FIRST, "another", TAG)))
    push(shop, there.says(returned(f"{OTHER_STORE}-T1-A-000001", FIRST, (2, "THROW", 1, 2999, "sellable"))))
    push(shop, one.says(tagged(SECOND, TAG)))
    assert flagged(shop) == []
    push(shop, there.says(tagged(f"{OTHER_STORE}-T1-A-000002", TAG)))
    assert len(flagged(shop)) == 1


def test_that_another_line_of_the_receipt_came_back_does_not_free_the_unit(shop: Shop) -> None:
    one = enrolled(shop.hq, "till-1").says(tagged(FIRST, "another", TAG))
    push(shop, one.says(returned(THIRD, FIRST, (1, "THROW", 1, 2999, "sellable")), tagged(SECOND, TAG)))
    assert [case.subject for case in flagged(shop)] == [TAG]


@pytest.mark.parametrize("told_first", [True, False])
def test_a_case_says_when_the_cashier_was_told_and_sold_the_unit_all_the_same(shop: Shop, told_first: bool) -> None:
    """Whichever of the two sales reaches head office first."""
    plain = enrolled(shop.hq, "till-1").says(tagged(FIRST, TAG))
    again = tagged(SECOND, "another", TAG)
    lines = tuple(msgspec.structs.replace(line, despite=FIRST) if line.epc == TAG else line for line in again.lines)
    told = enrolled(shop.hq, "till-2").says(msgspec.structs.replace(again, lines=lines))
    push(shop, *((told, plain) if told_first else (plain, told)))
    (case,) = flagged(shop)
    assert (case.evidence["code"], case.evidence["despite"]) == ("unit.sold_all_the_same", FIRST)


def test_a_case_that_was_closed_opens_again_when_the_unit_is_sold_a_third_time(shop: Shop) -> None:
    one = enrolled(shop.hq, "till-1").says(tagged(FIRST, TAG), tagged(SECOND, TAG))
    push(shop, one)
    (case,) = flagged(shop)
    assert cases.act(shop.hq, STORE, case.case_id, "close") is CaseState.CLOSED
    push(shop, one.says(tagged(THIRD, TAG)))
    (again,) = flagged(shop)
    assert (again.evidence["receipt"], again.evidence["times"]) == (THIRD, 3)


def numbered(receipt: str, serial: str, epc: str = "", sku: str = "THROW") -> SaleCompleted:
    sold = sale(receipt, (sku, 1, 2999))
    return msgspec.structs.replace(
        sold, lines=tuple(msgspec.structs.replace(line, serial=serial, epc=epc or None) for line in sold.lines)
    )


def test_a_serial_number_without_a_tag_that_was_sold_at_two_tills_is_a_case(shop: Shop) -> None:
    push(shop, enrolled(shop.hq, "till-1").says(numbered(FIRST, "ab-1"), numbered(THIRD, "ab-1", sku="RUG")))
    assert flagged(shop) == []  # another item has numbers of its own
    push(shop, enrolled(shop.hq, "till-2").says(numbered(SECOND, "AB-1 ")))
    (case,) = flagged(shop)
    assert (case.subject, case.value_minor) == ("sn:THROW/ab-1", 2999)
    assert (case.evidence["serial"], case.evidence["receipts"]) == ("AB-1 ", f"{FIRST} {SECOND}")


@pytest.mark.parametrize("seen", [(TAG, TAG, ""), ("", TAG, TAG), (TAG, "", TAG), ("", "", TAG)])
@pytest.mark.parametrize("apart", [True, False])
def test_a_unit_seen_by_its_tag_here_and_by_its_number_there_is_one_case(
    shop: Shop, seen: tuple[str, str, str], apart: bool
) -> None:
    one = enrolled(shop.hq, "till-1")
    for receipt, epc in zip((FIRST, SECOND, THIRD), seen, strict=True):
        one.says(numbered(receipt, "ab-1", epc))
        if apart:
            push(shop, one)
    push(shop, one)
    assert len(flagged(shop)) == 1


def test_goods_without_a_tag_or_with_no_real_one_are_nobodys_unit(shop: Shop) -> None:
    no_tag = "F" * (MAX_EPC_CHARS + 1)
    push(shop, enrolled(shop.hq, "till-1").says(*(tagged(receipt, "", no_tag) for receipt in (FIRST, SECOND))))
    assert flagged(shop) == []


def test_more_units_in_a_batch_are_not_more_statements(shop: Shop, tmp_path: Path) -> None:
    put_stock(shop.hq, STORE, THROW=9_000)
    till = enrolled(shop.hq, "till-1")

    def cost(units: int) -> int:
        after = till.head.seq
        till.says(*(tagged(f"R{after + n:06}", f"{after + n:024X}") for n in range(units)))
        header, body = till.batch(after)
        with statements(shop, tmp_path) as sent:
            assert take(shop.hq, shop.contacts, till.node, header, body).new == units
        return sent[0]

    cost(FEW)  # what is done once per connection
    few, many = cost(FEW), cost(MANY)
    assert 5 < many <= few
