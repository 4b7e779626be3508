"""A day at the drawer: opened, money moved, counted blind, closed; who may do what, and what is told to whom."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pos_app.service.drawer import DrawerDesk, DrawerView
from pos_app.service.drawer_acts import CountResult, ZReport
from pos_app.service.drawer_report import Facts
from retail_core.domain.approvals import Approval, ApprovalNeededError
from retail_core.domain.drawer import MoveKind, Pieces
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import OperatorId
from retail_core.domain.roles import Role
from retail_core.domain.variance import CauseKind
from tests.support.shop import ITEMS, MANAGER_PIN, AtTill, ManualClock, Shop, at_till, make_shop

MILK, CHICKEN, WATER = ITEMS[:3]
HOUR_MS = 3_600_000


class AtDrawer:
    """The cash box of an open till, in shop words; each answer is waited for."""

    def __init__(self, till: AtTill) -> None:
        self.till = till

    @property
    def desk(self) -> DrawerDesk:
        return self.till.till.drawer

    def ask(self, call: Any, *given: Any, **more: Any) -> Any:
        return self.till.done(lambda done, failed: call(*given, done, failed, **more))

    def view(self) -> DrawerView:
        return self.ask(self.desk.view)

    @property
    def session_id(self) -> str:
        session = self.view().session
        assert session is not None
        return session.session_id

    def open(self, float_minor: int = 10_000) -> None:
        self.ask(self.desk.open, float_minor, ())

    def move(self, kind: MoveKind, minor: int, reason: str = "safe", act: str = "", **more: Any) -> None:
        self.ask(self.desk.move, act or self.desk.new_act(), kind, minor, reason, **more)

    def no_sale(self, reason: str = "change", act: str = "", **more: Any) -> None:
        self.ask(self.desk.no_sale, act or self.desk.new_act(), reason, **more)

    def count(self, minor: int) -> CountResult:
        self.ask(self.desk.begin_count)
        return self.ask(self.desk.count, self.session_id, (Pieces(1, minor),))

    def count_again(self, minor: int) -> CountResult:
        return self.ask(self.desk.count, self.session_id, (Pieces(1, minor),))

    def close(self, reason: str = "", session_id: str = "", **more: Any) -> ZReport:
        return self.ask(self.desk.close, session_id or self.session_id, reason, **more)

    def sell(self, *codes: str, given: int = 5_000) -> None:
        self.till.scan(*codes)
        self.till.pay_cash(given)

    def events(self) -> list[str]:
        store = self.till.till.writer._store
        return [row[0] for row in store.conn.execute("SELECT type FROM event ORDER BY n")]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def drawer(shop: Shop, clock: ManualClock) -> Iterator[AtDrawer]:
    with at_till(shop, clock) as till:
        yield AtDrawer(till.sign_in())


def agreed(needed: ApprovalNeededError) -> Approval:
    return Approval(needed.act, OperatorId("op-2"), "Sam K.", Role.MANAGER)


def refusal(act: Any) -> RuleViolationError:
    with pytest.raises(RuleViolationError) as error:
        act()
    return error.value


def needed(act: Any) -> ApprovalNeededError:
    with pytest.raises(ApprovalNeededError) as error:
        act()
    return error.value


def test_a_cashiers_day_from_float_to_z(drawer: AtDrawer) -> None:
    drawer.open(10_000)
    drawer.sell(MILK.code, CHICKEN.code)
    drawer.sell(WATER.code)
    drawer.no_sale()
    counted = drawer.count(10_000 + 119 + 649 + 89)
    assert (counted.variance_minor, counted.again, counted.causes) == (0, False, ())
    z = drawer.close()
    assert z.z_number == "S0319-T1-A-Z0001"
    assert (z.facts.expected_minor, z.facts.counted_minor, z.facts.totals.sales.count) == (10_857, 10_857, 2)
    assert z.facts.opened_by == z.facts.by == "Ana M."
    assert drawer.view().session is None
    assert drawer.events()[-4:] == ["drawer.moved", "drawer.moved", "drawer.counted", "drawer.closed"]


def test_the_float_can_be_counted_in(drawer: AtDrawer) -> None:
    drawer.ask(drawer.desk.open, 0, (Pieces(2_000, 3), Pieces(100, 20)))
    session = drawer.view().session
    assert session is not None
    assert session.float_minor == 8_000


def test_a_drawer_is_opened_once(drawer: AtDrawer) -> None:
    drawer.open()
    assert refusal(drawer.open).code == "drawer.open_already"


def test_the_float_of_a_drawer_that_a_sale_opened_is_said_later_and_once(drawer: AtDrawer) -> None:
    drawer.sell(MILK.code)
    drawer.open(10_000)
    assert refusal(drawer.open).code == "drawer.open_already"
    assert drawer.count(10_119).variance_minor == 0


def test_nobody_said_what_was_in_the_drawer(drawer: AtDrawer) -> None:
    drawer.sell(MILK.code)
    drawer.count(10_119)
    found = drawer.count_again(10_119)
    assert next(cause.kind for cause in found.causes) is CauseKind.FLOAT_UNSAID


def test_a_cashier_alone_takes_no_money_out(drawer: AtDrawer) -> None:
    drawer.open()
    asked = needed(lambda: drawer.move(MoveKind.DROP, 5_000, act="act-1"))
    assert (asked.act.what, asked.act.amount) == ("cash_drop", 5_000)
    drawer.move(MoveKind.DROP, 5_000, act="act-1", approval=agreed(asked))
    move = drawer.view().moves[0]
    assert (move.kind, move.amount_minor, move.operator, move.reason) == (MoveKind.DROP, 5_000, "Ana M.", "safe")
    needed(lambda: drawer.move(MoveKind.DROP, 5_000, act="act-2", approval=agreed(asked)))  # another act, asked anew


def test_an_act_pressed_twice_moves_the_money_once(drawer: AtDrawer) -> None:
    drawer.till.sign_in(MANAGER_PIN)
    drawer.open()
    for _ in range(2):
        drawer.move(MoveKind.LOAN, 2_000, "change", act="act-1")
    drawer.no_sale(act="act-2")
    drawer.no_sale(act="act-2")
    assert drawer.view().expected_minor == 12_000
    assert len(drawer.view().moves) == 2


@pytest.mark.parametrize(
    ("kind", "minor", "reason", "code"),
    [
        (MoveKind.DROP, 10_001, "safe", "drawer.not_enough"),
        (MoveKind.LOAN, 0, "change", "drawer.amount_not_positive"),
        (MoveKind.BANK, -5, "bank", "drawer.amount_not_positive"),
        (MoveKind.LOAN, 100, "", "drawer.reason_missing"),
    ],
)
def test_a_movement_that_cannot_be_changes_nothing(
    drawer: AtDrawer, kind: MoveKind, minor: int, reason: str, code: str
) -> None:
    drawer.till.sign_in(MANAGER_PIN)
    drawer.open()
    assert refusal(lambda: drawer.move(kind, minor, reason)).code == code
    assert drawer.view().expected_minor == 10_000


def test_opening_without_a_sale_too_often_takes_a_second_person(drawer: AtDrawer) -> None:
    kicks: list[int] = []
    drawer.desk.kick = lambda: kicks.append(1)
    for _ in range(3):
        drawer.no_sale()
    asked = needed(lambda: drawer.no_sale(act="act-4"))
    assert len(kicks) == 3
    drawer.no_sale(act="act-4", approval=agreed(asked))
    assert len(kicks) == 4


def test_the_expected_sum_is_hidden_from_a_cashier_until_the_count_is_in(drawer: AtDrawer) -> None:
    drawer.open()
    assert drawer.view().expected_minor is None
    assert drawer.count(9_900).variance_minor == -100
    drawer.till.sign_in(MANAGER_PIN)
    assert drawer.view().expected_minor == 10_000


def test_a_large_difference_is_counted_again_before_anybody_knows_how_large(drawer: AtDrawer) -> None:
    drawer.open()
    first = drawer.count(9_000)
    assert (first.again, first.variance_minor, first.causes) == (True, None, ())
    assert refusal(lambda: drawer.close("unknown")).code == "drawer.count_again"
    assert drawer.view().last == first
    second = drawer.count_again(9_000)
    assert (second.again, second.variance_minor) == (False, -1_000)
    asked = needed(lambda: drawer.close("unknown"))
    assert (asked.act.what, asked.act.amount) == ("drawer_variance", -1_000)
    z = drawer.close("unknown", approval=agreed(asked))
    assert (z.facts.variance_minor, z.facts.reason, z.facts.approved_by) == (-1_000, "unknown", "Sam K.")


def test_a_small_difference_needs_a_reason_and_nobody_else(drawer: AtDrawer) -> None:
    drawer.open()
    drawer.count(9_990)
    assert refusal(drawer.close).code == "drawer.variance_reason"
    assert drawer.close("wrong_change").facts.reason == "wrong_change"


def test_a_sale_after_the_count_makes_the_count_worth_nothing(drawer: AtDrawer) -> None:
    drawer.open()
    drawer.count(10_000)
    drawer.sell(MILK.code)
    assert refusal(drawer.close).code == "drawer.not_counted"
    assert drawer.count(10_119).variance_minor == 0


def test_a_drawer_closed_twice_stays_closed_with_one_z(drawer: AtDrawer) -> None:
    drawer.open()
    drawer.count(10_000)
    session_id = drawer.session_id
    first = drawer.close()
    again = drawer.close(session_id=session_id)
    assert (again.z_number, again.facts, again.repeated) == (first.z_number, first.facts, True)
    assert drawer.events().count("drawer.closed") == 1
    assert refusal(lambda: drawer.close(session_id="nobody's")).code == "drawer.none_open"
    assert refusal(lambda: drawer.ask(drawer.desk.begin_count)).code == "drawer.none_open"


def test_z_numbers_have_no_gap(drawer: AtDrawer) -> None:
    numbers: list[str] = []
    for _ in range(3):
        drawer.open(0)
        assert refusal(drawer.close).code == "drawer.not_counted"
        drawer.count(0)
        numbers.append(drawer.close().z_number)
    assert [number[-4:] for number in numbers] == ["0001", "0002", "0003"]


def test_somebody_elses_drawer_is_counted_with_a_supervisor(drawer: AtDrawer) -> None:
    drawer.till.sign_in(MANAGER_PIN)
    drawer.open()
    drawer.till.sign_in()
    asked = needed(lambda: drawer.ask(drawer.desk.begin_count))
    assert refusal(lambda: drawer.count_again(10_000)).code == "drawer.of_somebody_else"
    drawer.ask(drawer.desk.begin_count, approval=agreed(asked))
    assert drawer.count_again(10_000).variance_minor == 0
    drawer.close()


def test_an_x_report_says_what_is_so_far_and_ends_nothing(drawer: AtDrawer) -> None:
    drawer.open()
    drawer.sell(MILK.code)
    asked = needed(lambda: drawer.ask(drawer.desk.x_report))
    facts: Facts = drawer.ask(drawer.desk.x_report, approval=agreed(asked))
    assert (facts.kind, facts.totals.sales.count, facts.expected_minor, facts.z_number) == ("x", 1, 10_119, "")
    assert facts.approved_by == "Sam K."
    assert drawer.view().session is not None


def test_a_day_of_two_sessions_is_closed_once_and_again_when_one_more_came(drawer: AtDrawer) -> None:
    assert refusal(lambda: day(drawer)).code == "day.nothing"
    drawer.till.sign_in(MANAGER_PIN)
    for minor in (119, 238):
        drawer.open(0)
        drawer.sell(*[MILK.code] * (minor // 119))
        assert refusal(lambda: day(drawer)).code == "day.drawer_open"
        drawer.count(minor)
        drawer.close()
    facts, before = day(drawer)
    assert (facts.totals.sales.count, facts.totals.sales.minor, len(facts.parts), before) == (2, 357, 2, False)
    assert day(drawer)[1] is True
    assert drawer.events().count("day.closed") == 1
    drawer.sell(MILK.code)
    drawer.count(119)
    drawer.close()
    facts, before = day(drawer)
    assert (facts.totals.sales.count, before) == (3, False)


def day(drawer: AtDrawer) -> tuple[Facts, bool]:
    def ask(done: Any, failed: Any) -> None:
        drawer.desk.close_day(lambda facts, before: done((facts, before)), failed)

    return drawer.till.done(ask)


def test_a_cashier_alone_closes_no_day(drawer: AtDrawer) -> None:
    drawer.open(0)
    drawer.count(0)
    drawer.close()
    assert needed(lambda: day(drawer)).act.what == "close_day"


def test_a_z_is_printed_again_as_a_copy(drawer: AtDrawer) -> None:
    drawer.open(0)
    drawer.count(0)
    z = drawer.close()
    drawer.ask(drawer.desk.reprint, z.z_number)
    assert drawer.events()[-1] == "audit.z_reprinted"
    store = drawer.till.till.writer._store
    jobs = [row[0] for row in store.conn.execute("SELECT document FROM spool WHERE kind = 'report' ORDER BY job")]
    assert [b'"copy":true' in job for job in jobs] == [False, True]
    assert refusal(lambda: drawer.ask(drawer.desk.reprint, "Z9")).code == "drawer.no_such_z"


def test_a_drawer_left_open_over_night_says_so(drawer: AtDrawer, clock: ManualClock) -> None:
    drawer.open()
    assert not drawer.view().late
    clock.wall_ms += 30 * HOUR_MS
    assert drawer.view().late


def test_nobody_signed_in_opens_nothing(shop: Shop) -> None:
    with at_till(shop) as till:
        assert refusal(AtDrawer(till).view).code == "operator.not_signed_in"


def test_the_session_goes_on_after_a_restart(shop: Shop, clock: ManualClock) -> None:
    with at_till(shop, clock) as till:
        drawer = AtDrawer(till.sign_in())
        drawer.open()
        drawer.count(10_000)
    with at_till(shop, clock) as till:
        drawer = AtDrawer(till.sign_in())
        assert drawer.close().facts.counted_minor == 10_000
