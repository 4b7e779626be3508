"""The one transaction of a sale: number, sale, lines, tenders, journal entry and print job, or nothing at all."""

from collections.abc import Mapping

import msgspec

from pos_app.service.drawer_keeping import Owed, append_owed, note_sale, session_for_sale
from pos_app.service.earning import move_points
from pos_app.service.outcome import PaidSale
from pos_app.service.receipt import Paper, receipt_data
from pos_app.service.value_booking import NO_WALLET, Wallet, book
from pos_app.storage import customers_here, returns, sales, spool, waiting
from pos_app.storage.store import TillStore
from retail_core.domain.coupons import used
from retail_core.domain.drawer_totals import cash_back_minor
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import SaleCompleted, SoldLine, SoldTax
from retail_core.domain.ids import LineId, OperatorId
from retail_core.domain.loyalty import LoyaltyRules
from retail_core.domain.promotions.following import PREFIX
from retail_core.domain.roles import Role
from retail_core.domain.sale import Sale
from retail_core.domain.saledata import Totals
from retail_core.domain.saleline import SaleLine
from retail_core.domain.shared import SharedReturns
from retail_core.domain.sharing import tax_shares
from retail_core.domain.tender import GIVES_CHANGE, Tender
from retail_core.durable.engine import Connection

SHORT_HASH_CHARS = 8
COUPON_USED = "coupon.used"
"""In front of the rule of a reason that is a promotion's."""


class SoldBy(msgspec.Struct, frozen=True):
    """Who is at the till."""

    operator_id: OperatorId
    name: str
    role: Role


class Closing(msgspec.Struct, frozen=True):
    """What closes a sale besides its tenders: what cash was rounded by, what is known of cards and credit it names, and
    store credit it gives, whose numbers only the customer's paper keeps (id → number).
    """

    rounding_minor: int = 0
    wallet: Wallet = NO_WALLET
    vouchers: Mapping[str, str] = {}
    returns: Mapping[str, SharedReturns] = {}  # what of the receipts it names came back on any till of the store
    loyalty: LoyaltyRules | None = None  # by what its customer earns points; None: not at all


NOTHING_MORE = Closing()


def complete(
    store: TillStore,
    sale: Sale,
    operator: SoldBy,
    tenders: tuple[Tender, ...],
    paper: Paper | None,
    owed: Owed = (),
    closing: Closing = NOTHING_MORE,
) -> PaidSale:
    """Make the sale durable; `paper` is what is printed around it, or None for no receipt.

    `owed` are facts of this basket that could not be written before; they go into the same transaction.
    """
    sold = tuple(line for line in sale if not line.voided)
    totals = sale.totals
    with store.unit() as conn:
        session_for_sale(store, operator.operator_id)
        append_owed(store, owed)
        number = store.next_receipt()
        receipt = number.text
        stamp = store.stamp(operator.operator_id)
        event = sold_event(sale, sold, totals, tenders, receipt, operator.operator_id, closing.rounding_minor)
        entry = store.append_at(event, stamp).entry
        sales.put_sale(
            conn, event, number, sold, event_id=entry.id, biz_date=stamp.biz_date, at_ms=stamp.at,
            operator_id=operator.operator_id, book=sale.book,
        )  # fmt: skip
        returns.note_returns(conn, event.lines, receipt, closing.returns, store.journal.node)
        note_sale(store, event, number, stamp.at)
        left = book(
            store, event, {line.card: line.label for line in sold if line.card}, closing.wallet, operator.operator_id
        )
        points = move_points(store, event, closing.loyalty, closing.wallet, operator.operator_id)
        _use_coupons(conn, event)
        short_hash = entry.entry_hash.hex()[:SHORT_HASH_CHARS]
        if paper is not None:
            document = receipt_data(
                event, sold, paper, at_ms=stamp.at, zone=store.zone, operator=operator.name,
                register=store.config.register, short_hash=short_hash, left=left, vouchers=closing.vouchers,
                points=points,
            )  # fmt: skip
            spool.put_job(conn, spool.RECEIPT, receipt, msgspec.json.encode(document), stamp.at)
        waiting.forget(conn, sale.sale_id)
    return PaidSale(
        sale.sale_id, receipt, event.total_minor, sum(tender.given_minor for tender in tenders), event.change_minor,
        sale.currency, sold, stamp.at, short_hash,
        cash=event.change_minor > 0 or any(tender.kind in GIVES_CHANGE for tender in tenders),
        points=points, cash_back=any(map(cash_back_minor, tenders)),
    )  # fmt: skip


def sold_event(
    sale: Sale,
    sold: tuple[SaleLine, ...],
    totals: Totals,
    tenders: tuple[Tender, ...],
    receipt: str,
    finished_by: str = "",
    rounding_minor: int = 0,
) -> SaleCompleted:
    """The fact of a paid sale, every tax shared over its lines to the cent."""
    shares = tax_shares(sold, totals.taxes, sale.tax_rounding)
    given = sum(tender.given_minor for tender in tenders)
    return SaleCompleted(
        sale.sale_id, receipt, sale.currency,
        tuple([_sold_line(n, line, shares, finished_by) for n, line in enumerate(sold, start=1)]),
        totals.taxes, tenders, totals.due_minor, given - sum(tender.amount_minor for tender in tenders),
        rounding_minor,
        customer=sale.customer.customer_id if sale.customer else None,
        tier=sale.customer.tier if sale.customer else "", coupons=used(sale.coupons, _promos(sold)) if sale.coupons else (),
        exempt=sale.exempt,
    )  # fmt: skip


def _promos(sold: tuple[SaleLine, ...]) -> frozenset[str]:
    """Every promotion that took something off."""
    return frozenset(reason.rule.removeprefix(PREFIX) for line in sold for reason in line.reasons)


def _use_coupons(conn: Connection, event: SaleCompleted) -> None:
    """A code of a single print is used once. Raises RuleViolationError `coupon.used`; then nothing is written."""
    for coupon in event.coupons:
        if not coupon.serial:
            continue
        if customers_here.coupon_used(conn, coupon.code, coupon.serial):
            raise RuleViolationError(COUPON_USED, coupon=coupon.code)
        customers_here.use_coupon(conn, coupon.code, coupon.serial, event.sale_id)


def _sold_line(n: int, line: SaleLine, shares: Mapping[tuple[LineId, str], int], finished_by: str) -> SoldLine:
    more = tuple([SoldTax(rate.tax_class, shares.get((line.line_id, rate.tax_class), 0)) for rate in line.more_taxes])
    return SoldLine(
        n, line.sku, line.qty_milli, line.unit_minor, line.amount_minor, line.tax.tax_class,
        shares.get((line.line_id, line.tax.tax_class), 0), line.gtin, line.book, line.reasons, more,
        line.lot, line.serial, line.epc, line.expiry, line.back, line.sort, "" if line.by == finished_by else line.by,
        line.card, line.filled, line.taken.receipt or line.taken.till if line.taken and line.taken.agreed else "",
    )  # fmt: skip
