"""A receipt as a picture: for a screen, an e-mail, a printer that draws everything."""

from pathlib import Path

from PIL import Image

from pos_app.receipts.document import ReceiptDocument, Row, rows
from pos_app.receipts.raster import image_of, row_image

DOTS, COLUMNS = 576, 48
MARGIN_DOTS = 24
PAPER = 255


def receipt_image(document: ReceiptDocument, dots: int = DOTS, columns: int = COLUMNS) -> Image.Image:
    """The whole strip, grey, with a margin."""
    strips = [
        row_image(row, dots, columns, mirrored=document.mirrored) if isinstance(row, Row) else image_of(row, dots)
        for row in rows(document, columns)
    ]
    drawn = [strip for strip in strips if strip is not None]
    sheet = Image.new("L", (dots + 2 * MARGIN_DOTS, sum(strip.height for strip in drawn) + 2 * MARGIN_DOTS), PAPER)
    y = MARGIN_DOTS
    for strip in drawn:
        sheet.paste(strip, (MARGIN_DOTS, y))
        y += strip.height
    return sheet


def save_png(document: ReceiptDocument, path: Path) -> None:
    """Write it beside itself first, so that nobody sees half of it."""
    part = path.with_suffix(".part")
    receipt_image(document).save(part, "PNG")
    part.replace(path)
