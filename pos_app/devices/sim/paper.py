"""Draws what a receipt printer was told, so that it looks like the strip of paper it would have been."""

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import segno
from barcode.codex import Code128
from barcode.ean import EAN8, EAN13
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from pos_app.devices.sim.escpos_reader import Op

SCALE = 2  # picture dots per printer dot
CELL_DOTS, FONT_DOTS, BASE_DOTS = 12, 20, 23
PITCH_DOTS = 30
MARGIN_DOTS, TOP_DOTS, BOTTOM_DOTS = 34, 44, 64
TOOTH_DOTS, BORDER_DOTS = 7, 20
BOLD_DOTS = 0.9
INK, PAPER, TABLE = (44, 43, 49), (253, 252, 249), (226, 224, 219)
SHADOW = (168, 164, 156)
SHADOW_REDUCED, SHADOW_DOTS = 4, 6
PAGES = {0: "cp437", 2: "cp850", 13: "cp857", 14: "cp737", 16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858"}
BAR_KINDS = MappingProxyType({67: EAN13, 68: EAN8, 73: Code128})
Font = ImageFont.FreeTypeFont


SETTINGS: Mapping[str, Callable[[int], dict[str, Any]]] = MappingProxyType(
    {
        "bold": lambda n: {"bold": bool(n & 1)},
        "align": lambda n: {"align": n},
        "page": lambda n: {"page": n},
        "size": lambda n: {"wide": (n >> 4 & 7) + 1, "high": (n & 7) + 1},
        "pitch": lambda n: {"pitch": n},
        "pitch_default": lambda _: {"pitch": PITCH_DOTS},
        "qr_module": lambda n: {"module": n},
    }
)


@dataclass(frozen=True)
class _Settings:
    bold: bool = False
    wide: int = 1
    high: int = 1
    align: int = 0
    page: int = 0
    pitch: int = PITCH_DOTS
    module: int = 3
    qr: bytes = b""


@dataclass
class Paper:
    """The strip since the last cut. Ink is kept as masks: 255 is black."""

    dots: int
    settings: _Settings = field(default_factory=_Settings)
    strips: list[Image.Image] = field(default_factory=list[Image.Image])
    words: list[str] = field(default_factory=list[str])
    qrs: list[str] = field(default_factory=list[str])
    _line: list[tuple[str, bool, int, int]] = field(default_factory=list[tuple[str, bool, int, int]])

    @property
    def text(self) -> str:
        """The lines that were printed as characters; pictures aren't read."""
        return "\n".join(self.words)

    def obey(self, op: Op) -> None:
        """Do what a command says; what has no effect on paper is passed over."""
        number = (*op.numbers, 0)[0]
        if op.name in SETTINGS:
            self.settings = replace(self.settings, **SETTINGS[op.name](number))
            return
        if op.name in {"picture", "qr_print", "bars"}:
            self._draw(op)
            return
        match op.name:
            case "reset":
                self.settings, self._line = _Settings(), []
            case "text":
                text = op.data.decode(PAGES.get(self.settings.page, "cp437"), "replace")
                self._line.append((text, self.settings.bold, self.settings.wide, self.settings.high))
            case "line":
                self._print_line()
            case "feed_lines":
                self._feed(number * self.settings.pitch)
            case "feed_dots":
                self._feed(number)
            case "qr_store":
                self.settings = replace(self.settings, qr=op.data)
            case _:
                pass

    def _draw(self, op: Op) -> None:
        if op.name == "picture":
            self._picture(op)
        elif op.name == "bars":
            self._bars(op)
        else:
            self._qr()

    def _print_line(self) -> None:
        pieces, self._line = self._line, []
        self.words.append("".join(text for text, *_ in pieces))
        height = max([self.settings.pitch, *(high * 24 + 6 for _, _, _, high in pieces)])
        strip = self._strip(height)
        taken = sum(len(text) * wide * CELL_DOTS for text, _, wide, _ in pieces)
        x = (self.dots - taken) * self.settings.align // 2
        for text, bold, wide, high in pieces:
            glyphs = _glyphs(text, bold=bold, wide=wide, high=high)
            strip.paste(glyphs, (x * SCALE, (height - 30 - 24 * (high - 1)) * SCALE // 2), glyphs)
            x += len(text) * wide * CELL_DOTS
        self.strips.append(strip)

    def _feed(self, dots: int) -> None:
        self.strips.append(self._strip(dots))

    def _picture(self, op: Op) -> None:
        row_bytes, height = op.numbers
        bits = Image.frombytes("1", (row_bytes * 8, height), op.data).convert("L")
        strip = self._strip(height)
        strip.paste(_scaled(bits, bits.width * SCALE, bits.height * SCALE), (0, 0))
        self.strips.append(strip)

    def _qr(self) -> None:
        content = self.settings.qr.decode("utf-8", "replace")
        self.qrs.append(content)
        matrix = segno.make_qr(content, error="m").matrix
        module = self.settings.module * SCALE
        side = len(matrix) * module
        strip = self._strip(side // SCALE + 16)
        draw = ImageDraw.Draw(strip)
        left = (strip.width - side) * self.settings.align // 2
        for y, line in enumerate(matrix):
            for x, dark in enumerate(line):
                if dark:
                    corner = (left + x * module, 16 + y * module)
                    draw.rectangle((*corner, corner[0] + module - 1, corner[1] + module - 1), fill=255)
        self.strips.append(strip)

    def _bars(self, op: Op) -> None:
        """A linear code, 64 dots high, its text below."""
        text = op.data.removeprefix(b"{B").replace(b"{{", b"{").decode("ascii", "replace")
        made: list[str] = BAR_KINDS[op.numbers[0]](text).build()
        strip = self._strip(64 + PITCH_DOTS)
        draw, module = ImageDraw.Draw(strip), 2 * SCALE
        left = (strip.width - len(made[0]) * module) * self.settings.align // 2
        for n, bar in enumerate(made[0]):
            if bar != "0":
                draw.rectangle((left + n * module, 0, left + (n + 1) * module - 1, 64 * SCALE), fill=255)
        label = _glyphs(text, bold=False, wide=1, high=1)
        strip.paste(label, ((strip.width - label.width) * self.settings.align // 2, strip.height - label.height))
        self.words.append(f"[{text}]")
        self.strips.append(strip)

    def _strip(self, height_dots: int) -> Image.Image:
        return Image.new("L", (self.dots * SCALE, max(1, height_dots) * SCALE), 0)

    def picture(self) -> Image.Image:
        """The strip lying on a table."""
        ink_height = sum(strip.height for strip in self.strips)
        width = (self.dots + 2 * MARGIN_DOTS) * SCALE
        height = ink_height + (TOP_DOTS + BOTTOM_DOTS) * SCALE
        ink = Image.new("L", (width, height), 0)
        y = TOP_DOTS * SCALE
        for strip in self.strips:
            ink.paste(strip, (MARGIN_DOTS * SCALE, y))
            y += strip.height
        sheet = Image.new("RGB", (width, height), PAPER)
        sheet.paste(INK, (0, 0), ink)
        return _on_table(sheet)


def _on_table(sheet: Image.Image) -> Image.Image:
    border = BORDER_DOTS * SCALE
    size = (sheet.width + 2 * border, sheet.height + 2 * border)
    shape = Image.new("L", size, 0)
    shape.paste(_torn(sheet.width, sheet.height), (border, border))
    small = shape.reduce(SHADOW_REDUCED)
    soft = ImageChops.offset(small, 0, SHADOW_DOTS * SCALE // SHADOW_REDUCED).filter(ImageFilter.GaussianBlur(3))
    table = Image.new("RGB", size, TABLE)
    table.paste(SHADOW, (0, 0), _scaled(soft, *size))
    whole = Image.new("RGB", size, PAPER)
    whole.paste(sheet, (border, border))
    table.paste(whole, (0, 0), shape)
    return table


def _torn(width: int, height: int) -> Image.Image:
    """The outline of the paper: the cutter leaves small teeth at both ends."""
    tooth = TOOTH_DOTS * SCALE
    count = width // (2 * tooth)
    step = width / (2 * count)
    xs = [round(n * step) for n in range(2 * count + 1)]
    top = [(x, tooth * (n % 2)) for n, x in enumerate(xs)]
    bottom = [(x, height - 1 - tooth * (n % 2)) for n, x in enumerate(xs)]
    outline = Image.new("L", (width, height), 0)
    ImageDraw.Draw(outline).polygon([*top, *reversed(bottom)], fill=255)
    return outline


def _glyphs(text: str, *, bold: bool, wide: int, high: int) -> Image.Image:
    size = FONT_DOTS * SCALE * high
    width, height = len(text) * CELL_DOTS * SCALE * wide, 30 * SCALE * high
    font = _font(size)
    drawn = Image.new("L", (max(1, round(font.getlength(text)) + 2), height), 0)
    draw = ImageDraw.Draw(drawn)
    for shift in (0.0, BOLD_DOTS * SCALE * max(1, high * 0.75)) if bold else (0.0,):
        draw.text((shift, BASE_DOTS * SCALE * high), text, 255, font, "ls")
    return _scaled(drawn, max(1, width), height)


def _scaled(image: Image.Image, width: int, height: int) -> Image.Image:
    # Pillow's types of this one method name numpy, which isn't here
    return image.resize((width, height), Image.Resampling.BICUBIC)  # pyright: ignore[reportUnknownMemberType]


@cache
def _font(size: int) -> Font:
    package = importlib.util.find_spec("barcode")  # python-barcode carries DejaVu Sans Mono
    if package is None or package.origin is None:
        raise FileNotFoundError("python-barcode is not installed; it carries the receipt font")
    return ImageFont.truetype(Path(package.origin).parent / "fonts" / "DejaVuSansMono.ttf", size)
