"""What the strip says about the line and the devices, and what a till that cannot start says."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from pos_app.devices.ports import DeviceState, Health
from pos_app.service.link_status import LinkState, LinkView
from pos_app.ui.fault import FaultWindow
from pos_app.ui.lamps import device_lamps
from pos_app.ui.shell import PillState, till_title
from pos_app.ui.theme import Tone
from pos_app.ui.top_strip import lamp_state
from retail_core.domain.errors import EnvironmentFault
from tests.support.shop import Shop
from tests.ui.conftest import Cashier
from tools.demo.hands import Hands

STARTS_WITHIN_S, STOPS_WITHIN_S = 60.0, 10.0


@pytest.mark.parametrize(
    ("link", "words", "tone"),
    [
        (LinkView(LinkState.SYNCED, 0, 1), "All synced", Tone.OK),
        (LinkView(LinkState.HQ_OFFLINE, 37, 1), "HQ offline · 37 queued", Tone.WARNING),
        (LinkView(LinkState.NO_INTERNET, 3, 1), "No internet · 3 queued", Tone.WARNING),
        (LinkView(LinkState.NO_NETWORK, 0, 1), "No network", Tone.WARNING),
        (LinkView(LinkState.AGENT_DOWN, 1, 1), "Agent stopped · 1 queued", Tone.WARNING),
        (LinkView(LinkState.ALONE, 5, 1), "Tills apart · 5 queued", Tone.WARNING),
        (LinkView(LinkState.ALONE_SOON, 0, 1), "Long without HQ", Tone.WARNING),
        (LinkView(LinkState.OTHERS_SILENT, 0, 1), "Other tills silent", Tone.INFO),
        (LinkView(LinkState.CATCHING_UP, 12, 1), "Catching up · 12 queued", Tone.INFO),
        (LinkView(LinkState.STARTING, 0, 0), "Connecting", Tone.INFO),
    ],
)
def test_the_sync_lamp_speaks_plainly(link: LinkView, words: str, tone: Tone) -> None:
    assert lamp_state(link) == PillState("sync", words, tone)


def test_each_kind_of_device_has_one_lamp_that_shows_the_worst() -> None:
    lamps = device_lamps(
        [
            ("scanner", Health(DeviceState.READY)),
            ("scanner", Health(DeviceState.ABSENT, "device.lost")),
            ("printer", Health(DeviceState.FAULT, "printer.paper_out")),
        ]
    )
    assert lamps == (
        PillState("scanner", "Scanner: unplugged", Tone.WARNING),
        PillState("printer", "Printer: out of paper", Tone.ERROR),
    )
    assert device_lamps([("printer", Health(DeviceState.READY, "printer.paper_low"))])[0].tone is Tone.WARNING


def test_the_title_names_store_and_till() -> None:
    assert till_title("Store 319", "T2", "till") == "Store 319 · Till 2"
    assert till_title("Store 319", "T2", "counter") == "Store 319 · Counter"


def test_the_window_of_a_till_that_cannot_start_says_what_to_do(qtbot: QtBot, dressed: QApplication) -> None:
    window = FaultWindow(EnvironmentFault("db.damaged", file="till.db"))
    qtbot.addWidget(window)
    window.show()
    said = window.findChild(QLabel, "fault_words")
    assert isinstance(said, QLabel)
    assert "till.db is damaged" in said.text()
    with qtbot.waitSignal(window.done):
        qtbot.keyClick(window, " ")


def test_a_second_till_on_the_same_files_says_so_and_stops(cashier: Cashier, shop: Shop) -> None:
    assert cashier.screen == "sign_in"
    second = subprocess.run(
        [sys.executable, "-m", "pos_app.app", "--home", str(shop.home.folder)],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode == 3
    said = "The till is running already on these files. Go back to its window; a second one is not needed."
    assert second.stderr.strip() == f"{said}  [program.already_running]"


def test_a_till_that_is_told_to_stop_does_so_without_an_agent_and_with_a_screen_for_the_customer(shop: Shop) -> None:
    with tempfile.TemporaryDirectory() as short:  # a socket's path must be short
        control = Path(short) / "control"
        shop.home.write_config(
            replace(shop.config, customer_display="on", agent_wake_port=0, remote_control_socket=str(control))
        )
        with subprocess.Popen(
            [sys.executable, "-m", "pos_app.app", "--home", str(shop.home.folder)],
            env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
            cwd=Path(__file__).parents[2],
        ) as till:
            try:
                until(control.exists, lambda: till.poll() is None)
                with closing(Hands(control)) as hands:
                    assert hands.look()["screen"] == "sign_in"
                till.terminate()
                assert till.wait(STOPS_WITHIN_S) == 0
            finally:
                till.kill()


def until(true: Callable[[], bool], alive: Callable[[], bool]) -> None:
    end = time.monotonic() + STARTS_WITHIN_S
    while not true():
        assert alive(), "the till ended at once"
        assert time.monotonic() < end, "the till does not come up"
        time.sleep(0.05)
