"""What tills say reaches HQ once, whatever happens on the way."""

import msgspec
import pytest
import zstandard
from sqlalchemy import text

from hq_server.service import cases, ingest
from hq_server.service.ingest import Taken, take
from hq_server.storage import sales, stock
from hq_server.storage.database import Unit
from retail_core.domain.cases import CaseKind
from retail_core.domain.errors import RuleViolationError
from retail_core.trust.keys import SigningKey
from retail_core.wire import events as wire_events
from retail_core.wire.batch import WireDamageError, encode_batch
from retail_core.wire.messages import DamagedAnswer, ForkAnswer, GapAnswer, PushAnswer
from tests.hq.support import DAY, OTHER_STORE, STORE, Machine, Shop, enrolled, put_stock, returned, sale


def push(shop: Shop, till: Machine, after: int = 0, upto: int | None = None) -> Taken:
    return take(shop.hq, shop.contacts, till.node, *till.batch(after, upto))


def sold(shop: Shop) -> tuple[int, int]:
    return shop.hq.database.read(sales.count_sales)


def on_shelf(shop: Shop, sku: str, store: str = STORE) -> int:
    (balance,) = shop.hq.database.read(lambda conn: stock.balances(conn, [sku], store))
    return balance.sellable


def kinds(shop: Shop) -> list[CaseKind]:
    return [case.kind for case in cases.listed(shop.hq, state=None, store=None, limit=50)]


def books_agree(shop: Shop) -> bool:
    return not shop.hq.database.read(stock.differences)


def test_a_sale_reaches_hq_once_and_moves_stock(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=9)
    till = enrolled(shop.hq, "till-1").says(sale("S0319-T1-A-000001", ("THROW", 2, 2999)))
    first = push(shop, till)
    assert isinstance(first.answer, PushAnswer)
    assert (first.answer.through, first.answer.through_hash) == (1, till.head.chain_hash.hex())
    again = push(shop, till)
    assert again.answer == first.answer
    assert again.new == 0
    assert sold(shop) == (1, 1)
    assert on_shelf(shop, "THROW") == 7000
    assert books_agree(shop)


def test_a_day_of_sales_in_batches_that_overlap(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=500, LAMP=500)
    till = enrolled(shop.hq, "till-1")
    till.says(*(sale(f"S0319-T1-A-{n:06}", ("THROW", 1, 2999), ("LAMP", 2, 4950)) for n in range(120)))
    for after, upto in ((0, 50), (20, 90), (0, 90), (60, 120)):
        assert isinstance(push(shop, till, after, upto).answer, PushAnswer)
    assert sold(shop) == (120, 240)
    assert on_shelf(shop, "THROW") == 380_000
    assert on_shelf(shop, "LAMP") == 260_000
    assert books_agree(shop)


def test_what_comes_before_is_asked_for(shop: Shop) -> None:
    till = enrolled(shop.hq, "till-1").says(*(sale(f"R{n}", ("THROW", 1, 2999)) for n in range(4)))
    assert push(shop, till, 2).answer == GapAnswer(1)
    push(shop, till, 0, 1)
    assert push(shop, till, 2).answer == GapAnswer(2)
    assert sold(shop) == (1, 1)


def test_a_till_that_went_back_in_time_is_told_and_shown(shop: Shop) -> None:
    till = enrolled(shop.hq, "till-1").says(sale("R1", ("THROW", 1, 2999)))
    rolled_back = Machine(till.node, till.key, prefix="other-")
    rolled_back.says(sale("R1", ("LAMP", 1, 4950), sale_id="other"))
    push(shop, till)
    answer = push(shop, rolled_back).answer
    assert answer == ForkAnswer(1, till.head.chain_hash.hex())
    assert sold(shop) == (1, 1)
    assert CaseKind.FORKED_STREAM in kinds(shop)
    # its events are welcome under a new epoch, and the one HQ has is not counted twice
    fresh = Machine(till.node, till.key, epoch="epoch-2")
    fresh.says_raw("sale.completed", 1, till.entries[0].entry.body, id_=till.entries[0].entry.id)
    fresh.says(sale("R2", ("LAMP", 1, 4950), sale_id="other"))
    assert isinstance(push(shop, fresh).answer, PushAnswer)
    assert sold(shop) == (2, 2)


