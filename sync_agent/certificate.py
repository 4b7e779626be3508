"""The certificate of this agent's LAN server: renewed long before it ends, and people are warned when that does not work.

Selling never depends on it. Neighbours go on trusting it for a while after its end (`hq_client.tls.GRACE_DAYS`).
"""

import asyncio
import logging
import random
import ssl

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.files import write_atomic
from retail_core.trust.keys import SigningKey
from sync_agent.config import AgentHome
from sync_agent.discovery import own_addresses
from sync_agent.enrol import signing_request
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import HopFault

DAY_MS = 86_400_000
RENEW_FROM_DAY = 60
WARN_DAYS_BEFORE = 30
LOOK_EVERY_S = 3_600.0
TRY_AGAIN_S = 60.0
ENDS_SOON, ENDED = "certificate.ends_soon", "certificate.ended"
LOG = logging.getLogger(__name__)


class Certificate:
    """Run with `run`. A newer one is served from the next connection on, without a restart."""

    def __init__(self, home: AgentHome, hq: SyncClient, clock: Clock) -> None:
        """Raises EnvironmentFault `tls.unusable`."""
        self._home, self._hq, self._clock = home, hq, clock
        self._served: ssl.SSLContext | None = None
        self.from_ms, self.until_ms = _times(home)

    def serve_in(self, context: ssl.SSLContext | None) -> None:
        """The LAN server's context, which shows the certificate to whoever connects."""
        self._served = context

    @property
    def warning(self) -> str:
        """A code when somebody should look into it: it ends within thirty days, or has ended."""
        left_ms = self.until_ms - self._clock.now_ms()
        return ENDED if left_ms <= 0 else ENDS_SOON if left_ms <= WARN_DAYS_BEFORE * DAY_MS else ""

    @property
    def is_due(self) -> bool:
        """True from day 60 of its life on."""
        return self._clock.now_ms() >= self.from_ms + RENEW_FROM_DAY * DAY_MS

    async def run(self) -> None:
        """Until cancelled; while HQ cannot be asked it is asked again."""
        while True:
            pause_s = LOOK_EVERY_S
            if self.is_due and not await self._renew():
                pause_s = TRY_AGAIN_S
            if self.warning:
                LOG.warning("the certificate ends at %d", self.until_ms, extra={"code": self.warning})
            await asyncio.sleep(pause_s * (0.75 + random.random() / 2))  # noqa: S311 - jitter

    async def _renew(self) -> bool:
        try:
            await self.renew()
        except HopFault as down:
            LOG.info("no new certificate yet: %s", down, extra={"code": down.code})
            return False
        return True

    async def renew(self) -> None:
        """For the same key, so that one file changes and a crash leaves a pair that fits. Raises HopFault."""
        request = signing_request(SigningKey(_key(self._home)), own_addresses())
        pem = (await self._hq.certificate(request)).encode()
        try:
            x509.load_pem_x509_certificate(pem)
        except ValueError as bad:
            raise HopFault("hop.bad_answer", why="no certificate") from bad
        await asyncio.to_thread(write_atomic, self._home.certificate, pem)
        self.from_ms, self.until_ms = _times(self._home)
        LOG.info("a new certificate until %d", self.until_ms, extra={"code": "certificate.renewed"})
        if self._served is not None:
            self._served.load_cert_chain(self._home.certificate, self._home.tls_key, self._home.tls_password)


def _times(home: AgentHome) -> tuple[int, int]:
    try:
        found = x509.load_pem_x509_certificate(home.certificate.read_bytes())
    except (OSError, ValueError) as bad:
        raise EnvironmentFault("tls.unusable", file=home.certificate.name, why=str(bad)[:100]) from bad
    begin, end = found.not_valid_before_utc, found.not_valid_after_utc
    return int(begin.timestamp() * 1000), int(end.timestamp() * 1000)


def _key(home: AgentHome) -> EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(home.tls_key.read_bytes(), home.tls_password.encode())
    except (OSError, ValueError) as bad:
        raise EnvironmentFault("tls.unusable", file=home.tls_key.name, why=str(bad)[:100]) from bad
    if not isinstance(key, EllipticCurvePrivateKey):
        raise EnvironmentFault("tls.unusable", file=home.tls_key.name, why="not a P-256 key")
    return key
