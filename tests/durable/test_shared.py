"""What the store role tells lies in link.db: newest rows, where they came from, and answers to claims."""

from pathlib import Path

import msgspec
import pytest

from retail_core.domain.claims import Granted, NobodyAnswered, Refused
from retail_core.durable import link, shared
from retail_core.durable.engine import Connection, open_rw, transaction
from retail_core.wire.messages import ClaimReply, SharedPage, SharedRow


@pytest.fixture
def conn(tmp_path: Path) -> Connection:
    path = tmp_path / "link.db"
    opened = open_rw(path, bytes(32))
    link.prepare_link(opened, path)
    return opened


def row(key: str, rev: int, doc: object, kind: str = "basket") -> SharedRow:
    return SharedRow(kind, key, rev, msgspec.Raw(msgspec.json.encode(doc)))


def basket(sale_id: str, put_ms: int) -> dict[str, object]:
    return {"sale_id": sale_id, "put_ms": put_ms}


def take(conn: Connection, page: SharedPage) -> None:
    with transaction(conn):
        shared.put_page(conn, page)


def test_rows_come_go_and_are_replaced_when_another_machine_tells(conn: Connection) -> None:
    assert shared.shared_cursor(conn) == ("", 0)
    take(conn, SharedPage("m1", 2, (row("b", 1, basket("b", 9)), row("a", 2, basket("a", 10))), whole=True))
    assert [one.sale_id for one in shared.shared_baskets(conn)] == ["b", "a"]
    assert shared.shared_cursor(conn) == ("m1", 2)
    take(conn, SharedPage("m1", 3, (row("b", 3, None),)))
    assert [one.sale_id for one in shared.shared_baskets(conn)] == ["a"]
    take(conn, SharedPage("m2", 1, (row("c", 1, basket("c", 1)),), whole=True))
    assert [one.sale_id for one in shared.shared_baskets(conn)] == ["c"]
    conn.close()


def test_news_ahead_of_its_page_never_takes_the_place_of_newer_rows(conn: Connection) -> None:
    take(conn, SharedPage("m1", 5, (row("a", 5, basket("a", 5)),), whole=True))

    def hear(source: str, rev: int) -> list[int]:
        with transaction(conn):
            shared.put_news(conn, SharedPage(source, 9, (row("a", rev, basket("a", rev)),)))
        return [one.put_ms for one in shared.shared_baskets(conn)]

    assert hear("m1", 4) == [5]
    assert hear("m1", 7) == [7]
    assert shared.shared_cursor(conn) == ("m1", 5)  # what lies between is still to be read
    assert hear("m2", 1) == [1]
    assert shared.shared_cursor(conn) == (shared.MIXED, 0)  # nobody's place: whoever tells next tells everything
    conn.close()


def test_an_order_is_found_by_its_id(conn: Connection) -> None:
    order = {
        "order_id": "O-1", "number": "W-1", "store": "S1", "channel": "web", "state": "ready", "order_v": 5,
        "owner": "store", "currency": "EUR", "lines": [],
    }  # fmt: skip
    take(conn, SharedPage("m1", 1, (row("O-1", 1, order, "order"),), whole=True))
    found = shared.shared_order(conn, "O-1")
    assert found
    assert [found] == shared.shared_orders(conn)
    assert shared.shared_order(conn, "O-2") is None
    conn.close()


def test_an_answer_is_one_of_three_and_old_ones_go(conn: Connection) -> None:
    with transaction(conn):
        shared.put_claim_answer(conn, "1", ClaimReply(granted=True, holder="a1", for_ms=500), 1_000)
        shared.put_claim_answer(conn, "2", ClaimReply(granted=False, holder="a2"), 1_000)
        shared.put_claim_answer(conn, "3", None, 1_000)
    found = shared.claim_answers(conn, ("1", "2", "3", "4"))
    assert found == {"1": Granted(1_500), "2": Refused("a2"), "3": NobodyAnswered()}
    with transaction(conn):
        shared.put_claim_answer(conn, "5", None, 1_001 + shared.KEEP_ANSWERS_MS)
    assert shared.claim_answers(conn, ["1"]) == {}
    conn.close()
