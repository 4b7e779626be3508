"""Which way a machine's facts go up: through its store, past it while it is away, and through it again."""

from typing import cast

from retail_core.sync.path import FAILURES_TO_LEAVE, RETRY_BETTER_MS
from retail_core.sync.sender import HQ_PEER
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_link.route import Route
from tests.support.shop import ManualClock

STORE = "store:agent-T1"


def test_a_till_with_nothing_to_send_goes_through_its_store_again_once_that_answers() -> None:
    clock, client = ManualClock(), cast(SyncClient, object())
    route = Route({STORE: client, HQ_PEER: client}, clock)
    for _ in range(FAILURES_TO_LEAVE):
        route.failed(STORE)
    assert route.direct
    assert not route.greeted(STORE)  # a store that greets and takes nothing is not tried all the time
    clock.pass_ms(RETRY_BETTER_MS)
    assert not route.greeted("copy:agent-T3")
    assert route.greeted(STORE)
    assert (route.peer, route.greeted(STORE)) == (STORE, False)


def test_a_route_without_anybody_has_nobody_to_go_back_to() -> None:
    assert not Route({}, ManualClock()).greeted(STORE)
