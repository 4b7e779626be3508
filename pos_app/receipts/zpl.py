r"""A label as ZPL II, for label printers of Zebra and those that speak its language.

Words that the printer's own font 0 surely has go as text, others as a picture. Text stands behind `^FH` with `^`, `~`,
`_` and `\` written as hexadecimal numbers or not at all, so no name can hold a command. The codes are drawn by the
printer: a DataMatrix stands WITHOUT `^FH`, which would take the `_` of its `_1` (FNC1) away.
"""

from collections.abc import Iterator
from types import MappingProxyType

from pos_app.receipts.document import Align
from pos_app.receipts.label_codes import BAD_FIELD, GS, Code, Kind
from pos_app.receipts.label_text import width_of
from pos_app.receipts.labels import LINE, MOST_MODULE, MOST_SQUARE, Box, Label, Symbol, Words
from pos_app.receipts.symbols import QUIET, bars, code128_values, squares
from retail_core.domain.errors import RuleViolationError

DOTS_PER_MM = MappingProxyType({203: 8.0, 300: 11.8})
MAX_COPIES = 500
NARROW_PERCENT = 85  # of what words are reckoned to need: font 0 is narrow
RETAIL_TEXT_MODULES = 10  # the printer's own figures below an EAN
MAX_QR_DOTS = 10  # the largest magnification every firmware takes
BAD_COPIES = "label.bad_copies"

