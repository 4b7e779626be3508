"""A till that went back in time is noticed, and sends again everything that HQ may lack."""

import pytest

from retail_core.durable.guard import RESERVE
from retail_core.sync import epoch
from retail_core.sync.epoch import OpenedEpoch, Reason, Standing
from retail_core.wire.envelope import GENESIS, Head
from tests.unit.sync.chains import entries, head_of

CHAIN = entries(9)


@pytest.mark.parametrize(
    ("own_head", "own_hash", "witness", "seen"),
    [
        (9, CHAIN[6].chain_hash, head_of(CHAIN, 7), Standing.AGREES),
        (9, GENESIS, Head(), Standing.AGREES),
        (5, None, head_of(CHAIN, 7), Standing.ROLLED_BACK),
        (9, b"\x01" * 32, head_of(CHAIN, 7), Standing.FORKED),
    ],
)
def test_a_witness_tells(own_head: int, own_hash: bytes | None, witness: Head, seen: Standing) -> None:
    assert epoch.standing(own_head, own_hash, witness) is seen


def test_the_guard_runs_ahead_so_a_crash_is_no_rollback() -> None:
    assert epoch.GUARD_RESERVE == RESERVE
    assert not epoch.guard_saw_more(reserved_upto=64, head_seq=32)
    assert epoch.guard_saw_more(reserved_upto=64, head_seq=31)


def test_an_acknowledgement_of_the_lost_branch_is_worth_nothing() -> None:
    acked = head_of(CHAIN, 6)
    assert epoch.republish_above(acked, acked.chain_hash) == 6
    assert epoch.republish_above(acked, b"\x01" * 32) == 0  # the number fits, the branch does not
    assert epoch.republish_above(acked, None) == 0


@pytest.mark.parametrize(
    ("seen", "reaction"),
    [
        (Standing.AGREES, None),
        (Standing.ROLLED_BACK, OpenedEpoch(Reason.ROLLED_BACK, 6)),
        (Standing.FORKED, OpenedEpoch(Reason.FORK, 6)),
    ],
)
def test_the_reaction_is_a_new_epoch(seen: Standing, reaction: OpenedEpoch | None) -> None:
    assert epoch.react(seen, head_of(CHAIN, 6), CHAIN[5].chain_hash) == reaction


def test_selling_begins_after_half_a_second_at_the_latest() -> None:
    asked = epoch.ask(1_000)
    assert not epoch.waited(asked, 1_000 + epoch.START_QUESTION_MS - 1).begin
    begun = epoch.waited(asked, 1_000 + epoch.START_QUESTION_MS)
    assert begun.begin
    late = epoch.answered(begun, Standing.FORKED)
    assert (late.begin, late.seen) == (True, Standing.FORKED)
    assert epoch.answered(late, Standing.AGREES).seen is Standing.FORKED
    assert epoch.waited(late, 0).begin
