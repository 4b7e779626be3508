"""Counters for the operator, in Prometheus' format."""

from collections import Counter as Counted
from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from hq_server.service.machines import Machine
from hq_server.web.tally import Board, Tally, add

MOMENTARY = frozenset({"omnitill_long_polls"})
COUNTED = MOMENTARY | {
    "omnitill_events", "omnitill_pushes", "omnitill_refused", "omnitill_orders_placed", "omnitill_feed_pages",
    "omnitill_requests", "omnitill_ingest_seconds",
}  # fmt: skip
"""What each process counts for itself; all else is read from the database and the same in each."""
SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30)


class Metrics:
    """One registry per server, so that several servers in one process do not add up."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.events = Counter("omnitill_events", "Events taken in", ["outcome"], registry=self._registry)
        self.pushes = Counter("omnitill_pushes", "Batches pushed", ["answer"], registry=self._registry)
        self.refused = Counter(
            "omnitill_refused", "Requests of machines refused, by reason", ["code"], registry=self._registry
        )
        self.orders = Counter("omnitill_orders_placed", "Orders placed", registry=self._registry)
        self.pages = Counter("omnitill_feed_pages", "Feed pages served", registry=self._registry)
        self.requests = Counter("omnitill_requests", "Requests answered", ["status"], registry=self._registry)
        self.ingest = Histogram("omnitill_ingest_seconds", "Time of one push", buckets=SECONDS, registry=self._registry)
        self.waiting = Gauge("omnitill_long_polls", "Long polls waiting now", registry=self._registry)

        self.tally: Tally | None = None  # of several processes

        self.machines = Gauge("omnitill_machines", "Machines by how they are", ["state"], registry=self._registry)
        self.devices = Gauge("omnitill_devices", "Devices at tills", ["kind", "state"], registry=self._registry)
        self.queued = Gauge("omnitill_machines_queued", "Entries that wait at machines", registry=self._registry)
        self.quarantined = Gauge("omnitill_quarantined", "Facts stored and not understood", registry=self._registry)

    def show_machines(self, found: Sequence[Machine]) -> None:
        """As they are at this moment."""
        self.machines.labels("live").set(sum(one.live for one in found))
        self.machines.labels("silent").set(sum(not one.live for one in found))
        self.machines.labels("clock_off").set(sum(one.clock_off for one in found))
        self.devices.clear()
        for device, count in Counted(
            (one.kind, one.state.value) for machine in found for one in machine.devices
        ).items():
            self.devices.labels(*device).set(count)
        self.queued.set(sum(one.queued for one in found))
        self.quarantined.set(sum(one.quarantined for one in found))

    def share(self, board: Board, slot: int) -> None:
        """Count together with the other processes from now on."""
        self.tally = Tally(board, slot, MOMENTARY)

    def publish(self) -> None:
        if self.tally:
            self.tally.publish(self._registry, COUNTED)

    def text(self) -> bytes:
        """What all processes have counted, and how the machines are."""
        self.publish()  # what was once told is never taken back
        metrics = {metric.name: metric for metric in self._registry.collect()}
        if self.tally:
            add(metrics, self.tally.others())
        return generate_latest(_Shown(metrics.values()))


class _Shown(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics
