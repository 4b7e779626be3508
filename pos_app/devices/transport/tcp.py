"""A printer on a TCP port."""

import socket
import struct

from pos_app.devices.transport.ready import readable, writable
from retail_core.domain.clock import Clock

READ_BYTES = 4096
CLOSE_AT_ONCE = struct.pack("ii", 1, 0)


class TcpLink:
    """A `Link`."""

    def __init__(self, host: str, port: int, clock: Clock) -> None:
        self._host, self._port, self._clock = host, port, clock
        self._socket: socket.socket | None = None
        self.bytes_out = 0

    @property
    def where(self) -> str:
        return f"{self._host}:{self._port}"

    @property
    def is_open(self) -> bool:
        return self._socket is not None

    def open(self, deadline_ms: int) -> None:
        """Connect. Give an address rather than a name: looking a name up is not bounded by the deadline."""
        made = socket.create_connection((self._host, self._port), timeout=self._left_s(deadline_ms))
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = made

    def write(self, data: bytes, deadline_ms: int) -> None:
        """Hand all of `data` over."""
        link = self._opened()
        rest = memoryview(data)
        while rest:
            if not writable(link, self._left_s(deadline_ms)):
                raise TimeoutError("the printer takes nothing more")
            sent = link.send(rest)
            self.bytes_out += sent
            rest = rest[sent:]

    def read(self, deadline_ms: int) -> bytes:
        """What has come, waiting for the first byte; nothing after the deadline."""
        link = self._opened()
        left_s = max(0, deadline_ms - self._clock.monotonic_ms()) / 1000
        if not readable([link], left_s):
            return b""
        data = link.recv(READ_BYTES)
        if not data:
            raise ConnectionResetError("the printer closed the connection")
        return data

    def close(self) -> None:
        """Close; what was handed over still goes out."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def abort(self) -> None:
        """Close and drop what has not gone out yet, so that half a job does not follow later."""
        if self._socket is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_AT_ONCE)
        self.close()

    def _opened(self) -> socket.socket:
        if self._socket is None:
            raise ConnectionError("not connected")
        return self._socket

    def _left_s(self, deadline_ms: int) -> float:
        left_ms = deadline_ms - self._clock.monotonic_ms()
        if left_ms <= 0:
            raise TimeoutError("no time left")
        return left_ms / 1000
