"""What a killed till's own books must agree on: every figure beside a sale is that of the sales that are there, each once."""

from collections import Counter
from collections.abc import Sequence

from pos_app.storage import drawer
from retail_core.domain.customers import Consent, Customer, Purpose
from retail_core.domain.drawer import Tally
from retail_core.domain.events import Event, SaleCompleted
from retail_core.domain.ids import CustomerId
from retail_core.domain.loyalty import LoyaltyRules, earned_by, points_of
from retail_core.domain.promotions.model import AmountOff, Promotion
from retail_core.domain.tender import TenderKind
from retail_core.domain.value import Instrument, ValueFact, ValueKind, ValueMoved, instrument_of
from retail_core.durable.engine import Connection
from retail_core.trust.coupons import CouponPrint, issue_coupon
from tests.support.shop import Shop, row

GIFT_CODE = "OTG:7QK2-M9XD-4821"
GIFT, TAIL = instrument_of(GIFT_CODE)
PLENTY_MINOR = 10_000_000
LOYALTY_CARD = "OTL:2600001"
JORDAN = Customer(
    CustomerId("c-1"), "Jordan Lee", cards=("2600001",), consents=(Consent(Purpose.LOYALTY, True, "loyalty/1", 1),)
)
RULES = LoyaltyRules(earn_points=1)
COUPON = Promotion("P-once", "0.20 off", AmountOff(20), coupon="SPRING")
COUPONS_A_ROUND = 6
ENOUGH = 60  # sales, after which each of these must have happened
COUPON_FILE = "coupons.txt"


def equip(shop: Shop, rounds: int) -> None:
    """A customer, a gift card with plenty on it, and coupons of which each print may be used once."""
    card = Instrument(GIFT, ValueKind.GIFT_CARD, PLENTY_MINOR, "EUR", offline_limit=PLENTY_MINOR, as_of_ms=1, tail=TAIL)
    shop.set_rules(loyalty=RULES)
    shop.put_rows(row("customer", "c-1", JORDAN), row("instrument", GIFT, card), row("promotion", "P-once", COUPON))
    codes = (issue_coupon(shop.hq_key, CouponPrint("SPRING", f"s-{n}", 0)) for n in range(rounds * COUPONS_A_ROUND))
    (shop.home.folder / COUPON_FILE).write_text("\n".join(codes))


def check_books(conn: Connection, register: str, events: Sequence[Event]) -> None:
    """Raises AssertionError."""
    sales = [event for event in events if isinstance(event, SaleCompleted)]
    moved = [event for event in events if isinstance(event, ValueMoved)]
    check_drawer(conn, register, sales)
    paid_by_card = {
        sale.sale_id: tender.amount_minor
        for sale in sales
        for tender in sale.tenders
        if tender.kind is TenderKind.GIFT_CARD
    }
    assert {move.sale_id: move.amount for move in moved if move.what is ValueFact.REDEEMED} == paid_by_card
    due = {sale.sale_id: earned_by(sale, RULES) for sale in sales if sale.customer}
    earned = {move.sale_id: move.amount for move in moved if move.what is ValueFact.LOADED}
    assert earned == {sale_id: points for sale_id, points in due.items() if points}
    left = dict(conn.execute("SELECT instrument, sum(delta) FROM value_move GROUP BY instrument").fetchall())
    expected = {GIFT: -sum(paid_by_card.values()), points_of(JORDAN.customer_id): sum(earned.values())}
    assert left == {ref: amount for ref, amount in expected.items() if amount}
    assert len(moved) == conn.execute("SELECT count(*) FROM value_move").fetchone()[0]
    used = Counter((coupon.code, coupon.serial) for sale in sales for coupon in sale.coupons)
    assert set(used.values()) <= {1}
    if len(sales) > ENOUGH:
        assert paid_by_card
        assert earned
        assert used
    assert set(used) == set(conn.execute("SELECT code, serial FROM coupon_use").fetchall())


def check_drawer(conn: Connection, register: str, sales: Sequence[SaleCompleted]) -> None:
    """One session, never closed: its running totals are those of all sales."""
    session = drawer.read_open(conn, register)
    if session is None:
        assert not sales
        return
    totals = session.totals
    assert totals.sales == Tally(len(sales), sum(sale.total_minor for sale in sales))
    tenders = [tender for sale in sales for tender in sale.tenders]
    for kind in {tender.kind for tender in tenders}:
        of_kind = [tender.amount_minor for tender in tenders if tender.kind is kind]
        assert totals.tenders[kind.value] == Tally(len(of_kind), sum(of_kind))
    given = sum(tender.given_minor for tender in tenders if tender.kind is TenderKind.CASH)
    assert totals.cash_minor == given - sum(sale.change_minor for sale in sales)
