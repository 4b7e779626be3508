"""A till whose days are long at head office: they lie in sealed files, and everything the till can do with them it still does."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pos_app.service.outcome import PaidSale
from pos_app.storage import sales
from pos_app.storage.sealing import seal_a_slice
from pos_app.storage.store import TillStore
from retail_core.durable import link
from retail_core.durable.engine import open_rw, transaction
from retail_core.durable.retention import DAY_MS
from retail_core.durable.segments import Anchor, anchors
from retail_core.wire.envelope import Head
from tests.support.shop import ITEMS, AtTill, ManualClock, at_till, make_shop
from tests.till.test_drawer import AtDrawer

MILK = ITEMS[0]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def at(tmp_path: Path, clock: ManualClock) -> Iterator[AtTill]:
    with at_till(make_shop(tmp_path), clock) as opened:
        yield opened.sign_in()


def work(at: AtTill, ask: Any) -> Any:
    return at.done(lambda done, failed: at.till.writer.submit(ask, done, failed))


def a_day(at: AtTill, clock: ManualClock) -> PaidSale:
    """Open, sell, count and close; then the night."""
    drawer = AtDrawer(at)
    drawer.open()
    paid = at.scan(MILK.code).pay_cash(500)
    drawer.count(10_000 + MILK.price_minor)
    drawer.close()
    clock.pass_ms(DAY_MS)
    return paid


def head_office_has_all(at: AtTill, clock: ManualClock) -> None:
    """What the agent writes when head office has answered."""
    head: Head = work(at, lambda store: store.journal.head)
    stream = work(at, lambda store: store.journal.stream)
    home = at.shop.home
    with closing(open_rw(home.link_db, home.keys.file_key("link.db"))) as conn, transaction(conn):
        link.note_peer(conn, link.HQ_PEER, stream, head, clock.now_ms())


def sealed(at: AtTill, drop_before: int = 0) -> list[Anchor]:
    while work(at, lambda store: seal_a_slice(store, drop_before)):
        pass
    return list(work(at, lambda store: anchors(store.conn)))


def test_days_leave_35_days_after_head_office_had_them_and_no_sooner(at: AtTill, clock: ManualClock) -> None:
    for _ in range(9):
        a_day(at, clock)
    clock.pass_ms(60 * DAY_MS)  # offline: as old as they are, head office has nothing of them
    assert sealed(at) == []
    head_office_has_all(at, clock)
    assert sealed(at) == []
    clock.pass_ms(34 * DAY_MS)
    assert sealed(at) == []
    clock.pass_ms(DAY_MS)
    (segment,) = sealed(at)
    assert segment.first_seq == 1
    a_day(at, clock)  # and selling goes on


def test_an_old_receipt_is_found_taken_back_and_printed_again(at: AtTill, clock: ManualClock) -> None:
    old = a_day(at, clock)
    for _ in range(8):
        a_day(at, clock)
    before = work(at, lambda store: sales.fact_of(store.history, old.receipt_no))
    kept = work(at, lambda store: sales.last_fact(store.history, store.journal.series))
    head_office_has_all(at, clock)
    sealed(at)
    clock.pass_ms(36 * DAY_MS)
    assert sealed(at)
    gone = work(
        at, lambda store: store.conn.execute("SELECT count(*) FROM event WHERE type = 'sale.completed'").fetchone()
    )
    assert gone != (9,)
    assert work(at, lambda store: sales.fact_of(store.history, old.receipt_no)) == before
    assert work(at, lambda store: sales.last_fact(store.history, store.journal.series)) == kept
    draft = at.done(lambda done, failed: at.till.returning.open(old.receipt_no, done, failed))
    assert draft.receipt.number == old.receipt_no


def test_a_new_epoch_after_years_says_again_what_head_office_lacks(at: AtTill, clock: ManualClock) -> None:
    for _ in range(9):
        a_day(at, clock)
    head_office_has_all(at, clock)
    sealed(at)
    clock.pass_ms(36 * DAY_MS)
    assert sealed(at)

    def rolled_back(store: TillStore) -> int:
        """Head office came back from nothing, and its word does not fit ours."""
        store.acked_by_hq = lambda: 0  # type: ignore[method-assign] # nothing is known
        store.reopen_epoch("fork")
        return store.journal.head.seq

    entries = work(at, lambda store: store.journal.head.seq)
    assert work(at, rolled_back) == entries + 1


def test_nothing_is_sealed_while_somebody_sells(at: AtTill, clock: ManualClock) -> None:
    for _ in range(9):
        a_day(at, clock)
    head_office_has_all(at, clock)
    clock.pass_ms(3_600_000)
    at.till.sealing.tick()
    at.till.writer.flush()
    clock.pass_ms(36 * DAY_MS)
    at.scan(MILK.code)
    at.till.sealing.tick()
    at.till.writer.flush()
    assert work(at, lambda store: list(anchors(store.conn))) == []
    at.pay_cash(500)

    def all_sealed() -> bool:
        clock.pass_ms(1_000)
        at.till.sealing.tick()
        return bool(work(at, lambda store: anchors(store.conn)))

    clock.pass_ms(3_600_000)
    at.hand.until(all_sealed)


def test_what_is_past_the_legal_term_goes_and_the_last_hash_stays(at: AtTill, clock: ManualClock) -> None:
    for _ in range(9):
        a_day(at, clock)
    head_office_has_all(at, clock)
    sealed(at)
    clock.pass_ms(36 * DAY_MS)
    (segment,) = sealed(at)
    year = int(segment.last_day[:4])
    file = at.shop.home.folder / "segments" / "till" / segment.name
    assert sealed(at, drop_before=year) == [segment] or file.exists()
    (anchor,) = sealed(at, drop_before=year + 1)
    assert not file.exists()
    assert anchor.dropped_ms
    assert (
        work(at, lambda store: store.history.chain_hash_at(store.journal.stream, segment.last_seq)) == segment.last_hash
    )
