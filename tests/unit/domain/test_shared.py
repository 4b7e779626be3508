"""What the tills of a store know of one another comes to the same in every order of arrival."""

from itertools import permutations

import msgspec
import pytest

from retail_core.domain.events import (
    AuditNoted,
    BasketRecalled,
    BasketSuspended,
    Event,
    FulfilmentEvent,
    FulfilmentFact,
)
from retail_core.domain.fulfilment import MovedLine, OrderDoc, OrderLine, Owner, State
from retail_core.domain.ids import Gtin, OperatorId, OrderId, SaleId, Sku, StoreId
from retail_core.domain.sale import SaleData, SaleState
from retail_core.domain.shared import Origin, Shared, SharedBasket, SharedKind, key_of, merged, told_by

BASKET = SaleData(SaleId("s1"), OperatorId("op-1"), "EUR", 1, "b", SaleState.OPEN, ())
ASIDE = BasketSuspended(SaleId("s1"), 10, 2, 238, "Milk", BASKET)
TAKEN = BasketRecalled(SaleId("s1"), 10, SaleId("s2"))
AGAIN = BasketSuspended(SaleId("s1"), 30, 3, 300, "Milk", BASKET)
ORDER = OrderDoc(
    OrderId("O-1"), "W-1", StoreId("S1"), "web", State.ACCEPTED, 3, Owner.STORE, "EUR",
    (OrderLine(1, Sku("1001"), "Milk", Gtin("1"), 2000),),
)  # fmt: skip


class Store:
    """Folds facts as the store role does."""

    def __init__(self, *orders: OrderDoc) -> None:
        self.rows: dict[tuple[SharedKind, str], Shared] = {key_of(order): order for order in orders}

    def hears(self, event: Event, node: str = "T1") -> Shared | None:
        told = told_by(event, Origin(node, "op-1"), lambda kind, key: self.rows.get((kind, key)))
        if told:
            self.rows[key_of(told)] = told
        return told

    @property
    def basket(self) -> SharedBasket:
        found = self.rows[SharedKind.BASKET, "s1"]
        assert isinstance(found, SharedBasket)
        return found


def test_a_basket_put_aside_can_be_taken_up_anywhere_and_is_gone_then() -> None:
    store = Store()
    store.hears(ASIDE)
    assert (store.basket.node, store.basket.units, store.basket.basket) == ("T1", 2, BASKET)
    store.hears(TAKEN, "T2")
    assert (store.basket.taken_by, store.basket.basket) == ("T2", None)
    assert store.hears(TAKEN, "T1") is None


@pytest.mark.parametrize("order", list(permutations([(ASIDE, "T1"), (TAKEN, "T2")])))
def test_the_order_of_arrival_does_not_matter(order: tuple[tuple[Event, str], ...]) -> None:
    store = Store()
    for event, node in order:
        store.hears(event, node)
    assert store.basket.taken_by == "T2"


@pytest.mark.parametrize("order", list(permutations([(ASIDE, "T1"), (TAKEN, "T2"), (AGAIN, "T2")])))
def test_a_basket_taken_up_and_put_aside_again_is_there_again(order: tuple[tuple[Event, str], ...]) -> None:
    store = Store()
    for event, node in order:
        store.hears(event, node)
    assert (store.basket.node, store.basket.units, store.basket.basket) == ("T2", 3, BASKET)


def test_a_step_of_an_order_is_seen_by_all_and_an_old_one_changes_nothing() -> None:
    store = Store(ORDER)
    store.hears(FulfilmentEvent(FulfilmentFact.PICK_STARTED, OrderId("O-1"), 4))
    picked = store.hears(FulfilmentEvent(FulfilmentFact.PICKED, OrderId("O-1"), 5, (MovedLine(1, Sku("1001"), 1000),)))
    assert isinstance(picked, OrderDoc)
    assert (picked.state, picked.order_v, picked.lines[0].picked_milli) == (State.PICKING, 5, 1000)
    assert store.hears(FulfilmentEvent(FulfilmentFact.PICK_STARTED, OrderId("O-1"), 4)) is None


def test_what_cannot_be_followed_tells_nothing() -> None:
    store = Store(ORDER)
    assert store.hears(AuditNoted("signed_in")) is None
    assert store.hears(FulfilmentEvent(FulfilmentFact.PICK_STARTED, OrderId("O-2"), 4)) is None
    assert store.hears(FulfilmentEvent(FulfilmentFact.CANCEL_REQUESTED, OrderId("O-1"), 9)) is None
    assert store.hears(FulfilmentEvent(FulfilmentFact.COLLECTED, OrderId("O-1"), 9)) is None  # nobody picked it


def test_a_new_store_role_takes_what_others_remember_unless_it_knows_better() -> None:
    aside, taken = SharedBasket(SaleId("s1"), put_ms=10), SharedBasket(SaleId("s1"), put_ms=10, taken_by="T2")
    assert merged(None, aside) == aside
    assert merged(aside, taken) == taken
    assert merged(taken, aside) is None
    assert merged(taken, taken) is None
    newer = msgspec.structs.replace(ORDER, order_v=4)
    assert merged(None, ORDER) == ORDER
    assert merged(ORDER, newer) == newer
    assert merged(newer, ORDER) is None
