"""The guard that every test runs under sees what is left behind, and waits for what is just ending."""

import subprocess
import threading

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.support.leaks import nothing_left_behind

AT_ONCE_MS = 50


def test_a_thread_left_running_is_named() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="forgotten")
    try:
        with pytest.raises(AssertionError, match="thread 'forgotten'"), nothing_left_behind(AT_ONCE_MS):
            thread.start()
    finally:
        stop.set()
        thread.join()


def test_a_program_left_running_is_named() -> None:
    started: list[subprocess.Popen[bytes]] = []
    with pytest.raises(AssertionError, match=r"process \d+ \(cat"), nothing_left_behind(AT_ONCE_MS):
        started.append(subprocess.Popen(["cat"], stdin=subprocess.PIPE))
    started[0].communicate()


def test_a_window_left_open_is_named(qtbot: QtBot) -> None:
    window = QWidget()
    window.setObjectName("forgotten_panel")
    qtbot.addWidget(window)
    with pytest.raises(AssertionError, match="forgotten_panel"), nothing_left_behind(AT_ONCE_MS):
        window.show()
    window.close()


def test_what_ends_in_time_is_no_leak() -> None:
    with nothing_left_behind():
        threading.Timer(0.05, lambda: None).start()
