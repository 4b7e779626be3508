"""A receiver takes what follows, skips what it has, and never mistakes another branch for a repetition."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.sync.inbox import (
    Accept,
    Damaged,
    Decision,
    Fork,
    Gap,
    Keeper,
    answer_of,
    decide,
    first_break,
    sort_by_identity,
)
from retail_core.wire.batch import decode_batch, encode_lines
from retail_core.wire.envelope import GENESIS, Head, StreamEntry, StreamId
from retail_core.wire.messages import DamagedAnswer, ForkAnswer, GapAnswer, PushHeader
from tests.unit.sync.chains import STREAM, entries, head_of

CHAIN = entries(10)
OTHER = entries(6, mark="x", after=CHAIN[:4])  # the same till, put back after 4 and selling on


def header(at: Head, acked: Head | None = None, stream: StreamId = STREAM) -> PushHeader:
    acked = acked or Head()
    return PushHeader(stream.node, stream.epoch, at.seq, at.chain_hash, 0, acked.seq, acked.chain_hash)


def check(keeper: Keeper, have: int, batch: list[StreamEntry], *, base: int = 0, acked: Head | None = None) -> Decision:
    """A receiver with CHAIN up to `have` above `base` (−1: never seen) is sent `batch`."""
    first = batch[0]
    chain = CHAIN if first.chain_hash == CHAIN[first.seq - 1].chain_hash else [*CHAIN[:4], *OTHER]
    here = None if have < 0 else head_of(CHAIN, have)

    def hash_at(seq: int) -> bytes | None:
        return head_of(CHAIN, seq).chain_hash if base <= seq <= have else None

    return decide(keeper, here, hash_at, header(head_of(chain, first.seq - 1), acked), batch)


@pytest.mark.parametrize("keeper", list(Keeper))
@pytest.mark.parametrize(
    ("have", "batch", "decision"),
    [
        (-1, CHAIN[:3], Accept(0, Head())),
        (0, CHAIN[:3], Accept(0)),
        (3, CHAIN[3:5], Accept(0)),
        (4, CHAIN[2:6], Accept(2)),
        (6, CHAIN[2:6], Accept(4)),
        (9, CHAIN[2:6], Accept(4)),
        (2, CHAIN[4:6], Gap(3)),
        (4, OTHER[:2], Accept(0)),  # nobody has seen the sales that were lost: the branch is the stream now
        (6, OTHER[:2], Fork(head_of(CHAIN, 6))),
        (5, OTHER[:4], Fork(head_of(CHAIN, 5))),
        (9, OTHER[:2], Fork(head_of(CHAIN, 9))),
        (8, OTHER[4:], Fork(head_of(CHAIN, 8))),
        (4, OTHER[2:], Gap(5)),
    ],
)
def test_what_follows_is_taken_and_what_does_not_is_refused(
    keeper: Keeper, have: int, batch: list[StreamEntry], decision: Decision
) -> None:
    assert check(keeper, have, batch) == decision


def test_a_relay_may_begin_where_hq_is_and_hq_may_not() -> None:
    acked = head_of(CHAIN, 4)
    assert check(Keeper.RELAY, -1, CHAIN[4:6], acked=acked) == Accept(0, acked)
    assert check(Keeper.RELAY, -1, CHAIN[2:6], acked=acked) == Accept(0, head_of(CHAIN, 2))
    assert check(Keeper.RELAY, -1, CHAIN[6:8], acked=acked) == Gap(5)
    assert check(Keeper.RELAY, -1, CHAIN[6:8]) == Gap(1)
    assert check(Keeper.HQ, -1, CHAIN[4:6], acked=acked) == Gap(1)


def test_a_salvaged_branch_begins_anywhere() -> None:
    at = head_of(CHAIN, 4)
    branch = header(at, stream=STREAM.salvage)
    assert decide(Keeper.HQ, None, lambda _: None, branch, OTHER) == Accept(0, at)


def test_what_lies_below_the_base_of_a_copy_is_not_believed_by_its_number() -> None:
    assert check(Keeper.RELAY, 8, CHAIN[:3], base=5) == Fork(head_of(CHAIN, 8))
    assert check(Keeper.RELAY, 8, CHAIN[:9], base=5) == Accept(8)
    assert check(Keeper.HQ, 8, CHAIN[:9], base=5) == Fork(head_of(CHAIN, 8))  # HQ may never have had the first five
    assert check(Keeper.HQ, 8, CHAIN[5:9], base=5) == Accept(3)


def test_an_empty_batch_is_a_question() -> None:
    assert decide(Keeper.HQ, head_of(CHAIN, 5), lambda _: None, header(head_of(CHAIN, 5)), []) == Accept(0)
    assert decide(Keeper.HQ, head_of(CHAIN, 5), lambda _: None, header(Head(5, bytes(32))), []) == Fork(
        head_of(CHAIN, 5)
    )


def test_a_stream_begins_at_genesis() -> None:
    wrong = PushHeader(STREAM.node, STREAM.epoch, 0, b"\x01" * 32)
    assert decide(Keeper.HQ, None, lambda _: None, wrong, CHAIN[:2]) == Damaged(1)


def test_the_order_of_a_batch_and_of_its_origins_is_looked_at() -> None:
    assert first_break(Head(), CHAIN) is None
    assert first_break(Head(), CHAIN[1:]) == 1
    assert first_break(Head(), [*CHAIN[:2], CHAIN[3]]) == 3
    left_out = [CHAIN[0], msgspec.structs.replace(CHAIN[2], seq=2)]
    assert first_break(Head(), left_out) == 2
    other_past = msgspec.structs.replace(CHAIN[1], entry=msgspec.structs.replace(CHAIN[1].entry, prev_hash=GENESIS))
    assert first_break(Head(), [CHAIN[0], other_past]) == 2
    assert decide(Keeper.HQ, None, lambda _: None, header(Head()), left_out) == Damaged(2)


def test_entries_of_an_old_epoch_are_welcome_in_a_new_stream() -> None:
    new = entries(1, StreamId("till-1", "epoch-2"))
    again = [*new, *(msgspec.structs.replace(placed, seq=placed.seq - 3) for placed in CHAIN[4:6])]
    assert first_break(Head(), again) is None


@pytest.mark.parametrize(
    ("decision", "answer"),
    [
        (Gap(5), GapAnswer(5)),
        (Fork(Head(3, b"\x01" * 32)), ForkAnswer(3, "01" * 32)),
        (Damaged(7), DamagedAnswer(7)),
    ],
)
def test_a_refusal_in_the_words_of_the_wire(
    decision: Gap | Fork | Damaged, answer: GapAnswer | ForkAnswer | DamagedAnswer
) -> None:
    assert answer_of(decision) == answer


def test_the_same_id_with_other_content_is_neither_new_nor_dropped() -> None:
    forged = msgspec.structs.replace(CHAIN[1], entry=msgspec.structs.replace(CHAIN[1].entry, body=b'{"other":1}'))
    known = {CHAIN[0].entry.id: CHAIN[0].entry.body_sha256}
    found = sort_by_identity([CHAIN[0], CHAIN[1], CHAIN[1], forged, CHAIN[2]], known)
    assert found.new == (CHAIN[1], CHAIN[2])
    assert found.repeated == (CHAIN[0], CHAIN[1])
    assert found.conflicting == (forged,)


@given(have=st.integers(0, 10), start=st.integers(0, 9), size=st.integers(1, 10))
def test_any_piece_of_our_own_chain_is_appended_exactly_once(have: int, start: int, size: int) -> None:
    batch = CHAIN[start : start + size]
    decision = check(Keeper.HQ, have, batch)
    if start > have:
        assert decision == Gap(have + 1)
        return
    assert isinstance(decision, Accept)
    after = [*CHAIN[:have], *batch[decision.skip :]]
    assert after == CHAIN[: max(have, start + len(batch))]


@given(have=st.integers(0, 10), start=st.integers(0, 5), size=st.integers(1, 6))
def test_a_branch_is_never_skipped_as_if_it_were_known(have: int, start: int, size: int) -> None:
    batch = OTHER[start : start + size]
    decision = check(Keeper.HQ, have, batch)
    known_branch_point = have <= 4
    if known_branch_point and 4 + start == have:
        assert decision == Accept(0)
    else:
        assert not isinstance(decision, Accept)


def test_a_batch_as_it_comes_from_the_wire_is_decided_on() -> None:
    batch = decode_batch(STREAM, head_of(CHAIN, 3), encode_lines(STREAM, CHAIN[3:7]))
    decision = decide(
        Keeper.HQ, head_of(CHAIN, 5), lambda seq: CHAIN[seq - 1].chain_hash, header(head_of(CHAIN, 3)), batch
    )
    assert decision == Accept(2)
