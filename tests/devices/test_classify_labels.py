"""Labels as they reach a till in the field: separators lost or replaced, settings of scanners, numbers with two readings."""

import pytest

from pos_app.devices.barcode.classify import (
    AMBIGUOUS,
    ASSOCIATION,
    MAX_LABEL_CHARS,
    MAX_SHOWN_CHARS,
    CodeRules,
    classify,
)
from pos_app.devices.barcode.digital_link import parse_link
from pos_app.devices.barcode.gs1 import GS, MAX_CHARS, parse_elements, read_elements
from retail_core.domain.coderules import EmbeddedKind, InnerCheck, RcnRule
from retail_core.domain.gtin import check_digit, is_gtin
from retail_core.domain.ids import Gtin
from retail_core.domain.scanned import CodeKind, Scanned

ITEM = "0109521234543213"
GTIN = "09521234543213"
OFFER = "81101061414165432132501101203140131"  # the application guideline's first example
RULES = CodeRules(
    rcn=(
        RcnRule("21", 5, EmbeddedKind.PRICE, 2),
        RcnRule("28", 5, EmbeddedKind.WEIGHT, 3),
        RcnRule("27", 5, EmbeddedKind.COUNT, 0),
    )
)


def ean(body: str) -> str:
    return body + check_digit(body)


def unit(label: str, rules: CodeRules = RULES) -> tuple[str | None, str | None, str | None, str | None]:
    """Item, lot, serial and last day of a label."""
    meaning = classify(label, rules)
    return meaning.gtin, meaning.lot, meaning.serial, meaning.expiry


# ── separators ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "gs", [GS, "{GS}", "<GS>", "[GS]", "{FNC1}", "<0x1D>", "^]", "~", "\\x1d", "\\x1D", "\\u001d", "␝"]
)
@pytest.mark.parametrize("front", ["]C1", "]d2", "]Q3", "", GS, "{GS}", "~", "^]"])
def test_a_separator_counts_whatever_stands_for_it(front: str, gs: str) -> None:
    assert unit(f"{front}{ITEM}10AB{gs}2112345{gs}17261231") == (GTIN, "AB", "12345", "2026-12-31")


@pytest.mark.parametrize("learned", ["|", "+", "\x1e", "#", "F8"])
def test_one_learned_from_the_test_scan_counts_too(learned: str) -> None:
    rules = CodeRules(gs_substitutes=("", learned))
    assert unit(f"]C1{ITEM}10AB{learned}2112345", rules) == (GTIN, "AB", "12345", None)


def test_a_separator_after_a_field_of_fixed_length_and_at_the_end_does_no_harm() -> None:
    assert unit(f"]d2{ITEM}{GS}17261231{GS}{GS}10AB{GS}") == (GTIN, "AB", None, "2026-12-31")


def test_identifiers_in_brackets_are_read_as_printed() -> None:
    assert unit(f"(01){GTIN}(10)AB(21)12345") == (GTIN, "AB", "12345", None)
    assert unit(f"]d2(01) {GTIN} (17) 261231 (10) AB") == (GTIN, "AB", None, "2026-12-31")
    assert classify("(x)").kind is CodeKind.UNKNOWN
    assert classify(f"x(01){GTIN}").kind is CodeKind.UNKNOWN
    assert classify(f"(x(01){GTIN}").kind is CodeKind.UNKNOWN


@pytest.mark.parametrize(
    "fields",
    [
        "10AB17260131",  # a date behind the lot
        "21SER17261231" + "10AB",
        "10AB3103001250",
        "10AB39221299",
        "10AB2112345",  # a serial number behind the lot
        "10ABCDEFGHIJ" + "21123456789012345",  # together longer than any lot: biip would read the rest as AI 90
        "10ABCDEFGHIJKLMNOPQRSTUVW",
        "10ABCDEFGHIJKLMNOPQRST9012345",  # the longest lot, and then something without a separator
        "30\u0663",  # a digit, but none of GS1's
        "17261331" + "10AB",  # a month 13: something is lost or wrong
        "17260230",
        "10AB" + "\\",
    ],
)
@pytest.mark.parametrize("front", ["]d2", "]C1"])
def test_without_separators_the_item_number_alone_is_believed(front: str, fields: str) -> None:
    meaning = classify(front + ITEM + fields, RULES)
    assert meaning == Scanned(CodeKind.GTIN, ITEM + fields, meaning.gtin, notes=(AMBIGUOUS,))
    assert meaning.gtin == GTIN


