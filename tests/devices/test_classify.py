"""What a label means; a hostile label is just an unknown one."""

import json
import random
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pos_app.devices.barcode.classify import (
    AMBIGUOUS,
    ASSOCIATION,
    MAX_LABEL_CHARS,
    MAX_SHOWN_CHARS,
    CodeRules,
    classify,
)
from pos_app.devices.barcode.digital_link import parse_link
from pos_app.devices.barcode.gs1 import GS, date_text, do_not_fit, parse_elements
from retail_core.domain.coderules import EmbeddedKind, InnerCheck, RcnRule, checked_rules, price_check_digit, try_out
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.gtin import check_digit, is_gtin
from retail_core.domain.scanned import CodeKind, Scanned
from tests.devices.support import foreign_vectors, vectors

CONTROL = "".join(map(chr, range(32)))
HOSTILE = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=CONTROL + "0123456789]dQ(){}:OTP\ud800\U0010ffff\u202e\u0660²", max_size=60),
    st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")),
    st.sampled_from(["OTP:", "OTR:", "OTB:", "OTS:", "]d2", "]C1", "]"]).flatmap(
        lambda p: st.text(max_size=40).map(p.__add__)
    ),
    st.integers(0, 4000).map(lambda n: "9" * n),
)


def read(label: str) -> tuple[CodeKind, str | None]:
    meaning = classify(label)
    return meaning.kind, meaning.gtin


def test_what_the_labels_of_a_shop_mean() -> None:
    assert read("4006381333931") == (CodeKind.GTIN, "04006381333931")
    assert read("]E04006381333931") == (CodeKind.GTIN, "04006381333931")
    assert read(" 4006381333931\r\n") == (CodeKind.GTIN, "04006381333931")
    assert read("04252614") == (CodeKind.GTIN, "00042100005264")
    assert read("02345673") == (CodeKind.GTIN, "00000002345673")
    assert read("80614141123458") == (CodeKind.GTIN, "80614141123458")
    assert read("4011") == (CodeKind.SKU, None)
    assert read("SHIRT-XL/blue_2.1") == (CodeKind.SKU, None)
    assert read("OTR:S0319-T1-A-000001") == (CodeKind.RECEIPT, None)
    assert read("OTP:abc") == (CodeKind.PICKUP_PASS, None)
    assert read("OTB:op-1") == (CodeKind.BADGE, None)
    assert read("OTS:A4") == (CodeKind.SHELF, None)


@pytest.mark.parametrize("label", ["", "   ", "\x00", "]E0", "a b", "400638\x1d1333931", "=1+1", "x" * 41, "café"])
def test_what_nobody_knows_is_unknown(label: str) -> None:
    assert read(label) == (CodeKind.UNKNOWN, None)


def test_a_mistyped_number_is_looked_up_as_a_code_of_our_own_and_never_as_another_item() -> None:
    assert read("4006381333932") == (CodeKind.SKU, None)


@settings(max_examples=600)
@given(HOSTILE)
@example("\ud800" * 600)
@example("OTP:" + "A" * 100_000)
@example("]d2" * 4000)
def test_no_label_raises_or_grows(label: str) -> None:
    meaning = classify(label)
    assert isinstance(meaning, Scanned)
    assert len(meaning.text) <= MAX_SHOWN_CHARS
    assert meaning.text.isprintable()
    assert (meaning.gtin is not None) == (meaning.kind is CodeKind.GTIN)
    meaning.text.encode()  # can be stored and shown
    if meaning.gtin:
        assert is_gtin(meaning.gtin)


@given(st.text("0123456789", min_size=12, max_size=12))
def test_every_printed_item_number_is_found_under_one_key(body: str) -> None:
    code = body + check_digit(body)
    assume(not code.startswith(("05", "981", "982", "983", "984", "99")))  # coupons
    assert read(code) == read("0" + code) == (CodeKind.GTIN, "0" + code)


# ── symbols with an AIM id ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("label", "gtin"),
    [
        ("]E00416000336108", "00416000336108"),  # a UPC-A: with AIM ids on it arrives as EAN-13
        ("]E402345673", "00000002345673"),
        ("]C10109521234543213", "09521234543213"),
        ("]e00109521234543213", "09521234543213"),
        ("]d20109521234543213", "09521234543213"),
        ("]Q30109521234543213", "09521234543213"),
        ("]J10109521234543213", "09521234543213"),  # biip knows no ]J1
        ("]I180614141123458", "80614141123458"),
        ("]Q1https://id.gs1.org/01/09520123456788", "09520123456788"),  # biip reads no link behind an AIM id
        ("]d1https://id.gs1.org/01/09520123456788", "09520123456788"),
        ("]J0https://id.gs1.org/01/09520123456788", "09520123456788"),
        ("]E04006381333931|]e010ABC", "04006381333931"),  # composite: the linear part says what it is
    ],
)
def test_every_symbol_gives_the_same_key(label: str, gtin: str) -> None:
    assert read(label) == (CodeKind.GTIN, gtin)


