"""Head office under load says to each sender when to come again; a full line says so before it reads a byte."""

import asyncio

import pytest

from hq_server.service.ingest import Taken
from hq_server.web.push_turns import PushTurns
from retail_core.domain.errors import EnvironmentFault
from retail_core.sync.pace import SLOW_MS
from retail_core.wire.messages import Pace, PushAnswer
from tests.hq.support import FrozenClock

FULL, ONE = (Taken(PushAnswer(n, ""), new=n) for n in (500, 1))


def test_the_pause_is_that_of_the_line_and_a_single_sale_has_none() -> None:
    clock = FrozenClock()
    turns = PushTurns(clock, at_once=1, most=3)

    async def office() -> None:
        async with turns.place(), turns.turn():
            clock.later(300)
        assert turns.pace(FULL) == Pace()
        async with turns.place(), turns.place(), turns.place():
            assert turns.pace(FULL) == Pace(delay_ms=600)
            assert turns.pace(ONE) == Pace()
            with pytest.raises(EnvironmentFault, match=r"push\.busy"):
                async with turns.place():
                    pass
        assert turns.in_line == 0

    asyncio.run(office())


def test_of_a_slow_database_batches_become_smaller() -> None:
    clock = FrozenClock()
    turns = PushTurns(clock)

    async def office() -> None:
        async with turns.turn():
            clock.later(2 * SLOW_MS)

    asyncio.run(office())
    assert turns.pace(FULL) == Pace(max_events=250)


def test_a_batch_that_fails_leaves_its_place() -> None:
    turns = PushTurns(FrozenClock(), at_once=1)

    async def office() -> None:
        for _ in range(3):
            with pytest.raises(EnvironmentFault):
                async with turns.place(), turns.turn():
                    raise EnvironmentFault("db.busy")
        assert turns.in_line == 0

    asyncio.run(office())
