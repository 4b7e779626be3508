"""What stands on a receipt and where: facts in, a document of rows out. No paper, no printer, no screen.

`receipt_document` arranges a sale for any width; `rows` breaks a document into lines of one width. Amounts stand in a
column at the right edge. Text is made safe here: control and direction characters of names never leave this module.
"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from retail_core.domain.money import format_minor, format_money
from retail_core.domain.quantity import ONE, format_quantity

PPM_PER_PERCENT = 10_000
MAX_NAME_CHARS = 200
MAX_NAME_LINES = 3
MIN_LEFT_COLUMNS = 8
ELLIPSIS = "…"
ZERO_WIDTH_JOINERS = "\u200c\u200d"  # Persian and Indic spelling needs them; every other format character goes

# ── facts ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class ReceiptCut:
    """Why a line costs what it costs: a promotion by its name, anything else by its rule. Below zero is taken off.

    `until`: its last day, or the hour it ends.
    """

    rule: str
    text: str
    amount_minor: int
    until: str = ""


@dataclass(frozen=True)
class ReceiptLine:
    """A sold line; voided lines are not handed in. `unit` is "each" or the unit it is weighed in.

    `amount_minor` is what was paid for it, after its `cuts`. `back`: the goods came back; `of_receipt` is the receipt they were bought with, empty when there was none.
    """

    name: str
    qty_milli: int
    unit_minor: int
    amount_minor: int
    unit: str = "each"
    back: bool = False
    of_receipt: str = ""
    cuts: tuple[ReceiptCut, ...] = ()


@dataclass(frozen=True)
class ReceiptTax:
    """One rate. `taxable_minor` is the sum of its lines, the tax being in it (`included`) or on top."""

    name: str
    rate_ppm: int
    included: bool
    taxable_minor: int
    tax_minor: int


@dataclass(frozen=True)
class ReceiptTender:
    """What was handed over, by kind ("cash" …); `note` says which card or foreign sum, `left_minor` what it is worth now.

    Of points both are how many they are.
    """

    kind: str
    given_minor: int
    note: str = ""
    left_minor: int | None = None
    points: int = 0


@dataclass(frozen=True)
class ReceiptVoucher:
    """Store credit given with the sale: whoever brings `code` may spend it."""

    amount_minor: int
    code: str


@dataclass(frozen=True)
class ReceiptData:
    """A completed sale as the customer sees it. `at_local` is the store's local time, ready to print."""

    header: tuple[str, ...]
    footer: tuple[str, ...]
    receipt_no: str
    at_local: str
    operator: str
    register: str
    currency: str
    lines: tuple[ReceiptLine, ...]
    taxes: tuple[ReceiptTax, ...]
    tenders: tuple[ReceiptTender, ...]
    total_minor: int
    change_minor: int
    short_hash: str
    copy: bool = False
    language: str = ""
    rounding_minor: int = 0
    vouchers: tuple[ReceiptVoucher, ...] = ()
    code: str = ""  # what its QR code says: signed, once head office has certified the till
    gift: bool = False  # for somebody who must not learn the prices
    reverses: str = ""  # the receipt that this one undoes whole
    invoice_no: str = ""  # of a full invoice, which names its buyer
    buyer: tuple[str, ...] = ()
    points_earned: int = 0
    points_left: int | None = None  # with those earned now
    exempt_why: str = ""  # why it bears no tax
    exempt_no: str = ""  # by which certificate


def _(text: str) -> str:
    """Marks a word for the catalogue; `pos_app.receipts.words` looks it up."""
    return text


TENDER_WORDS = MappingProxyType(
    {
        "cash": _("Cash"),
        "card": _("Card"),
        "gift_card": _("Gift card"),
        "store_credit": _("Store credit"),
        "points": _("Points"),
        "account": _("On account"),
        "foreign_cash": _("Foreign cash"),
    }
)


EXEMPT_WORDS = MappingProxyType(
    {"resale": _("Resale"), "charity": _("Charity"), "diplomat": _("Diplomat"), "export": _("Export")}
)


CUT_WORDS = MappingProxyType(
    {
        "label.price": _("Price on the label"),
        "manual.exempt": _("Without tax"),
        "manual.line": _("Discount"),
        "manual.price": _("Price changed"),
        "manual.sale": _("Discount on the sale"),
    }
)


