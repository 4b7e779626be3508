"""Pain 4: sync silently overwrites what it already has.

Source: Dynamics 365 Commerce, CDX best practices: "records with duplicate transaction IDs will be overwritten", and the safer
switch is "not recommended". Here a fact never changes: the same id with other content is kept aside, and somebody is told.
"""

from pathlib import Path

import msgspec
import pytest

from pos_app.storage.store import TillStore
from retail_core.domain.ids import Sku
from tests.agent.town import Hq
from tests.journeys.store_wide import agents_of, all_sent, cases, two_tills, written
from tests.journeys.test_pain_03_poison import moved
from tests.support.shop import ITEMS

pytestmark = pytest.mark.xdist_group("journeys-hq")

TEA = Sku(ITEMS[3].sku)


def test_the_same_id_with_other_content_overwrites_nothing_and_is_a_case(hq: Hq, store: str, folder: Path) -> None:
    with two_tills(hq, folder, store) as (one, two):
        id_ = written(one, lambda here: here.append(moved(3), "op")).entry.id
        with agents_of(one.shop):
            all_sent(one)

        def again(here: TillStore) -> None:
            here.append_at(moved(50), msgspec.structs.replace(here.stamp("op"), id=id_))
            here.append(moved(1), "op")

        written(two, again)
        with agents_of(one.shop, two.shop):  # by way of the machine with the store role
            all_sent(one, two)
    assert hq.sold(store, TEA) == 3 + 1  # the first content counts; what came after the second was taken
    (case,) = cases(hq, store, "same_id_different_content")
    assert case["subject"] == id_
