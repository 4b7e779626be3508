"""What makes the demo shop one that knows its customers: members with cards, points, member prices, coupons, advice."""

from collections.abc import Iterator, Sequence
from typing import Any

from retail_core.domain.ids import Sku
from retail_core.domain.loyalty import LoyaltyRules, TierRule
from retail_core.domain.promotions.model import BasketPercent, Goods, PercentOff, Promotion
from retail_core.domain.suggestions import often_bought
from tools.demo_shop.shop import Basket, Customer

MEMBERS = 48
"""How many customers of the data have a card; the others buy without one."""
CARD, FIRST_CARD = "OTL:26{n:06d}", 1
TIERS = ("Gold", "Silver", "")
LOYALTY = LoyaltyRules(
    earn_points=1, offline_points=500, tiers=(TierRule("Silver", 110, 500), TierRule("Gold", 150, 2_000))
)
WELCOME = (1_240, 310, 45)
"""Points the first members have already."""
WORD, SINGLE = "SAVE10", "THANKS"
PROMOTIONS = (
    Promotion(
        "D-member", "Member price", PercentOff(100_000), Goods(departments=("Fruit & Vegetables",)), tiers=("*",)
    ),
    Promotion("D-gold", "Gold: deli 15 %", PercentOff(150_000), Goods(departments=("Deli",)), tiers=("Gold",)),
    Promotion("D-word", "10 % off the bakery", PercentOff(100_000), Goods(departments=("Bakery",)), coupon=WORD),
    Promotion("D-single", "5 % off, thank you", BasketPercent(50_000), Goods(everything=True), coupon=SINGLE),
)
ADVISED_BASKETS = 2_000


def card_of(n: int) -> str:
    """The card of the member `n`, counted from 0, as it is scanned."""
    return CARD.format(n=FIRST_CARD + n)


def members(customers: Sequence[Customer], store: str) -> list[dict[str, Any]]:
    """The first customers as HQ takes them; every third is gold, every third silver."""
    return [
        {
            "name": one.name.replace("\u00a0", " "), "home_store": store, "phone": f"+31 6 0000 {n:04d}",
            "email": f"member{n}@example.org", "cards": [card_of(n)], "tier": TIERS[n % len(TIERS)],
        }
        for n, one in enumerate(customers[:MEMBERS])
    ]  # fmt: skip


def advice(baskets: Sequence[Basket]) -> Iterator[dict[str, Any]]:
    """What is often bought together in the data, as HQ takes it from another system."""
    bought = ([Sku(line.sku) for line in basket.lines] for basket in baskets[:ADVISED_BASKETS])
    for sku, goes_with in often_bought(bought).items():
        yield {"sku": sku, "goes_with": list(goes_with)}
