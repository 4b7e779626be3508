"""The codes of labels as bars and squares, for whatever draws them. Uses python-barcode and segno.

Both are loaded by the first label, not at the start of the till.
"""

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, assert_never

from pos_app.receipts import datamatrix
from pos_app.receipts.datamatrix import Modules
from pos_app.receipts.label_codes import GS, Code, Kind
from retail_core.domain.errors import RuleViolationError

if TYPE_CHECKING:
    from barcode.codex import Code128

QUIET = MappingProxyType(
    {
        Kind.EAN13: (11, 7),
        Kind.EAN8: (7, 7),
        Kind.UPC_A: (9, 9),
        Kind.CODE128: (10, 10),
        Kind.GS1_128: (10, 10),
        Kind.GS1_DATAMATRIX: (2, 2),
        Kind.QR: (4, 4),
    }
)
"""Modules that stay white to the left and right of a code; above and below too when it is a square."""
TOO_MUCH = "label.code_too_long"


def modules_across(code: Code) -> int:
    """How many modules wide a code is with its quiet zones. Raises RuleViolationError `label.code_too_long`."""
    wide = len(squares(code)) if code.kind.is_matrix else len(bars(code))
    return wide + sum(QUIET[code.kind])


@lru_cache(maxsize=256)
def bars(code: Code) -> str:
    """The bars of a linear code, "1" dark and "0" light. Raises RuleViolationError `label.code_too_long`."""
    from barcode.ean import EAN8, EAN13
    from barcode.errors import BarcodeError

    made: list[str]
    try:
        match code.kind:
            case Kind.EAN13:
                made = EAN13(code.data).build()
            case Kind.UPC_A:
                made = EAN13("0" + code.data).build()
            case Kind.EAN8:
                made = EAN8(code.data).build()
            case Kind.CODE128 | Kind.GS1_128:
                made = _code128(code).build()
            case Kind.GS1_DATAMATRIX | Kind.QR:
                raise ValueError("a matrix has no bars")
            case _:
                assert_never(code.kind)
    except BarcodeError as bad:
        raise RuleViolationError(TOO_MUCH, data=code.data[:40]) from bad
    return made[0].replace("G", "1")


def code128_values(code: Code) -> tuple[int, ...]:
    """The values of a Code 128 from its start to the last before its check value, for printers that draw it."""
    values: list[int] = _code128(code).encoded
    return tuple(values)


@lru_cache(maxsize=64)
def squares(code: Code) -> Modules:
    """Rows of a matrix, True dark, without quiet zone. Raises RuleViolationError `label.code_too_long`."""
    import segno

    try:
        if code.kind is Kind.GS1_DATAMATRIX:
            return datamatrix.modules(code.data)
        matrix = segno.make_qr(code.data, error="m", boost_error=False).matrix
    except (ValueError, segno.DataOverflowError) as bad:
        raise RuleViolationError(TOO_MUCH, data=code.data[:40]) from bad
    return tuple(tuple(bool(module) for module in line) for line in matrix)


def _code128(code: Code) -> "Code128":
    from barcode.codex import Code128, Gs1_128

    if code.kind is Kind.GS1_128:
        return Gs1_128(code.data.replace(GS, Gs1_128.FNC1_CHAR))
    return Code128(code.data)
