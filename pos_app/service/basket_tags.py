"""RFID and bar codes on one sale, without counting a unit twice.

A reader under the counter sees the whole basket; the cashier also scans some of it. Of each item the sale holds as many
units as were scanned or as have a tag in view, whichever is more, whatever came first. Everything is told by the lines
themselves (`epc`, `serial`, `seen`), so that a basket taken up after a restart or changed by hand goes on the same way.
"""

from collections.abc import Iterable, Sequence

from retail_core.domain.ids import Sku
from retail_core.domain.saleline import SaleLine, Seen
from retail_core.domain.scanned import TagUnit

MAX_IN_VIEW = 20_000


def place_of_tag(lines: Iterable[SaleLine], sku: Sku, unit: TagUnit) -> SaleLine | None:
    """The scanned unit this tag may be on: the one of its serial, else one of which no serial is known."""
    free = [line for line in lines if _sold_here(line, sku) and line.epc is None]
    same = next((line for line in free if line.serial == unit.serial), None)
    return same or next((line for line in free if line.serial is None), None)


def only_tagged(lines: Iterable[SaleLine], sku: Sku) -> Sequence[SaleLine]:
    """Units of an item that nobody has scanned yet: the next scans are of them."""
    return [line for line in lines if _sold_here(line, sku) and line.seen is Seen.TAG]


def of_serial(lines: Iterable[SaleLine], sku: Sku, serial: str) -> SaleLine | None:
    """The unit of this serial, if it is on the sale."""
    return next((line for line in lines if _sold_here(line, sku) and line.serial == serial), None)


def _sold_here(line: SaleLine, sku: Sku) -> bool:
    """Goods that come back on the same sale are other units."""
    return line.sku == sku and not line.voided and line.back is None


class TagsInView:
    """What lies on the antenna besides the tags on the open sale. A reader tells of a tag once, when it comes, and once
    when it is gone; what cannot be taken at once waits here.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, TagUnit] = {}
        self._taken_off: dict[str, TagUnit] = {}
        self._settled: set[str] = set()  # paid for, or of no item here

    def came(self, units: Iterable[TagUnit]) -> None:
        """Of more than MAX_IN_VIEW tags the rest are left out: no basket has so many."""
        for unit in units:
            known = unit.epc in self._settled or unit.epc in self._taken_off
            if not known and len(self._waiting) < MAX_IN_VIEW:
                self._waiting[unit.epc] = unit

    def gone(self, epc: str) -> None:
        """Out of view: when it comes back, it is meant."""
        self._waiting.pop(epc, None)
        self._taken_off.pop(epc, None)
        self._settled.discard(epc)

    def waiting(self) -> Sequence[TagUnit]:
        return tuple(self._waiting.values())

    def taken(self) -> None:
        """What waited was put on the sale, or the cashier was told why not."""
        self._waiting.clear()

    def take_off(self, lines: Iterable[SaleLine]) -> None:
        """The cashier took these lines off; their tags stay off until they are out of view or asked for again."""
        for line in lines:
            if line.epc is not None and line.gtin is not None:
                self._taken_off[line.epc] = TagUnit(line.epc, line.gtin, line.serial or "")

    def settle(self, epcs: Iterable[str | None]) -> None:
        """Paid for or of no item here: of no more interest while they are in view."""
        self._settled.update(epc for epc in epcs if epc is not None)

    def ask_again(self) -> None:
        """What was taken off is wanted after all."""
        taken_off, self._taken_off = self._taken_off, {}
        self._waiting.update(taken_off)