@dataclass(frozen=True)
class ReceiptWords:
    """The words around the facts, in the customer's language. The rim translates them; these are the source texts."""

    copy: str = _("COPY")
    gift: str = _("GIFT RECEIPT")
    invoice: str = _("INVOICE {number}")
    credit_note: str = _("CREDIT NOTE {number}")
    reverses: str = _("Reverses receipt {receipt}")
    buyer: str = _("Invoice to")
    training: str = _("TRAINING — not a receipt")
    total: str = _("TOTAL")
    refund: str = _("REFUND")
    returned: str = _("returned")
    returned_of: str = _("returned, receipt {receipt}")
    item: str = "1 item"
    items: str = "{count} items"
    change: str = _("Change")
    rounding: str = _("Rounding")
    left: str = _("left {amount}")
    points: str = _("{count} points")
    earned: str = _("Points earned")
    points_left: str = _("Your points now")
    credit: str = _("Store credit. Bring this code to spend it.")
    rate: str = _("Rate")
    tax: str = _("Tax")
    net: str = _("Net")
    gross: str = _("Gross")
    receipt: str = _("Receipt")
    register: str = _("Till")
    operator: str = _("Served by")
    returns: str = _("Please keep this receipt for returns")
    until: str = _("until {when}")
    exempt: str = _("Without tax: {why}")
    certificate: str = _("Certificate {number}")
    tenders: Mapping[str, str] = field(default_factory=lambda: TENDER_WORDS)
    cuts: Mapping[str, str] = field(default_factory=lambda: CUT_WORDS)
    exempt_whys: Mapping[str, str] = field(default_factory=lambda: EXEMPT_WORDS)
    right_to_left: bool = False
    items_of: Callable[[int], str] | None = None
    """How many items it were, in languages with more forms than one and many."""


ENGLISH = ReceiptWords()

# ── document ─────────────────────────────────────────────────────────────────────────────────────


class Align(StrEnum):
    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


class Size(StrEnum):
    NORMAL = "normal"
    TALL = "tall"  # twice as high
    LARGE = "large"  # twice as high and twice as wide


@dataclass(frozen=True)
class Text:
    """A paragraph; too long for the paper, it is wrapped at spaces."""

    text: str
    align: Align = Align.LEFT
    bold: bool = False
    size: Size = Size.NORMAL


@dataclass(frozen=True)
class Columns:
    """Something at the left and its amount at the right edge; the left wraps, the right never does."""

    left: str
    right: str
    bold: bool = False
    size: Size = Size.NORMAL


@dataclass(frozen=True)
class Table:
    """Lines of cells, all of one length: the first column to the left, the others to the right, equally wide if they can.

    Too wide for the paper, its figures stand below one another.
    """

    lines: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Rule:
    """A line across the paper."""

    char: str = "─"


@dataclass(frozen=True)
class Gap:
    """Empty paper, `lines` lines of it."""

    lines: int = 1


@dataclass(frozen=True)
class Qr:
    """A QR code in the middle of the paper."""

    data: str


@dataclass(frozen=True)
class Barcode:
    """A linear bar code in the middle of the paper, its text below. `kind`: ean13, ean8 or code128."""

    data: str
    kind: str = "code128"


@dataclass(frozen=True)
class Logo:
    """A picture file, as wide as the paper allows. One that cannot be read is left out."""

    path: str


Drawn = Qr | Barcode | Logo
Element = Text | Columns | Table | Rule | Gap | Drawn


@dataclass(frozen=True)
class ReceiptDocument:
    """What is printed, from top to bottom, for paper of any width. A cut follows.

    `mirrored`: written from right to left; what is said stands at the right edge, amounts at the left.
    """

    elements: tuple[Element, ...]
    mirrored: bool = False


@dataclass(frozen=True)
class Row:
    """One printed line: `left` from its edge and `right` to its edge fit the width together, counted in columns.

    `cells` of a table's line are (text, column it ends at), the first from its edge, the others to where they end;
    `left` is the same laid out in characters.
    """

    left: str
    right: str = ""
    align: Align = Align.LEFT
    bold: bool = False
    size: Size = Size.NORMAL
    cells: tuple[tuple[str, int], ...] = ()


