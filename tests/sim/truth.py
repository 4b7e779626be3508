"""What really happened in the simulated shop, which no machine knows: what lies on the shelves, what is left on a card."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from retail_core.domain.events import Event, FulfilmentEvent
from retail_core.domain.ids import Sku
from retail_core.wire.envelope import Entry
from tests.sim.journal import taken_from_shelf

if TYPE_CHECKING:
    from tests.sim.world import World

SKUS = tuple(Sku(f"SKU{n}") for n in range(8))
ON_SHELF_MILLI = 500_000


@dataclass
class Scanned:
    """A count as it was made: what lay there, and how much had happened by then."""

    qty_milli: int
    after: int
    clock_wrong: bool
    heard: frozenset[str] = frozenset()  # streams whose tills said where they stood


@dataclass
class Truth:
    """The order in which things happened, whatever the clocks say."""

    world: "World"
    shelf: dict[str, int] = field(default_factory=lambda: {str(sku): ON_SHELF_MILLI for sku in SKUS})
    order: dict[str, int] = field(default_factory=dict)  # when an event happened, by its id
    clock_wrong: set[str] = field(default_factory=set)  # events whose time HQ cannot put right
    counts: dict[str, Scanned] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)  # the order an event is about
    receipts: dict[str, list[str]] = field(default_factory=dict)  # who was given a receipt number, by number

    def happened(self, node: str, entry: Entry, event: Event) -> None:
        """An event was written down, and at that moment it happened."""
        self.order[entry.id] = len(self.order)
        self.world.ledger.wrote(node, [entry.id])
        if abs(entry.at + entry.clock - self.world.clockwork.wall_ms) > self.world.doubt_ms:
            self.clock_wrong.add(entry.id)
        if isinstance(event, FulfilmentEvent):
            self.about[entry.id] = event.order_id
        for sku, milli in taken_from_shelf(event).items():
            self.shelf[sku] -= milli

    def count(self, count_id: str, sku: str, at_ms: int) -> int:
        """Somebody counts a shelf now, at what the till takes for HQ's time."""
        wrong = abs(at_ms - self.world.clockwork.wall_ms) > self.world.doubt_ms
        self.counts[count_id] = Scanned(self.shelf[sku], len(self.order), wrong)
        return self.shelf[sku]
