"""The feed: a cursor never passes a row that commits later, and stays bounded by live keys."""

import threading

import msgspec
import pytest

from hq_server.service import feed as pages
from hq_server.storage import feed
from hq_server.storage.database import Database, Unit
from hq_server.storage.feed import Change
from retail_core.domain.errors import RuleViolationError
from retail_core.wire.messages import FeedRow
from tests.hq.support import NOON_MS, Shop

WRITERS, ROWS = 4, 25


def publish(database: Database, scope: str, *changes: Change, at_ms: int = NOON_MS) -> int:
    return database.write(lambda unit: feed.publish(unit, scope, changes, at_ms))


def test_no_reader_ever_misses_a_row_of_a_slow_writer(database: Database) -> None:
    seen: set[str] = set()
    done = threading.Event()

    def write(writer: int) -> None:
        for n in range(ROWS):
            publish(database, "catalogue", Change("item", f"{writer}/{n}", {"n": n}), Change("tax", f"{writer}/{n}", 1))

    def read() -> None:
        cursor = 0
        while True:
            finished = done.is_set()
            page = database.read(lambda conn, cursor=cursor: feed.page(conn, "catalogue", cursor, 7))
            seen.update(row.key for row in page.rows)
            cursor = page.rows[-1].rev if page.rows else max(cursor, page.head)
            if finished and not page.rows:
                return

    writers = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
    reader = threading.Thread(target=read)
    for thread in (*writers, reader):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert len(seen) == WRITERS * ROWS
    assert database.read(lambda conn: feed.head_of(conn, "catalogue")) == 2 * WRITERS * ROWS


def test_a_key_has_one_row_however_often_it_changes(database: Database) -> None:
    for n in range(30):
        publish(database, "price:north", Change("price", "THROW", {"price_minor": n}))
    page = database.read(lambda conn: feed.page(conn, "price:north", 0, 100))
    (row,) = page.rows
    assert (row.rev, page.head, bytes(row.doc)) == (30, 30, b'{"price_minor":29}')


def test_the_same_key_twice_in_one_change_is_its_last_state(database: Database) -> None:
    publish(database, "catalogue", Change("item", "A", 1), Change("item", "B", 1), Change("item", "A", None))
    page = database.read(lambda conn: feed.page(conn, "catalogue", 0, 100))
    assert [(row.key, row.op, row.rev) for row in page.rows] == [("B", "put", 2), ("A", "del", 3)]


def test_what_failed_is_not_in_the_feed(database: Database) -> None:
    publish(database, "catalogue", Change("item", "A", 1))

    def fails(unit: Unit) -> None:
        feed.publish(unit, "catalogue", [Change("item", "B", 1)], NOON_MS)
        raise RuleViolationError("product.bad_gtin")

    with pytest.raises(RuleViolationError):
        database.write(fails)
    assert publish(database, "catalogue", Change("item", "C", 1)) == 2


def test_deletions_are_forgotten_and_old_cursors_sent_to_a_snapshot(shop: Shop) -> None:
    hq = shop.hq
    publish(hq.database, "store:S0319", Change("staff", "7", {"name": "Bo"}))
    before = publish(hq.database, "store:S0319", Change("staff", "8", {"name": "Al"}))
    publish(hq.database, "store:S0319", Change("staff", "7", None))
    gone_at = hq.database.read(lambda conn: feed.head_of(conn, "store:S0319"))
    publish(hq.database, "store:S0319", Change("staff", "9", {"name": "Cy"}))
    assert pages.forget_deletions(hq) == 0
    shop.clock.later(pages.KEEP_DELETIONS_MS + 1)
    assert pages.forget_deletions(hq) == 1
    with pytest.raises(RuleViolationError) as old:
        pages.signed_page(hq, "store:S0319", before, 100, {})
    assert old.value.code == "feed.cursor_too_old"
    assert _keys(pages.signed_page(hq, "store:S0319", gone_at, 100, {})) == ["9"]


def test_a_new_machine_gets_everything_page_by_page_however_much_was_forgotten(shop: Shop) -> None:
    hq, scope = shop.hq, "store:S0324"
    for key in ("1", "2", "3", "gone"):
        publish(hq.database, scope, Change("staff", key, {"name": key}))
    publish(hq.database, scope, Change("staff", "gone", None), at_ms=0)
    assert pages.forget_deletions(hq) == 1
    keys, cursor, head = list[str](), 0, 1
    while cursor < head:
        page = pages.signed_page(hq, scope, cursor, 1, {"staff": 1}, fresh=True)
        keys += _keys(page)
        cursor, head = page.head.to_rev, page.head.head
    assert keys == ["1", "2", "3"]
    assert _keys(pages.signed_page(hq, scope, 0, 9, {"staff": 1})) == keys  # with nothing in hand nothing is missed


def _keys(page: pages.SignedPage) -> list[str]:
    return [msgspec.json.decode(line, type=FeedRow).key for line in page.body.splitlines()]


def test_topics_are_told_after_the_commit_only(database: Database) -> None:
    told: list[frozenset[str]] = []
    database.committed = told.append
    publish(database, "catalogue", Change("item", "A", 1))
    assert told == [frozenset({"catalogue"})]
