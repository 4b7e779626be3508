"""Lines and QR codes as pictures, for what a printer has no characters for. Uses Pillow and segno.

Fonts: DejaVu Sans Mono (from python-barcode) for Latin, Greek, Cyrillic and signs; the screen's Noto fonts for Arabic
and Hebrew, shaped and joined by Pillow's raqm. No font for Chinese, Japanese, Korean, Indic or Thai is shipped: Chinese,
Japanese and Korean come out as empty boxes until the system has one of EXTRA_FONTS, the others always do.
"""

import importlib.util
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

import segno
from PIL import Image, ImageChops, ImageDraw, ImageFont, features

from pos_app.receipts import bidi
from pos_app.receipts.codes import QUIET_MODULES, modules
from pos_app.receipts.document import Align, Barcode, Drawn, Logo, Qr, Row, Size

CELL_TEXT_PX = 19.93  # DejaVu Sans Mono of this size advances 12.00 dots, a printer's narrow character
LINE_DOTS = 32  # a little more than the printer's own pitch: Arabic reaches further down
SMALLEST_PX = 12
TEXT_LINE = 1.5  # of a letter's height: Arabic reaches further down
QR_MODULE_DOTS = 6
QR_QUIET_MODULES = 4  # ISO/IEC 18004, on all four sides
INK, PAPER = 0, 255
SCREEN_FONTS = Path(__file__).parents[1] / "ui" / "fonts"
EXTRA_FONTS = (
    *(
        Path("/usr/share/fonts") / name
        for name in (
            "opentype/noto/NotoSansCJK-Regular.ttc", "truetype/noto/NotoSansCJK-Regular.ttc",
            "google-noto-cjk/NotoSansCJK-Regular.ttc", "google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
            "noto-cjk/NotoSansCJK-Regular.ttc", "truetype/wqy/wqy-microhei.ttc",
            "truetype/droid/DroidSansFallbackFull.ttf",
        )
    ),
    Path("C:/Windows/Fonts/msyh.ttc"),
)  # fmt: skip
_MIRRORED = {Align.LEFT: Align.RIGHT, Align.RIGHT: Align.LEFT, Align.CENTRE: Align.CENTRE}
BAR_DOTS, BAR_TEXT_DOTS = 64, 28
MAX_LOGO_DOTS = 400  # high: more is paper nobody wants
MAX_LOGO_PIXELS = 20_000_000
LOGO_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
Font = ImageFont.FreeTypeFont
Picture = tuple[bytes, int]  # bits, bytes in a row


@dataclass(frozen=True)
class Run:
    """A stretch of text in one font and direction."""

    text: str
    font: str
    level: int  # of `bidi.levels`

    @property
    def from_right(self) -> bool:
        """It is read from right to left."""
        return self.level % 2 == 1


def row_picture(row: Row, dots: int, columns: int, *, mirrored: bool = False) -> Picture:
    """One line, `dots` wide. Text that would be too wide for its columns is drawn smaller, never cut."""
    return bits_of(row_image(row, dots, columns, mirrored=mirrored))


def row_image(row: Row, dots: int, columns: int, *, mirrored: bool = False) -> Image.Image:
    """The same as a grey picture; `mirrored` puts the left to the right, as in a script that is read that way."""
    high, wide = 1 if row.size is Size.NORMAL else 2, 2 if row.size is Size.LARGE else 1
    narrower = high // wide  # tall letters are drawn large and pressed together, as a printer makes them
    image = Image.new("L", (dots * narrower, LINE_DOTS * high), PAPER)
    cell_dots = dots // columns * high
    size_px = CELL_TEXT_PX * cell_dots / 12
    if row.cells:
        _draw_cells(image, row, cell_dots, size_px, mirrored=mirrored)
    else:
        far, near = (Align.LEFT, _MIRRORED[row.align]) if mirrored else (Align.RIGHT, row.align)
        right_dots = _draw(image, row.right, size_px, far, image.width, bold=row.bold) if row.right else 0
        room = image.width - right_dots - (cell_dots if right_dots else 0)
        _draw(image, row.left, size_px, near, room, bold=row.bold)
    return image.reduce((narrower, 1)) if narrower > 1 else image


