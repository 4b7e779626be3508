"""What the till at a lost one's place knows of it: which numbers head office has, which the store, and which nobody."""

from pos_app.service.recovery import SeenOfSeries, seen_by_series
from retail_core.durable.recovery import LostDoc
from retail_core.wire.recovery import SeenSeries


def seen(series: str, counter: int, at_ms: int = 1) -> SeenSeries:
    return SeenSeries("node-lost", series, f"S1-T3-{series}-{counter:06d}", counter, at_ms)


def test_numbers_that_the_store_has_and_head_office_lacks_are_listed_one_by_one() -> None:
    (found,) = seen_by_series(LostDoc("q", (seen("A", 2, 77),), (seen("A", 5),)))
    on_the_way = ("S1-T3-A-000003", "S1-T3-A-000004", "S1-T3-A-000005")
    assert found == SeenOfSeries("A", "S1-T3-A-000002", 77, on_the_way, unread=False)


def test_a_series_that_head_office_has_nothing_of_begins_at_one() -> None:
    first, second = seen_by_series(LostDoc("q", (seen("B", 9),), (seen("C", 1), seen("B", 9))))
    assert (first.series, first.on_the_way) == ("B", ())
    assert (second.series, second.last_at_hq, second.on_the_way) == ("C", "", ("S1-T3-C-000001",))


def test_while_head_office_is_away_the_stores_last_number_is_told_alone() -> None:
    (found,) = seen_by_series(LostDoc("q", None, (seen("A", 5),)))
    assert (found.unread, found.last_at_hq, found.on_the_way) == (True, "", ("S1-T3-A-000005",))


def test_series_stand_in_the_order_they_were_given_out() -> None:
    names = [one.series for one in seen_by_series(LostDoc("q", tuple(seen(one, 1) for one in ("AA", "Z", "B"))))]
    assert names == ["B", "Z", "AA"]
