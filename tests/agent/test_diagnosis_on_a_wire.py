"""Promise R16 on a wire that swallows every packet: nobody is refused, nobody is told; and one that is unplugged.

The till and its agent are in one network namespace, head office in another; the router between them is in test_reach_probe.py.
"""

from pathlib import Path

import pytest

from pos_app.service.way import Part
from tests.agent.support import agent, until
from tests.agent.test_diagnosis import DOWN, OK, UNKNOWN, parts, soon
from tests.agent.test_with_hq import hq_has_all, stocked
from tests.agent.town import enrolled
from tests.chaos.namespaces import why_not, wire
from tests.chaos.test_week_offline import HqFar
from tests.support.shop import ITEMS, at_till

MILK = ITEMS[0]


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_a_line_that_swallows_everything_is_named_and_forgotten_when_it_heals(tmp_path: Path) -> None:
    with wire() as over, over.inside(over.store):
        hq = HqFar(tmp_path / "hq", over)
        try:
            shop = enrolled(hq, tmp_path / "T1", hq.store("S0952"), "T1", store_role=True)
            with agent(shop.home):
                stocked(shop)
                with at_till(shop) as at:
                    at.sign_in()
                    soon(lambda: parts(at)[Part.HQ] is OK, "all is well")
                    over.drop(100)
                    at.scan(MILK.code).pay_cash(500)
                    soon(lambda: parts(at)[Part.HQ] is DOWN, "a line that swallows everything")
                    over.drop(0)
                    soon(lambda: (parts(at)[Part.INTERNET], parts(at)[Part.HQ]) == (OK, OK), "the line is back")
                    until(lambda: hq_has_all(shop.home, shop.config.till_node), 60, "the sale is at head office")
                    over.unplug()
                    soon(lambda: (parts(at)[Part.INTERNET], parts(at)[Part.HQ]) == (DOWN, UNKNOWN), "a pulled cable")
        finally:
            hq.close()
