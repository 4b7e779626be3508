"""A real HQ on loopback for tests: uvicorn over TLS in a thread of this process, stopped at the end."""

import contextlib
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec

from hq_server.service import access, setup
from hq_server.service.context import Hq
from hq_server.service.home import HqHome
from hq_server.web.bell import Bell
from hq_server.web.runner import HqServer, https_server, listen, make_server, run_loop
from hq_server.web.state import Server
from retail_core.domain.roles import Role
from retail_core.durable.system import SystemClock, SystemIds
from retail_core.trust.tokens import assertion
from retail_core.wire.messages import PushHeader
from tests.hq.support import Machine

START_WITHIN_S = 60
STOP_WITHIN_S = 40
PASSWORD = "a long enough password"


@dataclass
class RunningHq:
    """Its address, its services, and ways to talk to it."""

    url: str
    home: HqHome
    hq: Hq
    server: Server
    uvicorn: HqServer
    thread: threading.Thread

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.hq.ca_pem)

    def client(self, token: str = "") -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(
            base_url=self.url,
            verify=self.trusting(),
            headers=headers,
            trust_env=False,
            timeout=30,
            follow_redirects=False,
        )

    def token(self, role: Role) -> str:
        return access.new_token(self.hq, f"test {role}", role.value)[1]

    def as_role(self, role: Role) -> httpx.Client:
        return self.client(self.token(role))

    def as_node(self, machine: Machine) -> httpx.Client:
        """A machine that proved its key."""
        now_s = self.hq.clock.now_ms() // 1000
        proof = assertion(machine.node.node_id, machine.key, "omnitill-hq", now_s, self.hq.ids.next())
        with self.client() as stranger:
            answer = stranger.post("/v1/token", json={"assertion": proof})
        assert answer.status_code == 200, answer.text
        return self.client(answer.json()["access_token"])

    def signed_in(self, role: Role = Role.HQ_ADMIN) -> httpx.Client:
        """A browser with a session."""
        name = f"person {role}"
        access.put_user(self.hq, name, PASSWORD, role.value)
        with self.client() as form:
            signing_in = {"name": name, "password": PASSWORD}
            answer = form.post("/sign-in", data=signing_in, headers={"Sec-Fetch-Site": "same-origin"})
            assert answer.status_code == 303, answer.text
        browser = self.client()
        browser.headers["Sec-Fetch-Site"] = "same-origin"
        browser.cookies = answer.cookies
        return browser

    def stop(self) -> None:
        self.uvicorn.stop()
        self.thread.join(STOP_WITHIN_S)
        assert not self.thread.is_alive(), "HQ did not stop"


def push(client: httpx.Client, header: PushHeader, body: bytes) -> httpx.Response:
    headers = {**header.to_http(), "Content-Type": "application/x-ndjson", "Content-Encoding": "zstd"}
    return client.post("/v1/push", content=body, headers=headers)


def decoded(answer: httpx.Response) -> dict[str, object]:
    return msgspec.json.decode(answer.content, type=dict[str, object])


@contextlib.contextmanager
def running_hq(folder: Path, database_url: str | None) -> Iterator[RunningHq]:
    """Made by `init`, opened and served as `serve` does."""
    setup.init(folder, database_url, [], SystemClock(), SystemIds())
    home = HqHome.of(folder)
    hq = setup.open_hq(home, database_url, SystemClock(), SystemIds())
    listener = listen("127.0.0.1", 0)
    server = make_server(hq, Bell())
    uvicorn = https_server(server, home)
    thread = threading.Thread(target=lambda: run_loop(uvicorn.serve(sockets=[listener])), name="hq")
    thread.start()
    port = listener.getsockname()[1]
    running = RunningHq(f"https://127.0.0.1:{port}", home, hq, server, uvicorn, thread)
    try:
        _wait_until_it_answers(running)
        yield running
    finally:
        if thread.is_alive():
            running.stop()
        hq.database.close()
        listener.close()


def _wait_until_it_answers(running: RunningHq) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while not running.uvicorn.started:
        assert running.thread.is_alive(), "HQ ended at its start"
        assert time.monotonic() < deadline, "HQ did not start in time"
        time.sleep(0.01)
