"""Quantities, trade item numbers, identities and trading days."""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.businessdate import business_date
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.gtin import check_digit, display_gtin, expand_upc_e, gtin_key, is_gtin
from retail_core.domain.ids import uuid7
from retail_core.domain.places import NodeRole, Place, PlaceKind
from retail_core.domain.quantity import amount_minor, format_quantity, parse_quantity

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "checkdigits.json").read_text())
BERLIN = ZoneInfo("Europe/Berlin")

# ── quantity ─────────────────────────────────────────────────────────────────────────────────────


@given(st.integers(1, 999_999_999))
def test_a_shown_quantity_can_be_typed_again(milli: int) -> None:
    assert parse_quantity(format_quantity(milli)) == milli
    assert parse_quantity(format_quantity(milli).replace(".", ",")) == milli


def test_quantities_as_people_write_them() -> None:
    assert [format_quantity(milli) for milli in (3000, 532, 1500, -2000)] == ["3", "0.532", "1.5", "−2"]
    assert [parse_quantity(text) for text in ("3", "0,532", ".5", " 12 ", "999999")] == [
        3000,
        532,
        500,
        12000,
        999999000,
    ]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "quantity.not_a_number"), ("x", "quantity.not_a_number"), ("-1", "quantity.not_a_number"),
        ("٣", "quantity.not_a_number"), ("1.2345", "quantity.too_fine"), ("1000000", "quantity.too_large"),
        ("4006381333931", "quantity.too_large"), ("0", "quantity.zero"), ("0.000", "quantity.zero"),
    ],
)  # fmt: skip
def test_what_is_no_quantity_is_refused_by_name(typed: str, code: str) -> None:
    with pytest.raises(RuleViolationError) as refused:
        parse_quantity(typed)
    assert refused.value.code == code


@given(st.text(max_size=30))
def test_any_text_is_a_quantity_or_refused(typed: str) -> None:
    try:
        milli = parse_quantity(typed)
    except RuleViolationError:
        return
    assert 0 < milli < 10**9


def test_price_times_quantity_is_rounded_once() -> None:
    assert amount_minor(199, 532) == 106  # 105.868
    assert amount_minor(199, 500) == 100  # 99.5
    assert amount_minor(199, -500) == -100


# ── GTIN ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", [*VECTORS["gtin13"], *VECTORS["gtin12"], *VECTORS["gtin8"], *VECTORS["gtin14"]])
def test_published_numbers_have_a_right_check_digit(text: str) -> None:
    assert is_gtin(text)
    assert gtin_key(text) == text.zfill(14)
    assert display_gtin(gtin_key(text)).zfill(14) == gtin_key(text)


@pytest.mark.parametrize("text", VECTORS["bad"])
def test_published_wrong_numbers_are_refused(text: str) -> None:
    assert not is_gtin(text)
    with pytest.raises(ValueError, match="not a GTIN"):
        gtin_key(text)


@given(st.sampled_from([7, 11, 12, 13]).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n)), st.data())
def test_one_mistyped_digit_is_always_noticed(body: str, data: st.DataObject) -> None:
    good = body + check_digit(body)
    assert is_gtin(good)
    at = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != good[at]]))
    assert not is_gtin(good[:at] + other + good[at + 1 :])


@pytest.mark.parametrize("text", ["", "5", "abcdefgh", "123456789012345", "٠٢٣٤٥٦٧٣", "0234567³"])
def test_other_text_is_no_gtin(text: str) -> None:
    assert not is_gtin(text)


@pytest.mark.parametrize(("short", "long"), VECTORS["upce_to_gtin12"].items())
def test_published_short_symbols_expand(short: str, long: str) -> None:
    assert expand_upc_e(short) == long