def test_the_same_without_an_aim_id() -> None:
    for fields in ("10AB17260131", "10AB2112345", "10ABCDEFGHIJ21123456789012345", "1726123110ABCDEFGHIJKLMNOPQRSTUVW"):
        meaning = classify(ITEM + fields)
        assert (meaning.gtin, meaning.lot, meaning.serial, meaning.notes) == (GTIN, None, None, (AMBIGUOUS,))
    assert classify(ITEM + "17261331").gtin is None  # one field and then nonsense may be anything


@pytest.mark.parametrize("lot", ["A17", "L2107", "20261127", "AB-21-7", "17", "211234"])
def test_a_lot_that_only_looks_a_little_like_fields_is_a_lot(lot: str) -> None:
    assert unit(f"]d2{ITEM}17261231" + f"10{lot}") == (GTIN, lot, None, "2026-12-31")


def test_a_scanner_known_to_send_separators_is_believed() -> None:
    label = f"]d2{ITEM}10AB17260131"
    assert unit(label, CodeRules(sends_gs=True)) == (GTIN, "AB17260131", None, None)
    assert unit(label + f"{GS}21X") == (GTIN, "AB17260131", "X", None)  # one separator anywhere settles it


def test_a_parcel_with_a_lost_separator_is_still_a_parcel() -> None:
    meaning = classify("]C100006141411234567890" + "10AB17260131")
    assert (meaning.kind, meaning.sscc, meaning.notes) == (CodeKind.SSCC, "006141411234567890", (AMBIGUOUS,))


def test_a_key_with_a_wrong_check_digit_is_no_key() -> None:
    assert classify("]d20109521234543214" + "17261231").kind is CodeKind.UNKNOWN
    assert classify("]C100006141411234567891").kind is CodeKind.UNKNOWN
    assert classify("0109521234543214" + "17261231").gtin is None


def test_a_string_longer_than_any_symbol_holds_nothing() -> None:
    assert read_elements("91" + "A" * 90 + GS + "99" * MAX_CHARS) == ((), False)
    assert parse_elements("") is None


# ── dates, weights, prices ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fields", "last_day"),
    [
        ("17261100", "2026-11-30"),
        ("17280200", "2028-02-29"),
        ("17280229", "2028-02-29"),
        ("70032611271630", "2026-11-27"),  # expiry with a time
        ("16261125", "2026-11-25"),  # sell by
        ("17261231" + "16261125", "2026-11-25"),
    ],
)
def test_the_last_day_to_sell_a_unit(fields: str, last_day: str) -> None:
    assert unit(f"]d2{ITEM}{fields}")[3] == last_day


def test_the_last_day_of_february_in_2100() -> None:
    assert unit(f"]d2{ITEM}17000200", CodeRules(reference_year=2090))[3] == "2100-02-28"
    assert unit(f"]d2{ITEM}17000229", CodeRules(reference_year=2090))[3] == "2100-02-28"


def test_pounds_are_weighed_in_kilograms() -> None:
    assert classify(f"]e0{ITEM}3202000100").net_milli == 454
    assert classify(f"]e0{ITEM}3200000100").net_milli == 45_359


@pytest.mark.parametrize(
    "label",
    [
        f"]e0{ITEM}3103000000",
        f"]e0{ITEM}3103000000" + "3922000",
        f"]e0{ITEM}3103000000" + "3932978000",
        f"]C1{ITEM}3000",
        ean("211234500000"),
        ean("281234500000"),
        ean("271234500000"),
    ],
)
def test_a_value_of_zero_is_no_value_so_that_nothing_is_sold_for_nothing(label: str) -> None:
    meaning = classify(label, CodeRules(rcn=RULES.rcn, currency_number="978"))
    assert meaning.kind is CodeKind.GTIN
    assert (meaning.net_milli, meaning.price, meaning.count) == (None, None, None)


def test_two_items_in_one_string_are_told() -> None:
    meaning = classify(f"]d2{ITEM}0104006381333931")
    assert (meaning.gtin, meaning.notes) == (GTIN, (ASSOCIATION,))


# ── one number, one meaning ──────────────────────────────────────────────────────────────────────


def test_a_store_number_with_a_value_inside_means_the_same_in_every_symbol() -> None:
    number = ean("211234501299")
    for label in (number, "]E0" + number, "0" + number, "]e0010" + number, "https://shop.example/01/0" + number):
        meaning = classify(label, RULES)
        assert (meaning.item_code, meaning.price) == ("12345", (1299, 2)), label
    weighed = classify("]e0010" + number + "3103000500", RULES)
    assert (weighed.price, weighed.net_milli) == ((1299, 2), 500)
    assert classify("]e0010" + ean("271234500012"), RULES).count == 12
    assert classify("]e0010" + ean("281234500012"), RULES).net_milli == 12


