"""One act, agreed to by a second person: what is asked for, who agreed, and the check that takes the agreement once.

A role that lacks a permission may still do the act when somebody who has it stands beside. The agreement holds for
exactly this act: another line, another sum or another sale asks anew.
"""

from dataclasses import dataclass, field

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import OperatorId
from retail_core.domain.roles import Permission, Role, may

NEEDED = "approval.needed"


class Act(msgspec.Struct, frozen=True):
    """What is asked for: e.g. `line_discount` of "<sale>/<line>" by 200000 ppm. `amount` is in the act's own unit.

    `name` is what a person calls the subject, such as the item's name.
    """

    what: str
    subject: str
    amount: int = 0
    name: str = ""


@dataclass(eq=False, slots=True)
class Approval:
    """Somebody agreed to one act. It is good for one use, whatever came of it."""

    act: Act
    by: OperatorId
    by_name: str
    role: Role
    _used: bool = field(default=False, init=False)

    def use(self, act: Act) -> bool:
        """True the first time it is shown for the very act it was given for."""
        fits = self.act == act and not self._used
        self._used = self._used or fits
        return fits


class ApprovalNeededError(RuleViolationError):
    """A second person must agree to `act`: one who has `permission`, and who is not `not_by`."""

    def __init__(self, act: Act, permission: Permission, not_by: OperatorId | None = None) -> None:
        super().__init__(
            NEEDED, what=act.what, subject=act.subject, amount=act.amount, permission=permission.value
        )  # fmt: skip
        self.act = act
        self.permission = permission
        self.not_by = not_by


def allow(role: Role, permission: Permission, act: Act, approval: Approval | None) -> str:
    """Whose agreement it took: "" when `role` may do it alone. Raises ApprovalNeededError until somebody agreed."""
    if may(role, permission):
        return ""
    return _agreed(ApprovalNeededError(act, permission), approval)


def allow_by_two(operator: OperatorId, permission: Permission, act: Act, approval: Approval | None) -> str:
    """The same for an act that takes two people, whatever the first one's role: who the second one was."""
    return _agreed(ApprovalNeededError(act, permission, operator), approval)


def check_approver(needed: ApprovalNeededError, operator: OperatorId | None, by: OperatorId, role: Role) -> None:
    """Whether `by` may agree to what `operator` asks for. Raises `approval.own` or `approval.not_allowed`."""
    if by in (operator, needed.not_by):
        raise RuleViolationError("approval.own", what=needed.act.what)
    if not may(role, needed.permission):
        raise RuleViolationError("approval.not_allowed", what=needed.act.what, role=role.value)


def _agreed(needed: ApprovalNeededError, approval: Approval | None) -> str:
    if approval is None or approval.by == needed.not_by or not may(approval.role, needed.permission):
        raise needed
    if not approval.use(needed.act):
        raise needed
    return approval.by
