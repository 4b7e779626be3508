"""A store locked one of its tills: head office sees it with the machine, and has somebody decide."""

import pytest

from hq_server.service import cases
from hq_server.service.ingest import take
from hq_server.service.machines import machines
from hq_server.web.machines_page import row_of
from hq_server.web.today_view import _about  # pyright: ignore[reportPrivateUsage]
from retail_core.domain.cases import CaseKind, ExceptionCase
from retail_core.domain.events import TillLocked
from tests.hq.support import STORE, Machine, Shop, enrolled

LOCKED = TillLocked(("agent-T3", "till-T3"), "T3", locked=True, n=1, why="missing", by="op-7")
FREE = TillLocked(("agent-T3", "till-T3"), "T3", locked=False, n=2, by="op-7")


def push(shop: Shop, machine: Machine, *events: TillLocked) -> int:
    for event in events:
        machine.says(event)
    return take(shop.hq, shop.contacts, machine.node, *machine.batch()).quarantined


def flagged(shop: Shop) -> list[ExceptionCase]:
    found = cases.listed(shop.hq, state=None, store=None, limit=50)
    return [case for case in found if case.kind is CaseKind.TILL_LOCKED]


def said_of(shop: Shop, register: str) -> str:
    return next(row.locked for row in map(row_of, machines(shop.hq)) if row.name == f"{register} · agent")


def test_a_till_that_its_store_locked_is_shown_first_and_is_a_case(shop: Shop) -> None:
    for register in ("T1", "T3"):
        enrolled(shop.hq, f"agent-{register}", role="agent", register=register)
    one, two = enrolled(shop.hq, "till-1"), enrolled(shop.hq, "till-2")
    assert push(shop, one, LOCKED) == 0
    assert row_of(machines(shop.hq)[0]).locked == "locked by its store (op-7): it is missing"
    assert said_of(shop, "T1") == ""
    (case,) = flagged(shop)
    assert (case.store, case.subject) == (STORE, "agent-T3")
    assert _about(case) == "T3: locked by its store; shut it out if it does not come back"
    push(shop, two, TillLocked(("agent-T3",), "T3", locked=True, n=1, why="missing", by="op-7", heard_from="agent-T1"))
    assert len(flagged(shop)) == 1, "who was told of it says the same once more"
    push(shop, two, FREE)
    assert said_of(shop, "T3") == ""


@pytest.mark.parametrize("order", [(LOCKED, FREE), (FREE, LOCKED)])
def test_the_last_word_of_the_store_holds_whatever_comes_first(shop: Shop, order: tuple[TillLocked, ...]) -> None:
    enrolled(shop.hq, "agent-T3", role="agent", register="T3")
    for n, event in enumerate(order):
        push(shop, enrolled(shop.hq, f"till-{n}"), event)
    assert said_of(shop, "T3") == ""
    assert len(flagged(shop)) == (order[0] is LOCKED), "what is over when it is heard is no case"


def test_a_lock_that_makes_no_sense_is_kept_aside(shop: Shop) -> None:
    one = enrolled(shop.hq, "till-1")
    assert push(shop, one, TillLocked((), "T3", locked=True, n=1)) == 1
    assert push(shop, one, TillLocked(("agent-T3",), "T3", locked=True, n=0)) == 1
    assert flagged(shop) == []
