"""A sender loses nothing whatever the peer answers, never spins, and says when a till went back in time."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.errors import InvariantError
from retail_core.domain.events import SyncDamaged
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
    Action,
    Answered,
    Check,
    Checked,
    Failed,
    Load,
    Loaded,
    Message,
    Notice,
    OpenEpoch,
    Phase,
    Record,
    Role,
    Send,
    SenderState,
    Tick,
    TooLarge,
    Why,
    Witnessed,
    Woken,
)
from retail_core.wire.envelope import Head, StreamEntry, StreamId
from retail_core.wire.events import decode_event
from retail_core.wire.messages import DamagedAnswer, ForkAnswer, GapAnswer, Pace, PushAnswer, PushHeader
from tests.unit.sync.chains import STREAM, entries, head_of

CHAIN = entries(12)
OTHER = entries(6, mark="x", after=CHAIN[:4])
Answer = PushAnswer | GapAnswer | ForkAnswer | DamagedAnswer


def ok(at: Head, hq: Head | None = None, pace: Pace | None = None) -> PushAnswer:
    hq = hq or Head()
    return PushAnswer(at.seq, at.chain_hash.hex(), hq.seq, hq.chain_hash.hex() if hq.seq else "", next=pace or Pace())


class Desk:
    """A sender and the copy it reads; local reads are answered at once, what it sends is kept."""

    def __init__(
        self,
        copy: Sequence[StreamEntry] = CHAIN,
        *,
        through: int = 0,
        hq: int = 0,
        base: int = 0,
        role: Role = Role.ORIGIN,
        peer: str = "store",
    ) -> None:
        self.copy = list(copy)
        self.base = base
        self.now = 1_000
        self.jitter = 0.5
        self.state = sender.start(
            STREAM, peer, role, head_of(copy, through), head_of(copy, hq), head_of(copy, base) if base else None
        )
        self.sent: list[Send] = []
        self.others: list[Action] = []

    def give(self, message: Message) -> "Desk":
        messages = [message]
        while messages:
            self.state, actions = sender.step(self.state, messages.pop(0), self.now, self.jitter)
            for action in actions:
                match action:
                    case Load():
                        messages.append(self.load(action))
                    case Check():
                        messages.append(Checked(tuple(self.hash_at(seq) for seq in action.seqs)))
                    case Send():
                        self.sent.append(action)
                    case _:
                        self.others.append(action)
        return self

    def load(self, action: Load) -> Loaded:
        above = [placed for placed in self.copy if placed.seq > max(action.after, self.base)]
        return Loaded(tuple(self.hash_at(seq) for seq in action.check), above[: action.limit])

    def hash_at(self, seq: int) -> bytes | None:
        if 0 < seq < self.base or seq > len(self.copy):
            return None
        return head_of(self.copy, seq).chain_hash

    def tick(self, later_ms: int = 0) -> "Desk":
        self.now += later_ms
        return self.give(Tick())

    def answer(self, answer: Answer) -> "Desk":
        return self.give(Answered(self.sent[-1].request, answer))

    @property
    def records(self) -> list[Record]:
        return [action for action in self.others if isinstance(action, Record)]

    @property
    def notices(self) -> list[str]:
        return [action.code for action in self.others if isinstance(action, Notice)]

    @property
    def opened(self) -> list[OpenEpoch]:
        return [action for action in self.others if isinstance(action, OpenEpoch)]

    def at(self, seq: int) -> Head:
        return head_of(self.copy, seq)

    def sizes(self) -> list[tuple[int, int]]:
        """(first, last) position of every batch sent."""
        return [(send.entries[0].seq, send.entries[-1].seq) for send in self.sent]


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


# ── two branches ─────────────────────────────────────────────────────────────────────────────────

PUT_BACK = [*CHAIN[:4], *OTHER]  # a till put back after 4 that has sold six times since


@pytest.mark.parametrize(
    "answer",
    [
        ForkAnswer(9, CHAIN[8].chain_hash.hex()),  # the peer has the sales that were lost
        ok(head_of(CHAIN, 9)),
        ForkAnswer(12, CHAIN[11].chain_hash.hex()),  # and more than we have now
        ok(head_of(CHAIN, 12)),
    ],
)
def test_a_till_that_went_back_in_time_opens_a_new_epoch(answer: Answer) -> None:
    desk = Desk(PUT_BACK, through=2).tick().answer(answer)
    assert desk.state.phase is Phase.FORKED
    assert [opened.source for opened in desk.opened] == [STREAM]
    desk.tick(10**9).give(Woken()).give(Witnessed(Head()))
    assert len(desk.sent) == 1
    assert sender.moved(desk.state, "hq", Head()) == desk.state


@pytest.mark.parametrize(("through", "hq"), [(12, 2), (2, 12), (9, 0)])
def test_its_agent_sees_it_without_asking_anybody(through: int, hq: int) -> None:
    desk = Desk(PUT_BACK)
    recorded = sender.start(STREAM, "store", Role.ORIGIN, head_of(CHAIN, through), head_of(CHAIN, hq))
    desk.state = recorded
    desk.tick()
    assert desk.opened == [OpenEpoch(STREAM, head_of(CHAIN, max(through, hq)))]
    assert not desk.sent


def test_a_peer_asked_at_start_may_know_it_too() -> None:
    desk = Desk(PUT_BACK, through=2).give(Witnessed(head_of(CHAIN, 12)))
    assert desk.opened == [OpenEpoch(STREAM, head_of(CHAIN, 12))]


def test_a_journal_with_a_hole_is_told_apart_from_one_that_is_whole() -> None:
    desk = Desk(through=9).tick()
    desk.base = 7  # somebody deleted what lay below
    desk.answer(GapAnswer(4))
    assert desk.state.phase is Phase.FORKED


def test_a_relay_sends_its_branch_beside_the_stream() -> None:
    desk = Desk(through=4, hq=4, role=Role.RELAY, peer=sender.HQ_PEER).tick()
    desk.answer(ForkAnswer(10, OTHER[-1].chain_hash.hex()))
    assert desk.notices == ["sync.salvage"]
    salvage = desk.sent[-1].header
    assert (salvage.stream, salvage.from_seq, salvage.acked_seq) == (STREAM.salvage, 4, 0)
    assert desk.sizes()[-1] == (5, 12)
    desk.answer(ok(desk.at(12)))
    assert desk.records[-1] == Record(sender.HQ_PEER, STREAM, desk.at(12), desk.at(12), (), 0)
    desk.copy.extend(entries(1, after=CHAIN))
    assert desk.give(Woken()).sent[-1].header.stream == STREAM.salvage


def unjoined() -> Desk:
    """A relay with 7 to 12, while HQ has 1 to 3; it has sent them beside the stream."""
    desk = Desk(through=9, base=6, role=Role.RELAY, peer=sender.HQ_PEER).tick().answer(GapAnswer(3))
    assert desk.sent[-1].header.stream == STREAM.salvage
    assert desk.sizes()[-1] == (7, 12)
    desk.answer(ok(desk.at(12)))
    assert (desk.state.through, desk.state.hq) == (desk.at(12), Head())
    assert desk.records[-1] == Record(sender.HQ_PEER, STREAM, desk.at(6), Head(), (), 0)
    return desk


def test_a_relay_whose_copy_begins_too_late_sends_what_it_has_beside_the_stream() -> None:
    assert unjoined().notices == ["sync.salvage"]


def test_what_went_up_beside_the_stream_acknowledges_nothing_below_it() -> None:
    desk = unjoined()
    assert sender.unanswered(desk.state)
    sent = len(desk.sent)
    desk.give(Witnessed(head_of(CHAIN, 3)))  # HQ still lacks what we never had
    assert len(desk.sent) == sent
    desk.give(Witnessed(head_of(CHAIN, 8)))  # the till has sent it
    assert (desk.sent[-1].header.stream, desk.sizes()[-1]) == (STREAM, (9, 12))
    desk.answer(ok(desk.at(12)))
    assert desk.state.hq == desk.at(12)
    assert not sender.unanswered(desk.state)


def test_a_relay_refused_below_the_base_of_a_salvage_goes_one_deeper() -> None:
    desk = Desk(through=4, role=Role.RELAY).tick().answer(ForkAnswer(10, OTHER[-1].chain_hash.hex()))
    desk.answer(ForkAnswer(12, CHAIN[-1].chain_hash.hex()))
    assert desk.sent[-1].header.stream == STREAM.salvage.salvage


def test_there_is_an_end_to_branches() -> None:
    desk = Desk(through=4, role=Role.RELAY).tick()
    for _ in range(sender.MAX_SALVAGE_DEPTH):
        desk.answer(ForkAnswer(10, OTHER[-1].chain_hash.hex()))
    sent = len(desk.sent)
    desk.answer(ForkAnswer(10, OTHER[-1].chain_hash.hex()))
    assert desk.notices[-1] == "sync.too_many_branches"
    assert (len(desk.sent), desk.state.phase) == (sent, Phase.WAITING)


def test_a_relay_behind_hq_stays_on_its_own_chain() -> None:
    desk = Desk(CHAIN[:8], through=4, role=Role.RELAY, peer=sender.HQ_PEER).tick().answer(ok(head_of(CHAIN, 12)))
    assert desk.state.through == desk.state.hq == desk.at(8)
    asked = Desk(CHAIN[:8], through=4, role=Role.RELAY, peer=sender.HQ_PEER).give(Witnessed(head_of(CHAIN, 12)))
    assert asked.sizes() == [(5, 8)]


def test_a_relay_that_hq_disowns_starts_from_its_beginning() -> None:
    desk = Desk(through=9, hq=9, base=6, role=Role.RELAY, peer=sender.HQ_PEER)
    desk.give(Witnessed(head_of(CHAIN, 3)))  # HQ came back from a backup, and ends before our copy begins
    assert desk.sent[-1].header.stream == STREAM.salvage
    assert desk.sizes()[-1] == (7, 12)


def test_a_relay_that_hq_disagrees_with_sends_its_whole_copy_beside_the_stream() -> None:
    desk = Desk(through=9, hq=9, role=Role.RELAY, peer=sender.HQ_PEER).give(Witnessed(head_of(PUT_BACK, 9)))
    assert desk.sent[-1].header.stream == STREAM.salvage
    assert desk.sizes() == [(1, 12)]  # since nobody knows up to where HQ's backup and ours agree


def test_hq_that_has_nothing_of_a_stream_is_not_joined_to_a_copy_that_begins_later() -> None:
    desk = Desk(through=9, base=6, role=Role.RELAY, peer=sender.HQ_PEER).give(Witnessed(Head()))
    assert (desk.sent[-1].header.stream, desk.sizes()) == (STREAM.salvage, [(7, 12)])


def test_towards_hq_its_acknowledgement_counts_whichever_way_it_came() -> None:
    assert Desk(through=3, hq=8, peer=sender.HQ_PEER).tick().sizes() == [(9, 12)]
    assert Desk(through=8, hq=3, peer=sender.HQ_PEER).state.hq == head_of(CHAIN, 8)


def test_a_relay_that_was_put_back_itself_compares_from_its_beginning() -> None:
    desk = Desk(CHAIN[:6], base=2, role=Role.RELAY)
    desk.state = msgspec.structs.replace(desk.state, through=head_of(CHAIN, 9), hq=head_of(CHAIN, 8))
    desk.tick()
    assert desk.records == [Record("store", STREAM, desk.at(2), Head())]
    assert desk.sizes() == [(3, 6)]


def test_a_relay_given_a_wrong_base_waits() -> None:
    desk = Desk(CHAIN[:6], base=2, role=Role.RELAY)
    wrong = Head(2, b"" * 32)
    desk.state = msgspec.structs.replace(desk.state, through=wrong, base=wrong)
    assert desk.tick().state.phase is Phase.WAITING
    assert not desk.sent


def test_an_origin_refused_below_the_base_of_a_peers_copy_goes_on_above_it() -> None:
    desk = Desk().tick().answer(ForkAnswer(9, CHAIN[8].chain_hash.hex()))
    assert desk.sizes() == [(1, 12), (10, 12)]
    stubborn = Desk(through=9).tick().answer(ForkAnswer(9, CHAIN[8].chain_hash.hex()))
    assert stubborn.state.phase is Phase.WAITING


def test_an_origin_has_its_whole_journal() -> None:
    with pytest.raises(InvariantError):
        sender.start(STREAM, "hq", Role.ORIGIN, Head(), Head(), head_of(CHAIN, 3))


# ── damage ───────────────────────────────────────────────────────────────────────────────────────


def test_damage_is_read_again_and_after_three_tries_a_stand_in_keeps_the_place() -> None:
    desk = Desk(CHAIN[:6]).tick()
    assert not desk.sent[0].full
    for n in range(sender.DAMAGED_TRIES):
        desk.answer(DamagedAnswer(3)).tick(60_000)
        assert desk.sent[-1].full
        assert desk.notices == (["sync.damaged"] if n == sender.DAMAGED_TRIES - 1 else [])
    placed = desk.sent[-1].entries[2]
    assert (placed.seq, placed.chain_hash, placed.entry.entry_hash) == (
        3, CHAIN[2].chain_hash, CHAIN[2].entry.entry_hash,
    )  # fmt: skip
    told = decode_event(placed.entry.type, placed.entry.v, placed.entry.body)
    assert isinstance(told, SyncDamaged)
    assert told.claimed_id == CHAIN[2].entry.id
    assert placed.entry.id != CHAIN[2].entry.id
    assert desk.sent[-1].entries[3] == CHAIN[3]
    desk.answer(ok(desk.at(6)))
    assert (desk.state.stand_ins, desk.state.damaged_tries) == ((), 0)
    desk.copy.extend(entries(1, after=CHAIN[:6]))
    assert not desk.give(Woken()).sent[-1].full


def test_a_stand_in_that_is_refused_too_is_tried_with_patience() -> None:
    desk = Desk(CHAIN[:6]).tick()
    for _ in range(2 * sender.DAMAGED_TRIES):
        desk.answer(DamagedAnswer(3)).tick(60_000)
    assert desk.notices == ["sync.damaged"]
    assert desk.state.stand_ins == (3,)


def test_an_entry_too_large_to_travel_gives_its_place_to_a_stand_in_and_the_stream_goes_on() -> None:
    desk = Desk(CHAIN[:1]).tick()
    for _ in range(sender.DAMAGED_TRIES):
        assert desk.sent[-1].entries[0] == CHAIN[0]
        desk.give(TooLarge(desk.sent[-1].request)).tick(60_000)
    assert desk.notices == ["sync.damaged"]
    assert desk.sent[-1].entries[0].entry.type == "sync.damaged"
    desk.copy.extend(CHAIN[1:3])
    desk.answer(ok(desk.at(1)))
    assert desk.sent[-1].entries == CHAIN[1:3]


def test_damage_in_another_place_is_counted_anew() -> None:
    desk = Desk(CHAIN[:6]).tick()
    for seq in (3, 3, 4, 3):
        desk.answer(DamagedAnswer(seq)).tick(60_000)
    assert (desk.state.damaged_at, desk.state.damaged_tries) == (3, 1)


def test_damage_that_nobody_can_place_is_sent_in_smaller_pieces_with_every_hash() -> None:
    desk = Desk().tick().answer(DamagedAnswer(None)).tick(60_000)
    assert desk.sizes()[-1] == (1, 6)
    assert desk.sent[-1].full


# ── what may end a batch ─────────────────────────────────────────────────────────────────────────


def unsigned(placed: StreamEntry) -> StreamEntry:
    return msgspec.structs.replace(placed, entry=msgspec.structs.replace(placed.entry, sig=b""))


def test_a_batch_ends_on_a_signature() -> None:
    copy = [unsigned(placed) if placed.seq not in {4, 9} else placed for placed in CHAIN]
    assert [placed.seq for placed in sender.cut(copy, 12)] == list(range(1, 10))
    assert [placed.seq for placed in sender.cut(copy, 2)] == [1, 2, 3, 4]
    assert sender.cut(copy[9:], 12) == ()
    assert sender.cut(copy[9:], 2) == ()
    desk = Desk(copy, role=Role.RELAY).tick()
    assert desk.sizes() == [(1, 9)]
    desk.answer(ok(desk.at(9)))
    assert desk.state.phase is Phase.RESTING  # the rest waits for its signature


@given(
    loss=st.lists(st.sampled_from(["ok", "answer lost", "request lost", "gap", "repeated"]), max_size=40),
    size=st.integers(1, 5),
)
def test_whatever_is_lost_or_repeated_everything_arrives_in_order(loss: list[str], size: int) -> None:
    desk = Desk().tick()
    theirs: list[StreamEntry] = []
    for fate in [*loss, *["ok"] * 20]:
        if desk.state.phase is not Phase.IN_FLIGHT:
            desk.tick(120_000)
            continue
        send = desk.sent[-1]
        if fate == "request lost":
            desk.tick(sender.REQUEST_TIMEOUT_MS)
        elif send.header.from_seq > len(theirs) or fate == "gap":
            del theirs[min(len(theirs), send.header.from_seq) :]
            desk.answer(GapAnswer(len(theirs) + 1))
        else:
            theirs += send.entries[len(theirs) - send.header.from_seq :][:size]
            answer = ok(head_of(theirs))
            desk.answer(answer) if fate != "answer lost" else desk.tick(sender.REQUEST_TIMEOUT_MS)
            if fate == "repeated":
                desk.give(Answered(send.request, answer))
    assert theirs == CHAIN
    assert desk.state.through == head_of(CHAIN)


def test_states_can_be_shown() -> None:
    state: SenderState = Desk().state
    assert not state.salvaging
    assert (state.why, state.source) == (Why.ACCEPTED, StreamId("till-1", "epoch-1"))
