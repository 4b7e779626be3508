"""What HQ takes in: journals pushed over HTTPS to its own program on PostgreSQL, beside a bare COPY of the rows they became."""

import gc
import statistics
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path

import psycopg

from hq_server.storage.database import open_postgres
from tests.perf.chain import Batch, Chain, SimulatedTill, chain, push_all
from tests.perf.measure import Result, timed
from tests.support.postgres import SETTINGS, Server, running_server

DURABLE = {
    name: value for name, value in SETTINGS.items()
    if name not in {"fsync", "synchronous_commit", "full_page_writes", "autovacuum"}
} | {"shared_buffers": "256MB", "max_wal_size": "4GB"}  # fmt: skip
"""Whatever is acknowledged here survives a power cut; a checkpoint in the middle would hit one of both by chance."""
STORES, LINES = 4, 4
ROUNDS, BATCHES, BATCH = 10, 5, 500
FLAT = 1.1
NO_BALANCES = "tests.perf.hq_without_balances"
NODES, PUSHES, SALES_A_PUSH, TURNS = (1, 50, 500, 5_000), 100, 10, 5
OF_ROUND = "store IN (SELECT unnest(%(stores)s::text[])) AND {} BETWEEN %(first)s AND %(last)s"
SEQ, RECEIPT = OF_ROUND.format("seq"), OF_ROUND.format("right(receipt, 6)::int")
OF_SALE = f"(store, sale_id) IN (SELECT store, sale_id FROM sale WHERE {RECEIPT})"
WRITTEN = {
    "event": SEQ, "stream_entry": SEQ, "sale": RECEIPT, "sale_line": OF_SALE, "tender": OF_SALE, "receipt_event": RECEIPT,
    "stock_move": SEQ,
}  # fmt: skip
"""Every table a sale leaves rows in, and which of them a round left."""
Work = Sequence[tuple[SimulatedTill, Sequence[Batch]]]


def ingest(folder: Path) -> Iterator[Result]:
    """100,000 sales pushed to HQ over HTTPS, PostgreSQL, against a binary COPY of the same rows into the same tables."""
    with running_server(DURABLE) as server:
        whole, bare = _database(server, "whole"), _database(server, "bare")
        without = _database(server, "without")
        open_postgres(bare).close()
        with (
            chain(folder / "row9", whole) as hq,
            chain(folder / "row9-without", without, NO_BALANCES) as other,
            psycopg.connect(bare) as limit,
        ):
            yield from _figures(hq, other, limit)