# ── a sale ───────────────────────────────────────────────────────────────────────────────────────


def receipt_document(data: ReceiptData, words: ReceiptWords = ENGLISH) -> ReceiptDocument:
    """A customer's receipt of a sale."""
    return ReceiptDocument(
        (
            *_head(data, words),
            *_lines(data, words),
            Rule("═"),
            *(() if data.gift else (*_sums(data, words), *_taxes(data, words), *_vouchers(data, words))),
            *_foot(data, words),
        ),
        mirrored=words.right_to_left,
    )


def for_training(document: ReceiptDocument, words: ReceiptWords) -> ReceiptDocument:
    """Whatever is printed while somebody trains says so, above and below."""
    mark = Text(words.training, Align.CENTRE, bold=True, size=Size.TALL)
    return replace(document, elements=(mark, Gap(), *document.elements, Gap(), mark))


def qr_text(data: ReceiptData) -> str:
    """What a till reads to find this receipt again; until the code is a signed one, only the till that wrote it."""
    return data.code or f"OTR:{data.receipt_no}:{data.short_hash}"


def _head(data: ReceiptData, words: ReceiptWords) -> Iterator[Element]:
    shop, *address = data.header or ("",)
    if shop:
        yield Text(shop, Align.CENTRE, bold=True, size=Size.LARGE)
    for line in address:
        yield Text(line, Align.CENTRE)
    yield Gap()
    if data.copy:
        yield Text(f"* {words.copy} *", Align.CENTRE, bold=True, size=Size.TALL)
        yield Gap()
    yield from _kind(data, words)
    yield Columns(data.at_local, f"{words.register} {data.register}")
    yield Columns(f"{words.receipt} {data.receipt_no}", data.currency)
    yield Rule()


def _kind(data: ReceiptData, words: ReceiptWords) -> Iterator[Element]:
    """What kind of paper it is, when it is no plain receipt."""
    if data.gift:
        yield Text(words.gift, Align.CENTRE, bold=True, size=Size.TALL)
        yield Gap()
    if data.reverses:
        yield Text(words.reverses.format(receipt=data.reverses), Align.CENTRE, bold=True)
        yield Gap()
    if data.invoice_no:
        title = words.credit_note if data.total_minor < 0 else words.invoice
        yield Text(title.format(number=data.invoice_no), bold=True, size=Size.TALL)
        yield Gap()
        if data.buyer:
            yield Text(words.buyer)
        yield from (Text(line, bold=True) for line in data.buyer)
        yield Gap()


def _lines(data: ReceiptData, words: ReceiptWords) -> Iterator[Element]:
    for line in data.lines:
        if data.gift:
            quantity = format_quantity(line.qty_milli) + ("" if line.unit == "each" else f" {line.unit}")
            yield Columns(line.name[:MAX_NAME_CHARS], quantity)
            continue
        before_minor = line.amount_minor - sum(cut.amount_minor for cut in line.cuts)
        yield Columns(line.name[:MAX_NAME_CHARS], format_minor(before_minor, data.currency))
        price = format_minor(line.unit_minor, data.currency)
        quantity = format_quantity(line.qty_milli)
        if line.unit != "each":
            yield Text(f"  {quantity} {line.unit} × {price}/{line.unit}")
        elif line.qty_milli != ONE:
            yield Text(f"  {quantity} × {price}")
        if line.back:
            of = words.returned_of.format(receipt=line.of_receipt) if line.of_receipt else words.returned
            yield Text(f"  {of}")
        for cut in line.cuts:
            yield Columns(f"  {_why(cut, words)}", format_minor(cut.amount_minor, data.currency))


def _why(cut: ReceiptCut, words: ReceiptWords) -> str:
    """ "3 for 2, until 2026-11-29", "Discount 10 %"."""
    said = " ".join(filter(None, (words.cuts.get(cut.rule, ""), cut.text)))[:MAX_NAME_CHARS]
    return ", ".join(filter(None, (said or cut.rule, words.until.format(when=cut.until) if cut.until else "")))


