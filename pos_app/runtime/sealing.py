"""Old days of the journal leave for sealed files while nobody is selling: a few slices a second, on the writer's thread."""

import logging
from collections.abc import Callable

from pos_app.runtime.writer import Writer
from pos_app.storage.readers import Links
from pos_app.storage.sealing import seal_a_slice
from retail_core.domain.clock import Clock
from retail_core.domain.errors import CodedError
from retail_core.durable.retention import drop_before_year

LOG = logging.getLogger(__name__)
FIRST_LOOK_MS = 60_000
LOOK_EVERY_MS = 3_600_000
SLICES_A_TICK = 4


class Sealing:
    """`tick` it every second on the screen's thread; `calm` says that no sale is open."""

    def __init__(self, writer: Writer, links: Links, clock: Clock, calm: Callable[[], bool]) -> None:
        self._writer, self._links, self._clock, self._calm = writer, links, clock, calm
        self._due_ms = clock.monotonic_ms() + FIRST_LOOK_MS
        self._at_work = False
        self._left = 0

    def tick(self) -> None:
        """Begin a few slices when it is time and nobody is selling."""
        if not self._at_work and self._clock.monotonic_ms() >= self._due_ms:
            self._left = SLICES_A_TICK
            self._next()

    def _next(self) -> None:
        if self._left <= 0 or not self._calm():
            self._at_work = False
            return
        self._left -= 1
        self._at_work = True
        drop_before = drop_before_year(self._links.status(), self._links.settings(), self._clock.now_ms())
        self._writer.submit(lambda store: seal_a_slice(store, drop_before), self._done, self._failed)

    def _done(self, more: bool) -> None:
        if more:
            self._next()
        else:
            self._rest()

    def _failed(self, fault: CodedError) -> None:
        LOG.error("old days were not sealed: %s", fault, extra={"code": fault.code})
        self._rest()

    def _rest(self) -> None:
        self._at_work, self._due_ms = False, self._clock.monotonic_ms() + LOOK_EVERY_MS
