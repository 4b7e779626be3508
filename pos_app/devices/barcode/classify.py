"""What a scanned or typed label means. One pure function in front of everything that can be scanned.

The AIM id decides the way when the scanner sends it; without one, length and check digit come first, an address
second, and an element string only when it begins with a key and parses to its end (`978…` would otherwise be a field).
Our own codes start with three letters no GS1 symbol starts with. Nothing here raises: a hostile label is an unknown one.
"""

import re
from functools import partial

import msgspec

from pos_app.devices.barcode.aim import split_aim
from retail_core.domain.coderules import DIGITS, Embedded, EmbeddedKind, RcnRule, rule_for, split_embedded
from retail_core.domain.gtin import check_digit, expand_upc_e, gtin_key, is_gtin
from retail_core.domain.money import div_half_up
from retail_core.domain.scanned import OWN_PREFIX_CHARS, OWN_PREFIXES, CodeKind, Scanned

MAX_LABEL_CHARS = 2048  # longer than any address or element string; our own codes are shorter still
MAX_SHOWN_CHARS = 512
GS = "\x1d"
AMBIGUOUS = "scan.ambiguous"
ASSOCIATION = "scan.association"
ELEMENTS = frozenset({"]C1", "]e0", "]e1", "]e2", "]d2", "]Q3", "]J1"})  # GS1-128, DataBar, DataMatrix, QR, DotCode
EAN_WITH_ADDON = "]E3"
PERIODICALS = ("977", "978", "979")
COUPONS_13 = ("05", "981", "982", "983", "984", "99")  # UPC number system 5; common currency and other coupons
GTIN_KINDS_OF_COUPON = frozenset({"255", "8110", "8111", "8112"})
_SKU = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,39}")
_ADDON = re.compile(r"([0-9]{12,13})[ -]?([0-9]{2}|[0-9]{5})")
_ISBN_10 = re.compile(r"[0-9]{9}[0-9Xx]")


class CodeRules(msgspec.Struct, frozen=True):
    """What a store or a scanner adds: numbers with a value inside, stand-ins for GS, the century, the currency.

    `gs_substitutes`: what the scanner sends instead of the separator, as learned when it was set up. `currency_number`:
    ISO 4217's number, for prices that name their currency (AI 393n); empty believes none.
    """

    rcn: tuple[RcnRule, ...] = ()
    gs_substitutes: tuple[str, ...] = ("{GS}", "<GS>", "^]", "\\x1d", "\\u001d", "\u241d")
    reference_year: int = 2026
    currency_number: str = ""


NO_RULES = CodeRules()


def classify(label: str, rules: CodeRules = NO_RULES) -> Scanned:
    """The meaning of a label, its AIM id still in front if the scanner sent one. Never raises, always bounded."""
    if len(label) > MAX_LABEL_CHARS:
        return _unknown(label)
    aim_id, text = split_aim(label.strip(" \t\r\n"))
    text = text.partition("|]e0")[0]  # of a composite symbol the linear part says what it is
    if text.isascii() and text.isdigit() and aim_id not in ELEMENTS:
        return _number(text, rules, aim_id)
    if aim_id in ELEMENTS:
        return _elements(text, rules) or _unknown(text)
    own = OWN_PREFIXES.get(text[:OWN_PREFIX_CHARS])
    if own and text.isprintable() and len(text) <= MAX_SHOWN_CHARS:
        return Scanned(own, text)
    return _other(text, rules, aim_id)


def _other(text: str, rules: CodeRules, aim_id: str | None) -> Scanned:
    if "://" in text[:8]:
        return _link(text, rules)
    if (aim_id is None or GS in text) and text[:2].isdigit():
        found = _elements(text, rules, without_aim=True)
        if found:
            return found
    addon = _ADDON.fullmatch(text)
    if addon and is_gtin(addon.group(1)):
        return _gtin(addon.group(1), text, rules, addon.group(2))
    if _is_isbn_10(text):
        return _gtin(_with_check("978" + text[:9]), text, rules)
    if text.isascii() and _SKU.fullmatch(text):
        return Scanned(CodeKind.SKU, text)
    return _unknown(text)


# ── digits ───────────────────────────────────────────────────────────────────────────────────────


def _number(text: str, rules: CodeRules, aim_id: str | None) -> Scanned:
    if is_gtin(text) and aim_id != EAN_WITH_ADDON:
        return _gtin(text, text, rules)
    if aim_id in (None, "]E0", "]X0") and (expanded := expand_upc_e(text)):
        return _gtin(expanded, text, rules)
    for length, addons in ((13, (2, 5)), (12, (5,) if aim_id is None else (2, 5))):
        number, addon = text[:length], text[length:]
        if len(addon) in addons and is_gtin(number) and (aim_id == EAN_WITH_ADDON or number.startswith(PERIODICALS)):
            return _gtin(number, text, rules, addon)
    if len(text) == 18 and check_digit(text[:-1]) == text[-1]:
        return Scanned(CodeKind.SSCC, text)
    found = _elements(text, rules, without_aim=True) if len(text) >= 16 and aim_id is None else None
    if found:
        return found
    if _is_isbn_10(text):
        return _gtin(_with_check("978" + text[:9]), text, rules)
    return Scanned(CodeKind.SKU, text) if len(text) <= 40 else _unknown(text)


