"""A chain for measuring: HQ as its own process on PostgreSQL, simulated stores whose tills push signed journals over HTTPS.

The journals are made beforehand, so that pushing them costs the measuring process next to nothing.
"""

import contextlib
import http.client
import os
import random
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import psutil
import psycopg

from hq_server.service import masterdata, setup
from hq_server.service.context import AUDIENCE, Hq
from hq_server.service.home import HqHome
from hq_server.storage import access
from hq_server.storage.access import Node
from hq_server.storage.catalogue import PlaceRow
from retail_core.domain.events import SaleCompleted, SoldLine
from retail_core.domain.ids import SaleId, Sku
from retail_core.domain.roles import Role
from retail_core.domain.tax import TaxPart
from retail_core.domain.tender import Tender, TenderKind
from retail_core.durable.system import SystemClock, SystemIds
from retail_core.trust import tokens
from retail_core.trust.keys import SigningKey
from retail_core.wire.batch import encode_batch
from retail_core.wire.envelope import GENESIS, Draft, Entry, Head, StreamEntry, StreamId, entry_hash, place
from retail_core.wire.events import encode_event
from retail_core.wire.messages import PushHeader
from tests.agent.support import LOOPBACK, free_port
from tests.support.leaks import shared_by_the_session

ROOT = Path(__file__).parents[2]
SKUS = 5_000
MAX_LINES = 7
PIECES = 1_000_000
DAY = "2026-11-23"
OPENED_MS = 1_795_435_200_000
STARTS_WITHIN_S = 30.0
ENDS_WITHIN_S = 15.0
Batch = tuple[PushHeader, bytes, int]
"""Header, compressed body and how many sales are in it."""


class SimulatedTill:
    """A till that keeps a signed journal. Only the last entry of a batch is signed: no other signature is sent."""

    def __init__(self, node_id: str, store: str, seed: int, key: SigningKey) -> None:
        self.node = Node(node_id, store, "T1", "till", key.public_text, False, OPENED_MS)
        self.stream = StreamId(node_id, f"epoch-of-{node_id}")
        self.token = ""
        self._key, self._chance, self._ids = key, random.Random(seed), SystemIds()
        self._head, self._prev = Head(), GENESIS

    def sell(self, sales: int) -> Batch:
        """The next batch, of this many sales."""
        before = self._head
        placed = [self._sale(n == sales) for n in range(1, sales + 1)]
        header = PushHeader(self.stream.node, self.stream.epoch, before.seq, before.chain_hash, OPENED_MS)
        return header, encode_batch(self.stream, placed), sales

    def _sale(self, last: bool) -> StreamEntry:
        seq = self._head.seq + 1
        receipt = f"{self.node.store}-T1-A-{seq:06}"
        type_, version, body = encode_event(basket(self._chance, self._ids, receipt))
        at_ms = OPENED_MS + seq * 20_000
        draft = Draft(
            self._ids.next(), self.stream.node, self.stream.epoch, type_, version, at_ms, DAY, f"{self.node.store}-op",
            body,
        )  # fmt: skip
        hashed = entry_hash(draft, seq, self._prev)
        entry = Entry(
            draft.id, draft.node, draft.epoch, seq, draft.type, draft.v, draft.at, draft.biz_date, draft.actor, 0,
            draft.body, self._prev, hashed, self._key.sign(hashed) if last else b"",
        )  # fmt: skip
        placed = place(entry, self._head)
        self._head, self._prev = Head(placed.seq, placed.chain_hash), hashed
        return placed


def basket(chance: random.Random, ids: SystemIds, receipt: str) -> SaleCompleted:
    """One to MAX_LINES lines, few of the items in most baskets; paid in cash."""
    lines = tuple(
        _line(n, f"SKU{int(SKUS * chance.random() ** 2):07}", chance.randint(1, 3), chance.randint(50, 2_000))
        for n in range(1, chance.randint(1, MAX_LINES) + 1)
    )
    total = sum(line.amount_minor for line in lines)
    taxed = TaxPart("food", 90_000, True, total, sum(line.tax_minor for line in lines))
    return SaleCompleted(
        SaleId(ids.next()), receipt, "EUR", lines, (taxed,), (Tender(TenderKind.CASH, total, total + 50),), total, 50
    )