def test_the_same_id_with_other_content_is_kept_aside(shop: Shop) -> None:
    first = enrolled(shop.hq, "till-1").says(sale("R1", ("THROW", 1, 2999)))
    second = enrolled(shop.hq, "till-2")
    second.says_raw(*_encoded(sale("R9", ("LAMP", 5, 4950))), id_=first.entries[0].entry.id)
    second.says(sale("R2", ("LAMP", 1, 4950)))
    push(shop, first)
    answer = push(shop, second).answer
    assert isinstance(answer, PushAnswer)
    assert (answer.through, answer.quarantined) == (2, (1,))
    assert sold(shop) == (2, 2)
    assert CaseKind.SAME_ID_DIFFERENT_CONTENT in kinds(shop)


def _encoded(event: object) -> tuple[str, int, bytes]:
    return "sale.completed", 1, msgspec.json.encode(event)


POISON = [
    ("weather.changed", 1, b'{"sun":true}', "event.unknown_type"),
    ("sale.completed", 9, b"{}", "event.unknown_version"),
    ("sale.completed", 1, b'{"receipt":7}', "event.malformed"),
    ("sale.completed", 1, msgspec.json.encode(sale("R", ("TH\x00ROW", 1, 1))), "event.bad_text"),
    ("stock.moved", 1, b'{"lines":[{"sku":"X","qty_milli":-5,"from_state":"sellable","to_state":"shrink"}],"reason":"r"}', "event.bad_movement"),
    ("stock.moved", 1, b'{"lines":[{"sku":"X","qty_milli":99999999999999999999999,"from_state":"sellable","to_state":"shrink"}],"reason":"r"}', "event.bad_movement"),
    ("sale.completed", 1, msgspec.json.encode(msgspec.structs.replace(sale("R", ("LAMP", 1, 100)), total_minor=90)), "event.sale_sums_differ"),
    ("sale.completed", 1, msgspec.json.encode(sale("R", ("LAMP", 1, 100))).replace(b'"qty_milli":1000', b'"sort":"deposit","qty_milli":99999999999999999999999'), "event.bad_amount"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "version", "body", "code"), POISON, ids=[row[3] + str(i) for i, row in enumerate(POISON)]
)
def test_poison_is_kept_shown_and_stops_nothing(shop: Shop, type_: str, version: int, body: bytes, code: str) -> None:
    till = enrolled(shop.hq, "till-1").says(sale("R1", ("THROW", 1, 2999)))
    till.says_raw(type_, version, body)
    till.says(sale("R2", ("THROW", 1, 2999)))
    answer = push(shop, till).answer
    assert isinstance(answer, PushAnswer)
    assert (answer.through, answer.quarantined) == (3, (2,))
    till.says(sale("R3", ("THROW", 1, 2999)))
    assert isinstance(push(shop, till, 3).answer, PushAnswer)
    assert sold(shop) == (3, 3)
    (case,) = [
        one for one in cases.listed(shop.hq, state=None, store=STORE, limit=9) if one.kind is CaseKind.QUARANTINED_EVENT
    ]
    assert case.evidence["code"] == code


def test_strange_headers_are_stored_whole(shop: Shop) -> None:
    till = enrolled(shop.hq, "till-1")
    till.says_raw("x" * 5000, 10**30, b"{}", id_="i" * 70_000, at_ms=10**40)
    till.says_raw("a\x00b", 1, b"{}", id_="nul\x00id")
    till.says(sale("R2", ("THROW", 1, 2999)))
    answer = push(shop, till).answer
    assert isinstance(answer, PushAnswer)
    assert (answer.through, answer.quarantined) == (3, (1, 2))
    assert sold(shop) == (1, 1)


@pytest.mark.expects_log
def test_two_sales_with_one_number_are_both_facts(shop: Shop) -> None:
    """Two machines that draw the same sale id: the second one is looked at, and its stream goes on."""
    till = enrolled(shop.hq, "till-1").says(sale("R1", ("THROW", 1, 2999), sale_id="same"))
    other = enrolled(shop.hq, "till-2").says(sale("R7", ("LAMP", 1, 4950), sale_id="same"))
    push(shop, till)
    assert isinstance(push(shop, other).answer, PushAnswer)
    assert CaseKind.QUARANTINED_EVENT in kinds(shop)