def _gtin(number: str, text: str, rules: CodeRules, addon: str = "") -> Scanned:
    full = number.zfill(DIGITS)
    if len(full) == DIGITS:
        if full.startswith(COUPONS_13):
            return Scanned(CodeKind.COUPON, text)
        if rules.rcn and (rule := rule_for(full, rules.rcn)) and (embedded := split_embedded(full, rule)):
            return _embedded(text, embedded)
    return Scanned(CodeKind.GTIN, text, gtin_key(number), addon=addon)


def _embedded(text: str, embedded: Embedded) -> Scanned:
    made = Scanned(CodeKind.GTIN, text, gtin_key(embedded.base), item_code=embedded.item_code)
    decimals = embedded.rule.decimals
    match embedded.rule.kind:
        case EmbeddedKind.PRICE:
            return msgspec.structs.replace(made, price=(embedded.value, decimals))
        case EmbeddedKind.WEIGHT:
            return msgspec.structs.replace(made, net_milli=_thousandths(embedded.value, decimals))
        case EmbeddedKind.COUNT:
            return msgspec.structs.replace(made, count=embedded.value)


def _thousandths(value: int, decimals: int) -> int:
    return value * 10 ** (3 - decimals) if decimals <= 3 else div_half_up(value, 10 ** (decimals - 3))


def _is_isbn_10(text: str) -> bool:
    if not _ISBN_10.fullmatch(text):
        return False
    last = 10 if text[9] in "Xx" else int(text[9])
    return (sum((10 - n) * int(text[n]) for n in range(9)) + last) % 11 == 0


def _with_check(body: str) -> str:
    return body + check_digit(body)


# ── fields ───────────────────────────────────────────────────────────────────────────────────────


def _elements(text: str, rules: CodeRules, *, without_aim: bool = False) -> Scanned | None:
    """The meaning of an element string; None when it is none."""
    from pos_app.devices.barcode import gs1  # biip is loaded by the first label that needs it

    for substitute in rules.gs_substitutes:
        text = text.replace(substitute, GS)
    if without_aim and not text.lstrip(GS).startswith(gs1.KEYS):
        return None
    elements = gs1.parse_elements(text)
    if elements is None:
        return None
    made = _from_fields(_shown(text), elements, rules)
    if made.gtin and gs1.is_doubtful(text, elements):
        return Scanned(made.kind, made.text, made.gtin, notes=(AMBIGUOUS,))
    return made


def _link(text: str, rules: CodeRules) -> Scanned:
    from pos_app.devices.barcode import digital_link

    elements = digital_link.parse_link(text)
    if elements is not None:
        return _from_fields(_shown(text), elements, rules)
    number = digital_link.gtin_in(text)
    if number:
        return Scanned(CodeKind.GTIN, _shown(text), gtin_key(number), notes=(AMBIGUOUS,))
    return _unknown(text)


def _from_fields(text: str, elements: tuple[tuple[str, str], ...], rules: CodeRules) -> Scanned:
    from pos_app.devices.barcode import gs1

    value = partial(gs1.first, elements)
    notes = (ASSOCIATION,) if gs1.do_not_fit(elements) else ()
    if any(ai in GTIN_KINDS_OF_COUPON for ai, _ in elements):
        return Scanned(CodeKind.COUPON, text, notes=notes)
    item = value("01") or value("02") or (value("8006") or "")[:14]
    if not item or not is_gtin(item):
        return Scanned(CodeKind.SSCC if value("00") else CodeKind.UNKNOWN, text, notes=notes)
    if value("00") or value("02"):  # the goods inside a parcel, not a unit in the hand
        return Scanned(CodeKind.SSCC, text, notes=notes)
    expiry, best_before = value("17"), value("15")
    count = value("30") or value("37")
    return Scanned(
        CodeKind.GTIN, text, gtin_key(item),
        lot=value("10"), serial=value("21"),
        expiry=gs1.date_text(expiry, rules.reference_year) if expiry else None,
        best_before=gs1.date_text(best_before, rules.reference_year) if best_before else None,
        net_milli=next((_thousandths(int(digits), int(ai[3])) for ai, digits in elements if ai[:3] == "310"), None),
        price=_price(elements, rules), count=int(count) if count else None, notes=notes,
    )  # fmt: skip


def _price(elements: tuple[tuple[str, str], ...], rules: CodeRules) -> tuple[int, int] | None:
    for ai, digits in elements:
        if ai[:3] == "392":
            return int(digits), int(ai[3])
        if ai[:3] == "393" and rules.currency_number and digits.startswith(rules.currency_number):
            return int(digits[3:]), int(ai[3])
    return None


# ── showing ──────────────────────────────────────────────────────────────────────────────────────


def _unknown(text: str) -> Scanned:
    return Scanned(CodeKind.UNKNOWN, _shown(text))


def _shown(text: str) -> str:
    """Fit for a screen: separators as a space, what cannot be printed as a mark."""
    short = text[:MAX_SHOWN_CHARS]
    if short.isprintable():
        return short
    return "".join(c if c.isprintable() else " " if c == GS else "\ufffd" for c in short).strip()
