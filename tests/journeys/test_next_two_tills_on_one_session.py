"""Next five: two tills on one session overwrite each other.

Sources: Odoo issues 67731 and 22766, itpp pos-addons issue 1239 (two browsers on one session: same numbers, one sale over
the other). Here a till's files belong to one process, and two tills have neither files, numbers nor drawer in common.
"""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from pos_app.storage.training_home import TrainingHome
from pos_app.till import Till
from pos_app.ui.fault import FaultWindow
from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.system import SystemIds
from tests.support.shop import ITEMS, ManualClock, Shop, make_shop
from tests.till.test_bad_start import EXIT_CANNOT_START, start
from tests.ui.conftest import Cashier, window_of
from tests.ui.test_audit_walk import facts, verified
from tests.ui.test_returns_screen import sold

MILK, CHICKEN = ITEMS[:2]


def test_the_program_started_twice_is_refused_and_the_first_one_sells_on(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    code, said = start(at_work.shop)
    assert (code, said.endswith("[program.already_running]")) == (EXIT_CANNOT_START, True)
    at_work.wedge_scan(CHICKEN.code)
    at_work.key(Qt.Key.Key_F12)
    at_work.until(lambda: at_work.selling.last_paid)
    ((_, _, sale),) = facts(at_work.shop, "sale.completed")
    assert [line["sku"] for line in sale["lines"]] == [MILK.sku, CHICKEN.sku]
    assert verified(at_work.shop).ok


def test_whoever_starts_it_twice_reads_why(qtbot: QtBot, at_work: Cashier) -> None:
    with pytest.raises(EnvironmentFault) as refused:
        Till.open(at_work.shop.home, ManualClock(), SystemIds(), lambda call: call())
    window = FaultWindow(refused.value)
    qtbot.addWidget(window)
    said = window.findChild(QLabel, "fault_words")
    assert isinstance(said, QLabel)
    assert said.text().startswith("The till is running already on these files. Go back to its window")


def test_two_tills_of_a_store_share_neither_numbers_nor_baskets_nor_a_drawer(
    qtbot: QtBot, dressed: QApplication, tmp_path: Path
) -> None:
    one, two = make_shop(tmp_path / "t1"), make_shop(tmp_path / "t2", "T2")
    with window_of(qtbot, one) as first, window_of(qtbot, two) as second:
        first.sign_in().wedge_scan(MILK.code)
        second.sign_in().wedge_scan(CHICKEN.code)
        assert (first.names(), second.names()) == ([MILK.name], [CHICKEN.name])
        numbers = [sold(till) for till in (first, second)] + [sold(second, MILK.code)]
    assert numbers == ["S0319-T1-A-000001", "S0319-T2-A-000001", "S0319-T2-A-000002"]
    sessions = [{body["session_id"] for _, _, body in facts(shop, "drawer.opened")} for shop in (one, two)]
    assert not sessions[0] & sessions[1]
    assert [len(facts(shop, "sale.completed")) for shop in (one, two)] == [1, 2]


def test_training_beside_a_running_till_touches_none_of_its_files(at_work: Cashier, qtbot: QtBot) -> None:
    at_work.wedge_scan(MILK.code)
    shop = at_work.shop
    with window_of(qtbot, Shop(TrainingHome(shop.home), shop.hq_key, shop.config)) as trainee:
        assert "-TR-" in sold(trainee.sign_in(), CHICKEN.code)
    assert at_work.names() == [MILK.name]
    assert facts(shop, "sale.completed") == []
