"""What stands on a receipt and where: facts in, a document out. No paper, no printer, no screen."""

import re
from collections.abc import Iterator
from dataclasses import replace

from pos_app.receipts.document import (
    MAX_NAME_CHARS,
    Align,
    Columns,
    Element,
    Gap,
    Qr,
    ReceiptDocument,
    Rule,
    Size,
    Table,
    Text,
)
from pos_app.receipts.facts import (
    ENGLISH,
    ReceiptCut,
    ReceiptData,
    ReceiptLine,
    ReceiptTender,
    ReceiptWords,
)
from retail_core.domain.money import format_minor, format_money
from retail_core.domain.quantity import ONE, format_quantity

PPM_PER_PERCENT = 10_000


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
        if data.issued_on:
            yield Text(words.issued.format(date=data.issued_on))
        yield Gap()
        if data.buyer:
            yield Text(words.buyer)
        yield from (Text(line, bold=True) for line in data.buyer)
        yield Gap()


def _lines(data: ReceiptData, words: ReceiptWords) -> Iterator[Element]:
    for line in data.lines:
        if data.gift:
            quantity = format_quantity(line.qty_milli) + ("" if line.unit == "each" else f" {line.unit}")
            yield Columns(_name(line, words), quantity)
            continue
        before_minor = line.amount_minor - sum(cut.amount_minor for cut in line.cuts)
        yield Columns(_name(line, words), format_minor(before_minor, data.currency))
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
        table.append((with_rate(tax.name, tax.rate_ppm), *(format_minor(figure, data.currency) for figure in figures)))
    yield Table(tuple(table))
    yield Rule()


def _name(line: ReceiptLine, words: ReceiptWords) -> str:
    name = f"{words.tenders['gift_card']} ••{line.card}" if line.card else line.name
    return name[:MAX_NAME_CHARS]


def with_rate(name: str, rate_ppm: int) -> str:
    """The name of a rate with its percentage once: "VAT 9 %", of two rates of one name too."""
    percent = f"{rate_ppm / PPM_PER_PERCENT:g}"
    said = re.search(rf"(?<![\d.,]){percent.replace('.', '[.,]')}(?![.,]?\d)", name)
    return name if said else f"{name} {percent} %"


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
