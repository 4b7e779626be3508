"""The pull client applies each change once, in slices, trusts only HQ's pages, and never spins."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.sync import feed
from retail_core.sync.feed import (
    Action,
    Applied,
    Apply,
    Failed,
    FeedState,
    Gone,
    Message,
    Notice,
    Page,
    Phase,
    Pull,
    SnapshotDone,
    TakeSnapshot,
    Tick,
    Woken,
)
from retail_core.wire.messages import MAX_PULL_LIMIT, MAX_PULL_WAIT_S, FeedRow, PageHead

SCOPE = "store:S0319"


def rows(first: int, last: int) -> list[FeedRow]:
    return [FeedRow(rev, "order", f"O-{rev}", doc=msgspec.Raw(b"{}")) for rev in range(first, last + 1)]


class Client:
    """A feed and what it asked for; slices are written at once, in `took_ms` each."""

    def __init__(self, cursor: int = 0, generation: str = "g1", took_ms: int = 5) -> None:
        self.state = feed.start(SCOPE, cursor, generation, ("order:1",))
        self.now = 1_000
        self.took_ms = took_ms
        self.writes = True
        self.asked: list[Pull | TakeSnapshot] = []
        self.applied: list[Apply] = []
        self.notices: list[str] = []

    def give(self, message: Message) -> "Client":
        messages = [message]
        while messages:
            self.state, actions = feed.step(self.state, messages.pop(0), self.now, 0.5)
            for action in actions:
                messages += self.perform(action)
        return self

    def perform(self, action: Action) -> list[Message]:
        match action:
            case Apply():
                self.applied.append(action)
                return [Applied(action.cursor, self.took_ms)] if self.writes else []
            case Notice():
                self.notices.append(action.code)
            case Pull() | TakeSnapshot():
                self.asked.append(action)
        return []

    def page(
        self,
        found: list[FeedRow],
        *,
        head: int = 0,
        to_rev: int = 0,
        generation: str = "g1",
        genuine: bool = True,
        scope: str = SCOPE,
        from_rev: int | None = None,
    ) -> "Client":
        begin = self.state.cursor if from_rev is None else from_rev
        end = to_rev or (found[-1].rev if found else begin)
        answer = PageHead(scope, begin, end, head or end, generation)
        return self.give(Page(self.state.request, answer, found, genuine))

    def tick(self, later_ms: int = 0) -> "Client":
        self.now += later_ms
        return self.give(Tick())


def test_changes_are_applied_and_the_next_question_waits_at_the_server() -> None:
    client = Client(cursor=7).tick()
    assert client.asked == [Pull(1, SCOPE, 7, MAX_PULL_LIMIT, MAX_PULL_WAIT_S, ("order:1",))]
    client.page(rows(8, 10))
    assert client.applied == [Apply(SCOPE, rows(8, 10), 10, "g1")]
    assert client.asked[-1] == Pull(2, SCOPE, 10, MAX_PULL_LIMIT, MAX_PULL_WAIT_S, ("order:1",))
    assert client.state.caught_up


def test_when_more_is_waiting_the_question_does_not_wait() -> None:
    client = Client().tick().page(rows(1, 5), head=9)
    assert not client.state.caught_up
    assert client.asked[-1] == Pull(2, SCOPE, 5, MAX_PULL_LIMIT, 0, ("order:1",), fresh=True)


def test_whoever_began_at_nothing_says_so_until_it_has_everything() -> None:
    client = Client().tick().page(rows(1, 5), head=9).page(rows(6, 9), head=9)
    assert [pull.fresh for pull in client.asked if isinstance(pull, Pull)] == [True, True, False]
    client.give(Gone(client.state.request)).give(SnapshotDone(client.state.request, 0, ""))
    assert isinstance(client.asked[-1], Pull)
    assert client.asked[-1].fresh
    client.page([], to_rev=0)  # an empty scope
    assert not client.state.fresh
    assert not Client(cursor=7).tick().state.fresh


def test_rows_that_this_client_does_not_get_still_move_the_cursor() -> None:
    client = Client(cursor=3).tick().page([], to_rev=9)
    assert client.applied == [Apply(SCOPE, [], 9, "g1")]


def test_a_big_page_is_written_in_slices_that_adapt() -> None:
    client = Client(took_ms=40).tick().page(rows(1, 500))
    sizes = [len(apply.rows) for apply in client.applied]
    assert sizes[:3] == [200, 100, 50]
    assert sum(sizes) == 500
    assert [apply.cursor for apply in client.applied][:2] == [200, 300]
    assert client.applied[-1].cursor == 500
    fast = Client(took_ms=1).tick().page(rows(1, 1_000))
    assert [len(apply.rows) for apply in fast.applied] == [200, 400, 400]


@pytest.mark.parametrize(("now", "took_ms", "size"), [(200, 20, 200), (200, 0, 400), (20, 500, 20), (4_000, 1, 5_000)])
def test_a_slice_takes_about_one_frame(now: int, took_ms: int, size: int) -> None:
    assert feed.slice_size(now, took_ms) == size


def test_nothing_new_is_no_reason_to_spin() -> None:
    client = Client(cursor=5).tick().page([])
    assert (client.state.phase, client.state.due_ms) == (Phase.RESTING, client.now + feed.EMPTY_PAUSE_MS)
    assert len(client.asked) == 1
    client.tick(feed.EMPTY_PAUSE_MS)
    assert len(client.asked) == 2


def test_the_first_empty_page_brings_the_generation() -> None:
    client = Client(generation="").tick().page([], generation="g7")
    assert client.applied == [Apply(SCOPE, [], 0, "g7")]


def test_a_forged_page_is_not_applied() -> None:
    client = Client().tick().page(rows(1, 3), genuine=False)
    assert (client.notices, client.applied, client.state.phase) == (["feed.forged_page"], [], Phase.WAITING)


@pytest.mark.parametrize(
    ("found", "facts"),
    [
        (rows(1, 3), {"scope": "store:S0001"}),
        (rows(1, 3), {"from_rev": 1}),
        (rows(1, 3), {"to_rev": 2}),
        ([*rows(2, 3), *rows(1, 1)], {}),
        (rows(0, 2), {}),
    ],
)
def test_a_page_that_is_not_the_one_asked_for_is_not_applied(found: list[FeedRow], facts: dict[str, int]) -> None:
    client = Client().tick().page(found, **facts)  # type: ignore[arg-type] # a table of keywords
    assert (client.notices, client.applied) == (["feed.wrong_page"], [])


def test_hq_from_a_backup_means_the_down_side_anew() -> None:
    client = Client(cursor=70).tick().page(rows(71, 72), generation="g2")
    assert client.notices == ["feed.new_generation"]
    assert client.asked[-1] == TakeSnapshot(2, SCOPE)
    assert not client.applied
    client.give(SnapshotDone(2, 40, "g2"))
    assert isinstance(client.asked[-1], Pull)
    assert (client.state.cursor, client.state.generation) == (40, "g2")


def test_a_cursor_too_old_means_a_snapshot() -> None:
    client = Client(cursor=3).tick().give(Gone(1))
    assert client.asked[-1] == TakeSnapshot(2, SCOPE)
    client.give(Failed(2, 9_000))
    assert (client.state.phase, client.state.due_ms) == (Phase.WAITING, client.now + 9_250)
    client.tick(10_000)
    assert isinstance(client.asked[-1], Pull)


def test_failures_wait_and_news_end_the_waiting() -> None:
    client = Client().tick().give(Failed(1))
    assert client.state.phase is Phase.WAITING
    client.tick(1)
    assert len(client.asked) == 1
    client.give(Woken())
    assert len(client.asked) == 2
    assert client.give(Woken()).state.phase is Phase.PULLING
    assert len(client.asked) == 2


@pytest.mark.parametrize("late_ms", [feed.PULL_TIMEOUT_MS, 10**7])
def test_no_answer_is_a_failure(late_ms: int) -> None:
    client = Client().tick().tick(late_ms)
    assert (client.state.phase, client.state.failures) == (Phase.WAITING, 1)


def test_a_slice_that_could_not_be_written_is_pulled_again() -> None:
    client = Client().tick()
    client.writes = False
    client.page(rows(1, 500))
    assert client.state.phase is Phase.APPLYING
    client.give(Applied(7, 1))  # of another slice
    assert client.state.phase is Phase.APPLYING
    client.give(Failed(client.state.request))
    assert (client.state.phase, client.state.cursor) == (Phase.WAITING, 0)
    client.give(Applied(200, 1))
    assert client.state.cursor == 0


def test_late_and_repeated_answers_count_for_nothing() -> None:
    client = Client().tick().page([])
    before: FeedState = client.state
    empty = Page(1, PageHead(SCOPE, 0, 0, 0, "g1"), [], genuine=True)
    for late in (empty, Gone(1), Failed(1), SnapshotDone(1, 0, ""), Failed(9), Tick()):
        assert client.give(late).state == before


@given(st.lists(st.integers(1, 400), max_size=6), st.integers(0, 60))
def test_every_row_is_written_once_and_in_order(pages: list[int], took_ms: int) -> None:
    client = Client(took_ms=took_ms).tick()
    at = 0
    for size in pages:
        client.page(rows(at + 1, at + size))
        at += size
    assert [row.rev for apply in client.applied for row in apply.rows] == list(range(1, at + 1))
    assert client.state.cursor == at
