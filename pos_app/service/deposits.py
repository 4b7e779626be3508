"""Deposits on the open sale: taken by themselves with the goods they belong to, and gone with them.

The deposit is an item of its own, with its own price and tax. What is paid out for empties is a line of its own too.
"""

import msgspec

from pos_app.service.lines import LineMaker
from pos_app.storage.readers import Reference
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import LineId, SaleId
from retail_core.domain.pricing import PriceBook
from retail_core.domain.quantity import ONE
from retail_core.domain.sale import Sale
from retail_core.domain.saleline import LineSort, SaleLine


class Deposits:
    """Follows one sale at a time. Only lines that were touched are looked at."""

    def __init__(self, catalogue: Reference, lines: LineMaker) -> None:
        self._catalogue, self._lines = catalogue, lines
        self._sale_id: SaleId | None = None
        self._line_of: dict[LineId, LineId] = {}

    def follow(self, sale: Sale, book: PriceBook) -> None:
        """Bring the deposits of what was touched to their quantity. One without a price here is left out."""
        if sale.sale_id != self._sale_id:
            self._sale_id = sale.sale_id
            self._line_of = {line.of: line.line_id for line in sale if line.of and not line.voided}
        for line_id in sale.touched:
            line = sale.as_kept(line_id)
            if line.rules.deposit and line.back is None:
                self._settle(sale, line, book)

    def _settle(self, sale: Sale, line: SaleLine, book: PriceBook) -> None:
        wanted_milli = line.units * ONE if line.counts else 0
        known = self._line_of.get(line.line_id)
        if known is None:
            if wanted_milli:
                self._take(sale, line, wanted_milli, book)
        elif not wanted_milli:
            sale.void_line(known)
            del self._line_of[line.line_id]
        elif sale.line(known).qty_milli != wanted_milli:
            sale.replace_line(known, msgspec.structs.replace(sale.line(known), qty_milli=wanted_milli))

    def _take(self, sale: Sale, line: SaleLine, qty_milli: int, book: PriceBook) -> None:
        item = self._catalogue.by_sku(line.rules.deposit)
        if item is None:
            return
        try:
            made = self._lines.line(item, "", qty_milli, book)
        except RuleViolationError:
            return  # no price has come for it yet; the goods are sold all the same
        sale.add(msgspec.structs.replace(made, sort=LineSort.DEPOSIT, of=line.line_id))
        self._line_of[line.line_id] = made.line_id


def check_own(line: SaleLine) -> None:
    """Raises RuleViolationError `line.goes_along` for a deposit, which changes with its goods only."""
    if line.of:
        raise RuleViolationError("line.goes_along", name=line.name)
