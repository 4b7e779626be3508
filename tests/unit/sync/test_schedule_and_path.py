"""The agent's own stream goes first and the others in turn; a peer that is gone is left and tried again."""

from msgspec.structs import replace

from retail_core.sync import path, schedule, sender
from retail_core.sync.push import Phase, Role, SenderState
from retail_core.sync.schedule import Lane
from retail_core.wire.envelope import Head, StreamId


def state(phase: Phase = Phase.RESTING, due_ms: int = 0) -> SenderState:
    begun = sender.start(StreamId("n", "e"), "hq", Role.ORIGIN, Head(), Head())
    return replace(begun, phase=phase, due_ms=due_ms)


def lane(
    name: str, *, phase: Phase = Phase.RESTING, due_ms: int = 0, own: bool = False, oldest: int = 0, served: int = 0
) -> Lane:
    return Lane(StreamId(name, "e"), state(phase, due_ms), own, oldest, served)


def names(lanes: list[Lane], now_ms: int = 1_000, at_once: int = 2) -> list[str]:
    return [stream.node for stream in schedule.next_lanes(lanes, now_ms, at_once)]


def test_the_agents_own_orders_go_first_then_who_waited_longest() -> None:
    lanes = [lane("b", oldest=30, served=1), lane("c", oldest=20, served=1), lane("own", own=True, oldest=90, served=7)]
    assert names(lanes, at_once=3) == ["own", "c", "b"]


def test_the_others_come_in_turn() -> None:
    lanes = [lane("a", served=5), lane("b", served=3), lane("c", served=4)]
    assert names(lanes) == ["b", "c"]


def test_no_more_than_agreed_are_under_way() -> None:
    busy = lane("slow", phase=Phase.IN_FLIGHT, due_ms=9_000)
    assert names([busy, lane("a"), lane("b")]) == ["a"]
    assert names([busy, lane("reading", phase=Phase.LOADING, due_ms=9_000), lane("a")]) == []


def test_a_request_whose_time_is_over_is_looked_at_even_when_the_line_is_full() -> None:
    late = [lane(name, phase=Phase.IN_FLIGHT, due_ms=500) for name in ("a", "b")]
    assert names([*late, lane("c")]) == ["a", "b"]


def test_who_waits_is_left_alone() -> None:
    assert names([lane("a", phase=Phase.WAITING, due_ms=5_000), lane("b", due_ms=1_000)]) == ["b"]


def test_a_peer_is_left_after_two_failures_and_tried_again_later() -> None:
    way = path.path(["store", "hq"])
    way = path.failed(way, 0)
    assert way.peer == "store"
    way = path.failed(way, 0)
    assert way.peer == "hq"
    assert path.answered(way, path.RETRY_BETTER_MS - 1).peer == "hq"
    way = path.answered(way, path.RETRY_BETTER_MS)
    assert way.peer == "store"
    assert path.failed(way, 0).peer == "hq"  # one failure is enough for one that was only tried


def test_a_machine_that_has_nothing_to_send_goes_back_to_its_store_when_it_answers() -> None:
    way = path.failed(path.failed(path.path(["store", "hq"]), 0), 0)
    assert path.greeted(way, "store", path.RETRY_BETTER_MS - 1) is way
    assert path.greeted(way, "hq", path.RETRY_BETTER_MS) is way
    back = path.greeted(way, "store", path.RETRY_BETTER_MS)
    assert (back.peer, path.failed(back, 0).peer) == ("store", "hq")
    assert path.greeted(back, "store", 1 << 40) is back


def test_an_answer_forgives_a_failure() -> None:
    way = path.answered(path.failed(path.path(["store", "hq"]), 0), 0)
    assert path.failed(way, 0).peer == "store"


def test_nobody_is_given_up() -> None:
    way = path.path(["hq"])
    for _ in range(9):
        way = path.failed(way, 0)
        assert way.peer == "hq"


def test_peers_found_or_lost_do_not_disturb_the_one_in_use() -> None:
    way = path.failed(path.path(["store", "hq"]), 0)
    assert path.known(way, ["store", "other", "hq"]) == path.PathState(("store", "other", "hq"), 0, 1, 0)
    assert path.known(way, ["other", "hq"]).peer == "other"
    moved = path.known(path.failed(way, 0), ["store", "other", "hq"])
    assert (moved.peer, moved.failures) == ("hq", 0)
