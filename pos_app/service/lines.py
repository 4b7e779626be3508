"""From what was scanned, typed or tapped to a line of the sale: item, price, weight, and what its label says."""

from collections.abc import Callable
from types import MappingProxyType

import msgspec

from pos_app.devices.ports import WeightReading, WeightState
from pos_app.service.finding import item_of
from pos_app.service.goods import WEIGHED, GoodsCheck, scaled
from pos_app.service.tax_rates import TaxRates
from pos_app.storage.readers import Reference
from retail_core.domain.asks import NO_RULES, SERIAL, ItemRules
from retail_core.domain.cardguard import Look, look_at, masked
from retail_core.domain.clock import Clock
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import IdSource, LineId, Sku
from retail_core.domain.pricing import BasketItem, PriceBook, price
from retail_core.domain.quantity import ONE
from retail_core.domain.saleline import LineSort, SaleLine, Seen, paid_out
from retail_core.domain.scanned import CodeKind, Scanned
from retail_core.domain.tax import TaxRate
from retail_core.durable.reference import ItemRow

NO_TAX = TaxRate("", "", 0)
NO_WEIGHT_YET = frozenset({WeightState.MOVING, WeightState.ZERO, WeightState.OVER, WeightState.UNDER})
NOT_FOR_SALE = MappingProxyType(
    {
        CodeKind.RECEIPT: "scan.is_receipt",
        CodeKind.BADGE: "scan.is_badge",
        CodeKind.SHELF: "scan.is_shelf",
        CodeKind.GIFT_CARD: "scan.is_gift_card",
        CodeKind.SSCC: "scan.is_delivery",
    }
)
"""What else may be scanned at the till, and how the cashier is told that it is no goods."""


class LineMaker:
    """Makes lines; adds none. `book` is what the open sale is priced by."""

    def __init__(self, catalogue: Reference, goods: GoodsCheck, taxes: TaxRates, clock: Clock, ids: IdSource) -> None:
        self._catalogue = catalogue
        self._goods = goods
        self._taxes = taxes
        self._clock = clock
        self._ids = ids
        self.weigh: Callable[[], WeightReading | None] = lambda: None  # the counter's scale, when there is one
        self.by = ""  # who is at the till: every new line carries it
        self.no_discount: Callable[[ItemRow], bool] = lambda _: False  # goods the store never discounts by hand

    def find(self, scanned: Scanned) -> ItemRow | None:
        """The item a code means; None when the shop has none of it."""
        return item_of(self._catalogue, scanned)

    def line(
        self, item: ItemRow, label: str, qty_milli: int | None, book: PriceBook, scanned: Scanned | None = None,
        line_id: LineId | None = None,
    ) -> SaleLine:  # fmt: skip
        """A priced line; `qty_milli` None: nobody said how many.

        Raises RuleViolationError `item.no_price`, `line.pack_by_pack` or `scan.says_nothing`.
        """
        pieces_milli = ONE if qty_milli is None else qty_milli
        if pieces_milli != ONE and SERIAL in item.more.rules.required:
            raise RuleViolationError("line.one_by_one", name=item.name)
        if pieces_milli != ONE and _is_pack(item, scanned):
            raise RuleViolationError("line.pack_by_pack", name=item.name)
        priced = price((BasketItem(item.sku, pieces_milli),), book, self._clock.now_ms())[0]
        if priced is None and scanned and scanned.price:
            unit_minor, version, reasons = self._goods.label_price_minor(scanned.price), book.version, ()
        elif priced is None:
            raise RuleViolationError("item.no_price", sku=item.sku, name=item.name)
        else:
            unit_minor, version, reasons = priced.unit_minor, priced.book, priced.reasons
        gtin = scanned.gtin if scanned and scanned.gtin else self._catalogue.gtin_of(item.sku)
        tax, *more = self._taxes.of(item.tax_class)
        line = SaleLine(
            line_id or LineId(self._ids.next()), item.sku, item.name, pieces_milli, unit_minor, tax, label, gtin,
            item.unit, item.department, version, reasons, no_discount=self.no_discount(item), sort=item.more.sort,
            by=self.by, rules=rules_of(item), more_taxes=tuple(more),
        )  # fmt: skip
        line = self._goods.told(line, scanned, pieces_milli) if scanned else self._goods.judged(line)
        known = line.unit != WEIGHED or qty_milli is not None or line.packed
        line = line if known else self.weighed(line)
        return paid_out(line) if line.sort is LineSort.DEPOSIT_BACK else line

    def repriced(self, line: SaleLine, book: PriceBook) -> SaleLine:
        """The line by another book; the same one when nothing is different, or its label says what it costs."""
        if not line.counts or line.packed or line.back or line.sort is LineSort.DEPOSIT_BACK:
            return line
        priced = price((BasketItem(line.sku, line.qty_milli),), book, self._clock.now_ms())[0]
        if priced is None or (priced.unit_minor, priced.book) == (line.unit_minor, line.book):
            return line
        fresh = msgspec.structs.replace(
            line, unit_minor=priced.unit_minor, book=priced.book, reasons=priced.reasons, off_ppm=0
        )
        return self._goods.told(fresh, line.told, line.qty_milli) if line.told else self._goods.judged(fresh)

    def weighed(self, line: SaleLine) -> SaleLine:
        """The line with the weight on the scale; stopped until there is one, if the till has a scale that works."""
        reading = self.weigh()
        if reading and reading.state is WeightState.STABLE and reading.grams:
            return self.of_weight(line, reading.grams)
        if reading and reading.state in NO_WEIGHT_YET:
            return self._goods.judged(msgspec.structs.replace(line, unweighed=True))
        return line  # it is away or broken: the cashier types the weight

    def of_weight(self, line: SaleLine, qty_milli: int) -> SaleLine:
        """The line with a quantity somebody or something has said."""
        return self._goods.judged(msgspec.structs.replace(scaled(line, qty_milli), unweighed=False))

    def unknown(self, label: str, qty_milli: int, scanned: Scanned) -> SaleLine:
        """A scan nobody knows yet; what its label says besides is kept for when it gets a name."""
        line_id = LineId(self._ids.next())
        if look_at(label) is not Look.CLEAR or look_at(scanned.text) is not Look.CLEAR:
            return SaleLine(
                line_id, Sku(""), "", qty_milli, 0, NO_TAX, masked(label)
            )  # it may be a card: only its ends
        return SaleLine(line_id, Sku(""), "", qty_milli, 0, NO_TAX, label, scanned.gtin, told=scanned, by=self.by)

    def again(self, line: SaleLine) -> SaleLine:
        """A line like this one, of a unit of which neither serial nor tag is known."""
        line_id = LineId(self._ids.next())
        return msgspec.structs.replace(
            line, line_id=line_id, serial=None, epc=None, seen=Seen.CODE, codes=1, manual=None, by=self.by, taken=None
        )


def rules_of(item: ItemRow) -> ItemRules:
    return item.more.rules if item.more.rules != NO_RULES else NO_RULES


def _is_pack(item: ItemRow, scanned: Scanned | None) -> bool:
    """A pack that says its own weight or price is like no other: packs are scanned one by one."""
    return scanned is not None and (
        scanned.price is not None or (scanned.net_milli is not None and item.unit == WEIGHED)
    )
