"""What a batch costs HQ's database, counted in statements: as many for five hundred sales as for five."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, Pool, event
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from hq_server.service.ingest import take
from hq_server.storage.bulk import MAX_IN
from retail_core.wire.messages import PushAnswer
from tests.hq.support import STORE, Machine, Shop, enrolled, put_stock, sale

SENT = re.compile(rb"\tF\t\d+\t(Query|Execute)\b")
PREPARED = re.compile(rb"\tF\t(\d+)\tParse\b")
FEW, MANY = 5, 200
MOST = 30
LONGEST_BYTES = 3_000


@contextmanager
def statements(shop: Shop, tmp_path: Path) -> Iterator[list[int]]:
    """How many statements were sent: PostgreSQL's as its client library saw them leave, SQLite's as SQLAlchemy did. Behind it,
    how long the longest was that PostgreSQL had to read and plan.
    """
    found: list[int] = [0, 0]
    trace = (tmp_path / "trace").open("w+b")
    traced: list[object] = []

    def count(*_: object) -> None:
        found[0] += 1

    def follow(driver: object, _entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
        driver.pgconn.trace(trace.fileno())  # type: ignore[attr-defined] # psycopg's
        traced.append(driver)

    postgres = shop.hq.database.postgres
    watched, name, watch = (Pool, "checkout", follow) if postgres else (Engine, "before_cursor_execute", count)
    event.listen(watched, name, watch)
    try:
        yield found
    finally:
        event.remove(watched, name, watch)
        for driver in traced:
            driver.pgconn.untrace()  # type: ignore[attr-defined] # psycopg's
        if postgres:
            trace.seek(0)
            seen = trace.read()
            found[:] = len(SENT.findall(seen)), max(map(int, PREPARED.findall(seen)), default=0)
        trace.close()


def cost(shop: Shop, till: Machine, sales: int, tmp_path: Path) -> tuple[int, int]:
    after = till.head.seq
    till.says(*(sale(f"R{after + n:06}", ("THROW", 1, 2999), ("LAMP", 2, 4950)) for n in range(sales)))
    header, body = till.batch(after)
    with statements(shop, tmp_path) as sent:
        taken = take(shop.hq, shop.contacts, till.node, header, body)
    assert isinstance(taken.answer, PushAnswer)
    assert taken.new == sales
    return sent[0], sent[1]


def test_more_sales_in_a_batch_are_not_more_statements(shop: Shop, tmp_path: Path) -> None:
    put_stock(shop.hq, STORE, THROW=9_000, LAMP=9_000)
    till = enrolled(shop.hq, "till-1")
    cost(shop, till, FEW, tmp_path)  # what is done once per connection
    few, _ = cost(shop, till, FEW, tmp_path)
    many, longest = cost(shop, till, MANY, tmp_path)
    assert 5 < many <= few <= MOST
    assert longest < LONGEST_BYTES, "a statement that is as long as the batch"


def test_a_repeated_batch_costs_a_handful(shop: Shop, tmp_path: Path) -> None:
    till = enrolled(shop.hq, "till-1").says(*(sale(f"R{n:06}", ("THROW", 1, 2999)) for n in range(MANY)))
    take(shop.hq, shop.contacts, till.node, *till.batch())
    header, body = till.batch()
    with statements(shop, tmp_path) as sent:
        again = take(shop.hq, shop.contacts, till.node, header, body)
    assert (again.new, again.repeated) == (0, MANY)
    assert sent[0] <= MOST // 2


@pytest.mark.parametrize("again", [1, MANY])
def test_what_was_published_again_costs_no_statement_each(shop: Shop, tmp_path: Path, again: int) -> None:
    """A till put back from a copy sends what HQ has once more, under its new epoch, with a few new sales behind it."""
    put_stock(shop.hq, STORE, THROW=9_000)
    till = enrolled(shop.hq, "till-1").says(*(sale(f"R{n:06}", ("THROW", 1, 2999)) for n in range(MANY)))
    take(shop.hq, shop.contacts, till.node, *till.batch())
    fresh = Machine(till.node, till.key, epoch="epoch-2")
    for placed in till.entries[:again]:
        entry = placed.entry
        fresh.says_raw(entry.type, entry.v, entry.body, id_=entry.id)
    fresh.says(*(sale(f"Q{n:06}", ("THROW", 1, 2999)) for n in range(FEW)))
    with statements(shop, tmp_path) as sent:
        taken = take(shop.hq, shop.contacts, fresh.node, *fresh.batch())
    assert (taken.new, taken.repeated) == (FEW, again)
    assert sent[0] <= 2 * MOST + MANY // MAX_IN
