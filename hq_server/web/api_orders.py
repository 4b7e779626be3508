"""Orders over REST: place, list, look at, cancel."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter

from hq_server.service import orders
from hq_server.service.orders import Wish
from hq_server.storage.orders import Fulfilment, Sourced
from hq_server.web.guards import NEEDS, AnyRequest, caller_of
from hq_server.web.openapi import errors
from hq_server.web.state import Server
from hq_server.web.threads import threaded
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.fulfilment import State
from retail_core.domain.roles import Permission

MAX_LISTED = 500
MAX_KEY_CHARS = 120


class LineOut(msgspec.Struct, frozen=True):
    n: int
    sku: str
    name: str
    qty_milli: int
    picked_milli: int
    short_milli: int
    unit_minor: int | None = None


class OrderOut(msgspec.Struct, frozen=True):
    """An order as the outside sees it; never with its code or the customer's name."""

    order_id: str
    number: str
    store: str
    channel: str
    state: State
    order_v: int
    owner: str
    currency: str
    total_minor: int
    paid: bool
    placed_ms: int
    due_ms: int
    hold_until_ms: int
    cancel_requested: bool
    shelf: str
    customer_ref: str
    lines: tuple[LineOut, ...]
    sourcing: Sourced


class PlacedOut(msgspec.Struct, frozen=True):
    """The answer to a new order. `code` and `pickup_pass` are for the customer and are shown here only."""

    order: OrderOut
    pickup_pass: str
    code: str
    repeated: bool


class OrderList(msgspec.Struct, frozen=True):
    orders: tuple[OrderOut, ...]


class StepOut(msgspec.Struct, frozen=True):
    """One fact about an order: what, by whom, when, and what became of it."""

    order_v: int
    what: str
    actor: str
    at_ms: int
    outcome: str


class OrderDetail(msgspec.Struct, frozen=True):
    order: OrderOut
    steps: tuple[StepOut, ...]


def order_routes(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq

    @post(
        "/api/orders",
        opt={NEEDS: Permission.PLACE_ORDER},
        status_code=201,
        summary="Place an order, once per Idempotency-Key",
        responses=errors(400, 401, 403, 409, 422),
    )
    @threaded
    def place(
        request: AnyRequest,
        data: JSONBody[Wish],
        key: Annotated[str | None, HeaderParameter(name="Idempotency-Key", max_length=MAX_KEY_CHARS)] = None,
    ) -> Response[PlacedOut]:
        if not key or not key.isprintable() or len(key) > MAX_KEY_CHARS:
            raise RuleViolationError("request.no_key")
        made = orders.place(hq, data, key, caller_of(request).name)
        if not made.repeated:
            server.metrics.orders.inc()
        out = PlacedOut(_out(made.order), made.pickup_pass, made.code, made.repeated)
        return Response(out, status_code=200 if made.repeated else 201)

    @get(
        "/api/orders",
        opt={NEEDS: Permission.VIEW_ORDERS},
        summary="Orders, newest first",
        responses=errors(400, 401, 403),
    )
    @threaded
    def listed(
        store: Annotated[str | None, QueryParameter(max_length=40)] = None,
        state_name: Annotated[State | None, QueryParameter(name="state")] = None,
        only_open: Annotated[bool, QueryParameter(name="open")] = False,
        limit: Annotated[int, QueryParameter(ge=1, le=MAX_LISTED)] = 100,
    ) -> OrderList:
        found = hq.database.read(
            lambda conn: orders.listed(conn, store=store, state=state_name, only_open=only_open, limit=limit)
        )
        return OrderList(tuple(_out(one) for one in found))

    @get(
        "/api/orders/{order_id:str}",
        opt={NEEDS: Permission.VIEW_ORDERS},
        summary="One order with every fact about it",
        responses=errors(400, 401, 403, 404),
    )
    @threaded
    def one(order_id: FromPath[str]) -> OrderDetail:
        held, prices, steps = hq.database.read(lambda conn: orders.detail(conn, order_id))
        shown = tuple(StepOut(step.order_v, step.what, step.actor, step.at_ms, step.outcome) for step in steps)
        return OrderDetail(_out(held, prices), shown)

    @post(
        "/api/orders/{order_id:str}/cancel",
        opt={NEEDS: Permission.CANCEL_ORDER},
        status_code=200,
        summary="Cancel an order, or ask the store that already works on it",
        responses=errors(400, 401, 403, 404, 409),
    )
    @threaded
    def cancel(request: AnyRequest, order_id: FromPath[str]) -> OrderOut:
        return _out(orders.cancel(hq, order_id, caller_of(request).name))

    routes: Sequence[HTTPRouteHandler] = (place, listed, one, cancel)
    return list(routes)


def _out(held: Fulfilment, prices: dict[int, int] | None = None) -> OrderOut:
    doc = held.doc
    lines = tuple(
        LineOut(
            line.n, line.sku, line.name, line.qty_milli, line.picked_milli, line.short_milli,
            prices.get(line.n) if prices else None,
        )
        for line in doc.lines
    )  # fmt: skip
    return OrderOut(
        doc.order_id, doc.number, doc.store, doc.channel, doc.state, doc.order_v, doc.owner.value, doc.currency,
        doc.total_minor, doc.paid, doc.placed_ms, doc.due_ms, doc.hold_until_ms, doc.cancel_requested, doc.shelf,
        doc.customer_ref, lines, held.sourcing,
    )  # fmt: skip