def _sums(data: ReceiptData, words: ReceiptWords) -> Iterator[Element]:
    total = words.refund if data.total_minor < 0 else words.total
    yield Columns(total, format_money(data.total_minor, data.currency), bold=True, size=Size.LARGE)
    yield Gap()
    for tender in data.tenders:
        kind = words.tenders.get(tender.kind, tender.kind)
        yield Columns(f"{kind} {tender.note}".strip(), format_minor(tender.given_minor, data.currency))
        yield from _left(tender, data, words)
    if data.rounding_minor:
        yield Columns(words.rounding, format_minor(data.rounding_minor, data.currency))
    if data.change_minor:
        yield Columns(words.change, format_minor(data.change_minor, data.currency), bold=True)
    yield Rule()
    if data.points_earned and not data.gift:
        yield Columns(words.earned, f"{data.points_earned:,}")
        if data.points_left is not None:
            yield Columns(words.points_left, f"{data.points_left:,}")
        yield Rule()


def _left(tender: ReceiptTender, data: ReceiptData, words: ReceiptWords) -> Iterator[Element]:
    parts: list[str] = []
    if tender.points:
        parts.append(words.points.format(count=tender.points))
    if tender.left_minor is not None:
        left = str(tender.left_minor) if tender.points else format_minor(tender.left_minor, data.currency)
        parts.append(words.left.format(amount=left))
    if parts:
        yield Text(f"  {', '.join(parts)}")


def _vouchers(data: ReceiptData, words: ReceiptWords) -> Iterator[Element]:
    for voucher in data.vouchers:
        yield Columns(words.tenders["store_credit"], format_money(voucher.amount_minor, data.currency), bold=True)
        yield Text(words.credit)
        yield Qr(f"OTG:{voucher.code}")
        yield Text(" ".join(voucher.code[n : n + 4] for n in range(0, len(voucher.code), 4)), Align.CENTRE)
        yield Rule()


def _taxes(data: ReceiptData, words: ReceiptWords) -> Iterator[Element]:
    if data.exempt_why:
        yield Text(words.exempt.format(why=words.exempt_whys.get(data.exempt_why, data.exempt_why)), bold=True)
        yield Text(words.certificate.format(number=data.exempt_no))
        yield Rule()
    if not data.taxes:
        return
    table: list[tuple[str, ...]] = [(words.rate, words.net, words.tax, words.gross)]
    for tax in data.taxes:
        net = tax.taxable_minor - (tax.tax_minor if tax.included else 0)
        figures = (net, tax.tax_minor, net + tax.tax_minor)
        table.append((tax_label(tax), *(format_minor(figure, data.currency) for figure in figures)))
    yield Table(tuple(table))
    yield Rule()


def tax_label(tax: ReceiptTax) -> str:
    """The name of a rate with its percentage once: "VAT 9 %"."""
    percent = f"{tax.rate_ppm / PPM_PER_PERCENT:g} %"
    figure = percent.removesuffix(" %")
    return tax.name if figure in tax.name else f"{tax.name} {percent}"


