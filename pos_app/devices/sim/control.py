"""Where lines for simulators come from: a terminal, a Unix socket, and the window on that socket."""

import os
import selectors
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Self

from pos_app.devices.sim.panel import Panel

MAX_LINE_BYTES = 8192
WINDOW_MODULE = "pos_app.ui.sim_window"
END_S = 5.0
ANSWER_S = 2.0


class Console:
    """Reads lines from wherever they come and has the panel obey them, until it is told to quit or nothing is left."""

    def __init__(
        self, panel: Panel, control: Path | None, stdin: int | None = None, say: Callable[[str], None] = lambda _: None
    ) -> None:
        """`stdin`: a file number to read lines from too, answered through `say`."""
        self._panel, self._control, self._stdin, self._say = panel, control, stdin, say
        self._selector = selectors.PollSelector()  # epoll refuses a standard input that is a file
        self._parts: dict[int, bytes] = {}
        self._listener: socket.socket | None = None
        self._bell, self._ring = socket.socketpair()
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        self._selector.register(self._bell, selectors.EVENT_READ)
        if self._stdin is not None:
            self._selector.register(self._stdin, selectors.EVENT_READ, None)
        if self._control is not None:
            self._control.unlink(missing_ok=True)
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._listener.bind(str(self._control))
            self._listener.listen()
            self._selector.register(self._listener, selectors.EVENT_READ, None)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for key in list(self._selector.get_map().values()):
            if isinstance(key.data, socket.socket):
                key.data.close()
        if self._listener is not None and self._control is not None:
            self._listener.close()
            self._control.unlink(missing_ok=True)
        self._selector.close()
        self._bell.close()
        self._ring.close()

    def start(self) -> Self:
        """Run on a thread of its own, until `stop`."""
        self._thread = Thread(target=self.run, name="sim-console", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self._panel.quit = True
        self._ring.send(b".")
        if self._thread is not None:
            self._thread.join(END_S)

    def run(self) -> None:
        while not self._panel.quit and len(self._selector.get_map()) > 1:
            for key, _ in self._selector.select():
                if key.fileobj is self._bell:
                    continue
                if key.fileobj is self._listener and self._listener is not None:
                    client, _address = self._listener.accept()
                    client.settimeout(ANSWER_S)  # who asks and never reads does not stop everybody else
                    self._selector.register(client.fileno(), selectors.EVENT_READ, client)
                else:
                    self._read(key)

    def _read(self, key: selectors.SelectorKey) -> None:
        try:
            data = os.read(key.fd, MAX_LINE_BYTES)
        except OSError:
            data = b""
        *lines, rest = (self._parts.get(key.fd, b"") + data).split(b"\n")
        self._parts[key.fd] = rest[:MAX_LINE_BYTES]
        for line in lines:
            answer = self._panel.obey(line.decode("utf-8", "replace").strip())
            if isinstance(key.data, socket.socket):
                try:
                    key.data.sendall(answer.encode() + b"\n")
                except OSError:  # it has hung up already, or reads nothing
                    data = b""
                    break
            else:
                self._say(answer)
        if not data:
            self._forget(key)

    def _forget(self, key: selectors.SelectorKey) -> None:
        self._selector.unregister(key.fd)
        self._parts.pop(key.fd, None)
        if isinstance(key.data, socket.socket):
            key.data.close()


@contextmanager
def window(control: Path, codes: Path | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    """The window of the simulators behind this socket, as a program of its own; ended with the block."""
    listed = ["--codes", str(codes)] if codes else []
    with subprocess.Popen([sys.executable, "-m", WINDOW_MODULE, "--control", str(control), *listed]) as program:
        try:
            yield program
        finally:
            program.terminate()
            with suppress(subprocess.TimeoutExpired):
                program.wait(END_S)
            program.kill()
