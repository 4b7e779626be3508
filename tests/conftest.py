"""What holds for every test: no window system is needed, nothing is left running, no error goes unnoticed."""

import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.leaks import nothing_left_behind, open_files

# before anything imports Qt; tests of the real window system set their own in a child process
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_ACCESSIBILITY", "0")
os.environ["TZ"] = "UTC"  # a shop's zone is an argument; what leaks in from the machine would differ here and in CI
time.tzset()
# Programs are started some hundred times, test files are read by each worker: compiled once, as where they are installed.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

pytest_plugins = ["tests.support.postgres"]

HERE = Path(__file__).parent
REAL_PROGRAMS = ("agent", "chaos", "devices", "hq", "journeys", "till", "tools", "ui")
"""Folders whose tests drive programs, devices and windows that this machine may leave without a core for seconds."""

settings.register_profile("house", deadline=None)  # a shared machine may pause; the timeout of a test still holds
settings.load_profile("house")

OUR_LOGGERS = ("retail_core", "pos_app", "sync_agent", "hq_server")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What drives real programs may run a second time. The closing lines name each test that needed it."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.path.relative_to(HERE).parts[0] in REAL_PROGRAMS:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def _nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    with nothing_left_behind():
        yield
    folder = request.node.funcargs.get("tmp_path")
    open_still = open_files(folder) if folder else []
    assert not open_still, "the test left open: " + ", ".join(open_still)


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] in OUR_LOGGERS:
            self.lines.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def _no_unexpected_error_lines(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("expects_log"):
        yield
        return
    errors = _Errors()
    logging.getLogger().addHandler(errors)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(errors)
    assert not errors.lines, "logged as an error, and the test is not marked expects_log: " + "; ".join(errors.lines)
