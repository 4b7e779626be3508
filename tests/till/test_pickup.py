"""The pickup counter at one till, with no network: the way of one order, and every wrong turn."""

from pathlib import Path

import msgspec
import pytest

from retail_core.domain.coderules import EmbeddedKind, RcnRule
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.fulfilment import OrderDoc, State
from retail_core.domain.gtin import check_digit
from retail_core.durable.engine import open_ro
from retail_core.durable.link import GoodsRulesDoc
from retail_core.trust.keys import SigningKey
from retail_core.trust.pickup import issue_pass
from tests.support.shop import CODE, ITEMS, STORE, AtTill, Shop, at_till, make_shop, row

COFFEE, THROW, MILK = ITEMS[3], ITEMS[6], ITEMS[0]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t2", register="T2")


def pick_all(at: AtTill) -> OrderDoc:
    pickup = at.till.fulfilling
    at.done(lambda done, failed: pickup.start_picking("O-1", done, failed))
    for code in (COFFEE.code, COFFEE.code, THROW.code):
        at.done(lambda done, failed, code=code: pickup.pick("O-1", code, done, failed))
    return at.done(lambda done, failed: pickup.stage("O-1", "OTS:B-04", done, failed))


def made_ready(at: AtTill) -> OrderDoc:
    pick_all(at)
    return at.done(lambda done, failed: at.till.fulfilling.mark_ready("O-1", done, failed))


