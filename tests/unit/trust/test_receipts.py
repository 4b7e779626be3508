"""The code on a receipt: read back whole, tied to its till and its retailer, and never believed when changed."""

import base64

import pytest
import segno
from hypothesis import example, given, settings
from hypothesis import strategies as st

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import SaleCompleted, SoldLine, SoldTax
from retail_core.domain.ids import Gtin, SaleId, Sku
from retail_core.domain.receipts import PaidLine, PaidRate, PaidReceipt, PaidTender, paid_receipt
from retail_core.domain.returns import ReturnOf, ReturnReason
from retail_core.domain.tax import TaxPart
from retail_core.domain.tender import Tender, TenderKind
from retail_core.trust.keys import SigningKey
from retail_core.trust.receipts import (
    MAX_CHARS,
    RECEIPT_PREFIX,
    ReceiptSigner,
    certify,
    is_signed,
    lines_fit,
    read_receipt,
)

HQ, TILL = SigningKey.new(), SigningKey.new()
REGISTER = "S0319-T1"
SIGNER = ReceiptSigner(TILL, certify(HQ, REGISTER, TILL.public_text), HQ.public_text)
FOOD, CITY = PaidRate("food", 90_000, True), PaidRate("city", 15_000, False)


def receipt(*lines: PaidLine, gift: bool = False) -> PaidReceipt:
    total = sum(line.amount_minor for line in lines)
    tenders = (PaidTender("card", 100), PaidTender("cash", total - 100))
    return PaidReceipt(f"{REGISTER}-A-000042", 1_764_000_000, "EUR", total, tenders, lines, gift=gift)


def goods(n: int, **more: object) -> PaidLine:
    return PaidLine(n, Sku(f"10{n:02}"), 2000, 238, (FOOD,), **more)  # type: ignore[arg-type] # lot and serial


def refusal(text: str, hq: SigningKey = HQ) -> str:
    with pytest.raises(RuleViolationError) as refused:
        read_receipt(text, hq.public_text)
    return refused.value.code


TEXTS = st.one_of(st.from_regex(r"[0-9]{1,20}", fullmatch=True), st.text(min_size=1, max_size=20))
LINES = st.lists(
    st.builds(
        PaidLine, st.integers(1, 999), TEXTS.map(Sku), st.integers(1, 10**9), st.integers(-(10**12), 10**12),
        st.lists(st.sampled_from([FOOD, CITY]), max_size=2, unique=True).map(tuple), st.none() | TEXTS, st.none() | TEXTS,
    ),
    max_size=40,
).map(tuple)  # fmt: skip


@given(LINES, st.booleans())
@settings(deadline=None)
def test_whatever_was_sold_is_read_back_or_else_its_hash(lines: tuple[PaidLine, ...], gift: bool) -> None:
    paid = receipt(*lines, gift=gift)
    text = SIGNER.text(paid)
    assert len(text) <= MAX_CHARS
    assert is_signed(text)
    found = read_receipt(text, HQ.public_text)
    assert (found.number, found.total_minor, found.tenders, found.gift) == (
        paid.number,
        paid.total_minor,
        paid.tenders,
        gift,
    )
    if found.lines_hash:
        assert lines_fit(found, lines)
        assert not lines_fit(found, lines[1:])
    else:
        assert found == paid


def test_a_usual_basket_is_in_the_code_and_a_code_never_needs_more_than_version_20() -> None:
    usual = SIGNER.text(receipt(*(goods(n) for n in range(1, 26))))
    assert len(read_receipt(usual, HQ.public_text).lines) == 25
    large = receipt(*(goods(n) for n in range(1, 100)))
    made = segno.make_qr(SIGNER.text(large), error="m")
    assert (made.mode, int(made.version) <= 20) == ("alphanumeric", True)
    found = read_receipt(SIGNER.text(large), HQ.public_text)
    assert (found.lines, lines_fit(found, large.lines)) == ((), True)


def test_a_bare_number_is_no_signed_code() -> None:
    assert not is_signed("OTR:S0319-T1-A-000042:9f2c77ab")
    assert not is_signed("S0319-T1-A-000042")


