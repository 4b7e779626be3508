"""What the bytes of a tag say, in a second opinion too."""

from typing import Any

import pytest
from epcpy.utils.parsers import hex_to_tag_encodable  # reads the same standard, and was written by others
from hypothesis import given
from hypothesis import strategies as st

from pos_app.devices.rfid.epc import decode, encode_sgtin_96, gtin_and_serial
from pos_app.devices.sim.tags import sgtin_96
from retail_core.domain.gtin import check_digit
from tests.devices.support import vectors

SCHEMES = {0x30: 12, 0x31: 12, 0x32: 12, 0x33: 12, 0x36: 25}


def test_every_scheme_of_the_vectors_is_read_and_named() -> None:
    seen: set[str] = set()
    for case in vectors("epc_tds.json"):
        epc = bytes.fromhex(case["hex"].ljust(-(-len(case["hex"]) // 2) * 2, "0"))
        known = decode(epc)
        assert known is not None, case
        seen.add(f"{known.scheme}-{known.bits}")
        assert (known.tag_uri, known.pure_identity) == (case["tag_uri"], case["pure_identity"])
        if case["gs1"]:
            assert known.element_string == case["gs1"]
        if known.scheme == "sgtin":
            assert gtin_and_serial(epc) == (known.gtin, known.serial)
        else:
            assert gtin_and_serial(epc) is None
    assert seen == {"sgtin-96", "sgtin-198", "sscc-96", "grai-96", "sgln-96"}


@given(st.integers(0, 10**13 - 1), st.integers(0, 2**38 - 1), st.integers(6, 12), st.integers(0, 7))
def test_a_unit_written_on_a_tag_is_read_as_the_same_unit(
    body: int, serial: int, company_digits: int, filter_value: int
) -> None:
    text = f"{body:013d}"
    gtin = text + check_digit(text)
    epc = encode_sgtin_96(gtin, serial, company_digits=company_digits, filter_value=filter_value)
    assert gtin_and_serial(epc) == (gtin, str(serial))
    known = decode(epc)
    assert known is not None
    assert hex_to_tag_encodable(epc.hex()).epc_uri == known.pure_identity


@given(st.sampled_from(sorted(SCHEMES)), st.binary(min_size=25, max_size=25))
def test_where_both_read_a_tag_both_read_the_same(header: int, rest: bytes) -> None:
    """Impossible fields are refused here; the other library reads some of them."""
    epc = bytes([header]) + rest[: SCHEMES[header] - 1]
    known = decode(epc)
    if known is None:
        return
    other: Any = hex_to_tag_encodable(epc.hex())
    assert other.epc_uri == known.pure_identity
    told = other.gs1_element_string()
    if known.scheme == "sgln":
        told = told.removesuffix("(254)0")  # 0 is no extension (TDS 1.13, 6.3.3), and the other library writes it
    assert told == known.element_string


@given(st.binary(max_size=40))
def test_no_bytes_break_the_reading_of_a_tag(epc: bytes) -> None:
    known = decode(epc)
    unit = gtin_and_serial(epc)
    assert unit is None or len(unit[0]) == 14
    assert known is None or known.tag_uri.isascii()


@given(st.sampled_from(sorted(SCHEMES)), st.binary(min_size=11, max_size=11))
def test_the_fast_way_and_the_table_agree(header: int, rest: bytes) -> None:
    epc = bytes([header]) + rest
    known = decode(epc)
    gtin = known.gtin if known else None
    assert gtin_and_serial(epc) == ((gtin, known.serial) if known and gtin else None)


@pytest.mark.parametrize(
    ("gtin", "serial", "company_digits", "filter_value"),
    [
        ("4006381333930", 1, 7, 1),  # the check digit is wrong
        ("4006381333931", 2**38, 7, 1),
        ("4006381333931", -1, 7, 1),
        ("4006381333931", 1, 5, 1),
        ("4006381333931", 1, 13, 1),
        ("4006381333931", 1, 7, 8),  # would turn the scheme into another one
        ("104006381333931", 1, 7, 1),
        ("40063813x3931", 1, 7, 1),
        ("٤006381333931", 1, 7, 1),
        ("", 1, 7, 1),
    ],
)
def test_what_does_not_fit_on_a_tag_is_not_written_on_one(
    gtin: str, serial: int, company_digits: int, filter_value: int
) -> None:
    with pytest.raises(ValueError):
        encode_sgtin_96(gtin, serial, company_digits=company_digits, filter_value=filter_value)


def test_a_serial_of_characters_gs1_does_not_know_is_none() -> None:
    def with_serial(text: str) -> bytes:
        number = int.from_bytes(encode_sgtin_96("04006381333931", 0), "big") >> 38 & ((1 << 47) - 1)
        for character in text.ljust(20, "\0"):
            number = number << 7 | ord(character)
        return (0x36 << 192 | 1 << 189 | number << 2 >> 2 << 2).to_bytes(25, "big")

    good = decode(with_serial("aB/9"))
    assert good is not None
    assert (good.serial, good.pure_identity.rpartition(".")[2]) == ("aB/9", "aB%2F9")
    assert [decode(with_serial(text)) for text in ("a b", "a\0b", "~", "")] == [None] * 4


def test_the_simulators_own_writing_agrees() -> None:
    assert gtin_and_serial(sgtin_96("04006381333931", 7)) == ("04006381333931", "7")
