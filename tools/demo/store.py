"""One machine of the demo's store: its folder, agent, till, simulated scanner and printer, and what its files say."""

import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from pos_app.devices.sim.control import Console
from pos_app.devices.sim.display import DisplaySim
from pos_app.devices.sim.label import LabelSim
from pos_app.devices.sim.llrp import LlrpSim
from pos_app.devices.sim.panel import Panel
from pos_app.devices.sim.printer import PrinterSim
from pos_app.devices.sim.scale import ScaleSim
from pos_app.devices.sim.scanner import ScannerSim
from pos_app.devices.sim.terminal import TerminalSim
from retail_core.domain.errors import EnvironmentFault
from retail_core.domain.fulfilment import OrderDoc
from retail_core.durable import link
from retail_core.durable.engine import Connection, open_ro
from retail_core.durable.home import Home
from tools.demo.hq import HOST, HeadOffice
from tools.demo.processes import Child, Children, DemoError, program, until

T = TypeVar("T")
CATALOGUE_WITHIN_S, TILL_WITHIN_S = 120.0, 40.0
AGENT_MODULE, TILL_MODULE = "sync_agent.app", "pos_app.app"
BUTTONS_MODULE = "pos_app.ui.sim_window"


@dataclass(frozen=True)
class Ports:
    """Free ports of loopback for one machine."""

    lan: int
    health: int
    till_wake: int
    agent_wake: int

    @classmethod
    def free(cls) -> "Ports":
        lan, health = free_ports(2, socket.SOCK_STREAM)
        till_wake, agent_wake = free_ports(2, socket.SOCK_DGRAM)
        return cls(lan, health, till_wake, agent_wake)


