"""One loopback byte after each commit wakes the other side; polling is the floor, so a lost byte loses nothing."""

import socket
from collections.abc import Callable
from threading import Thread

from pos_app.devices.transport.ready import readable

LOOPBACK = "127.0.0.1"
POLL_S = 1.0


class WakeLine:
    """Sends bytes to the agent's port, and calls back when the agent sends one here (or once a second)."""

    def __init__(self, own_port: int, other_port: int, woken: Callable[[], None]) -> None:
        """`woken` runs on this line's thread. A port in use only costs promptness, so it is not an error."""
        self._other = (LOOPBACK, other_port)
        self._woken = woken
        self._out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._out.setblocking(False)
        self._in = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._stop_out, self._stop_in = socket.socketpair()
        try:
            self._in.bind((LOOPBACK, own_port))
        except OSError:
            self._in.bind((LOOPBACK, 0))
        self._thread = Thread(target=self._run, name="till-wake", daemon=True)
        self._thread.start()

    def wake_agent(self) -> None:
        """Fire and forget; nobody listening is fine."""
        try:
            self._out.sendto(b"w", self._other)
        except OSError:
            return

    def close(self) -> None:
        self._stop_out.send(b"x")
        self._thread.join(POLL_S * 2)
        for sock in (self._out, self._in, self._stop_out, self._stop_in):
            sock.close()

    def _run(self) -> None:
        while True:
            ready = readable([self._in, self._stop_in], POLL_S)
            if self._stop_in in ready:
                return
            if self._in in ready:
                self._in.recv(64)
            self._woken()
