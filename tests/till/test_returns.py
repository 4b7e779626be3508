"""Goods come back at a till: by its own receipt, by that of another store, without one; never twice, never too many."""

from pathlib import Path

import msgspec
import pytest

from pos_app.service.outcome import OutcomeKind, PaidSale
from pos_app.service.return_draft import ReturnDraft
from pos_app.service.returning import Returning
from pos_app.storage import sales
from pos_app.till import Till
from retail_core.domain.approvals import Approval, ApprovalNeededError
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import OperatorId, Sku
from retail_core.domain.receipts import PaidLine, PaidRate, PaidReceipt, PaidTender
from retail_core.domain.returns import DAY_MS, Condition, ReturnReason
from retail_core.domain.roles import Role
from retail_core.durable.engine import open_ro
from retail_core.trust.keys import SigningKey
from retail_core.trust.receipts import ReceiptSigner, certify
from tests.support.shop import ITEMS, AtTill, ManualClock, Shop, at_till, make_shop

MILK, CHICKEN, WATER, THROW, CANDLE = ITEMS[0], ITEMS[1], ITEMS[2], ITEMS[6], ITEMS[7]
FOOD = PaidRate("food", 90_000, True)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


def table(shop: Shop, sql: str) -> list[tuple[object, ...]]:
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    rows = conn.execute(sql).fetchall()
    conn.close()
    return rows


def returning(at: AtTill) -> Returning:
    return at.till.returning


def sold(at: AtTill, *codes: str) -> PaidSale:
    return at.scan(*codes).pay_cash(100_00)


def opened(at: AtTill, text: str) -> ReturnDraft:
    return at.done(lambda done, failed: returning(at).open(text, done, failed))


def refused(at: AtTill, text: str) -> str:
    with pytest.raises(RuleViolationError) as refusal:
        opened(at, text)
    return refusal.value.code


def why(act) -> str:
    with pytest.raises(RuleViolationError) as refusal:
        act()
    return refusal.value.code


def code_of(at: AtTill, receipt: str) -> str:
    """What the paper's code says."""
    fact = at.done(
        lambda done, failed: at.till.writer.submit(lambda s: sales.fact_of(s.history, receipt), done, failed)
    )
    return at.till.receipt_codes.code_of(*fact)


