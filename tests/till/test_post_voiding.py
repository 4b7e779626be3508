"""The last sale was a mistake: it is reversed whole under its own number, once, within its drawer session."""

from pathlib import Path

import msgspec
import pytest

from pos_app.service.outcome import PaidSale
from pos_app.service.post_voiding import LastSale
from pos_app.storage.store import TillStore
from retail_core.domain.approvals import Approval, ApprovalNeededError
from tests.support.shop import ITEMS, MANAGER_PIN, AtTill, Shop, at_till, make_shop
from tests.till.test_returns import agreed, code_of, opened, refused, returning, sold, table, why

MILK, CHICKEN, WATER, THROW, CANDLE = ITEMS[0], ITEMS[1], ITEMS[2], ITEMS[6], ITEMS[7]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


def last(at: AtTill) -> LastSale:
    found = at.done(at.till.post_voiding.look)
    assert isinstance(found, LastSale)
    return found


def reversed_whole(at: AtTill, approval: Approval | None = None) -> PaidSale:
    was = last(at)
    return at.done(lambda done, failed: at.till.post_voiding.reverse(was, done, failed, approval))


def test_the_last_sale_is_reversed_whole_under_its_own_number(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in(MANAGER_PIN)
        at.till.selling.enter("3*" + WATER.code)
        first = sold(at, f"]d2010{THROW.code}21SN-1")
        back = reversed_whole(at)
        assert (first.receipt_no, back.receipt_no) == ("S0319-T1-A-000001", "S0319-T1-A-000002")
        assert back.total_minor == -first.total_minor
        assert refused(at, first.receipt_no) == "receipt.voided"
        assert refused(at, code_of(at, first.receipt_no)) == "receipt.voided"
        assert why(lambda: reversed_whole(at)) == "post_void.has_returns"
        assert refused(at, back.receipt_no) == "return.nothing_left"
    assert table(shop, "SELECT receipt, by_receipt FROM post_void") == [(first.receipt_no, back.receipt_no)]
    assert table(shop, "SELECT sum(total_minor), sum(tax_minor) FROM sale") == [(0, 0)]
    assert table(shop, "SELECT count(*) FROM event WHERE type = 'audit.post_voided'") == [(1,)]


def test_a_cashier_reverses_with_a_second_person(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        sold(at, MILK.code)
        with pytest.raises(ApprovalNeededError) as needed:
            reversed_whole(at)
        assert reversed_whole(at, agreed(needed.value)).total_minor == -119
    (body,) = table(shop, "SELECT body FROM event WHERE type = 'audit.post_voided'")[0]
    assert isinstance(body, bytes)
    assert b'"by":"op-2"' in body


def test_only_the_last_sale_of_the_open_drawer_session_and_only_whole(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in(MANAGER_PIN)
        assert at.done(at.till.post_voiding.look) is None
        first = sold(at, MILK.code, WATER.code)
        at.scan(MILK.code)
        assert why(lambda: reversed_whole(at)) == "post_void.sale_is_open"
        at.till.selling.void_line(at.sale.lines[0].line_id)
        opened(at, first.receipt_no).tick(1)
        returning(at).take()
        at.pay_cash(0)
        assert why(lambda: reversed_whole(at)) == "post_void.has_returns"
        was = msgspec.structs.replace(last(at), sale=msgspec.structs.replace(last(at).sale, lines=()))
        for change, code in (
            ({"same_session": False}, "post_void.other_session"),
            ({"part_back": True}, "post_void.part_back"),
        ):
            other = msgspec.structs.replace(was, **change)
            assert why(lambda other=other: at.done(lambda d, f: at.till.post_voiding.reverse(other, d, f))) == code


def test_a_sale_of_an_earlier_session_is_not_reversed(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in(MANAGER_PIN)
        sold(at, MILK.code)
        assert last(at).same_session

        def next_session(store: TillStore) -> None:
            """As if the drawer had been closed and opened again."""
            with store.unit() as conn:
                conn.execute("UPDATE drawer_session SET opened_n = (SELECT max(n) FROM event)")

        at.done(lambda done, failed: at.till.writer.submit(next_session, lambda _: done(True), failed))
        assert why(lambda: reversed_whole(at)) == "post_void.other_session"
