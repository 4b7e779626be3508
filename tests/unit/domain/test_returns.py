"""Goods that come back: what they are worth, what they do to a sale, its taxes and the stock."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import SaleCompleted, SoldLine
from retail_core.domain.ids import LineId, OperatorId, SaleId, Sku
from retail_core.domain.returns import (
    CONDITION_OF,
    DAY_MS,
    NOTHING,
    Condition,
    Part,
    ReturnOf,
    ReturnReason,
    ReturnRules,
    beyond,
    worth_minor,
)
from retail_core.domain.sale import Sale
from retail_core.domain.saledata import MAX_TOTAL_MINOR, SaleData, SaleState
from retail_core.domain.saleline import PriceReason, SaleLine
from retail_core.domain.stock import StockState, fold, movements_of
from retail_core.domain.tax import TaxRate, line_taxes, tax_parts
from retail_core.domain.tender import Tender, TenderKind
from retail_core.wire.events import decode_event, encode_event
from tests.support.cash import cash_tender

FOOD = TaxRate("food", "VAT 9 %", 90_000)
ADDED = TaxRate("sales", "sales tax", 88_750, included=False)
UNWANTED = ReturnOf(ReturnReason.UNWANTED, receipt="S0319-T1-A-000001", n=1)
BROKEN = ReturnOf(ReturnReason.FAULTY, Condition.DAMAGED)


def line(n: int, unit_minor: int = 100, qty_milli: int = 1000, **more: object) -> SaleLine:
    known = SaleLine(LineId(f"L{n}"), Sku(f"S{n}"), f"Item {n}", qty_milli, unit_minor, FOOD)
    return msgspec.structs.replace(known, **more)


def basket(*lines: SaleLine, state: SaleState = SaleState.OPEN) -> Sale:
    return Sale(SaleData(SaleId("sale-1"), OperatorId("op-1"), "EUR", 1, "north@1", state, lines))


def refusal(move) -> str:
    with pytest.raises(RuleViolationError) as refused:
        move()
    return refused.value.code


# ── what they are worth ──────────────────────────────────────────────────────────────────────────


@given(st.integers(0, 10**6), st.lists(st.integers(1, 5000), min_size=1, max_size=8))
def test_piece_by_piece_the_customer_gets_back_what_was_paid_to_the_cent(amount: int, pieces: list[int]) -> None:
    sold, before = Part(sum(pieces), amount), NOTHING
    for piece in pieces:
        before += Part(piece, worth_minor(sold, before, piece))
    assert before == sold
    assert refusal(lambda: worth_minor(sold, before, 1)) == "return.more_than_sold"


def test_more_than_was_sold_is_refused_and_so_is_nothing() -> None:
    assert refusal(lambda: worth_minor(Part(2000, 250), Part(1000, 125), 2000)) == "return.more_than_sold"
    assert refusal(lambda: worth_minor(Part(2000, 250), NOTHING, 0)) == "quantity.zero"
    assert set(CONDITION_OF) == set(ReturnReason)


def test_beyond_the_rules_of_the_store_a_second_person_is_asked() -> None:
    rules = ReturnRules(days=30, max_minor=20_000, without_receipt_minor=2_000)

    def why(rules: ReturnRules, total_minor: int, age_ms: int = 0, *, has_receipt: bool = True) -> str | None:
        return beyond(rules, has_receipt=has_receipt, age_ms=age_ms, total_minor=total_minor)

    assert why(rules, 20_000, 30 * DAY_MS) is None
    assert why(rules, 20_000, 30 * DAY_MS + 1) == "return.too_old"
    assert why(rules, 20_001) == "return.too_much"
    assert why(rules, 2_000, has_receipt=False) is None
    assert why(rules, 2_001, has_receipt=False) == "return.no_receipt"
    free = ReturnRules(days=0, max_minor=0, without_receipt_minor=0)
    assert why(free, 10**9, 10**12) is None
    assert why(free, 10**9, has_receipt=False) is None
    assert refusal(lambda: why(ReturnRules(without_receipt=False), 1, has_receipt=False)) == "return.receipt_needed"


# ── on a sale ────────────────────────────────────────────────────────────────────────────────────


def test_goods_that_come_back_take_their_price_off_the_sale() -> None:
    sale = basket(line(1, 1000), line(2, 300, 2000, back=UNWANTED, reasons=(PriceReason("promo:3", -50),)))
    totals = sale.totals
    assert (totals.lines_minor, totals.due_minor, totals.units, totals.saved_minor) == (450, 450, 1, 0)
    assert sale.line(LineId("L2")).amount_minor == -550


def test_a_sale_that_owes_the_customer_gives_back_exactly_that() -> None:
    def owing() -> Sale:
        return basket(line(1, 1000, back=UNWANTED), line(2, 300), state=SaleState.PAYING)

    assert owing().left_minor == -700
    assert owing().complete((cash_tender(-700, 0),)) == 0
    card = Tender(TenderKind.CARD, -500, -500)
    assert owing().complete((card, cash_tender(-200, 0))) == 0
    for tenders, code in (
        ((), "tender.over"),
        ((card,), "tender.over"),
        ((cash_tender(-800, 0),), "tender.too_little"),
        ((Tender(TenderKind.CASH, -900, -900), Tender(TenderKind.CARD, 200, 200)), "tender.wrong_way"),
        ((Tender(TenderKind.CASH, -700, -600),), "tender.wrong_way"),
    ):
        assert refusal(lambda tenders=tenders: owing().complete(tenders)) == code
    assert refusal(lambda: basket(line(1), state=SaleState.PAYING).complete((card, cash_tender(600, 600)))) == (
        "tender.wrong_way"
    )


def test_an_even_exchange_needs_no_money_at_all() -> None:
    sale = basket(line(1, 1000, back=UNWANTED), line(2, 1000), state=SaleState.PAYING)
    assert (sale.left_minor, sale.complete(())) == (0, 0)


def test_money_that_went_back_stands_until_it_is_fetched_again() -> None:
    sale = basket(line(1, 1000, back=UNWANTED))
    assert refusal(lambda: sale.take(Tender(TenderKind.CARD, 100, 100, "c-1"))) == "tender.not_positive"
    assert refusal(lambda: sale.take(Tender(TenderKind.CARD, -1001, -1001, "c-1"))) == "tender.over"
    sale.take(Tender(TenderKind.CARD, -600, -600, "c-1"))
    assert (sale.taken_minor, sale.left_minor) == (-600, -400)
    before = sale.data()
    assert refusal(lambda: sale.add(line(2, 500))) == "sale.paid_in_part"
    assert sale.data() == before
    assert sale.take_touched() == (LineId("L1"),)
    sale.add(line(2, 400))
    assert sale.left_minor == 0


def test_goods_cannot_come_back_below_what_was_taken_already() -> None:
    sale = basket(line(1, 500))
    sale.take(Tender(TenderKind.CARD, 500, 500, "c-1"))
    assert refusal(lambda: sale.add(line(2, 100, back=UNWANTED))) == "sale.paid_in_part"
    assert (len(sale), sale.left_minor) == (1, 0)


def test_a_return_has_the_limit_of_a_sale() -> None:
    sale = basket()
    assert refusal(lambda: sale.add(line(1, MAX_TOTAL_MINOR + 1, back=UNWANTED))) == "sale.too_large"


# ── taxes ────────────────────────────────────────────────────────────────────────────────────────

AMOUNTS = st.lists(st.integers(-100_000, 100_000), min_size=1, max_size=30)


@given(AMOUNTS, st.sampled_from([FOOD, ADDED, TaxRate("none", "free", 0)]))
def test_taxes_of_an_exchange_are_shared_to_the_cent_and_each_has_the_sign_of_its_line(
    amounts: list[int], rate: TaxRate
) -> None:
    (part,) = tax_parts((rate, amount) for amount in amounts)
    shares = line_taxes(part, amounts)
    assert sum(shares) == part.tax_minor
    for amount, share in zip(amounts, shares, strict=True):
        assert share == 0 or (share > 0) == (amount > 0) or abs(share) == 1  # a cent of rounding may fall anywhere
    if min(amounts) < 0 < max(amounts):
        below = 1_000_000 + (rate.rate_ppm if rate.included else 0)
        assert all(
            abs(share - amount * rate.rate_ppm / below) < 1 for amount, share in zip(amounts, shares, strict=True)
        )


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 9_000), st.sampled_from([FOOD, ADDED])), min_size=1))
def test_a_whole_receipt_brought_back_is_the_receipt_with_the_other_sign(goods: list[tuple[int, int, TaxRate]]) -> None:
    sold = basket(*(line(n, unit, qty, tax=rate) for n, (unit, qty, rate) in enumerate(goods))).totals
    back = basket(*(line(n, u, q, tax=rate, back=UNWANTED) for n, (u, q, rate) in enumerate(goods))).totals
    assert (back.due_minor, back.tax_minor) == (-sold.due_minor, -sold.tax_minor)


# ── stock and the wire ───────────────────────────────────────────────────────────────────────────

RETURN = SaleCompleted(
    SaleId("s-2"), "S0319-T1-A-000002", "EUR",
    (
        SoldLine(1, Sku("1001"), 2000, 119, -238, "food", -20, back=UNWANTED),
        SoldLine(2, Sku("1002"), 1000, 649, -649, "food", -54, serial="SN1", back=BROKEN),
        SoldLine(3, Sku("1003"), 1000, 89, 89, "food", 7),
    ),
    (), (Tender(TenderKind.CASH, -798, -798),), -798,
)  # fmt: skip


def test_goods_go_back_to_the_shelf_or_to_the_damaged_ones() -> None:
    moves = movements_of(RETURN)
    assert [(m.sku, m.from_state, m.to_state, m.reason) for m in moves] == [
        ("1001", "customer", "sellable", "return"),
        ("1002", "customer", "damaged", "return"),
        ("1003", "sellable", "customer", "sale"),
    ]
    assert (moves[1].serial, moves[1].document) == ("SN1", "S0319-T1-A-000002")
    assert fold(moves)[Sku("1001"), StockState.SELLABLE] == 2000


def test_a_return_survives_the_wire_and_says_only_what_it_must() -> None:
    type_, version, body = encode_event(RETURN)
    assert decode_event(type_, version, body) == RETURN
    assert b'"back":{"n":1,"reason":"unwanted","receipt":"S0319-T1-A-000001"}' in body
    assert body.count(b'"back"') == 2
