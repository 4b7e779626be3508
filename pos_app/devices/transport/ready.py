"""Waiting for sockets, pipes and ports. `select.select` refuses a handle of 1024 or more; this takes any."""

import math
import select
from collections.abc import Sequence
from typing import Protocol, TypeVar


class HasFileno(Protocol):
    """A socket, a device or a file."""

    def fileno(self) -> int: ...


Source = TypeVar("Source", bound=int | HasFileno)


def readable(sources: Sequence[Source], wait_s: float | None) -> list[Source]:
    """Those of `sources` that have something to read, or have broken; waits at most `wait_s` (None: for ever)."""
    poll = select.poll()
    by_handle = {_handle(source): source for source in sources}
    for handle in by_handle:
        poll.register(handle, select.POLLIN)
    return [by_handle[handle] for handle, _ in poll.poll(_whole_ms(wait_s))]


def writable(source: int | HasFileno, wait_s: float) -> bool:
    """Whether it takes something within `wait_s`, or has broken, which the write then says."""
    poll = select.poll()
    poll.register(_handle(source), select.POLLOUT)
    return bool(poll.poll(_whole_ms(wait_s)))


def _handle(source: int | HasFileno) -> int:
    """Raises ValueError for what was closed, as `select.select` does."""
    handle = source if isinstance(source, int) else source.fileno()
    if handle < 0:
        raise ValueError("closed meanwhile")
    return handle


def _whole_ms(wait_s: float | None) -> int | None:
    """Rounded up, since a wait of half a millisecond made none would spin; never negative, which waits for ever."""
    return None if wait_s is None else max(0, math.ceil(wait_s * 1000))
