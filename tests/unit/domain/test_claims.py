"""Who may work on a thing: one machine at a time, for a while."""

import pytest

from retail_core.domain.claims import CLAIM_MS, MAX_CLAIM_MS, Granted, Held, Refused, Sold, decided, decided_of_unit

NOW_MS = 1_800_000_000_000
HELD = Held("T1", NOW_MS + CLAIM_MS)
YEAR_MS = 365 * 86_400_000


def test_what_nobody_works_on_is_given_to_whoever_asks_first() -> None:
    assert decided(None, "T1", CLAIM_MS, NOW_MS) == Granted(NOW_MS + CLAIM_MS)
    assert decided(HELD, "T2", CLAIM_MS, NOW_MS) == Refused("T1")


def test_whoever_has_it_may_ask_again_and_give_it_back() -> None:
    assert decided(HELD, "T1", CLAIM_MS, NOW_MS + 5) == Granted(NOW_MS + 5 + CLAIM_MS)
    assert decided(HELD, "T1", 0, NOW_MS) == Granted(NOW_MS)


def test_nothing_is_given_for_ever() -> None:
    assert decided(None, "T1", YEAR_MS, NOW_MS) == Granted(NOW_MS + MAX_CLAIM_MS)
    assert decided(HELD, "T2", CLAIM_MS, HELD.until_ms) == Granted(HELD.until_ms + CLAIM_MS)


@pytest.mark.parametrize("back_ms", [MAX_CLAIM_MS, 3_600_000, YEAR_MS])
def test_a_clock_that_was_put_back_holds_nothing_up(back_ms: int) -> None:
    assert isinstance(decided(HELD, "T2", CLAIM_MS, NOW_MS - back_ms), Granted)


def test_a_unit_that_was_sold_is_refused_to_everybody_and_given_back_by_whoever_had_it() -> None:
    sold = Sold("T1", "R-7")
    for asker in ("T1", "T2"):
        assert decided_of_unit(sold, None, asker, CLAIM_MS, NOW_MS) == Refused("T1", "R-7")
    assert decided_of_unit(sold, HELD, "T1", 0, NOW_MS) == Granted(NOW_MS)
    assert decided_of_unit(None, HELD, "T2", CLAIM_MS, NOW_MS) == Refused("T1")
    assert decided_of_unit(None, None, "T2", CLAIM_MS, NOW_MS) == Granted(NOW_MS + CLAIM_MS)