def test_an_order_is_picked_staged_made_ready_and_handed_over(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        pickup = at.till.fulfilling
        assert [order.number for order in pickup.board().new] == ["W-10477"]
        assert made_ready(at).shelf == "B-04"
        assert [order.state for order in pickup.board().ready] == [State.READY]
        collected = at.done(lambda done, failed: pickup.hand_over("O-1", shop.pass_for("O-1"), done, failed))
        assert (collected.state, collected.order_v) == (State.COLLECTED, 10)
        assert pickup.board().open_count == 0
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    types = [t for (t,) in conn.execute("SELECT type FROM event WHERE type LIKE 'fulfilment.%' ORDER BY seq")]
    assert types == [f"fulfilment.{w}" for w in ("pick_started", *["picked"] * 3, "staged", "ready", "collected")]
    body = conn.execute("SELECT body FROM event WHERE type = 'fulfilment.collected'").fetchone()[0]
    assert b"Lena" not in body  # the person is in the erasable part only
    assert msgspec.json.decode(conn.execute("SELECT part FROM private").fetchone()[0]) == {
        "collected_by": "Lena Fischer"
    }
    conn.close()


def test_a_pack_with_its_weight_in_the_number_is_the_item_it_is(shop: Shop) -> None:
    shop.put_rows(row("goods_rules", "store", GoodsRulesDoc(rcn=(RcnRule("28", 5, EmbeddedKind.WEIGHT, 3),))))
    with at_till(shop) as at:
        pickup = at.sign_in().till.fulfilling
        at.done(lambda done, failed: pickup.start_picking("O-1", done, failed))
        label = "280100400250" + check_digit("280100400250")
        at.done(lambda done, failed: pickup.pick("O-1", label, done, failed))
        assert sum(line.picked_milli for line in pickup.order("O-1").lines) == 1000


def test_a_wrong_item_is_refused_and_changes_nothing(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        pickup = at.till.fulfilling
        at.done(lambda done, failed: pickup.start_picking("O-1", done, failed))
        with pytest.raises(RuleViolationError) as refused:
            at.done(lambda done, failed: pickup.pick("O-1", MILK.code, done, failed))
        assert (refused.value.code, refused.value.facts["name"]) == ("pick.wrong_item", "Whole milk 1 L")
        assert sum(line.picked_milli for line in pickup.order("O-1").lines) == 0


def test_a_piece_too_many_is_refused(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        pick_all(at)
        with pytest.raises(RuleViolationError, match="already_complete"):
            at.done(lambda done, failed: at.till.fulfilling.pick("O-1", THROW.code, done, failed))


def test_nothing_is_ready_before_all_is_picked_and_on_a_shelf(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        pickup = at.till.fulfilling
        at.done(lambda done, failed: pickup.start_picking("O-1", done, failed))
        with pytest.raises(RuleViolationError, match="not_all_picked"):
            at.done(lambda done, failed: pickup.mark_ready("O-1", done, failed))
        for n in (1, 2):
            at.done(lambda done, failed, n=n: pickup.short("O-1", n, "not_in_stock", done, failed))
        with pytest.raises(RuleViolationError, match="nothing_picked"):
            at.done(lambda done, failed: pickup.mark_ready("O-1", done, failed))
        assert [order.number for order in pickup.board().attention] == ["W-10477"]


@pytest.mark.parametrize("label", ["", "OTS:", ITEMS[0].code, "X" * 30])
def test_what_is_no_shelf_is_not_a_shelf(shop: Shop, label: str) -> None:
    with at_till(shop) as at:
        at.sign_in()
        at.done(lambda done, failed: at.till.fulfilling.start_picking("O-1", done, failed))
        with pytest.raises(RuleViolationError, match="not_a_shelf"):
            at.done(lambda done, failed: at.till.fulfilling.stage("O-1", label, done, failed))


def test_the_eight_characters_are_as_good_as_the_pass_but_only_for_five_tries(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        made_ready(at)
        for left in (4, 3, 2, 1, 0):
            with pytest.raises(RuleViolationError) as wrong:
                at.done(lambda done, failed: at.till.fulfilling.hand_over("O-1", "AAAABBBB", done, failed))
            assert (wrong.value.code, wrong.value.facts["tries_left"]) == ("code.wrong", left)
    with at_till(shop) as at:  # a restart gives no new tries
        at.sign_in()
        with pytest.raises(RuleViolationError, match=r"code\.locked"):
            at.done(lambda done, failed: at.till.fulfilling.hand_over("O-1", CODE, done, failed))
        done = at.done(lambda done, failed: at.till.fulfilling.hand_over("O-1", shop.pass_for("O-1"), done, failed))
        assert done.state is State.COLLECTED


def test_a_typed_code_may_be_lower_case_with_a_dash(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        made_ready(at)
        found = at.till.fulfilling.find("7qk2-m9xd")
        assert (found.order_id, found.verified) == ("O-1", True)
        at.done(lambda done, failed: at.till.fulfilling.hand_over("O-1", "7qk2-m9xd", done, failed))


def test_a_forged_expired_or_foreign_pass_is_refused(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        made_ready(at)
        wrong = {
            "pass.forged": issue_pass(SigningKey.new(), "O-1", STORE, 1 << 50),
            "pass.expired": shop.pass_for("O-1", until_ms=1),
            "pass.other_order": shop.pass_for("O-2"),
            "pass.unreadable": "OTP:rubbish!",
        }
        for code, text in wrong.items():
            with pytest.raises(RuleViolationError) as refused:
                at.done(lambda done, failed, text=text: at.till.fulfilling.hand_over("O-1", text, done, failed))
            assert refused.value.code == code


def test_an_order_is_found_by_number_or_name(shop: Shop) -> None:
    with at_till(shop) as at:
        for text in ("W-10477", "#w-10477", "fischer"):
            assert at.till.fulfilling.find(text).order_id == "O-1"
        with pytest.raises(RuleViolationError, match="not_found"):
            at.till.fulfilling.find("nobody")


def test_what_was_picked_is_still_picked_after_a_restart_and_when_hq_sends_an_older_copy(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        pick_all(at)
    shop.put_rows(row("order", "O-1", shop.order, rev=9))
    with at_till(shop) as at:
        assert at.till.fulfilling.order("O-1").shelf == "B-04"


def test_a_scan_of_the_pass_on_the_sell_screen_leads_to_the_order(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        outcome = at.till.selling.scan(shop.pass_for("O-1"))
        assert outcome.kind.value == "order"
        assert at.till.fulfilling.find(str(outcome.facts["text"])).verified


def test_goods_that_are_not_paid_for_are_not_handed_over(shop: Shop) -> None:
    unpaid = msgspec.structs.replace(shop.order, paid=False, balance_minor=5188)
    shop.put_rows(row("order", "O-1", unpaid, rev=2))
    with at_till(shop) as at:
        at.sign_in()
        made_ready(at)
        with pytest.raises(RuleViolationError, match="not_paid"):
            at.done(lambda done, failed: at.till.fulfilling.hand_over("O-1", shop.pass_for("O-1"), done, failed))
        assert at.till.fulfilling.order("O-1").state is State.READY
