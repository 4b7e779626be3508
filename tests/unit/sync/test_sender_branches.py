"""A sender says when a till went back in time, and a relay sends a branch beside the stream."""

import msgspec
import pytest

from retail_core.domain.errors import InvariantError
from retail_core.sync import sender
from retail_core.sync.push import (
    OpenEpoch,
    Phase,
    Record,
    Role,
    Witnessed,
    Woken,
)
from retail_core.wire.envelope import Head
from retail_core.wire.messages import ForkAnswer, GapAnswer
from tests.unit.sync.chains import STREAM, entries, head_of
from tests.unit.sync.sender_desk import CHAIN, OTHER, Answer, Desk, ok

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
