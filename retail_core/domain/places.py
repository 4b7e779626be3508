"""Where goods are and what kinds of machines there are: a warehouse, a store and a supplier are all a Place."""

from dataclasses import dataclass
from enum import StrEnum


class PlaceKind(StrEnum):
    STORE = "store"
    WAREHOUSE = "warehouse"
    SUPPLIER = "supplier"


class NodeRole(StrEnum):
    TILL = "till"
    COUNTER = "counter"
    HANDHELD = "handheld"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Place:
    """A location that holds or sends stock. `place_id` is the store id for a store."""

    place_id: str
    kind: PlaceKind
    name: str
    zone: str  # price zone
    timezone: str  # IANA name
