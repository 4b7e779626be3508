"""The page of lost tills at the window: what was seen of them, and a disk that goes up when a manager agrees."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel

from pos_app.ui.screens.recovery.view import RecoveryView
from retail_core.domain.roles import Role
from retail_core.durable import recovery
from retail_core.durable.engine import open_ro, open_rw, transaction
from retail_core.durable.recovery import DiskFound, LostDoc, SalvageDoc, SalvageStage
from retail_core.wire.recovery import SeenSeries
from tests.support.shop import MANAGER_PIN, row, staff
from tests.ui.conftest import Cashier

FOLDER = "/media/stick/omnitill"
SUPERVISOR_PIN = "5555"


def agent_says(cashier: Cashier, *docs: LostDoc | SalvageDoc) -> None:
    home = cashier.shop.home
    conn = open_rw(home.link_db, home.keys.file_key("link.db"))
    with transaction(conn):
        for doc in docs:
            recovery.put_lost(conn, doc) if isinstance(doc, LostDoc) else recovery.put_salvage(conn, doc)
    conn.close()
    cashier.workplace.refresh()


def asked(cashier: Cashier) -> list[tuple[str, str]]:
    """What the agent beside the till reads."""
    home = cashier.shop.home
    conn = open_ro(home.till_db, home.keys.file_key("till.db"))
    try:
        return conn.execute("SELECT what, folder FROM salvage_ask ORDER BY at_ms, ask_id").fetchall()
    finally:
        conn.close()


def audited(cashier: Cashier) -> list[tuple[str]]:
    home = cashier.shop.home
    conn = open_ro(home.till_db, home.keys.file_key("till.db"))
    try:
        return conn.execute("SELECT actor FROM event WHERE type = 'audit.salvage_approved'").fetchall()
    finally:
        conn.close()


def to_page(cashier: Cashier, pin: str = MANAGER_PIN) -> None:
    cashier.sign_in(pin)
    cashier.control(Qt.Key.Key_M)
    cashier.until(lambda: cashier.workplace.manager.front)
    while cashier.workplace.manager.front != "recovery":
        cashier.control(Qt.Key.Key_PageDown)
    page = cashier.workplace.shell.findChild(RecoveryView, "recovery_page")
    assert isinstance(page, RecoveryView)
    cashier.until(page.isVisible)


def words(cashier: Cashier) -> str:
    page = cashier.workplace.manager.widget
    return " | ".join(found.text() for found in page.findChildren(QLabel) if found.isVisible())


def told(cashier: Cashier, sentence: str) -> None:
    cashier.until(lambda: sentence in words(cashier))


def seen(counter: int) -> SeenSeries:
    return SeenSeries("node-lost", "A", f"S0319-T1-A-{counter:06d}", counter, 1_764_000_000_000)


LOST = LostDoc("q", (seen(4),), (seen(6),), (DiskFound(FOLDER, "T1"), DiskFound("/mnt/other", "T9")))
READY = SalvageDoc("r", FOLDER, SalvageStage.READY, register="T1", machine="m", entries=40, lacking=3, receipts=("N7",))


def test_the_numbers_of_a_lost_till_are_listed(cashier: Cashier) -> None:
    to_page(cashier)
    cashier.until(lambda: asked(cashier) == [("look", "")])
    agent_says(cashier, LostDoc("q", ()))
    told(cashier, "No earlier till of this register is known.")
    told(cashier, "No disk of a till")
    agent_says(cashier, LOST)
    told(cashier, "Head office has up to S0319-T1-A-000004")
    told(cashier, "On the way from the store: S0319-T1-A-000005, S0319-T1-A-000006")


def test_a_disk_is_read_and_goes_up_by_keys_alone(cashier: Cashier) -> None:
    to_page(cashier)
    agent_says(cashier, LOST)
    cashier.key(Qt.Key.Key_Down)
    cashier.key(Qt.Key.Key_Up)
    cashier.key(Qt.Key.Key_F9)  # nothing was read yet
    cashier.key(Qt.Key.Key_F6)
    cashier.until(lambda: ("read", FOLDER) in asked(cashier))
    agent_says(cashier, SalvageDoc("r", FOLDER, SalvageStage.CHECKING, done=30, total=40))
    told(cashier, "Its records are checked · 75 %")
    cashier.key(Qt.Key.Key_F8)
    cashier.until(lambda: ("stop", "") in asked(cashier))
    agent_says(cashier, READY)
    told(cashier, "Head office lacks 3 records of it.")
    told(cashier, "Receipts among them: N7")
    cashier.key(Qt.Key.Key_F9)
    cashier.until(lambda: ("send", FOLDER) in asked(cashier))
    assert audited(cashier) == [("op-2",)]
    agent_says(cashier, SalvageDoc("r", FOLDER, SalvageStage.DONE, sent=3))
    told(cashier, "Head office has everything of this disk.")


def test_another_disk_is_chosen_by_a_tap(cashier: Cashier) -> None:
    to_page(cashier)
    agent_says(cashier, LOST)
    tapped = cashier.workplace.shell.findChild(QAbstractButton, "disk_1")
    assert isinstance(tapped, QAbstractButton)
    tapped.click()
    cashier.key(Qt.Key.Key_F6)
    cashier.until(lambda: ("read", "/mnt/other") in asked(cashier))


def test_a_supervisor_asks_a_manager_before_anything_goes_up(cashier: Cashier) -> None:
    lead = staff("op-3", "Lea P.", Role.SUPERVISOR, SUPERVISOR_PIN)
    cashier.shop.put_rows(row("staff", "op-3", lead))
    to_page(cashier, SUPERVISOR_PIN)
    agent_says(cashier, LOST, READY)
    cashier.key(Qt.Key.Key_F9)
    cashier.until(lambda: "Send what the disk of T1 has to head office, 3 records" in _all_words(cashier))
    assert ("send", FOLDER) not in asked(cashier)
    cashier.type(f"{MANAGER_PIN}⏎")
    cashier.until(lambda: ("send", FOLDER) in asked(cashier))
    assert audited(cashier) == [("op-3",)]


@pytest.mark.parametrize(
    ("stage", "code", "said"),
    [
        (SalvageStage.KEYS_WANTED, "key.not_released", "release those of machine m"),
        (SalvageStage.FAILED, "hop.refused", "Head office does not answer."),
        (SalvageStage.FAILED, "salvage.unreadable", "Is it still plugged in?"),
        (SalvageStage.STOPPED, "", "What has arrived at head office stays there."),
    ],
)
def test_what_came_of_it_is_said_with_what_to_do(cashier: Cashier, stage: SalvageStage, code: str, said: str) -> None:
    to_page(cashier)
    agent_says(cashier, LOST, SalvageDoc("r", FOLDER, stage, machine="m", code=code, bad="till.db: entry 7"))
    told(cashier, said)
    told(cashier, "The first record that is not as it was written: till.db: entry 7")


def _all_words(cashier: Cashier) -> str:
    return " | ".join(found.text() for found in cashier.workplace.shell.findChildren(QLabel) if found.isVisible())
