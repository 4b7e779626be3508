"""A till with its window, on the offscreen platform: real files, real threads, real key events."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from pos_app.devices.ports import ScanEvent
from pos_app.service.paying import Paying
from pos_app.service.selling import Selling
from pos_app.till import Till
from pos_app.ui.background import Background
from pos_app.ui.bridge import ScanBridge
from pos_app.ui.main import application
from pos_app.ui.workplace import Workplace
from retail_core.domain.clock import Clock
from retail_core.domain.saleline import SaleLine
from retail_core.durable.system import SystemIds
from tests.support.shop import PIN, ManualClock, Shop, make_shop

SCANNER_GAP_MS = 5
PERSON_GAP_MS = 90
WAIT_MS = 30_000  # all of it is needed only where the machine has no core for us


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    return QApplication


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[QApplication]:
    """The application in the till's fonts and colours; put back to light and left-to-right afterwards."""
    application("en", "light")
    yield qapp
    application("en", "light")


class Cashier:
    """Somebody at the window: presses keys as a person or a keyboard scanner does, and sees what is there."""

    def __init__(self, qtbot: QtBot, workplace: Workplace, bridge: ScanBridge, shop: Shop) -> None:
        self.qtbot = qtbot
        self.workplace = workplace
        self.bridge = bridge
        self.shop = shop
        self._stamp_ms = 1_000_000

    @property
    def till(self) -> Till:
        return self.workplace.till

    @property
    def selling(self) -> Selling:
        return self.till.selling

    @property
    def paying(self) -> Paying:
        return self.till.paying

    @property
    def lines(self) -> tuple[SaleLine, ...]:
        """Lines of the open sale; none when there is no sale."""
        return self.selling.sale.lines if self.selling.sale else ()

    def quantities(self) -> list[int]:
        return [line.qty_milli for line in self.lines]

    @property
    def to_pay(self) -> str:
        """What the totals panel says."""
        shown = self.workplace.shell.findChild(QLabel, "to_pay")
        assert isinstance(shown, QLabel)
        return shown.text()

    def shown(self, name: str) -> str:
        """Words of the label of this name: of the one on the screen, when several screens have one."""
        found = self.workplace.shell.findChildren(QLabel, name)
        assert found, name
        return next((label for label in found if label.isVisible()), found[0]).text()

    def key(self, key: Qt.Key, text: str = "", gap_ms: int = PERSON_GAP_MS) -> None:
        self._stamp_ms += gap_ms
        window = self.workplace.shell.windowHandle()
        assert window is not None
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text)
            event.setTimestamp(self._stamp_ms)
            QCoreApplication.sendEvent(window, event)

    def control(self, key: Qt.Key) -> None:
        window = self.workplace.shell.windowHandle()
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.ControlModifier)
        QCoreApplication.sendEvent(window, event)

    def type(self, text: str) -> "Cashier":
        """At a person's speed; `⏎` is Enter."""
        for character in text:
            if character == "⏎":
                self.key(Qt.Key.Key_Return, "\r")
            else:
                self.key(Qt.Key(ord(character.upper())), character)
        self.settle()
        return self

    def wedge_scan(self, label: str) -> "Cashier":
        """What a keyboard scanner sends: the same keys, milliseconds apart, and Enter."""
        self._stamp_ms += PERSON_GAP_MS
        for character in label:
            self.key(Qt.Key(ord(character.upper())), character, SCANNER_GAP_MS)
        self.key(Qt.Key.Key_Return, "\r", SCANNER_GAP_MS)
        self.settle()
        return self

    def serial_scan(self, label: str) -> "Cashier":
        """A read of a scanner that speaks for itself, arriving as its driver delivers it."""
        self.bridge.sink(ScanEvent(label.encode(), None, label, "counter scanner", 0))
        QCoreApplication.processEvents()
        return self

    def settle(self) -> None:
        """Wait until no key is held back any more."""
        self.until(lambda: not self.workplace.wedge.holding)

    def until(self, true: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(true()), timeout=WAIT_MS)

    def press(self, name: str) -> "Cashier":
        """Tap a button by its name. One that was just made is shown by the window's next turn, after the words beside it."""
        self.until(lambda: self._there(name))
        self.qtbot.mouseClick(self._there(name)[0], Qt.MouseButton.LeftButton)
        return self

    def _there(self, name: str) -> list[QWidget]:
        found = [w for w in self.workplace.shell.findChildren(QWidget, name) if w.isVisible()]
        assert found, f"nothing called {name} is on the screen"
        return found

    def sign_in(self, pin: str = PIN) -> "Cashier":
        self.type(f"{pin}⏎")
        self.until(lambda: self.till.signing_in.operator is not None and self.screen != "sign_in")
        return self

    @property
    def screen(self) -> str:
        return self.workplace.current.widget.objectName().removesuffix("_screen")

    @property
    def notice(self) -> str:
        return self.workplace.shell.notices.text()

    def names(self) -> list[str]:
        return [line.name for line in self.lines]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


@contextmanager
def window_of(qtbot: QtBot, shop: Shop, clock: Clock | None = None) -> Iterator[Cashier]:
    """A till is started on the shop's files, locked, with its window; closed at the end."""
    background, bridge = Background(), ScanBridge()
    till = Till.open(shop.home, clock or ManualClock(), SystemIds(), background.deliver, background.wake)
    workplace = Workplace(till, background)
    bridge.scanned.connect(workplace.scanned)
    workplace.open()
    workplace.shell.activateWindow()
    try:
        yield Cashier(qtbot, workplace, bridge, shop)
    finally:
        workplace.close()
        background.close()
        till.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


@pytest.fixture
def cashier(qtbot: QtBot, dressed: QApplication, shop: Shop) -> Iterator[Cashier]:
    """A locked till with its window."""
    with window_of(qtbot, shop) as made:
        yield made


@pytest.fixture
def at_work(cashier: Cashier) -> Cashier:
    """A cashier signed in, at the sell screen."""
    return cashier.sign_in()
