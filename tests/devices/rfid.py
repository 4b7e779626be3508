"""Reads for tests, and bytes cut into pieces."""

from collections.abc import Sequence
from itertools import pairwise

from pos_app.devices.ports import TagRead
from pos_app.devices.sim.tags import sgtin_96

ITEM = "09521234543213"


def unit(n: int) -> bytes:
    """The tag of one unit of an item."""
    return sgtin_96(ITEM, n)


def read(n: int, at_ms: int = 0, cdbm: int = -5_000, count: int = 1) -> TagRead:
    return TagRead(unit(n), 1, cdbm, "reader", at_ms, count)


def cut(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


class Reads(list[TagRead]):
    """A sink that keeps what it was told, and how often."""

    def __init__(self) -> None:
        super().__init__()
        self.handfuls = 0

    def __call__(self, reads: Sequence[TagRead]) -> None:
        self.handfuls += 1
        self.extend(reads)

    @property
    def epcs(self) -> set[bytes]:
        return {read.epc for read in self}
