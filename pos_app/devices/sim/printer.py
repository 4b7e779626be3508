"""A receipt printer with a drawer, on TCP: answers status like a real one, and its paper can be looked at.

    with PrinterSim(out=folder) as printer:      # printer.port; one PNG per receipt appears in `folder`
        …
        printer.fail(Fault.PAPER_OUT); printer.mend()
        printer.wait_for(lambda: len(printer.jobs) == 3); printer.jobs[0].text; printer.kicks

Like a real one it serves one connection at a time, obeys DLE commands at once even when it is offline, and keeps what
it was sent while it cannot print.
"""

import contextlib
import socket
import struct
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Condition, Thread
from typing import Self

from PIL import Image

from pos_app.devices.sim.escpos_reader import Op, Reader, RealTimeEar
from pos_app.devices.sim.panel import Button
from pos_app.devices.sim.paper import Paper
from pos_app.devices.transport.ready import readable

DOTS_80_MM, DOTS_58_MM = 576, 384
MAX_KEPT = 500
MAX_HELD_BYTES = 1 << 16
READ_BYTES = 4096
JOIN_S = 10.0
CLOSE_AT_ONCE = struct.pack("ii", 1, 0)


class Fault(StrEnum):
    PAPER_LOW = "paper low"  # prints on
    PAPER_OUT = "paper out"
    COVER_OPEN = "cover open"
    OFFLINE = "offline"
    STALL = "stall"  # takes nothing and says nothing


STOPS_PRINTING = {Fault.PAPER_OUT, Fault.COVER_OPEN, Fault.OFFLINE}


@dataclass
class PrintedJob:
    """What came out up to one cut."""

    number: int
    text: str
    qrs: tuple[str, ...]
    _paper: Paper = field(repr=False)
    file: Path | None = None

    def picture(self) -> Image.Image:
        """The receipt lying on a table."""
        return self._paper.picture()


@dataclass(frozen=True)
class Kick:
    """A pulse to the drawer on connector pin 2 or 5, after `jobs_before` receipts."""

    pin: int
    jobs_before: int


