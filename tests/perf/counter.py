"""Row 3, the devices' part: keyboard and serial scanners to the screen's slot, replugging, a printer in trouble, and a
counter full of trouble under a running screen."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

from tests.perf.measure import Result, percentile

SCANS, KEYS_PER_SCAN, REPLUGS, FAULTS = 300, 13, 5, 5
WATCH_S = 10.0
FRAME_MS = 1000 / 60
CODE = "4006381333931"
BUSY = "while True: pass"


def counter_devices(folder: Path) -> Iterator[Result]:
    """Keys and bytes of scanners to the screen; replug; printer trouble; no device stops the screen."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.perf.counter", str(folder / "counter")], capture_output=True, text=True,
        check=True, env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}, timeout=300,
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    key_us, slot = found["key_us"], percentile(found["signal_ms"], 0.99)
    yield Result("3", "keyboard scanner, processor time per key", key_us, "µs", "≤ 50 µs", key_us <= 50)
    yield Result("3", "keyboard scanner, terminator → signal p99", slot, "ms", "≤ 1 ms", slot <= 1)
    serial = percentile(found["serial_ms"], 0.99)
    yield Result("3", "serial scanner, bytes → slot p99, machine busy", serial, "ms", "≤ 15 ms", serial <= 15)
    worst = max(found["replug_s"])
    yield Result("3", "scanner replugged → usable, worst", worst, "s", "≤ 3 s", worst <= 3)
    shown = max(found["fault_s"])
    yield Result("3", "printer out of paper → lamp, worst", shown, "s", "≤ 1 s", shown <= 1)
    with_trouble, alone = found["late_turns"], found["late_turns_alone"]
    yield Result("3", "turns of the screen over one frame, 6 devices in trouble", with_trouble, "per 10 s",
                 "no more than without devices + 2", with_trouble <= alone + 2, alone)  # fmt: skip
    yield Result("3", "longest turn of the screen, 6 devices in trouble", found["longest_ms"], "ms", "", None,
                 found["longest_alone_ms"], found["longest_ms"] / found["longest_alone_ms"])  # fmt: skip


def _measure(folder: Path) -> None:
    """Run in its own process, so that its loop is the only one."""
    from pos_app.ui.main import application

    folder.mkdir(parents=True, exist_ok=True)
    app = application()
    found: dict[str, object] = {}
    found["key_us"], found["signal_ms"] = _keyboard()
    found["serial_ms"], found["replug_s"] = _serial(folder, app.processEvents)
    found["fault_s"] = _printer()
    found["late_turns_alone"], found["longest_alone_ms"] = _watch(app.processEvents)
    found["late_turns"], found["longest_ms"] = _in_trouble(folder, app.processEvents)
    print(json.dumps(found))


def _keyboard() -> tuple[float, list[float]]:
    """Through the filter on a real window: what a key costs, and from the terminator to the signal."""
    from PySide6.QtCore import QCoreApplication, QEvent, Qt
    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QWidget

    from pos_app.ui.wedge import WedgeFilter

    window = QWidget()
    window.show()
    wedge = WedgeFilter()
    wedge.watch(window.windowHandle())
    read: list[str] = []
    wedge.scanned.connect(lambda label, _source, _problem, _pairs: read.append(label))
    signal_ms: list[float] = []
    stamp, spent = 1000, 0.0

    def press(key: Qt.Key, text: str) -> None:
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, text)
        event.setTimestamp(stamp)
        QCoreApplication.sendEvent(window.windowHandle(), event)

    for _ in range(SCANS):
        stamp += 200
        began = time.thread_time()
        for character in CODE:
            stamp += 5
            press(Qt.Key(ord(character)), character)
        spent += time.thread_time() - began
        stamp += 5
        start = time.perf_counter()
        press(Qt.Key.Key_Return, "\r")
        signal_ms.append((time.perf_counter() - start) * 1000)
    assert read == [CODE] * SCANS
    wedge.close()
    window.close()
    return spent / SCANS / KEYS_PER_SCAN * 1e6, signal_ms


