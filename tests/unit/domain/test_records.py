"""Cases, jobs, claims, permissions, prices, cash suggestions and errors: the small tables everybody asks."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.cases import CASE_TRANSITIONS, CaseKind, CaseState, ExceptionCase
from retail_core.domain.errors import CodedError, EnvironmentFault, InvariantError, RuleViolationError, require
from retail_core.domain.ids import Sku
from retail_core.domain.jobs import JOB_TRANSITIONS, MAX_TRIES, Job, JobState
from retail_core.domain.money import exponent
from retail_core.domain.pricing import BasketItem, price
from retail_core.domain.roles import PERMISSIONS, Permission, Role, check, may
from retail_core.domain.tender import MAX_SUGGESTIONS, suggested_cash

ROOT = Path(__file__).parents[3]


def refusal(move) -> str:
    with pytest.raises(RuleViolationError) as refused:
        move()
    return refused.value.code


# ── cases and jobs ───────────────────────────────────────────────────────────────────────────────

CASE_TABLE = {
    "open": {"take": "in_work", "close": "closed"},
    "in_work": {"close": "closed"},
    "closed": {"reopen": "open"},
}
JOB_TABLE = {
    "waiting": {"start": "running", "cancel": "cancelled"},
    "running": {"finish": "done", "fail": "failed", "cancel": "cancelled"},
    "done": {},
    "failed": {"retry": "waiting"},
    "cancelled": {"retry": "waiting"},
}


@pytest.mark.parametrize("state", CaseState)
def test_every_cell_of_the_life_of_a_case(state: CaseState) -> None:
    case = ExceptionCase("c1", CaseKind.NEGATIVE_STOCK, "1001", {"qty_milli": -1000}, 119, state, "S0319", 1)
    for action in {action for _, action in CASE_TRANSITIONS} | {"explode"}:
        leads_to = CASE_TABLE[state.value].get(action)
        if leads_to:
            assert case.after(action) == leads_to
        else:
            assert refusal(lambda action=action: case.after(action)) == "case.illegal_move"


@pytest.mark.parametrize("state", JobState)
def test_every_cell_of_the_life_of_a_job(state: JobState) -> None:
    job = Job("j1", "print", state)
    for action in {action for _, action in JOB_TRANSITIONS} | {"explode"}:
        leads_to = JOB_TABLE[state.value].get(action)
        if leads_to:
            assert job.after(action) == leads_to
        else:
            assert refusal(lambda action=action: job.after(action)) == "job.illegal_move"


def test_a_job_is_not_tried_for_ever() -> None:
    assert Job("j1", "print", JobState.FAILED, tries=MAX_TRIES - 1).after("retry") is JobState.WAITING
    worn_out = Job("j1", "print", JobState.FAILED, tries=MAX_TRIES)
    assert refusal(lambda: worn_out.after("retry")) == "job.too_many_tries"


# ── claims ───────────────────────────────────────────────────────────────────────────────────────


# ── permissions ──────────────────────────────────────────────────────────────────────────────────


def test_what_is_not_in_the_table_is_forbidden() -> None:
    assert set(PERMISSIONS) == set(Role)
    for role in Role:
        for permission in Permission:
            if may(role, permission):
                check(role, permission)
            else:
                assert refusal(lambda role=role, permission=permission: check(role, permission)) == "permission.denied"


def test_who_may_do_what_is_written_down() -> None:
    def who(permission: Permission) -> set[str]:
        return {role.value for role in Role if may(role, permission)}

    tills = {"cashier", "supervisor", "manager"}
    assert who(Permission.SELL) == who(Permission.VOID_LINE) == tills
    assert who(Permission.VOID_SALE) == {"supervisor", "manager"}
    assert who(Permission.HAND_OVER) == who(Permission.PICK) == tills | {"associate"}
    assert who(Permission.SYNC_PUSH) == who(Permission.SYNC_PULL) == {"node"}
    assert who(Permission.PLACE_ORDER) == {"hq_operator", "hq_admin", "service"}
    assert who(Permission.EDIT_STAFF) == who(Permission.ENROL) == who(Permission.MANAGE_ACCESS) == {"hq_admin"}


def test_every_permission_is_granted_to_somebody() -> None:
    assert set().union(*PERMISSIONS.values()) == set(Permission)


def test_every_permission_is_asked_somewhere() -> None:
    asked: set[str] = set()
    rules = [ROOT / "retail_core/domain/discounts.py"]
    for program in ("pos_app", "sync_agent", "hq_server"):
        for file in [*rules, *(ROOT / program).rglob("*.py")]:
            for node in ast.walk(ast.parse(file.read_text())):
                if (
                    isinstance(node, ast.Attribute)
                    and isinstance(node.value, ast.Name)
                    and node.value.id == "Permission"
                ):
                    asked.add(node.attr)
    assert {permission.name for permission in Permission} == asked


# ── prices and cash ──────────────────────────────────────────────────────────────────────────────


class Book:
    version = "north@7"

    def unit_price(self, sku: Sku, at_ms: int) -> int | None:
        return {"1001": 119 if at_ms < 1000 else 99}.get(sku)


def test_a_basket_is_priced_by_its_book_at_its_moment() -> None:
    basket = [BasketItem(Sku("1001"), 2000), BasketItem(Sku("404"), 1000)]
    known, unknown = price(basket, Book(), 999)
    assert known is not None
    assert (known.sku, known.unit_minor, known.reasons, known.book) == ("1001", 119, (), "north@7")
    assert unknown is None
    assert [line.unit_minor for line in price(basket[:1], Book(), 1000) if line] == [99]


def test_the_sums_people_hand_over() -> None:
    assert suggested_cash(670, "EUR") == (670, 700, 1000, 2000)
    assert suggested_cash(2000, "EUR") == (2000, 5000, 10000, 20000)
    assert suggested_cash(0, "EUR") == (0,)
    assert suggested_cash(-50, "EUR") == (-50,)
    assert suggested_cash(500, "CHF", 1000) == (500, 1000, 2000, 5000)
    assert suggested_cash(1234, "JPY") == (1234, 5000, 10000)
    assert suggested_cash(1500, "KWD") == (1500, 2000, 5000, 10000)


@given(st.integers(1, 10**7), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_suggestions_start_with_the_exact_sum_and_always_suffice(due: int, currency: str) -> None:
    sums = suggested_cash(due, currency)
    assert sums[0] == due
    assert sorted(set(sums)) == list(sums)
    assert len(sums) <= MAX_SUGGESTIONS
    assert all(given % 10 ** exponent(currency) == 0 for given in sums[1:])


# ── errors ───────────────────────────────────────────────────────────────────────────────────────


def test_an_error_carries_a_code_and_facts_but_no_words_for_people() -> None:
    error = RuleViolationError("return.more_than_sold", sku="1001", left=2)
    assert str(error) == "return.more_than_sold (sku=1001, left=2)"
    assert str(EnvironmentFault("disk.full")) == "disk.full"
    assert dict(error.facts) == {"sku": "1001", "left": 2}
    with pytest.raises(TypeError):
        error.facts["sku"] = "other"  # type: ignore[index]
    assert issubclass(InvariantError, CodedError)


def test_what_must_hold_is_checked_in_every_build() -> None:
    require(True, "never")
    with pytest.raises(InvariantError, match=r"a\.rule \(n=3\)"):
        require(False, "a.rule", n=3)
