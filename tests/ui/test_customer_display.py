"""The customer's display: it follows the sale in the customer's language and never shows what is the shop's own."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import zxingcpp
from PIL import ImageQt
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from pos_app.till import Till
from pos_app.ui.background import Background
from pos_app.ui.bridge import ScanBridge
from pos_app.ui.customer.state import Showing
from pos_app.ui.customer.view import CustomerWindow
from pos_app.ui.keymap import Act
from pos_app.ui.workplace import Workplace
from retail_core.domain.customers import Consent, Customer, Purpose
from retail_core.domain.ids import CustomerId
from retail_core.domain.loyalty import LoyaltyRules, points_of
from retail_core.domain.value import Instrument, ValueKind
from retail_core.durable import link
from retail_core.durable.system import SystemIds
from tests.support.shop import ITEMS, MANAGER_PIN, PIN, ManualClock, Shop, make_shop, row
from tests.ui.conftest import SCANNER_GAP_MS, Cashier

MILK = ITEMS[0]
STAFF_WORDS = ("Ana", "Sam K", "op-1", "op-2", PIN, MANAGER_PIN)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = make_shop(tmp_path / "t1")
    made.home.write_config(msgspec.structs.replace(made.config, customer_display="on"))
    return made


@pytest.fixture
def cashier(qtbot: QtBot, dressed: QApplication, shop: Shop) -> Iterator[Cashier]:
    background, bridge = Background(), ScanBridge()
    till = Till.open(shop.home, ManualClock(), SystemIds(), background.deliver, background.wake)
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


def display(cashier: Cashier) -> CustomerWindow:
    window = cashier.workplace.customer.window
    assert window is not None
    return window


def everything_said(window: CustomerWindow) -> str:
    """All there is to read, see or hear on it, what is painted included."""
    said = list(window.state().words())
    for widget in (window, *window.findChildren(QWidget)):
        said += [widget.accessibleName(), widget.accessibleDescription(), widget.toolTip(), widget.windowTitle()]
        if isinstance(widget, QLabel):
            said.append(widget.text())
    return "\n".join(said)


def test_the_customer_sees_each_line_the_total_and_the_change(cashier: Cashier) -> None:
    assert display(cashier).state().showing is Showing.IDLE
    cashier.sign_in().serial_scan(MILK.code).serial_scan(MILK.code)
    shown = display(cashier).state()
    assert shown.showing is Showing.SALE
    assert (shown.lines[0].qty, shown.lines[0].name, shown.lines[0].amount) == ("1", MILK.name, "1.19")
    assert shown.total == "€ 2.38"
    cashier.type("5").key(Qt.Key.Key_F12)
    cashier.until(lambda: cashier.selling.last_paid is not None)
    shown = display(cashier).state()
    assert (shown.showing, shown.change, shown.welcome) == (Showing.PAID, "€ 2.62", "Thank you")


def test_the_receipt_can_be_taken_along_by_its_code(cashier: Cashier) -> None:
    cashier.sign_in().serial_scan(MILK.code)
    cashier.key(Qt.Key.Key_F12)
    cashier.until(lambda: cashier.selling.last_paid is not None)
    paid = cashier.selling.last_paid
    assert paid is not None
    image = display(cashier).grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    read = zxingcpp.read_barcodes(ImageQt.fromqimage(image))
    assert [found.text for found in read] == [display(cashier).state().code]
    assert paid.receipt_no in read[0].text
    cashier.workplace.customer._leaving.timeout.emit()  # a minute later it is nobody's any more
    assert display(cashier).state().showing is Showing.IDLE


def test_no_act_of_staff_shows_the_customer_anything_of_staff(cashier: Cashier) -> None:
    said: list[str] = []

    def look() -> None:
        QCoreApplication.processEvents()
        said.append(everything_said(display(cashier)))

    look()
    cashier.type("4711⏎")
    cashier.until(lambda: "Wrong PIN" in cashier.shown("sign_in_message"))
    look()
    for pin in (PIN, MANAGER_PIN):
        cashier.sign_in(pin)
        for scanned in (MILK.code, "9780201379624", ""):
            if scanned:
                cashier.serial_scan(scanned)
            for act in Act:
                if act not in (Act.LOCK, Act.FULL_SCREEN, Act.CLOSE_DAY):
                    cashier.workplace.act(act)
                    look()
            cashier.workplace.act(Act.BACK)
            cashier.workplace.act(Act.BACK)
            look()
        cashier.until(lambda: not cashier.selling.paying)
        cashier.workplace.lock()
        look()
    everything = "\n".join(said)
    assert MILK.name in everything
    assert not [word for word in STAFF_WORDS if word in everything]
    for word in ("Drawer", "drawer", "PIN", "Manager", "Void", "Unknown", "queued", "HQ"):
        assert word not in everything, word


def test_nothing_about_the_customer_is_shown_to_whoever_stands_behind(cashier: Cashier, shop: Shop) -> None:
    consent = (Consent(Purpose.LOYALTY, given=True, text_version="loyalty/1", at_ms=1),)
    known = Customer(
        CustomerId("c-1"), "Jordan Lee", "+49151234567", "jordan@example.org", ("2600001",), "Gold", 0, consent
    )
    points = Instrument(points_of(known.customer_id), ValueKind.POINTS, 1240, "PTS")
    shop.set_rules(loyalty=LoyaltyRules(earn_points=1))
    shop.put_rows(row("customer", "c-1", known), row("instrument", points.instrument, points))
    cashier.sign_in().serial_scan(MILK.code).serial_scan("OTL:2600001")
    cashier.until(lambda: cashier.shown("customer_points").startswith("1,240"))
    said = [everything_said(display(cashier))]
    cashier.key(Qt.Key.Key_F3)
    said.append(everything_said(display(cashier)))
    cashier.key(Qt.Key.Key_F12)
    cashier.until(lambda: display(cashier).state().showing is Showing.PAID)
    said.append(everything_said(display(cashier)))
    for told in ("Jordan", "Lee", "234567", "jordan@", "2600001", "Gold", "1,240", "1240"):
        assert told not in "\n".join(said)


def test_a_scan_with_the_focus_on_the_customers_window_is_a_scan(cashier: Cashier) -> None:
    cashier.sign_in()
    window, stamp = display(cashier).windowHandle(), 5_000_000
    for character in (*MILK.code, "\r"):
        stamp += SCANNER_GAP_MS
        key = Qt.Key.Key_Return if character == "\r" else Qt.Key(ord(character))
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, character)
        event.setTimestamp(stamp)
        QCoreApplication.sendEvent(window, event)
    cashier.until(lambda: cashier.names() == [MILK.name])


def test_it_speaks_the_stores_language_or_the_customers_not_the_cashiers(shop: Shop, cashier: Cashier) -> None:
    german = link.SettingsDoc("S0319", "Store 319", "EUR", "north", "Europe/Berlin", lang="ar")
    shop.put_rows(row("settings", "store", german, rev=2))
    cashier.sign_in().serial_scan(MILK.code)
    assert display(cashier).layoutDirection() is Qt.LayoutDirection.RightToLeft
    assert display(cashier).state().total == "\u2066€ 1.19\u2069"
    assert cashier.to_pay == "€ 1.19"
    for _ in range(2):
        cashier.workplace.act(Act.CUSTOMER_LANGUAGE)
    assert cashier.till.paying.customer_language() == "de"
    assert display(cashier).layoutDirection() is Qt.LayoutDirection.LeftToRight
    cashier.key(Qt.Key.Key_F12)
    cashier.until(lambda: cashier.selling.last_paid is not None)
    assert cashier.till.paying.customer_language() == "ar"


def test_idle_it_shows_the_shops_pictures_or_its_name(cashier: Cashier) -> None:
    window = display(cashier)
    assert not window.idle.has_picture()
    folder = cashier.till.home.folder / "customer-pictures"
    folder.mkdir()
    (folder / "a-broken.jpg").write_bytes(b"no picture")
    picture = QImage(300, 200, QImage.Format.Format_RGB32)
    picture.fill(QColor("red"))
    picture.save(str(folder / "b.png"))
    cashier.workplace.customer._pictures._timer.timeout.emit()
    assert window.idle.has_picture()
    assert window.grab().toImage().pixelColor(40, 40).red() > 200
    cashier.sign_in().serial_scan(MILK.code)
    assert window.state().showing is Showing.SALE


def test_without_a_second_screen_it_stays_away_unless_it_is_asked_for(
    qtbot: QtBot, dressed: QApplication, tmp_path: Path
) -> None:
    shop, background = make_shop(tmp_path / "t2"), Background()
    till = Till.open(shop.home, ManualClock(), SystemIds(), background.deliver, background.wake)
    workplace = Workplace(till, background)
    workplace.open()
    assert workplace.customer.window is None
    workplace.close()
    background.close()
    till.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