def of_another_store(shop: Shop, *lines: PaidLine, at_ms: int, **more: object) -> str:
    """The code of a receipt of another store of the same retailer."""
    key = SigningKey.new()
    total = sum(line.amount_minor for line in lines)
    paid = PaidReceipt("S0324-T9-C-000007", at_ms // 1000, "EUR", total, (PaidTender("card", total),), lines)
    paid = msgspec.structs.replace(paid, **more)
    return ReceiptSigner(key, certify(shop.hq_key, "S0324-T9", key.public_text), shop.hq_key.public_text).text(paid)


# ── with a receipt ───────────────────────────────────────────────────────────────────────────────


def test_goods_of_a_scanned_receipt_come_back_for_what_they_cost(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        first = sold(at, MILK.code, MILK.code, WATER.code)
        draft = opened(at, code_of(at, first.receipt_no))
        assert [(line.name, line.left_milli) for line in draft.lines.values()] == [
            (MILK.name, 1000), (MILK.name, 1000), (WATER.name, 1000),
        ]  # fmt: skip
        returning(at).scan(MILK.code)
        draft.because(ReturnReason.FAULTY)
        assert (draft.worth_minor, draft.condition) == (119, Condition.DAMAGED)
        assert returning(at).take().kind is OutcomeKind.ADDED
        back = at.pay_cash(0)
    assert (back.total_minor, back.given_minor, back.change_minor) == (-119, -119, 0)
    assert table(shop, "SELECT receipt, total_minor, tax_minor FROM sale ORDER BY counter")[1] == (
        "S0319-T1-A-000002", -119, -10,
    )  # fmt: skip
    assert table(shop, "SELECT kind, amount_minor FROM tender ORDER BY sale_id DESC LIMIT 1") == [("cash", -119)]
    assert table(shop, "SELECT n, back_milli, back_minor FROM bought_line ORDER BY n") == [
        (1, 1000, 119),
        (2, 0, 0),
        (3, 0, 0),
    ]
    (body,) = table(shop, "SELECT body FROM event WHERE type = 'sale.completed' ORDER BY n DESC LIMIT 1")[0]
    assert isinstance(body, bytes)
    assert b'"reason":"faulty"' in body
    assert b'"condition":"damaged"' in body


def test_an_exchange_is_one_sale_and_only_the_difference_is_paid(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        first = sold(at, MILK.code)
        opened(at, first.receipt_no).tick(1)
        returning(at).take()
        at.scan(CHICKEN.code)
        assert at.sale.left_minor == 649 - 119
        assert at.pay_cash(1000).change_minor == 1000 - 530


def test_what_came_back_is_gone_from_the_receipt_and_all_of_it_only_once(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        selling = at.till.selling
        selling.enter("3*" + WATER.code)
        first = at.pay_cash(1000)
        draft = opened(at, first.receipt_no)
        draft.tick(1)
        returning(at).take()
        assert opened(at, first.receipt_no).lines[1].left_milli == 2000  # one is on the sale already
        at.pay_cash(0)
        draft = opened(at, first.receipt_no)
        assert draft.lines[1].left_milli == 2000
        draft.tick(1)
        draft.tick(1)
        assert why(lambda: draft.tick(1)) == "return.none_left"
        returning(at).take()
        at.pay_cash(0)
        assert refused(at, first.receipt_no) == "return.nothing_left"
    assert sum(minor for (minor,) in table(shop, "SELECT total_minor FROM sale")) == 0  # pyright: ignore[reportCallIssue, reportArgumentType]


def test_the_table_itself_refuses_more_than_was_sold(shop: Shop) -> None:
    """Pain 17: two baskets both hold the last piece; one of them is written."""
    with at_till(shop) as at:
        at.sign_in()
        first = sold(at, THROW.code)
        opened(at, first.receipt_no).tick(1)
        returning(at).take()
        at.done(at.till.parking.park)
        opened(at, first.receipt_no).tick(1)  # nobody sees the basket that was put aside
        returning(at).take()
        at.pay_cash(0)
        (parked,) = at.done(at.till.parking.listed)
        at.done(lambda done, failed: at.till.parking.take_up(parked.sale_id, done, failed))
        assert at.sale.left_minor == -3990  # a basket that is taken up does not price it anew
        with pytest.raises(RuleViolationError, match="more_than_sold"):
            at.pay_cash(0)
        assert at.sale.left_minor == -3990  # nothing was lost: the line can be taken off
    assert table(shop, "SELECT count(*) FROM sale") == [(2,)]
    assert table(shop, "SELECT back_milli FROM bought_line") == [(1000,)]


def test_a_basket_with_goods_that_come_back_survives_a_power_cut(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        opened(at, sold(at, CANDLE.code).receipt_no).tick(1)
        returning(at).take()
    with at_till(shop) as at:
        at.sign_in()
        assert at.sale.left_minor == -CANDLE.price_minor
        assert at.pay_cash(0).total_minor == -CANDLE.price_minor


def test_a_line_that_comes_back_is_taken_off_but_not_changed_by_hand(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        at.till.selling.enter("3*" + WATER.code)
        draft = opened(at, at.pay_cash(1000).receipt_no)
        draft.tick(1)
        draft.tick(1)
        returning(at).take()
        line = at.sale.lines[0]
        assert at.till.selling.set_quantity(line.line_id, 9000).code == "return.change_there"
        assert at.till.selling.change_selected(1).code == "return.change_there"
        at.till.selling.void_line(line.line_id)
        assert at.till.selling.sale is None


# ── which goods ──────────────────────────────────────────────────────────────────────────────────

GS = "\x1d"


def test_a_unit_with_a_serial_must_be_the_very_one(shop: Shop) -> None:
    def label(serial: str) -> str:
        return f"]d2010{THROW.code}21{serial}"

    with at_till(shop) as at:
        at.sign_in()
        first = sold(at, label("SN-1"))
        draft = opened(at, code_of(at, first.receipt_no))
        assert why(lambda: draft.tick(1)) == "return.scan_unit"
        assert why(lambda: returning(at).scan(label("SN-2"))) == "return.other_serial"
        assert why(lambda: returning(at).scan(THROW.code)) == "return.other_serial"
        assert why(lambda: returning(at).scan(CANDLE.code)) == "return.not_on_receipt"
        assert why(lambda: returning(at).scan("9780201379624")) == "item.unknown"
        returning(at).scan(label("SN-1"))
        assert why(lambda: returning(at).scan(label("SN-1"))) == "return.none_left"
        returning(at).take()
        assert at.pay_cash(0).lines[0].serial == "SN-1"


def test_a_lot_must_be_the_one_that_was_sold(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        draft = opened(at, sold(at, f"]d2010{MILK.code}10L7").receipt_no)
        assert why(lambda: returning(at).scan(f"]d2010{MILK.code}10L8")) == "return.other_lot"
        returning(at).scan(f"]d2010{MILK.code}10l7")
        assert draft.worth_minor == 119
        draft.tick(1, back=True)
        assert why(lambda: returning(at).take()) == "return.nothing_ticked"


# ── receipts of others ───────────────────────────────────────────────────────────────────────────


def test_a_receipt_of_another_store_is_believed_and_paid_back_with_no_network(shop: Shop) -> None:
    clock = ManualClock()
    line = PaidLine(4, Sku(MILK.sku), 2000, 230, (FOOD,))
    gone = PaidLine(5, Sku("OLD-1"), 1000, 500, (PaidRate("old", 50_000, True),))
    with at_till(shop, clock) as at:
        at.sign_in()
        draft = opened(at, of_another_store(shop, line, gone, at_ms=clock.wall_ms))
        assert [one.name for one in draft.lines.values()] == [MILK.name, "OLD-1"]
        draft.tick(4)
        draft.tick(5)
        returning(at).take()
        first, second = at.sale.lines
        assert (first.amount_minor, first.tax.name, second.tax.rate_ppm) == (-115, "VAT 9 %", 50_000)
        assert first.back is not None
        assert (first.back.paid_with, first.back.receipt, first.back.n) == ("card", "S0324-T9-C-000007", 4)
        assert at.pay_cash(0).total_minor == -615


def test_bad_receipts_are_told_apart_in_plain_codes(shop: Shop) -> None:
    clock = ManualClock()
    line = PaidLine(1, Sku(MILK.sku), 1000, 119, (FOOD,))
    with at_till(shop, clock) as at:
        at.sign_in()
        good = of_another_store(shop, line, at_ms=clock.wall_ms)
        stranger = make_shop(shop.home.folder.parent / "stranger")
        assert refused(at, of_another_store(stranger, line, at_ms=clock.wall_ms)) == "receipt.other_retailer"
        assert refused(at, good[:-8] + "AAAAAAAA") in {"receipt.forged", "receipt.unreadable"}
        assert refused(at, good[:100]) == "receipt.unreadable"
        assert (
            refused(at, of_another_store(shop, line, at_ms=clock.wall_ms, currency="USD")) == "receipt.other_currency"
        )
        many = [msgspec.structs.replace(line, n=n) for n in range(1, 90)]
        assert refused(at, of_another_store(shop, *many, at_ms=clock.wall_ms)) == "receipt.lines_elsewhere"
        assert refused(at, "S0324-T9-C-000007") == "receipt.not_of_this_till"
        assert refused(at, "OTR:S0319-T1-A-000099:12345678") == "return.unknown_receipt"
        assert refused(at, "77") == "return.unknown_receipt"
        assert at.till.selling.sale is None


def test_a_long_receipt_of_this_till_brings_its_lines_from_the_journal(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        for n in range(40):
            at.till.selling.scan(f"]d2010{MILK.code}21SERIAL-{n:04}")
        first = at.pay_cash(100_00)
        draft = opened(at, code_of(at, first.receipt_no))
        assert len(draft.lines) == 40
        returning(at).scan(f"]d2010{MILK.code}21SERIAL-0033")
        assert [line.n for line in draft.ticked] == [34]
        draft = opened(at, "1")  # the last figures are enough
        assert draft.receipt is not None
        assert draft.receipt.number == first.receipt_no


# ── the store's rules ────────────────────────────────────────────────────────────────────────────


def agreed(needed: ApprovalNeededError) -> Approval:
    return Approval(needed.act, OperatorId("op-2"), "Sam K.", Role.MANAGER)


def test_an_old_receipt_needs_a_second_person_and_both_stand_in_the_journal(shop: Shop) -> None:
    clock = ManualClock()
    with at_till(shop, clock) as at:
        at.sign_in()
        first = sold(at, MILK.code)
        clock.pass_ms(31 * DAY_MS)
        opened(at, first.receipt_no).tick(1)
        with pytest.raises(ApprovalNeededError) as needed:
            returning(at).take()
        assert at.till.selling.sale is None
        returning(at).take(agreed(needed.value))
        at.pay_cash(0)
    (body,) = table(shop, "SELECT body FROM event WHERE type = 'audit.return_beyond_rules'")[0]
    assert isinstance(body, bytes)
    assert (b'"by":"op-2"' in body, b'"reason":"return.too_old"' in body) == (True, True)


def test_goods_without_a_receipt_come_back_for_what_they_cost_today_up_to_a_sum(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        assert why(lambda: returning(at).scan(MILK.code)) == "return.receipt_first"
        draft = returning(at).open_without()
        returning(at).scan(MILK.code)
        returning(at).scan(MILK.code)
        assert draft.worth_minor == 238
        returning(at).take()
        assert at.sale.left_minor == -238
        returning(at).open_without()
        returning(at).scan(THROW.code)
        with pytest.raises(ApprovalNeededError) as needed:
            returning(at).take()
        assert needed.value.act.amount == 238 + 3990  # what comes back on this sale counts together
        returning(at).take(agreed(needed.value))
        assert at.pay_cash(0).total_minor == -4228
    assert table(shop, "SELECT count(*) FROM bought_line") == [(0,)]


def test_a_till_opened_again_still_knows_what_came_back(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        first = sold(at, MILK.code)
        code = code_of(at, first.receipt_no)
        opened(at, code).tick(1)
        returning(at).take()
        at.pay_cash(0)
    with at_till(shop) as at:
        assert isinstance(at.till, Till)
        at.sign_in()
        assert refused(at, code) == "return.nothing_left"
