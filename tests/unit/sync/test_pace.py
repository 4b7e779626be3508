"""What a receiver asks of its senders: a pause for those who send much while others wait, and nothing of anybody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.sync.backoff import PACE_CAP_MS, pause
from retail_core.sync.pace import FEWEST_EVENTS, MAX_DELAY_MS, SLOW_MS, Load
from retail_core.wire.messages import MAX_EVENTS_PER_BATCH, Pace


def test_with_nobody_waiting_a_backlog_goes_up_as_fast_as_it_can() -> None:
    assert Load().after(40).pace(0, 8, 500) == Pace()


def test_whoever_sends_full_batches_pauses_until_the_line_is_done() -> None:
    assert Load(100).pace(16, 8, 500).delay_ms == 200
    assert Load(100).pace(16, 8, 250).delay_ms == 100


def test_a_single_sale_never_pauses() -> None:
    assert Load(3_000).pace(64, 8, 1).delay_ms == 0


def test_a_pause_too_short_to_matter_is_none() -> None:
    assert Load(20).pace(8, 8, 500).delay_ms == 0


def test_of_a_slow_writer_smaller_batches_come_back_in_time() -> None:
    assert Load(SLOW_MS).pace(0, 8, 500).max_events == MAX_EVENTS_PER_BATCH
    assert Load(2 * SLOW_MS).pace(0, 8, 500).max_events == MAX_EVENTS_PER_BATCH // 2
    assert Load(1e9).pace(0, 8, 500).max_events == FEWEST_EVENTS


def test_the_newest_batches_count_most_and_one_slow_one_is_soon_forgotten() -> None:
    load = Load().after(8_000)
    assert load.took_ms == 8_000
    for _ in range(40):
        load = load.after(50)
    assert load.took_ms == pytest.approx(50, abs=50)


@given(st.floats(-1e6, 1e12), st.integers(-5, 10**6), st.integers(-5, 64), st.integers(0, 10_000))
def test_what_is_asked_is_bounded_whatever_the_load(took_ms: float, waiting: int, at_once: int, events: int) -> None:
    asked = Load().after(took_ms).after(took_ms).pace(waiting, at_once, events)
    assert FEWEST_EVENTS <= asked.max_events <= MAX_EVENTS_PER_BATCH
    assert 0 <= asked.delay_ms <= MAX_DELAY_MS <= PACE_CAP_MS
    assert pause(asked.delay_ms) == asked.delay_ms