def test_an_american_scale_label_with_its_own_check_of_the_price() -> None:
    rules = CodeRules(rcn=(RcnRule("02", 5, EmbeddedKind.PRICE, 2, InnerCheck.VERIFY),))
    label = ean("2" + "12345" + "9" + "2875")  # GS1's example: the check digit of 2875 is 9
    assert (classify(label, rules).item_code, classify(label, rules).price) == ("12345", (2875, 2))
    assert classify(ean("2" + "12345" + "8" + "2875"), rules).price is None


def test_a_coupon_is_one_in_every_symbol() -> None:
    for number in ("0512345678900", ean("991234567890"), ean("981123456789")):
        for label in (number, "]E0" + number, "0" + number, "]C1010" + number, f"]C1010{number}10A17260131"):
            assert classify(label).kind is CodeKind.COUPON, label
    assert classify("512345678900").kind is CodeKind.COUPON
    assert classify(ean("980123456789")).kind is CodeKind.GTIN


@pytest.mark.parametrize("label", [OFFER, "]e0" + OFFER, GS + OFFER, "]e08112" + "0" * 30, "8112" + "0" * 21])
def test_a_north_american_coupon_with_and_without_its_aim_id(label: str) -> None:
    assert classify(label).kind is CodeKind.COUPON


@pytest.mark.parametrize(
    "label",
    [
        "8110" + "9" * 30,
        "81107" + "1" * 40,  # no company prefix of 13 digits
        OFFER[:24],
        OFFER.replace("3250", "6250"),  # no value of six digits
        "8110106141416543210250110120",
        "8110" + "²" * 30,
        "8112" + "0" * 22,
        "81122" + "0" * 20,
        "8110",
    ],
)
def test_digits_that_only_begin_like_one_are_none(label: str) -> None:
    assert classify(label).kind is not CodeKind.COUPON


def test_an_italian_number_that_begins_like_a_coupon_is_an_item() -> None:
    assert classify(ean("811012345678")).kind is CodeKind.GTIN


def test_eight_digits_that_are_good_as_ean_8_and_as_upc_e_name_both_items() -> None:
    both = next(text for n in range(1, 100_000) if is_gtin(text := f"0{n:07d}") and classify("]E0" + text).gtin)
    upc = classify("]E0" + both).gtin
    plain = classify(both)
    assert (plain.gtin, plain.also) == ("000000" + both, upc)
    assert (classify("]E4" + both).gtin, classify("]E4" + both).also) == ("000000" + both, None)
    assert classify("96385074") == Scanned(CodeKind.GTIN, "96385074", Gtin("00000096385074"))


# ── books and periodicals ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("written", "gtin"),
    [
        ("978-3-16-148410-0", "09783161484100"),
        ("ISBN 978-3-16-148410-0", "09783161484100"),
        ("ISBN-10: 3-16-148410-X", "09783161484100"),
        ("3 16 148410 x", "09783161484100"),
        ("1144-875X", "09771144875007"),
        ("ISSN 1144-875X", "09771144875007"),
    ],
)
def test_numbers_of_books_and_periodicals_as_people_type_them(written: str, gtin: str) -> None:
    assert classify(written).gtin == gtin


@pytest.mark.parametrize(
    "written",
    [
        "-" * 20 + "9783161484100",
        "978-3-16-148410-1",
        "3-16-148410-0",
        "1144-8751",
        "ISBN",
        "4-006381-333931",
        "-" * 31,
    ],
)
def test_a_mistyped_one_is_no_book(written: str) -> None:
    assert classify(written).gtin is None


@pytest.mark.parametrize(
    ("label", "gtin", "addon"),
    [
        ("]E3977114487500701", "09771144875007", "01"),
        ("]E0977114487500701", "09771144875007", "01"),
        ("]E3978316148410052495", "09783161484100", "52495"),
        ("978316148410052495", "09783161484100", "52495"),
        ("400638133393112", "04006381333931", "12"),
        ("400638133393112345", "04006381333931", "12345"),
        ("041600033610852495", "00416000336108", "52495"),
        ("]E304160003361085", "", ""),
        ("41600033610852495", "00416000336108", "52495"),
        ("]E341600033610805", "00416000336108", "05"),
        ("416000336108 05", "00416000336108", "05"),
        ("]C0400638133393112", "", ""),  # no add-on beside a Code 128
    ],
)
def test_add_ons_by_length_and_aim_id(label: str, gtin: str, addon: str) -> None:
    meaning = classify(label)
    assert (meaning.gtin or "", meaning.addon) == (gtin, addon)


