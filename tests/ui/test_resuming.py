"""A till that stopped in the middle says which sale was the last, and what of it is in doubt; one that was closed says nothing."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pos_app.storage.spool import JobAction, move_job
from pos_app.storage.store import TillStore
from pos_app.till import Till
from pos_app.ui.background import Background
from pos_app.ui.bridge import ScanBridge
from pos_app.ui.workplace import Workplace
from retail_core.durable.home import Home
from retail_core.durable.system import SystemIds
from tests.support.shop import ITEMS, ManualClock, Shop, at_till, make_shop
from tests.ui.conftest import Cashier

MILK = ITEMS[0]
PAID = "The last sale is S0319-T1-A-000001, € 1.19. It is paid. "


def stopped_after_a_sale(folder: Path, *actions: JobAction) -> Shop:
    """The files as they are when a till stops right after a sale whose receipt went this way."""
    shop = make_shop(folder / "t1")
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code).pay_cash(119)

        def print_it(store: TillStore) -> None:
            for action in actions:
                with store.unit() as conn:
                    move_job(conn, 1, action)

        at.done(lambda done, failed: at.till.writer.submit(print_it, done, failed))
        shutil.copytree(shop.home.folder, folder / "after")
    return Shop(Home(folder / "after"), shop.hq_key, shop.config)


@contextmanager
def started(qtbot: QtBot, shop: Shop) -> Iterator[Cashier]:
    background, bridge = Background(), ScanBridge()
    till = Till.open(shop.home, ManualClock(), SystemIds(), background.deliver, background.wake)
    workplace = Workplace(till, background)
    bridge.scanned.connect(workplace.scanned)
    workplace.open()
    try:
        yield Cashier(qtbot, workplace, bridge, shop)
    finally:
        workplace.close()
        background.close()
        till.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


@pytest.mark.parametrize(
    ("went", "said"),
    [
        ((), "Its receipt is still to be printed."),
        ((JobAction.SEND,), "Nobody knows whether its receipt came out; print a copy if it did not."),
        ((JobAction.SEND, JobAction.CONFIRM), "Its receipt was printed."),
    ],
)
def test_the_last_sale_is_told_before_and_after_signing_in(
    qtbot: QtBot, dressed: QApplication, tmp_path: Path, went: tuple[JobAction, ...], said: str
) -> None:
    with started(qtbot, stopped_after_a_sale(tmp_path, *went)) as cashier:
        assert _plain(cashier.notice) == PAID + said
        cashier.sign_in()
        assert _plain(cashier.notice) == PAID + said
        cashier.workplace.lock()
        cashier.workplace.shell.take_back_notice()
        cashier.sign_in()
        assert cashier.notice == ""


def test_a_till_that_was_closed_says_nothing(qtbot: QtBot, dressed: QApplication, tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t1")
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code).pay_cash(119)
    with started(qtbot, shop) as cashier:
        assert cashier.notice == ""


def _plain(words: str) -> str:
    return "".join(c for c in words if c.isprintable())
