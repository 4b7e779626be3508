"""A unit whose tag the store knows as sold: the cashier hears where, and takes it off or sells it all the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pos_app.ui.screens.sell.ask_panel import AskPanel
from retail_core.domain.claims import ClaimAnswer, ClaimKind, Refused
from retail_core.domain.ids import Gtin
from retail_core.domain.scanned import TagUnit
from retail_core.durable.system import SystemClock
from tests.agent.support import Lan, agent
from tests.support.shop import ITEMS
from tests.ui.conftest import Cashier, window_of

MILK, CHICKEN = ITEMS[:2]
TAGGED = TagUnit("3034257BF7194E4000000001", Gtin(MILK.code.zfill(14)), "1")
THING = ClaimKind.RFID_UNIT, TAGGED.epc


@pytest.fixture
def sold_before(qtbot: QtBot, dressed: QApplication, tmp_path: Path) -> Iterator[Cashier]:
    """A till and its agent, which has the store role and has read that this till sold the unit."""
    lan = Lan(tmp_path)
    shop = lan.machine("T1", store_role=True)
    lan.introduce()
    with agent(shop.home), window_of(qtbot, shop, SystemClock()) as cashier:
        cashier.sign_in().workplace.tags_read((TAGGED,))
        cashier.key(Qt.Key.Key_F12)
        cashier.until(lambda: cashier.selling.last_paid)
        told: list[ClaimAnswer] = []

        def hear() -> None:
            cashier.till.claims.ask_all([THING], lambda answers: told.append(answers[THING]))

        hear()
        cashier.until(lambda: isinstance(told[-1], Refused) or hear() if told else None)
        cashier.selling.tags_gone([TAGGED.epc])
        cashier.workplace.tags_read((TAGGED,))
        cashier.type("⏎").serial_scan(CHICKEN.code)
        yield cashier


def asked(cashier: Cashier) -> bool:
    return any(one.isVisible() for one in cashier.workplace.shell.findChildren(AskPanel))


@pytest.mark.parametrize("by", ["cash", "pay screen"])
def test_a_sold_unit_is_asked_about_and_sold_all_the_same_by_a_key(sold_before: Cashier, by: str) -> None:
    cashier = sold_before
    receipt = cashier.selling.last_paid.receipt_no if cashier.selling.last_paid else "S0319-T1-A-000001"
    if by == "pay screen":
        cashier.key(Qt.Key.Key_F9)
        cashier.key(Qt.Key.Key_F12)
    else:
        cashier.key(Qt.Key.Key_F12)
    cashier.until(lambda: asked(cashier))
    assert (cashier.screen, cashier.selling.selected) == ("sell", cashier.lines[0].line_id)
    assert cashier.notice == f"{MILK.name}: T1 sold this very unit on receipt {receipt}."
    assert receipt in cashier.shown("ask_text")
    cashier.type("⏎").type(f"{CHICKEN.code}⏎")  # nothing is agreed to by accident, and what is typed is goods
    assert (len(cashier.lines), asked(cashier)) == (3, True)
    cashier.control(Qt.Key.Key_O)
    assert not asked(cashier)
    cashier.key(Qt.Key.Key_F12)
    cashier.until(lambda: cashier.selling.last_paid)
    assert len(cashier.selling.last_paid.lines if cashier.selling.last_paid else ()) == 3


def test_a_sold_unit_is_taken_off_and_the_rest_is_paid(sold_before: Cashier) -> None:
    cashier = sold_before
    cashier.key(Qt.Key.Key_F12)
    cashier.until(lambda: asked(cashier))
    cashier.key(Qt.Key.Key_Escape)
    assert not asked(cashier)
    cashier.key(Qt.Key.Key_F12)  # the question is still open
    assert asked(cashier)
    cashier.press("ask_no")
    assert [(line.name, line.voided) for line in cashier.lines] == [(MILK.name, True), (CHICKEN.name, False)]
    cashier.key(Qt.Key.Key_F12)
    cashier.until(lambda: cashier.selling.last_paid)
