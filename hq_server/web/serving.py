"""`omnitill-hq serve`: one process, or several on one socket that hear of one another's commits."""

import gc
import logging
import socket

import msgspec

from hq_server.service import enrolment, ingest, setup
from hq_server.service.context import Hq
from hq_server.service.home import HqHome
from hq_server.web.bell import Bell
from hq_server.web.runner import listen, make_server, run_loop, serve
from hq_server.web.workers import MAX_WORKERS, Worker, Workers
from retail_core.durable.system import SystemClock, SystemIds

log = logging.getLogger(__name__)
COLLECT_EVERY = (50_000, 20, 20)
"""A batch makes some ten thousand objects that go without the collector's help; looking at them all took a sixth of its time."""


class Serving(msgspec.Struct, frozen=True):
    """What is to be served, and where. `database_url` None means the embedded database."""

    home: HqHome
    database_url: str | None
    host: str
    port: int
    workers: int = 1

    def run(self) -> None:
        """Until SIGTERM or SIGINT. Raises EnvironmentFault for what must be repaired before it can start."""
        gc.freeze()  # what was imported stays to the end
        gc.set_threshold(*COLLECT_EVERY)
        listener = listen(self.host, self.port)
        try:
            self._run(listener, max(1, min(self.workers, MAX_WORKERS)))
        finally:
            listener.close()
        log.info("HQ has stopped", extra={"code": "hq.stopped"})

    def _run(self, listener: socket.socket, count: int) -> None:
        host, port = listener.getsockname()[:2]
        hq = self._open()
        try:
            self._begin(hq)
            many = f", {count} workers" if count > 1 else ""
            ready = f"HQ answers at https://{host}:{port} (database {hq.database.place}{many})"
            if count == 1:
                run_loop(serve(make_server(hq), self.home, listener, lambda: _ready(ready)))
        finally:
            hq.database.close()
        if count > 1:
            _ready(ready)
            Workers(count, lambda worker: self._work(listener, worker), SystemClock()).run()

    def _work(self, listener: socket.socket, worker: Worker) -> None:
        hq = self._open()
        try:
            server = make_server(hq, Bell(worker.siblings.tell))
            run_loop(serve(server, self.home, listener, lambda: None, worker))
        finally:
            hq.database.close()

    def _open(self) -> Hq:
        return setup.open_hq(self.home, self.database_url, SystemClock(), SystemIds())

    def _begin(self, hq: Hq) -> None:
        """What is done once at the start, before anybody is answered."""
        setup.check_somebody_may_sign_in(hq)
        if self.database_url is None:  # on PostgreSQL they may be another machine's
            setup.give_up_running_jobs(hq)
        enrolment.certify_tills(hq)
        applied = ingest.retry_quarantined(hq)
        if applied:
            log.info("applied %d events an older release did not know", applied, extra={"code": "hq.caught_up"})


def _ready(words: str) -> None:
    log.info(words, extra={"code": "hq.ready"})
