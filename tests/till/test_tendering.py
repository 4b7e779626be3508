"""Every way to pay at a till without a screen: mixed, rounded, foreign, by card of the shop, and never twice."""

from collections.abc import Iterator

import msgspec
import pytest

from pos_app.service.instruments import Found
from pos_app.service.outcome import Outcome, OutcomeKind, PaidSale
from pos_app.service.tendering import Points
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import Event, SaleCompleted
from retail_core.domain.ids import InstrumentId
from retail_core.domain.stock import movements_of
from retail_core.domain.tender import ForeignRate, TenderKind, TenderRules
from retail_core.domain.value import Instrument, InstrumentState, ValueFact, ValueKind, ValueMoved, instrument_of
from retail_core.durable import link
from retail_core.durable.engine import open_ro, open_rw, transaction
from retail_core.durable.settings import SettingsDoc
from retail_core.wire.events import decode_event
from tests.support.shop import ITEMS, STORE, ZONE, AtTill, ManualClock, Shop, at_till, make_shop, row

MILK, CHICKEN = ITEMS[0], ITEMS[1]  # 1.19 and 6.49
CODE = "OTG:7QK2-M9XD-4821"
CARD, TAIL = instrument_of(CODE)
GIFT = Instrument(CARD, ValueKind.GIFT_CARD, 5000, "EUR", offline_limit=500, as_of_ms=ManualClock.wall_ms, tail=TAIL)
STREAM = "node-T1/"


@pytest.fixture
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("till"))


@pytest.fixture
def at(shop: Shop) -> Iterator[AtTill]:
    with at_till(shop, ManualClock()) as opened:
        yield opened.sign_in()


def bring(shop: Shop, *known: Instrument) -> None:
    """What HQ publishes arrives."""
    shop.put_rows(*(row("instrument", one.instrument, one) for one in known))


def heard_from_hq(shop: Shop) -> None:
    """HQ has been heard of this moment."""
    conn = open_rw(shop.home.link_db, shop.home.keys.file_key("link.db"))
    with transaction(conn):
        link.put_status(conn, link.LinkStatusDoc(feed_contact_ms=ManualClock.wall_ms))
    conn.close()


def rule(shop: Shop, tenders: TenderRules | None = None, coin_minor: int = 0) -> None:
    doc = SettingsDoc(
        STORE,
        "Store 319",
        "EUR",
        ZONE,
        "Europe/Berlin",
        cash_rounding_minor=coin_minor,
        tenders=tenders or TenderRules(),
    )
    shop.put_rows(row("settings", "store", doc))


def journal(shop: Shop) -> list[Event]:
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    found = [decode_event(*entry) for entry in conn.execute("SELECT type, v, body FROM event ORDER BY seq")]
    conn.close()
    return found


def moves(shop: Shop) -> list[tuple[str, int]]:
    return [(event.what.value, event.amount) for event in journal(shop) if isinstance(event, ValueMoved)]


def sold(shop: Shop) -> SaleCompleted:
    return [event for event in journal(shop) if isinstance(event, SaleCompleted)][-1]


def find(at: AtTill, code: str = CODE) -> Found:
    return at.done(lambda done, failed: at.till.instruments.find(code, done, failed))


def pay(at: AtTill, found: Found, amount_minor: int) -> PaidSale | None:
    """None while something is left."""
    tendering = at.till.tendering
    return at.done(lambda done, failed: tendering.pay_value(found, amount_minor, lambda: done(None), done, failed))


def refused(code: str, call: object) -> RuleViolationError:
    assert callable(call)
    with pytest.raises(RuleViolationError) as error:
        call()
    assert error.value.code == code
    return error.value


# ── cash ─────────────────────────────────────────────────────────────────────────────────────────


def test_only_the_cash_is_rounded_and_the_difference_is_a_figure_of_its_own(at: AtTill, shop: Shop) -> None:
    rule(shop, coin_minor=5)
    bring(shop, GIFT)
    at.scan(CHICKEN.code)
    assert at.till.paying.cash_due() == 650
    pay(at, find(at), 100)
    assert (at.sale.left_minor, at.till.paying.cash_due()) == (549, 550)
    paid = at.pay_cash(1000)
    event = sold(shop)
    assert (paid.total_minor, paid.change_minor) == (649, 450)
    assert (event.total_minor, event.rounding_minor) == (649, 1)
    assert sum(tender.amount_minor for tender in event.tenders) == event.total_minor + event.rounding_minor