def _figures(hq: Chain, other: Chain, limit: psycopg.Connection) -> Iterator[Result]:
    sales = STORES * BATCHES * BATCH
    tills, others = hq.open_stores(STORES, "A"), other.open_stores(STORES, "A")
    hq.fill_shelves(tills)
    rates: dict[str, list[float]] = {"first": [], "again": [], "copy": []}
    bare_shares: list[float] = []
    memory: list[float] = []
    for round_ in range(ROUNDS):
        work = _work(tills)
        gc.collect()
        rates["first"].append(sales / timed(lambda work=work: push_all(hq, work, LINES)))
        rows = _rows_of(hq.url, work)
        rates["copy"].append(sales / timed(lambda rows=rows: _copy(limit, rows)))
        if round_ % 2:
            theirs = _work(others)
            bare_shares.append(sales / timed(lambda work=theirs: push_all(other, work, LINES)) / rates["copy"][-1])
        rates["again"].append(sales / timed(lambda work=work: push_all(hq, work, LINES)))
        memory.append(hq.rss_mib())
    middle = {name: statistics.median(found) for name, found in rates.items()}
    share, again = (
        statistics.median(a / b for a, b in zip(rates[mine], rates[reference], strict=True))
        for mine, reference in (("first", "copy"), ("again", "first"))
    )
    bare_share = statistics.median(bare_shares)
    lost = sales * ROUNDS - _count(hq.url)
    yield Result("9", f"HQ takes in {sales * ROUNDS:,} sales of {STORES} stores, stock balances kept", middle["first"],
                 "sales/s", "≥ 35 % of a bare COPY", share >= 0.35, middle["copy"], share)  # fmt: skip
    yield Result("9", "the same without balances", bare_share * middle["copy"], "sales/s", "≥ 50 % of a bare COPY",
                 bare_share >= 0.5, middle["copy"], bare_share)  # fmt: skip
    yield Result("9", "the same batches once more", middle["again"], "sales/s", "≥ 1.5 × the first time", again >= 1.5,
                 middle["first"], again)  # fmt: skip
    yield Result("9", "of them missing or doubled", abs(lost), "sales", "0", lost == 0)
    grown = max(memory[ROUNDS // 2 :]) / memory[0]
    yield Result("9", "HQ's memory at the end", memory[-1], "MiB", f"≤ {FLAT} × after the first tenth", grown <= FLAT,
                 memory[0], grown)  # fmt: skip


def of_stores(folder: Path) -> Iterator[Result]:
    """How fast HQ takes small batches in when one node pushes them, and when five thousand do, each on a line of its own."""
    with running_server(DURABLE) as server, chain(folder / "stores", _database(server, "stores")) as hq:
        tills = hq.open_stores(max(NODES), "G")
        found: dict[int, list[float]] = {nodes: [] for nodes in NODES}
        for round_ in range(TURNS):
            for nodes in NODES:
                pushes = max(PUSHES, nodes // TURNS)
                first = round_ * pushes % nodes  # after all turns each node has pushed
                work = _shared_out(list(islice(cycle(tills[:nodes]), first, first + pushes)))
                sales = pushes * SALES_A_PUSH
                found[nodes].append(sales / timed(lambda work=work: push_all(hq, work, LINES)))
        one = statistics.median(found[1])
        for nodes, rates in found.items():
            ratio = statistics.median(mine / first for mine, first in zip(rates, found[1], strict=True))
            yield Result("growth", f"HQ takes in {SALES_A_PUSH} sales a push, {nodes:,} nodes", statistics.median(rates),
                         "sales/s", "≥ 0.7 × that of one", ratio >= 0.7, one, ratio)  # fmt: skip


def _shared_out(pushing: Sequence[SimulatedTill]) -> Work:
    batches: dict[str, tuple[SimulatedTill, list[Batch]]] = {}
    for till in pushing:
        batches.setdefault(till.node.node_id, (till, []))[1].append(till.sell(SALES_A_PUSH))
    return list(batches.values())


def _work(tills: Sequence[SimulatedTill]) -> Work:
    return [(till, [till.sell(BATCH) for _ in range(BATCHES)]) for till in tills]


def _rows_of(url: str, work: Work) -> Mapping[str, bytes]:
    """The rows a round left in HQ's tables, as a binary COPY wants them."""
    first = work[0][1][0][0].from_seq + 1
    of = {"stores": [till.node.store for till, _ in work], "first": first, "last": first + BATCHES * BATCH - 1}
    found: dict[str, bytes] = {}
    with psycopg.connect(url) as conn, conn.cursor() as cursor:
        for table, where in WRITTEN.items():
            asked = psycopg.ClientCursor(conn).mogrify(f"SELECT * FROM {table} WHERE {where}".encode(), of)
            with cursor.copy(f"COPY ({asked}) TO STDOUT (FORMAT BINARY)".encode()) as copy:
                found[table] = b"".join(bytes(part) for part in copy)
    return found


def _copy(conn: psycopg.Connection, rows: Mapping[str, bytes]) -> None:
    """One transaction, nothing checked, nothing computed: what no ingest can be faster than on one connection."""
    with conn.transaction(), conn.cursor() as cursor:
        for table, data in rows.items():
            with cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)".encode()) as copy:
                copy.write(data)


def _count(url: str) -> int:
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT count(*), count(DISTINCT receipt) FROM sale").fetchone()
    assert row is not None
    assert row[0] == row[1], "sales are doubled"
    return int(row[0])


def _database(server: Server, name: str) -> str:
    with server.admin() as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
    return server.url(name)
