"""A receipt says what was sold and paid, on any width of paper, in any script, and holds no commands but our own."""

import unicodedata
from dataclasses import replace

import msgspec
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pos_app.devices.sim.escpos_reader import Op, Reader
from pos_app.devices.sim.paper import Paper
from pos_app.receipts import escpos, text
from pos_app.receipts.document import (
    Align,
    Columns,
    Qr,
    ReceiptDocument,
    Row,
    Size,
    Table,
    Text,
    rows,
    safe,
    width,
    wrap,
)
from pos_app.receipts.escpos import CODE_PAGES, PROFILES, encode, tame
from pos_app.receipts.facts import ReceiptCut, ReceiptData, ReceiptLine, ReceiptTax, ReceiptWords
from pos_app.receipts.layout import receipt_document, with_rate
from pos_app.receipts.raster import LINE_DOTS, row_picture, runs, visual_order
from tests.devices.support import receipt

ARABIC, HEBREW, POLISH, GREEK = "حليب كامل الدسم", "חלב טרי", "Żubrówka łąka", "Φέτα"
OUR_COMMANDS = {
    "reset", "text", "line", "bold", "align", "size", "page", "picture", "qr_module", "qr_store", "qr_print", "setting",
    "cut", "feed_lines",
}  # fmt: skip


def printed(data: ReceiptData, profile: str = "epson80") -> tuple[list[Op], Paper]:
    made = PROFILES[profile]
    ops = Reader().feed(escpos.render(receipt_document(data), made))
    paper = Paper(made.dots)
    for op in ops:
        paper.obey(op)
    return ops, paper


def line(name: str, amount_minor: int = 119) -> ReceiptLine:
    return ReceiptLine(name, 1000, amount_minor, amount_minor)


def test_a_receipt_says_all_that_it_must() -> None:
    said = text.render(receipt_document(receipt()))
    assert said.splitlines() == [
        "             C o r n e r   S h o p",
        "                 1 High Street",
        "",
        "2025-11-23 14:09                         Till T1",
        "Receipt S0319-T1-A-000042                    EUR",
        "─" * 48,
        "Whole milk 1 L                              1.19",
        "Sparkling water 1.5 L                       2.67",
        "  3 × 0.89",
        "Bananas, loose                              1.06",
        "  0.532 kg × 1.99/kg",
        "═" * 48,
        "TOTAL                                     € 4.92",
        "",
        "Cash                                       10.00",
        "Change                                      5.08",
        "─" * 48,
        "Rate                 Net         Tax       Gross",
        "VAT 9 %             4.51        0.41        4.92",
        "─" * 48,
        "5 items                         Served by Ana M.",
        "",
        "        [OTR:S0319-T1-A-000042:9f2c77ab]",
        "          S0319-T1-A-000042 · 9f2c77ab",
        "",
        "                   Thank you!",
    ]


def test_a_copy_says_so_and_words_can_be_in_another_language() -> None:
    data = receipt(line("Milch"))
    copy = replace(data, copy=True)
    said = text.render(receipt_document(copy, ReceiptWords(copy="KOPIE", total="SUMME", item="1 Artikel")))
    assert "* KOPIE *" in said
    assert "SUMME" in said
    assert "1 Artikel" in said


def test_what_a_line_is_cut_by_stands_below_it_with_its_amount_and_how_long_it_holds() -> None:
    cuts = (
        ReceiptCut("promo:water", "3 for 2", -89, "2026-11-29"), ReceiptCut("promo:happy", "Happy hour", -20, "19:00"),
        ReceiptCut("manual.line", "10 %", -16), ReceiptCut("label.price", "", 1), ReceiptCut("manual.price", "", -2),
    )  # fmt: skip
    data = receipt(ReceiptLine("Sparkling water 1.5 L", 3000, 89, 141, cuts=cuts))
    assert text.render(receipt_document(data)).splitlines()[6:14] == [
        "Sparkling water 1.5 L                       2.67",
        "  3 × 0.89",
        "  3 for 2, until 2026-11-29                −0.89",
        "  Happy hour, until 19:00                  −0.20",
        "  Discount 10 %                            −0.16",
        "  Price on the label                        0.01",
        "  Price changed                            −0.02",
        "═" * 48,
    ]
    assert "for 2" not in text.render(receipt_document(replace(data, gift=True)))


