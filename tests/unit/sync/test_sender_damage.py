"""Damage on the way costs an entry at most, and keeps its place; and what may end a batch."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.events import SyncDamaged
from retail_core.sync import sender
from retail_core.sync.push import (
    Answered,
    Phase,
    Role,
    SenderState,
    TooLarge,
    Why,
    Woken,
)
from retail_core.wire.envelope import StreamEntry, StreamId
from retail_core.wire.events import decode_event
from retail_core.wire.messages import DamagedAnswer, GapAnswer
from tests.unit.sync.chains import entries, head_of
from tests.unit.sync.sender_desk import CHAIN, Desk, ok

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
