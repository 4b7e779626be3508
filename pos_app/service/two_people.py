"""Acts for which a store may want two people whatever their role: a manager is not his own second."""

from collections.abc import Container, Mapping
from types import MappingProxyType

from pos_app.service.completing import SoldBy
from pos_app.storage.readers import Links
from retail_core.domain.approvals import Act, Approval, allow, allow_by_two
from retail_core.domain.people import ByTwo
from retail_core.domain.roles import Permission

PERMISSIONS: Mapping[ByTwo, Permission] = MappingProxyType(
    {
        ByTwo.VARIANCE: Permission.APPROVE_VARIANCE,
        ByTwo.POST_VOID: Permission.POST_VOID,
        ByTwo.RETURN: Permission.RETURN_FREELY,
    }
)


def by_two(facts: Links) -> tuple[ByTwo, ...]:
    """What takes two people in this store; nothing until head office has said so."""
    settings = facts.settings()
    return settings.people.two_people if settings else ()


def agreed(two: Container[ByTwo], what: ByTwo, who: SoldBy, act: Act, approval: Approval | None) -> str:
    """Whose agreement it took: "" when `who` may do it alone. Raises ApprovalNeededError until somebody agreed."""
    if what in two:
        return allow_by_two(who.operator_id, PERMISSIONS[what], act, approval)
    return allow(who.role, PERMISSIONS[what], act, approval)
