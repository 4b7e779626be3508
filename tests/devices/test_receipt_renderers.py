"""A receipt looks right and its codes can be read, whichever way it becomes paper or a picture."""

import io
import random
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from pos_app.devices.drawer import OpenLevel, learn_level
from pos_app.devices.ports import PrinterStatus
from pos_app.devices.sim.escpos_reader import Reader
from pos_app.devices.sim.paper import Paper
from pos_app.receipts import escpos
from pos_app.receipts.document import Barcode, Columns, Logo, Qr, ReceiptDocument, Text
from pos_app.receipts.escpos import PROFILES, seconds_at, self_test
from pos_app.receipts.facts import ReceiptLine, ReceiptWords
from pos_app.receipts.layout import receipt_document
from pos_app.receipts.picture import receipt_image, save_png
from pos_app.ui.paper import WIDTH, paint, receipt_pdf
from tests.devices.support import receipt

EAN, CODE = "4006381333931", "OTR:S0319-T1-A-000042"
CODES = ReceiptDocument((Text("Codes"), Barcode(EAN, "ean13"), Barcode("S0319-42", "code128"), Qr(CODE)))
ARABIC = ReceiptWords(
    copy="نسخة", total="المجموع", item="صنف واحد", items="{count} أصناف", change="الباقي", rate="النسبة", tax="الضريبة",
    net="الصافي", gross="الإجمالي", receipt="إيصال", register="صندوق", operator="خدمكم", returns="احتفظ بالإيصال",
    right_to_left=True,
)  # fmt: skip


def read(image: Image.Image) -> set[str]:
    return {found.text for found in zxingcpp.read_barcodes(image.convert("L"))}


def on_paper(document: ReceiptDocument, profile: str) -> Paper:
    made = PROFILES[profile]
    paper = Paper(made.dots)
    for op in Reader().feed(escpos.render(document, made)):
        paper.obey(op)
    return paper


