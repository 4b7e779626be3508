"""Words of discounts by hand: what is done, to what, and why."""

from collections.abc import Mapping
from types import MappingProxyType

from pos_app.locale.mark import _
from pos_app.ui.words import ltr, tr
from retail_core.domain.discounts import LINE_RULE, PRICE_RULE, SALE_RULE, Kind, Why
from retail_core.domain.saleline import PriceReason
from retail_core.domain.tax import EXEMPT_RULE, Exemption, ExemptReason

SCOPE_WORDS: Mapping[str, str] = MappingProxyType({"line": _("This line"), "sale": _("Whole sale")})
KIND_WORDS: Mapping[Kind, str] = MappingProxyType(
    {Kind.PERCENT: _("Percent"), Kind.AMOUNT: _("Amount"), Kind.PRICE: _("New price")}
)
WHY_WORDS: Mapping[str, str] = MappingProxyType(
    {
        Why.DAMAGED: _("Damaged"),
        Why.PRICE_MATCH: _("Price match"),
        Why.SHELF_LABEL: _("Shelf label"),
        Why.GOODWILL: _("Goodwill"),
        Why.STAFF: _("Staff"),
    }
)
EXEMPT_WORD = _("Without tax")
EXEMPT_WHYS: Mapping[str, str] = MappingProxyType(
    {
        ExemptReason.RESALE: _("Resale"),
        ExemptReason.CHARITY: _("Charity"),
        ExemptReason.DIPLOMAT: _("Diplomat"),
        ExemptReason.EXPORT: _("Export"),
    }
)
RULE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        LINE_RULE: _("Discount"),
        SALE_RULE: _("Discount on the sale"),
        PRICE_RULE: _("Price changed"),
        EXEMPT_RULE: EXEMPT_WORD,
    }
)


def hand_words(reason: PriceReason) -> str:
    """ "Discount 10 % · Damaged" of what was done by hand."""
    words = " ".join(part for part in (tr(RULE_WORDS[reason.rule]), ltr(reason.text) if reason.text else "") if part)
    why = WHY_WORDS.get(reason.why) or EXEMPT_WHYS.get(reason.why, "")
    return f"{words} · {tr(why)}" if why else words


def exempt_words(exempt: Exemption) -> str:
    """ "Without tax · Diplomat · D-4711": instead of the taxes."""
    return " · ".join((tr(EXEMPT_WORD), tr(EXEMPT_WHYS.get(exempt.reason, exempt.reason)), ltr(exempt.certificate)))
