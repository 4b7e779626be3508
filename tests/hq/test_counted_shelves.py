"""Somebody counts a shelf while the shop goes on selling: head office's stock is right whatever arrives when."""

from pathlib import Path
from random import Random
from threading import Thread

import pytest
from sqlalchemy import select, text

from hq_server.service import availability, cases, masterdata, settings, stock_moves, today
from hq_server.service.ingest import take
from hq_server.storage.catalogue import PlaceRow
from hq_server.storage.database import Unit
from hq_server.storage.stock import Balance
from hq_server.storage.tables import stock
from hq_server.web.today_view import view_of
from retail_core.domain.cases import CaseKind, ExceptionCase
from retail_core.domain.counting import Change, Count, Place, shelf
from retail_core.domain.events import SaleCompleted, StockCounted
from retail_core.domain.ids import Sku
from retail_core.wire.envelope import Head, StreamEntry
from retail_core.wire.envelope import place as put_at
from retail_core.wire.messages import PushAnswer
from tests.hq.support import NOON_MS, STORE, Machine, Shop, enrolled, put_stock, sale
from tests.hq.test_cost_of_a_batch import FEW, MANY, statements
from tests.hq.test_workers import until

HOUR_MS, MINUTE_MS = 3_600_000, 60_000
MORNING_MS, NOW_MS = NOON_MS - 6 * HOUR_MS, NOON_MS
DOUBT_MS = 31 * MINUTE_MS


def counted(pieces: int, at_ms: int, *heard: Machine, name: str = "C1", sku: str = "LAMP") -> StockCounted:
    """What lies on the shelf, and up to where each till that could be asked had come."""
    cut = {f"{one.node.node_id}/{one.epoch}": one.head.seq for one in heard}
    return StockCounted(Sku(sku), 1000 * pieces, name, at_ms, cut)


def sold(receipt: str, pieces: int = 1) -> SaleCompleted:
    return sale(receipt, ("LAMP", pieces, 4950))


def push(shop: Shop, machine: Machine, after: int = 0, upto: int | None = None) -> int:
    taken = take(shop.hq, shop.contacts, machine.node, *machine.batch(after, upto))
    assert isinstance(taken.answer, PushAnswer)
    return taken.quarantined


def lamps(shop: Shop, store: str = STORE) -> Balance:
    (found,) = stock_moves.balances(shop.hq, "LAMP", store)
    assert not stock_moves.verify(shop.hq)
    return found


def open_cases(shop: Shop, kind: CaseKind) -> list[ExceptionCase]:
    return [case for case in cases.listed(shop.hq, state=None, store=None, limit=50) if case.kind is kind]


@pytest.fixture
def tills(shop: Shop) -> tuple[Machine, Machine]:
    return enrolled(shop.hq, "till-1"), enrolled(shop.hq, "till-2", register="T2")


def test_a_count_replaces_what_was_sold_before_and_what_is_sold_later_goes_off(
    shop: Shop, tills: tuple[Machine, Machine]
) -> None:
    one, two = tills
    put_stock(shop.hq, STORE, LAMP=50)
    shop.clock.later(2 * HOUR_MS)
    one.says(sold("A1", 3), at_ms=MORNING_MS)
    push(shop, one.says(counted(40, NOON_MS + HOUR_MS, one, two), at_ms=NOON_MS + HOUR_MS))
    assert (lamps(shop).sellable, lamps(shop).counted_ms, lamps(shop).recount) == (40_000, NOON_MS + HOUR_MS, False)
    push(shop, two.says(sold("B1", 2), at_ms=NOON_MS + 2 * HOUR_MS))
    assert lamps(shop).sellable == 38_000
    assert open_cases(shop, CaseKind.COUNT_AGAIN) == []


def test_a_sale_that_arrives_after_the_count_it_came_before_changes_nothing(
    shop: Shop, tills: tuple[Machine, Machine]
) -> None:
    one, two = tills
    two.says(sold("B1", 4), at_ms=MORNING_MS)
    push(shop, one.says(counted(2, NOON_MS, one, two), at_ms=NOON_MS))
    push(shop, two)
    assert (lamps(shop).sellable, lamps(shop).recount) == (2_000, False)
    assert open_cases(shop, CaseKind.NEGATIVE_STOCK) == []


def test_of_a_till_that_could_not_be_asked_time_decides(shop: Shop, tills: tuple[Machine, Machine]) -> None:
    one, two = tills
    push(shop, one.says(counted(20, NOON_MS, one), at_ms=NOON_MS))
    two.says(sold("B1", 4), at_ms=MORNING_MS).says(sold("B2", 1), at_ms=NOON_MS + HOUR_MS)
    push(shop, two)
    assert lamps(shop).sellable == 19_000


