"""Draws the labels a printer was told to print, dot for dot, so that a person or a scanner can read them.

A crossed box stands for a code that cannot be drawn.
"""

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

from pos_app.devices.sim.zpl_codes import code_image, figures_below
from pos_app.devices.sim.zpl_reader import Command, graphic, hex_text

FONTS = Path(__file__).parents[2] / "ui" / "fonts"
INK, PAPER = 0, 255
MAX_DOTS = 4_000
NARROW = 0.86  # the printer's font 0 is narrower than the one it is drawn with
LETTER = 0.92  # of ^A0's height
TABLE, SHADOW, AROUND = 226, 190, 24


@dataclass(frozen=True)
class _Settings:
    """What holds for the next field data."""

    at: tuple[int, int] = (0, 0)
    font: tuple[int, int] = (30, 30)
    block: tuple[int, str] = (0, "L")
    hexadecimal: bool = False
    reverse: bool = False
    bars: str = ""
    options: tuple[str, ...] = ()


@dataclass
class LabelPaper:
    """One label. Ink is kept as dots: 0 is black."""

    commands: tuple[Command, ...]
    words: list[str] = field(default_factory=list[str])

    def picture(self) -> Image.Image:
        """The label's dots, no more."""
        wide = self._first("PW", 560)
        image = Image.new("L", (wide, self._first("LL", 304)), PAPER)
        self.words.clear()
        _Pen(image, self.words).draw(self.commands)
        return image

    def on_table(self) -> Image.Image:
        """The label with its round corners, lying on a table: for people."""
        label = self.picture()
        sheet = Image.new("L", (label.width + 2 * AROUND, label.height + 2 * AROUND), TABLE)
        corners = Image.new("L", label.size, 0)
        ImageDraw.Draw(corners).rounded_rectangle((0, 0, label.width - 1, label.height - 1), 12, fill=255)
        sheet.paste(SHADOW, (AROUND + 3, AROUND + 4), corners)
        sheet.paste(label, (AROUND, AROUND), corners)
        return sheet

    def _first(self, name: str, otherwise: int) -> int:
        found = next((command.numbers[0] for command in self.commands if command.name == name), otherwise)
        return max(1, min(found or otherwise, MAX_DOTS))


