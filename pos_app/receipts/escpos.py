"""A receipt document as ESC/POS bytes.

Whether a character can be printed as text is decided here, by the code pages a printer's profile proves; a line with
any other character goes as a picture (`raster`). Bytes of names are taken from those tables only, so no name can hold
a command. Commands after Epson's ESC/POS reference; `ESC @` first, so that a job cut off before it does no harm.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pos_app.receipts.codes import QUIET_MODULES
from pos_app.receipts.document import Align, Barcode, Drawn, Qr, ReceiptDocument, Row, Size, Text, rows, width

ESC, GS, DLE = b"\x1b", b"\x1d", b"\x10"
INIT = ESC + b"@"
FEED_AND_CUT = GS + b"VB\x00"  # feeds to the cutter first: the last line is never left inside
FEED_ONLY = ESC + b"d\x06"
BAND_ROWS = 96  # printers with little memory choke on taller pictures

FIRST_HIGH = 0x80
_ASCII = frozenset(range(0x20, 0x7F))
CODE_PAGES = MappingProxyType(
    {0: "cp437", 2: "cp850", 13: "cp857", 14: "cp737", 16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858"}
)
"""Epson's numbers for ESC t, and what is on them."""

LOOKS_LIKE = MappingProxyType(
    {"‘": "'", "’": "'", "‚": ",", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-"}
    | {"─": "-", "═": "=", "×": "x", "…": ".", "•": "*", "·": "."}
)
"""Signs that may be printed as a plainer one of the same width; letters never are."""


@dataclass(frozen=True)
class Profile:
    """What a model of printer can do. `pages`: those it is known to have, the first one preferred."""

    name: str
    columns: int
    dots: int
    pages: tuple[int, ...] = ()
    native_qr: bool = True
    native_bars: bool = True
    cutter: bool = True
    text: bool = True  # False: everything goes as a picture


_EPSON_PAGES = (19, 18, 17, 13, 14)
PROFILES = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            Profile("epson80", 48, 576, _EPSON_PAGES),
            Profile("epson58", 32, 384, _EPSON_PAGES),
            Profile("plain80", 48, 576, native_qr=False, native_bars=False),
            Profile("plain58", 32, 384, native_qr=False, native_bars=False, cutter=False),
            Profile("picture80", 48, 576, native_qr=False, native_bars=False, text=False),
            Profile("picture58", 32, 384, native_qr=False, native_bars=False, cutter=False, text=False),
        )
    }
)
"""`plain…` suits any ESC/POS printer nobody has proven more about: plain letters as text, all else as pictures;
`picture…` one whose letters are wrong."""


def _characters(codec: str) -> Mapping[str, int]:
    high = ((n, bytes([n]).decode(codec, "replace")) for n in range(FIRST_HIGH, 0x100))
    return MappingProxyType({char: n for n, char in high if char.isprintable() and char != "\ufffd"})


_NO_CHARACTERS: Mapping[str, int] = MappingProxyType({})
_PAGE_CHARACTERS = MappingProxyType({page: _characters(codec) for page, codec in CODE_PAGES.items()})


def encode(text: str, page: int | None, *, plainly: bool = False) -> bytes | None:
    """`text` on one code page (None: ASCII alone), or None when a character isn't on it.

    `plainly` lets signs be printed as what LOOKS_LIKE them.
    """
    high = _PAGE_CHARACTERS[page] if page is not None else _NO_CHARACTERS
    made = bytearray()
    for char in text:
        code = _code(char, high)
        if code is None and plainly:
            code = _code(LOOKS_LIKE.get(char, char), high)
        if code is None:
            return None
        made.append(code)
    return bytes(made)


def _code(char: str, high: Mapping[str, int]) -> int | None:
    plain = ord(char)
    return plain if plain in _ASCII else high.get(char)


def render(document: ReceiptDocument, profile: Profile) -> bytes:
    """The whole job, from reset to cut."""
    made = bytearray(INIT)
    pen = _Pen(profile, mirrored=document.mirrored)
    for row in rows(document, profile.columns):
        made += pen.row(row) if isinstance(row, Row) else pen.drawn(row)
    made += FEED_AND_CUT if profile.cutter else FEED_ONLY
    return bytes(made)


class _Pen:
    """Knows what the printer is set to, and says only what changes."""

    def __init__(self, profile: Profile, *, mirrored: bool = False) -> None:
        self._profile = profile
        self._mirrored = mirrored
        self._page: int | None = None
        self._set: dict[str, bytes] = {"bold": b"\x00", "size": b"\x00", "align": b"\x00"}

    def row(self, row: Row) -> bytes:
        if self._mirrored or not self._profile.text:
            return self._picture(row)
        text = self._laid_out(row)
        for plainly in (False, True):
            for page in (None, *self._profile.pages):
                encoded = encode(text, page, plainly=plainly)
                if encoded is not None:
                    return self._style(row) + self._turn_to(page) + encoded.rstrip(b" ") + b"\n"
        return self._picture(row)

    def drawn(self, drawn: Drawn) -> bytes:
        """A code or picture: drawn by the printer itself where its profile says that it can."""
        if isinstance(drawn, Qr) and self._profile.native_qr:
            return self._centred(qr_commands(drawn.data, qr_module_dots(drawn.data, self._profile.dots)))
        if (
            isinstance(drawn, Barcode)
            and self._profile.native_bars
            and (bars := barcode_commands(drawn, self._profile.dots))
        ):
            return self._centred(bars)
        from pos_app.receipts.raster import bits_of, image_of

        image = image_of(drawn, self._profile.dots)
        return self._plain() + b"".join(picture_bytes(*bits_of(image))) if image else b""

    def _picture(self, row: Row) -> bytes:
        from pos_app.receipts.raster import row_picture

        bits = row_picture(row, self._profile.dots, self._profile.columns, mirrored=self._mirrored)
        return self._plain() + b"".join(picture_bytes(*bits))

    def _centred(self, commands: bytes) -> bytes:
        return self._say("align", b"\x01") + commands + self._say("align", b"\x00")

    def _laid_out(self, row: Row) -> str:
        if not row.right:
            return row.left
        columns = self._profile.columns // (2 if row.size is Size.LARGE else 1)
        return row.left + " " * (columns - width(row.left) - width(row.right)) + row.right

    def _style(self, row: Row) -> bytes:
        return (
            self._say("bold", bytes([row.bold]))
            + self._say("size", {Size.NORMAL: b"\x00", Size.TALL: b"\x01", Size.LARGE: b"\x11"}[row.size])
            + self._say("align", {Align.LEFT: b"\x00", Align.CENTRE: b"\x01", Align.RIGHT: b"\x02"}[row.align])
        )

    def _plain(self) -> bytes:
        return self._style(Row(""))

    def _say(self, what: str, value: bytes) -> bytes:
        if self._set[what] == value:
            return b""
        self._set[what] = value
        return {"bold": ESC + b"E", "size": GS + b"!", "align": ESC + b"a"}[what] + value

    def _turn_to(self, page: int | None) -> bytes:
        if page is None or page == self._page:
            return b""
        self._page = page
        return ESC + b"t" + bytes([page])


