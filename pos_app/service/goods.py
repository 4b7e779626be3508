"""What the till does with what a label says of a unit: recalls, dates, weights and prices. Rules come from HQ's feed."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from pos_app.devices.barcode.classify import CodeRules
from pos_app.storage.readers import Links
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.goods import Recall, UnitFacts, Verdict, markdown_of, verdict
from retail_core.domain.goods import markdown_minor as cut_minor
from retail_core.domain.ids import Sku
from retail_core.domain.money import div_half_up, exponent
from retail_core.domain.quantity import ONE, amount_minor
from retail_core.domain.saleline import PriceReason, SaleLine
from retail_core.domain.scanned import Scanned
from retail_core.durable.link import GoodsRules

LABEL_PRICE = "label.price"
MARKDOWN = "markdown"
WEIGH_FIRST = "weigh.first"
EMPTY_LABEL = "scan.says_nothing"
WEIGHED = "kg"
CLEAR = Verdict()


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
        if fresh is self._known and self.codes.reference_year == int(self._today()[:4]):
            return False
        self._known = fresh
        by_item: dict[Sku, tuple[Recall, ...]] = {}
        for recall in fresh.recalls:
            by_item[recall.sku] = (*by_item.get(recall.sku, ()), recall)
        self._recalls = MappingProxyType(by_item)
        year = int(self._today()[:4])
        self.codes = CodeRules(rcn=fresh.rules.rcn, reference_year=year, currency_number=self._currency_number)
        return True

    # ── may it be sold ───────────────────────────────────────────────────────────────────────────

    def judged(self, line: SaleLine) -> SaleLine:
        """The line, stopped if its unit must not be sold (any more), and free again if it may; the same one if nothing
        changed. What must not be sold stays stopped whether or not it was weighed. Goods that come back never are."""
        if line.back:
            return line
        said = self._verdict(line)
        stop = said.stop or (WEIGH_FIRST if line.unweighed else "")
        look = "" if stop else said.look
        if (line.stopped, line.look, line.detail) == (stop, look, said.detail):
            return line
        return msgspec.structs.replace(line, stopped=stop, look=look, detail=said.detail)

    def _verdict(self, line: SaleLine) -> Verdict:
        recalls = self._recalls.get(line.sku, ())
        if not recalls and not line.expiry and not line.best_before:
            return CLEAR
        return verdict(_facts_of(line), recalls, self._today(), self._known.rules.after_best_before)

    # ── what the label says ──────────────────────────────────────────────────────────────────────

    def told(self, line: SaleLine, scanned: Scanned, pieces_milli: int) -> SaleLine:
        """The line as its label tells it: unit facts, weight or price inside, price cut for its date, verdict.

        Raises RuleViolationError `scan.says_nothing` for a weight, price or count of nothing.
        """
        if scanned.lot or scanned.serial or scanned.expiry or scanned.best_before:
            line = msgspec.structs.replace(
                line, lot=scanned.lot, serial=scanned.serial, expiry=scanned.expiry, best_before=scanned.best_before
            )
        net_milli = scanned.net_milli if line.unit == WEIGHED else None
        count = scanned.count if line.unit != WEIGHED else None
        if net_milli == 0 or count == 0 or (scanned.price and not scanned.price[0]):
            raise RuleViolationError(EMPTY_LABEL, name=line.name)
        if scanned.price is not None:
            line = self._at_label_price(line, scanned.price, net_milli, pieces_milli)
        elif net_milli is not None:
            line = msgspec.structs.replace(line, qty_milli=net_milli * pieces_milli // ONE, packed=True)
        elif count is not None:
            line = msgspec.structs.replace(line, qty_milli=count * pieces_milli)
        return self.judged(self._marked_down(line))

    def merged(self, line: SaleLine, scanned: Scanned) -> SaleLine:
        """A second symbol of the same unit says more about it."""
        changed = msgspec.structs.replace(
            line, lot=line.lot or scanned.lot, serial=line.serial or scanned.serial,
            expiry=line.expiry or scanned.expiry, best_before=line.best_before or scanned.best_before,
        )  # fmt: skip
        return self.judged(changed if changed.off_ppm else self._marked_down(changed))

    def label_price_minor(self, price: tuple[int, int]) -> int:
        """A price on a label (digits, decimals) in the currency's minor unit."""
        digits, decimals = price
        places = exponent(self._currency)
        return (
            digits * 10 ** (places - decimals) if decimals <= places else div_half_up(digits, 10 ** (decimals - places))
        )

    def _at_label_price(
        self, line: SaleLine, price: tuple[int, int], net_milli: int | None, pieces_milli: int
    ) -> SaleLine:
        """The line costs what its label says; the quantity of weighed goods is the label's, or follows from the price."""
        wanted = div_half_up(self.label_price_minor(price) * pieces_milli, ONE)
        qty_milli = pieces_milli
        if net_milli is not None:
            qty_milli = net_milli * pieces_milli // ONE
        elif line.unit == WEIGHED and line.unit_minor:
            qty_milli = max(1, div_half_up(wanted * ONE, line.unit_minor))
        more = wanted - amount_minor(line.unit_minor, qty_milli)
        reasons = (*line.reasons, PriceReason(LABEL_PRICE, more)) if more else line.reasons
        return msgspec.structs.replace(line, qty_milli=qty_milli, reasons=reasons, packed=True)

    def _marked_down(self, line: SaleLine) -> SaleLine:
        if not (line.expiry or line.best_before):
            return line
        rule = markdown_of(_facts_of(line), line.department, self._known.rules.markdowns, self._today())
        if rule is None:
            return line
        cut = PriceReason(MARKDOWN, -cut_minor(rule, _before_markdown(line)), rule.name)
        return msgspec.structs.replace(line, reasons=(*line.reasons, cut), off_ppm=rule.ppm)


def scaled(line: SaleLine, qty_milli: int) -> SaleLine:
    """The line with another quantity. What its label adds grows with it; what its date takes off is reckoned anew, so
    that the cut of three is that of their whole price, rounded once."""
    kept = tuple(
        msgspec.structs.replace(reason, amount_minor=div_half_up(reason.amount_minor * qty_milli, line.qty_milli))
        for reason in line.reasons
    )
    made = msgspec.structs.replace(line, qty_milli=qty_milli, reasons=kept)
    if not line.off_ppm:
        return made
    cut_of = -div_half_up(_before_markdown(made) * line.off_ppm, 1_000_000)
    reasons = tuple(
        msgspec.structs.replace(reason, amount_minor=cut_of) if reason.rule == MARKDOWN else reason for reason in kept
    )
    return msgspec.structs.replace(made, reasons=reasons)


def part(line: SaleLine, qty_milli: int) -> tuple[SaleLine, SaleLine]:
    """A part of a line and the rest; together they cost what the line did, to the cent."""
    taken = scaled(line, qty_milli)
    rest = tuple(
        msgspec.structs.replace(whole, amount_minor=whole.amount_minor - gone.amount_minor)
        for whole, gone in zip(line.reasons, taken.reasons, strict=True)
    )
    return taken, msgspec.structs.replace(line, qty_milli=line.qty_milli - qty_milli, reasons=rest)


def _before_markdown(line: SaleLine) -> int:
    others = sum(r.amount_minor for r in line.reasons if r.rule != MARKDOWN and not r.by_hand)
    return amount_minor(line.unit_minor, line.qty_milli) + others


def _facts_of(line: SaleLine) -> UnitFacts:
    return UnitFacts(line.lot, line.serial, line.expiry, line.best_before)
