"""Pain 3: one bad record blocks the whole queue.

Sources: ERPNext issues 11000 (a missing city stopped it; a user edited JSON in the browser), 8923, pull request 11230 ("stops the
sync"); POS Awesome issue 135; Dynamics 365's CDX best practices, where such a session is suspended and "will not proceed". Here
head office takes every signed fact; what it cannot use waits by itself, visible, and stops nothing.
"""

from pathlib import Path

import pytest

from pos_app.storage.store import TillStore
from retail_core.domain.events import StockMoved, StockMovedLine
from retail_core.domain.ids import Sku
from retail_core.domain.stock import StockState
from tests.agent.town import Hq
from tests.journeys.store_wide import agents_of, all_sent, cases, two_tills, written
from tests.support.shop import ITEMS

pytestmark = pytest.mark.xdist_group("journeys-hq")

THOUSAND, AT = 1_000, 500
TEA = Sku(ITEMS[3].sku)


def moved(pieces: int) -> StockMoved:
    return StockMoved((StockMovedLine(TEA, pieces * 1000, StockState.SELLABLE, StockState.SHRINK),), "broken")


def test_one_bad_record_in_a_thousand_stops_nothing_and_is_shown(hq: Hq, store: str, folder: Path) -> None:
    with two_tills(hq, folder, store) as (till, _):

        def write(here: TillStore) -> str:
            """A negative quantity parses and is signed; only a fault of a program can write it."""
            placed = [here.append(moved(-1 if n == AT else 1), "op") for n in range(THOUSAND)]
            return placed[AT].entry.id

        bad = written(till, write)
        with agents_of(till.shop):
            all_sent(till)
    assert hq.sold(store, TEA) == THOUSAND - 1
    (case,) = cases(hq, store, "quarantined_event")
    assert case["subject"] == bad
