"""Events to and from bytes, by hand once per kind and version, pinned by golden files.

The body of version N is what `_ENCODERS` wrote when N was current; a body of an older version is lifted by its
upcaster before it is decoded, so the rest of the program only ever sees the newest shape.
"""

from collections.abc import Callable
from functools import cache
from types import MappingProxyType

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import (
    AuditNoted,
    BasketRecalled,
    BasketSuspended,
    CustomerConsented,
    CustomerCreated,
    DayClosed,
    DrawerClosed,
    DrawerCounted,
    DrawerMoved,
    DrawerOpened,
    EpochOpened,
    Event,
    FulfilmentEvent,
    FulfilmentFact,
    InvoiceIssued,
    MailWanted,
    SaleCompleted,
    StockCounted,
    StockMoved,
    SyncDamaged,
    TillLocked,
)
from retail_core.domain.value import ValueFact, ValueMoved
from retail_core.wire.unreadable import UNREADABLE

_ENCODER = msgspec.json.Encoder(order="sorted")

_FIXED = MappingProxyType(
    {
        "epoch.opened": EpochOpened,
        "sale.completed": SaleCompleted,
        "basket.suspended": BasketSuspended,
        "basket.recalled": BasketRecalled,
        "stock.moved": StockMoved,
        "stock.counted": StockCounted,
        "customer.created": CustomerCreated,
        "customer.consented": CustomerConsented,
        "invoice.issued": InvoiceIssued,
        "mail.wanted": MailWanted,
        "sync.damaged": SyncDamaged,
        "drawer.opened": DrawerOpened,
        "drawer.moved": DrawerMoved,
        "drawer.counted": DrawerCounted,
        "drawer.closed": DrawerClosed,
        "day.closed": DayClosed,
        "till.locked": TillLocked,
    }
)
_NAMES = MappingProxyType[type, str]({kind: name for name, kind in _FIXED.items()})
CURRENT_VERSION = 1

Upcaster = Callable[[bytes], bytes]
UPCASTERS: MappingProxyType[tuple[str, int], Upcaster] = MappingProxyType({})
"""(type, old version) → function that lifts a body by one version. Kept for 24 months after a version is replaced."""


class UnknownEventError(RuleViolationError):
    """A type or version this program does not know yet: stored and quarantined, never refused."""


class BadEventError(RuleViolationError):
    """A body that is JSON of a known type but breaks its shape."""


def event_type(event: Event) -> str:
    """The type name on the wire: `sale.completed`, `fulfilment.picked`, `audit.line_voided` …"""
    if isinstance(event, FulfilmentEvent):
        return f"fulfilment.{event.what.value}"
    if isinstance(event, ValueMoved):
        return f"value.{event.what.value}"
    if isinstance(event, AuditNoted):
        return f"audit.{event.what}"
    return _NAMES[type(event)]


def encode_event(event: Event) -> tuple[str, int, bytes]:
    """(type, version, canonical JSON body): keys sorted, defaults left out, integers only."""
    return event_type(event), CURRENT_VERSION, _ENCODER.encode(event)


def decode_event(type_: str, version: int, body: bytes) -> Event:
    """The typed event behind an entry's body.

    Raises UnknownEventError `event.unknown_type` / `event.unknown_version` and BadEventError `event.malformed`.
    """
    kind = _kind_of(type_)
    while version < CURRENT_VERSION:
        lift = UPCASTERS.get((type_, version))
        if lift is None:
            raise UnknownEventError("event.unknown_version", type=type_[:60], version=version)
        body, version = lift(body), version + 1
    if version > CURRENT_VERSION:
        raise UnknownEventError("event.unknown_version", type=type_[:60], version=version)
    try:
        event = _decoder(kind).decode(body)
    except (ValueError, *UNREADABLE) as bad:
        raise BadEventError("event.malformed", type=type_[:60], why=str(bad)[:200]) from bad
    if event_type(event) != type_:
        raise BadEventError("event.malformed", type=type_[:60], why="the body is of another type")
    return event


@cache
def _decoder(kind: type[Event]) -> msgspec.json.Decoder[Event]:
    return msgspec.json.Decoder(kind)


def _kind_of(type_: str) -> type[Event]:
    family, _, rest = type_.partition(".")
    if family == "fulfilment" and rest in {fact.value for fact in FulfilmentFact}:
        return FulfilmentEvent
    if family == "value" and rest in {fact.value for fact in ValueFact}:
        return ValueMoved
    if family == "audit":
        return AuditNoted
    kind = _FIXED.get(type_)
    if kind is None:
        raise UnknownEventError("event.unknown_type", type=type_[:60])
    return kind