def test_the_corpus_of_the_gs1_engine_is_read_field_by_field() -> None:
    valid = fit = 0
    for case in vectors("gs1_engine_corpus.json"):
        elements = parse_elements(case["scan"][3:])
        if case["valid"]:
            assert elements is not None, case
            assert "".join(f"({ai}){value}" for ai, value in elements) == case["ai"]
            assert not do_not_fit(elements), case
            valid += 1
        elif "Required" in case["error"] or "pair" in case["error"]:
            assert elements is not None, case
            assert do_not_fit(elements), case
            fit += 1
        else:
            assert elements is None, case
    assert (valid, fit) == (113, 57)


def test_a_field_that_does_not_fit_is_a_note_and_no_refusal() -> None:
    meaning = classify("]C1010952123454321339221299")
    assert (meaning.kind, meaning.price, meaning.notes) == (CodeKind.GTIN, (1299, 2), (ASSOCIATION,))


def test_links_are_read_as_the_gs1_engine_reads_them() -> None:
    lenient = {"https://a/01/416000336108"}  # a GTIN-12, which the engine takes only when told to
    for case in json.loads(foreign_vectors("gs1_digital_link.json").read_text()):
        elements = parse_link(case["uri"])
        if case["uri"] in lenient:
            assert elements == (("01", "00416000336108"),)
            continue
        assert (elements is not None) == case["valid"], case
        if elements:
            assert "".join(ai + value for ai, value in elements) == case["ai_caret"].replace("^", "")


def test_scan_data_of_the_gs1_engine() -> None:
    for case in json.loads(foreign_vectors("gs1_scandata.json").read_text()):
        meaning = classify(case["scan"])
        if case["ai"] and case["ai"].startswith("(01)"):
            assert meaning.gtin == case["ai"][4:18], case
        elif not case["valid"]:
            assert meaning.gtin is None, case


def test_check_digits_and_upc_e() -> None:
    known = vectors("checkdigits.json")
    for name in ("gtin8", "gtin12", "gtin13", "gtin14"):
        assert all(read(code) == (CodeKind.GTIN, code.zfill(14)) for code in known[name])
    assert all(read(short) == (CodeKind.GTIN, long.zfill(14)) for short, long in known["upce_to_gtin12"].items())
    assert all(read(code)[0] is not CodeKind.GTIN for code in known["bad"])


# ── what a label says about the unit ─────────────────────────────────────────────────────────────


def test_lot_serial_and_dates_are_kept() -> None:
    meaning = classify(f"]d201095212345432131726120010A-1{GS}2112345{GS}15260228")
    assert (meaning.lot, meaning.serial) == ("A-1", "12345")
    assert (meaning.expiry, meaning.best_before) == ("2026-12-31", "2026-02-28")


@pytest.mark.parametrize(
    ("date", "reference", "expected"),
    [
        ("260131", 2026, "2026-01-31"),
        ("280200", 2026, "2028-02-29"),
        ("750101", 2026, "2075-01-01"),
        ("760101", 2026, "2076-01-01"),
        ("770101", 2026, "1977-01-01"),
        ("400101", 2090, "2140-01-01"),
        ("410101", 2090, "2041-01-01"),
        ("050101", 2090, "2105-01-01"),
        ("990101", 2040, "1999-01-01"),
    ],
)
def test_the_century_of_a_date_is_the_nearer_one(date: str, reference: int, expected: str) -> None:
    assert date_text(date, reference) == expected


def test_weight_price_and_count_of_element_strings() -> None:
    assert classify("]e001095212345432133103001253").net_milli == 1253
    assert classify("]e001095212345432133100000002").net_milli == 2000
    assert classify("]e001095212345432133105012345").net_milli == 123
    assert classify("]e00109521234543213310300125339221299").price == (1299, 2)
    assert classify("]e001095212345432133103001253" + "39329781299").price is None
    euro = CodeRules(currency_number="978")
    assert classify("]e001095212345432133103001253" + "39329781299", euro).price == (1299, 2)
    assert classify("]C101095212345432133012").count == 12


