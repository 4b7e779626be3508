"""A label printer on TCP that speaks ZPL: answers `~HS` like a real one, and its labels can be looked at.

    with LabelSim(out=folder) as printer:        # printer.port; one PNG per label appears in `folder`
        …
        printer.fail(LabelFault.PAPER_OUT); printer.mend()
        printer.wait_for(lambda: len(printer.labels) == 3); printer.labels[0].picture()

Like a real one it answers `~HS` at once, also while it cannot print, keeps what it was sent until it can, and forgets
it when it is unplugged.
"""

import contextlib
import socket
import struct
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Condition, Thread, current_thread
from typing import Self

from PIL import Image

from pos_app.devices.sim.label_paper import LabelPaper
from pos_app.devices.sim.panel import Button
from pos_app.devices.sim.zpl_reader import Format, Reader
from pos_app.devices.transport.ready import readable

MAX_KEPT = 1_000
READ_BYTES = 4096
JOIN_S = 10.0
CLOSE_AT_ONCE = struct.pack("ii", 1, 0)


class LabelFault(StrEnum):
    PAPER_OUT = "paper out"
    HEAD_OPEN = "head open"
    RIBBON_OUT = "ribbon out"
    PAUSE = "pause"
    TAKE = "take label"  # waits, without an error, until somebody takes off the one before
    BUFFER_FULL = "buffer full"  # prints on
    SILENT = "silent"  # prints, but answers nothing


STOPS_PRINTING = frozenset(LabelFault) - {LabelFault.SILENT, LabelFault.BUFFER_FULL}


@dataclass
class PrintedLabel:
    """One label that came out; copies are labels of their own."""

    number: int
    paper: LabelPaper = field(repr=False)

    def picture(self) -> Image.Image:
        """Its dots."""
        return self.paper.picture()