def _foot(data: ReceiptData, words: ReceiptWords) -> Iterator[Element]:
    sold = [line for line in data.lines if not line.back]
    count = sum(line.qty_milli // ONE if line.unit == "each" and line.qty_milli >= ONE else 1 for line in sold)
    items = words.item if count == 1 else words.items.format(count=count)
    if words.items_of:
        items = words.items_of(count)
    yield Columns(items if sold else "", f"{words.operator} {data.operator}" if data.operator else "")
    yield Gap()
    yield Qr(qr_text(data))
    yield Text(f"{data.receipt_no} · {data.short_hash}", Align.CENTRE)
    yield Gap()
    for line in data.footer or (words.returns,):
        yield Text(line, Align.CENTRE)


# ── lines of one width ───────────────────────────────────────────────────────────────────────────


def rows(document: ReceiptDocument, columns: int) -> Iterator[Row | Drawn]:
    """The document as lines of `columns` narrow characters. Large text counts double."""
    for element in document.elements:
        match element:
            case Text():
                yield from _text_rows(element, columns)
            case Columns():
                yield from _column_rows(element, columns)
            case Table():
                yield from _table_rows(element, columns)
            case Rule():
                yield Row(element.char * columns)
            case Gap():
                yield from (Row("") for _ in range(element.lines))
            case Qr():
                yield Qr(safe(element.data))
            case Barcode():
                yield Barcode(safe(element.data), element.kind)
            case Logo():
                yield element


def safe(text: str) -> str:
    """`text` without control, direction and private characters; white space becomes one space where it stood."""
    cleaned = "".join(" " if c.isspace() else c if _printable(c) else "" for c in text)
    return unicodedata.normalize("NFC", cleaned)


def width(text: str) -> int:
    """How many columns `text` takes: East Asian wide characters two, combining marks none."""
    return sum(0 if _sits_on_another(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def wrap(text: str, columns: int, max_lines: int = MAX_NAME_LINES) -> list[str]:
    """Lines of at most `columns`, broken at spaces where there are any; more than `max_lines` end in "…"."""
    lines: list[str] = []
    rest = text.rstrip()
    while rest and len(lines) < max_lines:
        line = _fitting(rest, columns)
        if len(line) < len(rest) and (at := line.rfind(" ")) > 0 and line[:at].strip() and rest[len(line)] != " ":
            line = line[:at]
        lines.append(line.rstrip())
        rest = rest[len(line) :].strip()
    if rest and lines:
        lines[-1] = _fitting(lines[-1], columns - 1) + ELLIPSIS
    return lines or [""]


def _text_rows(text: Text, columns: int) -> Iterator[Row]:
    size = text.size
    clean = safe(text.text)
    if size is Size.LARGE and width(clean) * 2 > columns:
        size = Size.TALL
    scale = 2 if size is Size.LARGE else 1
    for line in wrap(clean, columns // scale):
        yield Row(line, align=text.align, bold=text.bold, size=size)


def _column_rows(pair: Columns, columns: int) -> Iterator[Row]:
    left, right = safe(pair.left), safe(pair.right)
    if pair.size is Size.LARGE and 2 * (width(left) + width(right) + 1) > columns:
        yield from _column_rows(replace(pair, size=Size.TALL), columns)
        return
    room = columns // (2 if pair.size is Size.LARGE else 1)
    left_room = room - width(right) - 1 if right else room
    if left_room < MIN_LEFT_COLUMNS and width(left) > left_room:
        yield from (Row(line, bold=pair.bold, size=pair.size) for line in wrap(left, room))
        yield Row("", _fitting(right, room), bold=pair.bold, size=pair.size)
        return
    first, *more = wrap(left, left_room)
    yield Row(first, right, bold=pair.bold, size=pair.size)
    yield from (Row(line, bold=pair.bold, size=pair.size) for line in more)


def _table_rows(table: Table, columns: int) -> Iterator[Row]:
    lines = [tuple(safe(cell) for cell in line) for line in table.lines]
    label = max(width(line[0]) for line in lines)
    needed = [max(width(cell) + 1 for cell in column) for column in list(zip(*lines, strict=True))[1:]]
    others = len(needed)
    wide = max(*needed, min(columns // (others + 1), (columns - label) // others))
    widths = [wide] * others if label + others * wide <= columns else needed
    room = columns - sum(widths)
    if label > room:
        yield from _stacked(lines, columns)
        return
    ends = [room + sum(widths[: n + 1]) for n in range(others)]
    for first, *figures in lines:
        text = _pad(first, room) + "".join(map(_pad_left, figures, widths))
        yield Row(text, cells=((first, room), *zip(figures, ends, strict=True)))


def _stacked(lines: list[tuple[str, ...]], columns: int) -> Iterator[Row]:
    """A table too wide for the paper, one figure a line: no amount is ever cut."""
    head, *rest = lines
    for first, *figures in rest:
        yield from (Row(line) for line in wrap(first, columns))
        for heading, figure in zip(head[1:], figures, strict=True):
            yield from _column_rows(Columns(f"  {heading}", figure), columns)


def _pad(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


def _pad_left(text: str, columns: int) -> str:
    return " " * (columns - width(text)) + text


def _fitting(text: str, columns: int) -> str:
    """As much of the start of `text` as fits."""
    taken = 0
    for n, char in enumerate(text):
        taken += width(char)
        if taken > columns:
            return text[:n]
    return text


def _printable(char: str) -> bool:
    return char in ZERO_WIDTH_JOINERS or unicodedata.category(char) not in {"Cc", "Cf", "Co", "Cs", "Cn"}


def _sits_on_another(char: str) -> bool:
    return unicodedata.category(char) in {"Mn", "Me", "Cf"}