def test_a_missing_separator_leaves_the_item_number_alone_to_be_believed() -> None:
    meaning = classify("0109521234543213" + "10AB" + "17260131")
    assert (meaning.gtin, meaning.lot, meaning.expiry, meaning.notes) == ("09521234543213", None, None, (AMBIGUOUS,))
    sure = classify("]d20109521234543213" + f"10AB17260131{GS}21X")
    assert (sure.lot, sure.notes) == ("AB17260131", ())


@pytest.mark.parametrize("stand_in", ["{GS}", "^]", "\\x1d", "~"])
def test_what_a_scanner_sends_instead_of_the_separator_is_learned(stand_in: str) -> None:
    rules = CodeRules(gs_substitutes=(*CodeRules().gs_substitutes, "~"))
    meaning = classify(f"]C1010952123454321310AB{stand_in}2112345", rules)
    assert (meaning.lot, meaning.serial) == ("AB", "12345")


def test_an_element_string_without_aim_id_must_begin_with_a_key_and_end_well() -> None:
    assert read("0109521234543213") == (CodeKind.GTIN, "09521234543213")
    assert read("010952123454321317260131")[0] is CodeKind.GTIN
    assert read("9780201379624") == (CodeKind.GTIN, "09780201379624")  # and no field 97
    assert read("978X-1") == (CodeKind.SKU, None)
    assert read("010952123454321399")[0] is not CodeKind.GTIN


def test_links_of_other_domains_with_names_and_with_mistakes() -> None:
    assert read("https://brand.example/p/gtin/9520123456788") == (CodeKind.GTIN, "09520123456788")
    broken = classify("https://example.com/01/09520123456788?10=ABC123")
    assert (broken.gtin, broken.lot, broken.notes) == ("09520123456788", None, (AMBIGUOUS,))
    assert read("https://example.com/shop?id=1") == (CodeKind.UNKNOWN, None)


def test_periodicals_books_and_their_add_ons() -> None:
    assert classify("]E3977114487500701").addon == "01"
    assert classify("977114487500701").addon == "01"
    assert classify("9783161484100 52495").addon == "52495"
    assert read("316148410X") == (CodeKind.GTIN, "09783161484100")
    assert read("080442957X") == (CodeKind.GTIN, "09780804429573")
    assert classify("]E3041600033610852495").gtin == "00416000336108"


def test_parcels_and_coupons_are_no_units_to_sell() -> None:
    assert read("]C100006141411234567890") == (CodeKind.SSCC, None)
    assert read("006141411234567890") == (CodeKind.SSCC, None)
    assert read("]C10209521234543213" + "3712") == (CodeKind.SSCC, None)
    assert read("]E00512345678900") == (CodeKind.COUPON, None)
    assert read(ean("991234567890")) == (CodeKind.COUPON, None)
    assert read("]C1255952123454321312345") == (CodeKind.COUPON, None)
    assert read("OTG:1234") == (CodeKind.GIFT_CARD, None)


# ── numbers with a value inside ──────────────────────────────────────────────────────────────────

RULES = CodeRules(
    rcn=(
        RcnRule("21", 5, EmbeddedKind.PRICE, 2),
        RcnRule("22", 4, EmbeddedKind.PRICE, 2, InnerCheck.VERIFY),
        RcnRule("2841", 3, EmbeddedKind.COUNT, 0),
        RcnRule("28", 5, EmbeddedKind.WEIGHT, 3),
        RcnRule("29", 5, EmbeddedKind.WEIGHT, 3, InnerCheck.IGNORE),
        RcnRule("02", 5, EmbeddedKind.PRICE, 2),
    )
)


def ean(body: str) -> str:
    return body + check_digit(body)


def test_price_weight_and_count_inside_a_number() -> None:
    cheese = classify(ean("211234501299"), RULES)
    assert (cheese.gtin, cheese.item_code, cheese.price) == (ean("211234500000").zfill(14), "12345", (1299, 2))
    assert classify(ean("281234501253"), RULES).net_milli == 1253
    assert classify(ean("291234570253"), RULES).net_milli == 253
    assert classify(ean("284112300012"), RULES).count == 12
    upc = classify(ean("21234501299")[:12], RULES)
    assert (upc.item_code, upc.price) == ("12345", (1299, 2))
    assert classify(ean("211234501299")).price is None  # no table, no meaning


