"""HQ's own certificate authority: made once, pinned by its fingerprint, never a public one.

Server and agents get P-256 certificates of 180 days. A certificate only makes the line private and says "this is HQ" or
"this is an enrolled agent"; who may do what is decided by the node's token.
"""

import hashlib
import ipaddress
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from retail_core.domain.errors import RuleViolationError
from retail_core.trust.keys import SigningKey

CA_DAYS = 3650
LEAF_DAYS = 180
SERVER_DAYS = 825
BACKDATED = timedelta(minutes=10)  # a store's clock may be a little behind
MAX_CSR_CHARS = 8_000
MAX_NAMES = 16


def make_ca(key: SigningKey, now_ms: int) -> str:
    """A self-signed CA certificate as PEM."""
    name = _name("omnitill HQ")
    public = key.private.public_key()
    made = (
        _builder(name, name, public, now_ms, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key.private, hashes.SHA256())
    )
    return _pem(made)


def server_certificate(ca_pem: str, ca_key: SigningKey, key: SigningKey, names: Iterable[str], now_ms: int) -> str:
    """HQ's certificate for the host names and addresses people reach it by."""
    alternatives = [_alternative(name) for name in dict.fromkeys(names)]
    return _leaf(ca_pem, ca_key, "omnitill HQ server", key.private.public_key(), alternatives, now_ms, SERVER_DAYS)


def agent_certificate(ca_pem: str, ca_key: SigningKey, csr_pem: str, names: Iterable[str], now_ms: int) -> str:
    """An agent's LAN certificate: its key from the request, the names from us plus its own private addresses.

    Raises RuleViolationError `enrol.bad_csr`.
    """
    request = _request(csr_pem)
    public = request.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise RuleViolationError("enrol.bad_csr", why="not a P-256 key")
    ours = [_alternative(name) for name in names]
    asked = [name for name in _asked_addresses(request) if name not in ours]
    common = next(iter(names), "agent")
    return _leaf(ca_pem, ca_key, common, public, [*ours, *asked], now_ms, LEAF_DAYS)


def fingerprint(ca_pem: str) -> str:
    """Hex SHA-256 of the certificate's DER, which is what an enrolment pins."""
    der = x509.load_pem_x509_certificate(ca_pem.encode()).public_bytes(serialization.Encoding.DER)
    return hashlib.sha256(der).hexdigest()


def _request(csr_pem: str) -> x509.CertificateSigningRequest:
    try:
        request = x509.load_pem_x509_csr(csr_pem[:MAX_CSR_CHARS].encode())
        valid = request.is_signature_valid
    except (ValueError, TypeError) as bad:
        raise RuleViolationError("enrol.bad_csr", why=str(bad)[:100]) from bad
    if not valid:
        raise RuleViolationError("enrol.bad_csr", why="not signed by its own key")
    return request


def _asked_addresses(request: x509.CertificateSigningRequest) -> list[x509.GeneralName]:
    """Private IP addresses of the request: a LAN server needs them, and no name in the world is claimed by them."""
    try:
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    private: list[x509.GeneralName] = [
        name for name in names if isinstance(name, x509.IPAddress) and getattr(name.value, "is_private", False)
    ]
    return private[:MAX_NAMES]


def _leaf(
    ca_pem: str,
    ca_key: SigningKey,
    common: str,
    public: ec.EllipticCurvePublicKey,
    names: list[x509.GeneralName],
    now_ms: int,
    days: int,
) -> str:
    ca = x509.load_pem_x509_certificate(ca_pem.encode())
    made = (
        _builder(_name(common), ca.subject, public, now_ms, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.private.public_key()), critical=False)
        .sign(ca_key.private, hashes.SHA256())
    )
    return _pem(made)


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now_ms: int, days: int
) -> x509.CertificateBuilder:
    now = datetime.fromtimestamp(now_ms // 1000, UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
