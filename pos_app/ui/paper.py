"""A receipt as a PDF: real text in an embedded font, codes as vectors, one page as long as the receipt.

Lengths are hundredths of a millimetre: whole numbers that a font's size can have too.
"""

import importlib.util
from functools import cache
from pathlib import Path

import segno
from PIL.ImageQt import ImageQt
from PySide6.QtCore import QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFont, QFontDatabase, QFontMetricsF, QPageSize, QPainter, QPdfWriter

from pos_app.receipts.codes import modules
from pos_app.receipts.document import Align, Barcode, Drawn, Logo, Qr, ReceiptDocument, Row, Size, rows
from pos_app.receipts.raster import logo_image

WIDTH, MARGIN = 8_000, 400
COLUMNS = 48
LINE, TEXT = 380, 249  # 48 narrow characters of this size are as wide as the paper between its margins
LARGER = 1.6
QR, QR_QUIET_MODULES, QR_LEAST_MODULE, BARS, MODULE = 2_800, 4, 40, 1_000, 33
GAP = 100
LOGO_DOTS = 576
RESOLUTION_DPI = 600
PER_MM = 100


def receipt_pdf(document: ReceiptDocument, path: Path) -> None:
    """Write it; needs a QGuiApplication. Raises OSError when the file cannot be written."""
    with path.open("wb"):  # Qt would only say that it could not, as a warning without a reason
        pass
    height = 2 * MARGIN + sum(_height(row) for row in rows(document, COLUMNS))
    writer = QPdfWriter(str(path))
    writer.setCreator("omnitill")
    writer.setResolution(RESOLUTION_DPI)
    size = QSizeF(WIDTH / PER_MM, height / PER_MM)
    writer.setPageSize(QPageSize(size, QPageSize.Unit.Millimeter, "receipt", QPageSize.SizeMatchPolicy.ExactMatch))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    painter = QPainter()
    if not painter.begin(writer):
        raise OSError(f"{path} cannot be written")
    scale = RESOLUTION_DPI / 25.4 / PER_MM
    painter.scale(scale, scale)
    paint(painter, document)
    painter.end()


def paint(painter: QPainter, document: ReceiptDocument) -> int:
    """Draw it from the upper left corner; returns how far down it goes."""
    y = MARGIN
    for row in rows(document, COLUMNS):
        box = QRectF(MARGIN, y, WIDTH - 2 * MARGIN, _height(row))
        if isinstance(row, Row):
            _text(painter, row, box, mirrored=document.mirrored)
        else:
            _drawn(painter, row, box)
        y += _height(row)
    return y + MARGIN


def _text(painter: QPainter, row: Row, box: QRectF, *, mirrored: bool) -> None:
    left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
    near = {Align.LEFT: left, Align.CENTRE: Qt.AlignmentFlag.AlignHCenter, Align.RIGHT: right}[row.align]
    far = right
    if mirrored:
        near, far = {left: right, right: left}.get(near, near), left
    painter.setFont(_font(row.size, bold=row.bold))
    if row.cells:
        _cells(painter, row, box, near, far)
        return
    taken = _words(painter, row.right, box, far, row.size) + TEXT if row.right else 0
    room = box.adjusted(taken, 0, 0, 0) if far == left else box.adjusted(0, 0, -taken, 0)
    _words(painter, row.left, room, near, row.size)


def _cells(painter: QPainter, row: Row, box: QRectF, near: Qt.AlignmentFlag, far: Qt.AlignmentFlag) -> None:
    """A line of a table: its cells stand below those of the line before in any script."""
    column = box.width() / COLUMNS
    begins = 0
    for n, (text, ends) in enumerate(row.cells):
        wide = (ends - begins) * column
        x = box.right() - ends * column if far == Qt.AlignmentFlag.AlignLeft else box.left() + begins * column
        _words(painter, text, QRectF(x, box.top(), wide, box.height()), far if n else near, row.size)
        begins = ends


def _words(painter: QPainter, text: str, box: QRectF, align: Qt.AlignmentFlag, size: Size) -> float:
    """Write `text` into `box`, pressed together where it would not fit; returns how much of the width it took."""
    narrower = 1 / LARGER if size is Size.TALL else 1.0
    natural = QFontMetricsF(painter.font(), painter.device()).horizontalAdvance(text)
    if natural * narrower > box.width():
        narrower = box.width() / natural
    painter.save()
    painter.translate(box.left(), 0)
    painter.scale(narrower, 1)
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute | align
    painter.drawText(QRectF(0, box.top(), box.width() / narrower, box.height()), flags, text)
    painter.restore()
    return natural * narrower


def _drawn(painter: QPainter, drawn: Drawn, box: QRectF) -> None:
    match drawn:
        case Qr(data):
            _qr(painter, data, box)
        case Barcode(data, kind):
            _bars(painter, data, kind, box)
        case Logo(path):
            image = logo_image(path, LOGO_DOTS)
            if image is not None:
                painter.drawImage(box, ImageQt(image.convert("RGB")))


def _qr(painter: QPainter, data: str, box: QRectF) -> None:
    matrix = segno.make_qr(data, error="m").matrix
    side = _qr_side(len(matrix))
    module = side / len(matrix)
    left, top = box.center().x() - side / 2, box.top() + QR_QUIET_MODULES * module
    for y, line in enumerate(matrix):
        for x, dark in enumerate(line):
            if dark:
                painter.fillRect(QRectF(left + x * module, top + y * module, module, module), Qt.GlobalColor.black)


def _qr_side(modules_across: int) -> int:
    """A code that says much is drawn larger, so that it can still be read."""
    return max(QR, modules_across * QR_LEAST_MODULE)


def _bars(painter: QPainter, data: str, kind: str, box: QRectF) -> None:
    try:
        bars = modules(kind, data)
    except ValueError:
        bars = ""
    module = min(MODULE, int(box.width() / (len(bars) + 20)))
    left = box.center().x() - len(bars) * module / 2
    for n, bar in enumerate(bars):
        if bar == "1":
            painter.fillRect(QRectF(left + n * module, box.top() + GAP, module, BARS), Qt.GlobalColor.black)
    painter.setFont(_font(Size.NORMAL, bold=False))
    text = QRectF(box.left(), box.top() + BARS + GAP, box.width(), LINE)
    painter.drawText(text, Qt.AlignmentFlag.AlignCenter, data)


def _height(row: Row | Drawn) -> int:
    match row:
        case Row():
            return LINE if row.size is Size.NORMAL else round(LARGER * LINE)
        case Qr(data):
            modules_across = len(segno.make_qr(data, error="m").matrix)
            side = _qr_side(modules_across)
            return side + 2 * QR_QUIET_MODULES * side // modules_across
        case Barcode():
            return BARS + LINE + 2 * GAP
        case Logo(path):
            image = logo_image(path, LOGO_DOTS)
            return image.height * (WIDTH - 2 * MARGIN) // LOGO_DOTS if image else 0


def _font(size: Size, *, bold: bool) -> QFont:
    font = QFont(_family())
    font.setPixelSize(TEXT if size is Size.NORMAL else round(TEXT * LARGER))
    font.setBold(bold)
    return font


@cache
def _family() -> str:
    package = importlib.util.find_spec("barcode")  # python-barcode carries DejaVu Sans Mono
    if package is None or package.origin is None:
        return "monospace"
    file = Path(package.origin).parent / "fonts" / "DejaVuSansMono.ttf"
    families = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(file)))
    return families[0] if families else "monospace"