def test_a_wrong_inner_check_digit_makes_it_an_ordinary_number() -> None:
    value = "2875"
    good = ean("22" + "1234" + price_check_digit("0" + value) + "0" + value)
    assert classify(good, RULES).price == (2875, 2)
    bad = ean("22" + "1234" + str((int(price_check_digit("0" + value)) + 1) % 10) + "0" + value)
    assert classify(bad, RULES).price is None


def test_the_tester_says_what_a_code_means() -> None:
    said = try_out(ean("211234501299"), RULES.rcn)
    assert said is not None
    assert (said.item_code, said.value, said.rule.kind) == ("12345", 1299, EmbeddedKind.PRICE)
    assert try_out("4006381333931", RULES.rcn) is None
    with pytest.raises(RuleViolationError):
        try_out("211234501299X", RULES.rcn)


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ((RcnRule("40", 5, EmbeddedKind.PRICE, 2),), "rcn.bad_prefix"),
        ((RcnRule("2x", 5, EmbeddedKind.PRICE, 2),), "rcn.bad_prefix"),
        ((RcnRule("21", 0, EmbeddedKind.PRICE, 2),), "rcn.bad_length"),
        ((RcnRule("21", 10, EmbeddedKind.PRICE, 2),), "rcn.bad_length"),
        ((RcnRule("21", 5, EmbeddedKind.PRICE, 5),), "rcn.bad_decimals"),
        ((RcnRule("21", 5, EmbeddedKind.COUNT, 1),), "rcn.bad_decimals"),
        ((RcnRule("21", 5, EmbeddedKind.PRICE, 2, InnerCheck.VERIFY),), ""),
        ((RcnRule("21", 3, EmbeddedKind.PRICE, 2, InnerCheck.VERIFY),), "rcn.bad_inner_check"),
        ((RcnRule("21", 5, EmbeddedKind.PRICE, 2),) * 2, "rcn.prefix_twice"),
        (tuple(RcnRule("21", 5, EmbeddedKind.PRICE, 2) for _ in range(41)), "rcn.too_many"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(rules: tuple[RcnRule, ...], code: str) -> None:
    if not code:
        assert checked_rules(rules) == rules
        return
    with pytest.raises(RuleViolationError) as refused:
        checked_rules(rules)
    assert refused.value.code == code


# ── hostile ──────────────────────────────────────────────────────────────────────────────────────

PIECES = (
    "0123456789", "]E0", "]d2", "]C1", "]Q1", "]J1", "](", "01", "10", "17", "21", "3103", "00", GS, "{GS}", "~", "\x00",
    "\x1b@", "\r\n", "https://", "/01/", "OTP:", "OTR:", "'; DROP TABLE sale;--", "${jndi:x}", "=cmd|' /C calc'!A0",
    "\u202e", "\ud800", "٠١٢", "²³", "é", "\U0001f600", "%00", "../", "F9", "\t", "A" * 50, "9" * 40, "|]e0", "<script>",
)  # fmt: skip


def hostile_labels(count: int, seed: int) -> Iterator[str]:
    """Labels nobody prints: pieces of everything in any order."""
    chance = random.Random(seed)
    for _ in range(count):
        yield "".join(chance.choices(PIECES, k=chance.randint(0, 9)))


def test_a_hundred_thousand_hostile_labels_are_just_unknown_ones() -> None:
    for label in hostile_labels(100_000, seed=3):
        meaning = classify(label, RULES)
        assert len(meaning.text) <= MAX_SHOWN_CHARS
        assert meaning.text.isprintable()
        assert (meaning.gtin is not None) == (meaning.kind is CodeKind.GTIN)
        for fact in (meaning.lot, meaning.serial, meaning.expiry, meaning.best_before):
            assert fact is None or (len(fact) <= 90 and fact.isprintable())
    assert len(classify("1" * (MAX_LABEL_CHARS + 1)).text) == MAX_SHOWN_CHARS


def test_a_meaning_can_be_stored_and_read_back() -> None:
    meaning = classify(f"]d2010952123454321310AB{GS}17261231", RULES)
    assert msgspec.json.decode(msgspec.json.encode(meaning), type=Scanned) == meaning


def test_a_signed_receipt_is_a_receipt_however_long_its_code() -> None:
    code = "OTR:" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 30
    assert classify(code) == Scanned(CodeKind.RECEIPT, code)
    assert classify("OTB:" + "A" * 600).kind is CodeKind.UNKNOWN
