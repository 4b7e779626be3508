"""A label says what the shop knows of an item, and its code can be scanned, whichever way it becomes paper."""

from collections.abc import Callable
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from pos_app.devices.barcode.classify import classify
from pos_app.devices.barcode.digital_link import parse_link
from pos_app.devices.label.tables import ZplTcpTable
from pos_app.devices.sim.label_paper import LabelPaper
from pos_app.devices.sim.zpl_reader import Format, Reader, graphic
from pos_app.receipts import datamatrix, label_codes, zpl
from pos_app.receipts.label_codes import Code, Kind, digital_link, gs1_128, gs1_datamatrix, item_code, shelf_code
from pos_app.receipts.labels import (
    ITEM,
    MARKDOWN,
    SHELF_EDGE,
    Box,
    Frame,
    Label,
    LabelFacts,
    Symbol,
    Words,
    pickup_shelf_label,
    price_label,
)
from pos_app.service import fulfilling
from pos_app.service.labels import Labels, Style, marked_down, zpl_job
from pos_app.storage.readers import Links, Reference
from pos_app.ui import theme
from pos_app.ui.labels_pdf import A4_3X8, labels_pdf, paint_label, paint_on_sheet, sheet_pdf
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.scanned import CodeKind
from tests.support.shop import ITEMS, ZONE, ManualClock, make_shop

GTIN = "04006381333931"
UNIT = (("01", GTIN), ("17", "261130"), ("10", "AB_1/2"), ("21", "777"))
WEIGHED = (("01", "09524000010018"), ("3103", "001240"), ("3922", "1499"))
CODES = {
    "ean13": (item_code("4006381333931"), "]E0", b"4006381333931"),
    "ean8": (item_code("96385074"), "]E4", b"96385074"),
    "upc_a": (item_code("036000291452"), "]E0", b"0036000291452"),
    "gs1_128": (gs1_128((("01", GTIN), ("10", "A>_1"))), "]C1", b"010400638133393110A>_1"),
    "gs1_datamatrix": (gs1_datamatrix(UNIT), "]d2", b"01040063813339311726113010AB_1/2\x1d21777"),
    "weighed": (gs1_datamatrix(WEIGHED), "]d2", b"010952400001001831030012403922" + b"1499"),
    "link": (digital_link(UNIT, "id.example"), "]Q1",
             b"https://id.example/01/04006381333931/10/AB_1%2F2/21/777?17=261130"),
}  # fmt: skip
Read = tuple[str, bytes]


def facts(code: Code | None, name: str = "Whole milk 3.5 % fresh from the alps", **more: int | str) -> LabelFacts:
    return LabelFacts(name, 149, "EUR", "100245", code, unit_price_minor=149, per="L", **more)  # type: ignore[arg-type]


def printed(label: Label, dpi: int = 203) -> LabelPaper:
    """What comes out of the label printer, from the bytes it is sent."""
    (made,) = Reader().feed(zpl.render(label, dpi))
    assert isinstance(made, Format)
    return LabelPaper(made.commands)