def test_a_sum_no_coins_make_is_said_so(at: AtTill, shop: Shop) -> None:
    rule(shop, coin_minor=5)
    at.scan(MILK.code)
    refused("cash.no_such_coin", lambda: at.pay_cash(121))
    assert at.pay_cash(120).change_minor == 0


def test_cash_in_part_and_the_rest_by_another_way(at: AtTill, shop: Shop) -> None:
    bring(shop, GIFT)
    at.scan(CHICKEN.code)
    tendering = at.till.tendering
    at.done(lambda done, failed: tendering.pay_cash_part(500, lambda: done(True), failed))
    refused("tender.over", lambda: at.done(lambda d, f: tendering.pay_cash_part(149, lambda: d(True), f)))
    paid = pay(at, find(at), 149)
    assert paid is not None
    assert paid.cash
    assert [(t.kind, t.amount_minor) for t in sold(shop).tenders] == [
        (TenderKind.CASH, 500),
        (TenderKind.GIFT_CARD, 149),
    ]


def test_a_tender_can_be_taken_off_again_and_has_moved_nothing(at: AtTill, shop: Shop) -> None:
    bring(shop, GIFT)
    at.scan(CHICKEN.code)
    pay(at, find(at), 300)
    at.till.tendering.undo(CARD)
    assert at.sale.left_minor == CHICKEN.price_minor
    refused("tender.not_taken", lambda: at.till.tendering.undo(CARD))
    at.pay_cash(700)
    assert moves(shop) == []


# ── foreign money ────────────────────────────────────────────────────────────────────────────────


def test_dollars_are_taken_at_the_stores_rate_and_the_change_is_its_own_money(at: AtTill, shop: Shop) -> None:
    rule(shop, TenderRules(foreign=(ForeignRate("USD", 920_000),)))
    at.scan(CHICKEN.code)
    tendering = at.till.tendering
    paid = at.done(lambda done, failed: tendering.pay_foreign("USD", 2000, lambda: done(None), done, failed))
    assert (paid.given_minor, paid.change_minor, paid.cash) == (1840, 1191, True)
    (tender,) = sold(shop).tenders
    assert tender.foreign is not None
    assert (tender.amount_minor, tender.foreign.given_minor, tender.foreign.rate) == (649, 2000, 920_000)
    at.scan(MILK.code)
    refused("tender.no_rate", lambda: at.done(lambda d, f: tendering.pay_foreign("CHF", 2000, lambda: d(None), d, f)))


def test_too_few_dollars_are_a_part_and_coins_that_are_none_are_not_paid_out(at: AtTill, shop: Shop) -> None:
    rule(shop, TenderRules(foreign=(ForeignRate("USD", 920_000),)), coin_minor=5)
    at.scan(CHICKEN.code)
    tendering = at.till.tendering
    assert at.done(lambda done, failed: tendering.pay_foreign("USD", 500, lambda: done(None), done, failed)) is None
    assert at.sale.left_minor == 189
    paid = at.done(lambda done, failed: tendering.pay_foreign("USD", 300, lambda: done(None), done, failed))
    assert paid.change_minor == 85  # 3 dollars are 2.76, in coins 2.75; 1.90 were due
    assert sold(shop).rounding_minor == 1


# ── gift cards, credit, points, accounts ─────────────────────────────────────────────────────────


def test_a_gift_card_pays_in_one_transaction_with_the_sale(at: AtTill, shop: Shop) -> None:
    bring(shop, GIFT)
    heard_from_hq(shop)
    at.scan(CHICKEN.code)
    found = find(at, "7qk2 m9xd 4821")
    assert (found.left.amount, found.age_ms) == (5000, 0)
    paid = pay(at, found, 649)
    assert paid is not None
    assert moves(shop) == [("redeemed", 649)]
    assert find(at).left.amount == 4351
    assert b"7QK2" not in msgspec.json.encode([msgspec.to_builtins(event) for event in journal(shop)])


