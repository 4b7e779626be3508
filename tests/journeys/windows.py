"""Windows that a journey opens and closes itself: another till, or the same one after it was switched off."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from pos_app.till import Till
from pos_app.ui.background import Background
from pos_app.ui.bridge import ScanBridge
from pos_app.ui.workplace import Workplace
from retail_core.domain.clock import Clock
from retail_core.durable.home import Home
from retail_core.durable.system import SystemIds
from tests.support.shop import ManualClock, Shop
from tests.ui.conftest import Cashier


@contextmanager
def window(qtbot: QtBot, shop: Shop, home: Home | None = None, clock: Clock | None = None) -> Iterator[Cashier]:
    """A cashier signed in at the window of a till; at its end the till is switched off."""
    background, bridge = Background(), ScanBridge()
    till = Till.open(home or shop.home, clock or ManualClock(), SystemIds(), background.deliver, background.wake)
    workplace = Workplace(till, background)
    bridge.scanned.connect(workplace.scanned)
    workplace.open()
    workplace.shell.activateWindow()
    try:
        yield Cashier(qtbot, workplace, bridge, shop).sign_in()
    finally:
        workplace.close()
        background.close()
        till.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()
