"""The life of a store's part of an order: the documented table, cell by cell, and what a pick may do."""

import msgspec
import pytest

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import ACTION_OF, FulfilmentFact
from retail_core.domain.fulfilment import (
    FINAL,
    TRANSITIONS,
    Action,
    MovedLine,
    OrderDoc,
    OrderLine,
    Owner,
    State,
    apply,
    check_ready,
)
from retail_core.domain.ids import Gtin, OrderId, Sku, StoreId

# orders.md, section 4, one row per state: what may happen, and where it leads
DOCUMENTED = {
    "new": "allocate→allocated cancel→cancelled",
    "allocated": "offer→offered reject→rejected cancel→cancelled",
    "offered": "accept→accepted lapse→allocated reject→rejected cancel→cancelled",
    "accepted": "start_picking→picking reject→rejected cancel→cancelled",
    "picking": "pick→picking short→picking stage→picking mark_ready→ready ship→shipped reject→rejected cancel→cancelled",
    "ready": "hand_over→collected expire→expired ship→shipped cancel→cancelled",
    "collected": "",
    "expired": "scan_back→restocked cancel→cancelled",
    "restocked": "",
    "rejected": "allocate→allocated cancel→cancelled",
    "cancelled": "",
    "shipped": "receive→received_at_store cancel→cancelled",
    "received_at_store": "mark_ready→ready cancel→cancelled",
}


def order(state: State = State.PICKING, *lines: OrderLine, shelf: str = "") -> OrderDoc:
    wanted = lines or (line(1, "1004", 2000), line(2, "2001", 1000))
    return OrderDoc(
        OrderId("O-1"), "W-10477", StoreId("S0319"), "web", state, 3, Owner.HQ, "EUR", wanted, shelf=shelf
    )  # fmt: skip


def line(n: int, sku: str, qty_milli: int, picked_milli: int = 0, short_milli: int = 0) -> OrderLine:
    return OrderLine(n, Sku(sku), "Thing", Gtin("0" * 14), qty_milli, picked_milli, short_milli)


def moved(n: int, sku: str, qty_milli: int) -> MovedLine:
    return MovedLine(n, Sku(sku), qty_milli)


def refusal(move) -> str:
    with pytest.raises(RuleViolationError) as refused:
        move()
    return refused.value.code


@pytest.mark.parametrize("state", State)
def test_every_cell_of_the_documented_table(state: State) -> None:
    documented = dict(cell.split("→") for cell in DOCUMENTED[state.value].split())
    for action in Action:
        before = order(state)
        leads_to = documented.get(action.value)
        if leads_to is None:
            assert refusal(lambda before=before, action=action: apply(before, action)) == "fulfilment.illegal_move"
        else:
            after = apply(before, action)
            assert (after.state, after.order_v) == (leads_to, before.order_v + 1)
        assert before == order(state)


def test_the_table_holds_nothing_that_is_not_documented() -> None:
    documented = {(state, cell.split("→")[0]) for state, cells in DOCUMENTED.items() for cell in cells.split()}
    assert {(state.value, action.value) for state, action in TRANSITIONS} == documented
    assert {state for state, cells in DOCUMENTED.items() if not cells} == FINAL


def test_every_state_can_be_reached_and_left_but_the_final_ones() -> None:
    reached = {State.NEW}
    while True:
        more = {to for (state, _), to in TRANSITIONS.items() if state in reached} - reached
        if not more:
            break
        reached |= more
    assert reached == set(State)


def test_every_fact_of_a_store_has_its_act_or_changes_no_state() -> None:
    stateless = {"substituted", "cancel_requested", "cancel_refused"}
    assert set(FulfilmentFact) - set(ACTION_OF) == stateless
    assert set(Action) - set(ACTION_OF.values()) == {"allocate", "lapse"}  # HQ's own


def test_the_store_owns_an_order_from_accepting_it() -> None:
    assert apply(order(State.ALLOCATED), Action.OFFER).owner is Owner.HQ
    assert apply(order(State.OFFERED), Action.ACCEPT).owner is Owner.STORE


def test_a_whole_pickup_from_shelf_to_customer() -> None:
    picking = apply(order(State.ACCEPTED), Action.START_PICKING)
    one = apply(picking, Action.PICK, (moved(1, "1004", 1000),))
    assert [left.left_milli for left in one.lines] == [1000, 1000]
    assert refusal(lambda: check_ready(one)) == "fulfilment.not_all_picked"
    both = apply(apply(one, Action.PICK, (moved(1, "1004", 1000),)), Action.SHORT, (moved(2, "2001", 1000),))
    assert [(part.picked_milli, part.short_milli) for part in both.lines] == [(2000, 0), (0, 1000)]
    assert refusal(lambda: check_ready(both)) == "fulfilment.not_staged"
    staged = apply(both, Action.STAGE, shelf="B-07")
    check_ready(staged)
    ready = apply(staged, Action.MARK_READY)
    assert ready.shelf == "B-07"
    assert apply(ready, Action.HAND_OVER, order_v=40).order_v == 40


def test_an_order_of_which_nothing_was_found_is_not_ready() -> None:
    nothing = order(State.PICKING, line(1, "1004", 1000, short_milli=1000), shelf="B-07")
    assert refusal(lambda: check_ready(nothing)) == "fulfilment.nothing_picked"


@pytest.mark.parametrize("action", [Action.PICK, Action.SHORT])
@pytest.mark.parametrize(
    ("part", "code"),
    [
        (moved(1, "2001", 1000), "pick.wrong_item"),
        (moved(9, "1004", 1000), "pick.wrong_item"),
        (moved(1, "1004", 2001), "pick.too_many"),
        (moved(1, "1004", 0), "quantity.zero"),
        (moved(1, "1004", -1000), "quantity.zero"),
    ],
)
def test_a_wrong_pick_is_refused_and_changes_nothing(action: Action, part: MovedLine, code: str) -> None:
    before = order()
    assert refusal(lambda: apply(before, action, (moved(2, "2001", 1000), part))) == code
    assert before == order()


def test_an_act_without_goods_leaves_the_lines_alone() -> None:
    ready = order(State.READY, line(1, "1004", 1000, 1000))
    assert apply(ready, Action.HAND_OVER, (moved(1, "1004", 1000),)).lines == ready.lines


def test_the_order_travels_without_what_it_does_not_say() -> None:
    doc = msgspec.json.decode(msgspec.json.encode(order()))
    assert set(doc) == {
        "order_id", "number", "store", "channel", "state", "order_v", "owner", "currency", "lines",
    }  # fmt: skip
