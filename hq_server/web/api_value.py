"""Gift cards, store credit, points and accounts over REST. A number comes in bodies alone, never in an address."""

from typing import Annotated

import msgspec
from litestar import get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from hq_server.service import value
from hq_server.service.fields import Currency, Id, Minor, Name
from hq_server.service.value import NewInstrument
from hq_server.storage import value as stored
from hq_server.storage.value import PastMove
from hq_server.web.guards import NEEDS, AnyRequest, caller_of
from hq_server.web.openapi import errors
from hq_server.web.state import Server
from hq_server.web.threads import threaded
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import CustomerId, InstrumentId
from retail_core.domain.roles import Permission
from retail_core.domain.value import MAX_AMOUNT, Instrument, InstrumentState, ValueKind, instrument_of

EDIT = {NEEDS: Permission.EDIT_VALUE}
MAX_ROWS = 1_000
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Day = Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
Signed = Annotated[int, msgspec.Meta(ge=-MAX_AMOUNT, le=MAX_AMOUNT)]


class InstrumentIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A gift card, credit, points (currency PTS) or an account, whose `amount` is its limit.

    `for_sale`: a card on the shelf, worth nothing until a till sells it. Of one that is there, lock, last day, bound and
    holder are set; `offline_limit` is what one till may take from it while it does not hear from head office.
    """

    code: Code
    kind: ValueKind
    currency: Currency
    amount: Minor = 0
    for_sale: bool = False
    locked: bool = False
    expires: Day = ""
    offline_limit: Minor = 0
    holder: Id | None = None


class AdjustIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A correction, up or down; the same `move_id` again changes nothing."""

    instrument: Id
    move_id: Id
    amount: Signed
    reason: Name


class CodeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: Code


class Balance(msgspec.Struct, frozen=True):
    """What HQ has of an instrument; the balance of an account is what may still be charged to it."""

    instrument: InstrumentId
    kind: ValueKind
    balance: int
    currency: str
    state: InstrumentState
    expires: str
    offline_limit: int
    tail: str
    holder: str | None
    changed_ms: int


class InstrumentList(msgspec.Struct, frozen=True):
    instruments: tuple[Balance, ...]


class InstrumentBook(msgspec.Struct, frozen=True):
    """An instrument and what happened to it, the newest first."""

    instrument: Balance
    moves: tuple[PastMove, ...]


def value_routes(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq
    refused = errors(400, 401, 403, 404, 409, 413, 422)

    @put("/api/instruments", opt=EDIT, summary="Make gift cards and the like, or lock them", responses=refused)
    @threaded
    def put_all(request: AnyRequest, data: JSONBody[list[InstrumentIn]]) -> InstrumentList:
        if len(data) > MAX_ROWS:
            raise RuleViolationError("request.too_many_rows", rows=len(data), limit=MAX_ROWS)
        wanted = [
            NewInstrument(
                one.code, one.kind, one.currency, one.amount, one.for_sale, one.locked, one.expires, one.offline_limit,
                CustomerId(one.holder) if one.holder else None,
            )
            for one in data
        ]  # fmt: skip
        return InstrumentList(tuple(_balance(one) for one in value.put(hq, wanted, caller_of(request).name)))

    @post("/api/instruments/adjust", opt=EDIT, summary="Put a balance right", responses=refused, status_code=200)
    @threaded
    def adjust(request: AnyRequest, data: JSONBody[AdjustIn]) -> Balance:
        name = caller_of(request).name
        known = value.adjust(hq, InstrumentId(data.instrument), data.move_id, data.amount, data.reason, name)
        return _balance(known)

    @post("/api/instruments/find", opt=EDIT, summary="The card with this number", responses=refused, status_code=200)
    @threaded
    def find(data: JSONBody[CodeIn]) -> InstrumentBook:
        return _book(instrument_of(data.code)[0])

    @get("/api/instruments/{instrument:str}", opt=EDIT, summary="A card and its moves", responses=refused)
    @threaded
    def one(instrument: FromPath[str]) -> InstrumentBook:
        return _book(InstrumentId(instrument))

    @get("/api/instruments", opt=EDIT, summary="Cards and the like, newest first", responses=errors(401, 403))
    @threaded
    def list_all() -> InstrumentList:
        return InstrumentList(tuple(_balance(one) for one in hq.database.read(stored.listed)))

    def _book(wanted: InstrumentId) -> InstrumentBook:
        kept = hq.database.read(lambda conn: stored.find(conn, wanted))
        if kept is None:
            raise RuleViolationError("value.unknown")
        return InstrumentBook(_balance(kept.known), tuple(hq.database.read(lambda conn: stored.past(conn, wanted))))

    return [put_all, adjust, find, one, list_all]


def _balance(known: Instrument) -> Balance:
    return Balance(
        known.instrument, known.kind, known.balance, known.currency, known.state, known.expires, known.offline_limit,
        known.tail, known.holder, known.as_of_ms,
    )  # fmt: skip
