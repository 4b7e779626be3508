"""RFID and bar codes on one sale, without counting a unit twice.

A reader under the counter sees the whole basket; the cashier also scans some of it. Of each item the sale holds as many
units as were scanned or as have a tag in view, whichever is more, whatever came first. Everything is told by the lines
themselves (`epc`, `serial`, `seen`), so that a basket taken up after a restart or changed by hand goes on the same way.
"""

from collections.abc import Iterable, Sequence

from retail_core.domain.ids import Sku
from retail_core.domain.sale import SaleLine, Seen
from retail_core.domain.scanned import TagUnit

MAX_PUT_ASIDE = 20_000


def place_of_tag(lines: Iterable[SaleLine], sku: Sku, unit: TagUnit) -> SaleLine | None:
    """The scanned unit this tag may be on: the one of its serial, else one of which no serial is known."""
    free = [line for line in lines if line.sku == sku and not line.voided and line.epc is None]
    same = next((line for line in free if line.serial == unit.serial), None)
    return same or next((line for line in free if line.serial is None), None)


def only_tagged(lines: Iterable[SaleLine], sku: Sku) -> Sequence[SaleLine]:
    """Units of an item that nobody has scanned yet: the next scans are of them."""
    return [line for line in lines if line.sku == sku and line.seen is Seen.TAG and not line.voided]


def of_serial(lines: Iterable[SaleLine], sku: Sku, serial: str) -> SaleLine | None:
    """The unit of this serial, if it is on the sale."""
    return next((line for line in lines if line.sku == sku and line.serial == serial and not line.voided), None)


class PutAside:
    """Tags that stay off the sale while they are in view: taken off by the cashier, or paid for a moment ago."""

    def __init__(self) -> None:
        self._epcs: dict[str, None] = {}

    def __contains__(self, epc: str) -> bool:
        return epc in self._epcs

    def put(self, lines: Iterable[SaleLine]) -> None:
        """The tags of these lines; of more than MAX_PUT_ASIDE the oldest are forgotten."""
        for line in lines:
            if line.epc is not None:
                self._epcs[line.epc] = None
        while len(self._epcs) > MAX_PUT_ASIDE:
            del self._epcs[next(iter(self._epcs))]

    def gone(self, epc: str) -> None:
        """The tag is out of view: when it comes back, it is meant."""
        self._epcs.pop(epc, None)

    def clear(self) -> None:
        """The cashier wants everything in view on the sale."""
        self._epcs.clear()
