"""Several processes of one head office: what one of them commits wakes whoever waits at another, and one may die."""

import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from hq_server.service import setup
from hq_server.service.context import Hq
from hq_server.service.home import HqHome
from hq_server.storage.database import open_postgres
from retail_core.durable.system import SystemClock, SystemIds
from retail_core.trust.tokens import assertion
from tests.hq.conftest import BACKENDS
from tests.hq.support import Machine, enrolled, stock_the_shelves
from tests.hq.test_program import free_port
from tests.support.postgres import Templates

pytestmark = pytest.mark.xdist_group("hq-workers")  # one office for all of them

WORKERS = 3
MAX_POLLS = 40
WITHIN_S = 60.0
WOKEN_WITHIN_S = 12.0  # it takes milliseconds, but the machine may be busy; a poll nobody wakes lasts 25 s
ESTABLISHED = "01"  # state of a row in /proc/net/tcp (proc(5), tcp_states.h)
T = TypeVar("T")


def until(what: Callable[[], T]) -> T:
    end = time.monotonic() + WITHIN_S
    while not (found := what()):
        assert time.monotonic() < end, f"did not happen: {what}"
        time.sleep(0.02)
    return found


@dataclass
class Office:
    """A running HQ of several processes, and a machine of one of its stores."""

    hq: Hq
    port: int
    process: "subprocess.Popen[bytes]"
    machine: Machine
    log: Path

    def client(self, token: str = "") -> httpx.Client:
        """A connection of its own: whichever process is free takes it."""
        trusting = ssl.create_default_context(cadata=self.hq.ca_pem)
        url, headers = f"https://127.0.0.1:{self.port}", {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=url, verify=trusting, headers=headers, trust_env=False, timeout=40)

    def admin(self) -> httpx.Client:
        return self.client(self.hq.home.admin_token.read_text().strip())

    def node_token(self) -> str:
        now_s = self.hq.clock.now_ms() // 1000
        proof = assertion(self.machine.node.node_id, self.machine.key, "omnitill-hq", now_s, self.hq.ids.next())
        with self.client() as stranger:
            return stranger.post("/v1/token", json={"assertion": proof}).json()["access_token"]

    def workers(self) -> set[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return {int(pid) for pid in children.read_text().split()}

    def connections(self, pid: int) -> int:
        """Callers whom one process holds: those who have hung up do not count, though their sockets linger."""
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        here = f"0100007F:{self.port:04X}"
        held = {f"socket:[{row[9]}]" for row in rows if row[1] == here and row[3] == ESTABLISHED}
        found = 0
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found += fd.readlink().name in held
        return found

    def answers(self) -> bool:
        with suppress(httpx.HTTPError), self.client() as anybody:
            return anybody.get("/health").status_code == 200
        return False

    def put_price(self, minor: int) -> None:
        with self.admin() as admin:
            price = {"zone": "north", "sku": "THROW", "price_minor": minor, "currency": "EUR"}
            assert admin.put("/api/prices", json=[price]).status_code == 200


@contextmanager
def open_office(folder: Path, database_url: str | None) -> Iterator[Office]:
    setup.init(folder, database_url, [], SystemClock(), SystemIds())
    home, log, port = HqHome.of(folder), folder / "serve.log", free_port()
    hq = setup.open_hq(home, database_url, SystemClock(), SystemIds())
    stock_the_shelves(hq)
    machine = enrolled(hq, "till-workers")
    more = ["--database", database_url] if database_url else []
    with log.open("wb") as said:
        command = [sys.executable, "-m", "hq_server.app", "serve", "--home", str(folder), "--port", str(port)]
        process = subprocess.Popen([*command, "--workers", str(WORKERS), *more], stderr=said)
        office = Office(hq, port, process, machine, log)
        up = stopped = False
        try:
            until(office.answers)
            until(lambda: len(office.workers()) == WORKERS)
            up = True
            yield office
        finally:
            hq.database.close()
            stopped = up and process.poll() is None  # unless the test killed it
            process.terminate()
            try:
                assert not stopped or process.wait(WITHIN_S) == 0, log.read_text()
            finally:
                process.kill()
                process.wait()
    assert not stopped or "hq.stopped" in log.read_text()
    assert all(json.loads(line)["level"] in {"INFO", "WARNING"} for line in log.read_text().splitlines())


@pytest.fixture(scope="module", params=BACKENDS)
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    url = None
    if request.param == "postgres":
        templates: Templates = request.getfixturevalue("postgres_templates")
        url = templates.copy("hq", lambda address: open_postgres(address).close())
    with open_office(tmp_path_factory.mktemp("hq") / "home", url) as found:
        yield found


Poll = tuple[float, httpx.Response]


@contextmanager
def polls_at_two_workers(office: Office, scope: str) -> Iterator[list["Future[Poll]"]]:
    """Long polls of a scope, as many as it takes until two processes hold some."""
    token = office.node_token()
    with office.client(token) as node:
        head = node.get(f"/v1/pull?scope={scope}&limit=1").headers["Sync-Head"]
    until(lambda: not any(map(office.connections, office.workers())))  # whoever asked before has hung up

    def poll() -> Poll:
        with office.client(token) as node:
            answer = node.get(f"/v1/pull?scope={scope}&cursor={head}&wait=25&accepts=price:1,item:1,tax:1")
        return time.monotonic(), answer

    def busy() -> list[int]:
        return [pid for pid in office.workers() if office.connections(pid)]

    with ThreadPoolExecutor(MAX_POLLS) as pool:
        polls = [pool.submit(poll) for _ in range(WORKERS)]
        until(lambda: sum(map(office.connections, office.workers())) == len(polls))
        while len(busy()) < 2:
            assert len(polls) < MAX_POLLS, "one process takes every caller"
            polls.append(pool.submit(poll))
            until(lambda: sum(map(office.connections, office.workers())) == len(polls))
        time.sleep(0.3)  # the questions are in the air; asked later, they would be answered at once
        assert not any(one.done() for one in polls)
        yield polls


def test_a_commit_of_one_process_wakes_those_who_wait_at_another(office: Office) -> None:
    with polls_at_two_workers(office, "price:north") as polls:
        office.put_price(2222)
        committed = time.monotonic()
        answers = [one.result(WITHIN_S) for one in polls]
    assert max(at for at, _ in answers) - committed < WOKEN_WITHIN_S
    assert all(b'"price_minor":2222' in answer.content for _, answer in answers)


def test_a_process_that_is_killed_is_begun_again_and_hears_the_others(office: Office) -> None:
    before = office.workers()
    victim = min(before)  # the one that keeps house
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(office.workers() - {victim}) == WORKERS and office.answers())
    assert before - {victim} < office.workers()
    with polls_at_two_workers(office, "price:north") as polls:
        office.put_price(3333)
        committed = time.monotonic()
        answers = [one.result(WITHIN_S) for one in polls]
    assert max(at for at, _ in answers) - committed < WOKEN_WITHIN_S


def test_writers_in_all_processes_lose_nothing(office: Office) -> None:
    """Every process writes at once; on an embedded database they take turns."""

    def write(n: int) -> None:
        with office.admin() as admin:
            for m in range(5):
                item = {"sku": f"W{n}-{m}", "name": "Thing", "tax_class": "std", "gtins": []}
                answer = admin.put("/api/products", json=[item])
                assert answer.status_code == 200, answer.text

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    keys, cursor, head = set[str](), 0, 1
    with office.client(office.node_token()) as node:
        while cursor < head:
            answer = node.get(f"/v1/pull?scope=catalogue&cursor={cursor}")
            keys |= {json.loads(line)["key"] for line in answer.content.splitlines()}
            cursor, head = int(answer.headers["Sync-Cursor"]), int(answer.headers["Sync-Head"])
    assert {f"W{n}-{m}" for n in range(8) for m in range(5)} <= keys


def test_when_the_first_process_is_killed_hq_can_be_started_again(tmp_path: Path) -> None:
    """Those left behind give port and database back by themselves."""
    with open_office(tmp_path / "home", None) as office:
        left = office.workers()
        office.process.kill()
        office.process.wait()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left))