def _serial(folder: Path, turn: Callable[[], None]) -> tuple[list[float], list[float]]:
    """From the last byte on the wire to the slot on the screen's thread, with every core busy; then with the cable pulled."""
    from pos_app.devices.ports import DeviceState
    from pos_app.devices.scanner.serial import SerialScanner
    from pos_app.devices.sim.scanner import ScannerSim
    from pos_app.devices.transport.serial_port import PortIdentity
    from pos_app.ui.bridge import ScanBridge
    from retail_core.durable.system import SystemClock

    bridge, arrived = ScanBridge(), list[float]()
    bridge.scanned.connect(lambda *_: arrived.append(time.perf_counter()))
    with ScannerSim(folder / "scanner") as sim:
        scanner = SerialScanner("bench", PortIdentity(sim.where), SystemClock(), lambda: 0.0)
        scanner.start(bridge.sink)
        _until(lambda: scanner.health.state is DeviceState.READY, turn)
        busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(os.cpu_count() or 2)]
        try:
            serial_ms: list[float] = []
            for n in range(SCANS):
                sim.scan(CODE)
                sent = time.perf_counter()
                _until(lambda n=n: len(arrived) > n, turn)
                serial_ms.append((arrived[-1] - sent) * 1000)
        finally:
            for process in busy:
                process.kill()
                process.wait()
        replug_s: list[float] = []
        for n in range(REPLUGS):
            sim.unplug(mid_message=b"40063")
            _until(lambda: scanner.health.state is not DeviceState.READY, turn)
            sim.plug_in()
            back = time.perf_counter()
            _until(lambda: scanner.health.state is DeviceState.READY, turn)
            sim.scan(CODE)
            _until(lambda n=n: len(arrived) > SCANS + n, turn)
            replug_s.append(arrived[-1] - back)
        scanner.close()
    return serial_ms, replug_s


def _printer() -> list[float]:
    """From the paper running out to the health that the lamp shows."""
    from pos_app.devices.ports import DeviceState
    from pos_app.devices.printer.escpos import EscPosPrinter
    from pos_app.devices.sim.printer import Fault, PrinterSim
    from pos_app.devices.transport.tcp import TcpLink
    from retail_core.durable.system import SystemClock

    clock, took = SystemClock(), list[float]()
    with PrinterSim() as sim:
        printer = EscPosPrinter("bench", TcpLink(sim.host, sim.port, clock), clock, lambda: 0.0)
        printer.start()
        for _ in range(FAULTS):
            _until(lambda: printer.health.state is DeviceState.READY)
            began = time.perf_counter()
            sim.fail(Fault.PAPER_OUT)
            _until(lambda: printer.health.code == "printer.paper_out")
            took.append(time.perf_counter() - began)
            sim.mend()
        printer.close()
    return took


def _in_trouble(folder: Path, turn: Callable[[], None]) -> tuple[int, float]:
    """The screen's turns while a counter of devices is away, silent, stalled and refused."""
    from pos_app.counter import Counter
    from pos_app.devices.config import device_tables
    from pos_app.devices.sim.printer import Fault, PrinterSim
    from pos_app.devices.sim.scale import ScaleSim
    from pos_app.till import Till
    from pos_app.ui.background import Background
    from retail_core.durable.system import SystemClock, SystemIds
    from tests.support.shop import make_shop

    background = Background()
    till = Till.open(make_shop(folder / "till").home, SystemClock(), SystemIds(), background.deliver)
    with PrinterSim() as printer, ScaleSim("toledo8217", folder / "scale") as scale:
        tables = device_tables(
            [
                {"driver": "scanner.serial", "name": "Scanner", "port": str(folder / "nowhere")},
                {"driver": "printer.escpos_tcp", "name": "Printer", "host": "127.0.0.1", "port": printer.port},
                {"driver": "scale.toledo8217", "name": "Scale", "port": scale.where},
                {"driver": "terminal.zvt", "name": "Terminal", "host": "127.0.0.1", "port": 1},
                {"driver": "rfid.llrp", "name": "RFID", "host": "127.0.0.1", "port": 1},
                {"driver": "display.cd5220", "name": "Display", "port": str(folder / "nowhere too")},
            ]
        )
        counter = Counter.open(tables, till, lambda _: None)
        printer.fail(Fault.STALL)
        scale.unplug()

        def work() -> None:
            counter.healths()
            counter.customer_reads("Milk", "1.19")
            turn()

        figures = _watch(work)
        counter.close()
    background.close()
    till.close()
    return figures


def _watch(turn: Callable[[], None]) -> tuple[int, float]:
    """(turns over one frame, the longest in ms) of a loop that sleeps a millisecond between turns."""
    pause, late, longest = Event(), 0, 0.0
    end = time.perf_counter() + WATCH_S
    while time.perf_counter() < end:
        pause.wait(0.001)
        began = time.perf_counter()
        turn()
        took = (time.perf_counter() - began) * 1000
        longest = max(longest, took)
        late += took > FRAME_MS
    return late, longest


def _until(true: Callable[[], bool], turn: Callable[[], None] = lambda: None) -> None:
    end, pause = time.perf_counter() + 20, Event()
    while not true():
        if time.perf_counter() > end:
            raise TimeoutError("the bench waited too long")
        turn()
        pause.wait(0.0005)


if __name__ == "__main__":
    _measure(Path(sys.argv[1]))
