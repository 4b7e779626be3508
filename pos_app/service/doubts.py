"""Entries that could be a slip of the finger: told before they are done, so that the screen can ask once."""

from collections.abc import Callable

import msgspec

from pos_app.service.entry import Entry, EntryKind
from retail_core.domain.errors import Fact, RuleViolationError
from retail_core.domain.guards import LineRules, price_doubt, quantity_doubt
from retail_core.domain.money import parse_amount
from retail_core.domain.quantity import ONE, amount_minor, format_quantity
from retail_core.domain.saleline import SaleLine


class Doubt(msgspec.Struct, frozen=True):
    code: str
    facts: dict[str, Fact] = {}


def doubt_of(
    entry: Entry, selected: SaleLine | None, price_of: Callable[[str], int | None], currency: str, rules: LineRules
) -> Doubt | None:
    """What should be asked about an entry, or None. `price_of` is the price of a typed code, None when unknown."""
    match entry.kind:
        case EntryKind.OPEN_PRICE:
            try:
                unit_minor = parse_amount(entry.text, currency)
            except RuleViolationError:
                return None  # it will be refused with its own words
            qty_milli = entry.qty_milli or ONE
            code = price_doubt(entry.text, unit_minor, qty_milli, rules)
        case EntryKind.SET_QUANTITY:
            unit_minor = selected.unit_minor if selected and selected.sku else None
            qty_milli = entry.qty_milli
            code = quantity_doubt(qty_milli, unit_minor, rules)
        case EntryKind.CODE | EntryKind.MULTIPLY_NEXT if entry.qty_milli:
            unit_minor, qty_milli = price_of(entry.text) if entry.text else None, entry.qty_milli
            code = quantity_doubt(qty_milli, unit_minor, rules)
        case _:
            return None
    if not code:
        return None
    text = entry.text if code == "amount.looks_like_a_bar_code" else format_quantity(qty_milli)
    return Doubt(code, {"text": text, "amount_minor": amount_minor(unit_minor or 0, qty_milli), "currency": currency})
