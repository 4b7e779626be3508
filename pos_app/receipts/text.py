"""A receipt document as plain text: for the screen, for e-mail, for tests."""

from pos_app.receipts.document import Align, Barcode, Drawn, Logo, Qr, ReceiptDocument, Row, Size, rows, width

COLUMNS = 48


def render(document: ReceiptDocument, columns: int = COLUMNS) -> str:
    """Lines of `columns` narrow characters; large text is spaced out, a QR code stands as what it says."""
    return "\n".join(_line(row, columns).rstrip() for row in rows(document, columns)) + "\n"


def _line(row: Row | Drawn, columns: int) -> str:
    if isinstance(row, Qr | Barcode):
        return f"[{row.data}]".center(columns)
    if isinstance(row, Logo):
        return ""
    left, right = row.left, row.right
    if row.size is Size.LARGE and not right:
        left = " ".join(left)
    gap = columns - width(left) - width(right)
    match row.align:
        case Align.CENTRE:
            return " " * (gap // 2) + left
        case Align.RIGHT:
            return " " * gap + left
        case Align.LEFT:
            return left + " " * gap + right
