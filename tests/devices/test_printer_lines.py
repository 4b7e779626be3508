"""The same printer on a serial line, on USB and behind a CUPS queue."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from pos_app.devices.ports import DeviceState, Health, PrinterStatus, PrintOutcome
from pos_app.devices.printer.cups import NO_QUEUE, CupsPrinter
from pos_app.devices.printer.escpos import EscPosPrinter, kick_command
from pos_app.devices.sim.port import PtyPort
from pos_app.devices.sim.printer import Fault, PrinterSim
from pos_app.devices.transport.serial_link import SerialLink
from pos_app.devices.transport.serial_port import PortIdentity
from pos_app.devices.transport.tcp import TcpLink
from pos_app.devices.transport.usb_link import UsbLink
from pos_app.receipts import escpos
from pos_app.receipts.facts import ReceiptLine
from pos_app.receipts.layout import receipt_document
from tests.devices.support import CLOCK, eventually, no_jitter, receipt
from tests.devices.usb_bus import PID, SERIAL, VID, PrinterBus

JOB = escpos.render(receipt_document(receipt()), escpos.PROFILES["epson80"])
LONG_JOB = escpos.render(
    receipt_document(receipt(*(ReceiptLine(f"حليب {n}", 1000, 100, 100) for n in range(60)))),
    escpos.PROFILES["epson80"],
)
LOOPBACK = "127.0.0.1"


class Cable:
    """A serial port whose other end is the printer simulator."""

    def __init__(self, sim: PrinterSim, link: Path) -> None:
        self._line = socket.create_connection((sim.host, sim.port))
        self.port = PtyPort(self._line.sendall, link)
        self._closing = Event()
        self._back = Thread(target=self._carry_back, daemon=True)
        self._back.start()

    def _carry_back(self) -> None:
        self._line.settimeout(0.1)
        while not self._closing.is_set():
            try:
                data = self._line.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                return
            if data:
                self.port.send(data)

    def close(self) -> None:
        self._closing.set()
        self._back.join()
        self.port.close()
        self._line.close()


@pytest.fixture
def sim() -> Iterator[PrinterSim]:
    with PrinterSim() as made:
        yield made


def test_a_serial_printer_confirms_opens_the_drawer_and_says_what_is_wrong(sim: PrinterSim, tmp_path: Path) -> None:
    cable = Cable(sim, tmp_path / "printer")
    link = SerialLink(PortIdentity(cable.port.path), 115_200, CLOCK, handshake=False)
    printer = EscPosPrinter("serial", link, CLOCK, no_jitter, deadline_ms=8_000)
    assert printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED
    assert printer.kick_drawer().outcome is PrintOutcome.CONFIRMED
    assert printer.status().drawer_pin_high is True
    sim.fail(Fault.PAPER_OUT)
    assert printer.print_job(JOB).reason == "printer.paper_out"
    sim.mend()
    cable.port.unplug()
    assert printer.print_job(JOB).outcome is PrintOutcome.FAILED
    cable.port.plug_in()
    assert printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED
    printer.close()
    cable.close()


def test_traps_13_and_14_a_usb_printer_is_claimed_once_and_long_jobs_go_on_where_they_stopped(sim: PrinterSim) -> None:
    bus = PrinterBus((sim.host, sim.port))
    printer = EscPosPrinter("usb", UsbLink(VID, PID, SERIAL, CLOCK, bus), CLOCK, no_jitter)
    assert printer.print_job(LONG_JOB).outcome is PrintOutcome.CONFIRMED
    assert printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED
    assert (bus.claimed, bus.kernel_driver) == (1, False)
    assert len(LONG_JOB) > 50 * max(bus.writes)
    assert sim.wait_for(lambda: len(sim.jobs) == 2)
    bus.unplug()
    assert printer.print_job(JOB).outcome is PrintOutcome.FAILED
    assert printer.health.state is DeviceState.ABSENT
    bus.plugged_in = True
    assert printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED
    printer.close()


def test_a_usb_printer_of_another_serial_number_is_not_taken(sim: PrinterSim) -> None:
    link = UsbLink(VID, PID, "another", CLOCK, PrinterBus((sim.host, sim.port)))
    printer = EscPosPrinter("usb", link, CLOCK, no_jitter)
    assert printer.print_job(JOB).outcome is PrintOutcome.FAILED
    printer.close()


@pytest.mark.parametrize(
    ("fault", "code"), [(Fault.PAPER_OUT, "printer.paper_out"), (Fault.COVER_OPEN, "printer.cover_open")]
)
def test_a_fault_is_shown_within_a_second_without_any_job(sim: PrinterSim, fault: Fault, code: str) -> None:
    seen: list[tuple[float, str]] = []

    def changed(health: Health) -> None:
        seen.append((time.monotonic(), health.code))

    printer = EscPosPrinter("tcp", TcpLink(sim.host, sim.port, CLOCK), CLOCK, no_jitter, changed=changed)
    printer.start()
    assert eventually(lambda: printer.health.state is DeviceState.READY)
    for act, expected in ((lambda: sim.fail(fault), code), (sim.mend, "")):
        began = time.monotonic()
        act()
        assert eventually(lambda expected=expected: printer.health.code == expected, within_s=3.0)
        assert seen[-1][0] - began < 1.0
    printer.close()


# ── CUPS ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A real CUPS server of our own on loopback, whose backend lays the bytes in a file; yields "host:port" and it."""
    cupsd = shutil.which("cupsd", path="/usr/sbin:/usr/bin")
    if cupsd is None or shutil.which("lp") is None:
        pytest.skip("no CUPS here: apt-get install cups-daemon cups-client (2026-11-27)")
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port = probe.getsockname()[1]
    root, paper = tmp_path / "cups", tmp_path / "paper"
    paper.touch()
    for name in ("etc", "spool", "cache", "state", "run", "bin/backend"):
        (root / name).mkdir(parents=True)
    (root / "etc" / "cups-files.conf").write_text(
        f"ServerRoot {root}/etc\nRequestRoot {root}/spool\nCacheDir {root}/cache\nStateDir {root}/state\n"
        f"TempDir {root}/spool\nErrorLog {root}/error\nAccessLog {root}/access\nPageLog {root}/page\n"
        f"ServerBin {root}/bin\nSystemGroup root lpadmin\nSandboxing relaxed\n"
    )
    (root / "bin" / "daemon").symlink_to("/usr/lib/cups/daemon")
    backend = root / "bin" / "backend" / "paper"
    backend.write_text(f'#!/bin/sh\n[ $# -gt 0 ] && cat "${{6:--}}" >> {paper}\n')
    backend.chmod(0o700)
    (root / "etc" / "cupsd.conf").write_text(
        f"Listen {LOOPBACK}:{port}\nListen {root}/run/cups.sock\nBrowsing Off\nDefaultAuthType None\nLogLevel warn\n"
        "<Location />\nOrder allow,deny\nAllow all\n</Location>\n<Policy default>\n<Limit All>\nOrder allow,deny\nAllow all\n</Limit>\n</Policy>\n"
    )
    (root / "etc" / "printers.conf").write_text(
        "<Printer receipts>\nDeviceURI paper://roll\nState Idle\nAccepting Yes\nShared No\n</Printer>\n"
    )
    command = [cupsd, "-f", "-c", str(root / "etc" / "cupsd.conf"), "-s", str(root / "etc" / "cups-files.conf")]
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        if not eventually(lambda: _answers(port), within_s=10.0):
            pytest.skip(f"this machine's CUPS does not start: {_log(root)} (2026-11-27)")
        yield f"{LOOPBACK}:{port}", paper
    finally:
        server.terminate()
        server.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((LOOPBACK, port)) == 0


def _log(root: Path) -> str:
    return (root / "error").read_text()[-300:] if (root / "error").exists() else "no log"


def test_trap_16_behind_a_queue_the_paper_comes_out_and_nobody_says_that_it_did(queue: tuple[str, Path]) -> None:
    server, paper = queue
    printer = CupsPrinter("queue", "receipts", server)
    printer.start()
    result = printer.print_job(JOB)
    assert (result.outcome, result.reason) == (PrintOutcome.UNKNOWN, "printer.one_way")
    assert eventually(lambda: paper.read_bytes().endswith(JOB))
    assert printer.status() == PrinterStatus()
    assert printer.health == Health(DeviceState.READY, "printer.one_way", "receipts")
    printer.kick_drawer()
    assert eventually(lambda: paper.read_bytes().endswith(kick_command(2)))
    nowhere = CupsPrinter("queue", "no-such-queue", server)
    assert nowhere.print_job(JOB).reason == NO_QUEUE
