"""What a receipt says, taken from a completed sale; how it looks is the business of `pos_app.receipts`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from pos_app.receipts.facts import ReceiptCut, ReceiptData, ReceiptLine, ReceiptTax, ReceiptTender, ReceiptVoucher
from pos_app.service.earning import NO_POINTS, PointsMoved
from retail_core.domain.events import SaleCompleted
from retail_core.domain.money import format_minor
from retail_core.domain.returns import ReturnReason
from retail_core.domain.saleline import SaleLine
from retail_core.domain.tender import Tender


class Paper(msgspec.Struct, frozen=True):
    """What the store has printed around every sale."""

    header: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()
    language: str = ""
    """The customer's, or the store's."""


def receipt_data(
    event: SaleCompleted,
    sold: tuple[SaleLine, ...],
    paper: Paper,
    *,
    at_ms: int,
    zone: ZoneInfo,
    operator: str,
    register: str,
    short_hash: str,
    left: Mapping[str, int] = {},
    vouchers: Mapping[str, str] = {},
    points: PointsMoved = NO_POINTS,
) -> ReceiptData:
    """The receipt of a sale, in the store's local time. `left`: what cards and credit it names are still worth;
    `vouchers`: the numbers of store credit given with it.
    """
    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)
    names = {(rate.tax_class, rate.rate_ppm): rate.name for line in sold for rate in line.taxes}
    undone = {line.back.receipt for line in sold if line.back and line.back.reason is ReturnReason.POST_VOID}
    return ReceiptData(
        reverses=undone.pop() if undone else "",
        header=paper.header,
        footer=paper.footer,
        receipt_no=event.receipt,
        at_local=local.replace(tzinfo=None).isoformat(" ", "minutes"),
        operator=operator,
        register=register,
        currency=event.currency,
        lines=tuple([_line(line, made.amount_minor) for line, made in zip(sold, event.lines, strict=True)]),
        taxes=tuple(
            ReceiptTax(
                names[part.tax_class, part.rate_ppm], part.rate_ppm, part.included, part.taxable_minor, part.tax_minor
            )
            for part in event.taxes
        ),
        tenders=tuple(_tender(tender, left) for tender in event.tenders),
        total_minor=event.total_minor,
        change_minor=event.change_minor,
        short_hash=short_hash,
        language=paper.language,
        rounding_minor=event.rounding_minor,
        exempt_why=event.exempt.reason if event.exempt else "",
        exempt_no=event.exempt.certificate if event.exempt else "",
        points_earned=points.earned,
        points_left=points.left,
        vouchers=tuple(
            ReceiptVoucher(-tender.amount_minor, vouchers[tender.reference])
            for tender in event.tenders
            if tender.reference in vouchers
        ),
    )


def _tender(tender: Tender, left: Mapping[str, int]) -> ReceiptTender:
    card = f"••{tender.tail}" if tender.tail else ""
    foreign = tender.foreign
    note = f"{foreign.currency} {format_minor(foreign.given_minor, foreign.currency)}" if foreign else card
    return ReceiptTender(tender.kind.value, tender.given_minor, note, left.get(tender.reference), tender.points)


def _line(line: SaleLine, amount_minor: int) -> ReceiptLine:
    of_receipt = line.back.receipt if line.back else ""
    cuts = () if line.back or not line.reasons else tuple(
        ReceiptCut(reason.rule, reason.text, reason.amount_minor, reason.until)
        for reason in line.reasons
        if reason.amount_minor
    )  # fmt: skip
    return ReceiptLine(
        line.name,
        line.qty_milli,
        line.unit_minor,
        amount_minor,
        line.unit,
        line.back is not None,
        of_receipt,
        cuts,
        line.label if line.card else "",
    )
