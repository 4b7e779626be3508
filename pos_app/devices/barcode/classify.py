"""What a scanned or typed label means. One pure function in front of everything that can be scanned.

The AIM id decides the way when the scanner sends it; without one, length and check digit come first, an address
second, and an element string only when it begins with a key and parses to its end (`978…` would otherwise be a field).
Our own codes start with three letters no GS1 symbol starts with. Nothing here raises: a hostile label is an unknown one.
"""

import re
from functools import partial

import msgspec

from pos_app.devices.barcode import books, coupon
from pos_app.devices.barcode.aim import ADDON_ALONE, EAN_8, EAN_13, EAN_WITH_ADDON, ELEMENTS, split_aim
from pos_app.devices.barcode.separators import GS, SHOWN, plain_elements
from retail_core.domain.coderules import DIGITS, Embedded, EmbeddedKind, RcnRule, rule_for, split_embedded
from retail_core.domain.gtin import KEY_LENGTH, check_digit, expand_upc_e, gtin_key, is_gtin
from retail_core.domain.ids import Gtin
from retail_core.domain.money import div_half_up
from retail_core.domain.scanned import OWN_PREFIX_CHARS, OWN_PREFIXES, CodeKind, Scanned

MAX_LABEL_CHARS = 2048  # longer than any address or element string; our own codes are shorter still
MAX_SHOWN_CHARS = 512
MAX_SKU_CHARS = 40
WHITE = " \t\r\n"  # never part of a code at its ends
AMBIGUOUS = "scan.ambiguous"
ASSOCIATION = "scan.association"
KEYS = ("00", "01", "02", "8006", "8026")  # what an element string without an AIM id may begin with
MIN_ELEMENT_DIGITS = 16  # a key and its value, of digits alone
SSCC_DIGITS = 18
MARK = "\ufffd"  # shown for what cannot be printed
POUND = (45_359_237, 8)  # 0.45359237 kg: digits and decimals
_SKU = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,39}")
_COMPOSITE = re.compile(r"\|\]e[0-3]")
_Elements = tuple[tuple[str, str], ...]


class CodeRules(msgspec.Struct, frozen=True):
    """What a store or a scanner adds: numbers with a value inside, stand-ins for GS, the century, the currency.

    `gs_substitutes`: what the scanner sends instead of the separator, as learned when it was set up; the usual ones
    (`separators`) are known anyway. `sends_gs`: it was seen to send separators, so none is ever missing.
    `reference_year`: the year dates of two digits are near to. `currency_number`: ISO 4217's number, for prices that
    name their currency (AI 393n); empty believes none.
    """

    rcn: tuple[RcnRule, ...] = ()
    gs_substitutes: tuple[str, ...] = ()
    reference_year: int = 2026
    currency_number: str = ""
    sends_gs: bool = False


NO_RULES = CodeRules()


def classify(label: str, rules: CodeRules = NO_RULES) -> Scanned:
    """The meaning of a label, its AIM id still in front if the scanner sent one. Never raises, always bounded."""
    if len(label) > MAX_LABEL_CHARS:
        return _unknown(label)
    aim_id, text = split_aim(label.strip(WHITE))
    if "|" in text:  # of a composite symbol the linear part says what it is
        text = _COMPOSITE.split(text, maxsplit=1)[0]
    text = text.strip(WHITE)
    if aim_id in ELEMENTS:
        return _elements(text, rules)
    if text.isascii() and text.isdigit():
        return _number(text, rules, aim_id)
    own = OWN_PREFIXES.get(text[:OWN_PREFIX_CHARS])
    if own and _is_clean(text, MAX_LABEL_CHARS if own is CodeKind.RECEIPT else MAX_SHOWN_CHARS):
        return Scanned(own, text)
    return _other(text, rules, aim_id)


def _other(text: str, rules: CodeRules, aim_id: str | None) -> Scanned:
    if "://" in text[:8]:
        return _link(text, rules)
    if aim_id is None or GS in text:
        found = _elements_without_aim(text, rules)
        if found:
            return found
    with_addon = books.split_addon(text, aim_id)
    if with_addon:
        return _gtin(with_addon[0], text, rules, with_addon[1])
    number = books.number_of(text)
    if number:
        return _gtin(number, text, rules)
    if text.isascii() and _SKU.fullmatch(text):
        return Scanned(CodeKind.SKU, text)
    return _unknown(text)


# ── digits ───────────────────────────────────────────────────────────────────────────────────────


