"""A customer's line display on a pty: reads both command families, and says what it shows."""

import re
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Self

from pos_app.devices.sim.panel import Button
from pos_app.devices.sim.port import PtyPort

COLUMNS = 20
MAX_HELD_BYTES = 1024
PAGES = {0: "cp437", 2: "cp850", 17: "cp866", 18: "cp852", 19: "cp858"}
_CD5220 = re.compile(rb"\x1bQ([AB])([^\r]{0,40})\r")


class DisplaySim:
    """`lines` is what the customer reads now."""

    name = "display"
    buttons = (
        Button("display show", "what the customer reads"),
        Button("display unplug", "pull the display's cable"),
        Button("display plug in", "put it back"),
    )

    def __init__(self, link: Path | None = None, page: str = "cp437") -> None:
        self._lock = Lock()
        self._held = b""
        self._page = page
        self._cells = [bytearray(b" " * COLUMNS), bytearray(b" " * COLUMNS)]
        self._at = 0
        self._port = PtyPort(self._take, link)

    @property
    def where(self) -> str:
        return self._port.path

    path = where

    @property
    def lines(self) -> tuple[str, str]:
        with self._lock:
            upper, lower = (bytes(row).decode(self._page, "replace").rstrip() for row in self._cells)
        return upper, lower

    def unplug(self) -> None:
        """Without power it forgets what it showed."""
        self._port.unplug()
        with self._lock:
            self._clear()
            self._held = b""

    def plug_in(self) -> None:
        self._port.plug_in()

    def close(self) -> None:
        self._port.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def obey(self, words: Sequence[str]) -> str | None:
        match words:
            case ["display", "show"]:
                return " / ".join(self.lines)
            case ["display", "unplug"]:
                self.unplug()
            case ["display", "plug", "in"]:
                self.plug_in()
            case _:
                return None
        return "ok"

    def _take(self, data: bytes) -> None:
        with self._lock:
            self._held = (self._held + data)[-MAX_HELD_BYTES:]
            while (used := self._one()) > 0:
                self._held = self._held[used:]

    def _one(self) -> int:
        """Obey one command or show one character; how many bytes that took, 0 when more must come."""
        held = self._held
        if not held:
            return 0
        if held[:1] not in (b"\x1b", b"\x1f", b"\x0c"):
            self._put(held[0])
            return 1
        if held[:1] == b"\x0c":
            self._clear()
            return 1
        if len(held) < 2:
            return 0
        return self._command(held)

    def _command(self, held: bytes) -> int:
        if held.startswith(b"\x1b@"):
            self._clear()
            return 2
        if held.startswith(b"\x1bt"):
            self._page = PAGES.get(held[2], self._page) if len(held) > 2 else self._page
            return 3 if len(held) > 2 else 0
        if held.startswith(b"\x1f$"):
            self._at = (held[3] - 1) * COLUMNS + held[2] - 1 if len(held) > 3 else self._at
            return 4 if len(held) > 3 else 0
        if held.startswith(b"\x1bQ"):
            found = _CD5220.match(held)
            if found:
                row = self._cells[found.group(1) == b"B"]
                row[:] = found.group(2)[:COLUMNS].ljust(COLUMNS)
            return found.end() if found else 0
        return 2

    def _put(self, byte: int) -> None:
        if byte >= 0x20:
            self._cells[self._at // COLUMNS % 2][self._at % COLUMNS] = byte
            self._at = (self._at + 1) % (2 * COLUMNS)

    def _clear(self) -> None:
        self._cells = [bytearray(b" " * COLUMNS), bytearray(b" " * COLUMNS)]
        self._at = 0