def test_the_aim_id_tells_an_add_on_from_a_longer_number() -> None:
    label = next(text for n in range(100) if is_gtin(text := f"416000336108{n:02d}"))
    assert classify(label).gtin == label
    assert (classify("]E3" + label).gtin, classify("]E3" + label).addon) == ("00416000336108", label[12:])


def test_an_add_on_alone_sells_nothing() -> None:
    assert classify("]E105") == Scanned(CodeKind.UNKNOWN, "05", addon="05")
    assert classify("]E252495") == Scanned(CodeKind.UNKNOWN, "52495", addon="52495")
    assert classify("]E1123").kind is CodeKind.UNKNOWN


def test_eighteen_digits_are_a_parcel_unless_a_periodical_begins_them() -> None:
    parcel = classify("006141411234567890")
    assert (parcel.kind, parcel.sscc) == (CodeKind.SSCC, "006141411234567890")
    assert classify("]C100006141411234567890").sscc == "006141411234567890"
    assert classify("https://id.example/00/006141411234567890").sscc == "006141411234567890"
    both = next(text for n in range(10_000, 99_999) if _is_sscc(text := f"9771144875007{n}"))
    assert (classify(both).gtin, classify(both).addon) == ("09771144875007", both[13:])
    other = next(text for n in range(10_000, 99_999) if _is_sscc(text := f"4006381333931{n}"))
    assert classify(other).kind is CodeKind.SSCC
    assert classify("]C10209521234543213" + "3712") == Scanned(CodeKind.SSCC, "0209521234543213" + "3712")


def _is_sscc(text: str) -> bool:
    return check_digit(text[:-1]) == text[-1]


# ── scanners' settings ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("front", ["]e3", "]d5", "]Q4", "]J1", "]J4", "]C0]C1"])
def test_every_aim_id_of_element_strings(front: str) -> None:
    assert unit(f"{front}{ITEM}10AB") == (GTIN, "AB", None, None)


def test_a_plain_data_matrix_with_separators_in_it_is_an_element_string_too() -> None:
    assert unit(f"]d1{GS}{ITEM}10AB{GS}21X") == (GTIN, "AB", "X", None)
    assert classify(f"]d1{ITEM}10AB").gtin is None  # without any it is just text


def test_white_space_around_a_code_is_none_of_it() -> None:
    for label in (" 4006381333931\r\n", "]E0 4006381333931 ", "]E04006381333931\t |]e0 1"):
        assert classify(label) == Scanned(CodeKind.GTIN, "4006381333931", Gtin("04006381333931"))


def test_of_a_composite_the_linear_part_is_read() -> None:
    assert unit("]E04006381333931 |]e117261231" + "10AB") == ("04006381333931", None, None, None)
    assert unit(f"]e0{ITEM}|]e110AB") == (GTIN, None, None, None)


def test_links_with_escapes_names_and_the_letters_of_a_small_qr_code() -> None:
    assert unit(f"]Q1https://shop.example/x/01/{GTIN}/10/A%2FB%2D1?17=261231&utm=1") == (
        GTIN,
        "A/B-1",
        None,
        "2026-12-31",
    )
    assert unit(f"]Q1HTTPS://ID.GS1.ORG/01/{GTIN}/21/X7") == (GTIN, None, "X7", None)
    assert unit(f"https://shop.example/gtin/{GTIN}/lot/AB/ser/7") == (GTIN, "AB", "7", None)
    for spoiled in ("10/A%FFB", "21/7/10/AB", "10/AB?10=AC"):
        meaning = classify(f"https://shop.example/01/{GTIN}/{spoiled}")
        assert (meaning.gtin, meaning.lot, meaning.notes) == (GTIN, None, (AMBIGUOUS,)), spoiled


def test_a_label_longer_than_any_is_not_looked_into() -> None:
    long = f"https://shop.example/01/{GTIN}?x=" + "y" * MAX_LABEL_CHARS
    assert (classify(long).kind, len(classify(long).text)) == (CodeKind.UNKNOWN, MAX_SHOWN_CHARS)
    assert parse_link(long) is None
    assert classify("x" * (MAX_SHOWN_CHARS - 1) + " yz").text == "x" * (MAX_SHOWN_CHARS - 1)