def test_a_forged_signature_is_refused_with_its_position(shop: Shop) -> None:
    till = enrolled(shop.hq, "till-1").says(sale("R1", ("THROW", 1, 2999)))
    forger = Machine(till.node, SigningKey.new())
    forger.says(sale("R1", ("THROW", 1, 1)))
    assert push(shop, forger).answer == DamagedAnswer(1)
    assert sold(shop) == (0, 0)


def test_a_line_changed_on_the_way_is_refused(shop: Shop) -> None:
    till = enrolled(shop.hq, "till-1").says(*(sale(f"R{n}", ("THROW", 1, 2999)) for n in range(3)))
    header, body = till.batch()
    plain = zstandard.ZstdDecompressor().decompress(body, max_output_size=1 << 20)
    changed = zstandard.ZstdCompressor().compress(plain.replace(b'"R1"', b'"R9"'))
    assert isinstance(take(shop.hq, shop.contacts, till.node, header, changed).answer, DamagedAnswer)
    assert sold(shop) == (0, 0)


def test_nobody_speaks_for_another_store(shop: Shop) -> None:
    till = enrolled(shop.hq, "till-1").says(sale("R1", ("THROW", 1, 2999)))
    neighbour = enrolled(shop.hq, "agent-9", OTHER_STORE, "agent")
    with pytest.raises(RuleViolationError) as refused:
        take(shop.hq, shop.contacts, neighbour.node, *till.batch())
    assert refused.value.code == "push.other_store"


def test_an_agent_relays_the_tills_of_its_store(shop: Shop) -> None:
    till = enrolled(shop.hq, "till-1").says(sale("R1", ("THROW", 1, 2999)))
    agent = enrolled(shop.hq, "agent-1", role="agent")
    assert isinstance(take(shop.hq, shop.contacts, agent.node, *till.batch()).answer, PushAnswer)
    assert sold(shop) == (1, 1)


def test_a_salvaged_branch_is_counted_once(shop: Shop) -> None:
    till = enrolled(shop.hq, "till-1").says(sale("R1", ("THROW", 1, 2999)))
    push(shop, till)
    till.says(sale("R2", ("LAMP", 1, 4950)))
    header, _ = till.batch()
    salvage = msgspec.structs.replace(header, node=f"{header.node}~fork")
    body = encode_batch(till.stream.salvage, till.entries)
    answer = take(shop.hq, shop.contacts, till.node, salvage, body).answer
    assert isinstance(answer, PushAnswer)
    assert sold(shop) == (2, 2)


def test_selling_below_zero_is_a_fact_and_a_task(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=1)
    till = enrolled(shop.hq, "till-1").says(*(sale(f"R{n}", ("THROW", 2, 2999)) for n in range(3)))
    push(shop, till, 0, 1)
    push(shop, till, 1)
    assert on_shelf(shop, "THROW") == -5000
    (case,) = cases.listed(shop.hq, state=None, store=STORE, limit=9)
    assert (case.kind, case.subject, case.evidence["task"]) == (CaseKind.NEGATIVE_STOCK, "THROW", "count")
    cases.act(shop.hq, STORE, case.case_id, "close")
    till.says(sale("R9", ("THROW", 1, 2999)))
    push(shop, till, 3)
    assert len(cases.listed(shop.hq, state=None, store=STORE, limit=9)) == 1


def test_a_bomb_is_refused_before_it_expands(shop: Shop) -> None:
    till = enrolled(shop.hq, "till-1").says(sale("R1", ("THROW", 1, 2999)))
    header, _ = till.batch()
    bomb = zstandard.ZstdCompressor(level=3).compress(bytes(64 * 1024 * 1024))
    with pytest.raises(WireDamageError) as refused:
        take(shop.hq, shop.contacts, till.node, header, bomb)
    assert refused.value.code == "wire.too_large"


def test_the_witness_knows_where_a_stream_stands(shop: Shop) -> None:
    till = enrolled(shop.hq, "till-1").says(sale("R1", ("THROW", 1, 2999)))
    assert ingest.witness(shop.hq, STORE, "till-1", till.epoch) is None
    push(shop, till)
    assert ingest.witness(shop.hq, STORE, "till-1", till.epoch) == till.head