_OWN_LETTERS = frozenset(char for char in bytes(range(0x80, 0x100)).decode("cp850") if char.isalpha()) - {"ı"}
PRINTABLE = frozenset(map(chr, range(0x20, 0x7F))) | _OWN_LETTERS | frozenset("€£¥§°²³½¼±·×")
LOOKS_LIKE = MappingProxyType(
    {"‘": "'", "’": "'", "‚": ",", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-"}
    | {"…": "...", "•": "·", "\\": "/"}
)
"""Signs printed as a plainer one; a backslash would be taken for a command of the text block."""
_HARMLESS = frozenset(map(chr, range(0x20, 0x7F))) - frozenset("^~") | {GS}  # no code of a label needs the two
_HEX = str.maketrans({"^": "_5E", "~": "_7E", "_": "_5F"})
_ALIGN = MappingProxyType({Align.LEFT: "L", Align.CENTRE: "C", Align.RIGHT: "R"})
_GREATER_128 = ">0"  # how `^BC` writes its own escape
_START_128 = MappingProxyType({103: (">9", "A"), 104: (">:", "B"), 105: (">;", "C")})
_TO_128 = MappingProxyType({99: (">5", "C"), 100: (">6", "B"), 101: (">7", "A")})
_FNC1_128 = 102


def render(label: Label, dpi: int = 203, copies: int = 1) -> bytes:
    """One format, from `^XA` to `^XZ`; its length does not depend on `copies`.

    Raises RuleViolationError `label.bad_copies` unless there are 1 to MAX_COPIES of them.
    """
    if not 1 <= copies <= MAX_COPIES:
        raise RuleViolationError(BAD_COPIES, copies=copies, most=MAX_COPIES)
    pen = _Pen(dpi)
    made = ["^XA^CI28", f"^PW{pen.dots(label.width)}^LL{pen.dots(label.height)}^LH0,0"]
    for part in label.parts:
        made += pen.words(part) if isinstance(part, Words) else pen.symbol(part)
    made.append(f"^PQ{copies}^XZ\n")
    return "\n".join(made).encode()


class _Pen:
    """Turns hundredths of a millimetre into this printer's dots."""

    def __init__(self, dpi: int) -> None:
        self._per_unit = DOTS_PER_MM[dpi] / 100

    def dots(self, length: int) -> int:
        return round(length * self._per_unit)

    # ── words ────────────────────────────────────────────────────────────────────────────────────

    def words(self, words: Words) -> Iterator[str]:
        box, size = words.box, words.size
        if words.inverse:
            wide, high = self.dots(box.width), self.dots(box.height)
            yield f"{self._at(box.x, box.y)}^GB{wide},{high},{min(wide, high)}^FS"
        plain = "".join(LOOKS_LIKE.get(char, char) for char in words.text)
        if PRINTABLE.issuperset(plain):
            yield self._text(words, plain)
        else:
            yield self._picture(words)
        if words.struck:
            wide = min(box.width, width_of(words.text, size) * NARROW_PERCENT // 100)
            x = box.x + (box.width - wide if words.align is Align.RIGHT else 0)
            yield f"{self._at(x, box.y + box.height // 2)}^GB{self.dots(wide)},{self._stroke},{self._stroke}^FS"

    def _text(self, words: Words, plain: str) -> str:
        box, high = words.box, self.dots(words.size)
        wide = high if words.bold else high * 9 // 10
        top = self._at(box.x, box.y + (box.height - words.size) // 2)
        reverse = "^FR" if words.inverse else ""
        block = f"^FB{self.dots(box.width)},1,0,{_ALIGN[words.align]}"
        return f"{top}{reverse}^A0N,{high},{wide}{block}^FH^FD{plain.translate(_HEX)}^FS"

    def _picture(self, words: Words) -> str:
        from pos_app.receipts.raster import bits_of, text_image

        box = words.box
        image = text_image(words.text, self.dots(words.size), self.dots(box.width), bold=words.bold)
        spare = self.dots(box.width) - image.width
        right = {Align.LEFT: 0, Align.CENTRE: spare // 2, Align.RIGHT: spare}[words.align]
        down = max(0, (self.dots(box.height) - image.height) // 2)
        bits, row_bytes = bits_of(image)
        reverse = "^FR" if words.inverse else ""
        place = f"^FO{self.dots(box.x) + right},{self.dots(box.y) + down}"
        return f"{place}{reverse}^GFA,{len(bits)},{len(bits)},{row_bytes},{packed(bits, row_bytes)}^FS"

    # ── codes ────────────────────────────────────────────────────────────────────────────────────

    def symbol(self, symbol: Symbol) -> Iterator[str]:
        data = symbol.code.data
        if not _HARMLESS.issuperset(data):
            raise RuleViolationError(BAD_FIELD, ai="", value=data[:40])
        if symbol.code.kind.is_matrix:
            yield self._matrix(symbol.code, symbol.box)
        else:
            yield from self._bars(symbol)

    def _bars(self, symbol: Symbol) -> Iterator[str]:
        code, box = symbol.code, symbol.box
        count = len(bars(code))
        left, right = QUIET[code.kind]
        module = self._module(self.dots(box.width), count + left + right, MOST_MODULE)
        spare = self.dots(box.width) - (count + left + right) * module
        text_height = round(symbol.text_size * LINE)
        below_dots = RETAIL_TEXT_MODULES * module if code.kind.is_retail else self.dots(text_height)
        high = self.dots(box.height) - below_dots
        place = f"^FO{self.dots(box.x) + spare // 2 + left * module},{self.dots(box.y)}^BY{module},3,{high}"
        match code.kind:
            case Kind.EAN13:
                yield f"{place}^BEN,{high},Y,N^FD{code.data[:-1]}^FS"
            case Kind.EAN8:
                yield f"{place}^B8N,{high},Y,N^FD{code.data[:-1]}^FS"
            case Kind.UPC_A:
                yield f"{place}^BUN,{high},Y,N,Y^FD{code.data[:-1]}^FS"
            case _:
                yield f"{place}^BCN,{high},N,N,N,N^FD{code128_data(code)}^FS"
                below = Box(box.x, box.y + box.height - text_height, box.width, text_height)
                yield from self.words(Words(code.text, below, symbol.text_size, Align.CENTRE))

    def _matrix(self, code: Code, box: Box) -> str:
        count = len(squares(code))
        quiet = QUIET[code.kind][0]
        side = min(self.dots(box.width), self.dots(box.height))
        module = self._module(side, count + 2 * quiet, MOST_SQUARE)
        x = self.dots(box.x) + (self.dots(box.width) - count * module) // 2
        y = self.dots(box.y) + (self.dots(box.height) - count * module) // 2
        if code.kind is Kind.QR:
            module = min(module, MAX_QR_DOTS)
            # firmware draws a QR code lower by the height that the last ^BY of any label has set: 1 is the least
            return f"^FO{x},{max(0, y - 1)}^BY2,3,1^BQN,2,{module}^FH^FDMA,{code.data.translate(_HEX)}^FS"
        return f"^FO{x},{y}^BXN,{module},200,,,,_^FD{datamatrix_data(code)}^FS"

    def _module(self, room_dots: int, count: int, most: int) -> int:
        return max(1, min(room_dots // count, int(most * self._per_unit + 0.05)))

    @property
    def _stroke(self) -> int:
        return max(2, self.dots(25))

    def _at(self, x: int, y: int) -> str:
        return f"^FO{self.dots(x)},{self.dots(y)}"


def datamatrix_data(code: Code) -> str:
    """Field data of `^BX` with `_` as its escape: FNC1 in front and for each separator, `_` itself doubled."""
    return "_1" + code.data.replace("_", "__").replace(GS, "_1")


def code128_data(code: Code) -> str:
    """Field data of `^BC` that leaves no choice of the code set to the printer, so that its bars are as wide as ours."""
    start, *values = code128_values(code)
    said, code_set = _START_128[start]
    made = [said]
    for value in values:
        if value == _FNC1_128:
            made.append(">8")
        elif code_set == "C" and value < 100:
            made.append(f"{value:02d}")
        elif value in _TO_128:
            said, code_set = _TO_128[value]
            made.append(said)
        else:
            char = chr(value + 32)
            made.append(_GREATER_128 if char == ">" else char)
    return "".join(made)


def packed(bits: bytes, row_bytes: int) -> str:
    """Picture bits as ZPL's hexadecimal figures: runs counted, empty ends of rows and repeated rows left out."""
    made: list[str] = []
    before = b""
    for start in range(0, len(bits), row_bytes):
        row = bits[start : start + row_bytes]
        if row == before:
            made.append(":")
        else:
            figures = row.hex().upper()
            kept = figures.rstrip("0")
            made.append(_counted(kept) + ("," if len(kept) < len(figures) else ""))
        before = row
    return "".join(made)


def _counted(figures: str) -> str:
    made: list[str] = []
    at = 0
    while at < len(figures):
        run = len(figures[at:]) - len(figures[at:].lstrip(figures[at]))
        at += run
        while run:
            part = min(run, 419)
            run -= part
            twenties, ones = divmod(part, 20)
            count = (chr(ord("f") + twenties) if twenties else "") + (chr(ord("F") + ones) if ones else "")
            made.append(("" if part == 1 else count) + figures[at - 1])
    return "".join(made)
