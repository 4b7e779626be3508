"""The life of a store's part of a customer order: one table of states and actions, and the document stores see.

The table is orders.md, section 4. Quantities picked or short live on the lines; "partly picked" is not a state.
"""

from enum import StrEnum
from types import MappingProxyType

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import Gtin, OrderId, Sku, StoreId


class State(StrEnum):
    NEW = "new"
    ALLOCATED = "allocated"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    PICKING = "picking"
    READY = "ready"
    COLLECTED = "collected"
    EXPIRED = "expired"
    RESTOCKED = "restocked"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    SHIPPED = "shipped"
    RECEIVED = "received_at_store"


class Action(StrEnum):
    ALLOCATE = "allocate"
    OFFER = "offer"
    LAPSE = "lapse"
    ACCEPT = "accept"
    REJECT = "reject"
    START_PICKING = "start_picking"
    PICK = "pick"
    SHORT = "short"
    STAGE = "stage"
    MARK_READY = "mark_ready"
    HAND_OVER = "hand_over"
    EXPIRE = "expire"
    SCAN_BACK = "scan_back"
    SHIP = "ship"
    RECEIVE = "receive"
    CANCEL = "cancel"


TRANSITIONS = MappingProxyType(
    {
        (State.NEW, Action.ALLOCATE): State.ALLOCATED,
        (State.ALLOCATED, Action.OFFER): State.OFFERED,
        (State.OFFERED, Action.LAPSE): State.ALLOCATED,
        (State.OFFERED, Action.ACCEPT): State.ACCEPTED,
        (State.ALLOCATED, Action.REJECT): State.REJECTED,
        (State.OFFERED, Action.REJECT): State.REJECTED,
        (State.ACCEPTED, Action.REJECT): State.REJECTED,
        (State.PICKING, Action.REJECT): State.REJECTED,
        (State.REJECTED, Action.ALLOCATE): State.ALLOCATED,
        (State.ACCEPTED, Action.START_PICKING): State.PICKING,
        (State.PICKING, Action.PICK): State.PICKING,
        (State.PICKING, Action.SHORT): State.PICKING,
        (State.PICKING, Action.STAGE): State.PICKING,
        (State.PICKING, Action.MARK_READY): State.READY,
        (State.RECEIVED, Action.MARK_READY): State.READY,
        (State.READY, Action.HAND_OVER): State.COLLECTED,
        (State.READY, Action.EXPIRE): State.EXPIRED,
        (State.EXPIRED, Action.SCAN_BACK): State.RESTOCKED,
        (State.PICKING, Action.SHIP): State.SHIPPED,
        (State.READY, Action.SHIP): State.SHIPPED,
        (State.SHIPPED, Action.RECEIVE): State.RECEIVED,
        **{
            (state, Action.CANCEL): State.CANCELLED
            for state in (
                State.NEW,
                State.ALLOCATED,
                State.OFFERED,
                State.ACCEPTED,
                State.PICKING,
                State.READY,
                State.EXPIRED,
                State.REJECTED,
                State.SHIPPED,
                State.RECEIVED,
            )
        },
    }
)
FINAL = frozenset({State.COLLECTED, State.RESTOCKED, State.CANCELLED})


class Owner(StrEnum):
    """Who may decide on an order now."""

    HQ = "hq"
    STORE = "store"


class OrderLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of an order as a store sees it."""

    n: int
    sku: Sku
    name: str
    gtin: Gtin
    qty_milli: int
    picked_milli: int = 0
    short_milli: int = 0
    place: str = ""

    @property
    def left_milli(self) -> int:
        """Still to be found on the shelf."""
        return self.qty_milli - self.picked_milli - self.short_milli


class OrderDoc(msgspec.Struct, frozen=True, omit_defaults=True):
    """The latest state of one fulfilment order, as it travels in the feed of its store."""

    order_id: OrderId
    number: str
    store: StoreId
    channel: str
    state: State
    order_v: int
    owner: Owner
    currency: str
    lines: tuple[OrderLine, ...]
    placed_ms: int = 0
    lease_until_ms: int = 0
    due_ms: int = 0
    hold_until_ms: int = 0
    paid: bool = True
    balance_minor: int = 0
    total_minor: int = 0
    customer_ref: str = ""
    customer_name: str = ""
    code_salt: str = ""
    code_hash: str = ""
    code_tail: str = ""
    shelf: str = ""
    cancel_requested: bool = False

    def after(self, action: Action) -> State:
        """The state `action` leads to. Raises RuleViolationError `fulfilment.illegal_move` and changes nothing."""
        state = TRANSITIONS.get((self.state, action))
        if state is None:
            raise RuleViolationError(
                "fulfilment.illegal_move", order=self.number, state=self.state.value, action=action.value
            )
        return state


class MovedLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """The part of a line an act was about."""

    n: int
    sku: Sku
    qty_milli: int
    lot: str | None = None
    serial: str | None = None


def apply(
    order: OrderDoc,
    action: Action,
    lines: tuple[MovedLine, ...] = (),
    *,
    order_v: int | None = None,
    shelf: str = "",
) -> OrderDoc:
    """The order after one act. Raises `fulfilment.illegal_move`, `pick.wrong_item`, `pick.too_many` or `quantity.zero`."""
    state = order.after(action)
    changed = order.lines
    for moved in lines if action in {Action.PICK, Action.SHORT} else ():
        changed = tuple(_moved(line, moved, action) if line.n == moved.n else line for line in changed)
        if all(line.n != moved.n for line in changed):
            raise RuleViolationError("pick.wrong_item", order=order.number, sku=moved.sku)
    return msgspec.structs.replace(
        order,
        state=state,
        lines=changed,
        order_v=order.order_v + 1 if order_v is None else order_v,
        shelf=shelf or order.shelf,
        owner=Owner.STORE if state in _STORE_OWNED else order.owner,
    )


def check_ready(order: OrderDoc) -> None:
    """Raises `fulfilment.not_all_picked`, `fulfilment.nothing_picked` or `fulfilment.not_staged`."""
    left = sum(line.left_milli for line in order.lines)
    if left:
        raise RuleViolationError("fulfilment.not_all_picked", order=order.number, left_milli=left)
    if not any(line.picked_milli for line in order.lines):
        raise RuleViolationError("fulfilment.nothing_picked", order=order.number)
    if not order.shelf:
        raise RuleViolationError("fulfilment.not_staged", order=order.number)


_STORE_OWNED = frozenset({State.ACCEPTED, State.PICKING, State.READY, State.COLLECTED, State.EXPIRED, State.RESTOCKED})


def _moved(line: OrderLine, moved: MovedLine, action: Action) -> OrderLine:
    if line.sku != moved.sku:
        raise RuleViolationError("pick.wrong_item", line=line.n, sku=moved.sku)
    if moved.qty_milli <= 0:
        raise RuleViolationError("quantity.zero", line=line.n)
    if moved.qty_milli > line.left_milli:
        raise RuleViolationError("pick.too_many", line=line.n, left_milli=line.left_milli)
    if action is Action.PICK:
        return msgspec.structs.replace(line, picked_milli=line.picked_milli + moved.qty_milli)
    return msgspec.structs.replace(line, short_milli=line.short_milli + moved.qty_milli)