class PrinterSim:
    """Runs on its own thread from the moment it is made until `close`."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, out: Path | None = None, dots: int = DOTS_80_MM) -> None:
        self._listener = socket.create_server((host, port))
        self.host, self.port = self._listener.getsockname()[:2]
        self.jobs: deque[PrintedJob] = deque(maxlen=MAX_KEPT)
        self.kicks: deque[Kick] = deque(maxlen=MAX_KEPT)
        self.drawer_open = False
        self._out = out
        self._dots = dots
        self._faults: set[Fault] = set()
        self._cut_link_after: int | None = None
        self._hold_up: tuple[int, Callable[[], None]] | None = None
        self._changed = Condition()
        self._printed = 0
        self._unsaved: deque[PrintedJob] = deque()
        self._wake_in, self._wake_out = socket.socketpair()
        self._closing = False
        self._client: _Client | None = None
        self._new_paper()
        self._thread = Thread(target=self._run, name="printer-sim", daemon=True)
        self._thread.start()

    # ── what a person does to it ─────────────────────────────────────────────────────────────────

    def fail(self, fault: Fault) -> None:
        with self._changed:
            self._faults.add(fault)
        self._wake()

    def mend(self, fault: Fault | None = None) -> None:
        """Undo one fault, or all; what was held is printed then."""
        with self._changed:
            self._faults -= {fault} if fault else set(Fault)
        self._wake()

    def cut_link_after(self, received_bytes: int) -> None:
        """Drop the connection once this many more bytes have come, and what they said."""
        with self._changed:
            self._cut_link_after = received_bytes

    def hold_up_after(self, received_bytes: int, act: Callable[[], None]) -> None:
        """Do something to it once this many more bytes have come, before it works them off."""
        with self._changed:
            self._hold_up = (received_bytes, act)

    def close_drawer(self) -> None:
        self.drawer_open = False

    def wait_for(self, true: Callable[[], bool], timeout_s: float = 10.0) -> bool:
        """Wait until something about it is true; False after `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(true, timeout_s)

    def close(self) -> None:
        """Stop; receipts that are not drawn yet are drawn first."""
        self._closing = True
        self._wake()
        self._thread.join(JOIN_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ── on the panel ─────────────────────────────────────────────────────────────────────────────

    name = "printer"
    buttons = (
        *(Button(fault.value, f"a fault of the printer: {fault.value}") for fault in Fault),
        Button("mend", "end the printer's faults"),
        Button("drawer shut", "push the drawer shut"),
        Button("show", "what was printed and kicked so far"),
    )

    @property
    def where(self) -> str:
        return f"{self.host}:{self.port}"

    def obey(self, words: Sequence[str]) -> str | None:
        match words:
            case ["mend"]:
                self.mend()
            case ["drawer", "shut"]:
                self.close_drawer()
            case ["show"]:
                return f"receipts {len(self.jobs)}, drawer kicks {len(self.kicks)}"
            case _ if " ".join(words) in set(Fault):
                self.fail(Fault(" ".join(words)))
            case _:
                return None
        return "ok"

    # ── its thread ───────────────────────────────────────────────────────────────────────────────

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._wake_in.send(b"!")

    def _run(self) -> None:
        try:
            while not self._closing:
                self._turn()
            while self._unsaved:
                self._save(self._unsaved.popleft())
        finally:
            for sock in (self._listener, self._wake_in, self._wake_out):
                sock.close()
            self._hang_up()

    def _turn(self) -> None:
        client = self._client
        sources: list[socket.socket] = [self._wake_out]
        if client is None:
            sources.append(self._listener)
        elif Fault.STALL not in self._faults and len(client.held) < MAX_HELD_BYTES:
            sources.append(client.socket)
        ready = readable(sources, 0 if self._unsaved else None)
        if not ready:
            self._save(self._unsaved.popleft())
        if self._wake_out in ready:
            self._wake_out.recv(READ_BYTES)
            self._on_change()
        if self._listener in ready:
            self._client = _Client(self._listener.accept()[0])
        elif client and client.socket in ready:
            self._receive(client)

    def _receive(self, client: "_Client") -> None:
        try:
            data = client.socket.recv(READ_BYTES)
        except OSError:
            data = b""
        if not data:
            self._hang_up()
            return
        if self._cut_link_after is not None:
            self._cut_link_after -= len(data)
            if self._cut_link_after <= 0:
                self._cut_link_after = None
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_AT_ONCE)
                self._hang_up()
                return
        if self._hold_up is not None:
            left, act = self._hold_up
            self._hold_up = (left - len(data), act) if left > len(data) else None
            if self._hold_up is None:
                act()
        for op in client.ear.feed(data):
            self._at_once(client, op)
        client.held += data
        self._work_off(client)

    def _on_change(self) -> None:
        client = self._client
        if client is None:
            return
        if client.auto_status:
            self._say(client, self._auto_status())
        self._work_off(client)

    def _work_off(self, client: "_Client") -> None:
        if self._faults & (STOPS_PRINTING | {Fault.STALL}):
            return
        data, client.held = client.held, b""
        for op in client.reader.feed(data):
            self._in_order(client, op)

    def _hang_up(self) -> None:
        if self._client:
            self._client.socket.close()
            self._client = None

    # ── what it does and says ────────────────────────────────────────────────────────────────────

    def _at_once(self, client: "_Client", op: Op) -> None:
        if op.name == "real_time_ask":
            self._say(client, bytes([self._real_time_status(op.numbers[0])]))
        elif op.numbers[0] == 1:
            self._kick(op.numbers[1])

    def _in_order(self, client: "_Client", op: Op) -> None:
        match op.name:
            case "ask":
                low = Fault.PAPER_LOW in self._faults
                self._say(client, bytes([self.drawer_open if op.numbers[0] == 2 else 0x03 * low]))
            case "auto_status":
                client.auto_status = bool(op.numbers[0])
                self._say(client, self._auto_status())
            case "kick":
                self._kick(op.numbers[0])
            case "cut":
                self._cut()
            case _:
                self._paper.obey(op)

    def _kick(self, connector: int) -> None:
        with self._changed:
            self.drawer_open = True
            self.kicks.append(Kick(5 if connector else 2, self._printed))
            self._changed.notify_all()

    def _cut(self) -> None:
        self._printed += 1
        paper = self._paper
        job = PrintedJob(self._printed, paper.text, tuple(paper.qrs), paper)
        self._new_paper()
        if self._out is not None:
            self._unsaved.append(job)
        with self._changed:
            self.jobs.append(job)
            self._changed.notify_all()

    def _new_paper(self) -> None:
        self._paper = Paper(self._dots)

    def _save(self, job: PrintedJob) -> None:
        if self._out is None:
            return
        self._out.mkdir(parents=True, exist_ok=True)
        file = self._out / f"receipt-{job.number:06d}.png"
        part = file.with_suffix(".part")
        job.picture().save(part, "PNG")
        part.replace(file)
        with self._changed:
            job.file = file
            self._changed.notify_all()

    def _say(self, client: "_Client", data: bytes) -> None:
        if Fault.STALL not in self._faults:
            with contextlib.suppress(OSError):  # whoever asked has hung up; the next read says so
                client.socket.sendall(data)

    def _real_time_status(self, n: int) -> int:
        faults = self._faults
        paper_out, cover = Fault.PAPER_OUT in faults, Fault.COVER_OPEN in faults
        match n:
            case 1:
                return 0x12 | 0x08 * bool(faults & STOPS_PRINTING) | 0x04 * self.drawer_open
            case 2:
                return 0x12 | 0x20 * paper_out | 0x04 * cover
            case 4:
                return 0x12 | 0x0C * bool(faults & {Fault.PAPER_LOW, Fault.PAPER_OUT}) | 0x60 * paper_out
            case _:
                return 0x12

    def _auto_status(self) -> bytes:
        faults = self._faults
        first = 0x10 | 0x04 * self.drawer_open | 0x20 * (Fault.COVER_OPEN in faults)
        first |= 0x08 * bool(faults & STOPS_PRINTING)
        paper = 0x03 * bool(faults & {Fault.PAPER_LOW, Fault.PAPER_OUT}) | 0x0C * (Fault.PAPER_OUT in faults)
        return bytes((first, 0, paper, 0))


class _Client:
    """One connection and what it has sent so far."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.reader = Reader()
        self.ear = RealTimeEar()
        self.held = b""
        self.auto_status = False
