"""A device's end of a serial line on a pty, under a name that stays, with a cable that can be pulled.

Always 8 data bits: a pty knows no parity, and Linux refuses 7E1 on it at the second opening (termios.error).
"""

import contextlib
import os
import pty
import tty
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Self

from pos_app.devices.transport.ready import readable, writable

LOOK_S = 0.2
READ_BYTES = 4096
JOIN_S = 5.0


class PtyPort:
    """`answer(data)` is called on its thread with what the till sent; `send` puts bytes on the line."""

    def __init__(self, answer: Callable[[bytes], None], link: Path | None = None) -> None:
        self._answer = answer
        self._link = link
        self._master = self._slave = -1
        self._lock = Lock()
        self._closing = Event()
        self.path = ""
        self.plug_in()
        self._thread = Thread(target=self._run, name="pty-sim", daemon=True)
        self._thread.start()

    def send(self, data: bytes) -> None:
        """Nobody listening, or no cable, loses it, as in a shop."""
        with self._lock, contextlib.suppress(OSError):
            while data and self._master >= 0 and writable(self._master, LOOK_S):
                data = data[os.write(self._master, data) :]

    def plug_in(self) -> None:
        with self._lock:
            self._pull()
            self._master, self._slave = pty.openpty()
            tty.setraw(self._slave)
            self.path = os.ttyname(self._slave)
            if self._link is not None:
                self._link.parent.mkdir(parents=True, exist_ok=True)
                self._link.symlink_to(self.path)
                self.path = str(self._link)

    def unplug(self) -> None:
        with self._lock:
            self._pull()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(JOIN_S)
        self.unplug()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            data = self._read()
            if data:
                self._answer(data)

    def _read(self) -> bytes:
        with self._lock:
            master = self._master
        if master < 0:
            self._closing.wait(LOOK_S)
            return b""
        with contextlib.suppress(OSError, ValueError):  # the cable was pulled meanwhile
            if readable([master], LOOK_S):
                return self._read_now(master)
        return b""

    def _read_now(self, master: int) -> bytes:
        """Another port may have got the number of the one that was pulled: look again before reading, which would wait."""
        with self._lock:
            if master != self._master or not readable([master], 0):
                return b""
            return os.read(master, READ_BYTES)

    def _pull(self) -> None:
        if self._link is not None and self._link.is_symlink():  # ours, or left by one that was killed
            self._link.unlink()
        for handle in (self._master, self._slave):
            if handle >= 0:
                with contextlib.suppress(OSError):
                    os.close(handle)
        self._master = self._slave = -1
