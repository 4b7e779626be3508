"""Which units known by their tags the store role says are sold, at its own file: whatever came first, and for how long."""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from msgspec.structs import replace

from retail_core.domain.claims import CLAIM_MS
from retail_core.domain.events import SaleCompleted
from retail_core.domain.ids import Sku
from retail_core.domain.tagged import unit_keys
from retail_core.durable.engine import Connection, open_rw, transaction
from retail_core.wire.claim_rounds import MAX_TAKEN_TOLD, UnitsRequest, UnitTold
from sync_agent.storage import units
from sync_agent.storage.store_tables import prepare_store
from tests.hq.support import returned, sale

NOW_MS = 1_800_000_000_000
TAG, OTHER = "3034257BF7194E4000001A85", "3034257BF7194E4000001A86"
MANY = 200


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    path = tmp_path / "store.db"
    opened = open_rw(path, bytes(32))
    prepare_store(opened, path)
    yield opened
    opened.close()


def sold(receipt: str, *epcs: str) -> SaleCompleted:
    made = sale(receipt, *(("SHIRT", 1, 2999) for _ in epcs))
    return replace(made, lines=tuple(replace(line, epc=epc) for line, epc in zip(made.lines, epcs, strict=True)))


def note(conn: Connection, event: SaleCompleted, node: str, at_ms: int = NOW_MS, back: tuple[int, ...] = ()) -> None:
    with transaction(conn):
        units.note(conn, event, node, at_ms, lambda _: back)


def asked(
    conn: Connection, holder: str, *epcs: str, for_ms: int = CLAIM_MS, now_ms: int = NOW_MS
) -> tuple[UnitTold, ...]:
    with transaction(conn):
        return units.claim(conn, holder, UnitsRequest(epcs, for_ms), now_ms).taken


def test_a_unit_is_one_tills_until_it_is_given_back_or_sold_and_then_nobodys(conn: Connection) -> None:
    assert asked(conn, "agent-T1", TAG, OTHER) == ()
    assert asked(conn, "agent-T1", TAG) == ()
    assert asked(conn, "agent-T2", TAG, "free") == (UnitTold(TAG, "agent-T1"),)
    assert asked(conn, "agent-T2", TAG, for_ms=0) == (UnitTold(TAG, "agent-T1"),)  # not its own to give back
    assert asked(conn, "agent-T1", TAG, for_ms=0) == ()
    assert asked(conn, "agent-T2", TAG) == ()
    note(conn, sold("R-1", TAG), "node-T2")
    for till in ("agent-T1", "agent-T2"):
        assert asked(conn, till, TAG) == (UnitTold(TAG, "node-T2", "R-1"),)
    assert asked(conn, "agent-T3", OTHER, now_ms=NOW_MS + CLAIM_MS) == ()


def test_a_unit_that_came_back_is_sold_again_whichever_journal_was_read_first(conn: Connection) -> None:
    note(conn, sold("R-1", OTHER, TAG), "node-T1")
    note(conn, returned("R-2", "R-1", (2, "SHIRT", 1, 2999, "sellable")), "node-T2")
    assert asked(conn, "agent-T2", TAG, OTHER) == (UnitTold(OTHER, "node-T1", "R-1"),)
    note(conn, sold("R-3", TAG), "node-T2", NOW_MS + 2)
    note(conn, sold("R-0", TAG), "node-T1", NOW_MS + 1)  # an older sale that arrives late
    assert asked(conn, "agent-T1", TAG) == (UnitTold(TAG, "node-T2", "R-3"),)
    note(conn, returned("R-4", "R-0", (1, "SHIRT", 1, 2999, "sellable")), "node-T1")
    assert asked(conn, "agent-T1", TAG) == (UnitTold(TAG, "node-T2", "R-3"),)
    note(conn, sold("R-5", "late"), "node-T1", back=(1,))  # the return was read before the sale
    assert asked(conn, "agent-T1", "late") == ()


def test_a_serial_number_without_a_tag_is_one_unit_and_the_same_as_that_of_a_tag(conn: Connection) -> None:
    by_number, by_both = (key(f"{n}12", epc) for n, epc in ((1, None), (2, TAG)))
    typed = sold("R-1", "")
    note(conn, replace(typed, lines=(replace(typed.lines[0], serial="112"),)), "node-T1")
    tagged = sold("R-2", TAG)
    note(conn, replace(tagged, lines=(replace(tagged.lines[0], serial="212"),)), "node-T1")
    assert asked(conn, "agent-T2", *by_number) == (UnitTold(by_number[0], "node-T1", "R-1"),)
    assert [one.receipt for one in asked(conn, "agent-T2", *by_both)] == ["R-2", "R-2"]
    assert [one.receipt for one in asked(conn, "agent-T2", by_both[1])] == ["R-2"]  # scanned, its tag unseen
    note(conn, returned("R-3", "R-2", (1, "SHIRT", 1, 2999, "sellable")), "node-T2")
    assert asked(conn, "agent-T2", *by_both) == ()


def key(serial: str, epc: str | None) -> tuple[str, ...]:
    return unit_keys(Sku("SHIRT"), serial, epc)


def test_what_names_no_unit_is_nobodys(conn: Connection) -> None:
    note(conn, sold("R-1", "", "F" * 200), "node-T1")
    assert conn.execute("SELECT count(*) FROM unit_sold").fetchone() == (0,)


def test_old_and_too_many_units_are_forgotten(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "MAX_UNITS_KEPT", 2)
    note(conn, sold("R-1", "old"), "node-T1", NOW_MS - units.KEEP_UNITS_MS - 1)
    for n in range(3):
        note(conn, sold(f"R-{n}", f"epc-{n}"), "node-T1", NOW_MS - 10 + n)
    with transaction(conn):
        units.tidy(conn, NOW_MS)
    left = conn.execute("SELECT epc FROM unit_sold ORDER BY epc").fetchall()
    assert left == [("epc-1",), ("epc-2",)]


def test_a_basket_of_hundreds_is_decided_at_once_and_tells_of_the_first_that_are_taken(conn: Connection) -> None:
    epcs = [f"{n:024X}" for n in range(MANY)]
    note(conn, sold("R-1", *epcs), "node-T1")
    began = monotonic()
    told = asked(conn, "agent-T2", *epcs)
    assert monotonic() - began < 1.0
    assert len(told) == MAX_TAKEN_TOLD
