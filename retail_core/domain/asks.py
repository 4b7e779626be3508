"""What must be known before goods are sold: the buyer's age, a serial, a lot, or a field the item asks for.

An open question never stops a scan; only paying waits for it. No birth date is kept anywhere.
"""

from datetime import date

import msgspec

from retail_core.domain.cardguard import Look, look_at
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import Sku

MAX_AGE = 120
MAX_REQUIRED = 4
MAX_FIELD_CHARS = 24
MAX_VALUE_CHARS = 40
SERIAL, LOT, EXPIRY = "serial", "lot", "expiry"
"""Fields that stand on every line; any other name is a field of the item's own."""


class ItemRules(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an item asks for when it is sold, and the deposit that is taken with each piece of it."""

    min_age: int = 0
    required: tuple[str, ...] = ()
    deposit: Sku = Sku("")


NO_RULES = ItemRules()


def checked_rules(rules: ItemRules, sku: str) -> ItemRules:
    """The rules, if they make sense. Raises RuleViolationError `product.bad_age`, `.bad_required` or `.bad_deposit`."""
    if not 0 <= rules.min_age <= MAX_AGE:
        raise RuleViolationError("product.bad_age", sku=sku, age=rules.min_age)
    named = all(
        0 < len(name) <= MAX_FIELD_CHARS and name == name.strip() and name.isprintable() for name in rules.required
    )
    if not named or len(set(rules.required)) != len(rules.required) or len(rules.required) > MAX_REQUIRED:
        raise RuleViolationError("product.bad_required", sku=sku, limit=MAX_REQUIRED)
    if rules.deposit == sku:
        raise RuleViolationError("product.bad_deposit", sku=sku)
    return rules


def checked_value(field: str, value: str) -> str:
    """What was typed or scanned for a field. Raises RuleViolationError `ask.empty`, `.too_long`, `.unreadable` or `.bad_date`."""
    text = value.strip()
    if not text:
        raise RuleViolationError("ask.empty", field=field)
    if len(text) > MAX_VALUE_CHARS:
        raise RuleViolationError("ask.too_long", field=field, limit=MAX_VALUE_CHARS)
    if not text.isprintable():
        raise RuleViolationError("ask.unreadable", field=field)
    if look_at(text) is not Look.CLEAR:
        raise RuleViolationError("card.number_refused")
    return _day(text, "ask.bad_date").isoformat() if field == EXPIRY else text


def born_by(today: str, age: int) -> str:
    """The last birth date (YYYY-MM-DD) of somebody who is `age` today; for a leap day that is 28 February.

    >>> born_by("2026-11-27", 18)
    '2008-11-27'
    """
    now = date.fromisoformat(today)
    try:
        return now.replace(year=now.year - age).isoformat()
    except ValueError:
        return now.replace(year=now.year - age, day=28).isoformat()


def check_birth(typed: str, today: str, age: int) -> None:
    """Raises RuleViolationError `age.bad_date` for what is no date of birth, `age.too_young` for one that is too late."""
    born = _day(typed, "age.bad_date").isoformat()
    if born > today or born < born_by(today, MAX_AGE):
        raise RuleViolationError("age.bad_date", text=typed[:12])
    if born > born_by(today, age):
        raise RuleViolationError("age.too_young", age=age)


def _day(typed: str, code: str) -> date:
    """A date as people type it: 27112008, 27.11.2008, 27/11/2008 or 2008-11-27."""
    text = typed.strip()
    parts = text.replace("/", ".").replace("-", ".").split(".")
    if len(parts) == 1 and len(text) == 8:
        parts = [text[:2], text[2:4], text[4:]]
    if len(parts[0]) == 4:
        parts.reverse()
    figures = all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts)
    if len(parts) != 3 or not figures or len(parts[2]) != 4:
        raise RuleViolationError(code, text=text[:12])
    day, month, year = map(int, parts)
    try:
        return date(year, month, day)
    except ValueError:
        raise RuleViolationError(code, text=text[:12]) from None
