"""What came of a scan or an entry: kinds, codes and facts; the screen finds the words."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec

from pos_app.service.earning import PointsMoved
from retail_core.domain.errors import Fact
from retail_core.domain.ids import LineId
from retail_core.domain.saleline import SaleLine

NO_FACTS: Mapping[str, Fact] = MappingProxyType({})


class OutcomeKind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    PENDING = "pending"  # an unknown code stands on the sale as a red line
    STOPPED = "stopped"  # a known unit that must not be sold stands there
    SEARCH = "search"
    MULTIPLIER = "multiplier"
    REFUSED = "refused"
    NOTHING = "nothing"
    ORDER = "order"  # a pickup pass was scanned: facts["order_id"], or a code to find it by
    COMMAND = "command"


class Outcome(msgspec.Struct, frozen=True):
    """`code` is a stable code when something was refused, is unknown or stopped; of what was added, a quiet note."""

    kind: OutcomeKind
    line_id: LineId | None = None
    code: str = ""
    facts: dict[str, Fact] = {}
    marked: tuple[LineId, ...] = ()  # lines that cost something else now, for another reason than themselves


class PaidSale(msgspec.Struct, frozen=True):
    """A durable sale, as the change panel shows it."""

    sale_id: str
    receipt_no: str
    total_minor: int
    given_minor: int
    change_minor: int
    currency: str
    lines: tuple[SaleLine, ...]
    at_ms: int
    short_hash: str
    cash: bool = True  # some of it was paid or given back in cash, so the drawer is wanted
    points: PointsMoved = PointsMoved()
    cash_back: bool = False  # the change was charged to a card