def test_without_hq_only_what_it_granted_is_taken_and_own_spending_counts(at: AtTill, shop: Shop) -> None:
    bring(shop, GIFT)
    at.scan(CHICKEN.code)
    found = find(at)
    assert (found.left.amount, found.left.bounded) == (500, True)
    assert refused("value.over_bound", lambda: pay(at, found, 649)).facts["left_minor"] == 500
    pay(at, found, 400)
    at.pay_cash(1000)
    assert find(at).left.amount == 100
    bring(shop, msgspec.structs.replace(GIFT, balance=4600, seen={stream_of(shop): 99}))
    assert find(at).left.amount == 500


def stream_of(shop: Shop) -> str:
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    ((stream,),) = conn.execute("SELECT DISTINCT stream FROM value_move").fetchall()
    conn.close()
    return str(stream)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"state": InstrumentState.LOCKED}, "value.locked"),
        ({"state": InstrumentState.INACTIVE}, "value.inactive"),
        ({"expires": "2025-11-23"}, "value.expired"),
        ({"currency": "CHF"}, "value.other_currency"),
        ({"balance": 0}, "value.nothing_left"),
    ],
)
def test_a_card_that_cannot_pay_says_why_and_changes_nothing(
    at: AtTill, shop: Shop, changes: dict[str, object], code: str
) -> None:
    bring(shop, msgspec.structs.replace(GIFT, **changes))
    at.scan(MILK.code)
    refused(code, lambda: pay(at, find(at), 119))
    assert (at.sale.tenders, at.pay_cash(119).change_minor) == ((), 0)


def test_a_card_nobody_knows(at: AtTill) -> None:
    refused("value.unknown", lambda: find(at))
    refused("value.bad_code", lambda: find(at, "42"))


def test_a_card_locked_while_the_sale_was_open_is_not_charged(at: AtTill, shop: Shop) -> None:
    bring(shop, GIFT)
    at.scan(CHICKEN.code)
    pay(at, find(at), 400)
    bring(shop, msgspec.structs.replace(GIFT, state=InstrumentState.LOCKED))
    refused("value.locked", lambda: at.pay_cash(1000))
    assert (at.sale.left_minor, moves(shop)) == (249, [])
    at.till.tendering.undo(CARD)
    at.pay_cash(1000)


def test_one_card_pays_once_in_a_sale(at: AtTill, shop: Shop) -> None:
    bring(shop, GIFT)
    at.scan(CHICKEN.code)
    pay(at, find(at), 100)
    refused("tender.twice", lambda: pay(at, find(at), 100))


def test_points_are_counted_as_points_and_pay_as_money(at: AtTill, shop: Shop) -> None:
    points = Instrument(InstrumentId("p-1"), ValueKind.POINTS, 1240, "PTS", offline_limit=1000)
    bring(shop, points)
    at.scan(CHICKEN.code)
    found = at.done(lambda done, failed: at.till.instruments.find_by_id(points.instrument, done, failed))
    refused("tender.no_points", lambda: pay(at, found, 649))
    at.till.tendering.points = lambda: Points(points.instrument, 100, 200)
    refused("points.over_bound", lambda: pay(at, found, 501))  # 1,002 points
    pay(at, found, 500)
    at.pay_cash(149)
    assert moves(shop) == [("redeemed", 1000)]
    assert (sold(shop).tenders[0].kind, sold(shop).tenders[0].points) == (TenderKind.POINTS, 1000)
    assert points_worth() == [(0, 0), (1, 2), (2, 4), (33, 66)]


def points_worth() -> list[tuple[int, int]]:
    rate = Points(InstrumentId("p"), 1, 2)
    return [(rate.worth_minor(points), rate.needed(rate.worth_minor(points))) for points in (1, 3, 5, 67)]


def test_an_account_is_charged_up_to_its_limit(at: AtTill, shop: Shop) -> None:
    account, tail = instrument_of("ACME-0001")
    bring(shop, Instrument(account, ValueKind.ACCOUNT, 1000, "EUR", offline_limit=1000, tail=tail))
    at.scan(CHICKEN.code)
    pay(at, find(at, "ACME-0001"), 649)
    at.scan(CHICKEN.code)
    refused("account.over_limit", lambda: pay(at, find(at, "ACME-0001"), 649))


