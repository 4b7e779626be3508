"""A sender loses nothing whatever the peer answers, and never spins."""

import pytest

from retail_core.sync import sender
from retail_core.sync.backoff import (
    BACKOFF_BASE_MS,
    BACKOFF_CAP_MS,
    BACKOFF_FLOOR_MS,
    PACE_CAP_MS,
    RETRY_AFTER_CAP_MS,
    after_failure,
    pause,
)
from retail_core.sync.push import (
    Answered,
    Checked,
    Failed,
    Load,
    Loaded,
    Phase,
    Record,
    Role,
    Send,
    Tick,
    TooLarge,
    Witnessed,
    Woken,
)
from retail_core.wire.envelope import Head
from retail_core.wire.messages import DamagedAnswer, ForkAnswer, GapAnswer, Pace, PushAnswer, PushHeader
from tests.unit.sync.chains import STREAM, entries, head_of
from tests.unit.sync.sender_desk import CHAIN, Answer, Desk, ok

# ── the plain way ────────────────────────────────────────────────────────────────────────────────


def test_what_is_owed_is_sent_recorded_and_then_there_is_rest() -> None:
    desk = Desk().tick()
    assert desk.state.phase is Phase.IN_FLIGHT
    assert desk.sizes() == [(1, 12)]
    assert desk.sent[0].header == PushHeader(STREAM.node, STREAM.epoch, 0)
    desk.answer(ok(desk.at(12), desk.at(7)))
    assert desk.records == [Record("store", STREAM, desk.at(12), desk.at(7), (), 0)]
    assert desk.state.phase is Phase.RESTING
    assert len(desk.sent) == 1


def test_a_batch_has_at_most_500_events_and_the_next_follows_at_once() -> None:
    desk = Desk(entries(501)).tick()
    assert desk.sizes() == [(1, 500)]
    desk.answer(ok(desk.at(500)))
    assert desk.sizes() == [(1, 500), (501, 501)]
    assert desk.sent[1].header.prev_hash == desk.at(500).chain_hash


def test_one_request_at_a_time_and_late_answers_count_for_nothing() -> None:
    desk = Desk().tick().tick().give(Woken())
    assert len(desk.sent) == 1
    before = desk.state
    for late in (Answered(99, ok(desk.at(12))), Failed(0), TooLarge(7), Loaded((), ()), Checked(()), Witnessed(Head())):
        assert desk.give(late).state == before


def test_a_wake_while_reading_is_not_lost() -> None:
    state, actions = sender.step(Desk(CHAIN[:3], through=3).state, Tick(), 1_000, 0.0)
    assert isinstance(actions[0], Load)
    state, _ = sender.step(state, Woken(), 1_000, 0.0)
    own = (CHAIN[2].chain_hash, bytes(32))
    state, actions = sender.step(state, Loaded(own, ()), 1_000, 0.0)
    assert isinstance(actions[0], Load)
    state, actions = sender.step(state, Loaded(own, CHAIN[3:4]), 1_000, 0.0)
    assert isinstance(actions[0], Send)


def test_a_wake_starts_a_resting_sender_and_so_does_time() -> None:
    desk = Desk(CHAIN[:3], through=3).tick()
    assert desk.state.phase is Phase.RESTING
    desk.copy.append(CHAIN[3])
    assert desk.tick().sizes() == []
    assert desk.give(Woken()).sizes() == [(4, 4)]
    forgotten = Desk(CHAIN[:3], through=3).tick()
    forgotten.copy.append(CHAIN[3])
    assert forgotten.tick(sender.POLL_MS).sizes() == [(4, 4)]


def test_the_peer_is_told_what_hq_has() -> None:
    desk = Desk(through=8, hq=5).tick()
    header = desk.sent[0].header
    assert (header.acked_seq, header.acked_hash) == (5, desk.at(5).chain_hash)


