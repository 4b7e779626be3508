"""Running totals of a drawer session: each fact is added once, in the transaction that writes it."""

from collections.abc import Iterable

import msgspec

from retail_core.domain.drawer import MoveKind, ReceiptRange, SessionTotals, Tally, TaxTally
from retail_core.domain.events import AuditNoted, SaleCompleted
from retail_core.domain.tax import EXEMPT_RULE
from retail_core.domain.tender import Tender, TenderKind

_NONE = Tally()


def with_sale(totals: SessionTotals, sale: SaleCompleted, receipt: ReceiptRange, hour: int) -> SessionTotals:
    """Add a paid sale. `receipt` is its number alone, `hour` the local hour it was paid in."""
    returned, returns_minor, cuts, cut_minor = 0, 0, 0, 0
    for line in sale.lines:
        if line.back is not None:
            returned += 1
            returns_minor += line.amount_minor
            continue
        for reason in line.reasons:
            if reason.amount_minor < 0 and reason.rule != EXEMPT_RULE:
                cuts += 1
                cut_minor += reason.amount_minor
    tenders = dict(totals.tenders)
    for tender in sale.tenders:
        back_minor = cash_back_minor(tender)
        tenders[tender.kind.value] = tenders.get(tender.kind.value, _NONE).plus(tender.amount_minor + back_minor)
        if back_minor:
            tenders[TenderKind.CASH.value] = tenders.get(TenderKind.CASH.value, _NONE).plus(-back_minor)
    taxes = dict(totals.taxes)
    for part in sale.taxes:
        key = f"{part.tax_class}@{part.rate_ppm}"
        known = taxes.get(key)
        taxes[key] = TaxTally(
            part.tax_class, part.rate_ppm, part.included,
            part.taxable_minor + (known.taxable_minor if known else 0), part.tax_minor + (known.tax_minor if known else 0),
        )  # fmt: skip
    at = f"{hour:02d}"
    hours = {**totals.hours, at: totals.hours.get(at, _NONE).plus(sale.total_minor)}
    return msgspec.structs.replace(
        totals,
        sales=totals.sales.plus(sale.total_minor),
        returns=totals.returns.plus(returns_minor, returned),
        discounts=totals.discounts.plus(cut_minor, cuts),
        cash_minor=totals.cash_minor + cash_left_in_drawer(sale),
        rounding_minor=totals.rounding_minor + sale.rounding_minor,
        taxes=taxes,
        tenders=tenders,
        hours=hours,
        receipts=_joined((*totals.receipts, receipt)),
    )


def cash_back_minor(tender: Tender) -> int:
    """What was charged to a card above the sale and paid out in cash."""
    return tender.given_minor - tender.amount_minor if tender.kind is TenderKind.CARD else 0


def cash_left_in_drawer(sale: SaleCompleted) -> int:
    """Cash taken less all change given, whatever the change was given on. Less than zero when money went back."""
    given = sum(tender.given_minor for tender in sale.tenders if tender.kind is TenderKind.CASH)
    return given - sale.change_minor


def with_note(totals: SessionTotals, note: AuditNoted) -> SessionTotals:
    """Add what a report counts of the audit notes; others change nothing."""
    match note.what:
        case "line_voided":
            return msgspec.structs.replace(totals, voided_lines=totals.voided_lines.plus(note.amount_minor))
        case "sale_voided":
            return msgspec.structs.replace(totals, voided_sales=totals.voided_sales.plus(note.amount_minor))
        case "receipt_reprinted":
            return msgspec.structs.replace(totals, reprints=totals.reprints + 1)
        case _:
            return totals


def with_move(totals: SessionTotals, kind: MoveKind, amount_minor: int) -> SessionTotals:
    """Add a movement."""
    moves = {**totals.moves, kind.value: totals.moved(kind).plus(amount_minor)}
    return msgspec.structs.replace(totals, moves=moves)


def added_up(all_totals: Iterable[SessionTotals]) -> SessionTotals:
    """Several sessions as one: the close of a day."""
    whole = SessionTotals()
    for one in all_totals:
        whole = SessionTotals(
            _both(whole.sales, one.sales),
            _both(whole.returns, one.returns),
            _both(whole.discounts, one.discounts),
            _both(whole.voided_lines, one.voided_lines),
            _both(whole.voided_sales, one.voided_sales),
            whole.reprints + one.reprints,
            whole.cash_minor + one.cash_minor,
            whole.rounding_minor + one.rounding_minor,
            _taxes(whole.taxes, one.taxes),
            _tallies(whole.tenders, one.tenders),
            _tallies(whole.moves, one.moves),
            _tallies(whole.hours, one.hours),
            _joined((*whole.receipts, *one.receipts)),
        )
    return whole


def _both(left: Tally, right: Tally) -> Tally:
    return Tally(left.count + right.count, left.minor + right.minor)


def _tallies(left: dict[str, Tally], right: dict[str, Tally]) -> dict[str, Tally]:
    return {key: _both(left.get(key, _NONE), right.get(key, _NONE)) for key in sorted({*left, *right})}


def _taxes(left: dict[str, TaxTally], right: dict[str, TaxTally]) -> dict[str, TaxTally]:
    found = dict(left)
    for key, tax in right.items():
        known = found.get(key)
        found[key] = (
            msgspec.structs.replace(
                tax,
                taxable_minor=tax.taxable_minor + known.taxable_minor,
                tax_minor=tax.tax_minor + known.tax_minor,
            )
            if known
            else tax
        )
    return found


def _joined(ranges: Iterable[ReceiptRange]) -> tuple[ReceiptRange, ...]:
    """One range a series, in the order the series came up."""
    found: dict[str, ReceiptRange] = {}
    for one in ranges:
        known = found.get(one.series)
        if known is None:
            found[one.series] = one
        else:
            low = min(known, one, key=lambda each: each.first)
            end = max(known, one, key=lambda each: each.last)
            found[one.series] = ReceiptRange(one.series, low.first, end.last, low.first_text, end.last_text)
    return tuple(found.values())
