"""Pain 10: nobody notices that an item is unknown, and it is given away.

Sources: gedemin issue 2992 (the next scan's Enter closes the warning), Odoo pull request 209478 and issues 222344 (the sound
was lost in 18.0) and 250434, opensourcepos 3362, xpos 94 (a corrupt line). Here the code becomes a red line of the sale with
its own tone; scanning goes on, and paying waits until somebody has said what it is.
"""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListView

from pos_app.ui.screens.sell.lines import SaleLines
from pos_app.ui.screens.sell.state import LineKind, LineView
from tests.support.shop import ITEMS
from tests.ui.conftest import Cashier

MILK, CHICKEN, WATER = ITEMS[:3]
UNKNOWN, OTHER_UNKNOWN = "9780201379624", "4006381333931"


@pytest.fixture
def heard(at_work: Cashier) -> list[str]:
    """The tones of the sale, in their order."""
    tones: list[str] = []
    at_work.workplace.sell.sounded.connect(tones.append)
    return tones


def painted(cashier: Cashier) -> list[LineView]:
    shown = cashier.workplace.shell.findChild(QListView, "sale_lines")
    assert isinstance(shown, QListView)
    model = shown.model()
    assert isinstance(model, SaleLines)
    return [model.line_at(row) for row in range(model.rowCount())]


def test_it_is_seen_and_heard_and_the_next_scan_does_not_hide_it(at_work: Cashier, heard: list[str]) -> None:
    at_work.wedge_scan(MILK.code).wedge_scan(UNKNOWN)
    assert heard == ["ok", "error"]
    assert "Unknown code 9780201379624" in at_work.notice
    at_work.wedge_scan(CHICKEN.code).wedge_scan(WATER.code)
    red = [line for line in painted(at_work) if line.kind is LineKind.PENDING]
    assert [line.name for line in red] == ["Unknown code 9780201379624"]
    assert red[0].detail
    assert UNKNOWN in red[0].spoken
    assert heard == ["ok", "error", "ok", "ok"]
    assert len(at_work.names()) == 4


@pytest.mark.parametrize("way", [Qt.Key.Key_F9, Qt.Key.Key_F12], ids=["pay", "exact cash"])
def test_it_cannot_be_given_away_by_paying(at_work: Cashier, way: Qt.Key) -> None:
    at_work.wedge_scan(UNKNOWN).wedge_scan(MILK.code)
    for _ in range(3):  # a hurried cashier
        at_work.key(way)
        at_work.key(Qt.Key.Key_Return, "\r")
    assert at_work.screen == "sell"
    assert at_work.selling.last_paid is None
    assert "Unknown codes" in at_work.notice
    selected = at_work.selling.selected
    assert [line.pending for line in at_work.lines if line.line_id == selected] == [True]


def test_several_are_dealt_with_one_by_one_and_then_paid(at_work: Cashier) -> None:
    at_work.wedge_scan(UNKNOWN).wedge_scan(MILK.code).wedge_scan(OTHER_UNKNOWN)
    at_work.key(Qt.Key.Key_F9)
    at_work.type("candle")
    at_work.until(lambda: at_work.shown("search_title").startswith("“candle”"))
    at_work.type("⏎")
    at_work.until(lambda: "Candle, cedar" in at_work.names())
    assert sum(line.pending for line in at_work.lines) == 1
    at_work.key(Qt.Key.Key_F12)
    assert at_work.selling.last_paid is None
    at_work.key(Qt.Key.Key_Delete)
    at_work.key(Qt.Key.Key_F12)
    at_work.until(lambda: at_work.selling.last_paid)
    assert at_work.selling.last_paid
    assert at_work.selling.last_paid.total_minor == 1250 + 119


def test_an_unknown_code_on_the_pay_screen_brings_the_lines_back(at_work: Cashier, heard: list[str]) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.key(Qt.Key.Key_F9)
    at_work.type("20").wedge_scan(UNKNOWN)
    assert at_work.screen == "sell"
    assert heard[-1] == "error"
    at_work.type("⏎")
    assert at_work.selling.last_paid is None