def test_what_is_sold_while_somebody_counts_asks_for_another_count_which_settles_it(
    shop: Shop, tills: tuple[Machine, Machine]
) -> None:
    one, two = tills
    push(shop, one.says(counted(20, NOON_MS, one, two), at_ms=NOON_MS))
    push(shop, two.says(sold("B1"), at_ms=NOON_MS + 20 * MINUTE_MS))
    assert lamps(shop).recount
    (case,) = open_cases(shop, CaseKind.COUNT_AGAIN)
    assert (case.store, case.subject, case.evidence["counted_milli"]) == (STORE, "LAMP", 20_000)
    (there,) = [place for place in availability.available(shop.hq, "LAMP") if place.store == STORE]
    assert (there.recount, there.counted_ms) == (True, NOON_MS)
    page = view_of(today.today(shop.hq, shop.contacts, "LAMP"))
    assert [place.recount for place in page.places] == [True]
    assert page.cases[0].text == "319 Midtown: LAMP moved while it was counted, count it again"
    push(shop, one.says(counted(19, NOON_MS + 2 * HOUR_MS, one, two, name="C2"), at_ms=NOON_MS + 2 * HOUR_MS), after=1)
    assert (lamps(shop).sellable, lamps(shop).recount) == (19_000, False)
    assert open_cases(shop, CaseKind.COUNT_AGAIN) == []


def test_a_store_says_itself_how_long_goods_lie_in_a_basket(shop: Shop, tills: tuple[Machine, Machine]) -> None:
    one, two = tills
    settings.change_settings(shop.hq, STORE, {}, {"counts": {"basket_minutes": 5}})
    push(shop, one.says(counted(20, NOON_MS, one, two), at_ms=NOON_MS))
    push(shop, two.says(sold("B1"), at_ms=NOON_MS + 20 * MINUTE_MS))
    assert not lamps(shop).recount


def test_a_count_answers_the_case_of_stock_below_zero(shop: Shop, tills: tuple[Machine, Machine]) -> None:
    one, _ = tills
    push(shop, one.says(sold("A1", 3), at_ms=MORNING_MS))
    assert len(open_cases(shop, CaseKind.NEGATIVE_STOCK)) == 1
    push(shop, one.says(counted(5, NOON_MS, one), at_ms=NOON_MS), after=1)
    assert open_cases(shop, CaseKind.NEGATIVE_STOCK) == []
    push(shop, one.says(sold("A2", 7), at_ms=NOON_MS + HOUR_MS), after=2)
    assert lamps(shop).sellable == -2_000
    (case,) = open_cases(shop, CaseKind.NEGATIVE_STOCK)
    assert case.evidence["sellable_milli"] == -2_000


@pytest.mark.parametrize(
    "bad",
    [
        StockCounted(Sku("LAMP"), -1, "C1", NOON_MS, {}),
        StockCounted(Sku("LAMP"), 10**13, "C1", NOON_MS, {}),
        StockCounted(Sku("LAMP"), 1, "C1", -1, {}),
        StockCounted(Sku("LAMP"), 1, "C1", NOON_MS, {"till-1/epoch-1": -5}),
        StockCounted(Sku("LAMP"), 1, "C1", NOON_MS, {f"t{n}/e": n for n in range(201)}),
        StockCounted(Sku("L" * 201), 1, "C1", NOON_MS, {}),
    ],
    ids=["less than nothing", "too much", "before time", "a bad cut", "too many tills", "too long a name"],
)
def test_a_count_that_no_till_makes_is_kept_aside(
    shop: Shop, tills: tuple[Machine, Machine], bad: StockCounted
) -> None:
    one, _ = tills
    assert push(shop, one.says(bad, sold("A1"))) == 1
    assert lamps(shop).sellable == -1_000


# ── whatever arrives when ────────────────────────────────────────────────────────────────────────


