"""A serial scanner on a pty: what is told to be scanned comes out of a port the till can open.

with ScannerSim(link=folder / "scanner") as scanner:
    scanner.scan("4006381333931")
    scanner.unplug(mid_message=b"40063"); scanner.plug_in()
"""

import contextlib
import os
import pty
import tty
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Event, Lock
from typing import Self

from pos_app.devices.sim.panel import Button
from pos_app.devices.transport.ready import writable

WRITE_WAIT_S = 5.0
SUFFIX = b"\r"
MAX_EVERY_MS = 60_000


class ScannerSim:
    """One port. With `link` it is found under the same name after every `plug_in`, as a `by-id` path would be."""

    def __init__(self, link: Path | None = None, suffix: bytes = SUFFIX, prefix: bytes = b"") -> None:
        self._link = link
        self._suffix, self._prefix = suffix, prefix
        self._master = self._slave = -1
        self._closing = Event()
        self._lock = Lock()
        self.path = ""
        self.plug_in()

    def scan(self, label: str | bytes, gap_ms: int = 0) -> None:
        """Send one label, optionally `gap_ms` between its bytes. Nobody listening loses it, as in a shop."""
        raw = label.encode() if isinstance(label, str) else label
        self.send(self._prefix + raw + self._suffix, gap_ms)

    def scan_all(self, labels: Iterable[str], every_ms: int) -> None:
        """Scan one after the other, `every_ms` apart; ends early when it is closed."""
        for label in labels:
            if self._closing.is_set():
                return
            self.scan(label)
            self._closing.wait(every_ms / 1000)

    def send(self, data: bytes, gap_ms: int = 0) -> None:
        """Bytes as they are. Raises TimeoutError when nobody reads for WRITE_WAIT_S."""
        pieces = [data] if not gap_ms else [data[n : n + 1] for n in range(len(data))]
        with self._lock:
            for piece in pieces:
                self._write(piece)
                if gap_ms:
                    self._closing.wait(gap_ms / 1000)

    def plug_in(self) -> None:
        """Make the port; under `link` too."""
        with self._lock:
            self._pull()
            self._master, self._slave = pty.openpty()
            tty.setraw(self._slave)  # nothing is echoed, nothing turned into something else
            self.path = os.ttyname(self._slave)
            if self._link is not None:
                self._link.parent.mkdir(parents=True, exist_ok=True)
                self._link.symlink_to(self.path)
                self.path = str(self._link)

    def unplug(self, mid_message: bytes = b"") -> None:
        """Take the port away, after the beginning of a message if there is to be one."""
        if mid_message:
            self.send(mid_message)
        with self._lock:
            self._pull()

    def close(self) -> None:
        self._closing.set()
        self.unplug()

    # ── on the panel ─────────────────────────────────────────────────────────────────────────────

    name = "scanner"
    buttons = (
        Button("scan", "scan one code", "CODE"),
        Button("every", "scan codes, MS milliseconds apart", "MS CODE …"),
        Button("unplug", "pull the scanner's cable"),
        Button("plug in", "put it back"),
    )

    @property
    def where(self) -> str:
        return self.path

    def obey(self, words: Sequence[str]) -> str | None:
        match words:
            case ["scan", code]:
                self.scan(code)
            case ["every", every_ms, *codes] if every_ms.isdigit() and int(every_ms) <= MAX_EVERY_MS:
                self.scan_all(codes, int(every_ms))
            case ["unplug"]:
                self.unplug()
            case ["plug", "in"]:
                self.plug_in()
            case _:
                return None
        return "ok"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, data: bytes) -> None:
        rest = data
        while rest:
            if self._master < 0:
                raise ConnectionError("the scanner is not plugged in")
            if not writable(self._master, WRITE_WAIT_S):
                raise TimeoutError("nobody reads from the scanner's port")
            rest = rest[os.write(self._master, rest) :]

    def _pull(self) -> None:
        if self._link is not None and self._link.is_symlink():  # ours, or left by one that was killed
            self._link.unlink()
        for handle in (self._master, self._slave):
            if handle >= 0:
                with contextlib.suppress(OSError):
                    os.close(handle)
        self._master = self._slave = -1
