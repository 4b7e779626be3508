"""What is often bought with what: found in baskets at head office, filtered by what a store has, shown at the till.

About goods alone: no customer is in it, and none is needed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import msgspec

from retail_core.domain.ids import Sku

MOST_ITEMS = 2_000  # the best sellers that are looked at
MOST_WITH = 4  # suggestions of one item
LEAST_TOGETHER = 3  # in fewer baskets it is chance
LONGEST_BASKET = 60  # different items; a longer one is a shop of its own
MOST_LEFT = 20  # of a store's pieces that are told: more than that is plenty


class GoesWith(msgspec.Struct, frozen=True):
    """An item that is often bought too, and how many pieces the store had when head office looked."""

    sku: Sku
    left: int


class OftenWith(msgspec.Struct, frozen=True, omit_defaults=True):
    """What goes with an item, the best first. `given`: people, or another system, said so."""

    sku: Sku
    items: tuple[GoesWith, ...]
    as_of_ms: int = 0
    given: bool = False


def often_bought(baskets: Iterable[Sequence[Sku]]) -> Mapping[Sku, tuple[Sku, ...]]:
    """For each best seller what is bought with it more often than chance would have it; the same for every order of baskets.

    The measure is together² / (each alone), so that what everybody buys is not suggested with everything.
    """
    kept = [basket for one in baskets if 0 < len(basket := sorted(set(one))) <= LONGEST_BASKET]
    alone = Counter(sku for basket in kept for sku in basket)
    best = {sku for sku, _ in sorted(alone.items(), key=lambda one: (-one[1], one[0]))[:MOST_ITEMS]}
    together: Counter[tuple[Sku, Sku]] = Counter()
    for basket in kept:
        together.update(combinations([sku for sku in basket if sku in best], 2))
    found: dict[Sku, list[tuple[float, Sku]]] = {}
    for (one, other), times in together.items():
        if times < LEAST_TOGETHER or times * len(kept) <= alone[one] * alone[other]:
            continue
        rank = -times * times / (alone[one] * alone[other])
        found.setdefault(one, []).append((rank, other))
        found.setdefault(other, []).append((rank, one))
    return {sku: tuple(other for _, other in sorted(ranked)[:MOST_WITH]) for sku, ranked in found.items()}


def for_store(sku: Sku, wanted: Sequence[Sku], left_milli: Mapping[str, int], at_ms: int, *, given: bool) -> OftenWith:
    """What a store is told: of those it has, how many."""
    pieces = ((other, left_milli.get(other, 0) // 1000) for other in wanted[:MOST_WITH] if other != sku)
    return OftenWith(sku, tuple(GoesWith(o, min(MOST_LEFT, left)) for o, left in pieces if left > 0), at_ms, given)


def same_advice(one: OftenWith, other: OftenWith) -> bool:
    """True when a store that has the one need not be told the other."""
    return (one.items, one.given) == (other.items, other.given)
