"""The counters of several server processes as one: each writes its own where all can read, and whoever is asked adds up.

A board is a piece of memory that the processes inherit, a slot for each of them. A process that is begun again goes on from
what its slot says, so that no counter goes back. What the others say is at most `PUBLISH_EVERY_S` old.
"""

import logging
import mmap
import zlib
from collections.abc import Iterable, Sequence
from struct import Struct

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

log = logging.getLogger(__name__)
PUBLISH_EVERY_S = 1.0
SLOT_BYTES = 128 * 1024
READ_TRIES = 5
_HEAD = Struct("<II")


class Said(msgspec.Struct, frozen=True, array_like=True):
    """One figure: of which family, its name and labels."""

    family: str
    name: str
    labels: tuple[tuple[str, str], ...]
    value: float


class Board:
    """Made before the processes are; `slots` of them."""

    def __init__(self, slots: int) -> None:
        self._memory = mmap.mmap(-1, slots * SLOT_BYTES)
        self.slots = slots

    def write(self, slot: int, said: Sequence[Said]) -> None:
        """Only the process a slot belongs to writes there."""
        text = msgspec.json.encode(said)
        if len(text) > SLOT_BYTES - _HEAD.size:
            log.error("too many figures to add up: %d bytes", len(text), extra={"code": "metrics.too_many"})
            return
        at = slot * SLOT_BYTES
        self._memory[at : at + _HEAD.size + len(text)] = _HEAD.pack(len(text), zlib.crc32(text)) + text

    def read(self, slot: int) -> Sequence[Said]:
        """What a process said last; nothing while it has not, or is writing all the time."""
        at = slot * SLOT_BYTES
        for _ in range(READ_TRIES):
            size, check = _HEAD.unpack(self._memory[at : at + _HEAD.size])
            text = self._memory[at + _HEAD.size : at + _HEAD.size + min(size, SLOT_BYTES - _HEAD.size)]
            if size and zlib.crc32(text) == check:
                return msgspec.json.decode(text, type=list[Said])
        return ()


class Tally:
    """One process's view of the board. `momentary`: families that say how it is now, and end with their process."""

    def __init__(self, board: Board, slot: int, momentary: frozenset[str]) -> None:
        self._board, self._slot = board, slot
        self._before = [one for one in board.read(slot) if one.family not in momentary]
        self._newest: dict[int, Sequence[Said]] = {}

    def publish(self, registry: CollectorRegistry, families: frozenset[str]) -> None:
        """Write down what this process has counted, and its forerunners in this place."""
        mine = {metric.name: metric for metric in registry.collect() if metric.name in families}
        add(mine, self._before)
        self._board.write(
            self._slot,
            [
                Said(metric.name, sample.name, tuple(sorted(sample.labels.items())), sample.value)
                for metric in mine.values()
                for sample in metric.samples
            ],
        )

    def others(self) -> Sequence[Said]:
        """What all the others have counted, and this one's forerunners."""
        for slot in range(self._board.slots):
            if slot != self._slot and (said := self._board.read(slot)):
                self._newest[slot] = said
        return [*self._before, *(one for said in self._newest.values() for one in said)]


def add(metrics: dict[str, Metric], said: Iterable[Said]) -> None:
    """Add figures to those of the same name and labels. When something was begun to be counted is kept, not added."""
    where = {
        (sample.name, tuple(sorted(sample.labels.items()))): (metric, at)
        for metric in metrics.values()
        for at, sample in enumerate(metric.samples)
    }
    for one in said:
        metric = metrics.get(one.family)
        if metric is None or one.name.endswith("_created"):
            continue
        known = where.get((one.name, one.labels))
        if known is None:
            metric.add_sample(one.name, dict(one.labels), one.value)
            where[one.name, one.labels] = metric, len(metric.samples) - 1
        else:
            sample = metric.samples[known[1]]
            metric.samples[known[1]] = sample._replace(value=sample.value + one.value)
