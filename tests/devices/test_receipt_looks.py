"""How a receipt looks: nothing cut, columns below one another in any script, codes with room around them."""

import io
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageChops
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from pos_app.devices.sim.escpos_reader import Reader
from pos_app.devices.sim.paper import Paper
from pos_app.receipts import escpos, text
from pos_app.receipts.bidi import in_visual_order, levels
from pos_app.receipts.document import (
    Align,
    Barcode,
    Columns,
    Logo,
    Qr,
    ReceiptDocument,
    Row,
    Rule,
    Size,
    Table,
    Text,
    rows,
    width,
)
from pos_app.receipts.escpos import PROFILES
from pos_app.receipts.facts import ReceiptLine, ReceiptTax
from pos_app.receipts.layout import receipt_document
from pos_app.receipts.picture import receipt_image
from pos_app.receipts.raster import QR_QUIET_MODULES, qr_image, row_image
from pos_app.ui.paper import MARGIN, WIDTH, paint
from tests.devices.support import receipt

CODE = "OTR:S0319-T1-A-000042:9f2c77ab"
MIRROR = str.maketrans("()", ")(")
PAINT_SCALE = 8


def read_from_the_left(line: str) -> str:
    """What stands on paper, letter by letter from its left edge."""
    placed = in_visual_order(zip(line, levels(line), strict=True), lambda piece: piece[1])
    return "".join(char.translate(MIRROR) if level % 2 else char for char, level in placed)


@pytest.mark.parametrize(
    ("line", "on_paper"),
    [
        ("קופה T1", "T1 הפוק"),
        ("קבלה S0319-T1-A-000042", "S0319-T1-A-000042 הלבק"),
        ("4 פריטים", "םיטירפ 4"),
        ("רחוב המלך 12", "12 ךלמה בוחר"),
        ("חלב (טרי) 3% 1.5", "1.5 3% (ירט) בלח"),
        ("Milk חלב 3% mix", "Milk 3% בלח mix"),
        ("2025-11-23 14:09", "2025-11-23 14:09"),
        ("موز 532 غرام", "مارغ 532 زوم"),
        ("موز 3%", "%3 زوم"),  # after Arabic letters the sign goes with the line, as UAX #9 has it
        ("סה״כ 1,234.50 ", " 1,234.50 כ״הס"),
        ("", ""),
    ],
)
def test_numbers_and_names_inside_a_line_of_the_other_direction_stay_whole(line: str, on_paper: str) -> None:
    assert read_from_the_left(line) == on_paper


# ── where the ink is ─────────────────────────────────────────────────────────────────────────────


def ink(image: Image.Image) -> tuple[int, int, int, int]:
    box = ImageChops.invert(image).getbbox()
    assert box
    return box


def gaps(image: Image.Image, least: int) -> list[tuple[int, int]]:
    """Stretches (left, right) of ink that are at least `least` empty dots apart."""
    columns = [x for x in range(image.width) if ink_at(image, x)]
    found: list[tuple[int, int]] = []
    for x in columns:
        if found and x - found[-1][1] <= least:
            found[-1] = (found[-1][0], x)
        else:
            found.append((x, x))
    return found


def ink_at(image: Image.Image, x: int) -> bool:
    return min(image.crop((x, 0, x + 1, image.height)).tobytes()) < 128


