"""Another clock is known by our running time: setting ours changes nothing of it."""

from retail_core.domain.clock import OtherClock
from tests.support.shop import ManualClock

HOUR_MS = 3_600_000


def measured(other: OtherClock, ours: ManualClock, offset_ms: int, step_ms: int = 0) -> OtherClock:
    return other.shown(ours.wall_ms + offset_ms, ours.mono_ms, step_ms)


def test_a_clock_nobody_measured_is_taken_for_ours() -> None:
    ours = ManualClock()
    assert OtherClock().offset_ms(ours) == 0
    assert OtherClock().now_ms(ours) == ours.wall_ms


def test_setting_our_clock_changes_only_how_far_the_other_one_is_ahead() -> None:
    ours = ManualClock()
    other = measured(OtherClock(), ours, -140)
    ours.pass_ms(HOUR_MS)
    assert other.offset_ms(ours) == -140
    shows = other.now_ms(ours)
    ours.wall_ms += 24 * HOUR_MS
    assert other.now_ms(ours) == shows
    assert other.offset_ms(ours) == other.offset_ms(ours, ours.wall_ms) == -140 - 24 * HOUR_MS


def test_a_coarse_measure_changes_only_what_is_further_off() -> None:
    ours = ManualClock()
    exact = measured(OtherClock(), ours, 250)
    assert measured(exact, ours, -600, step_ms=2_000) is exact
    assert measured(exact, ours, 9_000, step_ms=2_000).offset_ms(ours) == 9_000
    assert measured(exact, ours, 260).offset_ms(ours) == 260
