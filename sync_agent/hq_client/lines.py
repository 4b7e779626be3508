"""Connections to a peer, and what it means when there is none."""

import errno
import socket
import ssl

import httpx

from sync_agent.config import CONNECT_TIMEOUT_S, REQUEST_TIMEOUT_S
from sync_agent.hq_client.tls import ExpiredError

DEAD_LINE_S = 15
_KEEP_ALIVE_OPTIONS = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (
            ("TCP_KEEPIDLE", 6), ("TCP_KEEPINTVL", 3), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", DEAD_LINE_S * 1000),
        )
        if hasattr(socket, name)
    ),
)  # fmt: skip
UNREACHABLE, NO_NETWORK = "hop.unreachable", "hop.no_network"
NO_WAY_THERE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


def open_http(url: str, context: ssl.SSLContext, *, connections: int, kept: int) -> httpx.AsyncClient:
    """A line that swallows everything is given up by the system itself after `DEAD_LINE_S`, in mid-request too."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=kept)
    transport = httpx.AsyncHTTPTransport(
        verify=context, trust_env=False, limits=limits, socket_options=_KEEP_ALIVE_OPTIONS
    )
    patience = httpx.Timeout(REQUEST_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    return httpx.AsyncClient(base_url=url, transport=transport, trust_env=False, timeout=patience)


def why_unreachable(down: httpx.HTTPError) -> str:
    """Whether nobody is there, nobody can be asked, or nobody answers: people look in different places for each."""
    cause: BaseException | None = down
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return "hop.refused"
        if isinstance(cause, ExpiredError):
            return "hop.certificate_expired"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "hop.not_trusted"
        if isinstance(cause, socket.gaierror) or (isinstance(cause, OSError) and cause.errno in NO_WAY_THERE):
            return NO_NETWORK
        cause = cause.__cause__ or cause.__context__
    return UNREACHABLE
