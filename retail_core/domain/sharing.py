"""What is given to a sale as a whole, as reasons of its lines: its discount by hand, then its freedom from tax.

Shares are reckoned anew from all lines whenever one changes, so that they add up to the cent whatever came and went.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from retail_core.domain.discounts import SALE_RULE, Manual, percent_text, shares
from retail_core.domain.ids import LineId
from retail_core.domain.saleline import PriceReason, SaleLine
from retail_core.domain.tax import EXEMPT_RULE, Exemption, Rounding, TaxPart, included_taxes, shared_taxes

ShareOut = Callable[[Mapping[LineId, SaleLine]], Iterable[SaleLine]]
"""Given the lines of a sale as they are, those that have another share of what promotions take off the whole now."""


def none_waits(_: Mapping[LineId, SaleLine]) -> Iterable[SaleLine]:
    """Every line has its shares."""
    return ()


def shared(
    lines: Iterable[SaleLine], discount: Manual | None, exempt: Exemption | None, rounding: Rounding
) -> Sequence[SaleLine]:
    """The lines with their shares in place of those they had. Goods that come back keep what they were sold with."""
    bare = [line.without_shares() for line in lines]
    cut = _discounted(bare, discount) if discount else bare
    return _without_tax(cut, exempt, rounding) if exempt else cut


def tax_shares(
    lines: Iterable[SaleLine], parts: Sequence[TaxPart], rounding: Rounding
) -> Mapping[tuple[LineId, str], int]:
    """The document's taxes (`parts`) shared over its lines, to the cent: by line and class."""
    taxed = [line for line in lines if not line.exempt]
    shares = shared_taxes(parts, [(line.taxes, line.amount_minor) for line in taxed], rounding)
    return {(line.line_id, kind): tax for line, taxes in zip(taxed, shares, strict=True) for kind, tax in taxes.items()}


def _discounted(lines: Sequence[SaleLine], given: Manual) -> Sequence[SaleLine]:
    taking = [line for line in lines if line.takes_discount]
    # fewer pieces than its promotions were reckoned for leave a line below nothing until they are reckoned anew
    off = zip(taking, shares(given, [max(0, line.amount_minor) for line in taking]), strict=True)
    text = percent_text(given)
    cut = {
        line.line_id: line.with_reason(PriceReason(SALE_RULE, -minor, text, given.why, given.by))
        for line, minor in off
        if minor
    }
    return [cut.get(line.line_id, line) for line in lines]


def _without_tax(lines: Sequence[SaleLine], exempt: Exemption, rounding: Rounding) -> Sequence[SaleLine]:
    """What a price includes is taken out of it; the reason alone says that none is added, so free goods have it too."""
    sold = [line for line in lines if line.counts and line.back is None]
    taxes = included_taxes([(line.taxes, line.amount_minor) for line in sold], rounding)
    free = {
        line.line_id: line.with_reason(PriceReason(EXEMPT_RULE, -minor, "", exempt.reason, exempt.by))
        for line, minor in zip(sold, taxes, strict=True)
    }
    return [free.get(line.line_id, line) for line in lines]
