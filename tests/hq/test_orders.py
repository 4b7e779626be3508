"""Orders are promised once, followed as the store tells it, and cancelled by the rules."""

import threading

import msgspec
import pytest

from hq_server.service import availability, cases, feed, fulfilment, orders, stock_moves
from hq_server.service.ingest import take
from hq_server.service.orders import Placed, Wish, WishLine
from hq_server.storage import orders as stored
from hq_server.storage.orders import StepOutcome
from retail_core.domain.cases import CaseKind
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import Event
from retail_core.domain.fulfilment import OrderDoc, Owner, State
from retail_core.trust.pickup import code_matches, read_pass
from retail_core.wire.messages import FeedRow, PushAnswer
from tests.hq.support import OTHER_STORE, STORE, Machine, Shop, enrolled, put_stock, step


def wish(*lines: tuple[str, int], store: str | None = STORE) -> Wish:
    return Wish(tuple(WishLine(sku, count * 1000) for sku, count in lines), "Ada Lovelace", store=store)


def placed(shop: Shop, *lines: tuple[str, int], store: str | None = STORE, key: str = "k1") -> Placed:
    return orders.place(shop.hq, wish(*lines, store=store), key, "web")


def free(shop: Shop, sku: str = "THROW") -> dict[str, int]:
    return {one.store: one.atp_milli // 1000 for one in availability.available(shop.hq, sku)}


def order(shop: Shop, order_id: str) -> OrderDoc:
    return shop.hq.database.read(lambda conn: orders.find(conn, order_id)).doc


def tell(shop: Shop, machine: Machine, *events: Event) -> None:
    after = machine.head.seq
    machine.says(*events)
    answer = take(shop.hq, shop.contacts, machine.node, *machine.batch(after)).answer
    assert isinstance(answer, PushAnswer)
    assert not answer.quarantined


def books_agree(shop: Shop) -> bool:
    return not stock_moves.verify(shop.hq)


def conflicts(shop: Shop) -> list[str]:
    listed = cases.listed(shop.hq, state=None, store=None, limit=20)
    return [str(case.evidence["code"]) for case in listed if case.kind is CaseKind.ORDER_CONFLICT]


def in_feed(shop: Shop, store: str = STORE) -> OrderDoc | None:
    page = feed.signed_page(shop.hq, f"store:{store}", 0, 5000, {})
    rows = [msgspec.json.decode(line, type=FeedRow) for line in page.body.splitlines()]
    docs = [msgspec.json.decode(row.doc, type=OrderDoc) for row in rows if row.kind == "order" and row.op == "put"]
    return docs[-1] if docs else None


def test_an_order_from_placing_to_handing_over(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=9)
    made = placed(shop, ("THROW", 2))
    doc = made.order.doc
    assert (doc.state, doc.owner, doc.total_minor, doc.store) == (State.OFFERED, Owner.HQ, 5998, STORE)
    assert doc == in_feed(shop)
    assert free(shop)[STORE] == 7
    proof = read_pass(shop.hq.key.public_text, made.pickup_pass, shop.clock.now_ms())
    assert (proof.order_id, proof.store) == (doc.order_id, STORE)
    assert code_matches(doc.code_salt, doc.code_hash, made.code.lower())
    assert len(made.code) == 8

    agent, till = enrolled(shop.hq, "agent-1", role="agent"), enrolled(shop.hq, "till-2")
    v, oid = doc.order_v, doc.order_id
    tell(shop, agent, step("accepted", oid, v + 1))
    tell(shop, till, step("pick_started", oid, v + 2), step("picked", oid, v + 3, (1, "THROW", 1)))
    tell(shop, till, step("picked", oid, v + 4, (1, "THROW", 1)), step("staged", oid, v + 5, shelf="B-04"))
    tell(shop, till, step("ready", oid, v + 6))
    ready = order(shop, oid)
    assert (ready.state, ready.owner, ready.shelf, ready.lines[0].picked_milli) == (
        State.READY,
        Owner.STORE,
        "B-04",
        2000,
    )
    assert free(shop)[STORE] == 7
    assert books_agree(shop)
    tell(shop, till, step("collected", oid, v + 7, (1, "THROW", 2)))
    assert order(shop, oid).state is State.COLLECTED
    assert in_feed(shop) == order(shop, oid)
    assert free(shop)[STORE] == 7
    assert books_agree(shop)
    assert not conflicts(shop)
    steps = shop.hq.database.read(lambda conn: stored.steps_of(conn, STORE, oid))
    assert [one.what for one in steps][:2] == ["offered", "accepted"]


def test_facts_that_come_in_any_order_give_the_same_order(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=3)
    doc = placed(shop, ("THROW", 1)).order.doc
    agent, till = enrolled(shop.hq, "agent-1", role="agent"), enrolled(shop.hq, "till-2")
    v, oid = doc.order_v, doc.order_id
    tell(shop, till, step("pick_started", oid, v + 2), step("picked", oid, v + 3, (1, "THROW", 1)))
    assert order(shop, oid).state is State.OFFERED
    tell(shop, agent, step("accepted", oid, v + 1))
    assert order(shop, oid).state is State.PICKING
    assert order(shop, oid).lines[0].picked_milli == 1000
    assert not conflicts(shop)
    assert books_agree(shop)


def test_a_step_that_never_comes_does_not_hold_an_order_for_ever(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=3)
    doc = placed(shop, ("THROW", 1)).order.doc
    till = enrolled(shop.hq, "till-2")
    tell(shop, till, step("collected", doc.order_id, doc.order_v + 5, (1, "THROW", 1)))
    assert order(shop, doc.order_id).state is State.OFFERED
    shop.clock.later(fulfilment.WAIT_FOR_STEP_MS + 1)
    assert fulfilment.settle_stuck(shop.hq) == 1
    assert order(shop, doc.order_id).state is State.COLLECTED
    assert fulfilment.settle_stuck(shop.hq) == 0
    assert conflicts(shop) == ["fulfilment.illegal_move"]


def test_the_same_request_twice_is_one_order(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=5)
    first, again = placed(shop, ("THROW", 2)), placed(shop, ("THROW", 2))
    assert again.order == first.order
    assert (again.code, again.repeated) == (first.code, True)
    assert free(shop)[STORE] == 3
    with pytest.raises(RuleViolationError) as refused:
        placed(shop, ("THROW", 1))
    assert refused.value.code == "order.key_reused"


def test_the_last_piece_is_promised_once(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=3, LAMP=9)
    got: list[str] = []

    def buy(n: int) -> None:
        try:
            placed(shop, ("LAMP", 1), ("THROW", 1), key=f"key-{n}")
            got.append("yes")
        except RuleViolationError as refused:
            got.append(refused.code)

    buyers = [threading.Thread(target=buy, args=(n,)) for n in range(8)]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()
    assert sorted(got) == ["order.not_available"] * 5 + ["yes"] * 3
    assert free(shop)[STORE] == 0
    assert free(shop, "LAMP")[STORE] == 6
    assert books_agree(shop)


def test_demand_for_one_item_on_two_lines_is_added_up(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=3)
    with pytest.raises(RuleViolationError):
        placed(shop, ("THROW", 2), ("THROW", 2))
    assert free(shop)[STORE] == 3
    assert books_agree(shop)


def test_without_a_store_the_best_one_is_chosen_and_the_reason_kept(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=2)
    put_stock(shop.hq, OTHER_STORE, THROW=6)
    made = placed(shop, ("THROW", 3), store=None)
    assert made.order.doc.store == OTHER_STORE
    assert made.order.sourcing.rejected == ((STORE, "THROW: 2000 of 3000 thousandths available"),)


BAD = [
    (wish(("NOPE", 1)), "order.unknown_item"),
    (wish(("THROW", 0)), "order.bad_line"),
    (wish(), "order.bad_line"),
    (wish(("THROW", 1), store="S9999"), "order.unknown_store"),
    (Wish((WishLine("THROW", 500),), "A", store=STORE), "order.bad_line"),
    (Wish((WishLine("THROW", 1000),), "A", store=STORE, due_ms=5), "order.bad_time"),
]


@pytest.mark.parametrize(("asked", "code"), BAD, ids=[code + str(n) for n, (_, code) in enumerate(BAD)])
def test_an_impossible_order_is_refused_and_promises_nothing(shop: Shop, asked: Wish, code: str) -> None:
    put_stock(shop.hq, STORE, THROW=3)
    with pytest.raises(RuleViolationError) as refused:
        orders.place(shop.hq, asked, "k", "web")
    assert refused.value.code == code
    assert books_agree(shop)
    assert free(shop)[STORE] == 3


def test_hq_cancels_what_no_store_has_accepted(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=3)
    doc = placed(shop, ("THROW", 2)).order.doc
    assert orders.cancel(shop.hq, doc.order_id, "web").doc.state is State.CANCELLED
    assert orders.cancel(shop.hq, doc.order_id, "web").doc.state is State.CANCELLED
    assert free(shop)[STORE] == 3
    assert books_agree(shop)


def test_a_store_that_picks_is_asked_and_answers(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=3)
    doc = placed(shop, ("THROW", 2)).order.doc
    agent = enrolled(shop.hq, "agent-1", role="agent")
    v, oid = doc.order_v, doc.order_id
    tell(
        shop,
        agent,
        step("accepted", oid, v + 1),
        step("pick_started", oid, v + 2),
        step("picked", oid, v + 3, (1, "THROW", 1)),
    )
    asked = orders.cancel(shop.hq, oid, "web").doc
    assert (asked.state, asked.cancel_requested, asked.order_v) == (State.PICKING, True, v + 3)
    tell(shop, agent, step("cancel_refused", oid, v + 4))
    assert (order(shop, oid).state, order(shop, oid).cancel_requested) == (State.PICKING, False)
    orders.cancel(shop.hq, oid, "web")
    tell(shop, agent, step("cancel_confirmed", oid, v + 5, (1, "THROW", 1)))
    assert order(shop, oid).state is State.CANCELLED
    assert free(shop)[STORE] == 3
    assert books_agree(shop)
    assert not conflicts(shop)


def test_collected_beats_cancelled(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=3)
    doc = placed(shop, ("THROW", 1)).order.doc
    v, oid = doc.order_v, doc.order_id
    orders.cancel(shop.hq, oid, "web")
    till = enrolled(shop.hq, "till-2")
    tell(
        shop,
        till,
        step("accepted", oid, v + 1),
        step("pick_started", oid, v + 2),
        step("picked", oid, v + 3, (1, "THROW", 1)),
    )
    tell(shop, till, step("collected", oid, v + 4, (1, "THROW", 1)))
    assert order(shop, oid).state is State.COLLECTED
    assert "order.two_decisions" in conflicts(shop)
    assert free(shop)[STORE] == 2
    assert books_agree(shop)


def test_the_second_hand_over_is_a_case_with_its_value(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=3)
    doc = placed(shop, ("THROW", 1)).order.doc
    v, oid = doc.order_v, doc.order_id
    one, two = enrolled(shop.hq, "till-1"), enrolled(shop.hq, "till-2")
    tell(
        shop, one, step("accepted", oid, v + 1), step("pick_started", oid, v + 2),
        step("picked", oid, v + 3, (1, "THROW", 1)), step("staged", oid, v + 4, shelf="A-1"), step("ready", oid, v + 5),
        step("collected", oid, v + 6, (1, "THROW", 1)),
    )  # fmt: skip
    tell(shop, two, step("collected", oid, v + 6, (1, "THROW", 1)))
    (case,) = [c for c in cases.listed(shop.hq, state=None, store=STORE, limit=9) if c.kind is CaseKind.ORDER_CONFLICT]
    assert (case.evidence["code"], case.value_minor) == ("order.handed_over_twice", 2999)
    steps = shop.hq.database.read(lambda conn: stored.steps_of(conn, STORE, oid, StepOutcome.DISPUTED))
    assert len(steps) == 1
    assert books_agree(shop)


def test_what_is_not_found_is_no_longer_promised(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=3)
    doc = placed(shop, ("THROW", 2)).order.doc
    agent = enrolled(shop.hq, "agent-1", role="agent")
    v, oid = doc.order_v, doc.order_id
    tell(
        shop,
        agent,
        step("accepted", oid, v + 1),
        step("pick_started", oid, v + 2),
        step("picked", oid, v + 3, (1, "THROW", 1)),
    )
    tell(shop, agent, step("short", oid, v + 4, (1, "THROW", 1), reason="not_in_stock"))
    assert order(shop, oid).lines[0].short_milli == 1000
    assert books_agree(shop)
    assert free(shop)[STORE] == 1


def test_an_offer_nobody_accepts_is_offered_again_and_then_shown(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=3)
    doc = placed(shop, ("THROW", 1)).order.doc
    assert orders.renew_late_offers(shop.hq) == 0
    for _ in range(3):
        shop.clock.later(orders.LEASE_MS + orders.LEASE_MARGIN_MS + 1)
        assert orders.renew_late_offers(shop.hq) == 1
    renewed = order(shop, doc.order_id)
    assert renewed.order_v == doc.order_v
    assert renewed.lease_until_ms > shop.clock.now_ms()
    assert in_feed(shop) == renewed
    assert conflicts(shop) == ["order.not_accepted"]


def test_an_order_nobody_knows_is_a_case_and_its_goods_still_moved(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=3)
    tell(shop, enrolled(shop.hq, "till-2"), step("collected", "no-such-order", 7, (1, "THROW", 1)))
    assert conflicts(shop) == ["order.unknown"]
    assert books_agree(shop)


def test_a_closed_order_leaves_the_feed_with_the_customers_name(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=3)
    doc = placed(shop, ("THROW", 1)).order.doc
    orders.cancel(shop.hq, doc.order_id, "web")
    assert orders.retire_closed(shop.hq, shop.clock.now_ms()) == 0
    assert orders.retire_closed(shop.hq, shop.clock.now_ms() + 1) == 1
    assert orders.retire_closed(shop.hq, shop.clock.now_ms() + 1) == 0
    assert in_feed(shop) is None
    assert b"Lovelace" not in feed.signed_page(shop.hq, f"store:{STORE}", 0, 5000, {}).body
