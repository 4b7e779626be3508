"""A second person's agreement: to one act, once, by somebody who may."""

import pytest

from retail_core.domain.approvals import Act, Approval, ApprovalNeededError, allow, allow_by_two, check_approver
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import OperatorId
from retail_core.domain.roles import Permission, Role

ANA, SAM = OperatorId("op-1"), OperatorId("op-2")
VOID = Act("void_sale", "sale-1", 887)


def agreed(act: Act = VOID, role: Role = Role.SUPERVISOR, by: OperatorId = SAM) -> Approval:
    return Approval(act, by, "Sam K.", role)


def test_who_may_do_it_alone_needs_nobody() -> None:
    assert allow(Role.SUPERVISOR, Permission.VOID_SALE, VOID, None) == ""


def test_a_cashier_is_told_what_is_needed_and_by_whom() -> None:
    with pytest.raises(ApprovalNeededError) as needed:
        allow(Role.CASHIER, Permission.VOID_SALE, VOID, None)
    assert needed.value.act == VOID
    assert needed.value.permission is Permission.VOID_SALE
    assert dict(needed.value.facts) == {
        "what": "void_sale", "subject": "sale-1", "amount": 887, "permission": "void_sale",
    }  # fmt: skip


def test_an_agreement_is_good_once() -> None:
    approval = agreed()
    assert allow(Role.CASHIER, Permission.VOID_SALE, VOID, approval) == SAM
    with pytest.raises(ApprovalNeededError):
        allow(Role.CASHIER, Permission.VOID_SALE, VOID, approval)


@pytest.mark.parametrize(
    "other", [Act("void_sale", "sale-2", 887), Act("void_sale", "sale-1", 888), Act("x", "sale-1", 887)]
)
def test_an_agreement_to_one_act_is_none_to_another(other: Act) -> None:
    approval = agreed()
    with pytest.raises(ApprovalNeededError):
        allow(Role.CASHIER, Permission.VOID_SALE, other, approval)
    assert allow(Role.CASHIER, Permission.VOID_SALE, VOID, approval) == SAM, "it was not used up by the wrong one"


def test_an_agreement_of_somebody_who_may_not_is_none() -> None:
    with pytest.raises(ApprovalNeededError):
        allow(Role.CASHIER, Permission.VOID_SALE, VOID, agreed(role=Role.CASHIER))


def test_where_two_people_are_needed_nobody_is_the_second_of_himself() -> None:
    with pytest.raises(ApprovalNeededError) as needed:
        allow_by_two(SAM, Permission.VOID_SALE, VOID, None)
    assert needed.value.not_by == SAM
    with pytest.raises(ApprovalNeededError):
        allow_by_two(SAM, Permission.VOID_SALE, VOID, agreed())
    assert allow_by_two(ANA, Permission.VOID_SALE, VOID, agreed()) == SAM


def test_who_may_agree() -> None:
    needed = ApprovalNeededError(VOID, Permission.VOID_SALE)
    check_approver(needed, ANA, SAM, Role.MANAGER)
    with pytest.raises(RuleViolationError, match="not_allowed"):
        check_approver(needed, ANA, SAM, Role.CASHIER)
    with pytest.raises(RuleViolationError, match="own"):
        check_approver(needed, SAM, SAM, Role.MANAGER)
    with pytest.raises(RuleViolationError, match="own"):
        check_approver(ApprovalNeededError(VOID, Permission.VOID_SALE, SAM), None, SAM, Role.MANAGER)
