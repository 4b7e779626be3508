"""What a store is told of a customer's purchases there: the newest few, each once."""

from retail_core.domain.bought import GOODS_NAMED, MOST_KEPT, Bought, BoughtOnce, bought_once, with_sales
from retail_core.domain.events import SaleCompleted, SoldLine
from retail_core.domain.ids import SaleId, Sku


def once(n: int) -> BoughtOnce:
    return BoughtOnce(f"R-{n}", n, 100, "EUR", 1, (Sku("1"),))


def test_the_newest_are_kept_each_once_in_whatever_order_they_come() -> None:
    known = with_sales(Bought(), [once(n) for n in (3, 1, 2)])
    assert [one.receipt for one in known.sales] == ["R-3", "R-2", "R-1"]
    more = with_sales(known, [once(n) for n in range(2, MOST_KEPT + 5)])
    assert [one.at_ms for one in more.sales] == list(range(MOST_KEPT + 4, 4, -1))
    assert with_sales(more, more.sales) == more


def test_a_sale_is_told_by_its_first_goods() -> None:
    skus = [Sku(n) for n in ("a", "a", "b", "c", "d")]
    lines = tuple(SoldLine(n, sku, 1000, 100, 100, "food", 0) for n, sku in enumerate(skus, start=1))
    told = bought_once(SaleCompleted(SaleId("s"), "R-1", "EUR", lines, (), (), 500), 7)
    assert (told.lines, told.skus, len(told.skus)) == (5, (Sku("a"), Sku("b"), Sku("c")), GOODS_NAMED)
