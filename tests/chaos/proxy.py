"""A TCP proxy that behaves as bad lines do: it loses answers, cuts requests, stalls, and swallows everything for a while.

It sees only TLS. A burst of application data from the caller's side is a request; the next thing the other side says is
its answer. An answer that is lost was made: what was asked for has happened, and the caller is never told.
"""

import asyncio
import contextlib
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

LOOPBACK = "127.0.0.1"
CHUNK = 64 * 1024
APPLICATION_DATA = 0x17
LEAST_REQUEST_BYTES = 200
"""Less is the end of a handshake."""
ANSWER_TAKES_S = 0.25
"""From the first byte of an answer, or of what precedes it on a new connection, until the line breaks."""


class Fate(StrEnum):
    """What becomes of a request."""

    PASSED = "passed"
    ANSWER_LOST = "answer lost"
    CUT = "cut"
    STALLED = "stalled"


@dataclass(frozen=True)
class Weather:
    """Shares of all requests, and how long a stall lasts."""

    answers_lost: float = 0.0
    cut: float = 0.0
    stalled: float = 0.0
    stall_s: float = 2.0

    def fate(self, drawn: float) -> Fate:
        for fate, share in ((Fate.ANSWER_LOST, self.answers_lost), (Fate.CUT, self.cut), (Fate.STALLED, self.stalled)):
            if drawn < share:
                return fate
            drawn -= share
        return Fate.PASSED


FAIR = Weather()
FOUL = Weather(answers_lost=0.12, cut=0.08, stalled=0.03)
"""As promise R6 has it."""


@dataclass
class _Line:
    """One connection: what its caller sends now, and what is to become of it."""

    burst_bytes: int = 0
    fate: Fate = Fate.PASSED
    is_request: bool = False


class ChaosProxy:
    """Runs on a thread of its own between `start` and `close`."""

    def __init__(self, port: int, seed: int, weather: Weather = FAIR, host: str = LOOPBACK) -> None:
        self.weather = weather
        self.fates: Counter[Fate] = Counter()
        self.port = 0
        self._to, self._chance = (host, port), random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._passable = asyncio.Event()
        self._passable.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chaos-proxy")

    @property
    def url(self) -> str:
        return f"https://{LOOPBACK}:{self.port}"

    def start(self) -> Self:
        self._thread.start()
        assert self._listening.wait(10), "the proxy did not start"
        return self

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def black_hole(self) -> None:
        """Nothing passes, nothing is refused: connections stay open, and what is sent on them waits somewhere."""
        self._loop.call_soon_threadsafe(self._passable.clear)

    def heal(self) -> None:
        """A good line from now on. What waited in the black hole arrives late."""
        self.weather = FAIR
        self._loop.call_soon_threadsafe(self._passable.set)

    # ── on the thread ────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._met, LOOPBACK, 0)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _met(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        me = asyncio.current_task()
        assert me
        self._tasks.add(me)
        me.add_done_callback(self._tasks.discard)
        to_far: asyncio.StreamWriter | None = None
        try:
            await self._passable.wait()
            far, to_far = await asyncio.open_connection(*self._to)
            line = _Line()
            async with asyncio.TaskGroup() as both:
                both.create_task(self._up(line, near, to_far))
                both.create_task(self._down(line, far, to_near))
        except* (OSError, EOFError, asyncio.CancelledError):
            pass  # one end has gone, or the proxy closes; the other is told below
        finally:
            for writer in (to_near, to_far):
                if writer is not None:
                    writer.transport.abort()

    async def _up(self, line: _Line, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while True:
            data = await self._taken(source)
            line.burst_bytes += len(data)
            if not line.is_request and line.burst_bytes >= LEAST_REQUEST_BYTES and data[0] == APPLICATION_DATA:
                line.is_request = True
                line.fate = self.weather.fate(self._chance.random())
                self.fates[line.fate] += 1
                if line.fate is Fate.STALLED:
                    await asyncio.sleep(self.weather.stall_s)
            if line.fate is Fate.CUT:
                target.write(data[: len(data) // 2])
                with contextlib.suppress(OSError):
                    await target.drain()
                raise EOFError
            target.write(data)
            await target.drain()

    async def _down(self, line: _Line, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while True:
            data = await self._taken(source)
            if line.fate is Fate.ANSWER_LOST:
                await asyncio.sleep(ANSWER_TAKES_S)
                raise EOFError
            line.burst_bytes, line.is_request = 0, False
            target.write(data)
            await target.drain()

    async def _taken(self, source: asyncio.StreamReader) -> bytes:
        data = await source.read(CHUNK)
        if not data:
            raise EOFError
        await self._passable.wait()
        return data


@contextmanager
def chaos_proxy(port: int, seed: int, weather: Weather = FAIR) -> Iterator[ChaosProxy]:
    """A proxy to a port of this machine."""
    proxy = ChaosProxy(port, seed, weather).start()
    try:
        yield proxy
    finally:
        proxy.close()
