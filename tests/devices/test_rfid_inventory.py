"""How thousands of reads become units of goods: none twice, no stray one, none lost in a pause."""

import random
from threading import Event, Thread

from hypothesis import given
from hypothesis import strategies as st

from pos_app.devices.ports import TagRead
from pos_app.devices.rfid.inventory import CountSession, Inventory, Locate, Presence, PresenceRules
from tests.devices.rfid import ITEM, read, unit

RULES = PresenceRules(least_reads=2, least_cdbm=-6_000, dwell_ms=1_000, away_ms=3_000)


def test_trap_33_a_flood_of_reads_is_one_tag_with_first_last_count_and_best_signal() -> None:
    inventory = Inventory()
    assert len(inventory.take([read(1, 10, -6_000), read(1, 20, -4_000), read(2, 20)])) == 2
    assert inventory.take([read(1, 30, -7_000, count=3)]) == []
    one = next(iter(inventory))
    assert (one.first_ms, one.last_ms, one.count, one.best_cdbm) == (10, 30, 5, -4_000)
    assert inventory.reads == 6


def test_more_tags_than_a_store_has_are_counted_as_left_out() -> None:
    inventory = Inventory(limit=3)
    inventory.take(read(n) for n in range(5))
    assert (len(inventory), inventory.overflow) == (3, 2)


# ── what lies on the till's antenna ──────────────────────────────────────────────────────────────


class Antenna:
    """A till's reader that looks ten times a second."""

    def __init__(self) -> None:
        self.presence = Presence(RULES)
        self.now_ms = 0
        self.came: list[str] = []
        self.went: list[str] = []

    def look(self, *reads: TagRead, times: int = 1, every_ms: int = 100) -> None:
        for _ in range(times):
            self.now_ms += every_ms
            change = self.presence.take(reads, self.now_ms)
            self.came += [one.serial for one in change.came]
            self.went += change.went

    def rest(self, ms: int) -> None:
        """The reader is away: not one handful."""
        self.now_ms += ms


def test_trap_34_a_tag_is_meant_when_it_is_read_twice_and_comes_once() -> None:
    antenna = Antenna()
    antenna.look(read(1))
    assert antenna.came == []
    antenna.look(read(1), times=50)
    assert antenna.came == ["1"]
    assert antenna.went == []


def test_trap_34_weak_tags_of_the_next_table_are_none() -> None:
    antenna = Antenna()
    antenna.look(read(1, cdbm=-6_001, count=5), times=50)
    assert antenna.came == []


def test_trap_34_a_tag_that_is_glimpsed_now_and_then_is_none() -> None:
    antenna = Antenna()
    for _ in range(20):
        antenna.look(read(1))
        antenna.look(times=15)
    assert antenna.came == []


def test_goods_in_the_shade_of_others_stay_and_goods_taken_away_go() -> None:
    antenna = Antenna()
    antenna.look(read(1), times=3)
    antenna.look(read(1, cdbm=-7_500), times=50)
    assert antenna.went == []
    antenna.look(times=30)
    assert antenna.went == []
    antenna.look(times=2)
    assert antenna.went == [unit(1).hex()]
    antenna.look(read(1), times=2)
    assert antenna.came == ["1", "1"]


def test_an_empty_antenna_is_noticed_without_another_tag_and_a_tag_that_comes_back_late_is_new() -> None:
    antenna = Antenna()
    antenna.look(read(1), times=3)
    antenna.look(times=40)
    antenna.look(read(1), times=2)
    assert (antenna.came, antenna.went) == (["1", "1"], [unit(1).hex()])


def test_goods_of_a_paid_sale_are_not_charged_again_because_the_reader_was_away() -> None:
    antenna = Antenna()
    antenna.look(read(1), times=3)
    antenna.rest(60_000)
    antenna.look(read(1), times=3)
    antenna.rest(5_000)
    antenna.look(times=5)
    antenna.look(read(1), times=3)
    assert (antenna.came, antenna.went) == (["1"], [])


def test_the_cashiers_clear_brings_everything_in_view_again() -> None:
    antenna = Antenna()
    antenna.look(read(1), read(2), times=3)
    antenna.presence.clear()
    antenna.look(read(1), read(2), times=3)
    assert antenna.came == ["1", "2", "1", "2"]


