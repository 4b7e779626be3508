"""A till's own program, alone: head office's address swallows what is sent to it, and nobody answers at the agent's."""

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from pos_app.devices.sim.printer import PrinterSim
from pos_app.devices.sim.scanner import ScannerSim
from pos_app.devices.sim.terminal import TerminalSim
from retail_core.durable.engine import open_ro
from tests.support.net_watch import Called, called, watched
from tests.support.shop import PIN, Shop, make_shop
from tools.demo.hands import Hands, State
from tools.demo.processes import DemoError

BLACK_HOLE = "https://192.0.2.1:8443"  # RFC 5737: nobody has this address, and nobody says so
UP_WITHIN_S, GONE_WITHIN_S, SEEN_WITHIN_S = 60.0, 20.0, 20.0


class Alone:
    """Somebody at the till, and what the till asked the network for."""

    def __init__(self, shop: Shop, scanner: ScannerSim, printer: PrinterSim, calls: Path, control: Path) -> None:
        self.shop, self.scanner, self.printer = shop, scanner, printer
        self._calls, self.control = calls, control
        self._start()
        self.said = ""  # before anybody signed in, after a crash
        self.scan_waits_s: list[float] = []
        self.pay_waits_s: list[float] = []

    def _start(self) -> None:
        command = watched(self._calls, "pos_app.app", "--home", str(self.shop.home.folder))
        environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
        self._program = subprocess.Popen(command, env=environment, start_new_session=True)
        began = time.monotonic()
        while not self.control.exists():
            assert self._program.poll() is None, "the till ended at once"
            assert time.monotonic() < began + UP_WITHIN_S, "the till does not come up"
            time.sleep(0.05)
        self.up_s = time.monotonic() - began
        self.hands = Hands(self.control)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """SIGTERM closes the till; SIGKILL is what a crash does."""
        self.hands.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._program.pid, how)
        self._program.wait(GONE_WITHIN_S)

    def crash(self) -> None:
        """The program is gone between two instructions; somebody starts it again, reads what it says, and signs in."""
        self.end(signal.SIGKILL)
        self.control.unlink()
        self._start()
        self.said = str(self.hands.look()["notice"])
        self.sign_in()

    def sign_in(self) -> None:
        self.hands.type(PIN)
        self.hands.key("Enter")
        self.hands.wait_until(lambda seen: seen["screen"] == "sell", "signed in", SEEN_WITHIN_S)

    def scan(self, *codes: str) -> None:
        for code in codes:
            before = len(self.hands.look()["lines"])
            self.scanner.scan(code)
            self.scan_waits_s.append(self._until(lambda seen, before=before: len(seen["lines"]) > before, code))

    def pay(self, *keys: str) -> str:
        """Press these keys one after the other; the number of the receipt when the till says that it is paid."""
        before = self.hands.look()["receipt"]
        self.hands.key(*keys[:-1])
        began = time.monotonic()
        self.hands.key(keys[-1])
        self._until(lambda seen: seen["receipt"] not in ("", before), "paid")
        self.pay_waits_s.append(time.monotonic() - began)
        return str(self.hands.look()["receipt"])

    def on(self, name: str) -> None:
        """Wait until something of this name is on the screen."""
        end = time.monotonic() + SEEN_WITHIN_S
        while True:
            try:
                return self.hands.click(name)
            except DemoError:
                if time.monotonic() > end:
                    raise

    def close_drawer(self, *pieces: tuple[int, str]) -> str:
        """Count what is in it, close it, and return the number of its Z."""
        self.hands.key("Ctrl+M")
        self.on("drawer_title")
        self.hands.key("F9")
        self.on("grid_title")
        at = 0
        for wanted, figures in pieces:
            self.hands.key(*["Tab"] * (wanted - at))
            at = wanted
            self.hands.type(figures)
        self.hands.key("F9")
        self.on("result_title")
        self.hands.key("F9")
        self.on("done_title")
        (number,) = self.rows("SELECT z_number FROM drawer_session WHERE state = 'closed'")[-1]
        return str(number)

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        conn = open_ro(self.shop.home.till_db, self.shop.home.keys.file_key("till.db"))
        try:
            return list(conn.execute(question))
        finally:
            conn.close()

    def called(self) -> set[Called]:
        """Whom the till spoke to so far."""
        return called(self._calls)

    def _until(self, true: Callable[[State], bool], what: str) -> float:
        """How long it took, looked at without a pause."""
        began = time.monotonic()
        while not true(self.hands.look()):
            assert time.monotonic() - began < SEEN_WITHIN_S, what
        return time.monotonic() - began


@contextmanager
def alone(folder: Path) -> Iterator[tuple[Alone, set[Called]]]:
    """A running till with a scanner, a printer with a drawer and a card terminal; and whom it may speak to."""
    shop = make_shop(folder / "t1")
    with (
        tempfile.TemporaryDirectory() as short,  # a socket's path must be short
        ScannerSim(link=Path(short) / "scanner") as scanner,
        PrinterSim() as printer,
        TerminalSim() as terminal,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf_agent,
    ):
        deaf_agent.bind(("127.0.0.1", 0))
        agent_port = deaf_agent.getsockname()[1]
        control = Path(short) / "control"
        devices = (
            {"driver": "scanner.serial", "name": "scanner", "port": str(Path(short) / "scanner")},
            {"driver": "printer.escpos_tcp", "name": "printer", "host": "127.0.0.1", "port": printer.port},
            {"driver": "drawer.printer", "name": "drawer", "printer": "printer"},
            {"driver": "terminal.zvt", "name": "terminal", "host": "127.0.0.1", "port": terminal.port},
        )
        shop.home.write_config(
            msgspec.structs.replace(
                shop.config,
                hq_url=BLACK_HOLE,
                peers=(BLACK_HOLE,),
                agent_wake_port=agent_port,
                remote_control_socket=str(control),
                device=devices,
            )
        )
        calls = folder / "calls"
        may = {Called("127.0.0.1", port) for port in (printer.port, terminal.port, agent_port)}
        till = Alone(shop, scanner, printer, calls, control)
        try:
            yield till, may
        finally:
            till.end()