class LabelSim:
    """Runs on its own thread from the moment it is made until `close`."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, out: Path | None = None) -> None:
        self._listener: socket.socket | None = socket.create_server((host, port))
        self.host, self.port = self._listener.getsockname()[:2]
        self.labels: deque[PrintedLabel] = deque(maxlen=MAX_KEPT)
        self.received_bytes = 0
        self._out = out
        self._faults: set[LabelFault] = set()
        self._after_labels: tuple[int, Callable[[], None]] | None = None
        self._cut_link_after: int | None = None
        self._waiting: deque[tuple[LabelPaper, int]] = deque()
        self._unsaved: deque[PrintedLabel] = deque()
        self._printed = 0
        self._changed = Condition()
        self._wake_in, self._wake_out = socket.socketpair()
        self._closing = self._unplugged = False
        self._client: socket.socket | None = None
        self._reader = Reader()
        self._thread = Thread(target=self._run, name="label-sim", daemon=True)
        self._thread.start()

    # ── what a person does to it ─────────────────────────────────────────────────────────────────

    def fail(self, fault: LabelFault) -> None:
        with self._changed:
            self._faults.add(fault)
        self._wake()

    def mend(self, fault: LabelFault | None = None) -> None:
        """Undo one fault, or all; what was held is printed then."""
        with self._changed:
            self._faults -= {fault} if fault else set(LabelFault)
        self._wake()

    def unplug(self) -> None:
        """No power: nobody can connect, and what it held is gone. Returns when it is so."""
        with self._changed:
            self._unplugged = True
        if current_thread() is self._thread:
            self._power()
        self._wake()
        self.wait_for(lambda: self._listener is None)

    def plug_in(self) -> None:
        """Power again, on the same port. Returns when it listens."""
        with self._changed:
            self._unplugged = False
        self._wake()
        self.wait_for(lambda: self._listener is not None)

    def after_labels(self, count: int, act: Callable[[], None]) -> None:
        """Do something once this many more labels have come out, before the next one does."""
        with self._changed:
            self._after_labels = (self._printed + count, act)

    def cut_link_after(self, received_bytes: int) -> None:
        """Drop the connection once this many more bytes have come, and what they said."""
        with self._changed:
            self._cut_link_after = received_bytes

    def wait_for(self, true: Callable[[], bool], timeout_s: float = 10.0) -> bool:
        """Wait until something about it is true; False after `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(true, timeout_s)

    def close(self) -> None:
        """Stop; labels that are not drawn yet are drawn first."""
        self._closing = True
        self._wake()
        self._thread.join(JOIN_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ── on the panel ─────────────────────────────────────────────────────────────────────────────

    name = "label"
    buttons = (
        *(Button(f"label {fault.value}", f"a fault of the label printer: {fault.value}") for fault in LabelFault),
        Button("label mend", "end the label printer's faults"),
        Button("label unplug", "switch the label printer off"),
        Button("label plug in", "switch the label printer on again"),
        Button("label show", "how many labels were printed so far, and how many are waiting"),
    )

    @property
    def where(self) -> str:
        return f"{self.host}:{self.port}"

    def obey(self, words: Sequence[str]) -> str | None:
        match words:
            case ["label", "mend"]:
                self.mend()
            case ["label", "unplug"]:
                self.unplug()
            case ["label", "plug", "in"]:
                self.plug_in()
            case ["label", "show"]:
                return f"labels {self._printed}, waiting {sum(left for _, left in list(self._waiting))}"
            case ["label", *fault] if " ".join(fault) in set(LabelFault):
                self.fail(LabelFault(" ".join(fault)))
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
            for sock in (self._listener, self._wake_in, self._wake_out, self._client):
                if sock is not None:
                    sock.close()

    def _turn(self) -> None:
        sources = [sock for sock in (self._wake_out, self._client or self._listener) if sock is not None]
        ready = readable(sources, 0 if self._unsaved else None)
        if not ready:
            self._save(self._unsaved.popleft())
        if self._wake_out in ready:
            self._wake_out.recv(READ_BYTES)
            self._power()
            self._work_off()
        if self._client is None:
            if self._listener is not None and self._listener in ready:
                self._client, self._reader = self._listener.accept()[0], Reader()
        elif self._client in ready:
            self._receive(self._client)

    def _power(self) -> None:
        with self._changed:
            if self._unplugged and self._listener is not None:
                self._listener.close()
                self._listener = None
                self._hang_up(at_once=True)
                self._waiting.clear()
            elif not self._unplugged and self._listener is None:
                self._listener = socket.create_server((self.host, self.port))
            self._changed.notify_all()

    def _receive(self, client: socket.socket) -> None:
        try:
            data = client.recv(READ_BYTES)
        except OSError:
            data = b""
        if not data:
            self._hang_up()
            return
        self.received_bytes += len(data)
        if self._cut_link_after is not None:
            self._cut_link_after -= len(data)
            if self._cut_link_after <= 0:
                self._cut_link_after = None
                self._hang_up(at_once=True)
                return
        for made in self._reader.feed(data):
            if isinstance(made, Format):
                self._waiting.append((LabelPaper(made.commands), made.copies))
                self._work_off()
            elif made == "HS":
                self._say(client, self._host_status())

    def _work_off(self) -> None:
        while self._waiting and not self._faults & STOPS_PRINTING and not self._unplugged:
            paper, left = self._waiting.popleft()
            if left > 1:
                self._waiting.appendleft((paper, left - 1))
            self._come_out(paper)
            if self._after_labels is not None and self._printed >= self._after_labels[0]:
                (_, act), self._after_labels = self._after_labels, None
                act()

    def _come_out(self, paper: LabelPaper) -> None:
        with self._changed:
            self._printed += 1
            label = PrintedLabel(self._printed, paper)
            if self._out is not None:
                self._unsaved.append(label)
            self.labels.append(label)
            self._changed.notify_all()

    def _save(self, label: PrintedLabel) -> None:
        if self._out is None:
            return
        self._out.mkdir(parents=True, exist_ok=True)
        file = self._out / f"label-{label.number:06d}.png"
        part = file.with_suffix(".part")
        label.paper.on_table().save(part, "PNG")
        part.replace(file)

    def _hang_up(self, *, at_once: bool = False) -> None:
        if self._client is not None:
            if at_once:
                self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_AT_ONCE)
            self._client.close()
            self._client = None

    def _say(self, client: socket.socket, data: bytes) -> None:
        if LabelFault.SILENT not in self._faults:
            with contextlib.suppress(OSError):  # whoever asked has hung up; the next read says so
                client.sendall(data)

    def _host_status(self) -> bytes:
        faults = self._faults
        head, paper = LabelFault.HEAD_OPEN in faults, LabelFault.PAPER_OUT in faults
        paused = bool(faults & STOPS_PRINTING - {LabelFault.TAKE})  # every other fault pauses it
        take, full = LabelFault.TAKE in faults, LabelFault.BUFFER_FULL in faults
        left = self._waiting[0][1] if self._waiting else 0
        first = (
            f"030,{paper:d},{paused:d},0304,{len(self._waiting):03d},{full:d},0,{self._reader.in_format:d},000,0,0,0"
        )
        second = f"000,0,{head:d},{LabelFault.RIBBON_OUT in faults:d},0,2,4,{take:d},{left:08d},1,000"
        return b"".join(b"\x02" + line.encode() + b"\x03\r\n" for line in (first, second, "0000,0"))
