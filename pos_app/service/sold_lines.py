"""Lines of a sale that is over, as the journal tells them, in the shape of the sale they came from."""

from retail_core.domain.events import SaleCompleted, SoldLine
from retail_core.domain.ids import LineId
from retail_core.domain.quantity import amount_minor
from retail_core.domain.saleline import PriceReason, SaleLine
from retail_core.domain.tax import TaxRate

NO_TAX = TaxRate("", "", 0)
CENT = "return.paid"


def sale_line(line: SoldLine, sale: SaleCompleted, name: str, unit: str) -> SaleLine:
    """The line with price, reasons and taxes of then; it costs to the cent what it did."""
    classes = (line.tax_class, *(more.tax_class for more in line.more_taxes))
    taxes = tuple(
        TaxRate(part.tax_class, part.tax_class, part.rate_ppm, part.included)
        for part in sale.taxes
        if part.tax_class in classes
    )
    paid_minor = line.amount_minor if line.back is None else -line.amount_minor
    cent = paid_minor - amount_minor(line.unit_minor, line.qty_milli) - sum(r.amount_minor for r in line.reasons)
    return SaleLine(
        LineId(f"{sale.sale_id}/{line.n}"), line.sku, name, line.qty_milli, line.unit_minor, taxes[0] if taxes else NO_TAX,
        gtin=line.gtin, unit=unit, book=line.book, reasons=(*line.reasons, PriceReason(CENT, cent)) if cent else line.reasons,
        more_taxes=taxes[1:], lot=line.lot, serial=line.serial, epc=line.epc, expiry=line.expiry, back=line.back,
    )  # fmt: skip
