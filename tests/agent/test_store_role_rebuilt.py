"""The machine that ties the store together burns down: another in its place is told by tills and head office what it must know."""

import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from retail_core.domain.claims import NobodyAnswered
from retail_core.domain.errors import RuleViolationError
from tests.agent.support import agent, journal_types, kept_types, until
from tests.agent.test_store_tells import aside, claims, take_up
from tests.agent.test_with_hq import MILK, hq_has_all, sell, stocked
from tests.agent.town import Hq, enrolled
from tests.support.shop import ITEMS, AtTill, at_till

WATER = ITEMS[2]


def park(at: AtTill) -> str:
    at.scan(WATER.code)
    return at.done(at.till.parking.park).sale_id


def test_a_new_machine_in_the_place_of_the_one_that_tied_the_store_together_knows_what_it_must(
    hq: Hq, store: str, folder: Path
) -> None:
    first = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    second, third = (enrolled(hq, folder / name, store, name) for name in ("T2", "T3"))
    with ExitStack() as stack:
        lost = stack.enter_context(agent(first.home))
        for shop in (second, third):
            stack.enter_context(agent(shop.home))
        for shop in (first, second, third):
            stocked(shop)
        two, three = (stack.enter_context(at_till(shop)).sign_in() for shop in (second, third))
        for at in (two, three):
            until(lambda: claims(at, "warm") != NobodyAnswered(), why="the store role is reached")  # noqa: B023
        with at_till(first) as one:
            sell(one.sign_in(), 1)
            until(lambda: hq_has_all(first.home, first.config.till_node), why="head office has it")
        before = park(two)
        until(lambda: [one.sale_id for one in aside(three)] == [before], why="T3 sees it")
        sell(two, 1)

        lost.kill()
        shutil.rmtree(first.home.folder)  # the whole machine, with everybody's second copies
        meanwhile = park(two)
        for at in (two, three):
            sell(at, 2)
            until(lambda: hq_has_all(at.shop.home, at.shop.config.till_node), 40, "straight to head office")  # noqa: B023

        new = enrolled(hq, folder / "T1 new", store, "T1", store_role=True)
        stack.enter_context(agent(new.home))
        stocked(new)
        four = stack.enter_context(at_till(new)).sign_in()
        for at in (two, three, four):
            until(lambda: claims(at, f"x-{at.shop.config.register}") != NobodyAnswered(), 40, "all ask the new one")  # noqa: B023
        for at in (three, four):
            until(lambda: {one.sale_id for one in aside(at)} == {before, meanwhile}, 20, "both baskets are known")  # noqa: B023
        take_up(three, before)
        for at in (two, four):
            with pytest.raises(RuleViolationError, match=r"parking\.(claimed|gone|taken)"):
                take_up(at, before)
        three.pay_cash(500)
        until(lambda: {one.sale_id for one in aside(four)} == {meanwhile}, why="and that it is taken up")
        for at in (two, three):
            sell(at, 1)
            node, wanted = at.shop.config.till_node, journal_types(at.shop.home)[-1:]
            until(lambda: kept_types(new.home, node)[-1:] == wanted, why="second copies are kept again")  # noqa: B023
        sell(four, 1)
        until(lambda: any(kept_types(shop.home, new.config.till_node) for shop in (second, third)), why="its own too")
        until(lambda: hq.sold(store, MILK.sku) == 9, why="head office has each sale once")
    assert hq.sold(store, WATER.sku) == 1