def test_another_retailers_receipt_is_told_from_a_forged_one() -> None:
    text = SIGNER.text(receipt(goods(1)))
    assert refusal(text, SigningKey.new()) == "receipt.other_retailer"
    thief = SigningKey.new()
    own = ReceiptSigner(thief, certify(thief, REGISTER, thief.public_text), HQ.public_text)  # certified by himself
    assert refusal(own.text(receipt(goods(1)))) == "receipt.forged"


def test_a_receipt_names_the_till_that_wrote_it() -> None:
    assert PaidReceipt("S0319-T1-A-000042", 1, "EUR", 100, ()).register == "S0319-T1"


def test_a_till_signs_no_receipts_of_another_register() -> None:
    other = ReceiptSigner(TILL, certify(HQ, "S0319-T2", TILL.public_text), HQ.public_text)
    assert refusal(other.text(receipt(goods(1)))) == "receipt.forged"


@given(st.data())
@settings(deadline=None)
def test_no_bit_of_a_code_can_be_changed(data: st.DataObject) -> None:
    text = SIGNER.text(receipt(goods(1, serial="SN-1"), goods(2, lot="L7")))
    packed = text.removeprefix(RECEIPT_PREFIX)
    blob = bytearray(base64.b32decode(packed + "=" * (-len(packed) % 8)))
    at = data.draw(st.integers(0, len(blob) - 1))
    blob[at] ^= 1 << data.draw(st.integers(0, 7))
    changed = RECEIPT_PREFIX + base64.b32encode(bytes(blob)).rstrip(b"=").decode()
    assert refusal(changed) in {"receipt.forged", "receipt.unreadable", "receipt.other_retailer"}


@given(st.one_of(st.text(max_size=1200), st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", max_size=1200)))
@settings(deadline=None)
def test_any_text_is_refused_and_nothing_else_happens(text: str) -> None:
    assert refusal(RECEIPT_PREFIX + text) in {"receipt.unreadable", "receipt.other_retailer", "receipt.forged"}


@given(st.binary(max_size=120))
@example(b"\x00\x83\xff\xff")  # three digits that are five
@example(b"\x00\x01A" + b"\xff" * 12)  # a number without an end
@example(b"\x00\x02\xff\xff")  # no letters
@example(b"\x00\x01A\x00\x01E\x00\x01\x7f\x00" + bytes(32))  # a tender nobody knows
@example(b"\x00\x01A\x00\x01E\x00\x00" + bytes(33))  # a byte too many
@settings(deadline=None)
def test_any_content_behind_a_true_head_is_refused(content: bytes) -> None:
    packed = SIGNER.text(receipt(goods(1))).removeprefix(RECEIPT_PREFIX)
    blob = base64.b32decode(packed + "=" * (-len(packed) % 8))[: 1 + 4 + 33 + 64 + 64] + content
    text = RECEIPT_PREFIX + base64.b32encode(blob).rstrip(b"=").decode()
    assert refusal(text) in {"receipt.unreadable", "receipt.forged"}


def test_the_receipt_of_a_sale_lists_what_was_bought_at_the_rates_it_was_sold() -> None:
    sale = SaleCompleted(
        SaleId("s-1"), "S0319-T1-A-000007", "EUR",
        (
            SoldLine(1, Sku("1001"), 2000, 119, 238, "food", 20, gtin=Gtin("09520000010010"), lot="L7", serial="SN-1"),
            SoldLine(2, Sku("2001"), 1000, 500, -500, "food", -30, back=ReturnOf(ReturnReason.FAULTY)),
            SoldLine(3, Sku("2002"), 1000, 100, 100, "city", 2, more_taxes=(SoldTax("gone", 0),)),
        ),
        (TaxPart("food", 90_000, True, 238, 20), TaxPart("food", 60_000, True, -500, -30), TaxPart("city", 15_000, False, 100, 2)),
        (Tender(TenderKind.CASH, -160, -160),), -160,
    )  # fmt: skip
    found = paid_receipt(sale, 1_764_000_000_999)
    assert found.register == "S0319-T1"
    assert found.at_s == 1_764_000_000
    assert found.tenders == (PaidTender("cash", -160),)
    assert found.lines == (
        PaidLine(1, Sku("1001"), 2000, 238, (FOOD,), "L7", "SN-1"),
        PaidLine(3, Sku("2002"), 1000, 100, (CITY,)),
    )
