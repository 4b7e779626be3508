"""Discounts by hand at a till: limits by role, a second person above them, the journal, and promotions underneath."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from pos_app.service.outcome import Outcome, OutcomeKind
from retail_core.domain.approvals import Approval, ApprovalNeededError
from retail_core.domain.discounts import DiscountRules, Kind
from retail_core.domain.ids import LineId, Sku
from retail_core.domain.promotions.model import Goods, NForM, Promotion
from retail_core.domain.roles import Permission, Role
from retail_core.durable import link
from tests.support.shop import ITEMS, MANAGER_PIN, STORE, ZONE, AtTill, Shop, at_till, make_shop, row, staff
from tests.till.test_approving import agree, journal

MILK, CHICKEN, WATER, THROW = ITEMS[0], ITEMS[1], ITEMS[2], ITEMS[6]
SUPERVISOR_PIN = "5544"
TEN, TWENTY, FIFTY, ALL = 100_000, 200_000, 500_000, 1_000_000


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = make_shop(tmp_path / "t1")
    shop.put_rows(row("staff", "op-3", staff("op-3", "Ben T.", Role.SUPERVISOR, SUPERVISOR_PIN)))
    return shop


@pytest.fixture
def at(shop: Shop) -> Iterator[AtTill]:
    with at_till(shop) as made:
        yield made.sign_in()


def set_rules(shop: Shop, rules: DiscountRules) -> None:
    settings = link.SettingsDoc(STORE, "Store 319", "EUR", ZONE, "Europe/Berlin", discounts=rules)
    shop.put_rows(row("settings", "store", settings, rev=2))


def first(at: AtTill) -> LineId:
    return next(iter(at.sale)).line_id


def needed(ask: Callable[[Approval | None], Outcome]) -> ApprovalNeededError:
    with pytest.raises(ApprovalNeededError) as refused:
        ask(None)
    return refused.value


def code(outcome: Outcome) -> str:
    assert outcome.kind is OutcomeKind.REFUSED
    return outcome.code


def test_a_cashier_gives_ten_percent_alone_and_it_is_explained_on_the_line_and_in_the_journal(
    shop: Shop, at: AtTill
) -> None:
    at.scan(CHICKEN.code)
    at.till.discounting.discount_line(first(at), Kind.PERCENT, TEN, "damaged")
    (line,) = at.sale.lines
    assert (line.amount_minor, line.reasons[0].rule, line.reasons[0].text) == (584, "manual.line", "10 %")
    paid = at.pay_cash(584)
    assert paid.change_minor == 0
    ((_, who, noted),) = journal(shop, "audit.line_discounted")
    assert (who, noted) == (
        "op-1",
        {"amount_minor": -65, "reason": "damaged", "subject": "1002", "what": "line_discounted"},
    )
    ((_, _, sold),) = journal(shop, "sale.completed")
    assert sold["lines"][0]["reasons"] == [  # type: ignore[index]
        {"amount_minor": -65, "rule": "manual.line", "text": "10 %", "why": "damaged"}
    ]


def test_more_takes_a_supervisor_and_much_more_a_manager(shop: Shop, at: AtTill) -> None:
    at.scan(CHICKEN.code)
    line_id, give = first(at), at.till.discounting.discount_line
    twenty = needed(lambda approval: give(line_id, Kind.PERCENT, TWENTY, "", approval))
    assert (twenty.permission, twenty.act.name) == (Permission.DISCOUNT_MORE, CHICKEN.name)
    fifty = needed(lambda approval: give(line_id, Kind.PERCENT, FIFTY, "", approval))
    assert fifty.permission is Permission.DISCOUNT_ANY
    assert at.sale.totals.due_minor == 649
    with pytest.raises(Exception, match="not_allowed"):
        agree(at, fifty, SUPERVISOR_PIN)
    give(line_id, Kind.PERCENT, FIFTY, "", agree(at, fifty))
    assert at.sale.totals.due_minor == 324
    give(line_id, Kind.PERCENT, TWENTY, "", agree(at, twenty, SUPERVISOR_PIN))
    at.pay_cash(1000)
    ((_, _, sold),) = journal(shop, "sale.completed")
    assert sold["lines"][0]["reasons"][0]["by"] == "op-3"  # type: ignore[index]
    assert [(who, body["by"]) for _, who, body in journal(shop, "audit.line_discounted")] == [
        ("op-1", "op-2"), ("op-1", "op-3"),
    ]  # fmt: skip


def test_two_small_discounts_are_not_one_large_one(at: AtTill) -> None:
    at.scan(CHICKEN.code)
    at.till.discounting.discount_line(first(at), Kind.PERCENT, TEN)
    needed(lambda approval: at.till.discounting.discount_sale(Kind.PERCENT, TEN, "", approval))
    at.till.discounting.undo_line(first(at))
    at.till.discounting.discount_sale(Kind.PERCENT, TEN)
    needed(lambda approval: at.till.discounting.discount_line(first(at), Kind.PERCENT, TEN, "", approval))
    assert at.sale.totals.due_minor == 584


def test_an_amount_off_the_sale_does_not_grow_when_goods_are_taken_off_again(at: AtTill) -> None:
    at.scan(THROW.code, CHICKEN.code)
    at.till.discounting.discount_sale(Kind.AMOUNT, 400)
    assert at.sale.totals.due_minor == 3990 + 649 - 400
    at.till.selling.void_line(first(at))
    assert at.sale.totals.due_minor == 649 - 64


def test_a_new_price_takes_a_reason_and_a_supervisor_and_no_promotion_cuts_it(shop: Shop, at: AtTill) -> None:
    shop.put_rows(row("promotion", "P-1", Promotion("P-1", "3 for 2", NForM(3, 2), Goods(skus=(Sku(WATER.sku),)))))
    at.scan(WATER.code, WATER.code, WATER.code)
    override = at.till.discounting.discount_line
    assert code(override(first(at), Kind.PRICE, 79)) == "discount.no_reason"
    assert code(override(first(at), Kind.PRICE, 8900, "shelf_label")) == "discount.price_too_high"
    asked = needed(lambda approval: override(first(at), Kind.PRICE, 79, "shelf_label", approval))
    override(first(at), Kind.PRICE, 79, "shelf_label", agree(at, asked, SUPERVISOR_PIN))
    assert [line.amount_minor for line in at.sale] == [79, 89, 89], (
        "two are left for the promotion, and that is too few"
    )
    at.till.discounting.undo_line(first(at))
    assert at.sale.totals.due_minor == 2 * 89
    at.till.writer.flush()
    assert [body["amount_minor"] for _, _, body in journal(shop, "audit.price_overridden")] == [-10]


def test_a_hand_takes_off_what_promotions_left(shop: Shop, at: AtTill) -> None:
    shop.put_rows(row("promotion", "P-1", Promotion("P-1", "2 for 1", NForM(2, 1), Goods(skus=(Sku(WATER.sku),)))))
    at.till.selling.enter("2*" + WATER.code)
    at.till.discounting.discount_sale(Kind.PERCENT, TEN)
    (line,) = at.sale.lines
    assert [(reason.rule, reason.amount_minor) for reason in line.reasons] == [("promo:P-1", -89), ("manual.sale", -9)]
    at.till.selling.change_selected(2)
    (line,) = at.sale.lines
    assert [(reason.rule, reason.amount_minor) for reason in line.reasons] == [
        ("promo:P-1", -178),
        ("manual.sale", -18),
    ]


def test_goods_the_store_never_discounts_are_left_alone(shop: Shop) -> None:
    set_rules(shop, DiscountRules(no_discount_skus=(MILK.sku,)))
    with at_till(shop) as at:
        at.sign_in(MANAGER_PIN).scan(MILK.code)
        assert code(at.till.discounting.discount_line(first(at), Kind.PERCENT, TEN)) == "discount.not_on_this"
        assert code(at.till.discounting.discount_sale(Kind.PERCENT, TEN)) == "discount.nothing_takes_it"
        at.scan(CHICKEN.code)
        at.till.discounting.discount_sale(Kind.PERCENT, ALL)
        assert at.sale.totals.due_minor == MILK.price_minor


def test_a_store_sets_its_own_limits_and_nobody_goes_beyond_the_last(shop: Shop) -> None:
    set_rules(shop, DiscountRules(cashier_ppm=0, supervisor_ppm=TEN, manager_ppm=TWENTY))
    with at_till(shop) as at:
        at.sign_in(MANAGER_PIN).scan(CHICKEN.code)
        assert code(at.till.discounting.discount_line(first(at), Kind.PERCENT, FIFTY)) == "discount.over_limit"
        at.till.discounting.discount_line(first(at), Kind.PERCENT, TWENTY)
        at.sign_in()
        needed(lambda approval: at.till.discounting.discount_line(first(at), Kind.PERCENT, 1, "", approval))


@pytest.mark.parametrize(
    ("kind", "value", "refusal"),
    [
        (Kind.PERCENT, ALL + 1, "discount.over_all"),
        (Kind.PERCENT, -TEN, "discount.nothing"),
        (Kind.AMOUNT, 650, "discount.more_than_price"),
        (Kind.AMOUNT, 0, "discount.nothing"),
    ],
)
def test_more_than_everything_and_less_than_nothing_is_refused(
    at: AtTill, kind: Kind, value: int, refusal: str
) -> None:
    at.sign_in(MANAGER_PIN).scan(CHICKEN.code)
    assert code(at.till.discounting.discount_line(first(at), kind, value)) == refusal
    assert code(at.till.discounting.discount_sale(kind, value)) == refusal
    assert at.sale.totals.due_minor == 649


def test_without_a_sale_or_a_discount_there_is_nothing_to_do(at: AtTill) -> None:
    assert code(at.till.discounting.discount_sale(Kind.PERCENT, TEN)) == "discount.nothing_takes_it"
    at.scan(MILK.code)
    assert code(at.till.discounting.undo_line(first(at))) == "discount.none"
    assert code(at.till.discounting.undo_sale()) == "discount.none"
    assert code(at.till.discounting.discount_sale(Kind.PRICE, 10)) == "discount.no_such_price"


def test_a_hundred_percent_is_a_sale_of_nothing_that_can_be_finished(shop: Shop, at: AtTill) -> None:
    at.sign_in(MANAGER_PIN).scan(CHICKEN.code, THROW.code)
    at.till.discounting.discount_sale(Kind.PERCENT, ALL, "goodwill")
    assert at.sale.totals.due_minor == 0
    assert at.pay_cash(0).total_minor == 0
    ((_, _, sold),) = journal(shop, "sale.completed")
    assert [line["amount_minor"] for line in sold["lines"]] == [0, 0]  # type: ignore[index,union-attr]


def test_after_a_restart_the_discounts_are_there_and_can_be_taken_off(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in(MANAGER_PIN).scan(CHICKEN.code, MILK.code)
        at.till.discounting.discount_line(first(at), Kind.PERCENT, FIFTY, "damaged")
        at.till.discounting.discount_sale(Kind.PERCENT, TEN)
        due_minor = at.sale.totals.due_minor
        at.till.writer.flush()
    with at_till(shop) as at:
        assert at.sale.totals.due_minor == due_minor == 649 - 325 + 119 - 44
        at.sign_in()
        at.till.discounting.undo_sale()
        at.till.discounting.undo_line(first(at))
        assert at.sale.totals.due_minor == 649 + 119
    assert [body["amount_minor"] for _, _, body in journal(shop, "audit.discount_undone")] == [44, 325]


def test_a_unit_taken_from_a_discounted_line_keeps_its_part(at: AtTill) -> None:
    at.sign_in(MANAGER_PIN).scan(MILK.code)
    at.till.selling.enter("*3")
    at.till.discounting.discount_line(first(at), Kind.AMOUNT, 90)
    data = msgspec.structs.replace(at.sale.lines[0])
    assert data.amount_minor == 357 - 90
    serial = f"01{MILK.code.zfill(14)}21SN1"
    at.till.selling.scan("\x1d".join([f"]d2{serial}"]), pairs_with_last=True)
    assert at.sale.totals.due_minor == 357 - 90