def test_tax_on_top_of_the_price_is_added_up_by_rate() -> None:
    tax = ReceiptTax("Sales tax", 82_500, False, 1000, 83)
    data = replace(receipt(line("Chair", 1000)), taxes=(tax,), total_minor=1083)
    said = text.render(receipt_document(data), 42)
    assert "Rate                   Net     Tax   Gross" in said
    assert "Sales tax 8.25 %     10.00    0.83   10.83" in said
    assert with_rate("VAT 21 %", 210_000) == "VAT 21 %"
    assert with_rate("TVA 5,5 %", 55_000) == "TVA 5,5 %"
    assert with_rate("VAT 19 %", 90_000) == "VAT 19 % 9 %"  # a name that was not changed with its rate says so


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_the_printed_code_is_read_back_from_the_paper(profile: str) -> None:
    _, paper = printed(receipt(), profile)
    codes = zxingcpp.read_barcodes(paper.picture())
    assert [code.text for code in codes] == ["OTR:S0319-T1-A-000042:9f2c77ab"]


@pytest.mark.parametrize("name", ["Crème fraîche", POLISH, GREEK, "Творог", "Straße – “extra” …"])
def test_letters_on_a_code_page_are_printed_as_text(name: str) -> None:
    ops, paper = printed(receipt(line(name)))
    assert "picture" not in {op.name for op in ops}
    plain = name.translate(str.maketrans("–“”…", '-"".'))
    assert plain in paper.text


@pytest.mark.parametrize("name", [ARABIC, HEBREW, "Café naïve €", f"Milk {HEBREW} 3%"])
def test_letters_the_printer_lacks_are_drawn(name: str) -> None:
    profile = "plain80" if name.startswith("Café") else "epson80"
    ops, paper = printed(receipt(line(name, 119)), profile)
    pictures = [op for op in ops if op.name == "picture" and op.numbers[1] == LINE_DOTS]
    assert pictures
    assert name not in paper.text
    for op in pictures:
        assert any(op.data), "an empty picture is a lost line"


def test_a_printer_is_told_a_code_page_only_when_it_has_it() -> None:
    ops, _ = printed(receipt(line(POLISH)), "plain80")
    assert "page" not in {op.name for op in ops}


@pytest.mark.parametrize("page", sorted(CODE_PAGES))
def test_every_character_we_call_printable_comes_back_from_its_code_page(page: int) -> None:
    for code in range(0x80, 0x100):
        char = bytes([code]).decode(CODE_PAGES[page], "replace")
        if encode(char, page) is not None and char.isprintable():
            assert encode(char, page) == bytes([code])
    assert encode("\u0627", page) is None
    assert encode("\x1b", page) is None
    assert encode("\xad", page) is None


def test_a_name_cannot_cut_the_paper_or_open_the_drawer() -> None:
    evil = "Milk\x1bp\x00\x32\xfa\x1dV\x00\x10\x14\x01\x00\x01\r\n\u202egnp\x9b"
    ops, paper = printed(receipt(line(evil), header=(evil, evil)))
    assert {op.name for op in ops} <= OUR_COMMANDS
    assert [op.name for op in ops].count("cut") == 1
    assert ops[-1].name == "cut"
    assert "Milkp" in paper.text


@settings(max_examples=60)
@given(st.text(max_size=120), st.sampled_from(["epson80", "epson58"]))
def test_no_name_whatever_holds_a_command(name: str, profile: str) -> None:
    made = PROFILES[profile]
    document = ReceiptDocument((Text(name), Columns(name, "1.19"), Table(((name, "1", "2"),)), Qr(name or "x")))
    ops = Reader().feed(escpos.render(document, made))
    assert {op.name for op in ops} <= OUR_COMMANDS
    assert [op.name for op in ops].count("cut") == 1