class Machine:
    """A terminal of the store. `short` is a folder with a short path, for sockets and the scanner's port."""

    def __init__(self, register: str, folder: Path, short: Path, receipts: Path, children: Children) -> None:
        self.register, self.folder = register, folder
        self.home = Home(folder)
        self.ports = Ports.free()
        self._sims = ExitStack()
        self.scanner = self._sims.enter_context(ScannerSim(link=short / f"scanner-{register}"))
        self.printer = self._sims.enter_context(PrinterSim(HOST, out=receipts))
        self.scale = self._sims.enter_context(ScaleSim(link=short / f"scale-{register}"))
        self.display = self._sims.enter_context(DisplaySim(link=short / f"display-{register}"))
        self.terminal = self._sims.enter_context(TerminalSim(HOST))
        self.reader = self._sims.enter_context(LlrpSim(HOST))
        self.labels = self._sims.enter_context(LabelSim(HOST, out=receipts.parents[1] / "labels" / register))
        self.buttons = short / f"devices-{register}"
        panel = Panel([self.scanner, self.printer, self.scale, self.display, self.terminal, self.reader, self.labels])
        self._sims.enter_context(Console(panel, self.buttons)).start()
        self.control = short / f"till-{register}.control"
        self._children = children
        self._agent: Child | None = None
        self._till: Child | None = None

    @property
    def number(self) -> str:
        return self.register.removeprefix("T")

    @property
    def lan_address(self) -> str:
        return f"https://{HOST}:{self.ports.lan}"

    def enrol(self, hq: HeadOffice, *, store_role: bool, peers: tuple[str, ...]) -> None:
        """Make the folder belong to the store, with a one-time code, and name its devices."""
        code, fingerprint = hq.enrolment_code(self.register, store_role=store_role)
        settings = {
            "lan_host": HOST, "lan_port": self.ports.lan, "health_port": self.ports.health,
            "till_wake_port": self.ports.till_wake, "agent_wake_port": self.ports.agent_wake,
            "discovery_interfaces": HOST, "peers": ",".join(peers), "remote_control_socket": self.control,
        }  # fmt: skip
        asked = ["--hq", hq.url, "--ca", fingerprint, "--code", code]
        asked += [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
        command = program(AGENT_MODULE, "enrol", "--home", str(self.folder), *asked)
        self._children.run(f"enrol {self.register}", command)
        self.home.write_config(msgspec.structs.replace(self.home.config(), device=self._devices()))

    def start_agent(self) -> None:
        command = program(AGENT_MODULE, "run", "--home", str(self.folder))
        self._agent = self._children.start(f"agent {self.register}", command)

    def wait_for_catalogue(self) -> None:
        """Until the agent has brought items, prices and staff."""
        watched = [self._agent] if self._agent else []
        until(self._has_shop, CATALOGUE_WITHIN_S, f"the agent of till {self.number} brings the catalogue", watched)

    def start_till(self, environment: dict[str, str]) -> None:
        command = program(TILL_MODULE, "--home", str(self.folder))
        self._till = self._children.start(f"till {self.register}", command, environment)

    def show_buttons(self, environment: dict[str, str], codes: Path) -> None:
        """The window of this till's simulated devices, with codes to choose from."""
        title = f"Devices of till {self.number}"
        command = program(BUTTONS_MODULE, "--control", str(self.buttons), "--codes", str(codes), "--title", title)
        self._children.start(f"devices {self.register}", command, environment)

    def wait_for_till(self) -> None:
        """Until the till's window is there."""
        watched = [self._till] if self._till else []
        until(self.control.exists, TILL_WITHIN_S, f"till {self.number} opens its window", watched)

    @property
    def till_runs(self) -> bool:
        return self._till is not None and self._till.alive

    def check(self) -> None:
        """Raises DemoError when a program of this machine ended by itself."""
        for child in (self._agent, self._till):
            if child is not None:
                child.check()

    def close(self) -> None:
        self._sims.close()

    # ── what its files say ───────────────────────────────────────────────────────────────────────

    def sales(self) -> int:
        return self._from_till(lambda conn: int(conn.execute("SELECT count(*) FROM sale").fetchone()[0]))

    def unprinted(self) -> int:
        """Receipts that are not known to be paper yet."""
        waiting = "SELECT count(*) FROM spool WHERE state IN ('QUEUED', 'SENT')"
        return self._from_till(lambda conn: int(conn.execute(waiting).fetchone()[0]))

    def sees_order(self, order_id: str) -> OrderDoc | None:
        """An order as the agent brought it."""
        return self._from_link(lambda conn: link.read_order(conn, order_id))

    def head(self) -> dict[str, int]:
        """How far this till's journal goes, by epoch."""
        rows = "SELECT epoch, max(seq) FROM stream WHERE node = ? GROUP BY epoch"
        node = self.home.config().till_node
        return self._from_till(lambda conn: {str(epoch): int(seq) for epoch, seq in conn.execute(rows, (node,))})

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    def _devices(self) -> tuple[dict[str, str | int | bool], ...]:
        return (
            {"driver": "scanner.serial", "name": "Scanner", "port": self.scanner.path},
            {"driver": "printer.escpos_tcp", "name": "Printer", "host": HOST, "port": self.printer.port},
            {"driver": "drawer.printer", "name": "Drawer", "printer": "Printer"},
            {"driver": "scale.toledo8217", "name": "Scale", "port": self.scale.where},
            {"driver": "display.cd5220", "name": "Display", "port": self.display.where},
            {"driver": "terminal.zvt", "name": "Terminal", "host": HOST, "port": self.terminal.port},
            {"driver": "rfid.llrp", "name": "RFID", "host": HOST, "port": self.reader.port},
            {"driver": "label.zpl_tcp", "name": "Labels", "host": HOST, "port": self.labels.port},
        )

    def _has_shop(self) -> bool:
        path = self.home.link_db
        if not path.exists():
            return False

        def there(conn: Connection) -> bool:
            link.check_link(conn, path)
            return bool(link.reference_name(conn) and link.read_staff(conn))

        try:
            return self._from_link(there)
        except EnvironmentFault:  # the agent is still making the file
            return False

    def _from_till(self, question: Callable[[Connection], T]) -> T:
        return _asked(self.home, self.home.till_db, question)

    def _from_link(self, question: Callable[[Connection], T]) -> T:
        return _asked(self.home, self.home.link_db, question)


def _asked(home: Home, path: Path, question: Callable[[Connection], T]) -> T:
    conn = open_ro(path, home.keys.file_key(path.name))
    try:
        return question(conn)
    finally:
        conn.close()


def free_ports(count: int, kind: socket.SocketKind) -> list[int]:
    """Ports of loopback that nobody uses now, all different."""
    held = [socket.socket(socket.AF_INET, kind) for _ in range(count)]
    try:
        for sock in held:
            sock.bind((HOST, 0))
        return [sock.getsockname()[1] for sock in held]
    finally:
        for sock in held:
            sock.close()


def free_port() -> int:
    """A TCP port of loopback that nobody uses now."""
    return free_ports(1, socket.SOCK_STREAM)[0]


def require_alive(machines: list[Machine]) -> None:
    """Raises DemoError as soon as any program of the store has ended."""
    for machine in machines:
        try:
            machine.check()
        except DemoError as ended:
            raise DemoError(f"at till {machine.number}: {ended}") from ended
