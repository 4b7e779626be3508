"""One table of who may do what, asked by the till, the agent and HQ alike. What is not in it is forbidden."""

from enum import StrEnum
from types import MappingProxyType

from retail_core.domain.errors import RuleViolationError


class Role(StrEnum):
    """People (till and HQ) and machines."""

    CASHIER = "cashier"
    ASSOCIATE = "associate"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    HQ_VIEWER = "hq_viewer"
    HQ_OPERATOR = "hq_operator"
    HQ_ADMIN = "hq_admin"
    NODE = "node"
    SERVICE = "service"


class Permission(StrEnum):
    """One act each; screens and routes ask for exactly one."""

    SELL = "sell"
    VOID_LINE = "void_line"
    VOID_SALE = "void_sale"
    DISCOUNT = "discount"  # by hand, as far as the store lets a cashier go
    DISCOUNT_MORE = "discount_more"  # as far as a supervisor may go
    DISCOUNT_ANY = "discount_any"  # as far as anybody may go
    EXEMPT = "exempt"  # sell without tax
    PICK = "pick"
    HAND_OVER = "hand_over"
    SET_UP_DEVICES = "set_up_devices"
    SETTLE_DOUBT = "settle_doubt"
    TAKE_STORE_ROLE = "take_store_role"
    LOCK_TILL = "lock_till"  # keep another till out of the store's network, and let it in again
    SALVAGE = "salvage"  # send up what a lost machine's disk has
    KEEP_DRAWER = "keep_drawer"  # open it, count and close one's own session, open it without a sale
    MOVE_CASH = "move_cash"  # loan, drop, bank
    CLOSE_ANY_DRAWER = "close_any_drawer"
    SEE_EXPECTED = "see_expected"  # what should be in the drawer, before it is counted
    APPROVE_VARIANCE = "approve_variance"
    CLOSE_DAY = "close_day"
    RETURN = "return"
    RETURN_FREELY = "return_freely"  # beyond the store's rules
    MANAGE_STAFF = "manage_staff"  # see who may sign in, unlock PINs
    SEE_EXCEPTIONS = "see_exceptions"
    SET_UP_TILL = "set_up_till"  # what is chosen for this till alone
    TRAIN = "train"  # begin training mode
    POST_VOID = "post_void"
    SYNC_PUSH = "sync.push"
    SYNC_PULL = "sync.pull"
    VIEW_TODAY = "hq.view_today"
    VIEW_STOCK = "hq.view_stock"
    VIEW_ORDERS = "hq.view_orders"
    VIEW_CASES = "hq.view_cases"
    VIEW_CUSTOMERS = "hq.view_customers"
    EDIT_CUSTOMERS = "hq.edit_customers"
    PLACE_ORDER = "hq.place_order"
    CANCEL_ORDER = "hq.cancel_order"
    EDIT_MASTER_DATA = "hq.edit_master_data"
    MOVE_STOCK = "hq.move_stock"
    EDIT_VALUE = "hq.edit_value"
    EDIT_STAFF = "hq.edit_staff"
    ENROL = "hq.enrol"
    MANAGE_ACCESS = "hq.manage_access"
    READ_METRICS = "hq.read_metrics"


_CASHIER = frozenset(
    {
        Permission.SELL,
        Permission.VOID_LINE,
        Permission.DISCOUNT,
        Permission.PICK,
        Permission.HAND_OVER,
        Permission.KEEP_DRAWER,
        Permission.RETURN,
    }
)
_OVER_DRAWERS = frozenset(
    {
        Permission.MOVE_CASH,
        Permission.CLOSE_ANY_DRAWER,
        Permission.SEE_EXPECTED,
        Permission.APPROVE_VARIANCE,
        Permission.CLOSE_DAY,
    }
)
_SUPERVISING = _OVER_DRAWERS | {
    Permission.VOID_SALE,
    Permission.DISCOUNT_MORE,
    Permission.EXEMPT,
    Permission.SET_UP_DEVICES,
    Permission.SETTLE_DOUBT,
    Permission.RETURN_FREELY,
    Permission.MANAGE_STAFF,
    Permission.SET_UP_TILL,
    Permission.TRAIN,
    Permission.POST_VOID,
}
_MANAGING = frozenset(
    {
        Permission.DISCOUNT_ANY,
        Permission.SEE_EXCEPTIONS,
        Permission.TAKE_STORE_ROLE,
        Permission.LOCK_TILL,
        Permission.SALVAGE,
    }
)
_VIEWER = frozenset({Permission.VIEW_TODAY, Permission.VIEW_STOCK, Permission.VIEW_ORDERS, Permission.VIEW_CASES})
_OPERATOR = _VIEWER | {
    Permission.PLACE_ORDER,
    Permission.CANCEL_ORDER,
    Permission.EDIT_MASTER_DATA,
    Permission.MOVE_STOCK,
    Permission.VIEW_CUSTOMERS,
    Permission.EDIT_CUSTOMERS,
    Permission.EDIT_VALUE,
}

PERMISSIONS = MappingProxyType(
    {
        Role.CASHIER: _CASHIER,
        Role.ASSOCIATE: frozenset({Permission.PICK, Permission.HAND_OVER}),
        Role.SUPERVISOR: _CASHIER | _SUPERVISING,
        Role.MANAGER: _CASHIER | _SUPERVISING | _MANAGING,
        Role.HQ_VIEWER: _VIEWER,
        Role.HQ_OPERATOR: _OPERATOR,
        Role.HQ_ADMIN: _OPERATOR
        | {Permission.EDIT_STAFF, Permission.ENROL, Permission.MANAGE_ACCESS, Permission.READ_METRICS},
        Role.NODE: frozenset({Permission.SYNC_PUSH, Permission.SYNC_PULL}),
        Role.SERVICE: frozenset(
            {Permission.PLACE_ORDER, Permission.CANCEL_ORDER, Permission.VIEW_ORDERS, Permission.VIEW_STOCK}
        ),
    }
)


def may(role: Role, permission: Permission) -> bool:
    """True when the table grants `permission` to `role`."""
    return permission in PERMISSIONS[role]


def check(role: Role, permission: Permission) -> None:
    """Raise RuleViolationError `permission.denied` unless the table grants it."""
    if not may(role, permission):
        raise RuleViolationError("permission.denied", role=role.value, permission=permission.value)
