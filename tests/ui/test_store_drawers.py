"""The drawers of the store on the day report's page: seen as they are heard of, and no reason to keep a day open."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QWidget
from pytestqt.qtbot import QtBot

from pos_app.ui.widgets.parts import Pill
from retail_core.domain.drawer import MoveKind
from retail_core.domain.shared_drawer import CashMove, DrawerBegun, DrawerEnd, SharedDrawer
from retail_core.durable import link
from tests.support.shop import MANAGER_PIN, Shop, make_shop, row
from tests.ui.conftest import Cashier, window_of
from tests.ui.test_day_screen import close_drawer, page

OPENED_MS = 1_764_000_000_000 - 3_600_000  # an hour before the till's clock, which says 17:00
TODAY = "2025-11-24"
OPEN = SharedDrawer("d1", "node-T2", TODAY, DrawerBegun("node-T2/e1", 1, OPENED_MS, "op-1", 10_000))
DROP = CashMove("node-T2/e1", 5, MoveKind.DROP, 30_000)
CLOSED = DrawerEnd(
    "node-T2/e1", 90, OPENED_MS + 3_000_000, OPENED_MS, "op-1", 10_000, 0, 30_000, 41_250, 44_250,
)  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Head office told of another till."""
    shop = make_shop(tmp_path / "t1")
    shop.put_rows(row("node", "node-T2", link.NodeDoc("node-T2", "T2", "till", "")))
    return shop


@pytest.fixture
def manager(cashier: Cashier) -> Cashier:
    return on_page(cashier.sign_in(MANAGER_PIN))


def on_page(cashier: Cashier) -> Cashier:
    cashier.control(Qt.Key.Key_M)
    cashier.control(Qt.Key.Key_PageDown)
    cashier.until(lambda: page(cashier).isVisible())
    return cashier


def told(cashier: Cashier, *drawers: SharedDrawer) -> None:
    """The agent brings it, and wakes the till as it does."""
    cashier.shop.tell(*drawers)
    cashier.till.refresh()


def pill(cashier: Cashier, at: int) -> str:
    found = [one for one in page(cashier).findChildren(Pill, f"store_drawer_pill_{at}") if one.isVisible()]
    return found[0].text() if found else ""


def test_what_another_till_does_with_its_drawer_is_seen_while_one_looks(manager: Cashier) -> None:
    manager.until(lambda: pill(manager, 0) == "Not known")
    assert "Nothing has been heard" in manager.shown("store_drawer_detail_0")
    told(manager, OPEN)
    manager.until(lambda: pill(manager, 0) == "Open")
    assert manager.shown("store_drawer_title_0") == "T2 · Ana M."
    assert "Since 16:00" in manager.shown("store_drawer_detail_0")
    told(manager, SharedDrawer("d1", "node-T2", TODAY, OPEN.begun, (DROP,)))
    manager.until(lambda: "Taken out €\u00a0300.00" in manager.shown("store_drawer_detail_0"))
    told(manager, SharedDrawer("d1", "node-T2", TODAY, end=CLOSED))
    manager.until(lambda: pill(manager, 1) == "€\u00a030.00 too little")
    assert "Counted €\u00a0412.50" in manager.shown("store_drawer_detail_1")
    spoken = page(manager).findChild(QWidget, "store_drawer_1")
    assert isinstance(spoken, QWidget)
    assert spoken.accessibleName().startswith("T2 · Ana M.: €\u00a030.00 too little. Closed 16:50")


def test_a_till_that_does_not_answer_is_said_to_be_silent(manager: Cashier) -> None:
    told(manager, OPEN)
    manager.until(lambda: "Not heard of since 16:00" in manager.shown("store_drawer_detail_0"))


def test_the_day_is_closed_while_another_drawer_is_open_and_says_so(manager: Cashier) -> None:
    told(manager, OPEN)
    at_sale = manager.till.drawer
    opened: list[object] = []
    at_sale.open(119, (), opened.append, lambda error: pytest.fail(str(error)))
    manager.until(lambda: opened)
    close_drawer(manager)
    manager.key(Qt.Key.Key_F9)
    manager.until(lambda: "is closed on this till. The drawer of T2 is still open." in manager.notice)
    told(manager, SharedDrawer("d1", "node-T2", TODAY, end=CLOSED))
    manager.key(Qt.Key.Key_F9)
    manager.until(lambda: "Nothing was done twice" in manager.notice)
    assert "still open" not in manager.notice


def test_a_cashier_sees_whose_drawer_is_open_and_no_sum(cashier: Cashier) -> None:
    on_page(cashier.sign_in())
    told(cashier, SharedDrawer("d1", "node-T2", TODAY, OPEN.begun, (DROP,)))
    cashier.until(lambda: pill(cashier, 0) == "Open")
    assert cashier.shown("store_drawer_title_0") == "T2 · Ana M."
    assert "€" not in cashier.shown("store_drawer_detail_0")


@pytest.mark.usefixtures("dressed")
def test_a_store_with_one_till_has_no_such_list(qtbot: QtBot, tmp_path: Path) -> None:
    with window_of(qtbot, make_shop(tmp_path / "t1")) as cashier:
        on_page(cashier.sign_in(MANAGER_PIN))
        cashier.till.refresh()
        panel = page(cashier).findChild(QFrame, "store_drawers")
        assert isinstance(panel, QFrame)
        assert not panel.isVisible()
