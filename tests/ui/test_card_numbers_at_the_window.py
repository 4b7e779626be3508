"""Card numbers at the window: every line for typing and every scanner refuses them in the same plain words."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from pos_app.ui.widgets.entry import EntryLine
from tests.support.shop import ITEMS
from tests.ui.conftest import Cashier

PAN = "4111111111111111"
WORDS = "That is the number of a payment card. It was not kept. Take cards with F9 on the terminal."
SWIPED = f"%B{PAN}^DOE/JANE^26121010000000?"


@pytest.mark.parametrize("typed", [PAN, "4111 1111 1111 1111", f"3*{PAN}", f";{PAN}=2612101?"])
def test_a_typed_card_is_refused_and_gone_from_the_line(at_work: Cashier, typed: str) -> None:
    at_work.type(f"{typed}⏎")
    assert at_work.notice == WORDS
    assert at_work.lines == ()
    assert PAN not in "".join(line.text() for line in at_work.workplace.shell.findChildren(EntryLine))


@pytest.mark.parametrize("label", [PAN, SWIPED, f";{PAN}=2612101000?"])
def test_a_scanned_or_swiped_card_goes_nowhere_on_any_screen(at_work: Cashier, label: str) -> None:
    at_work.wedge_scan(label)
    assert at_work.notice == WORDS
    at_work.key(Qt.Key.Key_F10)
    at_work.serial_scan(label)
    assert at_work.notice == WORDS
    at_work.control(Qt.Key.Key_L)
    at_work.serial_scan(label)
    shown = "".join(label.text() for label in at_work.workplace.shell.findChildren(QLabel))
    assert PAN not in shown
    assert at_work.lines == ()


def test_a_swipe_in_mid_sale_disturbs_nothing(at_work: Cashier) -> None:
    at_work.wedge_scan(ITEMS[0].code).type("3*").wedge_scan(SWIPED).wedge_scan(ITEMS[1].code)
    assert len(at_work.lines) == 2
