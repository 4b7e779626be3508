"""One loopback byte after each commit wakes the other side; polling is the floor, so a lost byte loses nothing."""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Self

LOOPBACK = "127.0.0.1"
LOG = logging.getLogger(__name__)


class Bell:
    """Something happened: the one who waits goes on. Ringing before the wait counts too. One waiter per bell."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, timeout_ms: int) -> bool:
        """True when it rang within `timeout_ms` (or had rung before)."""
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True


class WakeLine(asyncio.DatagramProtocol):
    """Calls `woken` when the till sends a byte; `wake_till` sends one back."""

    def __init__(self, woken: Callable[[], None], till_port: int) -> None:
        self._woken = woken
        self._till = (LOOPBACK, till_port)
        self._out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._out.setblocking(False)
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, woken: Callable[[], None], own_port: int, till_port: int) -> Self:
        """A port in use only costs promptness: the journal is looked at every second anyway."""
        line = cls(woken, till_port)
        try:
            await asyncio.get_running_loop().create_datagram_endpoint(lambda: line, local_addr=(LOOPBACK, own_port))
        except OSError as taken:
            LOG.warning("the wake port %d is in use: %s", own_port, taken.strerror, extra={"code": "wake.port_in_use"})
        return line

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._woken()

    def wake_till(self) -> None:
        """Fire and forget; nobody listening is fine."""
        try:
            self._out.sendto(b"w", self._till)
        except OSError:
            return

    def close(self) -> None:
        self._out.close()
        if self._transport:
            self._transport.close()
