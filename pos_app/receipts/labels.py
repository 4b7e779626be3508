"""What stands on a shelf or item label and where: facts in, a document of placed parts out. No paper, no printer.

Lengths are hundredths of a millimetre from the label's upper left corner. Every template keeps its code's quiet zone:
the box of a code includes it, and a code that would get too fine for the box is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pos_app.receipts.document import MAX_NAME_CHARS, Align, safe
from pos_app.receipts.label_codes import Code, shelf_code
from pos_app.receipts.label_text import best_lines, is_right_to_left, largest, width_of
from pos_app.receipts.symbols import modules_across
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.money import format_money

LEAST_MODULE = 26  # 0.26 mm: 80 % of an EAN's nominal module, and two dots of a 203 dpi printer
MOST_MODULE = 38
MOST_SQUARE = 75
LINE = 1.25  # of a letter's height
NAME_LINE = 1.15
LEAST_WORDS = 150
PPM_PER_PERCENT = 10_000

CODE_TOO_LONG = "label.code_too_long"


@dataclass(frozen=True)
class LabelFacts:
    """What a label may say; empty and None are left out. Amounts are minor units, `per` the unit of the unit price."""

    name: str
    price_minor: int
    currency: str
    sku: str = ""
    code: Code | None = None
    unit_price_minor: int | None = None
    per: str = ""
    was_minor: int | None = None
    off_ppm: int = 0
    note: str = ""


@dataclass(frozen=True)
class LabelWords:
    """The words around the facts, in the shop's language. The rim translates them."""

    shelf: str = "Pickup shelf"


ENGLISH = LabelWords()


