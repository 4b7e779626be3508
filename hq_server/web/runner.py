"""The server process: uvicorn over TLS with our CA's certificate, housekeeping beside it, and an orderly stop."""

import asyncio
import errno
import logging
import os
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
import uvloop

from hq_server.connectors.smtp import SmtpOffice, mail_server
from hq_server.service import enrolment, feed, fulfilment, mails, orders, suggestions, taxes
from hq_server.service.contacts import Contacts
from hq_server.service.context import Hq
from hq_server.service.figures import Figures
from hq_server.service.home import HqHome
from hq_server.service.refusals import Refusals
from hq_server.service.server_certificate import ServerCertificate
from hq_server.service.snapshots import SnapshotShop
from hq_server.storage import work
from hq_server.web.application import make_app
from hq_server.web.bell import Bell
from hq_server.web.metrics import Metrics
from hq_server.web.state import Server
from hq_server.web.tally import PUBLISH_EVERY_S
from hq_server.web.threads import in_thread
from hq_server.web.workers import Worker
from retail_core.domain.errors import EnvironmentFault

log = logging.getLogger(__name__)
SWEEP_EVERY_S = 30.0
POST_EVERY_S = 30.0
PREBUILD_EVERY_S = 600.0
FEED_KEEPS_CLOSED_ORDERS_MS = 2 * 86_400_000
STOP_WITHIN_S = 5
GOODBYE_WITHIN_S = 0.5
"""The end of TLS is answered by whoever reads just then; a caller's idle connection is not read, and would be waited for."""
KEEP_ALIVE_S = 60
BACKLOG = 512
FRAMEWORK_THREADS = 8  # the framework's own hops; ours are in `threads`


class HqServer(uvicorn.Server):
    """A uvicorn server whose long answers end when it stops."""

    def __init__(self, config: uvicorn.Config, bell: Bell) -> None:
        super().__init__(config)
        self._bell = bell

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's own, but the signal is not raised again: what is open is closed in order after the stop."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._bell.close()
        super().handle_exit(sig, frame)

    def stop(self) -> None:
        """Stop from another thread."""
        self._bell.close()
        self.should_exit = True


def make_server(hq: Hq, bell: Bell | None = None) -> Server:
    """The parts of one server process; commits of the database wake those who wait."""
    bell = bell or Bell()
    hq.database.committed = bell.ring
    return Server(hq, Contacts(hq), SnapshotShop(hq), bell, Metrics(), Refusals(hq), Figures(hq))


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises EnvironmentFault `port.in_use` or `port.not_allowed`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # inherited by every connection; without it each answer waits 40 ms for the other side's acknowledgement
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, port))
    except OSError as bad:
        listener.close()
        code = "port.in_use" if bad.errno == errno.EADDRINUSE else "port.not_allowed"
        raise EnvironmentFault(code, host=host, port=port, why=os.strerror(bad.errno or 0)) from bad
    listener.listen(BACKLOG)
    listener.set_inheritable(True)
    return listener


def https_server(server: Server, home: HqHome) -> HqServer:
    """Ready to `run(sockets=[…])`."""
    config = uvicorn.Config(
        make_app(server),
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_WITHIN_S,
        backlog=BACKLOG,
        ssl_certfile=home.server_certificate,
        ssl_keyfile=home.server_key,
        ssl_keyfile_password=home.keys.device_secret().hex(),
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
        h11_max_incomplete_event_size=64 * 1024,
    )
    return HqServer(config, server.bell)


def run_loop(main: Coroutine[object, object, None]) -> None:
    """Run the server's event loop to its end."""
    with asyncio.Runner(loop_factory=_event_loop) as runner:
        runner.run(main)


class _Loop(uvloop.Loop):
    """As it is, but a caller that does not say goodbye holds up the stop for a moment only."""

    async def create_server(self, *where: Any, **how: Any) -> asyncio.AbstractServer:
        if how.get("ssl"):
            how.setdefault("ssl_shutdown_timeout", GOODBYE_WITHIN_S)
        return await super().create_server(*where, **how)


