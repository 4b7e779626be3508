"""From what was scanned, typed or tapped to a line of the sale: item, price, weight, and what its label says."""

from collections.abc import Callable

import msgspec

from pos_app.devices.ports import WeightReading, WeightState
from pos_app.service.goods import WEIGHED, GoodsCheck
from pos_app.storage.readers import Reference
from retail_core.domain.clock import Clock
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import IdSource, LineId, Sku
from retail_core.domain.pricing import BasketItem, PriceBook, price
from retail_core.domain.quantity import ONE
from retail_core.domain.sale import SaleLine
from retail_core.domain.scanned import Scanned
from retail_core.domain.tax import TaxRate
from retail_core.durable.reference import ItemRow

NO_TAX = TaxRate("", "", 0)
WEIGH_FIRST = "weigh.first"
NO_WEIGHT_YET = frozenset({WeightState.MOVING, WeightState.ZERO, WeightState.OVER, WeightState.UNDER})


class LineMaker:
    """Makes lines; adds none. `book` is what the open sale is priced by."""

    def __init__(self, catalogue: Reference, goods: GoodsCheck, clock: Clock, ids: IdSource) -> None:
        self._catalogue = catalogue
        self._goods = goods
        self._clock = clock
        self._ids = ids
        self.weigh: Callable[[], WeightReading | None] = lambda: None  # the counter's scale, when there is one

    def find(self, scanned: Scanned) -> ItemRow | None:
        """The item by bar code, by the store's own number inside it, or by its own code."""
        if scanned.gtin:
            found = self._catalogue.by_gtin(scanned.gtin)
            if found:
                return found
        if scanned.item_code:
            return self._catalogue.by_sku(scanned.item_code) or self._catalogue.by_sku(scanned.item_code.lstrip("0"))
        return self._catalogue.by_sku(scanned.text)

    def line(
        self, item: ItemRow, label: str, qty_milli: int | None, book: PriceBook, scanned: Scanned | None = None,
        line_id: LineId | None = None,
    ) -> SaleLine:  # fmt: skip
        """A priced line; `qty_milli` None: nobody said how many. Raises RuleViolationError `item.no_price`."""
        pieces_milli = ONE if qty_milli is None else qty_milli
        priced = price((BasketItem(item.sku, pieces_milli),), book, self._clock.now_ms())[0]
        if priced is None and scanned and scanned.price:
            unit_minor, version, reasons = self._goods.label_price_minor(scanned.price), book.version, ()
        elif priced is None:
            raise RuleViolationError("item.no_price", sku=item.sku, name=item.name)
        else:
            unit_minor, version, reasons = priced.unit_minor, priced.book, priced.reasons
        gtin = scanned.gtin if scanned and scanned.gtin else self._catalogue.gtin_of(item.sku)
        line = SaleLine(
            line_id or LineId(self._ids.next()), item.sku, item.name, pieces_milli, unit_minor, item.tax, label, gtin,
            item.unit, item.department, version, reasons,
        )  # fmt: skip
        line = self._goods.told(line, scanned, pieces_milli) if scanned else self._goods.judged(line)
        return line if _has_weight(line, qty_milli, scanned) else self.weighed(line)

    def weighed(self, line: SaleLine) -> SaleLine:
        """The line with the weight on the scale; stopped until there is one, if the till has a scale that works."""
        reading = self.weigh()
        if reading is None or line.stopped not in ("", WEIGH_FIRST):
            return line
        if reading.state is WeightState.STABLE and reading.grams:
            return msgspec.structs.replace(line, qty_milli=reading.grams, stopped="")
        if reading.state in NO_WEIGHT_YET:
            return msgspec.structs.replace(line, stopped=WEIGH_FIRST)
        return line  # it is away or broken: the cashier types the weight

    def unknown(self, label: str, qty_milli: int) -> SaleLine:
        """A scan nobody knows yet."""
        return SaleLine(LineId(self._ids.next()), Sku(""), "", qty_milli, 0, NO_TAX, label)


def _has_weight(line: SaleLine, qty_milli: int | None, scanned: Scanned | None) -> bool:
    said = scanned is not None and (scanned.net_milli is not None or scanned.price is not None)
    return line.unit != WEIGHED or qty_milli is not None or said