def qr_commands(data: str, module_dots: int) -> bytes:
    """The printer draws the QR code itself: model 2, correction level M."""
    content = data.encode()
    return b"".join(
        GS + b"(k" + len(body).to_bytes(2, "little") + body
        for body in (
            b"1A2\x00",
            b"1C" + bytes([module_dots]),
            b"1E1",
            b"1P0" + content,
            b"1Q0",
        )
    )


QR_MODULE_DOTS = 6
QR_QUIET = 8  # modules, both sides together
QR_HOLDS = (
    20, 38, 61, 90, 122, 154, 178, 221, 262, 311, 366, 419, 483, 528, 600, 656, 734, 816, 909, 970,
    1035, 1134, 1248, 1326, 1451,
)  # fmt: skip
"""Letters of the QR alphabet that versions 1 to 25 hold at level M (ISO/IEC 18004)."""


def qr_module_dots(data: str, dots: int) -> int:
    """How large the printer may draw a code's modules so that it still fits the paper."""
    version = next((n for n, holds in enumerate(QR_HOLDS, start=1) if len(data) <= holds), len(QR_HOLDS))
    return max(1, min(QR_MODULE_DOTS, dots // (17 + 4 * version + QR_QUIET)))


BAR_KINDS = MappingProxyType({"ean13": 67, "ean8": 68, "code128": 73})  # m of GS k, function B
BAR_MODULE_DOTS = 2


def barcode_commands(code: Barcode, dots: int) -> bytes:
    """The printer draws a linear code itself: 64 dots high, text below.

    Empty for data it cannot hold, and for a code wider than `dots`, of which printers print nothing at all. Data of
    Code 128 goes in code set B; `{` is written twice, so that it cannot switch anything.
    """
    digits = code.data.isascii() and code.data.isdigit()
    if code.kind in {"ean13", "ean8"}:
        if not digits or len(code.data) != {"ean13": 13, "ean8": 8}[code.kind]:
            return b""
        data = code.data.encode()
    else:
        modules = 11 * len(code.data) + 35 + 2 * QUIET_MODULES  # start, check and stop characters
        plain = all(" " <= char <= "~" for char in code.data)
        if not code.data or not plain or modules * BAR_MODULE_DOTS > dots:
            return b""
        data = b"{B" + code.data.replace("{", "{{").encode()
    return (
        GS
        + b"h\x40"
        + GS
        + b"w"
        + bytes([BAR_MODULE_DOTS])
        + GS
        + b"H\x02"
        + GS
        + b"k"
        + bytes([BAR_KINDS[code.kind], len(data)])
        + data
    )


def self_test(profile: Profile) -> ReceiptDocument:
    """A page that shows what the printer makes of each code page of its profile, and of what is drawn."""
    elements: list[Text | Qr | Barcode] = [Text(f"{profile.name} · {profile.columns}")]
    for page in profile.pages:
        letters = "".join(char for char in _PAGE_CHARACTERS[page] if char.isalpha())
        elements += [Text(f"{page} {CODE_PAGES[page]}"), Text(letters[: profile.columns * 3])]
    elements += [Text("€ ÄÖÜ ßéç Žł Ωλ Жя عربي עברית"), Qr("OTR:SELF-TEST"), Barcode("4006381333931", "ean13")]
    return ReceiptDocument(tuple(elements))


def seconds_at(job: bytes, baud: int) -> float:
    """How long a job takes on a serial line of this speed: ten bits a byte."""
    return len(job) * 10 / baud


def picture_bytes(bits: bytes, row_bytes: int) -> Iterator[bytes]:
    """`GS v 0` bands of a picture, one bit a dot, rows of `row_bytes` bytes."""
    harmless = tame(bits)
    band = BAND_ROWS * row_bytes
    for start in range(0, len(harmless), band):
        part = harmless[start : start + band]
        size = row_bytes.to_bytes(2, "little") + (len(part) // row_bytes).to_bytes(2, "little")
        yield GS + b"v0\x00" + size + part


def tame(bits: bytes) -> bytes:
    """Picture bytes without the real-time commands DLE EOT, ENQ and DC4, which printers obey even inside a picture.

    One dot of the second byte is set instead; nobody sees it, and no picture opens the drawer.
    """
    for second in (0x04, 0x05, 0x14):
        bits = bits.replace(DLE + bytes([second]), DLE + bytes([second | 0x08]))
    return bits
