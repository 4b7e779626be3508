"""The stock ledger: what each event moves, and balances that don't depend on the order of arrival."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.events import (
    AuditNoted,
    EpochOpened,
    Event,
    FulfilmentEvent,
    FulfilmentFact,
    SaleCompleted,
    SoldLine,
    StockCounted,
    StockMoved,
    StockMovedLine,
    SyncDamaged,
)
from retail_core.domain.fulfilment import MovedLine
from retail_core.domain.ids import OrderId, SaleId, Sku
from retail_core.domain.stock import EXTERNAL, REJECTED_TO, StockMovement, StockState, fold, movements_of

MILK, WOOL = Sku("1001"), Sku("2001")


def way_of(event: Event) -> list[tuple[str, int, str, str]]:
    return [(m.sku, m.qty_milli, m.from_state.value, m.to_state.value) for m in movements_of(event)]


def fulfilment(what: FulfilmentFact, reason: str = "") -> FulfilmentEvent:
    return FulfilmentEvent(what, OrderId("O-1"), 4, (MovedLine(1, MILK, 2000), MovedLine(2, WOOL, 1000)), reason=reason)


def test_a_sale_takes_goods_from_the_shelf_to_the_customer() -> None:
    lines = (
        SoldLine(1, MILK, 2000, 119, 238, "food", 20, lot="L7"),
        SoldLine(3, WOOL, 1000, 3990, 3990, "general", 692, serial="SN1", epc="E1"),
    )
    sale = SaleCompleted(SaleId("s"), "S0319-T1-A-000001", "EUR", lines, (), (), 4228)
    moves = movements_of(sale)
    assert [move.n for move in moves] == [1, 3]
    assert way_of(sale) == [("1001", 2000, "sellable", "customer"), ("2001", 1000, "sellable", "customer")]
    assert [(move.lot, move.serial, move.epc) for move in moves] == [("L7", None, None), (None, "SN1", "E1")]
    assert {(move.reason, move.document) for move in moves} == {("sale", "S0319-T1-A-000001")}


def test_a_delivery_moves_what_it_says() -> None:
    lines = (StockMovedLine(MILK, 24_000, StockState.SUPPLIER, StockState.SELLABLE, lot="L8"),)
    moves = movements_of(StockMoved(lines, "delivery", "D-77"))
    assert moves == (
        StockMovement(1, MILK, 24_000, StockState.SUPPLIER, StockState.SELLABLE, "delivery", "D-77", "L8"),
    )  # fmt: skip


MOVES = {
    "picked": ("sellable", "picked"),
    "collected": ("picked", "customer"),
    "restocked": ("picked", "sellable"),
    "shipped": ("picked", "in_transit"),
    "received": ("in_transit", "picked"),
    "cancel_confirmed": ("picked", "sellable"),
}


@pytest.mark.parametrize("what", FulfilmentFact)
def test_what_each_step_of_an_order_moves(what: FulfilmentFact) -> None:
    event = fulfilment(what)
    if what.value in MOVES:
        from_state, to_state = MOVES[what.value]
        assert way_of(event) == [("1001", 2000, from_state, to_state), ("2001", 1000, from_state, to_state)]
        assert {(m.reason, m.document) for m in movements_of(event)} == {(f"fulfilment.{what.value}", "O-1")}
    else:
        assert way_of(event) == []


@pytest.mark.parametrize("what", [FulfilmentFact.SHORT, FulfilmentFact.REJECTED])
@pytest.mark.parametrize(("reason", "to"), [("not_in_stock", "shrink"), ("damaged", "damaged"), ("display", "display")])
def test_the_reason_of_a_missing_item_decides_where_the_books_put_it(
    what: FulfilmentFact, reason: str, to: str
) -> None:
    assert REJECTED_TO[reason] == to
    assert way_of(fulfilment(what, reason))[0] == ("1001", 2000, "sellable", to)
    assert way_of(fulfilment(what, "customer_changed_mind")) == []


@pytest.mark.parametrize(
    "event",
    [
        EpochOpened("A", "first start"),
        StockCounted(MILK, 3000, "C1", 1, {}),
        AuditNoted("signed_in"),
        SyncDamaged("00", ""),
    ],
)
def test_other_facts_move_no_goods(event: Event) -> None:
    assert movements_of(event) == ()


MOVEMENTS = st.lists(
    st.builds(
        StockMovement,
        st.just(1), st.sampled_from([MILK, WOOL, Sku("3")]), st.integers(1, 10_000),
        st.sampled_from(StockState), st.sampled_from(StockState), st.just("test"),
    ),
    max_size=40,
)  # fmt: skip


@given(MOVEMENTS, st.randoms(use_true_random=False))
def test_stock_does_not_depend_on_the_order_of_arrival(moves: list[StockMovement], chance) -> None:
    shuffled = moves[:]
    chance.shuffle(shuffled)
    assert fold(moves) == fold(shuffled)


@given(MOVEMENTS)
def test_no_unit_comes_from_nowhere(moves: list[StockMovement]) -> None:
    balances = fold(moves)
    for sku in {move.sku for move in moves}:
        assert sum(qty for (of, _), qty in balances.items() if of == sku) == 0
    assert all(balances.values())


def test_selling_what_the_books_do_not_have_goes_below_zero_and_is_kept() -> None:
    sold = StockMovement(1, MILK, 1000, StockState.SELLABLE, StockState.CUSTOMER, "sale")
    assert fold([sold]) == {(MILK, StockState.SELLABLE): -1000, (MILK, StockState.CUSTOMER): 1000}
    assert StockState.CUSTOMER in EXTERNAL
    assert StockState.SELLABLE not in EXTERNAL