def painted(document: ReceiptDocument) -> Image.Image:
    """What the PDF's painter draws, as dots."""
    image = QImage(WIDTH // 8, 3_000, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)
    painter = QPainter(image)
    painter.scale(1 / 8, 1 / 8)
    paint(painter, document)
    painter.end()
    return Image.frombytes("RGBX", (image.width(), image.height()), bytes(image.constBits()), "raw", "BGRX").convert(
        "L"
    )


@pytest.mark.parametrize("profile", ["epson80", "epson58", "plain80", "plain58", "picture80"])
def test_printed_codes_can_be_scanned_from_the_paper_of_every_profile(profile: str) -> None:
    assert read(on_paper(CODES, profile).picture()) == {EAN, "S0319-42", CODE}


def test_codes_can_be_scanned_from_the_picture_and_from_what_the_pdf_draws(qapp: QApplication, tmp_path: Path) -> None:
    assert read(receipt_image(CODES)) == {EAN, "S0319-42", CODE}
    assert read(painted(CODES)) == {EAN, "S0319-42", CODE}
    save_png(CODES, tmp_path / "receipt.png")
    assert read(Image.open(tmp_path / "receipt.png")) == {EAN, "S0319-42", CODE}


def test_a_pdf_holds_real_text_in_an_embedded_font_on_one_page_as_long_as_the_receipt(
    qapp: QApplication, tmp_path: Path
) -> None:
    short, long = tmp_path / "short.pdf", tmp_path / "long.pdf"
    receipt_pdf(receipt_document(receipt()), short)
    many = receipt(*(ReceiptLine(f"Item {n}", 1000, 100, 100) for n in range(80)))
    receipt_pdf(receipt_document(many), long)
    for file in (short, long):
        data = file.read_bytes()
        assert data.startswith(b"%PDF-")
        assert data.count(b"/Type /Page\n") == 1
        assert b"/FontFile2" in data
        assert b"/ToUnicode" in data
    heights = [float(file.read_bytes().split(b"/MediaBox [")[1].split(b"]")[0].split()[3]) for file in (short, long)]
    assert heights[1] > 2 * heights[0]
    with pytest.raises(OSError, match="nowhere"):
        receipt_pdf(CODES, tmp_path / "nowhere" / "receipt.pdf")


def test_a_receipt_that_is_read_from_the_right_has_its_amounts_at_the_left() -> None:
    document = receipt_document(receipt(ReceiptLine("حليب", 1000, 119, 119)), ARABIC)
    assert document.mirrored
    image = receipt_image(ReceiptDocument((Columns("حليب كامل الدسم", "1.19"),), mirrored=True))
    straight = receipt_image(ReceiptDocument((Columns("Whole milk", "1.19"),)))

    def leftmost_ink(one: Image.Image) -> int:
        return min(x for x in range(one.width) if min(one.crop((x, 0, x + 1, one.height)).tobytes()) < 128)

    def ink_at_right(one: Image.Image) -> bool:
        return min(one.crop((one.width - 120, 0, one.width - 24, one.height)).tobytes()) < 128

    assert leftmost_ink(image) == leftmost_ink(straight) or abs(leftmost_ink(image) - leftmost_ink(straight)) < 14
    assert ink_at_right(image)
    assert read(on_paper(document, "epson80").picture()) == {"OTR:S0319-T1-A-000042:9f2c77ab"}


def test_a_logo_is_printed_and_one_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    good, bad = tmp_path / "logo.png", tmp_path / "bad.png"
    Image.new("RGBA", (900, 300), (200, 30, 30, 255)).save(good)
    bad.write_bytes(b"no picture")
    plain = receipt_image(ReceiptDocument((Text("x"),)))
    assert receipt_image(ReceiptDocument((Logo(str(good)), Text("x")))).height > plain.height + 100
    assert receipt_image(ReceiptDocument((Logo(str(bad)), Text("x")))).height == plain.height
    paper = on_paper(ReceiptDocument((Logo(str(bad)), Text("x"))), "epson80")
    assert paper.text.strip() == "x"


HOSTILE = st.text(st.sampled_from("\x1b\x1d\x10\x14@pV!aBk(\x00\x04\x05\n\rAbيß日{}[]^~%\u202e\x7f"), max_size=30)


@given(HOSTILE, HOSTILE, st.sampled_from(sorted(PROFILES)))
def test_no_name_holds_a_command_whichever_way_it_is_printed(name: str, code: str, profile: str) -> None:
    document = ReceiptDocument(
        (Text(name), Columns(name, "1.19"), Barcode(code), Barcode(code, "ean13"), Qr(name or "x"))
    )
    data = escpos.render(document, PROFILES[profile])
    ops = [op.name for op in Reader().feed(data)]
    assert ops.count("cut") == int(PROFILES[profile].cutter)
    assert not {"kick", "real_time_ask", "real_time_kick", "ask", "auto_status", "unknown", "nonsense"} & set(ops)
    assert ops.count("reset") == 1


def test_trap_18_a_page_shows_what_a_printer_makes_of_its_code_pages() -> None:
    paper = on_paper(self_test(PROFILES["epson80"]), "epson80")
    assert "19 cp858" in paper.text
    assert "Ä" in paper.text
    assert {EAN, "OTR:SELF-TEST"} <= read(paper.picture())


def test_trap_15_a_receipt_at_a_slow_line_is_reckoned_before_it_is_sent() -> None:
    native = escpos.render(receipt_document(receipt()), PROFILES["epson80"])
    drawn = escpos.render(receipt_document(receipt()), PROFILES["picture80"])
    assert seconds_at(native, 9600) < 2.0 < seconds_at(drawn, 9600)
    assert seconds_at(drawn, 115_200) < 8.0


@pytest.mark.parametrize(
    ("shut", "opened", "level"),
    [
        (False, True, OpenLevel.HIGH),
        (True, False, OpenLevel.LOW),
        (False, False, OpenLevel.NONE),
        (None, True, OpenLevel.NONE),
    ],
)
def test_the_level_of_a_drawers_switch_is_learned_by_opening_it_once(
    shut: bool | None, opened: bool, level: OpenLevel
) -> None:
    assert learn_level(PrinterStatus(drawer_pin_high=shut), PrinterStatus(drawer_pin_high=opened)) is level


def test_any_picture_of_a_receipt_is_bounded() -> None:
    chance = random.Random(4)
    for _ in range(20):
        name = "".join(chance.choices("abc يß日 ", k=300))
        data = io.BytesIO()
        receipt_image(receipt_document(receipt(ReceiptLine(name, 1000, 1, 1)))).save(data, "PNG")
        assert len(data.getvalue()) < 200_000
