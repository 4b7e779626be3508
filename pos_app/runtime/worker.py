"""One thread for reading that may take a while (text search, PIN hashing); newer questions overtake older ones."""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

from pos_app.runtime.writer import Deliver, Failed
from retail_core.domain.errors import CodedError

STOP_WAIT_S = 5.0
T = TypeVar("T")


class Worker:
    """A pool of one. Questions of the same `topic` replace one another: only the newest is answered."""

    def __init__(self, name: str, deliver: Deliver) -> None:
        self._deliver = deliver
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._newest: dict[str, int] = {}
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def ask(self, topic: str, work: Callable[[], T], done: Callable[[T], None], failed: Failed) -> None:
        """Run `work` here and deliver its answer, unless a newer question of this topic was asked meanwhile."""
        generation = self._newest.get(topic, 0) + 1
        self._newest[topic] = generation

        def job() -> None:
            if self._newest[topic] != generation:
                return
            try:
                result = work()
            except CodedError as error:
                refused = error
                self._deliver(lambda: failed(refused))
                return
            self._deliver(lambda: done(result) if self._newest[topic] == generation else None)

        self._jobs.put(job)

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join(STOP_WAIT_S)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
