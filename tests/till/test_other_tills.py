"""What another till of the store took back or spent counts here too, before head office hears of it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from pos_app.service.instruments import Found
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import InstrumentId
from retail_core.domain.shared import BackPart, SharedReturns, SharedValue, key_of
from retail_core.domain.shared_drawer import DrawerBegun, SharedDrawer
from retail_core.domain.value import Instrument, OwnMove, ValueFact, ValueKind, ValueMoved, instrument_of
from retail_core.durable.engine import open_ro, open_rw, transaction
from retail_core.durable.shared import put_page
from retail_core.wire.messages import SharedPage, SharedRow
from tests.support.shop import ITEMS, AtTill, ManualClock, Shop, at_till, make_shop, row

MILK = ITEMS[0]
CODE = "GIFT2026ABCD"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


@pytest.fixture
def at(shop: Shop) -> Iterator[AtTill]:
    with at_till(shop, ManualClock()) as opened:
        yield opened.sign_in()


def draft(at: AtTill, receipt: str):
    return at.done(lambda done, failed: at.till.returning.open(receipt, done, failed))


def find(at: AtTill) -> Found:
    return at.done(lambda done, failed: at.till.instruments.find(CODE, done, failed))


def test_a_receipt_has_only_left_what_no_till_took_back(at: AtTill, shop: Shop) -> None:
    at.till.selling.enter(f"3*{MILK.code}")
    receipt = at.pay_cash(1000).receipt_no
    shop.tell(SharedReturns(receipt, (BackPart("node-T2", "S0319-T2-A-000004", 1, 2000, 238),)))
    (line,) = draft(at, receipt).lines.values()
    assert line.left_milli == 1000
    shop.tell(SharedReturns(receipt, (BackPart("node-T2", "S0319-T2-A-000004", 1, 3000, 357),)))
    with pytest.raises(RuleViolationError, match=r"return\.nothing_left"):
        draft(at, receipt)


def test_a_return_made_elsewhere_meanwhile_stops_this_one_and_keeps_the_sale_open(at: AtTill, shop: Shop) -> None:
    receipt = at.scan(MILK.code).pay_cash(500).receipt_no
    draft(at, receipt)
    at.till.returning.scan(MILK.code)
    at.till.returning.take()
    shop.tell(SharedReturns(receipt, (BackPart("node-T2", "S0319-T2-A-000004", 1, 1000, 119),)))
    with pytest.raises(RuleViolationError, match=r"return\.more_than_sold"):
        at.pay_cash(0)
    assert [line.back is not None for line in at.sale] == [True]


def test_a_receipt_reversed_at_another_till_is_not_taken_back(at: AtTill, shop: Shop) -> None:
    receipt = at.scan(MILK.code).pay_cash(500).receipt_no
    shop.tell(SharedReturns(receipt, (), "S0319-T2-A-000009"))
    with pytest.raises(RuleViolationError, match=r"receipt\.voided"):
        draft(at, receipt)


def test_what_another_till_took_from_a_gift_card_is_not_taken_again(at: AtTill, shop: Shop) -> None:
    ref, tail = instrument_of(CODE)
    card = Instrument(ref, ValueKind.GIFT_CARD, 5000, "EUR", offline_limit=5000, tail=tail, as_of_ms=1)
    shop.put_rows(row("instrument", ref, card))
    assert find(at).left.amount == 5000
    shop.tell(SharedValue(ref, (OwnMove("node-T2/e1", 9, -4500),)))
    assert (find(at).left.amount, find(at).left.balance) == (500, 500)
    counted = msgspec.structs.replace(card, balance=500, seen={"node-T2/e1": 9})  # HQ has heard of it now
    shop.put_rows(row("instrument", ref, counted))
    assert find(at).left.balance == 500


def test_a_till_put_back_to_an_old_copy_is_told_what_it_took_itself(at: AtTill, shop: Shop) -> None:
    ref, tail = instrument_of(CODE)
    card = Instrument(ref, ValueKind.GIFT_CARD, 5000, "EUR", offline_limit=5000, tail=tail, as_of_ms=1)
    shop.put_rows(row("instrument", ref, card))
    shop.tell(SharedValue(ref, (OwnMove(f"{shop.config.till_node}/e1", 40, -4500),)))
    assert find(at).left.amount == 500


def test_a_card_sold_at_another_till_buys_here_before_head_office_knows_it(at: AtTill, shop: Shop) -> None:
    ref, tail = instrument_of(CODE)
    issue = ValueMoved(ValueFact.ISSUED, "s1:l:1", InstrumentId(ref), ValueKind.GIFT_CARD, 2500, "EUR", tail)
    shop.tell(SharedValue(ref, (OwnMove("node-T2/e1", 3, 2500),), issue))
    found = find(at)
    assert found.left.balance == 2500
    at.scan(MILK.code)
    tendering = at.till.tendering
    paid = at.done(lambda done, failed: tendering.pay_value(found, 119, lambda: done(None), done, failed))
    assert paid.total_minor == 119


def test_what_a_newer_store_machine_tells_stops_no_till(at: AtTill, shop: Shop) -> None:
    drawer = SharedDrawer("d1", "node-T2", "2026-03-02", DrawerBegun("node-T2/e1", 1, 5, "op-1", 10_000))
    strange = SharedRow("weather", "today", 1, msgspec.Raw(b'{"rain":true}'))
    rows = [strange, SharedRow(*key_of(drawer), 2, msgspec.Raw(msgspec.json.encode(drawer)))]
    with closing(open_rw(shop.home.link_db, shop.home.keys.file_key("link.db"))) as conn, transaction(conn):
        put_page(conn, SharedPage("m2", 2, tuple(rows), whole=True))
    at.till.refresh()
    assert at.till.links.shared_drawers() == [drawer]
    assert at.scan(MILK.code).pay_cash(500).total_minor == 119


class TickingClock(ManualClock):
    """No two things are done in the same moment."""

    def now_ms(self) -> int:
        self.wall_ms += 1
        return self.wall_ms


def test_however_much_a_payment_needs_it_is_asked_for_at_once_and_given_back_when_nothing_comes_of_it(
    shop: Shop,
) -> None:
    with at_till(shop, TickingClock()) as opened:
        at = opened.sign_in()
        receipts = [at.scan(MILK.code).pay_cash(500).receipt_no for _ in range(3)]
        for receipt in receipts:
            draft(at, receipt)
            at.till.returning.scan(MILK.code)
            at.till.returning.take()
        shop.tell(SharedReturns(receipts[0], (BackPart("node-T2", "S0319-T2-A-000004", 1, 1000, 119),)))
        with pytest.raises(RuleViolationError, match=r"return\.more_than_sold"):
            at.pay_cash(0)
        at.till.writer.flush()
        conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
        asked = conn.execute("SELECT key, for_ms, at_ms FROM claim_ask ORDER BY at_ms, key").fetchall()
        conn.close()
    assert [(key, for_ms > 0) for key, for_ms, _ in asked] == [(r, True) for r in receipts] + [
        (r, False) for r in receipts
    ]
    assert len({at_ms for _, _, at_ms in asked}) == 2
