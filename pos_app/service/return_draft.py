"""Goods on the Return screen before they are on the sale: what may come back, and what was ticked of it."""

from collections.abc import Iterable, Mapping
from typing import Self

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.goods import same_mark
from retail_core.domain.ids import Sku
from retail_core.domain.quantity import ONE
from retail_core.domain.receipts import PaidLine, PaidReceipt
from retail_core.domain.returns import CONDITION_OF, NOTHING, Condition, Part, ReturnOf, ReturnReason, worth_minor
from retail_core.domain.saleline import SaleLine
from retail_core.domain.scanned import Scanned

EACH = "each"


class DraftLine(msgspec.Struct, frozen=True):
    """A line of the open receipt, or goods without one (`made`). `before` came back earlier, `on_sale` is on the sale now."""

    n: int
    sku: Sku
    name: str
    sold: Part
    paid: PaidLine | None = None
    made: SaleLine | None = None
    unit: str = EACH
    before: Part = NOTHING
    on_sale: Part = NOTHING
    ticked_milli: int = 0

    @property
    def left_milli(self) -> int:
        """What may still come back, ticked or not."""
        return self.sold.qty_milli - self.before.qty_milli - self.on_sale.qty_milli

    @property
    def step_milli(self) -> int:
        """What one scan or tap is: a piece, or all of what was weighed or sold in part."""
        return ONE if self.unit == EACH and self.left_milli >= ONE else self.left_milli

    @property
    def worth_minor(self) -> int:
        """What the ticked goods are worth."""
        if not self.ticked_milli:
            return 0
        return worth_minor(self.sold, self.before + self.on_sale, self.ticked_milli)

    @property
    def serial(self) -> str:
        return (self.paid.serial if self.paid else None) or ""

    @property
    def lot(self) -> str:
        return (self.paid.lot if self.paid else None) or ""

    def ticked(self, by_milli: int) -> Self:
        return msgspec.structs.replace(self, ticked_milli=self.ticked_milli + by_milli)


class ReturnDraft:
    """One receipt, or goods without. A refusal changes nothing."""

    def __init__(self, receipt: PaidReceipt | None = None, lines: Iterable[DraftLine] = ()) -> None:
        self.receipt = receipt
        self.lines: dict[int, DraftLine] = {line.n: line for line in lines}
        self.reason = ReturnReason.UNWANTED
        self.condition = CONDITION_OF[self.reason]

    @property
    def ticked(self) -> tuple[DraftLine, ...]:
        return tuple(line for line in self.lines.values() if line.ticked_milli)

    @property
    def worth_minor(self) -> int:
        """What goes back to the customer for all that is ticked."""
        return sum(line.worth_minor for line in self.ticked)

    def because(self, reason: ReturnReason) -> None:
        """Why the goods come back; where they go follows, until somebody says otherwise."""
        self.reason, self.condition = reason, CONDITION_OF[reason]

    def goes_to(self, condition: Condition) -> None:
        self.condition = condition

    def tick(self, n: int, *, back: bool = False) -> DraftLine:
        """One more of a line, by hand, or with `back` all of it unticked.

        Raises `return.scan_unit` for a unit with a serial or a lot: those are compared, not believed.
        """
        line = self.lines[n]
        if back:
            return self._put(line.ticked(-line.ticked_milli))
        if self.receipt and (line.serial or line.lot):
            raise RuleViolationError("return.scan_unit", name=line.name)
        return self._one_more(line)

    def tick_all(self) -> None:
        """All that is left. Raises `return.scan_unit` when something is left that has to be scanned; the rest is ticked."""
        unscanned: DraftLine | None = None
        for line in tuple(self.lines.values()):
            if line.serial or line.lot:
                unscanned = line if line.ticked_milli < line.left_milli else unscanned
            elif line.left_milli > 0:
                self._put(msgspec.structs.replace(line, ticked_milli=line.left_milli))
        if unscanned:
            raise RuleViolationError("return.scan_unit", name=unscanned.name)

    def scan(self, sku: Sku, name: str, scanned: Scanned) -> DraftLine:
        """Tick the line this unit was sold on. Raises `return.not_on_receipt`, `return.other_serial`, `return.other_lot` or `return.none_left`."""
        mine = [line for line in self.lines.values() if line.sku == sku]
        if not mine:
            raise RuleViolationError("return.not_on_receipt", name=name)
        same = [line for line in mine if _same(line.serial, scanned.serial)]
        if not same:
            raise RuleViolationError("return.other_serial", name=name, serial=mine[0].serial)
        same_lot = [line for line in same if _same(line.lot, scanned.lot)]
        if not same_lot:
            raise RuleViolationError("return.other_lot", name=name, lot=same[0].lot)
        free = [line for line in same_lot if line.ticked_milli < line.left_milli]
        by_weight = [line for line in free if line.left_milli == scanned.net_milli]
        return self._one_more((by_weight or free or same_lot)[0])

    def add(self, made: SaleLine) -> DraftLine:
        """Goods without a receipt."""
        n = len(self.lines) + 1
        sold = Part(made.qty_milli, made.amount_minor)
        return self._put(DraftLine(n, made.sku, made.name, sold, None, made, made.unit, ticked_milli=made.qty_milli))

    @property
    def left(self) -> bool:
        """True when something of the receipt may still come back."""
        return any(line.left_milli > 0 for line in self.lines.values())

    def came_back(self, told: Mapping[int, Part]) -> bool:
        """Others know of more that came back: what is ticked beyond what is left then is unticked. True when it was news."""
        news = False
        for n, line in tuple(self.lines.items()):
            back = told.get(n, NOTHING)
            if back.qty_milli > line.before.qty_milli:
                known = msgspec.structs.replace(line, before=back)
                self._put(msgspec.structs.replace(known, ticked_milli=max(0, min(line.ticked_milli, known.left_milli))))
                news = True
        return news

    def with_sale(self, on_sale: Mapping[int, Part]) -> None:
        """What of this receipt is on the open sale now."""
        for n, line in self.lines.items():
            self.lines[n] = msgspec.structs.replace(line, on_sale=on_sale.get(n, NOTHING))

    def _one_more(self, line: DraftLine) -> DraftLine:
        step = line.step_milli
        if step <= 0 or line.ticked_milli + step > line.left_milli:
            sold, left = line.sold.qty_milli, line.left_milli
            raise RuleViolationError("return.none_left", name=line.name, sold_milli=sold, left_milli=max(0, left))
        return self._put(line.ticked(step))

    def _put(self, line: DraftLine) -> DraftLine:
        self.lines[line.n] = line
        return line


def _same(sold: str, scanned: str | None) -> bool:
    """A mark that was noted when it was sold must be the same now; where none was, any unit may be it."""
    return not sold or same_mark(sold) == same_mark(scanned or "")


def back_of(draft: ReturnDraft, line: DraftLine) -> ReturnOf:
    """What the sale's line says of the purchase it undoes."""
    receipt = draft.receipt
    if receipt is None:
        return ReturnOf(draft.reason, draft.condition)
    paid = max(receipt.tenders, key=lambda tender: tender.amount_minor, default=None)
    return ReturnOf(draft.reason, draft.condition, receipt.number, line.n, paid.kind if paid else "")


def on_sale_of(lines: Iterable[SaleLine], receipt: str) -> Mapping[int, Part]:
    """What of a receipt's lines comes back on these lines of a sale."""
    found: dict[int, Part] = {}
    for line in lines:
        if line.back and line.counts and line.back.receipt == receipt and receipt:
            part = Part(line.qty_milli, -line.amount_minor)
            found[line.back.n] = found.get(line.back.n, NOTHING) + part
    return found
