"""The exception report at the till: a fold of its own journal, by cashier and day, with no network."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from pos_app.service.exception_report import ExceptionReport, Report
from pos_app.storage import cashier_acts
from pos_app.storage.store import TillStore
from retail_core.domain.cashier_acts import ActKind
from retail_core.domain.drawer import MoveKind
from retail_core.domain.drawer_events import DrawerMoved
from retail_core.domain.events import AuditNoted
from retail_core.durable.journal import Stamp
from tests.hq.support import sale
from tests.support.shop import ITEMS, MANAGER_PIN, AtTill, ManualClock, Shop, at_till, make_shop

MILK, CHICKEN = ITEMS[:2]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


def made(at: AtTill, days: int = 7) -> Report:
    report = ExceptionReport(at.till.writer, at.till.links)
    return at.done(lambda done, failed: report.make(days, done, failed))


def test_voids_stand_with_whoever_made_them_beside_how_much_they_sold(shop: Shop) -> None:
    with at_till(shop, ManualClock()) as at:
        at.sign_in().scan(MILK.code, CHICKEN.code)
        at.till.selling.void_line(at.sale.lines[1].line_id)
        at.pay_cash(1000)
        at.sign_in(MANAGER_PIN).scan(MILK.code).pay_cash(1000)
        at.scan(MILK.code).pay_cash(1000)
        report = made(at)
    ana, sam = report.rows
    assert (ana.name, ana.sales, ana.times, ana.amounts_minor) == (
        "Ana M.", 1, {ActKind.VOID_LINE: 1}, {ActKind.VOID_LINE: CHICKEN.price_minor},
    )  # fmt: skip
    assert (sam.name, sam.sales, sam.times) == ("Sam K.", 2, {})
    assert report.by_day == (0, 0, 0, 0, 0, 0, 1)


def test_each_day_has_its_own_figure_and_others_are_left_out(shop: Shop) -> None:
    def three_days(store: TillStore) -> bool:
        with store.unit() as conn:
            for day, sku in (
                ("2025-11-21", "2001"),
                ("2025-11-22", "1001"),
                ("2025-11-22", "1002"),
                ("2025-11-24", "1003"),
            ):
                stamp = Stamp(f"{day}-{sku}", 1, day, "op-1")
                cashier_acts.note(conn, AuditNoted("line_voided", sku, 100), stamp)
        return True

    with at_till(shop, ManualClock()) as at:
        at.done(lambda done, failed: at.till.writer.submit(three_days, done, failed))
        reports = ExceptionReport(at.till.writer, at.till.links)
        report: Report = at.done(lambda done, failed: reports.make(3, done, failed))
        (ana,) = report.rows
        assert (report.days[0], report.by_day, ana.total) == ("2025-11-22", (2, 0, 1), 3)
        acts = at.done(lambda done, failed: reports.acts(report, "op-1", done, failed))
    assert [(act.kind, act.subject) for act in acts] == [(ActKind.VOID_LINE, sku) for sku in ("1003", "1002", "1001")]


def test_a_drawer_opened_without_a_sale_is_seen_with_its_reason_and_its_approver(shop: Shop) -> None:
    with at_till(shop, ManualClock()) as at:
        at.sign_in()

        def opened(store: TillStore) -> bool:
            with store.unit():
                store.append(DrawerMoved("d-1", "T1", MoveKind.NO_SALE, 0, "change for a customer", "op-2"), "op-1")
            return True

        at.done(lambda done, failed: at.till.writer.submit(opened, done, failed))
        report = made(at)
        acts = at.done(
            lambda done, failed: ExceptionReport(at.till.writer, at.till.links).acts(report, "op-1", done, failed)
        )
    assert [(act.kind, act.subject, act.approver) for act in acts] == [
        (ActKind.NO_SALE, "change for a customer", "op-2")
    ]


def test_a_unit_that_was_sold_all_the_same_is_seen_with_its_receipt_and_price(shop: Shop) -> None:
    sold_twice = sale("R-7", ("SHIRT", 1, 2999), ("LAMP", 1, 4950))
    lines = (replace(sold_twice.lines[0], epc="3034257BF7194E4000001A85", despite="R-3"), sold_twice.lines[1])
    with at_till(shop, ManualClock()) as at:
        at.sign_in()

        def sold(store: TillStore) -> bool:
            with store.unit():
                store.append(replace(sold_twice, lines=lines), "op-1")
            return True

        at.done(lambda done, failed: at.till.writer.submit(sold, done, failed))
        report = made(at)
        acts = at.done(
            lambda done, failed: ExceptionReport(at.till.writer, at.till.links).acts(report, "op-1", done, failed)
        )
    (ana,) = report.rows
    assert (ana.times, ana.amounts_minor) == ({ActKind.SOLD_ANYWAY: 1}, {ActKind.SOLD_ANYWAY: 2999})
    assert [(act.kind, act.subject, act.amount_minor) for act in acts] == [(ActKind.SOLD_ANYWAY, "R-7", 2999)]


def test_a_refusal_leaves_its_trace_and_belongs_to_nobody(shop: Shop) -> None:
    with at_till(shop, ManualClock()) as at:
        with pytest.raises(Exception, match="wrong"):
            at.sign_in("0000")
        (nobody,) = made(at).rows
    assert (nobody.operator_id, nobody.times) == ("nobody", {ActKind.REFUSED: 1})
