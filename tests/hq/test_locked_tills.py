"""A store locked one of its tills: head office sees it with the machine, and has somebody decide."""

import msgspec
import pytest

from hq_server.service import cases, shutting_out
from hq_server.service.ingest import take
from hq_server.service.machines import machines
from hq_server.web.machines_page import row_of
from hq_server.web.today_view import _about  # pyright: ignore[reportPrivateUsage]
from retail_core.domain.cases import CaseKind, CaseState, ExceptionCase
from retail_core.domain.events import TillLocked
from tests.hq.support import NOON_MS, STORE, Machine, Shop, enrolled

LOCKED = TillLocked(("agent-T3", "till-T3"), "T3", locked=True, n=1, why="missing", by="op-7")
FREE = TillLocked(("agent-T3", "till-T3"), "T3", locked=False, n=2, by="op-7")


def push(shop: Shop, machine: Machine, *events: TillLocked) -> int:
    for event in events:
        machine.says(event)
    return take(shop.hq, shop.contacts, machine.node, *machine.batch()).quarantined


def flagged(shop: Shop) -> list[ExceptionCase]:
    found = cases.listed(shop.hq, state=None, store=None, limit=50)
    return [case for case in found if case.kind is CaseKind.TILL_LOCKED]


def settled(shop: Shop) -> list[ExceptionCase]:
    found = cases.listed(shop.hq, state=CaseState.CLOSED, store=STORE, limit=50)
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


def test_a_till_that_is_let_in_again_needs_no_decision_and_its_case_says_who_did_what_and_when(shop: Shop) -> None:
    enrolled(shop.hq, "agent-T3", role="agent", register="T3")
    one = enrolled(shop.hq, "till-1")
    push(shop, one, LOCKED)
    (case,) = flagged(shop)
    cases.act(shop.hq, STORE, case.case_id, "take")
    one.says(msgspec.structs.replace(FREE, by="op-9"), at_ms=NOON_MS - 1_000)
    take(shop.hq, shop.contacts, one.node, *one.batch())
    assert flagged(shop) == []
    (case,) = settled(shop)
    expected: dict[str, str | int] = {
        "by": "op-7", "locked_ms": NOON_MS - 2_000, "unlocked_by": "op-9", "unlocked_ms": NOON_MS - 1_000,
    }  # fmt: skip
    assert expected.items() <= case.evidence.items()
    push(shop, one, msgspec.structs.replace(LOCKED, n=3, by="op-8"))
    (again,) = flagged(shop)
    assert (again.case_id != case.case_id, again.evidence["by"]) == (True, "op-8"), "it is another matter"


def test_an_old_word_that_comes_late_does_not_end_the_case_of_a_newer_lock(shop: Shop) -> None:
    enrolled(shop.hq, "agent-T3", role="agent", register="T3")
    push(shop, enrolled(shop.hq, "till-1"), LOCKED)
    push(shop, enrolled(shop.hq, "till-2"), msgspec.structs.replace(LOCKED, n=3, by="op-8"))
    push(shop, enrolled(shop.hq, "till-3"), FREE)
    assert len(flagged(shop)) == 1
    push(shop, enrolled(shop.hq, "till-4"), msgspec.structs.replace(FREE, n=4, by="op-9"))
    (case,) = settled(shop)
    assert (case.evidence["by"], case.evidence["unlocked_by"]) == ("op-8", "op-9"), "who locked it last"


def test_a_locked_till_that_is_shut_out_for_good_needs_no_decision_any_more(shop: Shop) -> None:
    enrolled(shop.hq, "agent-T3", role="agent", register="T3")
    push(shop, enrolled(shop.hq, "till-1"), LOCKED)
    shutting_out.shut_out(shop.hq, "agent-T3", "Ines")
    (case,) = settled(shop)
    assert (case.evidence["by"], case.evidence["shut_out_by"], case.evidence["shut_out_ms"]) == (
        "op-7",
        "Ines",
        NOON_MS,
    )
    push(shop, enrolled(shop.hq, "till-2"), msgspec.structs.replace(LOCKED, n=3))
    assert flagged(shop) == [], "its store heard of it later"


@pytest.mark.parametrize("order", [(LOCKED, FREE), (FREE, LOCKED)])
def test_the_last_word_of_the_store_holds_whatever_comes_first(shop: Shop, order: tuple[TillLocked, ...]) -> None:
    enrolled(shop.hq, "agent-T3", role="agent", register="T3")
    for n, event in enumerate(order):
        push(shop, enrolled(shop.hq, f"till-{n}"), event)
    assert said_of(shop, "T3") == ""
    assert flagged(shop) == [], "what is over needs no decision"
    assert len(settled(shop)) == (order[0] is LOCKED), "what is over when it is heard is no case"


def test_a_lock_that_makes_no_sense_is_kept_aside(shop: Shop) -> None:
    one = enrolled(shop.hq, "till-1")
    assert push(shop, one, TillLocked((), "T3", locked=True, n=1)) == 1
    assert push(shop, one, TillLocked(("agent-T3",), "T3", locked=True, n=0)) == 1
    assert flagged(shop) == []
