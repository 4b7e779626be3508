"""Labels as a PDF for shops without a label printer: real text, codes as vectors, a label a page or sheets of A4.

Lengths are hundredths of a millimetre, as in the labels themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPageSize, QPainter, QPdfWriter

from pos_app.receipts.document import Align
from pos_app.receipts.label_codes import Code, Kind
from pos_app.receipts.labels import LINE, MOST_MODULE, MOST_SQUARE, Label, Symbol, Words
from pos_app.receipts.symbols import QUIET, bars, squares
from pos_app.ui import theme

RESOLUTION_DPI = 1200
PER_MM = 100
BOLD, PLAIN = theme.Weight.BOLD, theme.Weight.MEDIUM
STROKE_PART = 14  # a struck word's line is its letters' height through this
FIGURES_MODULES = 9  # the figures below an EAN

_SIDES = {Align.LEFT: Qt.AlignmentFlag.AlignLeft, Align.CENTRE: Qt.AlignmentFlag.AlignHCenter}
_INK, _PAPER = QColor(Qt.GlobalColor.black), QColor(Qt.GlobalColor.white)


@dataclass(frozen=True)
class Sheet:
    """A page of labels in columns and rows that fill it, as the sheets of self-adhesive labels are cut."""

    width: int
    height: int
    columns: int
    rows: int
    inset: int  # stays white around each: printers pull a sheet in by a millimetre more or less


A4_3X8 = Sheet(21_000, 29_700, 3, 8, 100)


def labels_pdf(labels: Sequence[Label], path: Path) -> None:
    """A label a page, each as large as the label. Raises OSError when the file cannot be written."""
    if not labels:
        raise ValueError("no labels")
    writer = _writer(path, labels[0].width, labels[0].height)
    painter = _begun(writer, path)
    for n, label in enumerate(labels):
        if n:
            writer.setPageSize(_page(label.width, label.height))
            writer.newPage()
        painter.save()
        paint_label(painter, label)
        painter.restore()
    painter.end()


def sheet_pdf(labels: Sequence[Label], path: Path, sheet: Sheet = A4_3X8, first: int = 0) -> None:
    """Sheets of labels; `first` places of the first sheet are used up already. Raises OSError as `labels_pdf`.

    A label larger than its place is made smaller to fit.
    """
    if not labels:
        raise ValueError("no labels")
    writer = _writer(path, sheet.width, sheet.height)
    painter = _begun(writer, path)
    places = sheet.columns * sheet.rows
    for n, label in enumerate(labels, start=first % places):
        if n and n % places == 0:
            writer.newPage()
        painter.save()
        paint_on_sheet(painter, label, sheet, n % places)
        painter.restore()
    painter.end()


def paint_on_sheet(painter: QPainter, label: Label, sheet: Sheet, place: int) -> None:
    """Draw it in the middle of a place, counted from the upper left along the rows."""
    wide, high = sheet.width / sheet.columns, sheet.height / sheet.rows
    scale = min(1.0, (wide - 2 * sheet.inset) / label.width, (high - 2 * sheet.inset) / label.height)
    row, column = divmod(place, sheet.columns)
    painter.translate(column * wide + (wide - scale * label.width) / 2, row * high + (high - scale * label.height) / 2)
    painter.scale(scale, scale)
    paint_label(painter, label)


def paint_label(painter: QPainter, label: Label) -> None:
    """Draw it from the upper left corner; needs the bundled fonts to be loaded (`theme.load_fonts`)."""
    for part in label.parts:
        if isinstance(part, Words):
            _words(painter, part)
        else:
            _symbol(painter, part)


# ── words ────────────────────────────────────────────────────────────────────────────────────────


def _words(painter: QPainter, words: Words) -> None:
    box = QRectF(words.box.x, words.box.y, words.box.width, words.box.height)
    if words.inverse:
        painter.fillRect(box, _INK)
    font = _font(words.size, bold=words.bold)
    wide = QFontMetricsF(font).horizontalAdvance(words.text)
    if wide > box.width():
        font = _font(int(words.size * box.width() / wide), bold=words.bold)
        wide = QFontMetricsF(font).horizontalAdvance(words.text)
    painter.setFont(font)
    painter.setPen(_PAPER if words.inverse else _INK)
    side = _SIDES.get(words.align, Qt.AlignmentFlag.AlignRight)
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute | side
    painter.drawText(box, flags | Qt.TextFlag.TextDontClip, words.text)
    if words.struck:
        left = box.right() - wide if words.align is Align.RIGHT else box.left()
        thick = words.size / STROKE_PART
        painter.fillRect(QRectF(left, box.center().y() - thick / 2, wide, thick), _INK)


def _font(size: int, *, bold: bool) -> QFont:
    return theme.font(max(1, size), BOLD if bold else PLAIN)


# ── codes ────────────────────────────────────────────────────────────────────────────────────────


def _symbol(painter: QPainter, symbol: Symbol) -> None:
    if symbol.code.kind.is_matrix:
        _matrix(painter, symbol)
    else:
        _linear(painter, symbol)


def _matrix(painter: QPainter, symbol: Symbol) -> None:
    rows, box = squares(symbol.code), symbol.box
    side = len(rows)
    module = min(MOST_SQUARE, min(box.width, box.height) / (side + 2 * QUIET[symbol.code.kind][0]))
    left, top = box.x + (box.width - side * module) / 2, box.y + (box.height - side * module) / 2
    for y, row in enumerate(rows):
        line = "".join("1" if dark else "0" for dark in row)
        _stripes(painter, line, QRectF(left, top + y * module, module, module))


def _linear(painter: QPainter, symbol: Symbol) -> None:
    code, box = symbol.code, symbol.box
    drawn = bars(code)
    left_quiet, right_quiet = QUIET[code.kind]
    count = len(drawn) + left_quiet + right_quiet
    module = min(MOST_MODULE, box.width / count)
    x = box.x + (box.width - count * module) / 2 + left_quiet * module
    size = round(FIGURES_MODULES * module) if code.kind.is_retail else symbol.text_size
    high = box.height - LINE * size
    _stripes(painter, drawn, QRectF(x, box.y, module, high))
    painter.setPen(_INK)
    painter.setFont(_font(size, bold=False))
    centre = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip
    for text, at, room in _below(code, len(drawn)):
        painter.drawText(QRectF(x + at * module, box.y + high, room * module, LINE * size), centre, text)


def _below(code: Code, wide: int) -> tuple[tuple[str, int, int], ...]:
    """What stands below the bars, from which module on, in the room of how many."""
    half, digits = wide // 2, code.data
    match code.kind:
        case Kind.EAN13:
            return (digits[0], -9, 8), (digits[1:7], 3, half - 4), (digits[7:], half + 2, half - 4)
        case Kind.UPC_A:
            return (
                (digits[0], -9, 8),
                (digits[1:6], 8, half - 9),
                (digits[6:11], half + 2, half - 9),
                (digits[11], 96, 8),
            )
        case Kind.EAN8:
            return (digits[:4], 3, half - 4), (digits[4:], half + 2, half - 4)
        case _:
            return ((code.text, 0, wide),)


def _stripes(painter: QPainter, modules: str, first: QRectF) -> None:
    """Dark modules that lie side by side are one rectangle, so that no hair of white stands between them."""
    at = 0
    for run in modules.replace("10", "1 0").replace("01", "0 1").split(" "):
        if run[0] == "1":
            left = first.left() + at * first.width()
            painter.fillRect(QRectF(left, first.top(), len(run) * first.width(), first.height()), _INK)
        at += len(run)


# ── pages ────────────────────────────────────────────────────────────────────────────────────────


def _writer(path: Path, width: int, height: int) -> QPdfWriter:
    with path.open("wb"):  # Qt would only say that it could not, as a warning without a reason
        pass
    writer = QPdfWriter(str(path))
    writer.setCreator("omnitill")
    writer.setResolution(RESOLUTION_DPI)
    writer.setPageSize(_page(width, height))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    return writer


def _page(width: int, height: int) -> QPageSize:
    size = QSizeF(width / PER_MM, height / PER_MM)
    return QPageSize(size, QPageSize.Unit.Millimeter, "labels", QPageSize.SizeMatchPolicy.ExactMatch)


def _begun(writer: QPdfWriter, path: Path) -> QPainter:
    painter = QPainter()
    if not painter.begin(writer):
        raise OSError(f"{path} cannot be written")
    scale = RESOLUTION_DPI / 25.4 / PER_MM
    painter.scale(scale, scale)
    return painter
