"""Taxes included in the price or added to it.

Rounding order, the only one in this product: line amounts are rounded first (quantity × price, half up); tax is then
computed once per tax class of the document on the sum of its line amounts, half up; the class's tax is shared back
over its lines by largest remainder, so Σ line tax = document tax to the cent.
"""

from collections.abc import Iterable, Sequence

import msgspec

from retail_core.domain.money import allocate, div_half_up

PPM = 1_000_000


class TaxRate(msgspec.Struct, frozen=True):
    """A rate in parts per million (21 % = 210000). `included`: the shelf price already holds it."""

    tax_class: str
    name: str
    rate_ppm: int
    included: bool = True


class TaxPart(msgspec.Struct, frozen=True):
    """What one tax class adds up to on one document. `taxable_minor` is the sum of the line amounts."""

    tax_class: str
    rate_ppm: int
    included: bool
    taxable_minor: int
    tax_minor: int

    @property
    def added_minor(self) -> int:
        """What the customer pays on top of the line amounts."""
        return 0 if self.included else self.tax_minor


def tax_on(amount_minor: int, rate_ppm: int, *, included: bool) -> int:
    """Tax in (included) or on (added) an amount.

    >>> tax_on(121, 210000, included=True), tax_on(100, 210000, included=False)
    (21, 21)
    """
    return div_half_up(amount_minor * rate_ppm, PPM + rate_ppm if included else PPM)


def tax_parts(amounts: Iterable[tuple[TaxRate, int]]) -> tuple[TaxPart, ...]:
    """Tax of a document from (rate, line amount) pairs: one part per class, highest rate first."""
    sums: dict[TaxRate, int] = {}
    for rate, amount_minor in amounts:
        sums[rate] = sums.get(rate, 0) + amount_minor
    parts = [
        TaxPart(
            rate.tax_class,
            rate.rate_ppm,
            rate.included,
            total,
            tax_on(total, rate.rate_ppm, included=rate.included),
        )
        for rate, total in sums.items()
    ]
    return tuple(sorted(parts, key=lambda part: (-part.rate_ppm, part.tax_class)))


def line_taxes(part: TaxPart, amounts_minor: Sequence[int]) -> tuple[int, ...]:
    """Share one class's document tax over its lines, to the cent; amounts below zero (goods back) get tax below zero."""
    if not amounts_minor:
        return ()
    if all(amount >= 0 for amount in amounts_minor) or all(amount <= 0 for amount in amounts_minor):
        return allocate(part.tax_minor, [abs(amount) for amount in amounts_minor])
    below = PPM + part.rate_ppm if part.included else PPM
    exact = [divmod(amount * part.rate_ppm, below) for amount in amounts_minor]
    shares = [whole for whole, _ in exact]  # each rounded down, so what is left is less than one for each line
    by_remainder = sorted(range(len(exact)), key=lambda i: (-exact[i][1], i))
    for i in by_remainder[: part.tax_minor - sum(shares)]:
        shares[i] += 1
    return tuple(shares)
