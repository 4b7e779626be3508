"""Tills of one store whose agents run or do not: with both off, nobody in the store can hear anybody."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pos_app.storage.store import TillStore
from tests.agent.support import AgentProcess, agent, until
from tests.agent.test_with_hq import hq_has_all, stocked
from tests.agent.town import Hq, enrolled
from tests.support.shop import AtTill, Shop, at_till

TOLD_WITHIN_S = 60.0
"""After the line is back a case stands at head office (pains 17 and 18)."""


@contextmanager
def agents_of(*shops: Shop) -> Iterator[list[AgentProcess]]:
    with ExitStack() as stack:
        yield [stack.enter_context(agent(shop.home)) for shop in shops]


@contextmanager
def two_tills(hq: Hq, folder: Path, store: str) -> Iterator[tuple[AtTill, AtTill]]:
    """Both know catalogue and staff; their agents do not run yet again."""
    shops = [enrolled(hq, folder / name, store, name, store_role=name == "T1") for name in ("T1", "T2")]
    with agents_of(*shops):
        for shop in shops:
            stocked(shop)
    with at_till(shops[0]) as one, at_till(shops[1]) as two:
        yield one.sign_in(), two.sign_in()


def all_sent(*tills: AtTill) -> None:
    for at in tills:
        node = at.shop.config.till_node
        until(lambda: hq_has_all(at.shop.home, node), TOLD_WITHIN_S, "head office has all")  # noqa: B023 - asked at once


def cases(hq: Hq, store: str, kind: str) -> list[dict[str, Any]]:
    """Open cases of a kind in this store, as head office lists them."""
    found = hq.ask("GET", f"/api/exceptions?store={store}&limit=50")["cases"]
    return [case for case in found if case["kind"] == kind]


def written(at: AtTill, work: Callable[[TillStore], Any]) -> Any:
    """What `work` answers from inside one transaction of the till."""

    def whole(store: TillStore) -> Any:
        with store.unit():
            return work(store)

    return at.done(lambda done, failed: at.till.writer.submit(whole, done, failed))
