"""Who is at the till: badges, several operators on one basket, and a lock that nothing shortens."""

from pathlib import Path

import msgspec
import pytest

from pos_app.service.completing import SoldBy
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.roles import Role
from retail_core.durable.engine import open_ro
from tests.support.shop import (
    BADGE,
    ITEMS,
    MANAGER_BADGE,
    MANAGER_PIN,
    PIN,
    AtTill,
    ManualClock,
    Shop,
    at_till,
    make_shop,
    row,
    staff,
)

MILK, CHICKEN = ITEMS[:2]
HALF_AN_HOUR_MS = 30 * 60 * 1000
Entry = tuple[str, str, dict[str, object]]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


def journal(shop: Shop, *types: str) -> list[Entry]:
    """(type, operator, body) of entries of these types, in order."""
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    rows = conn.execute("SELECT type, actor, body FROM event ORDER BY n").fetchall()
    conn.close()
    return [(str(kind), str(who), msgspec.json.decode(body)) for kind, who, body in rows if kind in types]


def badge(at: AtTill, label: str) -> SoldBy:
    operator = at.done(lambda done, failed: at.till.signing_in.sign_in_by_badge(label, done, failed))
    at.till.signed_in(operator)
    return operator


def wrong_pins(at: AtTill, times: int) -> str:
    """Try a wrong PIN so often; the last refusal's code."""
    code = ""
    for _ in range(times):
        with pytest.raises(RuleViolationError) as refused:
            at.sign_in("0000")
        code = refused.value.code
    return code


def test_a_badge_signs_in_and_the_journal_says_by_what(shop: Shop) -> None:
    with at_till(shop) as at:
        assert badge(at, BADGE).name == "Ana M."
        assert at.till.signing_in.seen["op-1"].how == "badge"
        at.till.signing_in.sign_out()
        at.sign_in()
    assert [(kind, who, body.get("reason", "")) for kind, who, body in journal(shop, "audit.signed_in")] == [
        ("audit.signed_in", "op-1", "badge"),
        ("audit.signed_in", "op-1", "pin"),
    ]


def test_a_badge_nobody_has_signs_nobody_in_and_is_written_down(shop: Shop) -> None:
    with at_till(shop) as at:
        for label in ("OTB:SOMEBODY-ELSES-BADGE", "OTB:short", BADGE.lower(), BADGE[:-1]):
            with pytest.raises(RuleViolationError) as refused:
                badge(at, label)
            assert refused.value.code == "badge.unknown"
        assert at.till.signing_in.operator is None
    assert len(journal(shop, "audit.badge_refused")) == 4


def test_whoever_has_left_signs_in_no_more_and_a_badge_that_was_taken_away_is_nobodys(shop: Shop) -> None:
    with at_till(shop) as at:
        gone = msgspec.structs.replace(staff("op-1", "Ana M.", Role.CASHIER, PIN, BADGE), active=False)
        shop.put_rows(
            row("staff", "op-1", gone), row("staff", "op-2", staff("op-2", "Sam K.", Role.MANAGER, MANAGER_PIN))
        )
        assert at.till.signing_in.holder(BADGE) is None
        assert at.till.signing_in.holder(MANAGER_BADGE) is None


def test_a_store_may_want_the_pin_as_well_and_takes_it_from_nobody_else(shop: Shop) -> None:
    shop.set_rules(people={"pin_after_badge": True})
    with at_till(shop) as at:
        with pytest.raises(RuleViolationError) as refused:
            badge(at, BADGE)
        assert (refused.value.code, refused.value.facts["name"]) == ("badge.pin_too", "Ana M.")
        with pytest.raises(RuleViolationError, match="wrong"):
            at.sign_in(MANAGER_PIN)
        at.sign_in(PIN)
        assert at.till.signing_in.seen["op-1"].how == "badge and pin"


def test_two_operators_on_one_basket_and_the_journal_says_who_did_what(shop: Shop) -> None:
    with at_till(shop) as at:
        badge(at, BADGE)
        at.scan(MILK.code)
        badge(at, MANAGER_BADGE)
        at.scan(CHICKEN.code)
        assert at.till.signing_in.operator is not None
        assert at.till.signing_in.operator.name == "Sam K."
        at.pay_cash(1000)
    (_, finished_by, sold), *_ = journal(shop, "sale.completed")
    lines = msgspec.convert(sold["lines"], list[dict[str, object]])
    assert finished_by == "op-2"
    assert [line.get("by", finished_by) for line in lines] == ["op-1", "op-2"]
    (_, taker, taken), *_ = journal(shop, "audit.basket_taken_over")
    assert (taker, taken["reason"], taken["amount_minor"]) == ("op-2", "op-1", MILK.price_minor)
    assert [(kind, who) for kind, who, _ in journal(shop, "audit.signed_in", "audit.signed_out")] == [
        ("audit.signed_in", "op-1"),
        ("audit.signed_out", "op-1"),
        ("audit.signed_in", "op-2"),
    ]


def test_going_on_with_ones_own_basket_is_no_taking_over(shop: Shop) -> None:
    with at_till(shop) as at:
        badge(at, BADGE)
        at.scan(MILK.code)
        at.till.signing_in.sign_out()
        at.till.signed_in(None)
        badge(at, BADGE)
    with at_till(shop) as at:  # the same after a power cut; somebody else then does take over
        badge(at, BADGE)
        assert not journal(shop, "audit.basket_taken_over")
    with at_till(shop) as at:
        badge(at, MANAGER_BADGE)
    assert [who for _, who, _ in journal(shop, "audit.basket_taken_over")] == ["op-2"]


@pytest.mark.parametrize("jump_ms", [-3_600_000, 86_400_000, -30 * 86_400_000, 12 * 366 * 86_400_000])
def test_setting_the_clock_does_not_shorten_a_lock_and_neither_does_a_restart(shop: Shop, jump_ms: int) -> None:
    clock = ManualClock()
    with at_till(shop, clock) as at:
        assert wrong_pins(at, 10) == "pin.locked"
        clock.wall_ms += jump_ms  # the running time goes on as before
        clock.mono_ms += HALF_AN_HOUR_MS // 2
        at.till.signing_in.tick()
        assert wrong_pins(at, 1) == "pin.locked"
    later = ManualClock(wall_ms=clock.wall_ms + jump_ms, mono_ms=5)
    with at_till(shop, later) as at:
        with pytest.raises(RuleViolationError) as locked:
            at.sign_in(PIN)
        assert locked.value.facts["minutes"] == 15
        later.mono_ms += HALF_AN_HOUR_MS // 2
        at.sign_in(PIN)


def test_a_badge_still_signs_in_while_pins_are_locked(shop: Shop) -> None:
    with at_till(shop) as at:
        wrong_pins(at, 10)
        assert badge(at, MANAGER_BADGE).role is Role.MANAGER
