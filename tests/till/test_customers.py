"""Customers at the till: found and attached, priced for, made in a moment, and remembered with what they bought."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pos_app.service.outcome import OutcomeKind
from retail_core.domain.bought import Bought, BoughtOnce
from retail_core.domain.customers import Customer, Person, Purpose
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import CustomerConsented, CustomerCreated, Event, SaleCompleted
from retail_core.domain.ids import CustomerId, Sku
from retail_core.domain.promotions.model import FixedPrice, Goods, PercentOff, Promotion
from retail_core.durable.journal import entries_after
from retail_core.wire.envelope import Entry, commitment
from retail_core.wire.events import decode_event
from retail_core.wire.messages import FeedRow
from tests.support.shop import ITEMS, AtTill, Shop, at_till, make_shop, row

COFFEE, MILK = ITEMS[3], ITEMS[0]
JORDAN = Customer(CustomerId("c-1"), "Jordan Lee", "+49151234567", cards=("2600001",), tier="gold", points=1240)
ANA = Customer(CustomerId("c-2"), "Ana Gómez", email="ana@example.org")
GOLD = Promotion("P-gold", "Member price", FixedPrice(499), Goods(skus=(Sku(COFFEE.sku),)), tiers=("gold",))
ANY_MEMBER = Promotion("P-any", "Members 10 %", PercentOff(100_000), Goods(skus=(Sku(MILK.sku),)), tiers=("*",))
AGREED = {Purpose.LOYALTY: True, Purpose.MARKETING: False}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = make_shop(tmp_path / "T1")
    made.put_rows(
        row("customer", "c-1", JORDAN),
        row("customer", "c-2", ANA),
        row("promotion", "P-gold", GOLD),
        row("promotion", "P-any", ANY_MEMBER),
    )
    return made


@pytest.fixture
def at(shop: Shop) -> Iterator[AtTill]:
    with at_till(shop) as opened:
        yield opened.sign_in()


def found(at: AtTill, text: str) -> list[str]:
    return [one.name for one in at.done(lambda done, failed: at.till.customers.find(text, done, failed))]


def make(at: AtTill, person: Person, said: dict[Purpose, bool] = AGREED) -> Customer:
    operator = at.till.selling.operator
    return at.done(lambda done, failed: at.till.customers.make(operator, person, said, done, failed))


def facts(at: AtTill) -> list[Entry]:
    """Everything this till wrote down."""
    return at.done(
        lambda done, failed: at.till.writer.submit(
            lambda store: [placed.entry for placed in entries_after(store.conn, store.journal.stream, 0, 500)],
            done,
            failed,
        )
    )


def event_of(entry: Entry) -> Event:
    return decode_event(entry.type, entry.v, entry.body)


def test_a_customer_is_found_by_what_is_in_hand(at: AtTill) -> None:
    assert found(at, "2600001") == found(at, "567") == found(at, "lee jo") == ["Jordan Lee"]
    assert found(at, "gomez") == found(at, "ANA@") == ["Ana Gómez"]
    assert found(at, "nobody") == []


def test_the_loyalty_card_prices_the_sale_for_its_customer_and_marks_what_changed(at: AtTill) -> None:
    at.scan(COFFEE.code, "4006381333931")  # the second is known to nobody
    outcome = at.till.selling.scan("OTL:2600001")
    assert (outcome.kind, outcome.code, outcome.facts) == (
        OutcomeKind.CHANGED,
        "customer.attached",
        {"name": "Jordan Lee"},
    )
    assert outcome.marked == (at.sale.lines[0].line_id,)
    assert at.sale.lines[0].amount_minor == 499
    assert [(r.rule, r.amount_minor) for r in at.sale.lines[0].reasons] == [("promo:P-gold", -100)]
    assert at.till.selling.scan("2600001").marked == ()  # the bare number too, and twice is once
    at.scan(MILK.code)
    assert at.sale.lines[2].amount_minor == 107
    taken_off = at.till.shopping.detach()
    assert len(taken_off.marked) == 2
    assert at.sale.lines[0].amount_minor == COFFEE.price_minor
    assert at.till.shopping.detach().kind is OutcomeKind.NOTHING


def test_a_customer_without_a_tier_is_a_member(at: AtTill) -> None:
    at.scan(MILK.code, COFFEE.code)
    at.till.shopping.attach(ANA)
    assert [line.amount_minor for line in at.sale.lines] == [107, COFFEE.price_minor]


def test_a_card_first_begins_the_sale_and_taking_it_off_ends_it(at: AtTill) -> None:
    at.scan("OTL:2600001")
    assert at.till.shopping.who() == JORDAN
    at.till.shopping.detach()
    assert at.till.selling.sale is None
    assert at.till.shopping.who() is None


def test_a_card_nobody_has_says_so_and_changes_nothing(at: AtTill) -> None:
    outcome = at.till.selling.scan("OTL:999999")
    assert (outcome.kind, outcome.code) == (OutcomeKind.REFUSED, "customer.card_unknown")
    assert at.till.selling.sale is None
    assert at.till.selling.scan("999999").kind is OutcomeKind.PENDING  # may be goods


def test_the_customer_is_on_the_sale_after_a_restart_and_in_its_fact(shop: Shop) -> None:
    with at_till(shop) as before:
        before.sign_in().scan(COFFEE.code, "OTL:2600001")
    with at_till(shop) as after:
        after.sign_in()
        assert after.till.shopping.who() == JORDAN
        assert after.sale.lines[0].amount_minor == 499
        paid = after.pay_cash(1000)
        assert paid.total_minor == 499
        event = event_of(facts(after)[-1])
        assert isinstance(event, SaleCompleted)
        assert (event.customer, event.tier) == ("c-1", "gold")
        bought = after.done(lambda done, failed: after.till.customers.purchases("c-1", done, failed))
        assert [(one.total_minor, one.lines, one.names) for one in bought] == [(499, 1, (COFFEE.name,))]
        assert after.done(lambda done, failed: after.till.customers.purchases("c-2", done, failed)) == []


def test_what_was_bought_at_other_tills_of_the_store_is_there_too_each_once(at: AtTill, shop: Shop) -> None:
    at.scan(COFFEE.code, "OTL:2600001")
    own = at.pay_cash(1000)
    told = [
        BoughtOnce(own.receipt_no, own.at_ms, own.total_minor, "EUR", 1, (Sku(COFFEE.sku),)),
        BoughtOnce("S0319-T2-A-000009", own.at_ms - 1, 119, "EUR", 4, (Sku(MILK.sku), Sku("gone"))),
    ]
    shop.put_rows(row("bought", "c-1", Bought(tuple(told))))
    found = at.done(lambda done, failed: at.till.customers.purchases("c-1", done, failed))
    assert [(one.receipt, one.names) for one in found] == [
        (own.receipt_no, (COFFEE.name,)),
        ("S0319-T2-A-000009", (MILK.name, "gone")),
    ]
    shop.put_rows(row("bought", "c-1", {"sales": "in another way"}))
    assert len(at.done(lambda done, failed: at.till.customers.purchases("c-1", done, failed))) == 1


def test_what_a_customer_says_here_holds_at_once_and_after_a_restart(shop: Shop) -> None:
    with at_till(shop) as before:
        operator = before.sign_in().till.selling.operator
        assert operator is not None
        say = before.till.customers.say
        before.done(lambda done, failed: say(operator, ANA, Purpose.LOYALTY, done, failed, given=True))
        known = before.till.customers.get("c-2")
        assert known is not None
        assert known.agreed(Purpose.LOYALTY)
    with at_till(shop) as after:
        known = after.till.customers.get("c-2")
        assert known is not None
        assert known.agreed(Purpose.LOYALTY)
        shop.put_rows(row("customer", "c-2", msgspec.structs.replace(ANA, consents=known.consents)))
        after.till.refresh()
        shop.put_rows(row("customer", "c-2", ANA))  # head office has the last word again
        known = after.till.customers.get("c-2")
        assert known is not None
        assert not known.agreed(Purpose.LOYALTY)


def test_a_customer_made_at_the_till_can_be_used_at_once(at: AtTill, shop: Shop) -> None:
    made = make(at, Person(" Zoë  Klein ", "0151 99 88 77", cards=("OTL:77001",)))
    assert (made.name, made.phone, made.cards) == ("Zoë Klein", "0151998877", ("77001",))
    assert found(at, "zoe") == found(at, "877") == ["Zoë Klein"]
    at.scan(MILK.code, "OTL:77001")
    assert at.till.shopping.who() == made
    assert at.sale.lines[0].amount_minor == 107
    written = [entry for entry in facts(at) if entry.type.startswith("customer.")]
    created, loyalty, marketing = map(event_of, written)
    assert written[0].private is not None
    assert created == CustomerCreated(made.customer_id, commitment(written[0].private))
    assert loyalty == CustomerConsented(made.customer_id, Purpose.LOYALTY, given=True, text_version="loyalty/1")
    assert marketing == CustomerConsented(made.customer_id, Purpose.MARKETING, given=False, text_version="marketing/1")
    with pytest.raises(RuleViolationError, match=r"customer\.known_already"):
        make(at, Person("Z. Klein", "+0151-998877"))
    shop.put_rows(row("customer", made.customer_id, Customer(made.customer_id, "Zoë Klein-Maier", cards=("77001",))))
    at.till.refresh()
    assert found(at, "zoe") == ["Zoë Klein-Maier"]


def test_a_customer_made_here_is_there_after_a_restart(shop: Shop) -> None:
    with at_till(shop) as before:
        make(before.sign_in(), Person("Zoë Klein", email="zoe@example.org"))
    with at_till(shop) as after:
        assert found(after.sign_in(), "zoe") == ["Zoë Klein"]


@pytest.mark.parametrize(
    ("person", "said", "code"),
    [
        (Person("Zoë Klein"), AGREED, "customer.no_way_to_reach"),
        (Person("Zoë Klein", "0151998877"), {}, "customer.no_consent"),
        (Person("Zoë Klein", "0151998877"), {Purpose.LOYALTY: False}, "customer.no_consent"),
        (Person("Jordan L.", "+49 151 234567"), AGREED, "customer.known_already"),
        (Person("Jordan L.", "0151998877", cards=("2600001",)), AGREED, "customer.known_already"),
        (Person("4111 1111 1111 1111", "0151998877"), AGREED, "customer.payment_card"),
    ],
)
def test_nothing_is_kept_of_who_cannot_be_made(
    at: AtTill, person: Person, said: dict[Purpose, bool], code: str
) -> None:
    with pytest.raises(RuleViolationError) as refused:
        make(at, person, said)
    assert refused.value.code == code
    assert not [entry for entry in facts(at) if entry.type.startswith("customer.")]


def test_nobody_signed_in_makes_no_customer(shop: Shop) -> None:
    with at_till(shop) as at, pytest.raises(RuleViolationError, match=r"operator\.not_signed_in"):
        make(at, Person("Zoë Klein", "0151998877"))


def test_who_hq_erases_is_gone_from_every_file_of_the_till_and_the_chain_holds(shop: Shop) -> None:
    with at_till(shop) as at:
        made = make(at.sign_in(), Person("Xanthippe Quorn", "0151 4433221", "xq@quorn.example"))
        at.scan(MILK.code)
        at.till.shopping.attach(made)
        at.pay_cash(1000)
        shop.put_rows(row("customer", made.customer_id, made))
        at.till.refresh()
        shop.put_rows(erased(made.customer_id))
        at.till.refresh()
        assert found(at, "quorn") == []
        entries = facts(at)
    assert all(entry.private is None for entry in entries)
    assert next(entry.type for entry in entries if entry.type.startswith("customer.")) == "customer.created"
    assert_nothing_of(shop, b"Xanthippe", b"xq@quorn", b"4433221")


def test_a_name_is_in_no_hashed_body_no_log_and_no_readable_file(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    with at_till(shop) as at:
        made = make(at.sign_in(), Person("Xanthippe Quorn", "0151 4433221", "xq@quorn.example"))
        at.scan(MILK.code)
        at.till.shopping.attach(made)
        paid = at.pay_cash(1000)
        assert paid.total_minor == 107
        bodies = b"".join(entry.body for entry in facts(at))
    for detail in ("Xanthippe", "Quorn", "xq@", "4433221"):
        assert detail.encode() not in bodies
        assert detail not in caplog.text
    assert_nothing_of(shop, b"Xanthippe", b"xq@quorn", b"4433221")


def erased(customer_id: str) -> FeedRow:
    return FeedRow(9, "customer", customer_id, "del", 1, msgspec.Raw(b"null"))


def assert_nothing_of(shop: Shop, *details: bytes) -> None:
    """No byte of these in any file of the machine, as a thief of the disk would read it."""
    files = [path for path in shop.home.folder.rglob("*") if path.is_file()]
    assert len(files) > 4
    for path in files:
        data = path.read_bytes()
        assert not [detail for detail in details if detail in data], path.name


def test_what_somebody_bought_is_found_by_index_however_many_customers_there_are(at: AtTill) -> None:
    plan = at.done(
        lambda done, failed: at.till.writer.submit(
            lambda store: store.conn.execute(
                "EXPLAIN QUERY PLAN SELECT sale_id FROM sale WHERE customer = ? AND customer <> ''"
                " ORDER BY at_ms DESC LIMIT 20",
                ("c-1",),
            ).fetchall(),
            done,
            failed,
        )
    )
    assert "sale_customer" in str(plan)
    assert "TEMP B-TREE" not in str(plan)