@pytest.mark.parametrize("last", "0123456789")
def test_every_way_to_shorten_a_upc_has_its_way_back(last: str) -> None:
    digits = "12345" + last
    middle = {
        **{d: digits[:2] + d + "0000" + digits[2:5] for d in "012"},
        "3": digits[:3] + "00000" + digits[3:5],
        "4": digits[:4] + "00000" + digits[4],
    }.get(last, digits[:5] + "0000" + last)
    upc_a = "0" + middle + check_digit("0" + middle)
    assert expand_upc_e(f"0{digits}{upc_a[-1]}") == upc_a
    wrong = str((int(upc_a[-1]) + 1) % 10)
    assert expand_upc_e(f"0{digits}{wrong}") is None


@pytest.mark.parametrize("text", ["2345678", "21234567", "0123456x", "0²345678"])
def test_what_is_no_short_symbol_does_not_expand(text: str) -> None:
    assert expand_upc_e(text) is None


def test_a_number_is_shown_as_printed_on_the_pack() -> None:
    assert display_gtin("04006381333931") == "4006381333931"
    assert display_gtin("00000002345673") == "02345673"
    assert display_gtin("00416000336108") == "416000336108"
    assert display_gtin("80614141123458") == "80614141123458"


# ── identity ─────────────────────────────────────────────────────────────────────────────────────


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_an_id_is_a_uuid_of_version_seven_and_sorts_by_time(at_ms: int, rand: bytes) -> None:
    text = uuid7(at_ms, rand)
    parsed = uuid.UUID(text)
    assert (str(parsed), parsed.version, parsed.variant) == (text, 7, uuid.RFC_4122)
    assert parsed.int >> 80 == at_ms
    if at_ms:
        assert uuid7(at_ms - 1, b"\xff" * 10) < text


def test_ids_need_ten_random_bytes() -> None:
    with pytest.raises(ValueError, match="ten"):
        uuid7(1, bytes(9))


def test_a_store_a_warehouse_and_a_supplier_are_all_places() -> None:
    places = [Place("P", kind, "Somewhere", "north", "Europe/Berlin") for kind in PlaceKind]
    assert [place.kind for place in places] == ["store", "warehouse", "supplier"]
    assert set(NodeRole) == {"till", "counter", "handheld", "agent"}


# ── the trading day ──────────────────────────────────────────────────────────────────────────────


def at(text: str) -> int:
    """Milliseconds of an ISO time; local Berlin time unless it says otherwise."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=BERLIN)).timestamp() * 1000)


def test_the_night_belongs_to_the_evening_before() -> None:
    assert business_date(at("2026-11-24T03:59:59"), BERLIN) == "2026-11-23"
    assert business_date(at("2026-11-24T04:00:00"), BERLIN) == "2026-11-24"
    assert business_date(at("2026-11-24T00:00:00"), BERLIN, day_starts_at_h=0) == "2026-11-24"


def test_the_zone_of_the_shop_decides_not_that_of_the_machine() -> None:
    moment = int(datetime(2026, 11, 23, 20, 30, tzinfo=UTC).timestamp() * 1000)
    assert business_date(moment, ZoneInfo("Asia/Tokyo")) == "2026-11-24"
    assert business_date(moment, ZoneInfo("America/New_York")) == "2026-11-23"


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-03-29T03:30:00+02:00", "2026-03-28"),  # clocks went forward at two: 03:30 is still before four
        ("2026-03-29T04:00:00+02:00", "2026-03-29"),
        ("2026-10-25T02:30:00+02:00", "2026-10-24"),  # the hour that comes twice
        ("2026-10-25T02:30:00+01:00", "2026-10-24"),
        ("2026-10-25T04:00:00+01:00", "2026-10-25"),
        ("2028-02-29T12:00:00+01:00", "2028-02-29"),
        ("2038-01-19T12:00:00+01:00", "2038-01-19"),
    ],
)
def test_the_day_begins_at_four_on_the_wall_clock_whatever_the_season(moment: str, day: str) -> None:
    assert business_date(at(moment), BERLIN) == day


@given(st.integers(0, 4_000_000_000_000), st.integers(0, 86_400_000))
def test_trading_days_never_go_back(at_ms: int, later_ms: int) -> None:
    assert business_date(at_ms, BERLIN) <= business_date(at_ms + later_ms, BERLIN)
