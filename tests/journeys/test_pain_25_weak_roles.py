"""Pain 25: weak roles. A cashier deletes evidence, a manager's PIN sticks, a restart changes the cashier.

Sources: ERPNext issue 7463 (completed sales are deleted), Odoo issues 18968 and 14214 (a receipt is printed again and
again as if it were new), pos-addons issue 1028, OCA pos issue 857, POS Awesome issue 152. Here nothing is deletable, an
agreement holds for one act, and who did what is in a chained journal and in the exception report.
"""

import pytest
import sqlcipher3.dbapi2 as sqlite
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from retail_core.durable.engine import Connection, open_rw, transaction
from tests.support.shop import ITEMS, MANAGER_PIN, Shop
from tests.ui.conftest import Cashier, window_of
from tests.ui.test_after_the_sale import spooled, to_returns
from tests.ui.test_audit_walk import ANA, SAM, agree, facts, verified
from tests.ui.test_people_pages import spoken, to_page
from tests.ui.test_returns_screen import sold

MILK, CHICKEN = ITEMS[:2]


def journal(shop: Shop) -> Connection:
    return open_rw(shop.home.till_db, shop.home.keys.file_key("till.db"))


def asks(at: Cashier) -> bool:
    return at.workplace.shell.approval.isVisible()


# ── evidence ─────────────────────────────────────────────────────────────────────────────────────


def test_a_paid_sale_is_gone_from_the_screen_and_from_nowhere_else(at_work: Cashier) -> None:
    receipt = sold(at_work, MILK.code)
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_Escape, Qt.Key.Key_Backspace):
        at_work.key(key)
    at_work.control(Qt.Key.Key_Delete)
    assert not asks(at_work), "there is nothing to give up"
    ((_, actor, sale),) = facts(at_work.shop, "sale.completed")
    assert (actor, sale["receipt"]) == (ANA, receipt)


def test_what_was_voided_stays_in_sight_of_the_manager(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code).wedge_scan(CHICKEN.code)
    at_work.key(Qt.Key.Key_Delete)
    at_work.key(Qt.Key.Key_F12)
    at_work.until(lambda: at_work.selling.last_paid)
    at_work.control(Qt.Key.Key_L)
    at_work.sign_in(MANAGER_PIN)
    to_page(at_work, "exceptions")
    at_work.until(lambda: spoken(at_work, "cashier_0") == "Ana M., 1 sale, Voids: 1")


def test_the_file_takes_nothing_back_and_whoever_forces_it_is_found(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code).wedge_scan(CHICKEN.code)
    at_work.key(Qt.Key.Key_Delete)
    at_work.until(lambda: facts(at_work.shop, "audit.line_voided"))
    assert verified(at_work.shop).ok
    conn = journal(at_work.shop)
    for act in ("DELETE FROM event", "UPDATE event SET actor = 'op-2'"):
        with pytest.raises(sqlite.IntegrityError, match="append_only"), transaction(conn):
            conn.execute(f"{act} WHERE type = 'audit.line_voided'")
    for (guard,) in conn.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'event'"
    ).fetchall():
        conn.execute(f"DROP TRIGGER {guard}")  # with the key of the file and all knowledge of it
    conn.execute("DELETE FROM event WHERE type = 'audit.line_voided'")
    conn.close()
    assert not verified(at_work.shop).ok


def test_a_receipt_printed_again_is_a_copy_and_is_counted(at_work: Cashier) -> None:
    receipt = sold(at_work, MILK.code)
    to_returns(at_work)
    for times in (1, 2):
        at_work.press("paper_copy")
        at_work.until(lambda n=times: len(facts(at_work.shop, "audit.receipt_reprinted")) == n)
    assert [(data.copy, data.receipt_no) for data in spooled(at_work, "receipt")] == [
        (False, receipt), (True, receipt), (True, receipt),
    ]  # fmt: skip


# ── the manager's PIN ────────────────────────────────────────────────────────────────────────────


def test_a_managers_pin_is_good_for_one_act_and_for_nothing_after_it(at_work: Cashier) -> None:
    at_work.wedge_scan(CHICKEN.code).wedge_scan(CHICKEN.code)
    at_work.key(Qt.Key.Key_F6)
    at_work.type("20⏎")
    agree(at_work)
    assert "Ana M." in at_work.shown("operator_and_clock")
    at_work.key(Qt.Key.Key_Up)
    at_work.key(Qt.Key.Key_F6)
    at_work.type("20⏎")
    assert asks(at_work), "the other line, as deep"
    at_work.key(Qt.Key.Key_Escape)
    at_work.key(Qt.Key.Key_Escape)
    at_work.control(Qt.Key.Key_Delete)
    assert asks(at_work), "the whole sale"
    at_work.key(Qt.Key.Key_Escape)
    at_work.control(Qt.Key.Key_M)
    assert at_work.workplace.shell.findChild(QWidget, "page_staff") is None
    assert [(actor, body["by"]) for _, actor, body in facts(at_work.shop, "audit.approved")] == [(ANA, SAM)]


# ── who is at the till ───────────────────────────────────────────────────────────────────────────


def test_after_a_restart_nobody_is_signed_in_and_the_basket_is_still_whose_it_was(
    qtbot: QtBot, dressed: QApplication, shop: Shop
) -> None:
    with window_of(qtbot, shop) as before:
        before.sign_in().wedge_scan(CHICKEN.code)
    with window_of(qtbot, shop) as after:
        assert (after.screen, after.till.signing_in.operator) == ("sign_in", None)
        assert after.names() == [CHICKEN.name]
        after.key(Qt.Key.Key_F12)
        assert after.selling.last_paid is None, "nobody sells on a locked till"
        after.sign_in(MANAGER_PIN).wedge_scan(MILK.code)
        after.key(Qt.Key.Key_F12)
        after.until(lambda: after.selling.last_paid)
    ((_, actor, sale),) = facts(shop, "sale.completed")
    assert actor == SAM
    assert [line.get("by", actor) for line in sale["lines"]] == [ANA, SAM]
