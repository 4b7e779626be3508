"""TLS that trusts one CA only: the one whose fingerprint came with the enrolment code.

Names: HQ is checked by the host of its address. A neighbour on the store's network is checked by the node id in its
certificate, since its address was only a hint that anybody could have given.
"""

import asyncio
import hashlib
import socket
import ssl
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Protocol, cast
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.durable.system import SystemClock
from sync_agent.config import CONNECT_TIMEOUT_S

FINGERPRINT_CHARS = 64
DEFAULT_PORT = 443
GRACE_DAYS = 60
DAY_S = 86_400
_DER_FORMAT = 2
_NO_CHECK_TIME = 0x20_0000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL


class _ShownCertificate(Protocol):
    def public_bytes(self, format: int) -> bytes | str: ...


class _Handshake(Protocol):
    def get_unverified_chain(self) -> Sequence[_ShownCertificate] | None: ...


def parse_address(url: str) -> tuple[str, int]:
    """Host and port of an https address. Raises RuleViolationError `address.malformed`."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or DEFAULT_PORT
    except ValueError as bad:
        raise RuleViolationError("address.malformed", url=url[:100]) from bad
    if parts.scheme != "https" or not host:
        raise RuleViolationError("address.malformed", url=url[:100])
    return host, port


def parse_fingerprint(text: str) -> str:
    """64 lower-case hex digits; colons and spaces are allowed. Raises RuleViolationError `enrol.bad_fingerprint`."""
    digits = text.replace(":", "").replace(" ", "").lower()
    if len(digits) != FINGERPRINT_CHARS or any(c not in "0123456789abcdef" for c in digits):
        raise RuleViolationError("enrol.bad_fingerprint")
    return digits


def find_ca(url: str, fingerprint: str) -> str:
    """The CA certificate (PEM) with this SHA-256 that the server at `url` shows. Nothing is sent to it.

    Raises EnvironmentFault `hq.unreachable` and RuleViolationError `enrol.wrong_fingerprint`.
    """
    host, port = parse_address(url)
    for der in _shown_chain(host, port):
        if hashlib.sha256(der).hexdigest() == fingerprint:
            return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode("ascii")
    raise RuleViolationError("enrol.wrong_fingerprint", host=host)


def fingerprint_of(ca_pem: str) -> str:
    """Hex SHA-256 of a certificate. Raises ValueError for text that is none."""
    der = x509.load_pem_x509_certificate(ca_pem.encode()).public_bytes(Encoding.DER)
    return hashlib.sha256(der).hexdigest()


class PinnedContext(ssl.SSLContext):
    """`pinned_context` makes one."""

    clock: Clock


def pinned_context(ca_pem: str, clock: Clock | None = None) -> PinnedContext:
    """Trusts certificates of this CA for the name that was asked for, and nothing else in the world.

    One that ran out is taken for `GRACE_DAYS` more, so that a store whose line was down for months works together; one
    that seems to begin later is taken too, since that is the shop's clock.
    """
    context = PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=ca_pem)
    context.verify_flags |= _NO_CHECK_TIME
    context.clock = clock or SystemClock()
    context.sslobject_class, context.sslsocket_class = _LineInMemory, _Line
    return context


class ExpiredError(ssl.SSLCertVerificationError):
    """A certificate of our CA that ran out longer ago than is forgiven; raised in the handshake, before a byte of ours is sent."""


class _LineInMemory(ssl.SSLObject):
    def do_handshake(self) -> None:
        super().do_handshake()
        _check_time(self.context, self.getpeercert())


class _Line(ssl.SSLSocket):
    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        _check_time(self.context, self.getpeercert())


def _check_time(context: ssl.SSLContext, shown: object) -> None:
    assert isinstance(context, PinnedContext)
    until_s = ssl.cert_time_to_seconds(str(cast("dict[str, object]", shown)["notAfter"]))
    if context.clock.now_ms() / 1000 > until_s + GRACE_DAYS * DAY_S:
        raise ExpiredError(1, f"the certificate ran out more than {GRACE_DAYS} days ago")


async def name_of_neighbour(url: str, ca_pem: str, nodes: Collection[str], clock: Clock | None = None) -> str | None:
    """The certificate name under which one of our store's `nodes` answers at `url`; None for anybody else.

    Only a handshake takes place: not a byte of ours is sent.
    """
    host, port = parse_address(url)
    context = pinned_context(ca_pem, clock)
    context.check_hostname = False  # the address was a hint; the name is compared with our nodes below
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
        shown = cast("dict[str, Sequence[tuple[str, str]]]", writer.get_extra_info("peercert") or {})
    except (OSError, TimeoutError):  # ssl.SSLError is an OSError
        return None
    finally:
        if writer is not None:
            writer.transport.abort()
    names = [name for kind, name in shown.get("subjectAltName", ()) if kind == "DNS"]
    return next((name for name in names if name.partition(".")[0] in nodes), None)


def _shown_chain(host: str, port: int) -> list[bytes]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # we only look at what is shown and compare it with the fingerprint
    try:
        with (
            socket.create_connection((host, port), CONNECT_TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=host) as line,
        ):
            # public as SSLSocket.get_unverified_chain only from Python 3.13 on
            handshake = cast("_Handshake", getattr(line, "_sslobj"))  # noqa: B009 - see above
            shown = handshake.get_unverified_chain() or ()
            ders = [certificate.public_bytes(_DER_FORMAT) for certificate in shown]
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
    except OSError as down:
        raise EnvironmentFault("hq.unreachable", host=host, port=port, why=str(down)[:100]) from down
    return [der for der in ders if isinstance(der, bytes)]
