"""Several server processes on one listening socket: begun here, begun again when one ends, ended together.

Each is forked from a process that has no thread and no database open. One that is left behind, because this process was
killed, notices that a pipe has closed and stops by itself, so that HQ can be started again.
"""

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.context import ForkProcess
from types import FrameType

import msgspec

from hq_server.web.siblings import Ear, Siblings
from hq_server.web.tally import Board
from retail_core.domain.clock import Clock

log = logging.getLogger(__name__)
MAX_WORKERS = 64
END_WITHIN_MS = 15_000
LIVED_MS = 5_000
RESTART_PAUSE_MS = 1_000
"""Before a process that did not even live for `LIVED_MS` is begun again, so that a lasting fault keeps nobody busy."""


class Worker(msgspec.Struct, frozen=True):
    """One of the processes, seen from within. `parent` can be read once the process that began it is gone."""

    number: int
    siblings: Siblings
    parent: int
    board: Board

    @property
    def keeps_house(self) -> bool:
        """The first one does for all what must be done now and then."""
        return self.number == 0


@dataclass
class _Place:
    """Where a worker belongs; `due_ms` is when it is begun next, by the monotonic clock."""

    number: int
    ear: Ear
    process: ForkProcess | None = None
    began_ms: int = 0
    due_ms: int = 0


class Workers:
    """Run with `run`; `work` is what each process does until SIGTERM."""

    def __init__(self, count: int, work: Callable[[Worker], None], clock: Clock) -> None:
        self._work, self._clock = work, clock
        self._board = Board(count)
        self._places = [_Place(number, Ear.new()) for number in range(count)]
        self._alive, self._ending = os.pipe(), os.pipe()
        self._stopping = False

    def run(self) -> None:
        """Until SIGTERM or SIGINT; every process has ended when it returns."""
        with self._signals():
            try:
                while not self._stopping:
                    for place in self._places:
                        self._keep(place)
                    self._wait()
            finally:
                self._end()

    def _keep(self, place: _Place) -> None:
        now_ms = self._clock.monotonic_ms()
        if place.process is not None and not place.process.is_alive():
            log.warning("worker %d ended", place.number, extra={"code": "hq.worker_ended"})
            place.process.close()
            place.process = None
            place.due_ms = now_ms if now_ms - place.began_ms > LIVED_MS else now_ms + RESTART_PAUSE_MS
        if place.process is None and now_ms >= place.due_ms:
            place.process = ForkProcess(target=self._be, args=(place,), name=f"hq-worker-{place.number}")
            place.process.start()
            place.began_ms = now_ms

    def _wait(self) -> None:
        ends = [place.process.sentinel for place in self._places if place.process is not None]
        pausing = len(ends) < len(self._places)
        connection.wait([*ends, self._ending[0]], RESTART_PAUSE_MS / 1000 if pausing else None)

    def _end(self) -> None:
        running = [place.process for place in self._places if place.process is not None]
        for process in running:
            process.terminate()
        end_ms = self._clock.monotonic_ms() + END_WITHIN_MS
        for process in running:
            process.join(max(0, end_ms - self._clock.monotonic_ms()) / 1000)
            if process.is_alive():
                process.kill()
                process.join()
        for place in self._places:
            place.ear.close()
        for handle in (*self._alive, *self._ending):
            os.close(handle)

    def _be(self, place: _Place) -> None:
        """In the new process."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        os.close(self._alive[1])
        self._work(
            Worker(place.number, Siblings((one.ear for one in self._places), place.ear), self._alive[0], self._board)
        )

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def stop(_number: int, _frame: FrameType | None) -> None:
            self._stopping = True
            os.write(self._ending[1], b"\n")

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
