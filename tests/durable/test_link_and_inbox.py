"""What the agent keeps: the till's view of the store (link.db) and the copies of other machines' streams."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from retail_core.domain.errors import EnvironmentFault
from retail_core.domain.fulfilment import OrderDoc, Owner, State
from retail_core.domain.goods import Markdown, Recall
from retail_core.domain.ids import OperatorId, OrderId, Sku, StoreId
from retail_core.domain.roles import Role
from retail_core.durable import link
from retail_core.durable.engine import Connection, open_ro, open_rw, sqlite, transaction
from retail_core.durable.inbox import (
    INBOX_TABLES,
    append_received,
    begin_stream,
    hq_head,
    inbox_head,
    inbox_streams,
    note_hq,
)
from retail_core.durable.journal import JOURNAL_TABLES, entries_after
from retail_core.durable.migrate import ensure_schema
from retail_core.durable.reference import cursor_of
from retail_core.durable.segments import SEGMENT_STEP
from retail_core.trust.pins import keyed_verifier, pin_hash, pin_matches
from retail_core.wire.envelope import Head, StreamEntry, StreamId, entry_hash, place
from retail_core.wire.messages import FeedRow
from tests.durable.till_file import DATABASE_KEY, NODE, till_file

SECRET, SALT = bytes(range(32)), bytes(16)
STREAM = StreamId(NODE, "epoch-1")


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    path = tmp_path / "link.db"
    with closing(open_rw(path, DATABASE_KEY)) as opened:
        link.prepare_link(opened, path)
        yield opened


def put(kind: str, key: str, doc: object, op: str = "put") -> FeedRow:
    return FeedRow(1, kind, key, op, 1, msgspec.Raw(msgspec.json.encode(doc)))


def apply(conn: Connection, *rows: FeedRow) -> list[bool]:
    with transaction(conn):
        return [link.apply_store_row(conn, row, SECRET) for row in rows]


def order(order_id: str, number: str, state: State = State.ACCEPTED) -> OrderDoc:
    return OrderDoc(OrderId(order_id), number, StoreId("S0319"), "web", state, 3, Owner.STORE, "EUR", ())


# ── link.db ──────────────────────────────────────────────────────────────────────────────────────


def test_the_stores_orders_come_and_go(conn: Connection) -> None:
    apply(conn, put("order", "O-2", order("O-2", "W-2")), put("order", "O-1", order("O-1", "W-1")))
    assert [known.number for known in link.read_orders(conn)] == ["W-1", "W-2"]
    apply(conn, put("order", "O-1", order("O-1", "W-1", State.READY)))
    assert link.read_order(conn, "O-1") == order("O-1", "W-1", State.READY)
    apply(conn, put("order", "O-1", None, "del"), put("order", "O-1", None, "del"))
    assert link.read_order(conn, "O-1") is None
    assert len(link.read_orders(conn)) == 1


def test_staff_are_kept_with_a_pin_that_only_fits_this_machine(conn: Connection) -> None:
    hashed = pin_hash("1234", SALT)
    ana = link.StaffDoc(OperatorId("op-1"), "Ana M.", Role.CASHIER, SALT.hex(), hashed.hex(), lang="pt")
    gone = msgspec.structs.replace(ana, operator_id=OperatorId("op-2"), active=False)
    apply(conn, put("staff", "op-1", ana), put("staff", "op-2", gone))
    (kept,) = link.read_staff(conn)
    assert (kept.operator_id, kept.name, kept.role, kept.lang) == ("op-1", "Ana M.", Role.CASHIER, "pt")
    assert pin_matches(SECRET, kept.verifier, kept.pin_salt, "1234")
    assert kept.verifier == keyed_verifier(SECRET, hashed) != hashed
    apply(conn, put("staff", "op-1", None, "del"))
    assert link.read_staff(conn) == []


def test_settings_keys_and_neighbours_are_documents(conn: Connection) -> None:
    assert link.read_settings(conn) is None
    settings = link.SettingsDoc("S0319", "Store 319", "EUR", "north", "Europe/Berlin")
    keys = [link.QuickKeyDoc(page, pos, "1001", "Milk") for page, pos in (("B", 1), ("A", 10), ("A", 2))]
    node = link.NodeDoc("agent-T2", "T2", "agent", "key", revoked=True)
    apply(
        conn, put("settings", "store", settings), put("node", "agent-T2", node),
        *(put("quick_key", f"{key.page}/{key.pos}", key) for key in keys),
    )  # fmt: skip
    assert link.read_settings(conn) == settings
    assert [(key.page, key.pos) for key in link.read_quick_keys(conn)] == [("A", 2), ("A", 10), ("B", 1)]
    assert link.read_nodes(conn) == [node]
    apply(conn, put("node", "agent-T2", None, "del"))
    assert link.read_nodes(conn) == []


def test_a_kind_of_tomorrow_is_left_alone(conn: Connection) -> None:
    assert apply(conn, put("hologram", "1", {}), put("settings", "store", {})) == [False, True]
    assert set(link.STORE_KINDS) == {
        "order",
        "often_with",
        "bought",
        "staff",
        "customer",
        "settings",
        "quick_key",
        "node",
        "recall",
        "goods_rules",
        "instrument",
        "promotion",
        "department",
        "store_role",
    }


def test_recalls_and_rules_are_told_anew_only_when_they_change(conn: Connection) -> None:
    glass, all_of_it = Recall("R-1", Sku("1001"), "Glass", ("L1",)), Recall("R-2", Sku("1002"), "All of it")
    rules = link.GoodsRulesDoc(markdowns=(Markdown("Soon", 2, 300_000),))
    none = link.read_goods_rules(conn, link.GoodsRules())
    apply(conn, put("recall", "R-1", glass), put("recall", "R-2", all_of_it), put("goods_rules", "store", rules))
    known = link.read_goods_rules(conn, none)
    assert (known.recalls, known.rules, known.unread) == ((glass, all_of_it), rules, 0)
    assert link.read_goods_rules(conn, known) is known
    apply(conn, put("recall", "R-1", None, "del"))
    assert link.read_goods_rules(conn, known).recalls == (all_of_it,)


def test_a_recall_that_cannot_be_read_takes_no_place_and_hides_no_other(conn: Connection) -> None:
    glass = Recall("R-1", Sku("1001"), "Glass")
    apply(conn, put("recall", "R-1", glass))
    with pytest.raises(msgspec.ValidationError):
        apply(conn, put("recall", "R-1", {"number": 5}))
    with transaction(conn):
        link.put_document(conn, "recall", "R-0", b"not even text \xff")
        link.put_document(conn, "goods_rules", "store", b'{"markdowns":7}')
    known = link.read_goods_rules(conn, link.GoodsRules())
    assert (known.recalls, known.rules, known.unread) == ((glass,), link.GoodsRulesDoc(), 2)


def test_how_far_each_hop_has_a_stream(conn: Connection) -> None:
    assert link.peer_head(conn, link.HQ_PEER, STREAM) == Head()
    with transaction(conn):
        link.note_peer(conn, link.HQ_PEER, STREAM, Head(7, b"\1" * 32), 1)
        link.note_peer(conn, link.STORE_PEER, STREAM, Head(9, b"\2" * 32), 1)
        link.note_peer(conn, link.HQ_PEER, STREAM, Head(8, b"\3" * 32), 2)
    assert link.peer_head(conn, link.HQ_PEER, STREAM) == Head(8, b"\3" * 32)
    assert link.peer_head(conn, link.STORE_PEER, STREAM).seq == 9
    assert link.peer_head(conn, link.HQ_PEER, StreamId(NODE, "epoch-2")) == Head()


def test_a_fork_is_told_once_per_epoch(conn: Connection) -> None:
    assert not link.forked(conn, "epoch-1")
    with transaction(conn):
        link.note_fork(conn, "epoch-1", "first", 1)
        link.note_fork(conn, "epoch-1", "again", 2)
    assert link.forked(conn, "epoch-1")
    assert not link.forked(conn, "epoch-2")
    assert conn.execute("SELECT detail FROM notice").fetchall() == [("first",)]


def test_the_lamp_the_reference_file_and_the_cursor(conn: Connection) -> None:
    assert link.read_status(conn) == link.LinkStatusDoc()
    assert link.reference_name(conn) is None
    with transaction(conn):
        link.put_status(conn, link.LinkStatusDoc(hq_contact_ms=7, error="hq.unreachable"))
        link.name_reference(conn, "ref-1.db")
        link.name_reference(conn, "ref-2.db")
        link.set_store_cursor(conn, "store:S0319", 4, "g1")
    assert link.read_status(conn) == link.LinkStatusDoc(hq_contact_ms=7, error="hq.unreachable")
    assert link.reference_name(conn) == "ref-2.db"
    assert cursor_of(conn, "store:S0319") == (4, "g1")


def test_a_till_that_is_older_than_its_agent_says_so(tmp_path: Path, conn: Connection) -> None:
    path = tmp_path / "link.db"
    with closing(open_ro(path, DATABASE_KEY)) as reader:
        link.check_link(reader, path)
    conn.execute("PRAGMA user_version = 9")
    with closing(open_ro(path, DATABASE_KEY)) as reader, pytest.raises(EnvironmentFault) as fault:
        link.check_link(reader, path)
    assert fault.value.code == "db.newer_than_program"


# ── copies of streams ────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Connection]:
    path = tmp_path / "store.db"
    with closing(open_rw(path, DATABASE_KEY)) as opened:
        ensure_schema(opened, path, ((*JOURNAL_TABLES, *INBOX_TABLES), SEGMENT_STEP))
        yield opened


@pytest.fixture
def sent(tmp_path: Path) -> list[StreamEntry]:
    with till_file(tmp_path / "till.db") as till:
        till.open_epoch("epoch-1")
        till.write(3)
        till.hand_over()
        till.write(1)
        return list(entries_after(till.conn, STREAM, 0, 100))


def receive(store: Connection, entries: list[StreamEntry], stream: StreamId = STREAM) -> list[int]:
    with transaction(store):
        return append_received(store, stream, entries)


def head(entries: list[StreamEntry]) -> Head:
    return Head(entries[-1].seq, entries[-1].chain_hash)


def test_a_copy_is_byte_for_byte_and_knows_how_far_it_came(store: Connection, sent: list[StreamEntry]) -> None:
    assert inbox_head(store, STREAM) is None
    with transaction(store):
        begin_stream(store, STREAM, Head())
        begin_stream(store, STREAM, Head(99, bytes(32)))  # begun already: left as it is
    assert inbox_head(store, STREAM) == Head()
    assert receive(store, sent[:4]) == []
    assert receive(store, []) == []
    assert inbox_head(store, STREAM) == head(sent[:4])
    assert receive(store, sent[4:]) == []
    assert list(entries_after(store, STREAM, 0, 100)) == sent
    assert inbox_streams(store) == ((STREAM, head(sent), Head()),)


def test_a_copy_may_begin_where_head_office_already_is(store: Connection, sent: list[StreamEntry]) -> None:
    with transaction(store):
        begin_stream(store, STREAM, head(sent[:3]))
    assert inbox_head(store, STREAM) == hq_head(store, STREAM) == head(sent[:3])
    assert receive(store, sent[3:]) == []
    assert list(entries_after(store, STREAM, 0, 100)) == sent[3:]


def test_what_head_office_has_never_goes_back(store: Connection, sent: list[StreamEntry]) -> None:
    assert hq_head(store, STREAM) == Head()
    with transaction(store):
        begin_stream(store, STREAM, Head())
        note_hq(store, STREAM, head(sent))
        note_hq(store, STREAM, head(sent[:2]))
    assert hq_head(store, STREAM) == head(sent)


def test_an_entry_that_comes_by_two_streams_is_kept_once(store: Connection, sent: list[StreamEntry]) -> None:
    salvage = STREAM.salvage
    with transaction(store):
        begin_stream(store, STREAM, Head())
        begin_stream(store, salvage, Head())
    assert receive(store, sent) == receive(store, sent, salvage) == []
    assert store.execute("SELECT count(*) FROM event").fetchone() == (len(sent),)
    assert store.execute("SELECT count(*) FROM private").fetchone() == (1,)
    assert list(entries_after(store, salvage, 0, 100)) == sent
    assert [stream for stream, *_ in inbox_streams(store)] == [STREAM, salvage]


def test_the_same_id_with_other_content_is_kept_beside_and_the_stream_goes_on(
    store: Connection, sent: list[StreamEntry]
) -> None:
    changed = msgspec.structs.replace(sent[1].entry, body=b'{"what":"other"}')
    changed = msgspec.structs.replace(changed, entry_hash=entry_hash(changed, changed.seq, changed.prev_hash))
    branch = [sent[0], place(changed, head(sent[:1]))]
    with transaction(store):
        begin_stream(store, STREAM, Head())
        begin_stream(store, STREAM.salvage, Head())
    receive(store, sent)
    assert receive(store, branch, STREAM.salvage) == [2]
    assert inbox_head(store, STREAM.salvage) == head(branch)
    assert list(entries_after(store, STREAM.salvage, 0, 100)) == branch  # it goes up as it came
    assert list(entries_after(store, STREAM, 0, 100)) == sent


def test_a_signature_that_comes_later_is_kept(store: Connection, sent: list[StreamEntry]) -> None:
    bare = [msgspec.structs.replace(one, entry=msgspec.structs.replace(one.entry, sig=b"")) for one in sent]
    salvage = STREAM.salvage
    with transaction(store):
        begin_stream(store, STREAM, Head())
        begin_stream(store, salvage, Head())
    assert receive(store, bare) == receive(store, sent, salvage) == []
    assert list(entries_after(store, STREAM, 0, 100)) == sent
    with pytest.raises(sqlite.IntegrityError, match="append_only"):  # once only, and nothing else
        store.execute("UPDATE event SET sig = x'00'")
