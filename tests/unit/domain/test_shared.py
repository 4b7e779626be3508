"""What the tills of a store know of one another comes to the same in every order of arrival."""

from collections.abc import Sequence
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
    SaleCompleted,
    SoldLine,
)
from retail_core.domain.fulfilment import MovedLine, OrderDoc, OrderLine, Owner, State
from retail_core.domain.ids import Gtin, InstrumentId, OperatorId, OrderId, SaleId, Sku, StoreId
from retail_core.domain.origin import Origin
from retail_core.domain.returns import ReturnOf, ReturnReason
from retail_core.domain.saledata import SaleData, SaleState
from retail_core.domain.shared import (
    Shared,
    SharedBasket,
    SharedKind,
    SharedReturns,
    SharedValue,
    key_of,
    merged,
    told_by,
)
from retail_core.domain.shared_order import stepped
from retail_core.domain.value import ValueFact, ValueKind, ValueMoved

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

    def hears(self, event: Event, node: str = "T1", seq: int = 1) -> Sequence[Shared]:
        told = told_by(event, Origin(node, "op-1", f"{node}/e1", seq), lambda kind, key: self.rows.get((kind, key)))
        self.rows |= {key_of(one): one for one in told}
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
    assert not store.hears(TAKEN, "T1")


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
    (picked,) = store.hears(
        FulfilmentEvent(FulfilmentFact.PICKED, OrderId("O-1"), 5, (MovedLine(1, Sku("1001"), 1000),))
    )
    assert isinstance(picked, OrderDoc)
    assert (picked.state, picked.order_v, picked.lines[0].picked_milli) == (State.PICKING, 5, 1000)
    assert store.hears(FulfilmentEvent(FulfilmentFact.PICK_STARTED, OrderId("O-1"), 4)) == ()


def test_a_step_read_before_the_one_it_follows_waits_for_it() -> None:
    """Taken at once, the shelf would be told without the pick, and somebody would pick the goods once more."""
    store = Store(ORDER)
    picked = FulfilmentEvent(FulfilmentFact.PICKED, OrderId("O-1"), 5, (MovedLine(1, Sku("1001"), 2000),))
    steps = (
        FulfilmentEvent(FulfilmentFact.PICK_STARTED, OrderId("O-1"), 4),
        FulfilmentEvent(FulfilmentFact.CANCEL_REFUSED, OrderId("O-1"), 6),
        FulfilmentEvent(FulfilmentFact.STAGED, OrderId("O-1"), 7, shelf="A1"),
    )
    assert not store.hears(steps[2])
    assert stepped(ORDER, (steps[2], *steps[:2])) == (
        msgspec.structs.replace(ORDER, state=State.PICKING, order_v=4),
        steps[1:],
    )
    after, left = stepped(ORDER, (*steps, picked))
    assert (after.order_v, after.shelf, after.lines[0].picked_milli, left) == (7, "A1", 2000, ())


def test_what_cannot_be_followed_tells_nothing() -> None:
    store = Store(ORDER)
    assert not store.hears(AuditNoted("signed_in"))
    assert not store.hears(FulfilmentEvent(FulfilmentFact.PICK_STARTED, OrderId("O-2"), 4))
    assert not store.hears(FulfilmentEvent(FulfilmentFact.CANCEL_REQUESTED, OrderId("O-1"), 9))
    assert not store.hears(FulfilmentEvent(FulfilmentFact.COLLECTED, OrderId("O-1"), 9))  # nobody picked it


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


def returned(receipt: str, by_receipt: str, n: int, reason: ReturnReason = ReturnReason.UNWANTED) -> SaleCompleted:
    back = ReturnOf(reason, receipt=receipt, n=n)
    lines = (
        SoldLine(1, Sku("1001"), 1000, 119, -119, "food", -10, back=back),
        SoldLine(2, Sku("1002"), 1, 1, 1, "food", 0),
    )
    return SaleCompleted(SaleId(by_receipt), by_receipt, "EUR", lines, (), (), -118)


def returns_of(store: Store, receipt: str) -> SharedReturns:
    found = store.rows[SharedKind.RETURNS, receipt]
    assert isinstance(found, SharedReturns)
    return found


@pytest.mark.parametrize("twice", [False, True])
def test_what_came_back_of_a_receipt_is_counted_once_whoever_tells_it(twice: bool) -> None:
    store = Store()
    for _ in range(2 if twice else 1):
        store.hears(returned("R-1", "T1-5", 1), "T1")
        store.hears(returned("R-1", "T2-9", 1), "T2")
    assert [(part.node, part.n, part.qty_milli, part.minor) for part in returns_of(store, "R-1").parts] == [
        ("T1", 1, 1000, 119),
        ("T2", 1, 1000, 119),
    ]
    assert not returns_of(store, "R-1").voided_by
    store.hears(returned("R-2", "T1-6", 1, ReturnReason.POST_VOID))
    assert returns_of(store, "R-2").voided_by == "T1-6"


def test_moves_of_a_gift_card_are_seen_by_all_each_once() -> None:
    store, card = Store(), InstrumentId("i1")
    issued = ValueMoved(ValueFact.ISSUED, "m1", card, ValueKind.GIFT_CARD, 5000, "EUR")
    spent = ValueMoved(ValueFact.REDEEMED, "m2", card, ValueKind.GIFT_CARD, 1500, "EUR")
    store.hears(issued, "T1", 7)
    store.hears(spent, "T2", 3)
    assert not store.hears(spent, "T2", 3)
    found = store.rows[SharedKind.VALUE, "i1"]
    assert isinstance(found, SharedValue)
    assert sum(move.delta for move in found.moves) == 3500
    assert found.issue == issued
