"""X, Z and day reports on paper: every figure at the right edge, nothing that is not there."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from pos_app.counter import rendered
from pos_app.receipts import escpos, text
from pos_app.receipts.drawer_report import (
    ENGLISH_REPORT,
    MAX_UNPAID_LINES,
    Facts,
    Part,
    ReportKind,
    Unpaid,
    report_document,
)
from pos_app.receipts.report_words import report_words
from pos_app.service.receipt_codes import ReceiptCodes
from pos_app.storage.readers import Links
from pos_app.storage.spool import REPORT, JobState, PrintJob
from retail_core.domain.drawer import Pieces, ReceiptRange, SessionTotals, Tally, TaxTally
from retail_core.trust.keys import SigningKey
from tests.support.shop import make_shop

TOTALS = SessionTotals(
    sales=Tally(3, 4_500), returns=Tally(1, -250), discounts=Tally(2, -120), voided_lines=Tally(1, 119), reprints=1,
    cash_minor=3_500, taxes={"food@90000": TaxTally("food", 90_000, included=True, taxable_minor=4_500, tax_minor=372)},
    tenders={"card": Tally(1, 1_000), "cash": Tally(2, 3_500)}, moves={"drop": Tally(1, 2_000), "no_sale": Tally(2, 0)},
    receipts=(ReceiptRange("A", 1, 3, "S0319-T1-A-000001", "S0319-T1-A-000003"),),
)  # fmt: skip
Z = Facts(
    ReportKind.Z, "S0319-T1", "Store 319", "EUR", "2025-11-24", 1, "2025-11-24 18:02", "Ana M.", TOTALS, 10_000, 11_500,
    11_400, (Pieces(1_000, 11), Pieces(200, 2), Pieces(100, 0)), "S0319-T1-A-Z0007", "2025-11-24 08:01", "Ana M.",
    reason="wrong_change", approved_by="Sam K.", unpaid=(Unpaid(1, 1_230, "Whole milk 1 L"),), variance_minor=-100,
    tax_names={"food": "VAT 9 %"},
)  # fmt: skip
X = Facts(ReportKind.X, "S0319-T1", "Store 319", "EUR", "2025-11-24", 1, "2025-11-24 12:00", "Ana M.", SessionTotals())


def printed(facts: Facts, columns: int = 42) -> list[str]:
    return text.render(report_document(facts), columns).splitlines()


@pytest.mark.parametrize("columns", [32, 42, 48])
def test_no_line_is_wider_than_the_paper(columns: int) -> None:
    assert max(map(len, printed(Z, columns))) <= columns


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Expected", "115.00"),
        ("Counted", "114.00"),
        ("Difference", "−1.00"),
        ("Reason", "Wrong change"),
        ("Approved by", "Sam K."),
        ("Cash drop (1)", "−20.00"),
        ("Opened without a sale", "2"),
        ("Lines brought back (1)", "−2.50"),
        ("VAT 9 %", "45.00"),
        ("11 × 10.00", "110.00"),
        ("Last receipt", "S0319-T1-A-000003"),
        ("Whole milk 1 L", "12.30"),
    ],
)
def test_a_z_says(left: str, right: str) -> None:
    assert any(line.startswith(left) and line.endswith(right) for line in printed(Z)), printed(Z)


def test_an_x_of_an_empty_session_says_that_it_ends_nothing() -> None:
    lines = printed(X)
    assert any("Not a closing report" in line for line in lines)
    assert not any("Counted" in line or "TENDERS" in line or "TO LOOK AT" in line for line in lines)


def test_a_day_lists_its_sessions() -> None:
    parts = (Part("S0319-T1-A-Z0007", "Ana M.", -100), Part("S0319-T1-A-Z0008", "Sam K.", 0))
    lines = printed(msgspec.structs.replace(Z, kind=ReportKind.DAY, z_number="", parts=parts))
    assert any("S0319-T1-A-Z0008" in line for line in lines)
    assert any("Ana M." in line and line.endswith("−1.00") for line in lines)


def test_a_copy_says_so_and_a_drawer_opened_by_a_sale_too() -> None:
    lines = printed(msgspec.structs.replace(Z, copy=True, by_itself=True))
    assert any("* COPY *" in line for line in lines)
    assert any("opened by the first sale" in line for line in lines)


def test_a_hundred_baskets_put_aside_do_not_fill_the_roll() -> None:
    many = tuple(Unpaid(n, 100, f"Item {n}") for n in range(MAX_UNPAID_LINES + 80))
    lines = printed(msgspec.structs.replace(Z, unpaid=many))
    assert "and 80 more" in lines


def test_right_to_left_words_mirror_the_paper() -> None:
    assert report_document(Z, replace(ENGLISH_REPORT, right_to_left=True)).mirrored


def test_a_queued_report_becomes_bytes_of_the_printer(tmp_path: Path) -> None:
    codes = ReceiptCodes(Links(make_shop(tmp_path).home), SigningKey.new(), "node-T1", "")
    job = PrintJob(1, REPORT, Z.z_number, msgspec.json.encode(Z), JobState.QUEUED, 0)
    data = rendered(job, codes, escpos.PROFILES["plain80"])
    assert b"Difference" in data


def test_a_report_without_a_catalogue_of_its_language_is_english() -> None:
    assert report_words("xx") == ENGLISH_REPORT