def test_the_receivers_pace_is_kept_within_bounds() -> None:
    desk = Desk().tick().answer(ok(head_of(CHAIN, 12), pace=Pace(5, 2_000)))
    assert (desk.state.phase, desk.state.due_ms) == (Phase.WAITING, desk.now + 2_000)
    assert desk.state.max_events == 5
    desk.copy += entries(8, after=CHAIN)
    assert desk.tick(1_999).sizes() == [(1, 12)]
    assert desk.tick(1).sizes() == [(1, 12), (13, 17)]
    assert pause(-5) == 0
    assert pause(10**9) == PACE_CAP_MS


# ── back-off ─────────────────────────────────────────────────────────────────────────────────────


def test_failures_wait_ever_longer_with_full_jitter_and_the_peers_word() -> None:
    assert after_failure(1, 0, 0.0) == BACKOFF_FLOOR_MS
    assert after_failure(1, 0, 0.5) == BACKOFF_BASE_MS // 2
    assert after_failure(3, 0, 0.5) == BACKOFF_BASE_MS * 2
    assert after_failure(99, 0, 0.999) <= BACKOFF_CAP_MS
    assert after_failure(1, 7_000, 0.0) == 7_000
    assert after_failure(1, 10**9, 0.0) == RETRY_AFTER_CAP_MS


def test_a_failed_push_is_sent_again_unchanged() -> None:
    desk = Desk().tick()
    desk.give(Failed(desk.sent[0].request, 3_000))
    assert desk.state.phase is Phase.WAITING
    desk.tick(3_000 - 1)
    assert len(desk.sent) == 1
    desk.tick(30_000)
    assert desk.sizes() == [(1, 12), (1, 12)]
    desk.answer(ok(desk.at(12)))
    assert desk.state.failures == 0


def test_no_answer_is_a_failure_after_30_seconds() -> None:
    desk = Desk().tick().tick(sender.REQUEST_TIMEOUT_MS)
    assert (desk.state.phase, desk.state.failures) == (Phase.WAITING, 1)
    desk.give(Woken())
    assert len(desk.sent) == 1


def test_a_read_that_never_came_back_is_asked_again() -> None:
    state, _ = sender.step(Desk().state, Tick(), 0, 0.0)
    assert sender.step(state, Tick(), 10, 0.0) == (state, ())
    _, actions = sender.step(state, Tick(), sender.REQUEST_TIMEOUT_MS, 0.0)
    assert isinstance(actions[0], Load)


def test_too_large_a_batch_is_halved_and_grows_again() -> None:
    desk = Desk().tick()
    desk.give(TooLarge(desk.sent[0].request)).tick(1_000)
    assert desk.sizes()[-1] == (1, 6)
    desk.give(TooLarge(desk.sent[1].request)).tick(2_000)
    assert desk.sizes()[-1] == (1, 3)
    desk.answer(ok(desk.at(3)))
    assert desk.sizes()[-1] == (4, 12)


@pytest.mark.parametrize(
    "nonsense",
    [
        PushAnswer(12, "zz"),
        PushAnswer(12, "00"),
        PushAnswer(-1, "00" * 32),
        ForkAnswer(3, "zz"),
        GapAnswer(-5),
        GapAnswer(50),
        GapAnswer(1),
        DamagedAnswer(0),
        DamagedAnswer(13),
    ],
)
def test_an_answer_that_can_not_be_is_a_failure(nonsense: Answer) -> None:
    desk = Desk().tick().answer(nonsense)
    assert (desk.state.phase, desk.state.failures, desk.state.through) == (Phase.WAITING, 1, Head())
    assert not desk.others


def test_a_peer_that_accepts_without_keeping_anything_can_not_make_us_spin() -> None:
    desk = Desk(through=4).tick().answer(ok(head_of(CHAIN, 4)))
    assert (desk.state.phase, desk.state.failures) == (Phase.WAITING, 1)


# ── what the peer has ────────────────────────────────────────────────────────────────────────────


def test_a_peer_that_has_more_of_our_chain_saves_the_sending() -> None:
    desk = Desk(entries(600)).tick().answer(ok(head_of(entries(600), 599), head_of(entries(600), 300)))
    assert desk.sizes() == [(1, 500), (600, 600)]
    assert (desk.state.through, desk.state.hq) == (desk.at(599), desk.at(300))