@given(st.binary(max_size=400), st.lists(st.sampled_from([b"\x10", b"\x04", b"\x05", b"\x14", b"\x00"])).map(b"".join))
def test_no_picture_holds_a_real_time_command(noise: bytes, worst: bytes) -> None:
    harmless = tame(noise + worst)
    assert len(harmless) == len(noise + worst)
    for second in (b"\x04", b"\x05", b"\x14"):
        assert b"\x10" + second not in harmless


@given(st.text(max_size=300), st.integers(8, 60))
def test_every_line_fits_the_paper(name: str, columns: int) -> None:
    document = ReceiptDocument(
        (
            Text(name, Align.CENTRE, size=Size.LARGE),
            Columns(name, "1,234.56"),
            Columns("TOTAL", "€ 57.02", size=Size.LARGE),
        )
    )
    for row in rows(document, columns):
        assert isinstance(row, Row)
        scale = 2 if row.size is Size.LARGE else 1
        gap = 1 if row.left and row.right else 0
        assert (width(row.left) + gap + width(row.right)) * scale <= columns
        assert not any(unicodedata.category(char) in {"Cc", "Zl", "Zp"} for char in row.left)


def test_a_long_name_is_wrapped_at_words_and_ends_in_an_ellipsis() -> None:
    assert wrap("Chicken breast fillets", 10) == ["Chicken", "breast", "fillets"]
    assert wrap("Abcdefghijklmnop", 6) == ["Abcdef", "ghijkl", "mnop"]
    assert wrap("one two three four five six", 5) == ["one", "two", "thre…"]
    assert wrap("", 5) == [""]


def test_wide_letters_take_two_columns() -> None:
    assert (width("牛乳"), width("é"), width("e\u0301")) == (4, 1, 1)


def test_direction_overrides_are_taken_out_of_names() -> None:
    assert safe("a\u202eb\u2066c\u200dd\u00a0e\nf") == "abc\u200dd e f"


def shown(name: str) -> str:
    """What a person reads from left to right."""
    return "".join(run.text[::-1] if run.from_right else run.text for run in visual_order(runs(name)))


def test_lines_of_two_directions_are_put_in_the_order_people_read() -> None:
    assert shown("ab אב 12 גד cd") == "ab דג 12 בא cd"
    assert shown("אב 12 ab cd גד") == "דג ab cd 12 בא"
    assert shown("1 L milk") == "1 L milk"


def test_arabic_letters_are_joined() -> None:
    def ink(left: str) -> bytes:
        return row_picture(Row(left), 576, 48)[0]

    assert ink("بب") != ink("ب\u200cب")  # a non-joiner between them keeps them apart


def test_a_line_too_wide_for_its_column_is_drawn_smaller_not_cut() -> None:
    wide = Image.frombytes("1", (576, LINE_DOTS), row_picture(Row("שלום " * 20, "1.19"), 576, 48)[0])
    left = wide.crop((0, 0, 576 - 4 * 12 - 12, LINE_DOTS)).getbbox()
    assert left is not None
    assert left[2] < 576 - 5 * 12


def test_goods_that_come_back_are_listed_below_zero_with_the_receipt_they_were_bought_with() -> None:
    back = msgspec.structs.replace(
        line("Wool throw", -3990), unit_minor=3990, back=True, of_receipt="S0319-T1-A-000007"
    )
    data = replace(
        receipt(back, msgspec.structs.replace(line("Candle", -1250), back=True)), total_minor=-5240, change_minor=0
    )
    said = text.render(receipt_document(data))
    assert "Wool throw                                −39.90\n  returned, receipt S0319-T1-A-000007" in said
    assert "Candle                                    −12.50\n  returned\n" in said
    assert "REFUND                                  € −52.40" in said
    assert "items" not in said


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_signed_code_of_the_largest_size_fits_every_paper_and_is_read_back(profile: str) -> None:
    code = "OTR:" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 30
    _, paper = printed(replace(receipt(), code=code), profile)
    assert [found.text for found in zxingcpp.read_barcodes(paper.picture())] == [code]
