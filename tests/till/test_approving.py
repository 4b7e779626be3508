"""A second person agrees to one act at a till: found by PIN, written down with both names, good once."""

from pathlib import Path

import msgspec
import pytest

from retail_core.domain.approvals import Act, Approval, ApprovalNeededError
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.roles import Permission, Role
from retail_core.durable.engine import open_ro
from tests.support.shop import ITEMS, MANAGER_PIN, PIN, AtTill, ManualClock, Shop, at_till, make_shop, row, staff

MILK, CHICKEN = ITEMS[:2]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


def journal(shop: Shop, *types: str) -> list[tuple[str, str, dict[str, object]]]:
    """(type, operator, body) of entries of these types, in order."""
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    rows = conn.execute("SELECT type, actor, body FROM event ORDER BY n").fetchall()
    conn.close()
    return [(str(kind), str(who), msgspec.json.decode(body)) for kind, who, body in rows if kind in types]


def void(at: AtTill, approval: Approval | None = None) -> ApprovalNeededError:
    """The cashier asks for it and is told that a second person must agree."""
    with pytest.raises(ApprovalNeededError) as needed:
        at.till.selling.void_sale("left", approval)
    return needed.value


def agree(at: AtTill, needed: ApprovalNeededError, pin: str = MANAGER_PIN) -> Approval:
    return at.done(lambda done, failed: at.till.signing_in.approver(needed, pin, done, failed))


def test_a_cashier_gives_a_basket_up_with_the_managers_pin_and_the_journal_has_both_names(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code)
        approval = agree(at, void(at))
        assert at.till.signing_in.operator is not None
        assert at.till.signing_in.operator.name == "Ana M.", "the cashier stays signed in"
        at.till.selling.void_sale("left", approval)
        assert at.till.selling.sale is None
    (_, asked, agreed), (_, voided_by, voided) = journal(shop, "audit.approved", "audit.sale_voided")
    assert (asked, agreed["by"], agreed["reason"], agreed["amount_minor"]) == ("op-1", "op-2", "void_sale", 119)
    assert (voided_by, voided["by"]) == ("op-1", "op-2")


def test_an_agreement_does_not_outlast_what_it_was_given_for(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code)
        approval = agree(at, void(at))
        at.scan(CHICKEN.code)  # another sum now
        assert void(at, approval).act.amount == MILK.price_minor + CHICKEN.price_minor
        at.till.selling.void_sale("left", agree(at, void(at)))
        at.scan(MILK.code)
        void(at, approval)  # and another sale


def test_a_colleague_without_the_right_cannot_agree_and_it_is_written_down(shop: Shop) -> None:
    shop.put_rows(row("staff", "op-3", staff("op-3", "Ben T.", Role.CASHIER, "5555")))
    with at_till(shop) as at:
        needed = void(at.sign_in().scan(MILK.code))
        with pytest.raises(RuleViolationError, match="not_allowed"):
            agree(at, needed, "5555")
        with pytest.raises(RuleViolationError, match="own"):
            agree(at, needed, PIN)
    refused = journal(shop, "audit.approval_refused")
    assert [(who, body["by"]) for _, who, body in refused] == [("op-1", "op-3"), ("op-1", "op-1")]


def test_where_two_people_are_needed_a_manager_is_not_his_own_second(shop: Shop) -> None:
    with at_till(shop) as at:
        manager = at.sign_in(MANAGER_PIN).till.signing_in.operator
        assert manager is not None
        needed = ApprovalNeededError(Act("big", "1"), Permission.VOID_SALE, manager.operator_id)
        with pytest.raises(RuleViolationError, match="own"):
            agree(at, needed, MANAGER_PIN)


def test_wrong_pins_of_a_second_person_count_like_those_of_a_sign_in(shop: Shop) -> None:
    clock = ManualClock()
    with at_till(shop, clock) as at:
        needed = void(at.sign_in().scan(MILK.code))
        for left in range(9, 0, -1):
            with pytest.raises(RuleViolationError) as wrong:
                agree(at, needed, "0000")
            assert wrong.value.facts["tries_left"] == left
        for pin in ("0000", MANAGER_PIN):
            with pytest.raises(RuleViolationError, match="locked"):
                agree(at, needed, pin)
        with pytest.raises(RuleViolationError, match="locked"):
            at.sign_in()
        clock.pass_ms(30 * 60 * 1000)
        assert agree(at, needed).by == "op-2"


def test_a_badge_agrees_like_a_pin(shop: Shop) -> None:
    with at_till(shop) as at:
        needed = void(at.sign_in().scan(MILK.code))
        owner = next(one for one in at.till.links.staff() if one.role is Role.MANAGER)
        approval = at.done(lambda done, failed: at.till.signing_in.approver_by_badge(needed, owner, done, failed))
        at.till.selling.void_sale("left", approval)
        assert at.till.selling.sale is None