def test_what_an_older_program_did_not_know_is_applied_after_the_upgrade(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=5)
    till = enrolled(shop.hq, "till-1").says(sale("R1", ("THROW", 1, 2999)))
    push(shop, till)

    # the state an older program left behind: stored, not applied
    def as_if_unknown(unit: Unit) -> None:
        for statement in (
            "UPDATE event SET state = 'quarantined', code = 'event.unknown_version' WHERE node = 'till-1'",
            "DELETE FROM sale_line", "DELETE FROM tender", "DELETE FROM sale",
            "DELETE FROM stock_move WHERE node = 'till-1'", "UPDATE stock SET sellable = 5000",
        ):  # fmt: skip
            unit.conn.execute(text(statement))

    shop.hq.database.write(as_if_unknown)
    assert ingest.retry_quarantined(shop.hq) == 1
    assert ingest.retry_quarantined(shop.hq) == 0
    assert sold(shop) == (1, 1)
    assert on_shelf(shop, "THROW") == 4000


def test_goods_that_come_back_raise_stock_and_lower_revenue(shop: Shop) -> None:
    put_stock(shop.hq, STORE, THROW=9, LAMP=3)
    till = enrolled(shop.hq, "till-1").says(sale("S0319-T1-A-000001", ("THROW", 3, 2999), ("LAMP", 1, 4950)))
    till.says(
        returned(
            "S0319-T1-A-000002", "S0319-T1-A-000001", (1, "THROW", 2, 2999, "sellable"), (2, "LAMP", 1, 4950, "damaged")
        )
    )
    answer = push(shop, till).answer
    assert isinstance(answer, PushAnswer)
    assert answer.quarantined == ()
    assert on_shelf(shop, "THROW") == 8000
    (lamp,) = shop.hq.database.read(lambda conn: stock.balances(conn, ["LAMP"], STORE))
    assert (lamp.sellable, lamp.damaged) == (2000, 1000)
    (hour,) = shop.hq.database.read(lambda conn: sales.hours(conn, [DAY]))
    assert (hour.baskets, hour.total_minor) == (1, 2999)
    rows = shop.hq.database.read(
        lambda conn: conn.execute(text("SELECT receipt, line_n, qty_milli, goods FROM returned_line ORDER BY n")).all()
    )
    assert [tuple(row) for row in rows] == [
        ("S0319-T1-A-000001", 1, 2000, "sellable"), ("S0319-T1-A-000001", 2, 1000, "damaged"),
    ]  # fmt: skip
    assert books_agree(shop)


def test_a_clock_ten_minutes_off_is_a_case_and_stops_nothing(shop: Shop) -> None:
    for name, off_ms, told in (("till-near", 599_000, False), ("till-far", -600_000, True)):
        till = enrolled(shop.hq, name).says(sale(f"R-{name}", ("THROW", 1, 2999)))
        header, body = till.batch()
        wrong = msgspec.structs.replace(header, clock_ms=shop.clock.now_ms() - off_ms)
        assert isinstance(ingest.take(shop.hq, shop.contacts, till.node, wrong, body).answer, PushAnswer)
        found = [one for one in cases.listed(shop.hq, state=None, store=STORE, limit=9) if one.subject == name]
        assert [one.kind for one in found] == ([CaseKind.CLOCK_OFF] if told else [])


def test_many_that_nobody_understands_keep_none_from_being_applied_after_the_upgrade(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "RETRIED_AT_ONCE", 4)
    till = enrolled(shop.hq, "till-1")
    for n in range(9):
        till.says_raw("from.tomorrow", 1, f'{{"n":{n}}}'.encode())
    till.says(sale("R1", ("THROW", 1, 2999)))
    with monkeypatch.context() as older:
        older.setattr(wire_events, "_FIXED", {})
        push(shop, till)
    assert sold(shop) == (0, 0)
    assert ingest.retry_quarantined(shop.hq) == 1
    assert (sold(shop), ingest.retry_quarantined(shop.hq)) == ((1, 1), 0)
    waiting = cases.listed(shop.hq, state=None, store=STORE, limit=50)
    assert [case.kind for case in waiting].count(CaseKind.QUARANTINED_EVENT) == 9
