"""A real PostgreSQL for tests: started once per test process on loopback, a fresh database for each test.

The server refuses to run as root, so it runs as `postgres` or `nobody` then. It runs without fsync:
these tests are about SQL, not about power cuts.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.support.leaks import shared_by_the_session

START_TIMEOUT_S = 90
OLDEST_VERSION = 15
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "autovacuum": "off",
    "timezone": "UTC",
    "log_min_messages": "fatal",
    "listen_addresses": "127.0.0.1",
}


@dataclass(frozen=True)
class Server:
    """A running cluster; `databases` in it come and go with the tests."""

    socket_dir: Path
    port: int
    password: str

    def url(self, database: str) -> str:
        """Address for every client library, over TCP on loopback."""
        return f"postgresql://till:{self.password}@127.0.0.1:{self.port}/{database}"

    def admin(self) -> psycopg.Connection:
        return psycopg.connect(self.url("postgres"), autocommit=True)


def programs() -> Path | None:
    """Folder of initdb and postgres, of the newest installed version, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found and int(found[-1].parts[-3]) >= OLDEST_VERSION:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _unprivileged() -> str | None:
    """Whom to run as: None means ourselves."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _as(user: str | None, *command: str) -> list[str]:
    """`command` as that user, ended with us even when we are killed."""
    become = [] if user is None else [f"--reuid={user}", f"--regid={_gid(user)}", "--clear-groups"]
    return ["setpriv", *become, "--pdeathsig=INT", *command]


def _gid(user: str) -> int:
    return pwd.getpwnam(user).pw_gid


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def running_server(settings: Mapping[str, str] = SETTINGS) -> Iterator[Server]:
    """A cluster of its own in a temporary folder, gone at the end."""
    binaries = programs()
    if binaries is None:
        pytest.fail("PostgreSQL 15 is not installed; `make test` installs it", pytrace=False)
    user = _unprivileged()
    home = Path(tempfile.mkdtemp(prefix="omnitill-pg-", dir="/tmp"))  # a socket's path has 107 bytes at most
    if user is not None:
        shutil.chown(home, user, _gid(user))
    try:
        with _started(binaries, user, home, settings) as server:
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def _started(binaries: Path, user: str | None, home: Path, wanted: Mapping[str, str]) -> Iterator[Server]:
    server = Server(home, _free_port(), secrets.token_hex(12))
    data, secret = home / "data", home / "password"
    secret.write_text(server.password)
    if user is not None:
        shutil.chown(secret, user)
    initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "till", "-A", "scram-sha-256", f"--pwfile={secret}"]
    subprocess.run(
        _as(user, *initdb, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
        check=True,
        capture_output=True,
        cwd=home,
    )
    settings = [f"--{name}={value}" for name, value in wanted.items()]
    log = (home / "log").open("wb")
    process = subprocess.Popen(
        _as(user, str(binaries / "postgres"), "-D", str(data), "-k", str(home), "-p", str(server.port), *settings),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd=home,
        start_new_session=True,
    )
    shared_by_the_session(process.pid)
    try:
        _wait_until_ready(server, process, home / "log")
        yield server
    finally:
        process.send_signal(signal.SIGINT)  # a fast shutdown
        process.wait(START_TIMEOUT_S)
        log.close()


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            server.admin().close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    pytest.fail(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}", pytrace=False)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One server per test process, stopped at the end."""
    with running_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """Address of an empty database of this test's own, dropped afterwards even with connections open."""
    name = f"t_{secrets.token_hex(6)}"
    with postgres_server.admin() as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    yield postgres_server.url(name)
    with postgres_server.admin() as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@dataclass(frozen=True)
class Templates:
    """Databases made once per process and copied for each test that wants one like it."""

    server: Server
    made: dict[str, str]

    def copy(self, key: str, fill: Callable[[str], None]) -> str:
        """Address of a new database like the one that `fill(url)` made; the caller's test process drops it all at the end."""
        if key not in self.made:
            self.made[key] = self._create("template0")
            fill(self.server.url(self.made[key]))
        return self.server.url(self._create(self.made[key]))

    def _create(self, template: str) -> str:
        name = f"c_{secrets.token_hex(6)}"
        with self.server.admin() as admin:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
            )
        return name


@pytest.fixture(scope="session")
def postgres_templates(postgres_server: Server) -> Templates:
    """`copy(key, fill)` gives a database that already has its tables: ~40 ms instead of running all migrations."""
    return Templates(postgres_server, {})