def _draw_cells(image: Image.Image, row: Row, cell_dots: int, size_px: float, *, mirrored: bool) -> None:
    """The cells of a table, each in its own strip, so that they stand below one another in any script."""
    begins = 0
    for n, (text, ends) in enumerate(row.cells):
        strip = Image.new("L", ((ends - begins) * cell_dots, image.height), PAPER)
        near, far = (Align.RIGHT, Align.LEFT) if mirrored else (Align.LEFT, Align.RIGHT)
        _draw(strip, text, size_px, far if n else near, strip.width, bold=row.bold)
        x = begins * cell_dots
        image.paste(strip, (image.width - x - strip.width if mirrored else x, 0))
        begins = ends


def text_image(text: str, size_px: int, dots: int, *, bold: bool = False) -> Image.Image:
    """One line of letters about `size_px` high, as wide as they are and at most `dots`; too wide, they are smaller."""
    wide = sum(_length(run, size_px) for run in runs(text)) + bold
    image = Image.new("L", (max(1, min(dots, wide)), round(size_px * TEXT_LINE)), PAPER)
    _draw(image, text, size_px, Align.LEFT, image.width, bold=bold)
    return image


def qr_picture(data: str, dots: int) -> Picture:
    """A QR code in the middle of the paper, level M."""
    return bits_of(qr_image(data, dots))