def test_only_hq_decides_what_hq_has() -> None:
    direct = Desk(peer=sender.HQ_PEER).tick().answer(ok(head_of(CHAIN, 12)))
    assert direct.state.hq == head_of(CHAIN, 12)
    by_relay = Desk().tick().answer(ok(head_of(CHAIN, 12)))
    assert by_relay.state.hq == Head()
    lying = Desk(hq=3).tick().answer(ok(head_of(CHAIN, 12), Head(9, b"" * 32)))
    assert (lying.state.through.seq, lying.state.hq) == (12, head_of(CHAIN, 3))
    stale = Desk(through=4, hq=3).tick().answer(ok(head_of(CHAIN, 12), head_of(CHAIN, 2)))
    assert stale.state.hq == head_of(CHAIN, 3)
    same = Desk().tick().answer(ok(head_of(CHAIN, 12), head_of(CHAIN, 12)))
    assert same.state.hq == head_of(CHAIN, 12)


def test_a_gap_is_filled_from_where_the_peer_ends() -> None:
    desk = Desk(through=9, hq=5).tick().answer(GapAnswer(6))
    assert desk.sizes() == [(10, 12), (6, 12)]
    assert desk.state.through == desk.at(5)
    assert desk.records[-1].through == desk.at(5)
    desk.answer(GapAnswer(4))  # a peer that asks for ever less is not answered at once
    assert desk.state.phase is Phase.WAITING
    assert desk.tick(60_000).sizes()[-1] == (4, 12)


def test_hq_that_came_back_from_a_backup_lowers_what_is_known_of_it() -> None:
    desk = Desk(through=9, hq=9, peer=sender.HQ_PEER).tick().answer(GapAnswer(4))
    assert desk.state.hq == desk.at(3)
    assert desk.sizes()[-1] == (4, 12)


def test_the_store_is_asked_until_hq_is_known_to_have_it_all() -> None:
    desk = Desk().tick()
    assert not sender.unanswered(desk.state)
    desk.answer(ok(desk.at(12), desk.at(3)))
    assert sender.unanswered(desk.state)
    desk.give(Witnessed(desk.at(12), desk.at(12)))
    assert not sender.unanswered(desk.state)
    assert desk.records[-1].hq == desk.at(12)
    assert not sender.unanswered(Desk(through=9, hq=2, peer=sender.HQ_PEER).tick().state)


def test_a_store_whose_disk_was_replaced_gets_again_what_hq_lacks() -> None:
    desk = Desk(through=12, hq=5).tick()
    assert desk.state.phase is Phase.RESTING
    desk.give(Witnessed(Head()))
    assert desk.sizes() == [(6, 12)]
    older = Desk(through=12, hq=5).tick().give(Witnessed(head_of(CHAIN, 8), head_of(CHAIN, 4)))
    assert older.sizes() == [(9, 12)]
    nothing_yet = Desk(CHAIN[:3]).tick().answer(ok(head_of(CHAIN, 3))).give(Witnessed(Head()))
    assert nothing_yet.sizes() == [(1, 3), (1, 3)]
    relay = Desk(through=12, base=6, role=Role.RELAY).tick().give(Witnessed(Head()))
    assert relay.sizes() == [(7, 12)]
    ahead = Desk(CHAIN[:5], through=3, hq=5).give(Witnessed(Head()))
    assert ahead.sizes() == [(4, 5)]


def test_what_another_sender_learnt_of_hq_counts() -> None:
    desk = Desk(through=12, hq=5).tick()
    assert sender.acked(desk.state, desk.at(9)).hq == desk.at(9)
    assert sender.acked(desk.state, desk.at(3)).hq == desk.at(5)


def test_a_path_to_another_peer_begins_with_what_that_one_has() -> None:
    desk = Desk(through=9, hq=5).tick()
    late = desk.sent[0].request
    desk.state = sender.moved(desk.state, sender.HQ_PEER, desk.at(5))
    desk.give(Answered(late, ok(desk.at(12)))).tick()
    assert desk.sent[-1].peer == sender.HQ_PEER
    assert desk.sent[-1].request > late
    assert desk.sizes()[-1] == (6, 12)
