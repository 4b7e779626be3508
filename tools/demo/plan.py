"""Which real baskets are sold, and which become online orders: chosen by size alone, in the order they were bought."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from tools.demo.processes import DemoError
from tools.demo_shop.shop import Basket

SOLD_LINES = range(2, 13)
MOST_PIECES = 18
ORDER_LINES = range(2, 5)
MOST_PIECES_OF_A_LINE = 2
ORDERS_KEPT = 40


@dataclass(frozen=True)
class Plan:
    """`with_unknown` holds a code that is in no catalogue: the cashier strikes that line through."""

    sales: Sequence[Basket]
    orders: Sequence[Basket]
    with_unknown: Basket

    def customers(self) -> Iterator[Basket]:
        """Baskets to sell, one customer after another, for as long as anybody asks."""
        return cycle(self.sales)


def make_plan(baskets: Sequence[Basket]) -> Plan:
    """Raises DemoError when the data has too little to show."""
    orders = [basket for basket in baskets if _fits_an_order(basket)][:ORDERS_KEPT]
    taken = {basket.basket for basket in orders}
    sales = [basket for basket in baskets if _fits_a_sale(basket) and basket.basket not in taken]
    unknown = [basket for basket in sales if basket.unknown]
    if not (orders and sales and unknown):
        raise DemoError("the demo data has no baskets of the right size")
    return Plan([basket for basket in sales if not basket.unknown], orders, unknown[0])


def pieces(basket: Basket) -> int:
    """How many goods lie in it."""
    return sum(line.pieces for line in basket.lines)


def _fits_a_sale(basket: Basket) -> bool:
    return len(basket.lines) in SOLD_LINES and pieces(basket) <= MOST_PIECES


def _fits_an_order(basket: Basket) -> bool:
    few = all(line.pieces <= MOST_PIECES_OF_A_LINE for line in basket.lines)
    return len(basket.lines) in ORDER_LINES and few and not basket.unknown
