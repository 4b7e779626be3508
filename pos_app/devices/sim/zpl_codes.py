"""The codes a label printer draws from its field data, as modules. Drawn apart from the till's own pages on purpose:
DataMatrix by zxing-cpp (extra `camera`), and Code 128 from the printer's invocation codes.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

import segno
from barcode.charsets import code128
from barcode.ean import EAN8, EAN13
from PIL import Image, ImageChops

from pos_app.devices.barcode.gs1 import read_elements

Options = tuple[str, ...]


def code_image(command: str, text: str, options: Options) -> Image.Image | None:
    """One dot a module, 255 dark: a row of a linear code, a square of a matrix. None for data it cannot hold.

    `command` is the two letters behind the caret, `options` what stands behind them.
    """
    draw = _CODES.get(command)
    return draw(text, options) if draw else None


def _retail(kind: type[EAN13] | type[EAN8], digits: str) -> Image.Image | None:
    if not digits.isdigit() or len(digits) != kind.digits:
        return None
    built: list[str] = kind(digits).build()
    return _row(built[0].replace("G", "1"))


def _code_128(text: str, _options: Options) -> Image.Image | None:
    """Field data with its invocation codes, as the printer's manual lists them."""
    starts = {">9": ("A", 103), ">:": ("B", 104), ">;": ("C", 105)}
    code_set, first = starts.get(text[:2], ("B", 104))
    at = 2 if text[:2] in starts else 0
    values = [first]
    while at < len(text):
        pair = text[at : at + 2]
        if pair in _INVOKED:
            values.append(_INVOKED[pair])
            code_set = {"5": "C", "6": "B", "7": "A"}.get(pair[1], code_set)
            at += 2
        elif code_set == "C" and pair.isdigit() and len(pair) == 2:
            values.append(int(pair))
            at += 2
        elif code_set == "B" and " " <= pair[:1] <= "~":
            values.append(ord(pair[0]) - 32)
            at += 1
        else:
            return None
    check = (values[0] + sum(n * value for n, value in enumerate(values))) % 103
    return _row("".join(code128.CODES[value] for value in (*values, check)) + code128.STOP + "11")


_INVOKED = MappingProxyType(
    {">0": 30, "><": 62, ">=": 94, ">1": 95, ">2": 96, ">3": 97, ">4": 98, ">5": 99, ">6": 100, ">7": 101, ">8": 102}
)


def _qr(text: str, _options: Options) -> Image.Image | None:
    """Data begins with its level and how it is put in: `MA,`."""
    if len(text) < 4 or text[0] not in "HQML" or text[1:3] != "A,":
        return None
    try:
        matrix = segno.make_qr(text[3:], error=text[0].lower(), boost_error=False).matrix
    except ValueError:
        return None
    return _dots([[bool(module) for module in line] for line in matrix])


def _data_matrix(text: str, options: Options) -> Image.Image | None:
    """GS1 when it begins with FNC1; `_1` is that only while nothing else has eaten the `_`."""
    escape = (*options, *[""] * 7)[6] or "~"
    plain = text.replace(escape * 2, "\0").replace(escape + "1", "\x1d").replace("\0", escape)
    try:
        writer: Any = import_module("zxingcpp")
    except ImportError:
        return None
    content = plain
    if plain.startswith("\x1d"):
        content = "".join(f"({ai}){value}" for ai, value in read_elements(plain).elements)
    try:
        made = writer.create_barcode(
            content, writer.BarcodeFormat.DataMatrix, gs1=plain.startswith("\x1d"), force_square=True
        )
    except ValueError:
        return None
    grey = writer.write_barcode_to_image(made, scale=1, add_quiet_zones=False)
    high, wide = grey.shape
    return ImageChops.invert(Image.frombytes("L", (wide, high), memoryview(grey).tobytes()))


_CODES: Mapping[str, Callable[[str, Options], Image.Image | None]] = MappingProxyType(
    {
        "BE": lambda text, _: _retail(EAN13, text),
        "B8": lambda text, _: _retail(EAN8, text),
        "BU": lambda text, _: _retail(EAN13, "0" + text),
        "BC": _code_128,
        "BQ": _qr,
        "BX": _data_matrix,
    }
)


def figures_below(kind: str, text: str, wide: int, module: int) -> list[tuple[str, int, int]]:
    """The figures below a retail code: what, from where, in how much room."""
    half = wide // 2
    if kind == "B8":
        whole = EAN8(text).get_fullcode()
        return [(whole[:4], 0, half), (whole[4:], half, half)]
    whole = EAN13(text if kind == "BE" else "0" + text).get_fullcode()
    if kind == "BU":
        outside = 9 * module
        return [
            (whole[1], -outside, outside), (whole[2:7], 0, half), (whole[7:12], half, half), (whole[12], wide, outside),
        ]  # fmt: skip
    return [(whole[0], -9 * module, 9 * module), (whole[1:7], 0, half), (whole[7:], half, half)]


def _row(modules: str) -> Image.Image:
    return _dots([[module == "1" for module in modules]])


def _dots(rows: list[list[bool]]) -> Image.Image:
    return Image.frombytes("L", (len(rows[0]), len(rows)), bytes(255 * cell for row in rows for cell in row))
