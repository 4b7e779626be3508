"""What till and agent say to each other about lost machines and at a start lies in their files, each written by one of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from retail_core.durable import link, recovery, start
from retail_core.durable.engine import Connection, open_rw, transaction
from retail_core.durable.recovery import LostDoc, SalvageAct, SalvageAsk, SalvageDoc, SalvageStage
from retail_core.durable.start import SeenHead, StartAnswer, StartAsk
from retail_core.wire.envelope import Head

KEY = b"k" * 32


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Connection]:
    conn = open_rw(tmp_path / "till.db", KEY)
    assert recovery.salvage_asks(conn, 0) == []  # an older program's file
    assert start.start_ask(conn) is None
    with transaction(conn):
        for statement in (*recovery.SALVAGE_ASK_STEP, *start.START_ASK_STEP):
            conn.execute(statement)
    yield conn
    conn.close()


@pytest.fixture
def brought(tmp_path: Path) -> Iterator[Connection]:
    conn = open_rw(tmp_path / "link.db", KEY)
    link.prepare_link(conn, tmp_path / "link.db")
    yield conn
    conn.close()


def test_what_the_till_asks_is_read_in_its_order_and_forgotten_when_it_is_old(till: Connection) -> None:
    old = SalvageAsk("a", SalvageAct.LOOK, "", 1_000)
    new = SalvageAsk("b", SalvageAct.READ, "x" * 900, 1_001 + recovery.KEEP_ASKS_MS)
    with transaction(till):
        recovery.put_salvage_ask(till, old)
        assert recovery.salvage_asks(till, 0) == [old]
        recovery.put_salvage_ask(till, new)
    (kept,) = recovery.salvage_asks(till, 0)
    assert (kept.ask_id, kept.what, len(kept.folder)) == ("b", SalvageAct.READ, recovery.MAX_FOLDER_CHARS)
    assert recovery.salvage_asks(till, new.at_ms) == []


def test_the_newest_word_about_a_disk_stands(brought: Connection) -> None:
    assert recovery.read_salvage(brought) is None
    assert recovery.read_lost(brought) is None
    doc, lost = SalvageDoc("a", "/media/x", SalvageStage.COPYING), LostDoc("q", None)
    with transaction(brought):
        recovery.put_salvage(brought, doc)
        recovery.put_salvage(brought, SalvageDoc("a", "/media/x", SalvageStage.READY, lacking=3))
        recovery.put_lost(brought, lost)
    found = recovery.read_salvage(brought)
    assert found is not None
    assert (found.stage, found.stage.working, found.lacking) == (SalvageStage.READY, False, 3)
    assert doc.stage.working
    assert recovery.read_lost(brought) == lost


def test_a_start_has_one_question_and_only_its_own_answer(till: Connection, brought: Connection) -> None:
    ask = StartAsk("a2", "epoch-1", 5)
    with transaction(till):
        start.put_start_ask(till, StartAsk("a1", "epoch-1", 4))
        start.put_start_ask(till, ask)
    assert start.start_ask(till) == ask
    answer = StartAnswer("a2", (SeenHead(7, "ab" * 32),))
    assert start.start_answer(brought, "a2") is None
    with transaction(brought):
        start.put_start_answer(brought, answer)
    assert start.start_answer(brought, "a1") is None
    assert start.start_answer(brought, "a2") == answer
    assert answer.seen[0].head == Head(7, bytes.fromhex("ab" * 32))