def test_a_tag_that_is_no_goods_is_never_told() -> None:
    antenna = Antenna()
    antenna.look(TagRead(bytes(12), 1, -4_000, "reader", 0), times=3)
    antenna.look(times=60)
    assert (antenna.came, antenna.went) == ([], [])


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-8_000, -3_000), st.integers(0, 4_000)), max_size=60))
def test_whatever_the_reads_a_unit_comes_and_goes_in_turn(reads: list[tuple[int, int, int]]) -> None:
    presence, now_ms, here = Presence(RULES), 0, set[str]()
    for n, cdbm, pause_ms in reads:
        now_ms += pause_ms
        change = presence.take([read(n, cdbm=cdbm)], now_ms)
        for epc in change.went:
            here.remove(epc)
        for one in change.came:
            assert one.epc not in here
            here.add(one.epc)


# ── a count ──────────────────────────────────────────────────────────────────────────────────────


@given(st.lists(st.integers(0, 30), max_size=80), st.randoms(use_true_random=False))
def test_a_count_is_the_same_in_any_order_and_after_a_pause(serials: list[int], chance: random.Random) -> None:
    shuffled = serials[:]
    chance.shuffle(shuffled)
    one, other = CountSession(0), CountSession(0)
    one.take(read(n) for n in serials)
    half = len(shuffled) // 2
    other.take(read(n) for n in shuffled[:half])
    resumed = CountSession.resumed(other.saved(), 5)
    assert resumed.progress(10).reads == 0  # of this sitting
    resumed.take(read(n) for n in shuffled[half:])
    assert one.quantities == resumed.quantities
    assert sum(one.quantities.values()) == len(set(serials))


def test_progress_of_a_count_tells_reads_a_second_and_tags_that_are_no_goods() -> None:
    count = CountSession(1_000)
    count.take([read(1), read(1), TagRead(bytes(12), 1, -5_000, "reader", 0)])
    progress = count.progress(3_000)
    assert (progress.reads, progress.distinct, progress.mapped, progress.unknown) == (3, 2, 1, 1)
    assert progress.reads_per_s == 1.5
    assert count.progress(1_000).reads_per_s == 0


def test_the_shop_says_which_tags_are_its_goods() -> None:
    count = CountSession(0, unit_of=lambda epc: (ITEM, "x") if epc == unit(1) else None)  # type: ignore[arg-type,return-value]
    count.take([read(1), read(2)])
    assert (count.progress(0).mapped, count.progress(0).unknown) == (1, 1)


def test_a_count_may_be_looked_at_and_saved_while_the_reader_reads() -> None:
    count, done, failed = CountSession(0), Event(), list[Exception]()

    def look() -> None:
        try:
            while not done.is_set():
                count.progress(1)
                sum(count.quantities.values())
                count.saved()
        except RuntimeError as changed:
            failed.append(changed)

    looker = Thread(target=look)
    looker.start()
    for n in range(20_000):
        count.take([read(n)])
    done.set()
    looker.join(5)
    assert not failed
    assert count.quantities == {ITEM: 20_000}


# ── the way to one item ──────────────────────────────────────────────────────────────────────────


def test_the_way_to_an_item_is_heard_and_falls_silent() -> None:
    locate = Locate(unit(1))
    assert locate.beep_every_ms(0) is None
    for at_ms in range(0, 1_000, 50):
        locate.take([read(1, at_ms, -7_000), read(2, at_ms, -3_000)])
    far = locate.near_percent(1_000)
    for at_ms in range(1_000, 2_000, 50):
        locate.take([read(1, at_ms, -3_200)])
    assert far < 20
    assert locate.near_percent(2_000) > 80
    beep_ms = locate.beep_every_ms(2_000)
    assert beep_ms is not None
    assert beep_ms < 200
    assert locate.near_percent(4_000) == 0


@given(st.lists(st.integers(-12_800, 0), min_size=1, max_size=30))
def test_nearness_is_a_percentage_and_beeps_are_never_faster_than_the_ear(signals: list[int]) -> None:
    locate = Locate(unit(1))
    for cdbm in signals:
        locate.take([read(1, 0, cdbm)])
        assert 0 <= locate.near_percent(0) <= 100
        assert (locate.beep_every_ms(0) or Locate.FASTEST_BEEP_MS) >= Locate.FASTEST_BEEP_MS
