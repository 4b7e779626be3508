"""An agent's two servers: one for its neighbours under TLS, one for its own machine on loopback."""

import asyncio
import socket
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from litestar import Litestar

from retail_core.domain.errors import EnvironmentFault
from sync_agent.config import GOODBYE_WITHIN_S, STOP_WITHIN_S, AgentHome


class QuietServer(uvicorn.Server):
    """A server among others in one program: signals are the program's business."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises EnvironmentFault `port.in_use` or `port.unusable`."""
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as taken:
        code = "port.in_use" if taken.errno == 98 else "port.unusable"
        raise EnvironmentFault(code, host=host, port=port, why=taken.strerror) from taken


def tls_server(app: Litestar, home: AgentHome) -> QuietServer:
    """The LAN server with the agent's certificate. Raises EnvironmentFault `tls.unusable`."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=STOP_WITHIN_S,
        ssl_keyfile=home.tls_key, ssl_certfile=home.certificate, ssl_keyfile_password=home.tls_password,
        timeout_keep_alive=30, limit_concurrency=512, backlog=128,
    )  # fmt: skip
    try:
        config.load()
    except OSError as bad:
        raise EnvironmentFault("tls.unusable", file=home.certificate.name, why=str(bad)[:100]) from bad
    return QuietServer(config)


def plain_server(app: Litestar) -> QuietServer:
    """For loopback only."""
    return QuietServer(
        uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    )


def run_loop(main: Coroutine[object, object, None]) -> None:
    """Run the agent's event loop to its end."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        runner.run(main)


class _Loop(asyncio.SelectorEventLoop):
    """As it is, but a neighbour that does not say goodbye holds up the stop for a moment only."""

    async def create_server(self, *where: Any, **how: Any) -> asyncio.Server:
        if how.get("ssl"):
            how.setdefault("ssl_shutdown_timeout", GOODBYE_WITHIN_S)
        return await super().create_server(*where, **how)
