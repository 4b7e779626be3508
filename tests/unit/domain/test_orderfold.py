"""One fact about an order at a time: what HQ makes of it, and when people must look."""

import pytest

from retail_core.domain.events import FulfilmentEvent, FulfilmentFact
from retail_core.domain.fulfilment import MovedLine, OrderDoc, OrderLine, Owner, State
from retail_core.domain.ids import Gtin, OrderId, Sku, StoreId
from retail_core.domain.orderfold import Folded, folded, waits

LINE = OrderLine(1, Sku("1001"), "Milk", Gtin("0" * 14), 2000)


def order(state: State, order_v: int = 3, *, cancel_requested: bool = False) -> OrderDoc:
    return OrderDoc(
        OrderId("O-1"), "W-10477", StoreId("S0319"), "web", state, order_v, Owner.STORE, "EUR", (LINE,),
        total_minor=2999, cancel_requested=cancel_requested,
    )  # fmt: skip


def fact(what: FulfilmentFact, order_v: int = 4, *lines: MovedLine) -> FulfilmentEvent:
    return FulfilmentEvent(what, OrderId("O-1"), order_v, lines)


def told(found: Folded) -> tuple[State, int, str, bool, int]:
    return found.order.state, found.order.order_v, found.exception, found.disputed, found.value_minor


def test_a_fact_waits_for_the_one_before_it() -> None:
    assert waits(order(State.PICKING), 5)
    assert not waits(order(State.PICKING), 4)
    assert not waits(order(State.PICKING), 2)


def test_the_next_step_is_taken() -> None:
    assert told(folded(order(State.ACCEPTED), fact(FulfilmentFact.PICK_STARTED))) == (State.PICKING, 4, "", False, 0)


@pytest.mark.parametrize("what", [FulfilmentFact.CANCEL_REFUSED, FulfilmentFact.SUBSTITUTED])
def test_an_answer_or_a_substitution_moves_the_version_alone(what: FulfilmentFact) -> None:
    found = folded(order(State.PICKING, cancel_requested=True), fact(what))
    assert told(found) == (State.PICKING, 4, "", False, 0)
    assert found.order.cancel_requested is (what is not FulfilmentFact.CANCEL_REFUSED)


def test_what_a_store_will_not_do_is_for_people() -> None:
    assert told(folded(order(State.ACCEPTED), fact(FulfilmentFact.REJECTED))) == (
        State.REJECTED, 4, "order.rejected", False, 2999,
    )  # fmt: skip


def test_a_second_decision_changes_nothing() -> None:
    ready = order(State.READY)
    assert folded(ready, fact(FulfilmentFact.PICK_STARTED, 3)) == Folded(ready, "order.two_decisions", disputed=True)


def test_a_step_that_cannot_be_leaves_the_order_where_it_is() -> None:
    assert told(folded(order(State.ACCEPTED), fact(FulfilmentFact.READY))) == (
        State.ACCEPTED, 4, "fulfilment.illegal_move", True, 0,
    )  # fmt: skip


@pytest.mark.parametrize("order_v", [3, 4])
def test_collected_beats_cancelled(order_v: int) -> None:
    found = folded(order(State.CANCELLED), fact(FulfilmentFact.COLLECTED, order_v))
    assert (found.order.state, found.disputed, found.value_minor) == (State.COLLECTED, True, 2999)
    assert found.exception in {"order.two_decisions", "fulfilment.illegal_move"}


def test_handed_over_twice_is_one_thing_to_look_at() -> None:
    found = folded(order(State.COLLECTED), fact(FulfilmentFact.COLLECTED, 3))
    assert told(found) == (State.COLLECTED, 3, "order.handed_over_twice", True, 2999)