def _line(n: int, sku: str, pieces: int, unit: int) -> SoldLine:
    return SoldLine(n, Sku(sku), pieces * 1000, unit, unit * pieces, "food", unit * pieces * 9 // 109, book="north@1")


@dataclass
class Chain:
    """One HQ process on one database, and the tills it knows."""

    hq: Hq
    port: int
    url: str
    process: "subprocess.Popen[bytes]"
    tls: ssl.SSLContext
    tills: list[SimulatedTill] = field(default_factory=list)

    def open_stores(self, count: int, prefix: str) -> list[SimulatedTill]:
        """Stores with one till each, and goods on their shelves."""
        key = SigningKey.new()  # HQ cannot know that they share one
        made = [SimulatedTill(f"{prefix}-{n:05}", f"S{prefix}{n:05}", n, key) for n in range(count)]
        masterdata.put_places(
            self.hq, [PlaceRow(one.node.store, "store", one.node.store, "north", "UTC", "EUR") for one in made]
        )
        self.hq.database.write(lambda unit: access.add_nodes(unit, [one.node for one in made]))
        now_s = self.hq.clock.now_ms() // 1000
        for one in made:
            one.token = tokens.bearer(
                one.node.node_id, self.hq.key, AUDIENCE, now_s, self.hq.ids.next(), store=one.node.store,
                role=Role.NODE.value,
            )  # fmt: skip
        self.tills += made
        return made

    def fill_shelves(self, tills: Sequence[SimulatedTill], skus: int = SKUS) -> None:
        """Plenty of every item, so that nothing sold is missing."""
        with psycopg.connect(self.url) as conn:
            conn.execute(
                "INSERT INTO stock (store, sku, sellable) SELECT s, 'SKU' || lpad(n::text, 7, '0'), %s"
                " FROM unnest(%s::text[]) s, generate_series(0, %s) n",
                [PIECES * 1000, [one.node.store for one in tills], skus - 1],
            )

    def push(self, till: SimulatedTill, batches: Sequence[Batch], line: "Line | None" = None) -> int:
        """Push batches one after the other, as one stream does; returns how many sales they held."""
        own = line or Line(self)
        try:
            for header, body, _ in batches:
                own.push(till.token, header, body)
        finally:
            if line is None:
                own.close()
        return sum(sales for _, _, sales in batches)

    def rss_mib(self) -> float:
        return psutil.Process(self.process.pid).memory_info().rss / 2**20

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(ENDS_WITHIN_S)
        finally:
            self.process.kill()
            self.process.wait()
            self.hq.database.close()


class Line:
    """One kept connection to HQ."""

    def __init__(self, chain: Chain) -> None:
        self._conn = http.client.HTTPSConnection(LOOPBACK, chain.port, context=chain.tls, timeout=60)

    def push(self, token: str, header: PushHeader, body: bytes) -> None:
        fields = {
            **header.to_http(), "Content-Type": "application/x-ndjson", "Content-Encoding": "zstd",
            "Authorization": f"Bearer {token}",
        }  # fmt: skip
        self._conn.request("POST", "/v1/push", body, fields)
        answer = self._conn.getresponse()
        said = answer.read()
        if answer.status != 200 or msgspec.json.decode(said)["quarantined"]:
            raise AssertionError(f"{answer.status} {said[:200]!r}")

    def close(self) -> None:
        self._conn.close()


@contextlib.contextmanager
def chain(folder: Path, url: str, program: str = "hq_server.app") -> Iterator[Chain]:
    """HQ made by `init` on an empty database, served by its own program."""
    setup.init(folder, url, [], SystemClock(), SystemIds())
    home = HqHome.of(folder)
    hq = setup.open_hq(home, url, SystemClock(), SystemIds())
    port = free_port()
    with (folder / "serve.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", program, "serve", "--home", str(folder), "--database", url, "--port", str(port)],
            stdout=subprocess.DEVNULL, stderr=log, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    shared_by_the_session(process.pid)
    made = Chain(hq, port, url, process, ssl.create_default_context(cadata=hq.ca_pem))
    try:
        _wait_until_it_answers(made)
        yield made
    finally:
        made.stop()


def push_all(at: Chain, work: Sequence[tuple[SimulatedTill, Sequence[Batch]]], lines: int) -> int:
    """Every stream's batches, `lines` streams at a time; returns how many sales that were."""
    with ThreadPoolExecutor(lines, "till") as pool:
        return sum(pool.map(lambda one: at.push(*one), work))


def _wait_until_it_answers(at: Chain) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        conn = http.client.HTTPSConnection(LOOPBACK, at.port, context=at.tls, timeout=5)
        try:
            conn.request("GET", "/health")
            if conn.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            conn.close()
    raise TimeoutError("HQ did not start")
