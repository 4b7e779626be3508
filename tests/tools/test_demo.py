"""The demo as a person runs it: the whole chain on real processes, and nothing left behind however it ends."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.postgres import Templates

ITEMS = 4_000
SIM_WINDOW = "pos_app.ui.sim_window"
DAY_LIMIT_S, STARTS_WITHIN_S, ENDS_WITHIN_S = 170, 60, 40


@contextmanager
def demo(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tools.demo", "--items", str(ITEMS), "--work", str(folder / "work")]
    command += ["--out", str(folder / "out"), *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def lines_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(said)


def process_of(folder: Path) -> list[psutil.Process]:
    return [p for p in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(p.info["cmdline"] or [])]


def left_running(folder: Path) -> list[list[str]]:
    return [p.info["cmdline"] for p in process_of(folder)]


def a_day(folder: Path, *arguments: str) -> dict[str, Any]:
    with demo(folder, "--seconds", "1", *arguments) as process:
        said, _ = process.communicate(timeout=DAY_LIMIT_S)
    assert process.returncode == 0, said
    assert left_running(folder) == []
    return json.loads((folder / "out" / "summary.json").read_text())


@pytest.mark.slow
@pytest.mark.timeout(DAY_LIMIT_S + 30)
def test_a_day_adds_up(tmp_path):
    summary = a_day(tmp_path)
    assert summary["sales_at_hq"] == summary["sales_paid"] >= 9
    assert summary["lost"] == summary["doubled"] == 0
    assert summary["stock_units_moved_hq"] == summary["stock_units_moved_tills"] > 0
    assert summary["sales_while_hq_down"] >= 3
    assert summary["hand_overs_while_hq_down"] == 1
    assert (summary["orders_placed"], summary["orders_collected"]) == (5, 2)
    assert summary["receipts_printed"] == summary["sales_paid"]
    assert summary["receipt_numbers_gapless"]
    assert summary["journal_verified"]
    receipts = list((tmp_path / "out" / "receipts").glob("till-1/*.png"))
    assert len(receipts) == summary["receipts_printed"]
    screens = {path.stem.partition("-")[2] for path in (tmp_path / "out").glob("[0-9]*.png")}
    assert {"sign-in", "sell", "pay", "change", "unknown-code", "pickup", "pickup-code", "hq-offline"} <= screens


@pytest.mark.pg
@pytest.mark.slow
@pytest.mark.timeout(DAY_LIMIT_S + 30)
def test_a_day_adds_up_on_postgresql(tmp_path, postgres_templates: Templates):
    summary = a_day(tmp_path, "--database", postgres_templates.copy("demo", lambda url: None))
    assert summary["sales_at_hq"] == summary["sales_paid"] >= 9
    assert summary["details"]["database"] == "postgresql"


@pytest.mark.slow
def test_a_stopped_demo_leaves_nothing_running(tmp_path):
    with demo(tmp_path) as process:
        lines_until(process, "HQ runs at")
        process.send_signal(signal.SIGINT)
        assert process.wait(ENDS_WITHIN_S) == 0
    assert left_running(tmp_path) == []


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="util-linux is not there")
def test_a_killed_demo_takes_its_programs_with_it(tmp_path):
    with demo(tmp_path) as process:
        lines_until(process, "HQ runs at")
        assert left_running(tmp_path)
        process.kill()
        process.wait(ENDS_WITHIN_S)
        end = time.monotonic() + ENDS_WITHIN_S
        while left_running(tmp_path) and time.monotonic() < end:
            psutil.wait_procs(process_of(tmp_path), timeout=1)
    assert left_running(tmp_path) == []


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_an_open_demo_obeys_what_is_typed(tmp_path):
    with demo(tmp_path) as process:
        said = lines_until(process, "quit")
        assert "1357   Ana M." in said
        windows = [p for p in psutil.Process(process.pid).children(recursive=True) if SIM_WINDOW in p.cmdline()]
        assert {p.cmdline()[-1] for p in windows} == {"Devices of till 1", "Devices of till 2"}
        assert process.stdin is not None
        process.stdin.write("basket\nnonsense that is scanned\norder\nquit\n")
        process.stdin.flush()
        rest = lines_until(process, "its items")
        assert "lines scanned at till 1" in rest
        assert "online order W-" in rest
        assert process.wait(ENDS_WITHIN_S) == 0
    assert left_running(tmp_path) == []
    assert [p for p in windows if p.is_running()] == []


def test_a_database_that_is_not_there_is_said_plainly(tmp_path):
    with demo(tmp_path, "--database", "postgresql://nobody@127.0.0.1:9/none") as process:
        said, _ = process.communicate(timeout=STARTS_WITHIN_S)
    assert process.returncode == 1
    assert "the PostgreSQL database cannot be used" in said
    assert "Traceback" not in said
