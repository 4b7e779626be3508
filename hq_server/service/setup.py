"""Making an HQ (`init`) and opening it (`serve`): keys, CA, certificate, database, first administrator."""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from hq_server.service import access, authority
from hq_server.service.context import Hq
from hq_server.service.home import CA_KEY, DATABASE_KEY, HQ_KEY, HqHome
from hq_server.storage import access as stored
from hq_server.storage import work
from hq_server.storage.database import Database, open_embedded, open_postgres
from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault
from retail_core.domain.ids import IdSource
from retail_core.domain.roles import Role
from retail_core.durable.files import PRIVATE_MODE, write_atomic
from retail_core.trust.keys import SigningKey, b64

HOME_MODE = 0o700
FIRST_ADMIN = "admin"
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
PASSWORD_BYTES = 15


class Made(msgspec.Struct, frozen=True):
    """What `init` tells the person once. The password is empty when somebody could sign in already."""

    ca_sha256: str
    user: str
    password: str
    token_file: str


def init(folder: Path, database_url: str | None, names: Sequence[str], clock: Clock, ids: IdSource) -> Made:
    """Make what is not there yet; running it again changes no key and no password."""
    try:
        folder.mkdir(mode=HOME_MODE, parents=True, exist_ok=True)
        folder.chmod(HOME_MODE)
    except OSError as bad:
        raise EnvironmentFault("home.not_writable", home=str(folder), why=os.strerror(bad.errno or 0)) from bad
    home = HqHome.of(folder)
    home.keys.device_secret(create=True)
    home.keys.signing_key(HQ_KEY, create=True)
    ca_key = home.keys.signing_key(CA_KEY, create=True)
    now_ms = clock.now_ms()
    if not home.ca_pem.exists():
        write_atomic(home.ca_pem, authority.make_ca(ca_key, now_ms).encode())
    if not home.server_certificate.exists() or names:
        _make_certificate(home, ca_key, [*LOCAL_NAMES, *names], now_ms)
    hq = open_hq(home, database_url, clock, ids)
    try:
        return _first_admin(hq)
    finally:
        hq.database.close()


def open_hq(home: HqHome, database_url: str | None, clock: Clock, ids: IdSource) -> Hq:
    """Open keys and database. Raises EnvironmentFault `hq.not_initialised`, `key.*`, `db.*`."""
    home.check()
    database = _database(home, database_url)
    try:
        generation = database.write(lambda unit: stored.identity_value(unit, "generation", ids.next()))
        return Hq(
            home, database, clock, ids, os.urandom, home.keys.signing_key(HQ_KEY), home.keys.signing_key(CA_KEY),
            home.ca_pem.read_text(), home.keys.device_secret(), generation,
        )  # fmt: skip
    except BaseException:
        database.close()
        raise


def give_up_running_jobs(hq: Hq) -> None:
    """At the start of the only HQ on a database: what ran when the last one ended will not go on by itself."""
    hq.database.write(lambda unit: work.fail_running(unit, hq.clock.now_ms()))


def check_somebody_may_sign_in(hq: Hq) -> None:
    """Raises EnvironmentFault `hq.no_admin`."""
    if not hq.database.read(stored.count_users):
        raise EnvironmentFault("hq.no_admin", database=hq.database.place)


def _database(home: HqHome, url: str | None) -> Database:
    if url:
        return open_postgres(url)
    return open_embedded(home.database, home.keys.file_key(DATABASE_KEY, create=True))


def _make_certificate(home: HqHome, ca_key: SigningKey, names: Sequence[str], now_ms: int) -> None:
    key = SigningKey.new()
    ca_pem = home.ca_pem.read_text()
    leaf = authority.server_certificate(ca_pem, ca_key, key, names, now_ms)
    # encrypted, because a web server's key must be a file
    password = BestAvailableEncryption(home.keys.device_secret().hex().encode())
    write_atomic(home.server_key, key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, password), PRIVATE_MODE)
    # the CA goes along, so that an enrolling machine can find the one whose fingerprint it was told
    write_atomic(home.server_certificate, (leaf + ca_pem).encode())


def _first_admin(hq: Hq) -> Made:
    password = ""
    if not hq.database.read(stored.count_users):
        password = b64(hq.rand(PASSWORD_BYTES))
        access.put_user(hq, FIRST_ADMIN, password, Role.HQ_ADMIN.value)
        _, token = access.new_token(hq, "first admin", Role.HQ_ADMIN.value)
        write_atomic(hq.home.admin_token, token.encode(), PRIVATE_MODE)
    return Made(authority.fingerprint(hq.ca_pem), FIRST_ADMIN, password, str(hq.home.admin_token))
