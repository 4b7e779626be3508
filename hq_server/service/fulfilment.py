"""How facts about an order become its state at HQ.

The store owns what physically happened: HQ never rejects a store's fact. The rules are in `retail_core.domain.orderfold`; a
fact whose predecessor has not arrived waits for it (for a while), and what is disputed becomes an exception case.
"""

from collections.abc import Sequence

import msgspec

from hq_server.service import reservations
from hq_server.service.cases import new_case, open_cases
from hq_server.service.context import TODAY, Hq
from hq_server.storage import feed, orders, sales
from hq_server.storage.database import Unit
from hq_server.storage.orders import Fulfilment, Step, StepOutcome
from retail_core.domain.cases import CaseKind
from retail_core.domain.events import FulfilmentEvent, FulfilmentFact
from retail_core.domain.fulfilment import OrderDoc, State
from retail_core.domain.orderfold import UNKNOWN, folded, waits
from retail_core.wire.envelope import Entry

WAIT_FOR_STEP_MS = 600_000
MAX_STUCK_PER_SWEEP = 200


class OrderFact(msgspec.Struct, frozen=True):
    """A fact about an order and the head of its entry."""

    entry: Entry
    event: FulfilmentEvent

    def step(self, outcome: StepOutcome, now_ms: int) -> Step:
        event, entry = self.event, self.entry
        return Step(
            event.order_id,
            event.order_v,
            entry.id,
            event.what.value,
            entry.body,
            entry.actor,
            entry.at,
            outcome,
            now_ms,
        )


def fold(hq: Hq, unit: Unit, store: str, facts: Sequence[OrderFact]) -> None:
    """Take new facts of one store in; every order they touch is settled as far as its facts reach."""
    now_ms = hq.clock.now_ms()
    biz_dates = {fact.entry.id: fact.entry.biz_date for fact in facts}
    by_order: dict[str, list[OrderFact]] = {}
    for fact in facts:
        by_order.setdefault(fact.event.order_id, []).append(fact)
    for order_id in sorted(by_order):
        steps = [fact.step(StepOutcome.WAITING, now_ms) for fact in by_order[order_id]]
        held = orders.lock_fulfilment(unit, store, order_id)
        if held is None:
            orders.add_steps(unit, store, [msgspec.structs.replace(s, outcome=StepOutcome.DISPUTED) for s in steps])
            _dispute(hq, unit, store, order_id, steps[0], UNKNOWN, 0)
            continue
        orders.add_steps(unit, store, steps)
        settle(hq, unit, held, biz_dates)


def settle(hq: Hq, unit: Unit, held: Fulfilment, biz_dates: dict[str, str], *, gaps_too: bool = False) -> Fulfilment:
    """Apply waiting facts in order; with `gaps_too` those whose predecessor never came as well."""
    before = held
    for step in orders.steps_of(unit.conn, held.doc.store, held.doc.order_id, StepOutcome.WAITING):
        if waits(held.doc, step.order_v) and not gaps_too:
            break
        held = _take(hq, unit, held, step, biz_dates.get(step.event_id, ""))
    if held != before:
        save(hq, unit, held)
    return held


def settle_stuck(hq: Hq) -> int:
    """Housekeeping: facts that waited too long are applied without the one that never came. Returns how many orders."""
    before_ms = hq.clock.now_ms() - WAIT_FOR_STEP_MS
    stuck = hq.database.read(lambda conn: orders.stuck_orders(conn, before_ms, MAX_STUCK_PER_SWEEP))
    for store, order_id in stuck:

        def work(unit: Unit, store: str = store, order_id: str = order_id) -> None:
            held = orders.lock_fulfilment(unit, store, order_id)
            if held is not None:
                settle(hq, unit, held, {}, gaps_too=True)

        hq.database.write(work)
    return len(stuck)


def save(hq: Hq, unit: Unit, held: Fulfilment) -> None:
    """Write an order's new state and tell its store."""
    now_ms = hq.clock.now_ms()
    orders.save_fulfilment(unit, held, now_ms)
    feed.publish(unit, feed.store_scope(held.doc.store), [feed.Change("order", held.doc.order_id, held.doc)], now_ms)
    unit.changed.add(TODAY)


def report_unaccepted(hq: Hq, unit: Unit, held: Fulfilment) -> None:
    """Nobody at the store accepts this order: somebody must decide."""
    evidence: dict[str, str | int] = {"code": "order.not_accepted", "offers": held.offers}
    subject = f"{held.doc.number} · order.not_accepted"
    open_cases(unit, [new_case(hq, CaseKind.ORDER_CONFLICT, held.doc.store, subject, evidence)])


def _take(hq: Hq, unit: Unit, held: Fulfilment, step: Step, biz_date: str) -> Fulfilment:
    doc, event = held.doc, msgspec.json.decode(step.body, type=FulfilmentEvent)
    found = folded(doc, event)
    orders.set_outcome(unit, doc.store, step, StepOutcome.DISPUTED if found.disputed else StepOutcome.APPLIED)
    if found.exception:
        _dispute(hq, unit, doc.store, doc.number, step, found.exception, found.value_minor)
    if found.order.state is not doc.state or event.what is FulfilmentFact.SHORT:
        _keep_promises(unit, found.order, event, step, biz_date)
    return msgspec.structs.replace(held, doc=found.order)


def _dispute(hq: Hq, unit: Unit, store: str, subject: str, step: Step, code: str, value_minor: int) -> None:
    evidence: dict[str, str | int] = {
        "code": code, "what": step.what, "order_v": step.order_v, "event": step.event_id, "at": step.at_ms,
    }  # fmt: skip
    case = new_case(hq, CaseKind.ORDER_CONFLICT, store, f"{subject} · {code}", evidence, value_minor=value_minor)
    open_cases(unit, [case])


def _keep_promises(unit: Unit, doc: OrderDoc, event: FulfilmentEvent, step: Step, biz_date: str) -> None:
    if event.what is FulfilmentFact.SHORT:
        for line in event.lines:
            reservations.release_part(unit, doc, line.n, line.qty_milli)
    elif doc.state is State.COLLECTED:
        reservations.consume(unit, doc)
        if biz_date:
            hour = step.at_ms // sales.HOUR_MS
            total = sales.HourSum(doc.store, biz_date, sales.COLLECTED, hour, doc.currency, 1, doc.total_minor)
            sales.add_to_hours(unit, [total])
    elif doc.state in {State.CANCELLED, State.RESTOCKED}:
        reservations.release(unit, doc)
