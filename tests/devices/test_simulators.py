"""The simulators run as one program, are told what to do in lines, and behave like the devices they stand for."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pos_app.devices.ports import PrintOutcome
from pos_app.devices.printer.escpos import EscPosPrinter
from pos_app.devices.scanner.serial import SerialScanner
from pos_app.devices.sim.escpos_reader import Reader, RealTimeEar
from pos_app.devices.sim.panel import Panel
from pos_app.devices.sim.printer import PrinterSim
from pos_app.devices.sim.scanner import ScannerSim
from pos_app.devices.transport.serial_port import PortIdentity
from pos_app.devices.transport.tcp import TcpLink
from pos_app.receipts import escpos
from pos_app.receipts.layout import receipt_document
from tests.devices.support import CLOCK, Heard, eventually, no_jitter, receipt

ROOT = Path(__file__).parents[2]
MILK = "4006381333931"
JOB = escpos.render(receipt_document(receipt()), escpos.PROFILES["epson80"])


@contextmanager
def program(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        [sys.executable, "-m", "pos_app.devices.sim", *arguments],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    )  # fmt: skip
    try:
        yield started
    finally:
        if started.poll() is None:
            started.terminate()
        started.communicate(timeout=10)


def test_the_program_scans_and_prints_and_takes_its_names_back(tmp_path: Path) -> None:
    link, control, out = tmp_path / "scanner", tmp_path / "control", tmp_path / "receipts"
    with program("--scanner", str(link), "--printer", "0", "--out", str(out), "--control", str(control)) as sim:
        assert sim.stdout is not None
        assert sim.stdin is not None
        assert sim.stdout.readline() == f"scanner {link}\n"
        port = int(sim.stdout.readline().rpartition(":")[2])
        heard = Heard()
        scanner = SerialScanner("counter", PortIdentity(str(link)), CLOCK, no_jitter)
        scanner.start(heard)
        assert eventually(lambda: scanner.health.state == "ready")
        with socket.socket(socket.AF_UNIX) as panel:
            panel.connect(str(control))
            panel.sendall(f"scan {MILK}\nevery 20 {MILK} {MILK}\n".encode())
            assert eventually(lambda: heard.texts == [MILK] * 3)
        scanner.close()
        printer = EscPosPrinter("printer", TcpLink("127.0.0.1", port, CLOCK), CLOCK, no_jitter)
        assert printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED
        sim.stdin.write("paper out\nshow\n")
        assert [sim.stdout.readline(), sim.stdout.readline()] == ["ok\n", "receipts 1, drawer kicks 0\n"]
        assert printer.print_job(JOB).reason == "printer.paper_out"
        printer.close()
        assert eventually((out / "receipt-000001.png").exists)
        os.kill(sim.pid, signal.SIGTERM)
        assert sim.wait(10) == 0
    assert not link.is_symlink()
    assert not control.exists()
    (code,) = zxingcpp.read_barcodes(Image.open(out / "receipt-000001.png"))
    assert code.text == "OTR:S0319-T1-A-000042:9f2c77ab"


def test_the_program_says_what_is_in_use(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    done = subprocess.run(
        [sys.executable, "-m", "pos_app.devices.sim", "--scanner", str(tmp_path / "taken")],
        cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=20, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert "taken" in done.stderr


def test_the_panel_answers_every_line(tmp_path: Path) -> None:
    with ScannerSim(tmp_path / "scanner") as scanner, PrinterSim() as printer:
        panel = Panel([scanner, printer])
        assert panel.obey("") == ""
        assert panel.obey("scan") == "no: 'scan' is not known here; `help` lists what is"
        assert panel.obey("unplug") == "ok"
        assert panel.obey(f"scan {MILK}") == "no: the scanner is not plugged in"
        assert panel.obey("plug in") == "ok"
        assert panel.obey("cover open") == "ok"
        assert panel.obey("mend") == "ok"
        assert panel.obey("sing") == "no: 'sing' is not known here; `help` lists what is"
        assert "drawer shut" in panel.obey("help")
        assert panel.obey("drawer shut") == "ok"
        assert panel.obey("quit") == "bye"
        assert panel.quit
    assert Panel([]).obey("scan 1").startswith("no: ")


def test_receipts_are_numbered_pictures_in_a_folder(tmp_path: Path) -> None:
    with PrinterSim(out=tmp_path / "paper") as sim:
        printer = EscPosPrinter("printer", TcpLink(sim.host, sim.port, CLOCK), CLOCK, no_jitter)
        for _ in range(2):
            assert printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED
        printer.close()
    assert sorted(path.name for path in (tmp_path / "paper").iterdir()) == ["receipt-000001.png", "receipt-000002.png"]


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=6))
def test_the_printer_simulator_survives_any_bytes_in_any_pieces(data: bytes, cuts: list[int]) -> None:
    whole = Reader().feed(data)
    reader, start, pieces = Reader(), 0, [*sorted(cut for cut in cuts if cut <= len(data)), len(data)]
    names: list[str] = []
    for cut in pieces:
        names += [op.name for op in reader.feed(data[start:cut]) if op.name != "text"]
        start = cut
    assert names == [op.name for op in whole if op.name != "text"]


@pytest.mark.parametrize("cut", range(1, 9))
def test_real_time_commands_are_heard_however_they_are_cut(cut: int) -> None:
    data = b"ab\x10\x04\x01\x10\x10\x14\x01\x00\x01"
    ear = RealTimeEar()
    heard = ear.feed(data[:cut]) + ear.feed(data[cut:])
    assert [(op.name, op.numbers) for op in heard] == [("real_time_ask", (1,)), ("real_time_kick", (1, 0, 1))]
