"""Customers of the store in link.db: found by what a cashier has in hand, gone when they are erased."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from retail_core.domain.customers import Customer, wanted
from retail_core.domain.ids import CustomerId
from retail_core.durable import customers, link
from retail_core.durable.engine import Connection, open_rw, transaction
from retail_core.wire.messages import FeedRow
from tests.durable.till_file import DATABASE_KEY

MARIA = Customer(CustomerId("c-1"), "María López", "+34600111222", "maria@example.org", ("2600001",), "gold", 120)
MARIO = Customer(CustomerId("c-2"), "Mario Lopresti", "+39333444555")
ANA = Customer(CustomerId("c-3"), "Ana María Gómez López", cards=("A7",))
MANY = 100_000
MOST_STEPS = 500_000
"""Of SQLite's machine: about a third of a frame of one slow core. Steps, because they are the same on every machine."""


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    path = tmp_path / "link.db"
    with closing(open_rw(path, DATABASE_KEY)) as opened:
        link.prepare_link(opened, path)
        bring(opened, MARIA, MARIO, ANA)
        yield opened


def bring(conn: Connection, *known: Customer) -> None:
    with transaction(conn):
        for one in known:
            row = FeedRow(1, "customer", one.customer_id, "put", 1, msgspec.Raw(msgspec.json.encode(one)))
            link.apply_store_row(conn, row, b"")


def take_away(conn: Connection, customer_id: str) -> None:
    with transaction(conn):
        link.apply_store_row(conn, FeedRow(2, "customer", customer_id, "del", 1, msgspec.Raw(b"null")), b"")


def found(conn: Connection, text: str, limit: int = 20) -> list[str]:
    return [one.customer_id for one in customers.find_customers(conn, wanted(text), limit)]


@pytest.mark.parametrize(
    ("typed", "who"),
    [
        ("2600001", ["c-1"]),
        ("OTL:2600001", ["c-1"]),
        ("222", ["c-1"]),
        ("444 555", ["c-2"]),
        ("MARIA@", ["c-1"]),
        ("mari", ["c-3", "c-1", "c-2"]),
        ("lopez maria", ["c-1", "c-3"]),
        ("lop ma", ["c-2", "c-1", "c-3"]),
        ("ana lopez", ["c-3"]),
        ("lop xyz", []),
        ("nobody", []),
        ("", []),
    ],
)
def test_a_customer_is_found_by_card_phone_mail_and_any_word_of_the_name(
    conn: Connection, typed: str, who: list[str]
) -> None:
    got = found(conn, typed)
    assert (set(got), len(got)) == (set(who), len(who))


def test_the_first_page_is_enough(conn: Connection) -> None:
    assert len(found(conn, "m", limit=2)) == 2


def test_a_card_names_its_customer(conn: Connection) -> None:
    assert customers.customer_of_card(conn, " otl:2600001") == MARIA
    assert customers.customer_of_card(conn, "2600002") is None
    assert customers.read_customer(conn, "c-2") == MARIO


def test_what_changed_is_found_by_its_new_details_alone(conn: Connection) -> None:
    bring(conn, msgspec.structs.replace(MARIA, name="María Ruiz", cards=("2600009",)))
    assert (found(conn, "2600001"), found(conn, "2600009"), found(conn, "ruiz")) == ([], ["c-1"], ["c-1"])
    assert found(conn, "maría lópez") == ["c-3"]


def test_who_was_erased_leaves_nothing_but_a_number(conn: Connection) -> None:
    take_away(conn, "c-1")
    take_away(conn, "c-1")
    assert (customers.read_customer(conn, "c-1"), found(conn, "222")) == (None, [])
    assert customers.gone(conn) == {"c-1"}
    kept = conn.execute("SELECT count(*) FROM customer_key WHERE customer_id = 'c-1'").fetchone()
    assert kept == (0,)


def test_a_hundred_thousand_customers_are_searched_as_fast_as_ten(conn: Connection) -> None:
    words = [f"{a}{b}{c}" for a in "bdfgk" for b in "aeiou" for c in ("nik", "sen", "mar", "lo")]
    with transaction(conn):
        rows = ((f"n{words[n % 100]} {words[n // 100 % 100]} {n}", f"x-{n}") for n in range(MANY))
        conn.executemany("INSERT INTO customer_key (key, customer_id) VALUES (?,?)", rows)
        phones = ((f"p{n * 7919 % MANY:05d}", f"x-{n}") for n in range(MANY))
        conn.executemany("INSERT INTO customer_key (key, customer_id) VALUES (?,?)", phones)
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1_000
        return 0

    for text in ("b", "banik", "ba de", "bo xx", "2600001", "123", "fasen gumar"):
        steps = 0
        conn.set_progress_handler(step, 1_000)
        found(conn, text)
        conn.set_progress_handler(None, 0)
        assert steps < MOST_STEPS, text