class _Pen:
    """Obeys the commands of one format."""

    def __init__(self, image: Image.Image, words: list[str]) -> None:
        self._image = image
        self._words = words
        self._now: _Settings = _Settings()
        self._module, self._height = 2, 10

    def draw(self, commands: tuple[Command, ...]) -> None:
        for command in commands:
            self._obey(command)

    def _obey(self, command: Command) -> None:  # noqa: C901 - one arm a command
        now, numbers = self._now, (*command.numbers, 0, 0)
        parts = command.rest.split(",")
        match command.name:
            case "FO":
                self._now = _Settings(at=(numbers[0], numbers[1]))
            case "A":
                self._now = replace(now, font=(numbers[1], numbers[2] or numbers[1]))
            case "FB":
                self._now = replace(now, block=(numbers[0], (*parts, "", "", "", "")[3] or "L"))
            case "FH":
                self._now = replace(now, hexadecimal=True)
            case "FR":
                self._now = replace(now, reverse=True)
            case "BY":
                self._module, self._height = max(1, min(numbers[0], 10)), (*numbers, 0)[2] or self._height
            case "BE" | "B8" | "BU" | "BC" | "BQ" | "BX":
                self._now = replace(now, bars=command.name, options=tuple(parts))
            case "GB":
                self._box(numbers[0], numbers[1], max(1, numbers[2]))
            case "GF":
                self._graphic(command.rest)
            case "FD":
                self._data(hex_text(command.rest) if now.hexadecimal else command.rest)
            case _:
                pass

    # ── fields ───────────────────────────────────────────────────────────────────────────────────

    def _ink(self, mask: Image.Image, at: tuple[int, int]) -> None:
        """Put dots where `mask` is 255; in reverse they turn what is there."""
        here = Image.new("L", self._image.size, 0)
        here.paste(mask, at)
        here = here.convert("1", dither=Image.Dither.NONE).convert("L")  # no half-tones on paper
        if self._now.reverse:
            self._image.paste(ImageChops.invert(self._image), (0, 0), here)
        else:
            self._image.paste(INK, (0, 0), here)

    def _box(self, wide: int, high: int, thick: int) -> None:
        wide, high = min(max(wide, thick), MAX_DOTS), min(max(high, thick), MAX_DOTS)
        mask = Image.new("L", (wide, high), 0)
        ImageDraw.Draw(mask).rectangle((0, 0, wide - 1, high - 1), outline=255, width=min(thick, MAX_DOTS))
        self._ink(mask, self._now.at)

    def _graphic(self, rest: str) -> None:
        kind, _, _, _ = (*rest.split(",", 3), "", "", "")[:4]
        head = rest.split(",", 4)
        if kind != "A" or len(head) < 5 or not all(figure.isdigit() for figure in head[1:4]):
            return
        total, row_bytes = min(int(head[2]), MAX_DOTS * MAX_DOTS // 8), int(head[3])
        if not 0 < row_bytes <= MAX_DOTS // 8:
            return
        bits = graphic(head[4], row_bytes, total)
        rows = len(bits) // row_bytes
        if rows:
            mask = Image.frombytes("1", (row_bytes * 8, rows), bits[: rows * row_bytes]).convert("L")
            self._ink(mask, self._now.at)

    def _data(self, text: str) -> None:
        now = self._now
        if now.bars:
            made = code_image(now.bars, text, now.options)
            if made is None:
                self._ink(_crossed(), now.at)
            elif now.bars in {"BQ", "BX"}:
                low = self._height if now.bars == "BQ" else 0  # firmware puts a QR code lower by the height of ^BY
                size = max(1, min(_number(now.options, 2 if now.bars == "BQ" else 1), 40))
                self._ink(_scaled(made, size, size), (now.at[0], now.at[1] + low))
            else:
                self._bars(made, text)
            return
        self._words.append(text)
        mask = _glyphs(text, *now.font)
        room, align = now.block
        spare = room - mask.width if room else 0
        right = {"R": spare, "C": spare // 2}.get(align, 0)
        self._ink(mask, (now.at[0] + right, now.at[1]))

    def _bars(self, modules: Image.Image, text: str) -> None:
        high = min(_number(self._now.options, 1), MAX_DOTS) or self._height
        self._ink(_scaled(modules, self._module, high), self._now.at)
        if (*self._now.options, "", "", "")[2] != "Y":
            return
        x, y = self._now.at
        size = 9 * self._module
        wide = modules.width * self._module
        for part, at, room in figures_below(self._now.bars, text, wide, self._module):
            mask = _glyphs(part, size, size)
            self._ink(mask, (x + at + (room - mask.width) // 2, y + high + self._module))


# ── dots ─────────────────────────────────────────────────────────────────────────────────────────


def _crossed() -> Image.Image:
    mask = Image.new("L", (80, 80), 0)
    draw = ImageDraw.Draw(mask)
    draw.rectangle((0, 0, 79, 79), outline=255, width=3)
    draw.line((0, 0, 79, 79), fill=255, width=3)
    draw.line((0, 79, 79, 0), fill=255, width=3)
    return mask


def _number(options: tuple[str, ...], at: int) -> int:
    text = (*options, *[""] * (at + 1))[at]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _scaled(image: Image.Image, across: int, down: int) -> Image.Image:
    high = down if image.height == 1 else image.height * down
    size = (image.width * across, max(1, min(high, MAX_DOTS)))
    # Pillow's types of this one method name numpy, which isn't here
    return image.resize(size, Image.Resampling.NEAREST)  # pyright: ignore[reportUnknownMemberType]


def _glyphs(text: str, high: int, wide: int) -> Image.Image:
    size = max(8, min(round(high * LETTER), MAX_DOTS // 4))
    font = _font(size)
    text = "".join(char if char.isprintable() else "\ufffd" for char in text)  # a line end would be another paragraph
    length = max(1, min(round(font.getlength(text)) + 2, MAX_DOTS))
    drawn = Image.new("L", (length, round(size * 1.3)), 0)
    ImageDraw.Draw(drawn).text((0, round(size * 0.98)), text, 255, font, "ls")
    narrow = max(1, round(length * NARROW * wide / max(1, high)))
    return drawn.resize((min(narrow, MAX_DOTS), drawn.height), Image.Resampling.BICUBIC)  # pyright: ignore[reportUnknownMemberType]


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / "Inter-SemiBold.ttf", size)