@dataclass(frozen=True)
class Box:
    """A place on the label."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Words:
    """One line, in the middle of its box's height. `size` is the letters' height; `inverse`: white on a black box."""

    text: str
    box: Box
    size: int
    align: Align = Align.LEFT
    bold: bool = False
    inverse: bool = False
    struck: bool = False


@dataclass(frozen=True)
class Symbol:
    """A code in the middle of its box, quiet zones and, below a linear one, its text included."""

    code: Code
    box: Box
    text_size: int


Part = Words | Symbol


@dataclass(frozen=True)
class Label:
    """One label."""

    width: int
    height: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Frame:
    """The measures of a template."""

    width: int
    height: int
    margin: int
    name_sizes: tuple[int, ...]
    head: int  # height of the name
    price: int  # height of the price's line
    small: int
    code_text: int
    square: int  # the side of a matrix


SHELF_EDGE = Frame(7_000, 3_800, 200, (480, 430, 380), 1_240, 1_150, 330, 250, 2_400)
ITEM = Frame(5_000, 2_500, 130, (280, 255, 230), 720, 620, 230, 200, 1_700)
MARKDOWN = Frame(5_000, 3_000, 130, (280, 255, 230), 740, 960, 240, 200, 2_150)
PICKUP_SHELF = Frame(7_000, 3_800, 200, (1_100, 900, 700, 550, 420), 600, 1_700, 360, 300, 2_900)

# ── templates ────────────────────────────────────────────────────────────────────────────────────


def price_label(facts: LabelFacts, frame: Frame = SHELF_EDGE) -> Label:
    """A label with name and price: at the shelf's edge, on an item, or (with `off_ppm`) on what is marked down.

    Raises RuleViolationError `label.code_too_long`.
    """
    parts = [*_head(facts, frame)]
    if facts.code is None:
        parts += _price_lines(facts, frame, Box(frame.margin, frame.head, _inner(frame), frame.height - frame.head))
    elif facts.code.kind.is_matrix:
        parts += _beside_a_square(facts, frame, facts.code)
    else:
        parts += _above_bars(facts, frame, facts.code)
    return Label(frame.width, frame.height, tuple(parts))


def pickup_shelf_label(shelf: str, words: LabelWords = ENGLISH, frame: Frame = PICKUP_SHELF) -> Label:
    """A staging shelf: its name to be read from afar, and the code the pickup screen knows it by.

    Raises RuleViolationError `label.bad_shelf`.
    """
    code = shelf_code(shelf)
    inner, top = _inner(frame), frame.head + frame.price
    title = Box(frame.margin, frame.margin // 2, inner, frame.head - frame.margin // 2)
    parts: list[Part] = [Words(safe(words.shelf), title, frame.small, Align.CENTRE)]
    if modules_across(code) * LEAST_MODULE > inner:
        parts += _shelf_with_square(shelf_code(shelf, square=True), frame)
    else:
        size = largest(code.text, inner, round(frame.price / 1.1), frame.small)
        name = Box(frame.margin, frame.head, inner, frame.price)
        room = Box(frame.margin, top, inner, frame.height - top - frame.margin // 2)
        parts += [Words(code.text, name, size, Align.CENTRE, bold=True), _fitting(Symbol(code, room, frame.code_text))]
    return Label(frame.width, frame.height, tuple(parts))


def _shelf_with_square(code: Code, frame: Frame) -> Iterator[Part]:
    """A long name stands in lines beside its code."""
    top = frame.head
    yield _fitting(Symbol(code, Box(frame.margin // 2, top, frame.square, frame.square), frame.code_text))
    left = frame.square + frame.margin
    room = frame.width - frame.margin - left
    made, size = best_lines(code.text, room, frame.name_sizes, 3)
    high = round(size * LINE)
    y = top + (frame.square - high * len(made)) // 2
    for n, line in enumerate(made):
        yield Words(line, Box(left, y + n * high, room, high), size, bold=True)


# ── parts ────────────────────────────────────────────────────────────────────────────────────────


def _head(facts: LabelFacts, frame: Frame) -> Iterator[Part]:
    """The name in one or two lines; what is taken off stands before it, white on black."""
    top = frame.margin * 2 // 3
    left, height = frame.margin, frame.head - top
    if facts.off_ppm > 0:
        cut = f"−{facts.off_ppm / PPM_PER_PERCENT:g} %"
        size = round(height * 0.62)
        box = Box(frame.margin, top, width_of(cut, size) + size, height - frame.margin // 2)
        yield Words(cut, box, size, Align.CENTRE, bold=True, inverse=True)
        left += box.width + frame.margin
    room = frame.width - frame.margin - left
    made, size = best_lines(facts.name[:MAX_NAME_CHARS], room, frame.name_sizes, 2)
    align = Align.RIGHT if is_right_to_left(facts.name) else Align.LEFT
    high = round(size * NAME_LINE)
    y = top + (height - high * len(made)) // 2
    for n, line in enumerate(made):
        yield Words(line, Box(left, y + n * high, room, high), size, align, bold=True)


def _above_bars(facts: LabelFacts, frame: Frame, code: Code) -> Iterator[Part]:
    yield from _price_lines(facts, frame, Box(frame.margin, frame.head, _inner(frame), frame.price))
    top = frame.head + frame.price + frame.margin // 2
    edge = frame.margin // 2  # the quiet zone may reach nearer to the edge than words do
    box = Box(edge, top, frame.width - 2 * edge, frame.height - top - edge)
    yield _fitting(Symbol(code, box, frame.code_text))


def _price_lines(facts: LabelFacts, frame: Frame, box: Box) -> Iterator[Part]:
    """The price at the right as large as it goes; what is said about it in a column at the left."""
    said = list(_about_price(facts, frame))
    column = max((width_of(words, size) for words, size, _ in said), default=0)
    gap = frame.margin if said else 0
    column = min(column, box.width // 2)
    price = format_money(facts.price_minor, facts.currency)
    room = box.width - column - gap
    size = largest(price, room, round(box.height / 1.02), frame.small)
    yield Words(price, Box(box.x + column + gap, box.y, room, box.height), size, Align.RIGHT, bold=True)
    high = box.height // max(3, len(said))
    y = box.y + (box.height - high * len(said)) // 2
    for n, (words, small, struck) in enumerate(said):
        place = Box(box.x, y + n * high, column, high)
        fitted = largest(words, column, min(small, round(high / 1.1)), LEAST_WORDS)
        yield Words(words, place, fitted, struck=struck)


def _beside_a_square(facts: LabelFacts, frame: Frame, code: Code) -> Iterator[Part]:
    top = frame.height - frame.square - frame.margin // 2
    yield _fitting(Symbol(code, Box(frame.margin // 2, top, frame.square, frame.square), frame.code_text))
    left = frame.square + frame.margin
    room = frame.width - frame.margin - left
    price = format_money(facts.price_minor, facts.currency)
    size = largest(price, room, frame.price, frame.small)
    yield Words(price, Box(left, frame.head, room, frame.price), size, Align.RIGHT, bold=True)
    y = frame.head + frame.price
    below = frame.height - frame.margin // 2
    for words, small, struck in _about_price(facts, frame):
        fitted = largest(words, room, small, LEAST_WORDS)
        high = round(fitted * LINE)
        if y + high > below:
            return
        wide = min(room, width_of(words, fitted))
        yield Words(words, Box(left + room - wide, y, wide, high), fitted, Align.RIGHT, struck=struck)
        y += high
    small = round(frame.code_text * 0.8)
    high = round(small * LINE)
    text = _field_lines(code.text, room, small)[: max(0, (below - y) // high)]
    for n, line in enumerate(text):
        yield Words(line, Box(left, below - (len(text) - n) * high, room, high), small, Align.RIGHT)


def _field_lines(text: str, room: int, size: int) -> list[str]:
    """The fields of an element string in lines, none broken that fits a line."""
    made = [""]
    for field in text.replace("(", "\n(").split("\n"):
        if width_of(made[-1] + field, size) <= room:
            made[-1] += field
        else:
            made.append(field)
    return [line for line in made if line and width_of(line, size) <= room]


def _about_price(facts: LabelFacts, frame: Frame) -> Iterator[tuple[str, int, bool]]:
    """Words, size and whether they are struck out: the old price, the unit price, the note, the shop's number."""
    if facts.was_minor is not None:
        yield format_money(facts.was_minor, facts.currency), round(frame.small * 1.2), True
    if facts.unit_price_minor is not None:
        per = f" / {safe(facts.per)}" if facts.per else ""
        yield format_money(facts.unit_price_minor, facts.currency) + per, frame.small, False
    if facts.note:
        yield safe(facts.note)[:60], frame.small, False
    if facts.sku:
        yield safe(facts.sku)[:40], round(frame.small * 0.8), False


def _fitting(symbol: Symbol) -> Symbol:
    """The symbol, if its modules are coarse enough to be read."""
    side = min(symbol.box.width, symbol.box.height) if symbol.code.kind.is_matrix else symbol.box.width
    if modules_across(symbol.code) * LEAST_MODULE > side:
        raise RuleViolationError(CODE_TOO_LONG, data=symbol.code.text[:60])
    return symbol


def _inner(frame: Frame) -> int:
    return frame.width - 2 * frame.margin
