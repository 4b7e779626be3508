"""A machine becomes part of a store: one code, used once, typed with HQ's fingerprint.

HQ is checked before it is told the code. The private keys are made here and never leave the machine; a second try with
a new code uses the same ones. `till.toml` is written last, so a machine is either enrolled or it is not.
"""

import ipaddress
import ssl
from collections.abc import Mapping

import httpx
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from cryptography.x509.oid import NameOID

from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.durable.files import PRIVATE_MODE, write_atomic
from retail_core.durable.home import MachineConfig
from retail_core.trust.keys import SigningKey
from retail_core.wire.messages import EnrolAnswer, EnrolRequest, ErrorBody
from sync_agent.config import AGENT_KEY, CONNECT_TIMEOUT_S, REQUEST_TIMEOUT_S, AgentHome
from sync_agent.discovery import own_addresses
from sync_agent.hq_client.tls import find_ca, fingerprint_of, parse_address, parse_fingerprint, pinned_context

TILL_KEY = "till"
HOME_MODE = 0o700
MAX_CODE_CHARS = 40


def enrol(
    home: AgentHome, hq_url: str, ca_sha256: str, code: str, *, with_till: bool, settings: Mapping[str, str]
) -> MachineConfig:
    """Enrol this folder and return its new configuration.

    `settings` replaces defaults of `till.toml` by name (ports, addresses). Raises RuleViolationError or
    EnvironmentFault: `enrol.already_enrolled`, `enrol.bad_fingerprint`, `enrol.wrong_fingerprint`, `address.malformed`,
    `hq.unreachable`, `config.bad_setting`, and whatever HQ refuses with, such as `enrol.code_refused`.
    """
    if home.home.config_file.exists():
        raise RuleViolationError("enrol.already_enrolled", home=str(home.folder))
    fingerprint = parse_fingerprint(ca_sha256)
    parse_address(hq_url)
    check_settings(settings)
    ca_pem = find_ca(hq_url, fingerprint)
    _make_folder(home)
    agent_key = home.home.keys.signing_key(AGENT_KEY, create=True)
    till_key = home.home.keys.signing_key(TILL_KEY, create=True) if with_till else None
    for name in ("till.db", "store.db") if with_till else ("store.db",):
        home.home.keys.file_key(name, create=True)  # made now, so that HQ is given them before the first sale
    tls_key = SigningKey.new()
    asked = EnrolRequest(
        code.strip()[:MAX_CODE_CHARS], agent_key.public_text, signing_request(tls_key, own_addresses()),
        till_key.public_text if till_key else None,
    )  # fmt: skip
    answer = _ask(hq_url, pinned_context(ca_pem), asked)
    if fingerprint_of(answer.ca_pem) != fingerprint:
        raise RuleViolationError("enrol.wrong_fingerprint", host=hq_url)
    config = with_settings(_config(answer, hq_url.rstrip("/"), fingerprint), settings)
    _write(home, answer, tls_key, config)
    return config


def signing_request(key: SigningKey, addresses: list[str]) -> str:
    """A certificate request (PEM) for this machine's addresses; HQ adds the node's name."""
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(one)) for one in addresses])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "agent")])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).add_extension(names, critical=False)
    return request.sign(key.private, hashes.SHA256()).public_bytes(Encoding.PEM).decode("ascii")


def check_settings(settings: Mapping[str, str]) -> None:
    """Raises RuleViolationError `config.bad_setting` for a name that is not in `till.toml`."""
    unknown = settings.keys() - set(MachineConfig.__struct_fields__)
    if unknown:
        raise RuleViolationError("config.bad_setting", name=min(unknown))


def with_settings(config: MachineConfig, settings: Mapping[str, str]) -> MachineConfig:
    """The configuration with some values replaced; lists are separated by commas. Raises `config.bad_setting`."""
    fields: dict[str, object] = dict(msgspec.to_builtins(config))
    for name, text in settings.items():
        is_list = isinstance(fields[name], list | tuple)
        fields[name] = [part.strip() for part in text.split(",") if part.strip()] if is_list else text
    try:
        return msgspec.convert(fields, MachineConfig, strict=False)
    except msgspec.ValidationError as bad:
        raise RuleViolationError("config.bad_setting", why=str(bad)[:200]) from bad


def _make_folder(home: AgentHome) -> None:
    try:
        home.folder.mkdir(mode=HOME_MODE, parents=True, exist_ok=True)
        home.folder.chmod(HOME_MODE)
        home.home.keys.device_secret(create=True)
    except OSError as bad:
        raise EnvironmentFault("home.not_writable", home=str(home.folder), why=bad.strerror) from bad


def _ask(hq_url: str, context: ssl.SSLContext, asked: EnrolRequest) -> EnrolAnswer:
    patience = httpx.Timeout(REQUEST_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    try:
        with httpx.Client(base_url=hq_url, verify=context, trust_env=False, timeout=patience) as http:
            answer = http.post(
                "/v1/enrol", content=msgspec.json.encode(asked), headers={"Content-Type": "application/json"}
            )
    except httpx.HTTPError as down:
        raise EnvironmentFault("hq.unreachable", host=hq_url, why=str(down)[:100]) from down
    if answer.status_code not in {200, 201}:
        raise _refusal(answer)
    try:
        return msgspec.json.decode(answer.content, type=EnrolAnswer)
    except msgspec.DecodeError as bad:
        raise EnvironmentFault("hq.bad_answer", why=str(bad)[:100]) from bad


def _refusal(answer: httpx.Response) -> RuleViolationError | EnvironmentFault:
    try:
        said = msgspec.json.decode(answer.content, type=ErrorBody)
    except msgspec.DecodeError:
        return EnvironmentFault("hq.bad_answer", status=answer.status_code)
    return RuleViolationError(said.code, said=said.message[:200])


def _config(answer: EnrolAnswer, hq_url: str, fingerprint: str) -> MachineConfig:
    return MachineConfig(
        store=answer.store, store_name=answer.store_name, register=answer.register, role=answer.role,
        zone=answer.zone, timezone=answer.timezone, currency=answer.currency, till_node=answer.till_node or "",
        agent_node=answer.agent_node, series=answer.series, hq_url=hq_url, ca_sha256=fingerprint,
        feed_public_key=answer.feed_public_key, store_role=answer.store_role, peers=answer.peers,
    )  # fmt: skip


def _write(home: AgentHome, answer: EnrolAnswer, tls_key: SigningKey, config: MachineConfig) -> None:
    sealed = tls_key.private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(home.tls_password.encode())
    )
    write_atomic(home.ca_pem, answer.ca_pem.encode())
    write_atomic(home.certificate, answer.tls_cert_pem.encode())
    write_atomic(home.tls_key, sealed, PRIVATE_MODE)
    home.home.write_config(config)