def painted(document: ReceiptDocument, height: int = 1_500) -> Image.Image:
    """What the PDF's painter draws."""
    image = QImage(WIDTH // PAINT_SCALE, height, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)
    painter = QPainter(image)
    painter.scale(1 / PAINT_SCALE, 1 / PAINT_SCALE)
    paint(painter, document)
    painter.end()
    raw = Image.frombytes("RGBX", (image.width(), image.height()), bytes(image.constBits()), "raw", "BGRX")
    return raw.convert("L")


TAXES = Table((("שיעור", "נטו", "מס", "ברוטו"), ("VAT 9 %", "4.25", "0.38", "4.63")))


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(("dots", "columns"), [(576, 48), (384, 32)])
def test_the_figures_of_a_table_stand_below_their_headings(mirrored: bool, dots: int, columns: int) -> None:
    lines = [row for row in rows(ReceiptDocument((TAXES,)), columns) if isinstance(row, Row)]
    heading, figures = (gaps(row_image(row, dots, columns, mirrored=mirrored), 14) for row in lines)
    edge = 0 if mirrored else 1
    assert len(heading) == 4
    columns_of_figures = figures[:3] if mirrored else figures[-3:]
    for above, below in zip(heading[:3] if mirrored else heading[-3:], columns_of_figures, strict=True):
        assert abs(above[edge] - below[edge]) <= 4


def test_the_pdf_has_the_columns_of_a_table_in_the_same_places(qapp: QApplication) -> None:
    image = painted(ReceiptDocument((Table(TAXES.lines[:1]),), mirrored=True), 100)
    below = painted(ReceiptDocument((Table(TAXES.lines),), mirrored=True), 150).crop((0, 97, image.width, 150))
    for above, figure in zip(gaps(image, 16)[:3], gaps(below, 16)[:3], strict=True):
        assert abs(above[0] - figure[0]) <= 5


@pytest.mark.parametrize("size", [Size.NORMAL, Size.TALL, Size.LARGE])
def test_every_amount_ends_at_the_same_edge_and_a_rule_reaches_it(size: Size, qapp: QApplication) -> None:
    pair, rule = Columns("SUM", "1,234.50", size=size), Rule()
    for columns, dots in ((48, 576), (32, 384)):
        amount, line = (
            next(row for row in rows(ReceiptDocument((one,)), columns) if isinstance(row, Row)) for one in (pair, rule)
        )
        assert abs(ink(row_image(amount, dots, columns))[2] - dots) <= 4
        assert ink(row_image(line, dots, columns))[2] >= dots - 1
    for one in (pair, rule):
        assert abs(ink(painted(ReceiptDocument((one,)), 200))[2] - (WIDTH - MARGIN) // PAINT_SCALE) <= 4


def test_tall_letters_are_twice_as_high_and_no_wider(qapp: QApplication) -> None:
    plain, tall = (ink(row_image(Row("COPY 42", size=size), 576, 48)) for size in (Size.NORMAL, Size.TALL))
    assert abs((tall[2] - tall[0]) - (plain[2] - plain[0])) <= 3
    assert tall[3] - tall[1] > 1.7 * (plain[3] - plain[1])
    long = Text("Müller und Söhne, Lebensmittel und Feinkost 123", Align.CENTRE, size=Size.LARGE)
    box = ink(painted(ReceiptDocument((long,)), 200))
    assert box[0] >= MARGIN // PAINT_SCALE - 1
    assert box[2] <= (WIDTH - MARGIN) // PAINT_SCALE + 1


def test_letters_wider_than_their_columns_are_pressed_together_and_not_cut(qapp: QApplication) -> None:
    image = row_image(Row("W" * 70, "1.19"), 384, 32)
    stretches = gaps(image, 8)
    assert len(stretches) == 2
    assert stretches[-1][1] - stretches[-1][0] < 60  # the amount stands alone
    wide = "﷽" * 20  # counted as one column each
    drawn = gaps(painted(ReceiptDocument((Columns(wide, "1.19"),)), 100), 12)
    assert len(drawn) == 2
    assert drawn[0][0] >= MARGIN // PAINT_SCALE - 6  # the first letter leans out a little


# ── codes ────────────────────────────────────────────────────────────────────────────────────────


def test_a_qr_code_has_its_quiet_zone_on_all_sides(qapp: QApplication) -> None:
    image = qr_image(CODE, 384)
    left, top, right, bottom = ink(image)
    module = (right - left) // 29
    assert min(left, top, image.width - right, image.height - bottom) >= QR_QUIET_MODULES * module
    crowded = ReceiptDocument((Text("#" * 48), Qr(CODE), Text("#" * 48)))
    for made in (receipt_image(crowded), painted(crowded)):
        assert [found.text for found in zxingcpp.read_barcodes(made)] == [CODE]


def test_a_bar_code_wider_than_the_paper_is_not_left_to_the_printer_which_would_print_nothing() -> None:
    long = ReceiptDocument((Barcode("S0319-T1-A-000042"),))
    names = {name: [op.name for op in Reader().feed(escpos.render(long, PROFILES[name]))] for name in PROFILES}
    assert "bars" in names["epson80"]
    assert "bars" not in names["epson58"]
    paper = Paper(384)
    for op in Reader().feed(escpos.render(long, PROFILES["epson58"])):
        paper.obey(op)
    assert [found.text for found in zxingcpp.read_barcodes(paper.picture())] == ["S0319-T1-A-000042"]


# ── too much of everything ───────────────────────────────────────────────────────────────────────


def test_large_amounts_of_a_tax_table_stand_below_one_another_rather_than_being_cut() -> None:
    tax = ReceiptTax("PPN", 110_000, True, 1_234_567_890_12, 122_344_565_69)
    said = text.render(receipt_document(replace(receipt(), currency="IDR", taxes=(tax,))), 32)
    for figure in ("1,112,223,324.43", "122,344,565.69", "1,234,567,890.12"):
        assert any(line.endswith(figure) for line in said.splitlines())
    assert max(map(width, said.splitlines())) <= 32


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_receipt_of_nothing_and_one_with_names_of_five_thousand_letters_are_printed(profile: str) -> None:
    huge = "Ä\x1bp\x00שx " * 1000
    empty = replace(receipt(), lines=(), taxes=(), tenders=(), header=(), footer=())
    full = replace(
        receipt(ReceiptLine(huge, 1000, 1, 1, huge), header=(huge, huge)), footer=(huge,), operator=huge,
        register=huge, receipt_no=huge[:60], taxes=(ReceiptTax(huge, 1, True, 1, 0),),
    )  # fmt: skip
    for data in (empty, full):
        job = escpos.render(receipt_document(data), PROFILES[profile])
        ops = [op.name for op in Reader().feed(job)]
        assert not {"kick", "real_time_kick", "ask", "unknown", "nonsense"} & set(ops)
        assert ops.count("picture") + ops.count("line") < 400
        assert len(job) < 300_000


def test_two_hundred_lines_are_all_there_and_the_code_below_them_is_read() -> None:
    data = receipt(*(ReceiptLine(f"Item {n:03d}", 1000, 100 + n, 100 + n) for n in range(200)))
    image = receipt_image(receipt_document(data), 384, 32)
    assert [found.text for found in zxingcpp.read_barcodes(image)] == [CODE]
    paper = Paper(576)
    for op in Reader().feed(escpos.render(receipt_document(data), PROFILES["epson80"])):
        paper.obey(op)
    assert all(f"Item {n:03d}" in paper.text for n in range(200))


def broken_png() -> bytes:
    """A picture in two pieces of which the second has no name a PNG may have."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    whole = zlib.compress(b"".join(b"\x00" + bytes(64) for _ in range(64)))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", whole[:8]) + struct.pack(">I", 9) + b",,\xfe\x0f" + whole[8:]


def test_a_damaged_or_huge_logo_costs_no_receipt(tmp_path: Path) -> None:
    with pytest.raises(SyntaxError), Image.open(io.BytesIO(broken_png())) as opened:
        opened.load()  # what the library makes of it
    damaged, huge = tmp_path / "damaged.png", tmp_path / "huge.png"
    damaged.write_bytes(broken_png())
    Image.new("1", (6_000, 6_000)).save(huge)
    plain = receipt_image(ReceiptDocument((Text("x"),)))
    for file in (damaged, huge, tmp_path):
        assert receipt_image(ReceiptDocument((Logo(str(file)), Text("x")))).height == plain.height