def _number(text: str, rules: CodeRules, aim_id: str | None) -> Scanned:
    if aim_id in ADDON_ALONE:
        return Scanned(CodeKind.UNKNOWN, text[:MAX_SHOWN_CHARS], addon=text if len(text) in (2, 5) else "")
    if len(text) == 8:
        return _eight(text, rules, aim_id)
    if is_gtin(text) and aim_id != EAN_WITH_ADDON:
        return _gtin(text, text, rules)
    with_addon = books.split_addon(text, aim_id)
    if with_addon:
        return _gtin(with_addon[0], text, rules, with_addon[1])
    if len(text) == SSCC_DIGITS and check_digit(text[:-1]) == text[-1]:
        return Scanned(CodeKind.SSCC, text, sscc=text)
    if aim_id is None and len(text) >= MIN_ELEMENT_DIGITS:
        if coupon.is_coupon_data(text):
            return Scanned(CodeKind.COUPON, text)
        found = _elements_without_aim(text, rules)
        if found:
            return found
    number = books.number_of(text)
    return _gtin(number, text, rules) if number else _sku(text)


def _eight(text: str, rules: CodeRules, aim_id: str | None) -> Scanned:
    """EAN-8 and UPC-E look alike; one number in ten is good as either, then `also` is the other one."""
    upc_e = None if aim_id == EAN_8 else expand_upc_e(text)
    if is_gtin(text) and aim_id != EAN_13:
        return Scanned(CodeKind.GTIN, text, gtin_key(text), also=gtin_key(upc_e) if upc_e else None)
    return _gtin(upc_e, text, rules) if upc_e else _sku(text)


def _sku(text: str) -> Scanned:
    return Scanned(CodeKind.SKU, text) if len(text) <= MAX_SKU_CHARS else _unknown(text)


def _gtin(number: str, text: str, rules: CodeRules, addon: str = "") -> Scanned:
    """What a valid number of 8 to 14 digits means: an item, perhaps with a value inside, or a coupon."""
    key = Gtin(number.zfill(KEY_LENGTH))
    if key[0] == "0":
        full = key[-DIGITS:]
        if coupon.is_coupon_number(full):
            return Scanned(CodeKind.COUPON, text)
        if (
            rules.rcn
            and full[0] in "02"
            and (rule := rule_for(full, rules.rcn))
            and (embedded := split_embedded(full, rule))
        ):
            return _embedded(text, embedded)
    return Scanned(CodeKind.GTIN, text, key, addon=addon)


def _embedded(text: str, embedded: Embedded) -> Scanned:
    """Item and value; a value of zero is none, so that nothing is ever sold for nothing."""
    made = Scanned(CodeKind.GTIN, text, gtin_key(embedded.base), item_code=embedded.item_code)
    decimals = embedded.rule.decimals
    match embedded.rule.kind:
        case EmbeddedKind.PRICE:
            price = (embedded.value, decimals) if embedded.value else None
            return msgspec.structs.replace(made, price=price)
        case EmbeddedKind.WEIGHT:
            return msgspec.structs.replace(made, net_milli=_thousandths(embedded.value, decimals) or None)
        case EmbeddedKind.COUNT:
            return msgspec.structs.replace(made, count=embedded.value or None)


def _thousandths(value: int, decimals: int) -> int:
    return value * 10 ** (3 - decimals) if decimals <= 3 else div_half_up(value, 10 ** (decimals - 3))


# ── fields ───────────────────────────────────────────────────────────────────────────────────────


def _elements(text: str, rules: CodeRules) -> Scanned:
    """The meaning of a symbol that says it holds an element string."""
    from pos_app.devices.barcode import gs1  # biip is loaded by the first label that needs it

    plain = plain_elements(text, rules.gs_substitutes)
    shown = _shown(text)
    read = gs1.read_elements(plain)
    if not read.whole:
        return _item_alone(shown, read.elements, rules)
    return _believed(shown, plain, read.elements, rules)


def _elements_without_aim(text: str, rules: CodeRules) -> Scanned | None:
    """The meaning of an element string; None when it is none.

    One that breaks off still names its item when at least one more field follows the item's number: so looks a label
    whose separators got lost on the way.
    """
    plain = plain_elements(text, rules.gs_substitutes)
    if not plain.lstrip(GS).startswith(KEYS):
        return Scanned(CodeKind.COUPON, text) if coupon.is_coupon_data(plain.strip(GS)) else None
    from pos_app.devices.barcode import gs1

    read = gs1.read_elements(plain)
    if read.whole:
        return _believed(_shown(text), plain, read.elements, rules)
    return _item_alone(_shown(text), read.elements, rules) if len(read.elements) > 1 else None


