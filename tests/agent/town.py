"""A real HQ in its own process, stores enrolled with real codes, and lines to HQ that can be cut."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from hq_server.service.home import HqHome
from retail_core.durable.home import Home
from retail_core.trust.keys import SigningKey
from sync_agent.hq_client.tls import fingerprint_of, pinned_context
from tests.agent.support import LOOPBACK, free_port, until
from tests.support.leaks import shared_by_the_session
from tests.support.shop import ITEMS, PIN, TAXES, ZONE, Shop

ROOT = Path(__file__).parents[2]
OPENING_PIECES = 1_000
CHUNK = 64 * 1024
BATCH_BYTES = 1_300
PROGRAM_ENDS_WITHIN_S, STOP_WITHIN_S = 100, 30


def run_program(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A program of ours to its end."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True, text=True, timeout=PROGRAM_ENDS_WITHIN_S, check=False, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


class Hq:
    """`omnitill-hq serve` with the embedded database or another, and its API.

    `lacks`: kinds of events that its program does not know yet, with commas between; "" is the program as it is.
    """

    def __init__(self, folder: Path, host: str = LOOPBACK, database: str = "", lacks: str = "") -> None:
        self.home, self._host, self.lacks = HqHome(folder), host, lacks
        self._database = ["--database", database] if database else []
        made = run_program("hq_server.app", "init", "--home", str(folder), "--name", host, *self._database)
        assert made.returncode == 0, made.stderr
        self.port = free_port(host=host)
        self.ca_pem = self.home.ca_pem.read_text()
        self.fingerprint = fingerprint_of(self.ca_pem)
        self._log = (folder / "serve.log").open("ab")
        self._process = self._begin()
        token = self.home.admin_token.read_text().strip()
        self._http = httpx.Client(
            base_url=self.url, verify=pinned_context(self.ca_pem), trust_env=False, timeout=30,
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip
        try:
            until(self._answers, why="HQ answers")
            self._fill()
        except BaseException:
            self.close()  # the next try begins with nothing left of this one
            raise

    def start(self) -> None:
        """After `stop`."""
        self._process = self._begin()
        until(self._answers, why="HQ answers again")

    def freeze(self) -> None:
        """Its machine answers, the program says nothing until `thaw`."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """No HQ until `start`."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_WITHIN_S)
        finally:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """As a crash does; `start` brings it back."""
        self._process.kill()
        self._process.wait()

    def _begin(self) -> "subprocess.Popen[bytes]":
        serve = ["serve", "--home", str(self.home.folder), "--host", self._host, "--port", str(self.port)]
        older = ["tests.support.older_program", self.lacks] if self.lacks else []
        process = subprocess.Popen(
            [sys.executable, "-m", *older, "hq_server.app", *serve, *self._database],
            stderr=self._log, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        shared_by_the_session(process.pid)
        return process

    @property
    def url(self) -> str:
        return f"https://{self._host}:{self.port}"

    @property
    def pid(self) -> int:
        """The serving process."""
        return self._process.pid

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self._http.request(method, path, json=body, headers=fields)
        assert answer.status_code < 400, answer.text
        return answer.json() if answer.content else None

    def store(self, store: str) -> str:
        """A new store with opening stock of everything, and the usual cashier."""
        place = {"store": store, "name": f"Store {store}", "zone": ZONE, "timezone": "UTC", "currency": "EUR"}
        self.ask("PUT", "/api/stores", [place])
        person = {"store": store, "operator_id": f"{store}-op", "name": "Ana M.", "role": "cashier", "pin": PIN}
        self.ask("PUT", "/api/staff", [person])
        lines = [{"sku": item.sku, "qty_milli": OPENING_PIECES * 1000} for item in ITEMS]
        self.ask("POST", "/api/stock-moves", {"store": store, "lines": lines})
        return store

    def code(self, store: str, register: str, *, store_role: bool = False) -> str:
        wish = {"store": store, "register": register, "role": "till", "store_role": store_role}
        return self.ask("POST", "/api/enrolment-codes", wish)["code"]

    def sold(self, store: str, sku: str) -> int:
        """Pieces that have left the store's shelf, as HQ's ledger has it."""
        return self.sold_milli(store, sku) // 1000

    def sold_milli(self, store: str, sku: str) -> int:
        stock = self.ask("GET", f"/api/stock?sku={sku}&store={store}")["stock"]
        return OPENING_PIECES * 1000 - stock[0]["sellable"]

    def usual_prices(self) -> None:
        """What the tests' shop asks for its items, whatever another test made of it."""
        prices = [{"zone": ZONE, "sku": i.sku, "price_minor": i.price_minor, "currency": "EUR"} for i in ITEMS]
        self.ask("PUT", "/api/prices", prices)

    def events_counted(self, outcome: str) -> int:
        """From HQ's own metrics: "new", "repeated" or "quarantined" entries since its start."""
        line = f'omnitill_events_total{{outcome="{outcome}"}} '
        found = [text for text in self._http.get("/metrics").text.splitlines() if text.startswith(line)]
        return int(float(found[0].removeprefix(line))) if found else 0

    def metrics(self) -> str:
        """HQ's own figures, as Prometheus reads them."""
        return self._http.get("/metrics").text

    def order(self, order_id: str) -> Any:
        return self.ask("GET", f"/api/orders/{order_id}")["order"]

    def close(self) -> None:
        self._http.close()
        try:
            self.stop()
        finally:
            self._log.close()

    def _answers(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return self._http.get("/health").status_code == 200
        assert self._process.poll() is None, "HQ ended"
        return False

    def _fill(self) -> None:
        taxes = [{"tax_class": tax.tax_class, "name": tax.name, "rate_ppm": tax.rate_ppm} for tax in TAXES]
        items = [
            {"sku": i.sku, "name": i.name, "tax_class": i.tax_class, "gtins": [i.code], "unit": i.unit} for i in ITEMS
        ]
        self.ask("PUT", "/api/tax", taxes)
        self.ask("PUT", "/api/products", items)
        self.usual_prices()


class LineToHq:
    """A TCP line that can be cut, and that can swallow HQ's answers after they were made.

    `brought` counts HQ's bytes; once it has passed on `cut_after` of them it is cut.
    """

    def __init__(self, hq_port: int) -> None:
        self._hq_port = hq_port
        self._listening = socket.create_server((LOOPBACK, 0))
        self.port = self._listening.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._is_cut = False
        self._swallow = 0
        self.swallowed = 0
        self.brought = 0
        self.cut_after = 1 << 60
        self._threads = [threading.Thread(target=self._accept, name="line", daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"https://{LOOPBACK}:{self.port}"

    def cut(self) -> None:
        """Every connection breaks, and new ones do at once."""
        with self._guard:
            self._is_cut = True
            self._break_all()

    def restore(self, *, swallow: int = 0) -> None:
        """The line works again, but for the first `swallow` answers: HQ did what was asked and nobody is told."""
        with self._guard:
            self._is_cut, self._swallow = False, swallow

    def close(self) -> None:
        self.cut()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(5)

    def _break_all(self) -> None:
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            with self._guard:
                if self._is_cut:
                    near.close()
                    continue
                far = socket.create_connection((LOOPBACK, self._hq_port))
                self._open |= {near, far}
            asked = [0]
            for source, target, upward in ((near, far, True), (far, near, False)):
                thread = threading.Thread(
                    target=self._carry, args=(source, target, upward, asked), name="line", daemon=True
                )
                self._threads.append(thread)
                thread.start()

    def _carry(self, source: socket.socket, target: socket.socket, upward: bool, asked: list[int]) -> None:
        """A batch is the largest request there is; the next thing HQ says on that line is its answer."""
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                if upward:
                    asked[0] += len(data)
                elif asked[0] > BATCH_BYTES and self._swallowed():
                    break
                else:
                    asked[0] = 0
                target.sendall(data)
                if not upward and self._enough(len(data)):
                    self.cut()
        with self._guard:
            for sock in (source, target):
                self._open.discard(sock)
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        if upward:
            for sock in (source, target):
                sock.close()

    def _enough(self, count: int) -> bool:
        with self._guard:
            self.brought += count
            return self.brought >= self.cut_after

    def _swallowed(self) -> bool:
        with self._guard:
            if not self._swallow:
                return False
            self._swallow -= 1
            self.swallowed += 1
            return True


@contextlib.contextmanager
def line_to(hq: Hq) -> Iterator[LineToHq]:
    line = LineToHq(hq.port)
    try:
        yield line
    finally:
        line.close()


def enrolled(
    hq: Hq, folder: Path, store: str, register: str, *, url: str = "", store_role: bool = False,
    run: Callable[..., "subprocess.CompletedProcess[str]"] = run_program,
) -> Shop:  # fmt: skip
    """A machine enrolled by the command line with a fresh code; its line to HQ may be one that can be cut."""
    settings = {
        "lan_host": LOOPBACK, "discovery_interfaces": LOOPBACK, "lan_port": free_port(), "health_port": free_port(),
        "till_wake_port": free_port(socket.SOCK_DGRAM), "agent_wake_port": free_port(socket.SOCK_DGRAM),
    }  # fmt: skip
    done = run(
        "sync_agent.app", "enrol", "--home", str(folder), "--hq", url or hq.url, "--ca", hq.fingerprint,
        "--code", hq.code(store, register, store_role=store_role),
        *(f"--set={name}={value}" for name, value in settings.items()),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    home = Home(folder)
    return Shop(home, SigningKey.new(), home.config())
