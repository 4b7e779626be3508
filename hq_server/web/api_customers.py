"""Customers over REST. What somebody looks for travels in a body, never in an address that a log would keep."""

from typing import Annotated

import msgspec
from litestar import post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from hq_server.service import customers, loyalty
from hq_server.service.customers import CustomerWish
from hq_server.service.fields import Id, LongText, Name, ShortText
from hq_server.storage.customers import CustomerRow
from hq_server.web.guards import NEEDS, AnyRequest, caller_of
from hq_server.web.openapi import errors
from hq_server.web.state import Server
from hq_server.web.threads import threaded
from retail_core.domain.customers import MAX_CARDS, Consent, Person, Purpose
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.loyalty import MAX_POINTS
from retail_core.domain.roles import Permission

EDIT, VIEW = {NEEDS: Permission.EDIT_CUSTOMERS}, {NEEDS: Permission.VIEW_CUSTOMERS}
VALUE = {NEEDS: Permission.EDIT_VALUE}
MAX_ROWS = 500


class CustomerIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Without a number the customer is new. Consent is said apart, each word by itself."""

    name: Name
    home_store: Id
    customer_id: ShortText = ""
    phone: ShortText = ""
    email: LongText = ""
    cards: Annotated[tuple[ShortText, ...], msgspec.Meta(max_length=MAX_CARDS)] = ()
    tier: ShortText = ""


class CustomersSet(msgspec.Struct, frozen=True):
    """The numbers of those that were made or changed, in the order in which they came."""

    rows: int
    customer_ids: tuple[str, ...]


class ConsentIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    purpose: Purpose
    given: bool
    text_version: ShortText


class PointsIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Below zero takes points away. The same `move_id` again changes nothing."""

    move_id: Id
    points: Annotated[int, msgspec.Meta(ge=-MAX_POINTS, le=MAX_POINTS)]
    reason: Name


class PointsNow(msgspec.Struct, frozen=True):
    customer_id: str
    points: int


class FindIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A card, a phone or its last figures, an e-mail, or any words of a name."""

    text: Name


class CustomerOut(msgspec.Struct, frozen=True):
    customer_id: str
    name: str
    home_store: str
    phone: str
    email: str
    cards: tuple[str, ...]
    tier: str
    points: int
    consents: tuple[Consent, ...]


class CustomersFound(msgspec.Struct, frozen=True):
    customers: tuple[CustomerOut, ...]


class Done(msgspec.Struct, frozen=True):
    customer_id: str


def customer_routes(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq
    refused = errors(400, 401, 403, 404, 413, 422)

    @put("/api/customers", opt=EDIT, summary="Make or change customers", responses=refused)
    @threaded
    def put_all(data: JSONBody[list[CustomerIn]]) -> CustomersSet:
        if len(data) > MAX_ROWS:
            raise RuleViolationError("request.too_many_rows", rows=len(data), limit=MAX_ROWS)
        made = customers.put(hq, [_wish(one) for one in data])
        return CustomersSet(len(made), tuple(made))

    @post("/api/customers/find", opt=VIEW, status_code=200, summary="Find customers", responses=refused)
    @threaded
    def find(data: JSONBody[FindIn]) -> CustomersFound:
        rows = customers.find(hq, data.text)
        return CustomersFound(tuple(map(_out, rows, customers.points_of(hq, rows))))

    @post("/api/customers/{customer_id:str}/consents", opt=EDIT, summary="Write down a yes or no", responses=refused)
    @threaded
    def consent(customer_id: FromPath[Id], data: JSONBody[ConsentIn]) -> Done:
        customers.consent(hq, customer_id, data.purpose, data.text_version, given=data.given)
        return Done(customer_id)

    @post(
        "/api/customers/{customer_id:str}/points", opt=VALUE, status_code=200, summary="Give points", responses=refused
    )
    @threaded
    def points(request: AnyRequest, customer_id: FromPath[Id], data: JSONBody[PointsIn]) -> PointsNow:
        name = caller_of(request).name
        return PointsNow(customer_id, loyalty.give(hq, customer_id, data.move_id, data.points, data.reason, name))

    @post("/api/customers/{customer_id:str}/erase", opt=EDIT, status_code=200, summary="Forget a person", responses=refused)  # fmt: skip
    @threaded
    def erase(customer_id: FromPath[Id]) -> Done:
        customers.erase(hq, customer_id)
        return Done(customer_id)

    return [put_all, find, consent, points, erase]


def _wish(one: CustomerIn) -> CustomerWish:
    return CustomerWish(Person(one.name, one.phone, one.email, one.cards), one.home_store, one.tier, one.customer_id)


def _out(row: CustomerRow, points: int) -> CustomerOut:
    known = row.customer
    return CustomerOut(
        known.customer_id, known.name, row.home_store, known.phone, known.email, known.cards, known.tier, points,
        known.consents,
    )  # fmt: skip