def painted(wide: int, high: int, paint: Callable[[QPainter], None], units_per_dot: int = 5) -> Image.Image:
    """What the PDF's painter draws, as dots."""
    image = QImage(wide // units_per_dot, high // units_per_dot, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)
    painter = QPainter(image)
    painter.scale(1 / units_per_dot, 1 / units_per_dot)
    paint(painter)
    painter.end()
    size = (image.width(), image.height())
    return Image.frombytes("RGBX", size, bytes(image.constBits()), "raw", "BGRX").convert("L")


def codes_in(image: Image.Image) -> list[Read]:
    return [(found.symbology_identifier, found.bytes) for found in zxingcpp.read_barcodes(image)]


@pytest.fixture
def fonts(qapp: QApplication) -> None:
    theme.load_fonts()


# ── codes ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize("dpi", [203, 300])
def test_every_code_is_read_back_from_the_label_printer(name: str, dpi: int) -> None:
    code, aim, content = CODES[name]
    assert codes_in(printed(price_label(facts(code)), dpi).on_table()) == [(aim, content)]


@pytest.mark.parametrize("name", CODES)
def test_every_code_is_read_back_from_what_the_pdf_draws(fonts: None, name: str) -> None:
    code, aim, content = CODES[name]
    label = price_label(facts(code))
    assert codes_in(painted(label.width, label.height, lambda painter: paint_label(painter, label))) == [(aim, content)]


@pytest.mark.parametrize("frame", [ITEM, MARKDOWN])
@pytest.mark.parametrize("name", ["ean13", "ean8", "upc_a", "gs1_datamatrix", "link"])
def test_small_labels_are_readable_too(frame: Frame, name: str) -> None:
    code, aim, content = CODES[name]
    label = price_label(marked_down(facts(code), 300_000, "Best before 2026-11-30"), frame)
    assert codes_in(printed(label).on_table()) == [(aim, content)]


@pytest.mark.parametrize("frame", [SHELF_EDGE, ITEM, MARKDOWN])
@pytest.mark.parametrize("name", [*CODES, "none"])
def test_everything_stands_on_the_label_and_nothing_on_the_code(frame: Frame, name: str) -> None:
    code = CODES[name][0] if name in CODES else None
    if frame is not SHELF_EDGE and name == "gs1_128":
        code = gs1_128((("01", GTIN),))
    for made in (facts(code), marked_down(facts(code, "M" * 300), 125_000, "Best before 2026-11-30")):
        label = price_label(made, frame)
        for part in label.parts:
            box = part.box
            assert box.x >= 0
            assert box.y >= 0
            assert box.x + box.width <= label.width
            assert box.y + box.height <= label.height
        symbols = [part.box for part in label.parts if isinstance(part, Symbol)]
        words = [part.box for part in label.parts if isinstance(part, Words)]
        assert not [box for box in words for symbol in symbols if overlap(box, symbol)]


def overlap(a: Box, b: Box) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height


@pytest.mark.parametrize("name", ["gs1_datamatrix", "link"])
def test_a_square_stands_in_its_place_whatever_was_printed_before(name: str) -> None:
    label = price_label(facts(CODES[name][0]))
    box = next(part.box for part in label.parts if isinstance(part, Symbol))
    image = printed(label).picture()
    spots = [box.x, box.y, box.x + box.width, box.y + box.height]
    inside = image.crop(tuple(spot * 8 // 100 for spot in spots))  # type: ignore[arg-type]
    left, top, right, bottom = inside.point([255] * 128 + [0] * 128).getbbox() or (0, 0, 0, 0)
    assert abs(left - (inside.width - right)) <= 2
    assert abs(top - (inside.height - bottom)) <= 2


def test_a_datamatrix_field_is_not_spoiled_by_hexadecimal_escapes() -> None:
    code, _, content = CODES["gs1_datamatrix"]
    job = zpl.render(price_label(facts(code)))
    assert b",200,,,,_^FD_1" in job
    spoiled = job.replace(b",,,,_^FD_1", b",,,,_^FH^FD_1")
    (made,) = Reader().feed(spoiled)
    assert isinstance(made, Format)
    assert codes_in(LabelPaper(made.commands).on_table()) != [("]d2", content)]


@settings(max_examples=40)
@given(
    st.text(st.sampled_from("0123456789ABCXYZabc/_-+."), min_size=1, max_size=20), st.text("0123456789AB", max_size=20)
)
def test_any_lot_and_serial_is_read_back_from_our_datamatrix(lot: str, serial: str) -> None:
    code = gs1_datamatrix((("01", GTIN), ("10", lot), *([("21", serial)] if serial else [])))
    rows = datamatrix.modules(code.data)
    assert len(rows) == datamatrix.side_of(code.data)
    wide = len(rows) + 4
    image = Image.new("L", (wide, wide), 255)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                image.putpixel((x + 2, y + 2), 0)
    assert codes_in(image.resize((wide * 5, wide * 5), Image.Resampling.NEAREST)) == [("]d2", code.data.encode())]


def test_a_web_address_reads_back_as_its_fields() -> None:
    assert parse_link(digital_link(UNIT, "id.example").data) == (
        ("01", GTIN), ("10", "AB_1/2"), ("21", "777"), ("17", "261130"),
    )  # fmt: skip
    assert digital_link(UNIT[:1], "shop.example:8443/p").data == f"https://shop.example:8443/p/01/{GTIN}"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: item_code("4006381333932"), "label.bad_number"),
        (lambda: item_code("^XA"), "label.bad_number"),
        (lambda: gs1_128((("01", "04006381333932"),)), "label.bad_field"),
        (lambda: gs1_128((("17", "261340"),)), "label.bad_field"),
        (lambda: gs1_128((("10", "A^XZ"),)), "label.bad_field"),
        (lambda: gs1_128((("10", "A"), ("10", "B"))), "label.bad_field"),
        (lambda: gs1_128((("99", "A"),)), "label.bad_field"),
        (lambda: gs1_128(()), "label.bad_field"),
        (lambda: gs1_datamatrix((("10", "A\x1dB"),)), "label.bad_field"),
        (lambda: digital_link((("10", "A"),), "id.example"), "label.no_item_field"),
        (lambda: digital_link(UNIT, "id.example/?x="), "label.bad_domain"),
        (lambda: digital_link(UNIT, "https://id.example"), "label.bad_domain"),
        (lambda: shelf_code(""), "label.bad_shelf"),
        (lambda: shelf_code("96385074"), "label.bad_shelf"),
        (lambda: shelf_code("A~HS"), "label.bad_shelf"),
        (lambda: price_label(facts(gs1_128(UNIT)), ITEM), "label.code_too_long"),
        (lambda: zpl.render(price_label(facts(None)), copies=501), "label.bad_copies"),
        (lambda: zpl.render(price_label(facts(None)), copies=0), "label.bad_copies"),
        (lambda: zpl.render(price_label(facts(Code(Kind.QR, "^XZ~HS", "")))), "label.bad_field"),
    ],
)
def test_what_cannot_be_a_code_is_refused_before_it_is_printed(make: Callable[[], object], code: str) -> None:
    with pytest.raises(RuleViolationError) as refused:
        make()
    assert refused.value.code == code


