"""A receipt too long for its code: its lines come from the till that wrote it, over the store's own network, or from HQ."""

from pathlib import Path

import pytest

from pos_app.service.return_draft import ReturnDraft
from retail_core.domain.errors import RuleViolationError
from tests.agent.support import agent, until
from tests.agent.test_with_hq import hq_has_all, stocked
from tests.agent.town import Hq, enrolled, line_to
from tests.support.shop import ITEMS, AtTill, at_till
from tests.till.test_returns import code_of

MILK = ITEMS[0]
UNITS = 45  # with a serial each: more than any code holds


def sell_long(at: AtTill) -> str:
    for n in range(UNITS):
        at.till.selling.scan(f"]d2010{MILK.code}21SERIAL-{n:04}")
    return at.pay_cash(100_00).receipt_no


def opened(at: AtTill, text: str) -> ReturnDraft:
    return at.done(lambda done, failed: at.till.returning.open(text, done, failed))


def test_another_till_of_the_store_has_the_lines_while_hq_is_away(hq: Hq, store: str, folder: Path) -> None:
    with line_to(hq) as line:
        first = enrolled(hq, folder / "T1", store, "T1", url=line.url, store_role=True)
        second = enrolled(hq, folder / "T2", store, "T2", url=line.url)
        with agent(first.home), agent(second.home) as beside:
            stocked(first)
            stocked(second)
            with at_till(first) as one, at_till(second) as two:
                two.sign_in()
                until(lambda: beside.health()["lan"]["state"] == "up", why="T2 finds the store role")
                line.cut()
                receipt = sell_long(one.sign_in())
                code = code_of(one, receipt)
                draft = opened(two, code)
                assert len(draft.lines) == UNITS
                two.till.returning.scan(f"]d2010{MILK.code}21SERIAL-0033")
                two.till.returning.take()
                assert two.pay_cash(0).total_minor == -119
                by_number = opened(two, receipt)
                assert [line.n for line in by_number.lines.values() if not line.left_milli] == [34]
                with pytest.raises(RuleViolationError, match=r"receipt\.not_of_this_till"):
                    opened(two, f"{store}-T1-A-000099")


def test_a_store_far_away_has_the_lines_from_head_office(hq: Hq, store: str, folder: Path) -> None:
    shop = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    there = hq.store(f"{store}9")
    far = enrolled(hq, folder / "far", there, "T1", store_role=True)
    with agent(shop.home), agent(far.home):
        stocked(shop)
        stocked(far)
        with at_till(shop) as at, at_till(far) as away:
            receipt = sell_long(at.sign_in())
            code = code_of(at, receipt)
            until(lambda: hq_has_all(shop.home, shop.config.till_node), why="HQ has the sale")
            draft = opened(away.sign_in(), code)
            assert (len(draft.lines), draft.receipt and draft.receipt.number) == (UNITS, receipt)
            away.till.returning.scan(f"]d2010{MILK.code}21SERIAL-0044")
            away.till.returning.take()
            assert away.pay_cash(0).total_minor == -119
            until(lambda: hq_has_all(far.home, far.config.till_node), why="HQ has the return")
            mine = opened(at, receipt)  # shown at once; what head office knows follows
            at.hand.until(lambda: [line.n for line in mine.lines.values() if not line.left_milli] == [UNITS])