class Day:
    """A day of three tills of one store, who sell and count by chance, and one of them with a second epoch behind it."""

    def __init__(self, shop: Shop, store: str, chance: Random, *, busy: bool) -> None:
        masterdata.put_places(shop.hq, [PlaceRow(store, "store", store, "north", "UTC", "EUR")])
        self.tills = [enrolled(shop.hq, f"{store}-{n}", store, register=f"T{n}") for n in (1, 2, 3)]
        self.counts: list[Count] = []
        self.changes: list[Change] = []
        now_ms = MORNING_MS
        for n in range(24):
            now_ms += chance.choice((MINUTE_MS, HOUR_MS)) if busy else HOUR_MS
            till = chance.choice(self.tills)
            place = Place(f"{till.node.node_id}/{till.epoch}", till.head.seq + 1, now_ms)
            if chance.random() < 0.2:
                heard = [one for one in self.tills if one is till or chance.random() < 0.7]
                count = counted(chance.randint(0, 30), now_ms, *heard, name=f"C{n}")
                self.counts.append(Count(place, count))
                till.says(count, at_ms=now_ms)
            else:
                pieces = chance.randint(1, 3)
                self.changes.append(Change(place, -1000 * pieces))
                till.says(sold(f"{store}-{n}", pieces), at_ms=now_ms)

    def arrives(self, shop: Shop, chance: Random) -> None:
        """In batches of any size, the tills' streams in any order; some come twice, some by a new epoch."""
        through = {id(till): 0 for till in self.tills}
        while waiting := [till for till in self.tills if through[id(till)] < till.head.seq]:
            till = chance.choice(waiting)
            after = through[id(till)]
            upto = min(till.head.seq, after + chance.randint(1, 6))
            if chance.random() < 0.2:
                again = Machine(till.node, till.key, epoch=f"again-{after}")
                again.entries = moved_over(till, after)
                push(shop, again)
            push(shop, till, after, upto)
            through[id(till)] = upto


def moved_over(till: Machine, after: int) -> list[StreamEntry]:
    """The same facts at the beginning of another stream."""
    found: list[StreamEntry] = []
    for placed in till.entries[after:]:
        head = Head(found[-1].seq, found[-1].chain_hash) if found else Head()
        found.append(put_at(placed.entry, head))
    return found


def test_the_shelf_is_the_same_for_every_order_in_which_facts_arrive(shop: Shop) -> None:
    shop.clock.later(48 * HOUR_MS)
    doubted = 0
    for seed in range(8):
        day, store = Day(shop, f"P{seed:03}", Random(seed // 2), busy=seed // 2 % 2 == 1), f"P{seed:03}"
        day.arrives(shop, Random(seed))
        should = shelf(day.counts, day.changes, DOUBT_MS)
        found = lamps(shop, store)
        assert (found.sellable, found.recount) == (should.qty_milli, should.recount), f"seed {seed}"
        told = [case for case in open_cases(shop, CaseKind.COUNT_AGAIN) if case.store == store]
        assert len(told) == should.recount
        doubted += should.recount
    assert doubted == 4


@pytest.mark.parametrize("backend", [pytest.param("postgres", marks=pytest.mark.pg)], indirect=True)
@pytest.mark.parametrize("count_first", [True, False], ids=["count first", "sale first"])
def test_a_count_and_a_sale_that_two_programs_take_in_at_once_do_not_miss_one_another(
    shop: Shop, tills: tuple[Machine, Machine], count_first: bool
) -> None:
    one, two = tills
    two.says(sold("B1", 4), at_ms=MORNING_MS)
    one.says(counted(20, NOON_MS, one, two), at_ms=NOON_MS)
    shop.clock.later(MORNING_MS - NOW_MS)
    put_stock(shop.hq, STORE, LAMP=50)
    shop.clock.later(NOW_MS - MORNING_MS)
    order = (one, two) if count_first else (two, one)
    programs = [Thread(target=push, args=(shop, machine)) for machine in order]
    database = shop.hq.database
    blocked = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    def both_wait(unit: Unit) -> None:
        """Neither can see what the other has written when both stand at the balance of the shelf."""
        unit.conn.execute(select(stock).where(stock.c.store == STORE, stock.c.sku == "LAMP").with_for_update())
        for n, program in enumerate(programs, start=1):
            program.start()
            until(lambda n=n: database.read(lambda conn: conn.execute(blocked).scalar_one()) == n)

    database.write(both_wait)
    for program in programs:
        program.join(30)
    assert lamps(shop).sellable == 20_000


def test_more_sales_of_counted_shelves_are_not_more_statements(
    shop: Shop, tills: tuple[Machine, Machine], tmp_path: Path
) -> None:
    one, two = tills
    push(shop, one.says(counted(9_000, MORNING_MS, one, two), at_ms=MORNING_MS))

    def cost(sales: int) -> int:
        after = two.head.seq
        two.says(*(sold(f"R{after + n:06}") for n in range(sales)), at_ms=NOON_MS)
        header, body = two.batch(after)
        with statements(shop, tmp_path) as sent:
            assert take(shop.hq, shop.contacts, two.node, header, body).new == sales
        return sent[0]

    cost(FEW)
    few, many = cost(FEW), cost(MANY)
    assert 5 < many <= few
