"""A person who is erased at HQ is gone from every file of every machine that knew them, and every fact and chain stays."""

from collections.abc import Iterator
from pathlib import Path

from retail_core.domain.customers import Person, Purpose
from retail_core.durable import link
from retail_core.durable.engine import open_ro
from retail_core.durable.keyring import Keyring
from retail_core.durable.verify import verify_file
from retail_core.wire.batch import expand
from tests.agent.support import agent, until
from tests.agent.test_with_hq import hq_has_all, stocked
from tests.agent.town import Hq, enrolled, line_to
from tests.support.shop import ITEMS, AtTill, Shop, at_till

CANARIES = (b"Xanthippe", b"xanthippe", b"quorn", b"Quorn", b"4433221", b"1223344")
"""Name and its keys, e-mail, and the phone also as it is searched, from its end."""


def told(value: object) -> bytes:
    """A column as whoever has the key would read it."""
    data = value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else b""
    if data.startswith(b"\x28\xb5\x2f\xfd"):  # a compressed page
        data += expand([data])
    return data


def columns(file: Path, keys: Keyring) -> Iterator[tuple[str, bytes]]:
    conn = open_ro(file, keys.file_key(file.name))
    try:
        tables = [row[0] for row in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            for row in conn.execute(f'SELECT * FROM "{table}"'):
                yield from ((f"{file.name}: {table}", told(value)) for value in row)
    finally:
        conn.close()


def traces(folder: Path, keys: Keyring) -> set[str]:
    """Where anything of the person is: tables of keyed files, and every other file as it lies there."""
    found: set[str] = set()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        raw = file.read_bytes()
        if any(canary in raw for canary in CANARIES):
            found.add(file.name)
        if file.suffix == ".db":
            found |= {where for where, data in columns(file, keys) if any(canary in data for canary in CANARIES)}
    return found


def near(shop: Shop) -> bool:
    """True once another machine of the store answers this one."""
    conn = open_ro(shop.home.link_db, shop.home.keys.file_key("link.db"))
    try:
        return bool(link.read_status(conn).store_peer)
    finally:
        conn.close()


def make(at: AtTill) -> str:
    said = {Purpose.LOYALTY: True, Purpose.MARKETING: True}
    person = Person("Xanthippe Quorn", "0151 4433221", "xq@quorn.example")
    operator = at.sign_in().till.selling.operator
    made = at.done(lambda done, failed: at.till.customers.make(operator, person, said, done, failed))
    at.scan(ITEMS[0].code)
    at.till.shopping.attach(made)
    at.pay_cash(1000)
    return made.customer_id


def test_who_is_erased_is_gone_from_head_office_tills_and_copies(hq: Hq, store: str, folder: Path) -> None:
    with line_to(hq) as line:
        first = enrolled(hq, folder / "T1", store, "T1", url=line.url, store_role=True)
        second = enrolled(hq, folder / "T2", store, "T2", url=line.url)

        def here(shop: Shop) -> set[str]:
            return traces(shop.home.folder, shop.home.keys)

        with agent(first.home), agent(second.home), at_till(second) as at:
            stocked(first)
            stocked(second)
            until(lambda: near(second), why="the other machine of the store answers")
            line.cut()
            customer_id = make(at)
            until(lambda: "store.db: private" in here(first), why="the store has a copy of what the till wrote")
            line.restore()
            until(lambda: hq_has_all(second.home, second.config.till_node), why="HQ has the sale")
            until(lambda: "link.db: customer" in here(first) & here(second), why="both tills know them")
            assert traces(hq.home.folder, hq.home.keys)
            hq.ask("POST", f"/api/customers/{customer_id}/erase")
            at.hand.until(lambda: not here(second), wait_s=20)
            until(lambda: not here(first), why="the copy and the kept pages are gone")
            assert at.till.customers.get(customer_id) is None
    assert traces(hq.home.folder, hq.home.keys) == set()
    public = {second.config.till_node: second.home.keys.signing_key("till").public_text}
    assert verify_file(second.home.till_db, second.home.keys.file_key("till.db"), public).erased == 1
