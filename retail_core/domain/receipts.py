"""What a receipt proves: who was paid what for which goods, enough to take them back anywhere in the chain."""

import msgspec

from retail_core.domain.events import SaleCompleted, SoldLine
from retail_core.domain.ids import Sku
from retail_core.domain.tax import EXEMPT_RULE, TaxPart

MS_PER_S = 1000


class PaidRate(msgspec.Struct, frozen=True):
    """A tax as it was when the goods were paid."""

    tax_class: str
    rate_ppm: int
    included: bool


class PaidTender(msgspec.Struct, frozen=True):
    """What was paid with; below zero for money that went back. `kind` is a TenderKind's value."""

    kind: str
    amount_minor: int


class PaidLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """Goods that were bought: line `n` of its receipt, and what was paid for it after every discount."""

    n: int
    sku: Sku
    qty_milli: int
    amount_minor: int
    taxes: tuple[PaidRate, ...]
    lot: str | None = None
    serial: str | None = None


class PaidReceipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """A receipt as its code tells it. Without `lines` they are where the sale was made, and `lines_hash` is known.

    Goods that came back on it are not listed: nobody can bring them back again.
    """

    number: str
    at_s: int
    currency: str
    total_minor: int
    tenders: tuple[PaidTender, ...]
    lines: tuple[PaidLine, ...] = ()
    lines_hash: bytes = b""
    gift: bool = False  # printed for somebody who must not learn the prices

    @property
    def register(self) -> str:
        """Store and register of the till that wrote it: a number is store-register-series-counter."""
        return self.number.rsplit("-", 2)[0]


class BackLine(msgspec.Struct, frozen=True):
    """What came back of line `n` so far."""

    n: int
    qty_milli: int
    minor: int


class FoundReceipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """A receipt as others have it, with all of it that came back as far as they know."""

    receipt: PaidReceipt
    back: tuple[BackLine, ...] = ()
    voided_by: str = ""


def paid_receipt(event: SaleCompleted, at_ms: int, *, gift: bool = False) -> PaidReceipt:
    """The receipt of a completed sale."""
    rates: dict[str, PaidRate] = {}
    for part in sorted(event.taxes, key=lambda part: part.taxable_minor):  # the rate of what was sold comes last
        rates[part.tax_class] = _rate(part)
    return PaidReceipt(
        event.receipt,
        at_ms // MS_PER_S,
        event.currency,
        event.total_minor,
        tuple(PaidTender(tender.kind.value, tender.amount_minor) for tender in event.tenders),
        tuple(_line(line, rates) for line in event.lines if line.back is None),
        gift=gift,
    )


def _rate(part: TaxPart) -> PaidRate:
    return PaidRate(part.tax_class, part.rate_ppm, part.included)


def _line(line: SoldLine, rates: dict[str, PaidRate]) -> PaidLine:
    exempt = any(reason.rule == EXEMPT_RULE for reason in line.reasons)
    classes = () if exempt else (line.tax_class, *(more.tax_class for more in line.more_taxes))
    taxes = tuple(rates[name] for name in classes if name in rates)
    return PaidLine(line.n, line.sku, line.qty_milli, line.amount_minor, taxes, line.lot, line.serial)
