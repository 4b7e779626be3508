"""Pain 16, the half of a whole store: a till is replaced and its register goes on.

Sources: as in test_pain_16_receipt_numbers.py (Odoo 14214, 71455: a doubled number, and the order is thrown away; 67731). Here a
new machine at the same register counts in a series that no machine had before it, also while the old one still sells unseen.
"""

from pathlib import Path

import pytest

from tests.agent.test_with_hq import stocked
from tests.agent.town import Hq, enrolled
from tests.journeys.store_wide import agents_of, all_sent
from tests.support.shop import ITEMS, AtTill, at_till

pytestmark = pytest.mark.xdist_group("journeys-hq")

MILK = ITEMS[0]


def sell(at: AtTill, times: int) -> list[str]:
    return [at.scan(MILK.code).pay_cash(500).receipt_no for _ in range(times)]


def test_a_replaced_till_and_the_one_before_it_never_have_the_same_number(hq: Hq, store: str, folder: Path) -> None:
    old = enrolled(hq, folder / "old", store, "T1", store_role=True)
    with agents_of(old):
        stocked(old)
    with at_till(old) as at:
        numbers = sell(at.sign_in(), 2)
        with agents_of(old):
            all_sent(at)
    new = enrolled(hq, folder / "new", store, "T1", store_role=True)
    with agents_of(new):
        stocked(new)
        with at_till(new) as at:
            numbers += sell(at.sign_in(), 2)
            all_sent(at)
    with at_till(old) as at:  # somebody switches the old one on again
        numbers += sell(at.sign_in(), 1)
    assert len(set(numbers)) == 5
    assert {number.rsplit("-", 2)[0] for number in numbers} == {f"{store}-T1"}
    assert len({number.rsplit("-", 2)[1] for number in numbers}) == 2  # a series each
    counters = [int(number.rsplit("-", 1)[1]) for number in numbers]
    assert counters == [1, 2, 1, 2, 3]
    assert hq.sold(store, MILK.sku) == 4
