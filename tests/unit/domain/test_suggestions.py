"""What is often bought together: more often than chance, never what everybody buys anyway, the same every night."""

from random import Random

from retail_core.domain.ids import Sku
from retail_core.domain.suggestions import (
    LONGEST_BASKET,
    MOST_LEFT,
    MOST_WITH,
    GoesWith,
    OftenWith,
    for_store,
    often_bought,
    same_advice,
)

COFFEE, FILTERS, MILK, BREAD = Sku("coffee"), Sku("filters"), Sku("milk"), Sku("bread")


def basket(*skus: Sku) -> list[Sku]:
    return list(skus)


def test_what_goes_with_what_is_found_in_the_baskets_and_not_what_everybody_buys() -> None:
    baskets = [basket(COFFEE, FILTERS, MILK)] * 6 + [basket(BREAD, MILK)] * 30
    found = often_bought(baskets)
    assert found[COFFEE] == (FILTERS,)
    assert found[FILTERS] == (COFFEE,)
    assert COFFEE not in found.get(MILK, ())


def test_chance_is_no_advice() -> None:
    assert often_bought([basket(COFFEE, FILTERS)] * 2 + [basket(BREAD, MILK)] * 9).get(COFFEE) is None
    assert often_bought([basket(COFFEE), basket(COFFEE, COFFEE)] * 9) == {}
    assert often_bought([[Sku(str(n)) for n in range(LONGEST_BASKET + 1)]] * 9) == {}


def test_the_order_of_baskets_changes_nothing_and_there_is_a_bound() -> None:
    chance = Random(1)
    goods = [Sku(f"s{n}") for n in range(30)]
    baskets = [chance.sample(goods, 5) for _ in range(400)]
    found = often_bought(baskets)
    chance.shuffle(baskets)
    assert often_bought(baskets) == found
    assert found
    assert max(map(len, found.values())) <= MOST_WITH


def test_a_store_hears_only_of_what_it_has() -> None:
    left: dict[str, int] = {FILTERS: 4_000, MILK: 900, BREAD: 900_000}
    told = for_store(COFFEE, (FILTERS, MILK, COFFEE, BREAD), left, 7, given=False)
    assert told == OftenWith(COFFEE, (GoesWith(FILTERS, 4), GoesWith(BREAD, MOST_LEFT)), 7)
    later = for_store(COFFEE, (FILTERS, BREAD), left, 8, given=False)
    assert same_advice(told, later)
    assert not same_advice(told, for_store(COFFEE, (FILTERS,), left, 8, given=False))
