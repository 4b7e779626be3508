"""What a label means; a hostile label is just an unknown one."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from retail_core.domain.gtin import check_digit, is_gtin
from retail_core.domain.scanned import MAX_LABEL_CHARS, CodeKind, Scanned, classify

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
    assert len(meaning.text) <= MAX_LABEL_CHARS
    assert meaning.text.isprintable()
    assert (meaning.gtin is not None) == (meaning.kind is CodeKind.GTIN)
    meaning.text.encode()  # can be stored and shown
    if meaning.gtin:
        assert is_gtin(meaning.gtin)


@given(st.text("0123456789", min_size=12, max_size=12))
def test_every_printed_item_number_is_found_under_one_key(body: str) -> None:
    code = body + check_digit(body)
    assert read(code) == read("0" + code) == (CodeKind.GTIN, "0" + code)
