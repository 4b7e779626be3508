"""Pictures of the sell screen are made-up sales, and still their lines come to what they say is to pay."""

import re
from decimal import Decimal

import pytest

from pos_app.ui.screens.sell.state import LineKind, SellState
from tools import screens_sell

SALES = {name: state for name, state in vars(screens_sell).items() if isinstance(state, SellState) and state.lines}


def paid_for(state: SellState) -> Decimal:
    counted = [line for line in state.lines if line.kind not in (LineKind.VOIDED, LineKind.PENDING)]
    return sum((Decimal(line.amount) for line in counted), Decimal())


def within(state: SellState) -> Decimal:
    """The tax that is in the amounts of the lines."""
    return sum((Decimal(tax) for tax in re.findall(r"% (\d+\.\d\d)", state.taxes)), Decimal())


@pytest.mark.parametrize("name", SALES)
def test_the_lines_of_a_picture_come_to_what_is_to_pay(name: str) -> None:
    state = SALES[name]
    off = within(screens_sell.SALE) if state.taxes.startswith("Without tax") else Decimal()
    assert f"€ {paid_for(state) - off}" == state.to_pay


def test_each_picture_asks_for_what_its_own_sale_comes_to() -> None:
    assert len(SALES) > 4
    assert screens_sell.strip_of(screens_sell.WITH_JACKET)[-1].word == "Pay € 89.83"
