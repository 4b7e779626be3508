"""RFID and bar codes on one sale, without counting a unit twice. Pure: reads in, "is this one more?" out.

A reader under the counter sees the whole basket; the cashier also scans some of it. Of each item the sale holds as many
units as were scanned or as have a tag in view, whichever is more, whatever came first.
"""

from collections import Counter

from retail_core.domain.ids import Sku


class BasketTags:
    """The tags and scans of one sale, by item."""

    def __init__(self) -> None:
        self._scanned: Counter[Sku] = Counter()
        self._tags: dict[str, Sku] = {}
        self._put_aside: set[str] = set()

    @property
    def any(self) -> bool:
        """True once a tag was read for this sale."""
        return bool(self._tags)

    def known(self, epc: str) -> bool:
        """True for a tag that is on the sale, or was taken off it by the cashier."""
        return epc in self._tags or epc in self._put_aside

    def scan(self, sku: Sku, pieces: int) -> int:
        """Pieces scanned; how many of them are new, the others being tags already on the sale."""
        tagged = self._tagged(sku)
        new = max(self._scanned[sku] + pieces, tagged) - max(self._scanned[sku], tagged)
        self._scanned[sku] += pieces
        return new

    def read(self, epc: str, sku: Sku) -> bool:
        """A tag not known yet; True when it is one more unit, False when it is one that was scanned."""
        before = max(self._scanned[sku], self._tagged(sku))
        self._tags[epc] = sku
        return max(self._scanned[sku], self._tagged(sku)) > before

    def changed(self, sku: Sku, pieces: int) -> None:
        """The cashier made it so many pieces more or fewer by hand: more count on top of what is seen."""
        if pieces > 0:
            self._scanned[sku] = max(self._scanned[sku], self._tagged(sku))
        self._scanned[sku] = max(0, self._scanned[sku] + pieces)

    def taken_off(self, sku: Sku, pieces: int, epc: str | None) -> None:
        """A line was voided. Its tag may still be in view and is not put back by that."""
        if epc is None:
            self._scanned[sku] = max(0, self._scanned[sku] - pieces)
        elif self._tags.pop(epc, None):
            self._put_aside.add(epc)

    def gone(self, epc: str) -> None:
        """A tag that was put aside is out of view: when it comes back, it is meant."""
        self._put_aside.discard(epc)

    def forget_put_aside(self) -> None:
        """The cashier wants everything in view on the sale."""
        self._put_aside.clear()

    def _tagged(self, sku: Sku) -> int:
        return sum(known == sku for known in self._tags.values())
