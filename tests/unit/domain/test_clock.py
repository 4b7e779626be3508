"""Another clock is known by our running time: setting ours changes nothing of it."""

from retail_core.domain.clock import OtherClock
from tests.support.shop import ManualClock

HOUR_MS = 3_600_000


def test_a_clock_nobody_measured_is_taken_for_ours() -> None:
    assert OtherClock().offset_ms(ManualClock()) == 0


def test_setting_our_clock_changes_only_how_far_the_other_one_is_ahead() -> None:
    ours = ManualClock()
    other = OtherClock().measured(ours, -140)
    ours.pass_ms(HOUR_MS)
    assert other.offset_ms(ours) == -140
    ours.wall_ms += 24 * HOUR_MS
    assert other.offset_ms(ours) == -140 - 24 * HOUR_MS


def test_a_coarse_measure_changes_only_what_is_further_off() -> None:
    ours = ManualClock()
    exact = OtherClock().measured(ours, 250)
    assert exact.measured(ours, -600, step_ms=2_000) is exact
    assert exact.measured(ours, 9_000, step_ms=2_000).offset_ms(ours) == 9_000
    assert exact.measured(ours, 260).offset_ms(ours) == 260
