"""Guards against a fault of one PySide6 line: from 6.12.0 on Python 3.11 every call that returns None drops a
reference of None, and the process aborts after a few thousand calls. A till makes millions a day."""

import sys
from importlib.metadata import version

import pytest
from PySide6.QtCore import QObject, QPoint, Signal, Slot
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

CALLS = 20_000
TOLERATED = 200  # what the interpreter itself may come and go by meanwhile


def none_references() -> int:
    return sys.getrefcount(None)


def assert_none_is_kept(before: int) -> None:
    lost = before - none_references()
    assert abs(lost) < TOLERATED, f"{CALLS} calls that return None changed its reference count by {-lost}"


class _Counter(QObject):
    rang = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    @Slot(int)
    def ring(self, by: int) -> None:
        self.count += by


def test_setters_of_widgets_keep_none_alive(qtbot: QtBot) -> None:
    window, label = QWidget(), QLabel()
    qtbot.addWidget(window)
    qtbot.addWidget(label)
    before = none_references()
    for n in range(CALLS):
        label.setText("4.99" if n % 2 else "5.00")
        window.move(QPoint(n % 7, 0))
    assert_none_is_kept(before)


def test_signals_and_slots_keep_none_alive(qapp: object) -> None:
    counter = _Counter()
    counter.rang.connect(counter.ring)
    before = none_references()
    for _ in range(CALLS):
        counter.rang.emit(1)
    assert counter.count == CALLS
    assert_none_is_kept(before)


def test_value_classes_keep_none_alive() -> None:
    font = QFont()
    before = none_references()
    for n in range(CALLS):
        font.setPointSize(8 + n % 4)
    assert_none_is_kept(before)


@pytest.mark.parametrize("package", ["PySide6_Essentials", "shiboken6"])
def test_the_installed_line_is_the_one_known_to_be_sound(package: str) -> None:
    major, minor = (int(part) for part in version(package).split(".")[:2])
    assert (6, 11) <= (major, minor) < (6, 12), "raise this pin only with the three tests above on every Python we ship"
