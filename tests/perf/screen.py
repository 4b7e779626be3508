"""The rows that need the real window: scan → painted, and start → ready."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import msgspec
import psutil

from pos_app.devices.ports import ScanEvent
from tests.perf.catalogue import big_reference
from tests.perf.measure import Result, percentile
from tests.support.shop import PIN, make_shop

ITEMS_FEW, ITEMS_MANY = 1_000, 1_000_000
BASKET_LINES = 200
SCANS_A_SECOND = 10
STREAM_S = 60
FRAME_MS = 1000 / 60
START_LIMIT_S = 30.0
EMPTY_WINDOW = (
    "import sys; from PySide6.QtWidgets import QApplication, QWidget; from PySide6.QtCore import QTimer\n"
    "app = QApplication(sys.argv); w = QWidget(); w.show(); QTimer.singleShot(0, lambda: print('up', flush=True)); app.exec()"
)


def scan_to_paint(folder: Path) -> Iterator[Result]:
    """Scan → painted at 1,000,000 items and a 200-line basket; then 10 scans a second for 60 s, none lost or reordered."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.perf.screen", str(folder / "row3")], capture_output=True, text=True, check=True,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}, timeout=300,
    )  # fmt: skip
    figures = json.loads(done.stdout.splitlines()[-1])
    p95, p99 = percentile(figures["painted_ms"], 0.95), percentile(figures["painted_ms"], 0.99)
    yield Result(
        "3", "scan → painted, 200 lines, p95", p95, "ms", "≤ 16.7 ms", p95 <= FRAME_MS, FRAME_MS, p95 / FRAME_MS
    )
    yield Result("3", "scan → painted, 200 lines, p99", p99, "ms", "≤ 50 ms", p99 <= 50)
    right = figures["sent"] == figures["arrived"]
    yield Result("3", "10 scans/s for 60 s, lost or reordered", 0 if right else 1, "runs", "0", right)


def start_and_memory(folder: Path) -> Iterator[Result]:
    """Start → ready for the first scan with no network, at 1,000 and 1,000,000 items, against an empty Qt window."""
    empty = min(_until_up([sys.executable, "-c", EMPTY_WINDOW]) for _ in range(3))
    starts: dict[int, float] = {}
    memory = 0.0
    for items in (ITEMS_FEW, ITEMS_MANY):
        tried = [_start(folder / f"row6-{items}-{n}", items) for n in range(3)]
        starts[items] = min(seconds for seconds, _ in tried)
        memory = min(mib for _, mib in tried)
    many = starts[ITEMS_MANY]
    yield Result("6", "start at 1 M items", many, "s", "≤ 3 s", many <= 3, empty, many / empty)
    growth = many / starts[ITEMS_FEW]
    yield Result("6", "start, 1 M items against 1 k", growth, "×", "≤ 1.5 ×", growth <= 1.5, starts[ITEMS_FEW], growth)
    yield Result("6", "memory at 1 M items", memory, "MiB", "≤ 300 MiB", memory <= 300)


def _until_up(command: list[str]) -> float:
    """Seconds until a process says "up" on its output."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    ) as process:
        assert process.stdout
        process.stdout.readline()
        taken = time.perf_counter() - start
        process.kill()
    return taken


def _start(folder: Path, items: int) -> tuple[float, float]:
    """(seconds until the window answers, MiB resident then) of a real till process."""
    shop = make_shop(folder)
    big_reference(items).into(shop.home)
    shop.home.write_config(msgspec.structs.replace(shop.config, remote_control_socket="remote"))
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "pos_app.app", "--home", str(folder)], env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    )
    try:
        _ask(folder / "remote", begun)
        return time.perf_counter() - begun, psutil.Process(process.pid).memory_info().rss / 2**20
    finally:
        process.terminate()
        process.wait(START_LIMIT_S)


def _ask(path: Path, begun: float) -> None:
    """Ask the window for its state as soon as it listens."""
    while time.perf_counter() - begun < START_LIMIT_S:
        with socket.socket(socket.AF_UNIX) as line:
            try:
                line.connect(str(path))
            except OSError:
                time.sleep(0.01)
                continue
            line.sendall(b'{"do":"state"}\n')
            if line.recv(1 << 16):
                return
    raise TimeoutError("the till did not come up")


def _stream(codes: list[str], sink: Callable[[ScanEvent], None], turn: Callable[[], None]) -> None:
    """Scan from another thread at a steady rate while the window goes on."""

    def scanner() -> None:
        for n, code in enumerate(codes):
            sink(ScanEvent(code.encode(), None, code, "bench", n))
            time.sleep(1 / SCANS_A_SECOND)

    thread = Thread(target=scanner)
    thread.start()
    while thread.is_alive():
        turn()
        time.sleep(0.002)
    thread.join()
    turn()


def _measure(folder: Path) -> None:
    """Run in its own process, so that its window is the only one."""
    from PySide6.QtCore import QEvent, QObject
    from PySide6.QtWidgets import QAbstractItemView, QWidget

    from pos_app.till import Till
    from pos_app.ui.background import Background
    from pos_app.ui.bridge import ScanBridge
    from pos_app.ui.main import application
    from pos_app.ui.workplace import Workplace
    from retail_core.durable.system import SystemClock, SystemIds

    class Eye(QObject):
        """Sees the lines of the sale being painted."""

        def __init__(self, window: QWidget) -> None:
            super().__init__(window)
            self.painted = False
            for view in window.findChildren(QAbstractItemView):
                view.viewport().installEventFilter(self)

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            self.painted = self.painted or event.type() == QEvent.Type.Paint
            return False

    app = application()
    shop = make_shop(folder)
    big = big_reference(ITEMS_MANY)
    big.into(shop.home)
    background, bridge = Background(), ScanBridge()
    till = Till.open(shop.home, SystemClock(), SystemIds(), background.deliver, background.wake)
    workplace = Workplace(till, background)
    bridge.scanned.connect(workplace.scanned)
    workplace.open()
    workplace.shell.resize(1366, 768)
    for figure in PIN:
        workplace.sign_in.type_figure(figure)
    workplace.sign_in.enter()
    end = time.monotonic() + 10
    while till.signing_in.operator is None and time.monotonic() < end:
        app.processEvents()
    app.processEvents()
    eye = Eye(workplace.shell)
    codes = big.sample_gtins(BASKET_LINES + STREAM_S * SCANS_A_SECOND, seed=7)
    painted: list[float] = []
    for code in codes[:BASKET_LINES]:
        start = time.perf_counter()
        bridge.sink(ScanEvent(code.encode(), None, code, "bench", 0))
        eye.painted = False
        while len(till.selling.sale or ()) <= len(painted) or not eye.painted:
            app.processEvents()
        painted.append((time.perf_counter() - start) * 1000)
    rest = codes[BASKET_LINES:]
    _stream(rest, bridge.sink, app.processEvents)
    sale = till.selling.sale
    arrived = [line.gtin for line in sale][BASKET_LINES:] if sale else []
    print(json.dumps({"painted_ms": painted[1:], "sent": rest, "arrived": arrived}), flush=True)
    workplace.close()
    till.close()


if __name__ == "__main__":
    _measure(Path(sys.argv[1]))
