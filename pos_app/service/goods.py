"""What the till does with what a label says of a unit: recalls, dates, weights and prices. Rules come from HQ's feed."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from pos_app.devices.barcode.classify import CodeRules
from pos_app.storage.readers import Links
from retail_core.domain.goods import Recall, UnitFacts, Verdict, markdown_minor, markdown_of, verdict
from retail_core.domain.ids import Sku
from retail_core.domain.money import div_half_up, exponent
from retail_core.domain.quantity import ONE, amount_minor
from retail_core.domain.sale import PriceReason, SaleLine
from retail_core.domain.scanned import Scanned
from retail_core.durable.link import GoodsRules

LABEL_PRICE = "label.price"
WEIGHED = "kg"


class GoodsCheck:
    """The rules in force, in memory, so that a scan asks no file for them."""

    def __init__(self, facts: Links, currency: str, today: Callable[[], str], currency_number: str = "") -> None:
        self._facts = facts
        self._currency = currency
        self._currency_number = currency_number
        self._today = today
        self._known = GoodsRules()
        self._recalls: Mapping[Sku, tuple[Recall, ...]] = MappingProxyType({})
        self.codes = CodeRules()
        self.refresh()

    def refresh(self) -> bool:
        """Look whether HQ sent other rules; True when it did. Costs one small query."""
        fresh = self._facts.goods_rules(self._known)
        if fresh is self._known:
            return False
        self._known = fresh
        by_item: dict[Sku, tuple[Recall, ...]] = {}
        for recall in fresh.recalls:
            by_item[recall.sku] = (*by_item.get(recall.sku, ()), recall)
        self._recalls = MappingProxyType(by_item)
        year = int(self._today()[:4])
        self.codes = CodeRules(rcn=fresh.rules.rcn, reference_year=year, currency_number=self._currency_number)
        return True

    def verdict(self, line: SaleLine) -> Verdict:
        """May the unit on this line be sold today?"""
        return self.of_unit(line.sku, UnitFacts(line.lot, line.serial, line.expiry, line.best_before))

    def of_unit(self, sku: Sku, unit: UnitFacts) -> Verdict:
        """The same of a unit that is on no line yet."""
        recalls = self._recalls.get(sku, ())
        if not recalls and not unit.expiry and not unit.best_before:
            return Verdict()
        return verdict(unit, recalls, self._today(), self._known.rules.after_best_before)

    def judged(self, line: SaleLine) -> SaleLine:
        """The line, stopped if its unit must not be sold (any more), and free again if it may."""
        said = self.verdict(line)
        if (line.stopped, line.stop_detail) == (said.stop, said.detail if said.stop else ""):
            return line
        return msgspec.structs.replace(line, stopped=said.stop, stop_detail=said.detail if said.stop else "")

    def told(self, line: SaleLine, scanned: Scanned, pieces_milli: int) -> SaleLine:
        """The line as its label tells it: unit facts, weight or price inside, price cut for its date, verdict."""
        line = msgspec.structs.replace(
            line, lot=scanned.lot, serial=scanned.serial, expiry=scanned.expiry, best_before=scanned.best_before
        )
        if scanned.price is not None:
            line = self._at_label_price(line, scanned.price, pieces_milli)
        elif scanned.net_milli is not None and line.unit == WEIGHED:
            line = msgspec.structs.replace(line, qty_milli=scanned.net_milli * pieces_milli // ONE)
        elif scanned.count is not None and line.unit != WEIGHED:
            line = msgspec.structs.replace(line, qty_milli=scanned.count * pieces_milli)
        return self.judged(self._marked_down(line))

    def merged(self, line: SaleLine, scanned: Scanned) -> SaleLine:
        """A second symbol of the same unit says more about it."""
        changed = msgspec.structs.replace(
            line, lot=line.lot or scanned.lot, serial=line.serial or scanned.serial,
            expiry=line.expiry or scanned.expiry, best_before=line.best_before or scanned.best_before,
        )  # fmt: skip
        return self.judged(changed if line.reasons else self._marked_down(changed))

    def label_price_minor(self, price: tuple[int, int]) -> int:
        """A price on a label (digits, decimals) in the currency's minor unit."""
        digits, decimals = price
        places = exponent(self._currency)
        return (
            digits * 10 ** (places - decimals) if decimals <= places else div_half_up(digits, 10 ** (decimals - places))
        )

    def _at_label_price(self, line: SaleLine, price: tuple[int, int], pieces_milli: int) -> SaleLine:
        """The line costs what its label says; of weighed goods the quantity follows from the price."""
        wanted = self.label_price_minor(price) * pieces_milli // ONE
        qty_milli = pieces_milli
        if line.unit == WEIGHED and line.unit_minor:
            qty_milli = max(1, div_half_up(wanted * ONE, line.unit_minor))
        more = wanted - amount_minor(line.unit_minor, qty_milli)
        reasons = (PriceReason(LABEL_PRICE, more),) if more else ()
        return msgspec.structs.replace(line, qty_milli=qty_milli, reasons=(*line.reasons, *reasons))

    def _marked_down(self, line: SaleLine) -> SaleLine:
        unit = UnitFacts(line.lot, line.serial, line.expiry, line.best_before)
        rule = markdown_of(unit, line.department, self._known.rules.markdowns, self._today())
        if rule is None:
            return line
        amount = amount_minor(line.unit_minor, line.qty_milli) + sum(reason.amount_minor for reason in line.reasons)
        cut = markdown_minor(rule, amount)
        return msgspec.structs.replace(line, reasons=(*line.reasons, PriceReason("markdown", -cut, rule.name)))


def scaled(line: SaleLine, qty_milli: int) -> SaleLine:
    """The line with another quantity; what its label or date takes off grows with it."""
    if not line.reasons:
        return msgspec.structs.replace(line, qty_milli=qty_milli)
    reasons = tuple(
        msgspec.structs.replace(reason, amount_minor=div_half_up(reason.amount_minor * qty_milli, line.qty_milli))
        for reason in line.reasons
    )
    return msgspec.structs.replace(line, qty_milli=qty_milli, reasons=reasons)
