"""Several processes of one HQ on one machine hear of one another's commits within moments: each has an ear, a pipe.

A message is topics, one a line, never longer than a pipe takes whole, so that writers do not mix. To whom a pipe was too
full something is owed: "everything", as soon as it fits. And no question waits longer than 25 s for a word that was lost.
"""

import asyncio
import os
import select
from collections.abc import Callable, Iterable
from typing import Self

import msgspec

EVERYTHING = "*"
READ_BYTES = 64 * 1024
RETRY_S = 0.05

Heard = Callable[[frozenset[str]], None]


class Ear(msgspec.Struct, frozen=True):
    """Both ends of a process's pipe, as handles that its siblings inherit."""

    read: int
    write: int

    @classmethod
    def new(cls) -> Self:
        read, write = os.pipe()
        for end in (read, write):
            os.set_blocking(end, False)
        return cls(read, write)

    def close(self) -> None:
        os.close(self.read)
        os.close(self.write)


class Siblings:
    """What one process says to the others, and hears. `tell` may be called from any thread."""

    def __init__(self, ears: Iterable[Ear], mine: Ear) -> None:
        self._mine = mine
        self._others = [ear for ear in ears if ear != mine]
        self._owed: set[Ear] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rest = b""

    def tell(self, topics: frozenset[str]) -> None:
        """These topics changed."""
        said = _message(topics)
        for ear in self._others:
            self._say(ear, said)

    def listen(self, heard: Heard) -> None:
        """From now on call `heard`, in the running event loop, with what the others say. `{"*"}` means everything."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._mine.read, self._hear, heard)

    def deafen(self) -> None:
        """Before the event loop ends."""
        if self._loop is not None:
            self._loop.remove_reader(self._mine.read)
            self._loop = None

    def _say(self, ear: Ear, said: bytes) -> None:
        try:
            os.write(ear.write, said)
        except BlockingIOError:
            loop = self._loop
            if ear not in self._owed and loop is not None and not loop.is_closed():
                self._owed.add(ear)
                loop.call_soon_threadsafe(loop.call_later, RETRY_S, self._pay, ear)

    def _pay(self, ear: Ear) -> None:
        self._owed.discard(ear)
        self._say(ear, _message(frozenset({EVERYTHING})))

    def _hear(self, heard: Heard) -> None:
        try:
            taken = os.read(self._mine.read, READ_BYTES)
        except BlockingIOError:
            return
        *lines, self._rest = (self._rest + taken).split(b"\n")
        if lines:
            heard(frozenset(line.decode(errors="replace") for line in lines))


def _message(topics: frozenset[str]) -> bytes:
    said = "".join(f"{topic}\n" for topic in topics).encode()
    return said if len(said) <= select.PIPE_BUF else f"{EVERYTHING}\n".encode()