# ── words ────────────────────────────────────────────────────────────────────────────────────────


@given(st.text(st.sampled_from("^~_\\>,XAZHSFD09aé€\x00\x1b\n\t\u202eم中"), max_size=40), st.sampled_from([203, 300]))
def test_no_name_can_hold_a_command(name: str, dpi: int) -> None:
    (made,) = Reader().feed(zpl.render(price_label(facts(None, name)), dpi))
    assert isinstance(made, Format)
    assert {command.name for command in made.commands} <= {
        "CI", "PW", "LL", "LH", "FO", "A", "FB", "FH", "FD", "FS", "GF", "PQ",
    }  # fmt: skip
    assert not any("\\" in command.rest for command in made.commands)  # `\\&` breaks the line of a text block


def test_a_hostile_name_is_printed_as_it_is_written() -> None:
    paper = printed(price_label(facts(None, "^XZ~HS _5E^FD\x1b\x00!")))
    paper.picture()
    assert paper.words[0] == "^XZ~HS _5E^FD!"


@pytest.mark.parametrize("name", ["حليب كامل الدسم", "חלב", "Žlutý kůň", "牛乳"])
def test_letters_the_printer_lacks_go_as_a_picture(name: str) -> None:
    paper = printed(price_label(facts(None, name)))
    assert sum(command.name == "GF" for command in paper.commands) == 1
    image = paper.picture()
    assert not any(name in words for words in paper.words)
    head = image.crop((0, 0, image.width, SHELF_EDGE.head * 8 // 100))
    left, _, right, _ = head.point([255] * 128 + [0] * 128).getbbox() or (0, 0, 0, 0)
    assert right - left > 40
    if name[0] in "חح":
        assert right > image.width * 9 // 10  # read from the right edge


@given(st.binary(min_size=12, max_size=600), st.integers(1, 12))
def test_a_picture_survives_its_packing(bits: bytes, row_bytes: int) -> None:
    whole = bits[: len(bits) // row_bytes * row_bytes]
    assert graphic(zpl.packed(whole, row_bytes), row_bytes, len(whole)) == whole


def test_a_hundred_copies_are_no_longer_than_one() -> None:
    label = price_label(marked_down(facts(CODES["gs1_datamatrix"][0], "حليب كامل الدسم طويل الأمد " * 3), 300_000))
    one, hundred = zpl.render(label, 300), zpl.render(label, 300, 100)
    assert len(hundred) == len(one) + 2
    assert len(one) < 8_192
    (made,) = Reader().feed(hundred)
    assert isinstance(made, Format)
    assert made.copies == 100


# ── shelves, items, pages ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("shelf", "aim"), [("a-12-3", "]C0"), ("cold room 3 left top", "]Q1")])
def test_the_label_of_a_staging_shelf_is_the_one_the_pickup_screen_takes(shelf: str, aim: str) -> None:
    ((read_as, content),) = codes_in(printed(pickup_shelf_label(shelf)).on_table())
    assert read_as == aim
    assert content.decode() == f"OTS:{shelf.upper()}"
    assert classify(content.decode()).kind is CodeKind.SHELF
    assert (label_codes.SHELF_PREFIX, label_codes.MAX_SHELF_CHARS) == (
        fulfilling.SHELF_PREFIX, fulfilling.MAX_SHELF_CHARS,
    )  # fmt: skip


def test_an_items_label_says_what_the_catalogue_says_today(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t1")
    links = Links(shop.home)
    items = Reference(shop.home, ZONE, links)
    labels = Labels(items, ManualClock(), "EUR", "id.example")
    milk, bananas = ITEMS[0], ITEMS[5]
    try:
        made = labels.of_item(milk.sku)
        assert (made.name, made.price_minor, made.unit_price_minor) == (milk.name, milk.price_minor, None)
        assert codes_in(printed(price_label(made)).on_table()) == [("]E0", milk.code.encode())]
        weighed = labels.of_item(bananas.sku, Style.LINK)
        assert (weighed.unit_price_minor, weighed.per) == (199, "kg")
        assert weighed.code is not None
        assert weighed.code.data == f"https://id.example/01/0{bananas.code}"
        cut = marked_down(made, 300_000, "today")
        assert (cut.was_minor, cut.price_minor) == (119, 83)
        with pytest.raises(RuleViolationError, match=r"label\.no_such_item"):
            labels.of_item("nothing")
        with pytest.raises(RuleViolationError, match=r"label\.no_domain"):
            Labels(items, ManualClock(), "EUR").of_item(milk.sku, Style.LINK)
    finally:
        items.close()
        links.close()


def test_a_label_larger_than_those_in_the_printer_is_refused() -> None:
    small = ZplTcpTable(name="labels", host="192.0.2.9", width_mm=50, height_mm=25)
    assert zpl_job([(price_label(facts(None), ITEM), 3)], small).endswith(b"^PQ3^XZ\n")
    for frame in (SHELF_EDGE, MARKDOWN):
        with pytest.raises(RuleViolationError, match=r"label\.wrong_size"):
            zpl_job([(price_label(facts(None), frame), 1)], small)
    with pytest.raises(RuleViolationError, match=r"label\.too_many"):
        zpl_job([(price_label(facts(None), ITEM), 1)] * 201, small)


def test_a_sheet_of_labels_can_be_scanned_place_by_place(fonts: None) -> None:
    names = [*CODES][:6]
    labels = [price_label(facts(CODES[name][0])) for name in names]

    def paint(painter: QPainter) -> None:
        for place, label in enumerate(labels, start=18):
            painter.save()
            paint_on_sheet(painter, label, A4_3X8, place)
            painter.restore()

    sheet = painted(A4_3X8.width, A4_3X8.height, paint)
    assert sorted(codes_in(sheet)) == sorted(CODES[name][1:] for name in names)


def test_a_pdf_holds_vectors_and_real_text_and_pages_as_large_as_the_labels(fonts: None, tmp_path: Path) -> None:
    labels = [price_label(facts(CODES["ean13"][0])), price_label(facts(CODES["link"][0]), ITEM)]
    labels_pdf(labels, tmp_path / "roll.pdf")
    sheet_pdf(labels * 13, tmp_path / "sheet.pdf")
    roll, sheet = (tmp_path / "roll.pdf").read_bytes(), (tmp_path / "sheet.pdf").read_bytes()
    for data in (roll, sheet):
        assert data.startswith(b"%PDF")
        assert b"/FontFile" in data
        assert b"/Subtype /Image" not in data
        assert data.count(b"/Type /Page\n") == 2
    assert b"/MediaBox [0 0 198.000000 108.000000]" in roll  # 70 × 38 mm in whole points
    assert b"/MediaBox [0 0 142.000000 71.000000]" in roll
    assert b"/MediaBox [0 0 595.000000 842.000000]" in sheet
    with pytest.raises(OSError, match="nowhere"):
        labels_pdf(labels, tmp_path / "nowhere" / "roll.pdf")
