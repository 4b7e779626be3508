"""The connection page at the window: what is down, in words, and the way to it by key."""

from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from pos_app.devices.ports import DeviceState, Health
from pos_app.service.connection import connection
from pos_app.ui.screens.connection.view import ConnectionView
from pos_app.ui.screens.connection.words import ConnectionWords
from retail_core.durable import link
from retail_core.durable.engine import open_rw, transaction
from tests.support.shop import MANAGER_PIN, ManualClock, row
from tests.ui.conftest import Cashier


def agent_says(cashier: Cashier, status: link.LinkStatusDoc) -> None:
    home = cashier.shop.home
    conn = open_rw(home.link_db, home.keys.file_key("link.db"))
    with transaction(conn):
        link.put_status(conn, status)
    conn.close()
    cashier.workplace.refresh()


def to_page(cashier: Cashier) -> None:
    cashier.sign_in(MANAGER_PIN)
    cashier.control(Qt.Key.Key_M)
    cashier.until(lambda: cashier.workplace.manager.front)
    while cashier.workplace.manager.front != "connection":
        cashier.control(Qt.Key.Key_PageDown)
    page = cashier.workplace.shell.findChild(ConnectionView, "connection_page")
    assert isinstance(page, ConnectionView)
    cashier.until(page.isVisible)


def words(cashier: Cashier) -> str:
    page = cashier.workplace.manager.widget
    return " | ".join(found.text() for found in page.findChildren(QLabel) if found.isVisible())


def test_a_silent_agent_is_said_with_what_to_do(cashier: Cashier) -> None:
    to_page(cashier)
    assert "The agent on this machine does not run" in words(cashier)


def test_the_internet_is_told_from_head_office(cashier: Cashier) -> None:
    to_page(cashier)
    now_ms = ManualClock.wall_ms
    agent_says(cashier, link.LinkStatusDoc(hq_contact_ms=now_ms - 90_000, error="hop.no_network", at_ms=now_ms))
    assert "The line out of the store is down" in words(cashier)
    agent_says(cashier, link.LinkStatusDoc(hq_contact_ms=now_ms - 90_000, error="hop.refused", at_ms=now_ms))
    assert "Head office does not answer" in words(cashier)
    agent_says(cashier, link.LinkStatusDoc(hq_contact_ms=now_ms, at_ms=now_ms))
    assert "does not" not in words(cashier)


def test_why_the_newest_catalogue_is_not_in_use_is_said(cashier: Cashier) -> None:
    to_page(cashier)
    now_ms = ManualClock.wall_ms
    said = {"snapshot.shrunk": "far fewer items", "disk.full": "make room", "snapshot.damaged": "damaged"}
    for code, sentence in said.items():
        agent_says(cashier, link.LinkStatusDoc(hq_contact_ms=now_ms, at_ms=now_ms, catalogue=code))
        assert sentence in words(cashier)
    agent_says(cashier, link.LinkStatusDoc(hq_contact_ms=now_ms, at_ms=now_ms))
    assert not any(sentence in words(cashier) for sentence in said.values())


@pytest.mark.parametrize("code", ["segment.missing", "segment.damaged"])
def test_old_sales_that_cannot_be_read_here_are_said(cashier: Cashier, code: str) -> None:
    to_page(cashier)
    now_ms = ManualClock.wall_ms
    agent_says(cashier, link.LinkStatusDoc(hq_contact_ms=now_ms, at_ms=now_ms, segments=code))
    assert "a sealed file is missing or damaged" in words(cashier)
    agent_says(cashier, link.LinkStatusDoc(hq_contact_ms=now_ms, at_ms=now_ms))
    assert "sealed file" not in words(cashier)


def test_the_last_week_of_trust_without_head_office_is_counted_down(cashier: Cashier) -> None:
    cashier.shop.put_rows(row("node", "agent-T2", link.NodeDoc("agent-T2", "T2", "agent", "k")))
    to_page(cashier)
    now_ms = ManualClock.wall_ms
    for days, sentence in ((28, "In 7 days the tills"), (34, "In 1 day the tills"), (35, "no longer help one another")):
        said = link.LinkStatusDoc(error="hop.refused", at_ms=now_ms, neighbours=("agent-T2",), alone_days=days)
        agent_says(cashier, said)
        assert sentence in words(cashier)


def test_the_store_is_taken_over_with_one_key_when_nobody_ties_it_together(cashier: Cashier) -> None:
    cashier.shop.put_rows(
        *(
            row("node", f"agent-{name}", link.NodeDoc(f"agent-{name}", name, "agent", "k"))
            for name in ("T1", "T2", "T3")
        )
    )
    to_page(cashier)
    now_ms = ManualClock.wall_ms
    agent_says(cashier, link.LinkStatusDoc(hq_contact_ms=now_ms, at_ms=now_ms, neighbours=("agent-T3",)))
    assert "take over here with F9" in words(cashier)
    cashier.key(Qt.Key.Key_F9)
    cashier.until(lambda: "The agent of this machine does not answer" in cashier.notice)  # there is none in this test


@pytest.mark.parametrize(
    ("scanner", "pill", "says", "typed"),
    [
        (None, "Keyboard", "heard when it scans", False),
        (Health(DeviceState.READY), "Works", "straight to the sale", False),
        (Health(DeviceState.ABSENT, "device.lost"), "Unplugged", "Check its cable and its power", True),
        (Health(DeviceState.ABSENT, "device.not_found"), "Not found", "Plug it in", True),
    ],
)
def test_the_scanner_is_the_first_part_of_the_way(scanner: Health | None, pill: str, says: str, typed: bool) -> None:
    now_ms = ManualClock.wall_ms
    found = connection(link.LinkStatusDoc(hq_contact_ms=now_ms, at_ms=now_ms), {}, "T1", now_ms)
    state = ConnectionWords(ZoneInfo("UTC")).state(found, 0, now_ms, scanner)
    row = state.parts[0]
    assert (row.words, row.pill) == ("Scanner", pill)
    assert says in row.detail
    assert any("F2" in sentence for sentence in state.works) is typed
