"""The first start of a till: head office's line is scanned into its window, compared, and the agent's program joins the store."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from pos_app.runtime.joining import Joined, is_new, join, run_command
from pos_app.runtime.worker import Worker
from pos_app.ui.background import Background
from pos_app.ui.first_start import runs
from pos_app.ui.main import application
from pos_app.ui.screens.join.presenter import JoinPresenter
from pos_app.ui.screens.join.view import JoinWindow
from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.home import Home
from retail_core.durable.system import SystemClock
from retail_core.wire.enrolment import EnrolmentLink
from tests.agent.support import LOOPBACK, agent, free_port, until
from tests.agent.town import ROOT, Hq, line_to

AGENT = (sys.executable, "-m", "sync_agent.app")
WAIT_MS = 60_000
NOT_RUNNING = "[agent.not_running]"


class NewMachine:
    """An empty folder, its window, and somebody with a scanner."""

    def __init__(self, qtbot: QtBot, folder: Path, window: JoinWindow) -> None:
        self.qtbot, self.home, self.window = qtbot, Home(folder), window
        self.joined: list[Joined] = []

    def scan(self, text: str) -> None:
        line = self.window.findChild(QLineEdit, "join_line")
        assert isinstance(line, QLineEdit)
        self.qtbot.keyClicks(line, text)
        self.qtbot.keyClick(line, Qt.Key.Key_Return)

    def said(self, name: str) -> str:
        found = self.window.findChild(QLabel, f"join_{name}")
        assert isinstance(found, QLabel)
        return found.text() if found.isVisible() else ""

    def join(self) -> None:
        self.qtbot.keyClick(self.window, Qt.Key.Key_F9)

    def joins(self, link: EnrolmentLink) -> None:
        """Scanned and agreed to, until it is a machine of its store."""
        self.scan(link.text())
        self.join()
        self.qtbot.waitUntil(lambda: NOT_RUNNING in self.said("refused"), timeout=WAIT_MS)

    def refused(self, link: EnrolmentLink) -> str:
        self.scan(link.text())
        self.join()
        self.qtbot.waitUntil(lambda: bool(self.said("refused")), timeout=WAIT_MS)
        assert is_new(self.home), "it may try again"
        return self.said("refused")


@contextmanager
def new_machine(qtbot: QtBot, folder: Path, missing: EnvironmentFault | None = None) -> Iterator[NewMachine]:
    application("en", "light")
    folder.mkdir()
    background = Background()
    worker = Worker("first-start", background.deliver)
    window = JoinWindow()
    found = NewMachine(qtbot, folder, window)
    presenter = JoinPresenter(
        window,
        lambda link, done, failed: worker.ask("join", lambda: join(AGENT, folder, link), done, failed),
        lambda done, failed: worker.ask("agent", lambda: runs(found.home, SystemClock()), done, failed),
        run_command(found.home),
        missing,
    )
    presenter.joined.connect(found.joined.append)
    window.show()
    try:
        yield found
    finally:
        background.close()
        worker.close()
        window.hide()
        window.deleteLater()


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent's program is found where the tests run."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def test_a_new_till_joins_its_store_by_the_code_on_head_offices_page(
    qtbot: QtBot, hq: Hq, store: str, folder: Path
) -> None:
    with new_machine(qtbot, folder / "T1") as machine:
        assert is_new(machine.home)
        machine.scan(EnrolmentLink(hq.url, hq.fingerprint, hq.code(store, "T1")).text())
        assert hq.url in machine.said("address")
        compared = "".join(mark for mark in machine.said("fingerprint") if mark.isalnum())
        assert compared.lower() == hq.fingerprint
        qtbot.keyClick(machine.window, Qt.Key.Key_Return)
        assert "Compare" in machine.said("about"), "a scanner's Enter agrees to nothing"
        machine.join()
        qtbot.waitUntil(lambda: NOT_RUNNING in machine.said("refused"), timeout=WAIT_MS)
        config = machine.home.config()
        assert (config.store, config.register, config.role) == (store, "T1", "till")
        assert not is_new(machine.home)
        assert machine.said("title") == f"This machine is T1 in {config.store_name}"
        assert machine.said("address") == f"omnitill-agent run --home {folder / 'T1'}"
        assert machine.joined == [], "it waits for its agent"
        with agent(machine.home):
            qtbot.waitUntil(lambda: bool(machine.joined), timeout=WAIT_MS)
        assert machine.joined == [Joined(store, config.store_name, "T1")]


def test_a_till_may_be_opened_before_its_agent_runs(qtbot: QtBot, hq: Hq, store: str, folder: Path) -> None:
    with new_machine(qtbot, folder / "T4") as machine:
        machine.joins(EnrolmentLink(hq.url, hq.fingerprint, hq.code(store, "T4")))
        assert "no goods and prices come" in machine.said("refused")
        machine.join()
        assert [one.register for one in machine.joined] == ["T4"]


def test_a_till_without_the_agents_program_says_so_at_once_with_its_code(qtbot: QtBot, folder: Path) -> None:
    with new_machine(qtbot, folder / "T5", EnvironmentFault("agent.missing")) as machine:
        assert "omnitill-agent is not installed" in machine.said("refused")
        assert "[agent.missing]" in machine.said("refused")


def test_what_goes_wrong_is_said_with_what_to_do_and_nothing_is_used_up(
    qtbot: QtBot, hq: Hq, store: str, folder: Path
) -> None:
    code = hq.code(store, "T2")
    with new_machine(qtbot, folder / "T2") as machine:
        machine.scan("4006381333931")
        assert "begins with omnitill:enrol" in machine.said("refused")
        nowhere = f"https://{LOOPBACK}:{free_port()}"
        assert f"does not answer at {LOOPBACK}" in machine.refused(EnrolmentLink(nowhere, hq.fingerprint, code))
        assert "Nothing was sent" in machine.refused(EnrolmentLink(hq.url, "ab" * 32, code))
        assert "not whole" in machine.refused(EnrolmentLink(hq.url, hq.fingerprint[:60], code))
        assert "Make a new one" in machine.refused(EnrolmentLink(hq.url, hq.fingerprint, "AAAA-00000000"))
        with line_to(hq) as line:
            line.cut()
            assert "does not answer" in machine.refused(EnrolmentLink(line.url, hq.fingerprint, code))
        machine.joins(EnrolmentLink(hq.url, hq.fingerprint, code))


def test_a_person_may_turn_back_before_anything_is_asked(qtbot: QtBot, folder: Path) -> None:
    with new_machine(qtbot, folder / "T3") as machine:
        machine.scan(EnrolmentLink("https://hq.example", "ab" * 32, "AAAA-00000000").text())
        for key in (Qt.Key.Key_Escape, Qt.Key.Key_F9):
            qtbot.keyClick(machine.window, key)
        assert "choose Machines" in machine.said("about")
        for button in machine.window.findChildren(QPushButton):
            assert button.accessibleName()
            assert button.minimumHeight() >= 48


def test_a_folder_that_is_missing_or_has_lost_its_settings_is_not_new(folder: Path) -> None:
    assert not is_new(Home(folder / "mistyped"))
    (folder / "till.db").touch()
    assert not is_new(Home(folder))


def test_a_program_that_is_missing_or_says_nothing_is_named(folder: Path) -> None:
    for program, code in (((str(folder / "none"),), "agent.missing"), (("/bin/true",), "agent.silent")):
        with pytest.raises(EnvironmentFault, match=code):
            join(program, folder, "omnitill:enrol;a;b;c")


@pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="no Xvfb or xdotool here (2026-11-28)"
)
def test_the_till_itself_starts_on_an_empty_folder_joins_and_opens(hq: Hq, store: str, folder: Path) -> None:
    link = EnrolmentLink(hq.url, hq.fingerprint, hq.code(store, "T1")).text()
    home = Home(folder / "T1")
    home.folder.mkdir()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "1366x768x24", "-nolisten", "tcp", "-noreset"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as screen:  # fmt: skip
        assert screen.stdout is not None
        seen = os.environ | {
            "DISPLAY": f":{screen.stdout.readline().strip()}",
            "QT_QPA_PLATFORM": "xcb",
            "LANG": "C.UTF-8",
        }

        def keys(*words: str) -> str:
            done = subprocess.run(
                ["xdotool", *words], env=seen, capture_output=True, text=True, timeout=30, check=False
            )
            return done.stdout.strip()

        try:
            till = [sys.executable, "-m", "pos_app.app", "--home", str(home.folder)]
            with subprocess.Popen(till, env=seen, stderr=subprocess.PIPE, text=True) as program:
                try:
                    window = until(
                        lambda: keys("search", "--onlyvisible", "--name", "Join a store"), 60, "its first screen"
                    )
                    keys("windowfocus", "--sync", window.splitlines()[0])
                    keys("type", "--delay", "6", link)
                    keys("key", "Return")
                    keys("key", "--delay", "200", "F9")
                    until(home.config_file.exists, 60, "it has joined")
                    # F9 again: it goes on without its agent
                    until(
                        lambda: keys("key", "F9") or keys("search", "--onlyvisible", "--name", "Till 1"), 60, "a till"
                    )
                    assert home.config().register == "T1"
                finally:
                    program.terminate()
                    program.communicate(timeout=20)
        finally:
            screen.terminate()
