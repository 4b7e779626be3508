"""HQ's own TLS certificate: made anew long before it ends, for the same key and names, and served without a restart."""

import logging
import ssl

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from hq_server.service import authority
from hq_server.service.context import Hq
from hq_server.service.home import HqHome
from retail_core.durable.files import write_atomic
from retail_core.trust.keys import SigningKey

log = logging.getLogger(__name__)
RENEW_BEFORE_MS = 180 * 86_400_000


class ServerCertificate:
    """Of one server process; several may share the folder, and each sees what another one wrote."""

    def __init__(self, hq: Hq, home: HqHome, served: ssl.SSLContext | None) -> None:
        self._hq, self._home, self._served = hq, home, served
        self._loaded_ns = self._written_ns()

    def look(self) -> None:
        """Cheap; call it now and then."""
        if _until_ms(self._home) - self._hq.clock.now_ms() < RENEW_BEFORE_MS:
            renew(self._hq, self._home)
        written_ns = self._written_ns()
        if written_ns != self._loaded_ns and self._served is not None:
            self._served.load_cert_chain(self._home.server_certificate, self._home.server_key, _password(self._home))
            self._loaded_ns = written_ns

    def _written_ns(self) -> int:
        return self._home.server_certificate.stat().st_mtime_ns


def renew(hq: Hq, home: HqHome) -> None:
    """One file changes and the key stays, so that a crash leaves a pair that fits."""
    key = load_pem_private_key(home.server_key.read_bytes(), _password(home).encode())
    assert isinstance(key, EllipticCurvePrivateKey)
    names = _certificate(home).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    hosts = [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]
    leaf = authority.server_certificate(hq.ca_pem, hq.ca_key, SigningKey(key), hosts, hq.clock.now_ms())
    write_atomic(home.server_certificate, (leaf + hq.ca_pem).encode())
    log.info("HQ has a new certificate", extra={"code": "hq.certificate_renewed"})


def _until_ms(home: HqHome) -> int:
    return int(_certificate(home).not_valid_after_utc.timestamp() * 1000)


def _certificate(home: HqHome) -> x509.Certificate:
    return x509.load_pem_x509_certificate(home.server_certificate.read_bytes())


def _password(home: HqHome) -> str:
    return home.keys.device_secret().hex()