def qr_image(data: str, dots: int) -> Image.Image:
    """The same as a grey picture."""
    matrix = segno.make_qr(data, error="m").matrix
    side = len(matrix)
    quiet = QR_QUIET_MODULES
    module = max(1, min(QR_MODULE_DOTS, dots // (side + 2 * quiet)))
    image = Image.new("L", (dots, (side + 2 * quiet) * module), PAPER)
    draw = ImageDraw.Draw(image)
    left = (dots - side * module) // 2
    for y, line in enumerate(matrix):
        for x, dark in enumerate(line):
            if dark:
                x0, y0 = left + x * module, (y + quiet) * module
                draw.rectangle((x0, y0, x0 + module - 1, y0 + module - 1), fill=INK)
    return image


def barcode_image(data: str, kind: str, dots: int) -> Image.Image:
    """A linear code in the middle of the paper with its text below; data it cannot hold is only said."""
    image = Image.new("L", (dots, BAR_DOTS + BAR_TEXT_DOTS), PAPER)
    try:
        bars = modules(kind, data)
    except ValueError:
        bars = ""
    if not bars or len(bars) + 2 * QUIET_MODULES > dots:
        _draw(image, data, 18, Align.CENTRE, dots, bold=False)
        return image
    module = max(1, min(3, dots // (len(bars) + 2 * QUIET_MODULES)))
    left = (dots - len(bars) * module) // 2
    draw = ImageDraw.Draw(image)
    for n, bar in enumerate(bars):
        if bar == "1":
            draw.rectangle((left + n * module, 4, left + (n + 1) * module - 1, BAR_DOTS), fill=INK)
    text = Image.new("L", (dots, BAR_TEXT_DOTS), PAPER)
    _draw(text, data, 18, Align.CENTRE, dots, bold=False)
    image.paste(text, (0, BAR_DOTS))
    return image


@lru_cache(maxsize=8)
def logo_image(path: str, dots: int) -> Image.Image | None:
    """A picture file as dots of ink, in the middle of the paper; None when it cannot be read."""
    try:
        with Image.open(path, formats=LOGO_FORMATS) as opened:
            if opened.width * opened.height > MAX_LOGO_PIXELS:
                return None
            flat = Image.new("RGB", opened.size, (255, 255, 255))
            rgba = opened.convert("RGBA")
            flat.paste(rgba, mask=rgba.getchannel("A"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # SyntaxError: a PNG with a broken chunk
        return None
    scale = min(dots / flat.width, MAX_LOGO_DOTS / flat.height, 1.0)
    flat.thumbnail((max(1, round(flat.width * scale)), max(1, round(flat.height * scale))))
    ink = flat.convert("L").convert("1")  # dithered: paper knows no grey
    image = Image.new("L", (dots, ink.height + 8), PAPER)
    image.paste(ink, ((dots - ink.width) // 2, 0))
    return image


def image_of(drawn: Drawn, dots: int) -> Image.Image | None:
    """Whatever is no text; None for a logo that cannot be read."""
    match drawn:
        case Qr(data):
            return qr_image(data, dots)
        case Barcode(data, kind):
            return barcode_image(data, kind, dots)
        case Logo(path):
            return logo_image(path, dots)


def bits_of(image: Image.Image) -> Picture:
    """A grey picture as a printer's dots."""
    row_bytes = (image.width + 7) // 8
    ink = ImageChops.invert(image).convert("1", dither=Image.Dither.NONE)  # a set bit is a black dot
    return ink.tobytes(), row_bytes


def _draw(image: Image.Image, text: str, size_px: float, align: Align, room: int, *, bold: bool) -> int:
    """Draw `text` into the first (or, to the right, last) `room` dots; returns how many it took.

    Too wide, it is drawn smaller; what is still too wide at SMALLEST_PX is pressed together. It is never cut.
    """
    pieces = visual_order(runs(text))
    while (taken := sum(_length(run, size_px) for run in pieces)) > room and size_px > SMALLEST_PX:
        size_px -= 1
    if taken > room > 0:
        wide = Image.new("L", (taken + bold, image.height), PAPER)
        _draw(wide, text, size_px, Align.LEFT, wide.width, bold=bold)
        pressed = wide.transform(
            (room, image.height), Image.Transform.AFFINE, (wide.width / room, 0, 0, 0, 1, 0), Image.Resampling.BILINEAR
        )
        image.paste(pressed, (image.width - room if align is Align.RIGHT else 0, 0))
        return room
    x = {Align.LEFT: 0, Align.CENTRE: (room - taken) // 2, Align.RIGHT: image.width - taken}[align]
    base = round(image.height * 0.72)
    draw = ImageDraw.Draw(image)
    for run in pieces:
        for shift in range(1 + bold):
            draw.text((x + shift, base), run.text, INK, _font(run.font, size_px), "ls", direction=_shaping(run))
        x += _length(run, size_px)
    return taken


def _length(run: Run, size_px: float) -> int:
    return round(_font(run.font, size_px).getlength(run.text, direction=_shaping(run)))


def _shaping(run: Run) -> Literal["rtl", "ltr"] | None:
    if not features.check("raqm"):  # a Pillow built without it draws letters unjoined; published wheels have it
        return None
    return "rtl" if run.from_right else "ltr"


# ── writing direction ────────────────────────────────────────────────────────────────────────────


def runs(text: str) -> list[Run]:
    """Stretches of one font and direction, in the order they are spoken."""
    made: list[Run] = []
    for char, level in zip(text, bidi.levels(text), strict=True):
        last = made[-1] if made else None
        font = last.font if last and _sits_on_another(char) else _font_for(char)
        if last and (last.level, last.font) == (level, font):
            made[-1] = Run(last.text + char, font, level)
        else:
            made.append(Run(char, font, level))
    return made


def visual_order(runs: list[Run]) -> list[Run]:
    """Runs from left to right."""
    return bidi.in_visual_order(runs, lambda run: run.level)


def _sits_on_another(char: str) -> bool:
    return unicodedata.category(char) in {"Mn", "Me", "Cf"}


# ── fonts ────────────────────────────────────────────────────────────────────────────────────────

_BLOCKS = (("hebrew", 0x0590, 0x05FF), ("arabic", 0x0600, 0x06FF), ("arabic", 0x0750, 0x077F), ("cjk", 0x2E80, 0x9FFF),
           ("cjk", 0xAC00, 0xD7A3), ("cjk", 0xF900, 0xFAFF), ("cjk", 0xFF00, 0xFFEF), ("cjk", 0x20000, 0x3FFFF))  # fmt: skip


def _font_for(char: str) -> str:
    code = ord(char)
    return next((name for name, first, last in _BLOCKS if first <= code <= last), "mono")


@cache
def _font(name: str, size_px: float) -> Font:
    return ImageFont.truetype(_font_file(name), size_px)


@cache
def _font_file(name: str) -> Path:
    if name == "arabic":
        return SCREEN_FONTS / "NotoSansArabic-Regular.ttf"
    if name == "hebrew":
        return SCREEN_FONTS / "NotoSansHebrew-Regular.ttf"
    if name == "cjk" and (found := next((path for path in EXTRA_FONTS if path.exists()), None)):
        return found
    package = importlib.util.find_spec("barcode")
    if package is None or package.origin is None:
        raise FileNotFoundError("python-barcode is not installed; it carries the receipt font")
    return Path(package.origin).parent / "fonts" / "DejaVuSansMono.ttf"
