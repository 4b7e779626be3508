"""Pictures of the sell screen are made-up sales, and still their lines come to what they say is to pay."""

import re
from decimal import Decimal

import pytest

from pos_app.ui.screens.sell.state import LineKind, SellState
from tools.screens_sell import ASKING, CUT_SALE, EXEMPT_SALE, ODD_SALE, SALE, WITH_JACKET, strip_of

SALES = (SALE, CUT_SALE, EXEMPT_SALE, ODD_SALE, ASKING, WITH_JACKET)


def of_its_lines(state: SellState) -> Decimal:
    counted = [line for line in state.lines if line.kind not in (LineKind.VOIDED, LineKind.PENDING)]
    return sum((Decimal(line.amount) for line in counted), Decimal())


def within(state: SellState) -> Decimal:
    """The tax that is in the amounts of the lines."""
    return sum((Decimal(tax) for tax in re.findall(r"% (\d+\.\d\d)", state.taxes)), Decimal())


@pytest.mark.parametrize("state", SALES, ids=["sell", "discount", "exempt", "unknown", "asking", "unit_taken"])
def test_the_lines_of_a_picture_come_to_what_is_to_pay(state: SellState) -> None:
    off = within(SALE) if state is EXEMPT_SALE else Decimal()
    assert f"€ {of_its_lines(state) - off}" == state.to_pay
    assert strip_of(state)[-1].word == f"Pay {state.to_pay}"