def test_change_as_store_credit_is_on_paper_once_and_buys_at_this_till_at_once(at: AtTill, shop: Shop) -> None:
    at.scan(CHICKEN.code)
    tendering = at.till.tendering
    refused("tender.too_little", lambda: at.done(lambda d, f: tendering.give_credit(d, f, 649)))
    at.done(lambda done, failed: tendering.give_credit(done, failed, 1000, print_receipt=False))
    assert moves(shop) == [("issued", 351)]
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    (document,) = conn.execute("SELECT document FROM spool").fetchone()
    conn.close()
    (voucher,) = msgspec.json.decode(document)["vouchers"]
    assert voucher["amount_minor"] == 351
    at.scan(MILK.code)
    found = find(at, voucher["code"])
    assert (found.known.kind, found.left.amount, found.age_ms) == (ValueKind.STORE_CREDIT, 351, None)
    pay(at, found, 119)
    assert find(at, voucher["code"]).left.amount == 232


def test_a_sale_that_could_not_be_written_takes_nothing_from_a_card(at: AtTill, shop: Shop) -> None:
    """Every fact of value is in the sale's transaction: the second use of the same balance finds nothing written."""
    bring(shop, GIFT)
    at.scan(CHICKEN.code)
    found = find(at)
    pay(at, found, 500)
    at.pay_cash(1000)
    at.scan(CHICKEN.code)
    pay(at, found, 500)  # found before the first sale: what it says is old by now
    refused("value.over_bound", lambda: at.pay_cash(1000))
    assert moves(shop) == [("redeemed", 500)]
    assert [event.what for event in journal(shop) if isinstance(event, ValueMoved)] == [ValueFact.REDEEMED]


def test_a_part_can_be_taken_back_while_a_line_waits_for_somebody(at: AtTill, shop: Shop) -> None:
    """Else neither the line nor the part could ever come off."""
    bring(shop, GIFT)
    at.scan(CHICKEN.code)
    pay(at, find(at), 500)
    at.scan("4006381333931")  # nobody knows it
    refused("sale.pending_lines", lambda: at.pay_cash(149))
    at.till.tendering.undo(at.sale.tenders[0].reference)
    assert at.sale.tenders == ()
    refused("tender.not_taken", lambda: at.till.tendering.undo("gone"))


# ── selling gift cards ───────────────────────────────────────────────────────────────────────────


def sell_card(at: AtTill, amount_minor: int, code: str = CODE) -> Outcome:
    selling = at.till.card_selling
    card = at.done(lambda done, failed: selling.offer(code, done, failed))
    return selling.sell(card, amount_minor, "Gutschein")


def test_a_card_on_the_shelf_becomes_money_when_its_sale_is_paid(at: AtTill, shop: Shop) -> None:
    bring(shop, msgspec.structs.replace(GIFT, balance=0, state=InstrumentState.INACTIVE))
    at.scan(MILK.code)
    assert sell_card(at, 99).code == "card.amount"
    assert sell_card(at, 2500).kind is OutcomeKind.ADDED
    refused("card.on_sale", lambda: sell_card(at, 2500))
    line = at.sale.lines[-1]
    assert (line.takes_discount, at.sale.totals.due_minor) == (False, 2619)
    assert at.till.selling.change_selected(1).code == "card.one_amount"
    assert at.till.selling.void_line(line.line_id).kind is OutcomeKind.CHANGED
    sell_card(at, 3000)
    at.pay_cash(5000)
    event = sold(shop)
    assert [(t.tax_class, t.taxable_minor, t.tax_minor) for t in event.taxes if t.tax_class == "untaxed"] == [
        ("untaxed", 3000, 0)
    ]
    assert moves(shop) == [("issued", 3000)]
    assert [movement.sku for movement in movements_of(event)] == [MILK.sku]
    at.scan(MILK.code)
    pay(at, find(at), 119)
    assert find(at).left.amount == 2881


def test_a_card_in_use_is_loaded_and_a_locked_one_is_not(at: AtTill, shop: Shop) -> None:
    bring(shop, GIFT)
    sell_card(at, 1000)
    at.pay_cash(1000)
    assert (moves(shop), find(at).left.balance) == ([("loaded", 1000)], 6000)
    for changes, code in (
        ({"state": InstrumentState.LOCKED}, "value.locked"),
        ({"currency": "CHF", "state": InstrumentState.INACTIVE}, "value.other_currency"),
        ({"kind": ValueKind.ACCOUNT}, "card.not_loadable"),
    ):
        bring(shop, msgspec.structs.replace(GIFT, **changes))
        refused(code, lambda: sell_card(at, 1000))