def _believed(shown: str, plain: str, elements: _Elements, rules: CodeRules) -> Scanned:
    from pos_app.devices.barcode import gs1

    if not rules.sends_gs and gs1.is_doubtful(plain, elements):
        return _item_alone(shown, elements, rules)
    return _from_fields(shown, elements, rules)


def _item_alone(shown: str, elements: _Elements, rules: CodeRules) -> Scanned:
    """The key and nothing else; its field is of fixed length, so no lost separator can have changed it."""
    found = _from_fields(shown, tuple((ai, value) for ai, value in elements if ai in KEYS), rules)
    return found if found.kind is CodeKind.UNKNOWN else msgspec.structs.replace(found, notes=(AMBIGUOUS,))


def _link(text: str, rules: CodeRules) -> Scanned:
    from pos_app.devices.barcode import digital_link

    elements = digital_link.parse_link(text)
    if elements is not None:
        return _from_fields(_shown(text), elements, rules)
    number = digital_link.gtin_in(text)
    return _item_alone(_shown(text), (("01", number),), rules) if number else _unknown(text)


def _from_fields(text: str, elements: _Elements, rules: CodeRules) -> Scanned:
    from pos_app.devices.barcode import gs1

    value = partial(gs1.first, elements)
    notes = (ASSOCIATION,) if gs1.do_not_fit(elements) else ()
    if any(ai in coupon.COUPON_AIS for ai, _ in elements):
        return Scanned(CodeKind.COUPON, text, notes=notes)
    if value("00") or value("02"):  # the goods inside a parcel, not a unit in the hand
        return Scanned(CodeKind.SSCC, text, sscc=value("00"), notes=notes)
    item = value("01") or (value("8006") or "")[:14]
    if not item or not is_gtin(item):
        return Scanned(CodeKind.UNKNOWN, text, notes=notes)
    found = _gtin(item, text, rules)
    if found.gtin is None:
        return found
    best_before = value("15")
    return msgspec.structs.replace(
        found,
        lot=value("10"), serial=value("21"), expiry=_last_day(elements, rules),
        best_before=gs1.date_text(best_before, rules.reference_year) if best_before else None,
        net_milli=_net(elements) or found.net_milli, price=_price(elements, rules) or found.price,
        count=int(value("30") or value("37") or 0) or found.count, notes=notes,
    )  # fmt: skip


def _last_day(elements: _Elements, rules: CodeRules) -> str | None:
    """The last day it may be sold: the earliest of expiry (17), expiry with time (7003) and sell-by (16)."""
    from pos_app.devices.barcode import gs1

    days = [gs1.date_text(value, rules.reference_year) for ai, value in elements if ai in ("17", "7003", "16")]
    return min(days, default=None)


def _net(elements: _Elements) -> int | None:
    """Thousandths of a kilogram, from kilograms (310n) or pounds (320n)."""
    for ai, digits in elements:
        if ai[:3] == "310":
            return _thousandths(int(digits), int(ai[3]))
        if ai[:3] == "320":
            return _thousandths(int(digits) * POUND[0], int(ai[3]) + POUND[1])
    return None


def _price(elements: _Elements, rules: CodeRules) -> tuple[int, int] | None:
    for ai, digits in elements:
        if ai[:3] == "392" and int(digits):
            return int(digits), int(ai[3])
        if ai[:3] == "393" and digits.startswith(rules.currency_number or "-") and int(digits[3:]):
            return int(digits[3:]), int(ai[3])
    return None


# ── showing ──────────────────────────────────────────────────────────────────────────────────────


def _unknown(text: str) -> Scanned:
    return Scanned(CodeKind.UNKNOWN, _shown(text))


def _is_clean(text: str, most_chars: int) -> bool:
    """True when a label can be shown as it is, and was not made fit for it before."""
    return text.isprintable() and len(text) <= most_chars and SHOWN not in text and MARK not in text


def _shown(text: str) -> str:
    """Fit for a screen, and read back as the same: separators in letters, what cannot be printed as a mark."""
    short = text[:MAX_SHOWN_CHARS]
    if not short.isprintable():
        short = "".join(c if c.isprintable() else SHOWN if c == GS else MARK for c in short)[:MAX_SHOWN_CHARS]
    return short.strip()
