"""Rules of a store for numbers that carry a price, a weight or a count inside (restricted circulation numbers).

Which digits mean what is the store's own choice (GS1 General Specifications, section 2.1.11: prefixes 02 and 20 to 29);
HQ publishes the table, HQ and till check it with the same function. A UPC-A that begins with 2 is the same number with
a 0 in front, so one table of 13 digits serves both.
"""

from enum import StrEnum

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.gtin import check_digit, is_gtin

DIGITS = 13
PREFIXES = frozenset({"02", *(str(n) for n in range(20, 30))})
MAX_RULES = 40
MAX_DECIMALS = 4


class EmbeddedKind(StrEnum):
    PRICE = "price"  # in the store's currency
    WEIGHT = "weight"  # in kilograms
    COUNT = "count"  # pieces


class InnerCheck(StrEnum):
    """What the digit in front of the value is."""

    NONE = "none"  # there is none
    VERIFY = "verify"  # GS1's check digit of a price of four or five digits
    IGNORE = "ignore"  # a digit of somebody's own making


class RcnRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """Prefix, item digits, perhaps an inner check digit, value digits and the check digit: 13 in all.

    `prefix` is two digits or more ("21", "2841"); the longest one that fits wins.
    """

    prefix: str
    item_digits: int
    kind: EmbeddedKind
    decimals: int
    inner_check: InnerCheck = InnerCheck.NONE

    @property
    def value_digits(self) -> int:
        inner = self.inner_check is not InnerCheck.NONE
        return DIGITS - 1 - len(self.prefix) - self.item_digits - inner


class Embedded(msgspec.Struct, frozen=True):
    """What such a number says. `base` is the number with an empty value: the one an item is known by."""

    rule: RcnRule
    base: str
    item_code: str
    value: int


def checked_rules(rules: tuple[RcnRule, ...]) -> tuple[RcnRule, ...]:
    """The rules, if they make sense. Raises RuleViolationError `rcn.*` with the number of the rule, from 1."""
    if len(rules) > MAX_RULES:
        raise RuleViolationError("rcn.too_many", limit=MAX_RULES)
    seen: set[str] = set()
    for number, rule in enumerate(rules, start=1):
        code = _mistake(rule) or ("rcn.prefix_twice" if rule.prefix in seen else "")
        if code:
            raise RuleViolationError(code, rule=number, prefix=rule.prefix[:DIGITS])
        seen.add(rule.prefix)
    return rules


def _mistake(rule: RcnRule) -> str:
    digits = rule.prefix.isascii() and rule.prefix.isdigit()
    if not digits or rule.prefix[:2] not in PREFIXES or len(rule.prefix) > DIGITS - 4:
        return "rcn.bad_prefix"
    if rule.item_digits < 1 or not 1 <= rule.value_digits <= 8:
        return "rcn.bad_length"
    if not 0 <= rule.decimals <= MAX_DECIMALS or (rule.kind is EmbeddedKind.COUNT and rule.decimals):
        return "rcn.bad_decimals"
    if rule.inner_check is InnerCheck.VERIFY and rule.value_digits not in (4, 5):
        return "rcn.bad_inner_check"
    return ""


def rule_for(number: str, rules: tuple[RcnRule, ...]) -> RcnRule | None:
    """The rule a 13-digit number falls under: the one with the longest prefix."""
    fitting = [rule for rule in rules if number.startswith(rule.prefix)]
    return max(fitting, key=lambda rule: len(rule.prefix), default=None)


def split_embedded(number: str, rule: RcnRule) -> Embedded | None:
    """Take a valid 13-digit number apart; None when its inner check digit is wrong, or the rule makes no sense."""
    if _mistake(rule):
        return None
    at = len(rule.prefix)
    item, rest = number[at : at + rule.item_digits], number[at + rule.item_digits : -1]
    if rule.inner_check is not InnerCheck.NONE:
        inner, rest = rest[0], rest[1:]
        if rule.inner_check is InnerCheck.VERIFY and price_check_digit(rest) != inner:
            return None
    body = (rule.prefix + item).ljust(DIGITS - 1, "0")
    return Embedded(rule, body + check_digit(body), item, int(rest))


# GS1 General Specifications, section 7.9.2: what a digit becomes under each weight
_WEIGHT_2_MINUS = (0, 2, 4, 6, 8, 9, 1, 3, 5, 7)
_WEIGHT_3 = (0, 3, 6, 9, 2, 5, 8, 1, 4, 7)
_WEIGHT_5_PLUS = (0, 5, 1, 6, 2, 7, 3, 8, 4, 9)
_WEIGHT_5_MINUS = (0, 5, 9, 4, 8, 3, 7, 2, 6, 1)
_FOUR = (_WEIGHT_2_MINUS, _WEIGHT_2_MINUS, _WEIGHT_3, _WEIGHT_5_MINUS)
_FIVE = (_WEIGHT_5_PLUS, _WEIGHT_2_MINUS, _WEIGHT_5_MINUS, _WEIGHT_5_PLUS, _WEIGHT_2_MINUS)


def price_check_digit(value: str) -> str:
    """GS1's check digit of a price (or weight) field of four or five digits.

    >>> price_check_digit("2875"), price_check_digit("14685")
    ('9', '6')
    """
    weights = _FOUR if len(value) == len(_FOUR) else _FIVE
    total = sum(weight[int(digit)] for weight, digit in zip(weights, value, strict=True))
    if weights is _FOUR:
        return str(total * 3 % 10)
    return str(_WEIGHT_5_MINUS.index(-total % 10))


def try_out(number: str, rules: tuple[RcnRule, ...]) -> Embedded | None:
    """For the tester beside the table: what a code says under these rules. Raises RuleViolationError `rcn.not_a_number`."""
    full = number.zfill(DIGITS)
    if len(full) != DIGITS or not is_gtin(full):
        raise RuleViolationError("rcn.not_a_number", text=number[:40])
    rule = rule_for(full, rules)
    return split_embedded(full, rule) if rule else None
