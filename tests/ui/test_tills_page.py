"""The page of tills at the window: one is locked by keys, with a manager's word, and a locked till says so."""

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from pos_app.ui.screens.tills.view import TillsView
from retail_core.durable import link
from retail_core.durable.engine import open_rw, transaction
from retail_core.durable.locks import put_locks
from retail_core.trust.locks import TillLock
from tests.agent.support import journal_types
from tests.support.shop import MANAGER_PIN, PIN, ManualClock, row
from tests.ui.conftest import Cashier
from tests.ui.test_connection_page import agent_says


def store_of_three(cashier: Cashier) -> None:
    cashier.shop.put_rows(
        *(
            row("node", f"{role}-{name}", link.NodeDoc(f"{role}-{name}", name, role, "k"))
            for name in ("T1", "T2", "T3")
            for role in ("agent", "till")
        )
    )
    agent_says(cashier, link.LinkStatusDoc(at_ms=ManualClock.wall_ms, hq_contact_ms=1, neighbours=("agent-T2",)))


def told(cashier: Cashier, lock: TillLock) -> None:
    """The agent brings a lock."""
    home = cashier.shop.home
    conn = open_rw(home.link_db, home.keys.file_key("link.db"))
    with transaction(conn):
        put_locks(conn, [lock])
    conn.close()
    cashier.workplace.refresh()


def lock_of(register: str, *, n: int = 1, locked: bool = True) -> TillLock:
    nodes = (f"agent-{register}", f"till-{register}")
    return TillLock(nodes, register, locked, n, "missing", "op-2", ManualClock.wall_ms, "agent-T2")


def to_page(cashier: Cashier, pin: str = MANAGER_PIN) -> TillsView:
    cashier.sign_in(pin)
    cashier.control(Qt.Key.Key_M)
    cashier.until(lambda: cashier.workplace.manager.front)
    while cashier.workplace.manager.front != "tills":
        cashier.control(Qt.Key.Key_PageDown)
    page = cashier.workplace.shell.findChild(TillsView, "tills_page")
    assert isinstance(page, TillsView)
    return page


def said(page: TillsView, register: str) -> str:
    found = page.findChild(QPushButton, f"till_{register}")
    assert isinstance(found, QPushButton)
    return found.accessibleName()


def test_a_manager_locks_a_till_by_keys_and_lets_it_in_again(cashier: Cashier) -> None:
    store_of_three(cashier)
    page = to_page(cashier)
    assert said(page, "T2").startswith("T2: Answers")
    assert said(page, "T3").startswith("T3: Silent")
    cashier.key(Qt.Key.Key_Down)  # T2 was chosen, as the first of the others
    cashier.key(Qt.Key.Key_F2)
    cashier.until(lambda: "T3 is locked" in cashier.notice)
    assert journal_types(cashier.shop.home).count("till.locked") == 1
    told(cashier, lock_of("T3"))
    assert said(page, "T3").startswith("T3: Locked. Locked by Sam K.")
    assert "it is missing" in said(page, "T3")
    cashier.key(Qt.Key.Key_F2)
    cashier.key(Qt.Key.Key_F9)
    cashier.until(lambda: "let in again" in cashier.notice)
    assert journal_types(cashier.shop.home).count("till.locked") == 2


def test_a_till_cannot_lock_itself_and_a_single_one_has_nobody_to_lock(cashier: Cashier) -> None:
    page = to_page(cashier)
    nobody = page.findChild(QLabel, "tills_nobody")
    assert isinstance(nobody, QLabel)
    assert "only one" in nobody.text()
    store_of_three(cashier)
    cashier.key(Qt.Key.Key_Up)
    for key in (Qt.Key.Key_F2, Qt.Key.Key_F9):
        cashier.key(key)
    assert "till.locked" not in journal_types(cashier.shop.home)


def test_a_locked_till_goes_to_its_lock_screen_and_lets_managers_alone_sign_in(cashier: Cashier) -> None:
    store_of_three(cashier)
    cashier.sign_in(PIN)
    own = cashier.till.config.agent_node
    lock = msgspec.structs.replace(lock_of("T1"), nodes=(own, "till-T1"))
    told(cashier, lock)
    assert cashier.workplace.current is cashier.workplace.sign_in
    assert "Sam K. has locked this till" in cashier.shown("sign_in_message")
    cashier.type(f"{PIN}⏎")
    cashier.until(lambda: "A manager signs in here" in cashier.shown("sign_in_message"))
    assert cashier.till.signing_in.operator is None
    cashier.sign_in(MANAGER_PIN)
    cashier.workplace.refresh()
    assert cashier.workplace.current is cashier.workplace.sell, "selling on it goes on, under a manager's eyes"
    told(cashier, msgspec.structs.replace(lock, n=2, locked=False))
    cashier.workplace.lock()
    assert "Scan your badge" in cashier.shown("sign_in_message")
