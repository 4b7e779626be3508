"""Lines of a sale that is over, as the journal tells them, in the shape of the sale they came from."""

from retail_core.domain.events import SaleCompleted, SoldLine
from retail_core.domain.ids import LineId
from retail_core.domain.quantity import amount_minor
from retail_core.domain.saleline import PriceReason, SaleLine
from retail_core.domain.tax import TaxPart, TaxRate, tax_on

NO_TAX = TaxRate("", "", 0)
CENT = "return.paid"


def sale_line(line: SoldLine, sale: SaleCompleted, name: str, unit: str) -> SaleLine:
    """The line with price, reasons and taxes of then; it costs to the cent what it did."""
    taxes = _rates(line, sale)
    paid_minor = line.amount_minor if line.back is None else -line.amount_minor
    cent = paid_minor - amount_minor(line.unit_minor, line.qty_milli) - sum(r.amount_minor for r in line.reasons)
    return SaleLine(
        LineId(f"{sale.sale_id}/{line.n}"), line.sku, name, line.qty_milli, line.unit_minor, taxes[0] if taxes else NO_TAX,
        gtin=line.gtin, unit=unit, book=line.book, reasons=(*line.reasons, PriceReason(CENT, cent)) if cent else line.reasons,
        more_taxes=taxes[1:], lot=line.lot, serial=line.serial, epc=line.epc, expiry=line.expiry, back=line.back,
    )  # fmt: skip


def _rates(line: SoldLine, sale: SaleCompleted) -> tuple[TaxRate, ...]:
    """The rates it was sold under. A class has one on all goods of a sale and others on goods that came back with it, sold
    before the state changed it: which of those, only the tax of the line tells.
    """
    found: list[TaxRate] = []
    for tax_class, tax_minor in (
        (line.tax_class, line.tax_minor),
        *((more.tax_class, more.tax_minor) for more in line.more_taxes),
    ):
        rates = [one for one in sale.taxes if one.tax_class == tax_class]
        if line.back is None:  # what was sold adds up to more than nothing
            rates.sort(key=lambda part: -part.taxable_minor)
        else:
            rates.sort(key=lambda part: abs(_tax_of(part, line.amount_minor) - tax_minor))
        found += [TaxRate(part.tax_class, part.tax_class, part.rate_ppm, part.included) for part in rates[:1]]
    return tuple(found)


def _tax_of(part: TaxPart, amount_minor: int) -> int:
    return tax_on(amount_minor, part.rate_ppm, included=part.included)