def _event_loop() -> asyncio.AbstractEventLoop:
    loop = _Loop()
    loop.set_default_executor(ThreadPoolExecutor(FRAMEWORK_THREADS, thread_name_prefix="asyncio_hq"))
    return loop


async def serve(
    server: Server, home: HqHome, listener: socket.socket, ready: Callable[[], None], worker: Worker | None = None
) -> None:
    """Serve until told to stop; housekeeping runs beside it. `worker` when this is one of several processes."""
    running = https_server(server, home)
    keeps_house = worker is None or worker.keeps_house
    beside = [asyncio.create_task(line(server)) for line in (_keep_house, _send_mail, _prebuild) if keeps_house]
    running.config.load()
    certificate = ServerCertificate(server.hq, home, running.config.ssl)
    beside.append(asyncio.create_task(_keep_certificate(server, certificate)))
    if worker is not None:
        worker.siblings.listen(server.bell.heard)
        server.metrics.share(worker.board, worker.number)
        beside.append(asyncio.create_task(_publish(server)))
        asyncio.get_running_loop().add_reader(worker.parent, running.stop)
    try:
        ready()
        await running.serve(sockets=[listener])
    finally:
        server.bell.close()
        if worker is not None:
            worker.siblings.deafen()
            asyncio.get_running_loop().remove_reader(worker.parent)
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)


def sweep(hq: Hq) -> None:
    """What has to be looked at now and then; each part is safe to repeat."""
    late = orders.renew_late_offers(hq)
    stuck = fulfilment.settle_stuck(hq)
    retired = orders.retire_closed(hq, hq.clock.now_ms() - FEED_KEEPS_CLOSED_ORDERS_MS)
    forgotten = feed.forget_deletions(hq)
    taxed = taxes.publish_begun(hq)
    suggestions.nightly(hq)
    enrolment.close_codes(hq)
    hq.database.write(lambda unit: work.drop_old_jobs(unit, hq.clock.now_ms()))
    if late or stuck or retired or forgotten or taxed:
        log.info(
            "late offers %d, stuck orders %d, retired orders %d, deletions forgotten %d, taxes changed %d",
            late, stuck, retired, forgotten, taxed,
            extra={"code": "hq.swept"},
        )  # fmt: skip


async def _keep_house(server: Server) -> None:
    while not server.bell.closing:
        try:
            await in_thread(sweep, server.hq)
        except EnvironmentFault as fault:
            log.warning("housekeeping failed: %s", fault, extra={"code": fault.code})
        await server.bell.pause(SWEEP_EVERY_S)


async def _prebuild(server: Server) -> None:
    """Each zone's snapshot is there before anybody asks: after the start, nightly, and when much has changed."""
    while not server.bell.closing:
        try:
            await in_thread(server.snapshots.prebuild)
        except EnvironmentFault as fault:
            log.warning("no snapshot was made: %s", fault, extra={"code": fault.code})
        await server.bell.pause(PREBUILD_EVERY_S)


async def _keep_certificate(server: Server, certificate: ServerCertificate) -> None:
    while not server.bell.closing:
        await in_thread(certificate.look)
        await server.bell.pause(SWEEP_EVERY_S)


async def _publish(server: Server) -> None:
    """What this process has counted, for whichever one is asked."""
    while not server.bell.closing:
        server.metrics.publish()
        await server.bell.pause(PUBLISH_EVERY_S)


async def _send_mail(server: Server) -> None:
    """Receipts go out when their wish comes in, and those that wait for another try when it is time."""
    while not server.bell.closing:
        ticket = server.bell.ticket(mails.MAIL)
        try:
            await in_thread(_post, server.hq)
        except EnvironmentFault as fault:
            log.warning("mail waits: %s", fault, extra={"code": fault.code})
        await server.bell.wait(mails.MAIL, ticket, POST_EVERY_S)


def _post(hq: Hq) -> None:
    found = mail_server(hq.home.folder)  # read each time: it may be set up while HQ runs
    if found is not None:
        mails.send_due(hq, SmtpOffice(found))
