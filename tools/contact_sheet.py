"""Many pictures on one, small and with their names below: to look over all screens at a glance."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

COLUMNS = 4
WIDTH, NAME_HEIGHT, GAP = 480, 26, 14
GROUND, INK = "#8a94a3", "#0f1620"
FONT = Path(__file__).parents[1] / "pos_app" / "ui" / "fonts" / "Inter-Medium.ttf"


def contact_sheet(pictures: Sequence[Path], out: Path, columns: int = COLUMNS) -> None:
    """Write the pictures to `out`, in their order, row by row."""
    small = [_small(file) for file in pictures]
    high = max(image.height for image in small) + NAME_HEIGHT + GAP
    rows = -(-len(small) // columns)
    sheet = Image.new("RGB", (columns * (WIDTH + GAP) + GAP, rows * high + GAP), GROUND)
    pen, font = ImageDraw.Draw(sheet), ImageFont.truetype(str(FONT), 16)
    for n, (file, image) in enumerate(zip(pictures, small, strict=True)):
        x, y = GAP + n % columns * (WIDTH + GAP), GAP + n // columns * high
        sheet.paste(image, (x, y))
        pen.text((x, y + image.height + 3), file.stem, fill=INK, font=font)
    sheet.save(out)


def _small(file: Path) -> Image.Image:
    with Image.open(file) as image:
        small = image.convert("RGB")
        small.thumbnail((WIDTH, WIDTH * 2))
        return small
