"""What all scanners with a driver of their own share: a supervised thread, and a sink for their reads."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from pos_app.devices.ports import Health, ScanEvent, ScanSink
from pos_app.devices.supervisor import Control, Jitter, Supervisor


def _always() -> bool:
    return True


class SupervisedScanner(ABC):
    """A `Scanner`. `present` says cheaply whether it is plugged in."""

    def __init__(
        self, name: str, jitter: Jitter, changed: Callable[[Health], None], present: Callable[[], bool] = _always
    ) -> None:
        self._name = name
        self._sink: ScanSink | None = None
        self._supervisor = Supervisor(name, self._session, jitter=jitter, present=present, changed=changed)

    @property
    def name(self) -> str:
        return self._name

    @property
    def health(self) -> Health:
        return self._supervisor.health

    def start(self, sink: ScanSink) -> None:
        self._sink = sink
        self._supervisor.start()

    def close(self) -> None:
        self._supervisor.close()

    def _deliver(self, event: ScanEvent, control: Control) -> None:
        """Hand one read on; after closing nobody is told."""
        if self._sink is not None and not control.stopping:
            self._sink(event)

    @abstractmethod
    def _session(self, control: Control) -> None:
        """Open it, say `control.ready()`, deliver reads until `control.stopping`, and close it, whatever happens."""
