"""The store's promotions on the open sale, and what the cashier is told of them. How they price is `Following`."""

from datetime import tzinfo
from typing import Protocol

import msgspec

from pos_app.service.outcome import Outcome, OutcomeKind
from retail_core.domain.promotions.following import Following
from retail_core.domain.promotions.model import Promotion
from retail_core.domain.sale import Sale
from retail_core.durable.link import Promotions

GIFT_DUE = "promotion.gift_due"


class PromotionFacts(Protocol):
    def promotions(self, known: Promotions) -> Promotions:
        """Those in force; `known` itself while they are the same."""
        ...


class Promoting(Following):
    """Follows one sale at a time."""

    def __init__(self, facts: PromotionFacts, zone: tzinfo) -> None:
        super().__init__(self._in_store, zone)
        self._facts, self._brought = facts, Promotions()
        self._told: set[str] = set()

    @property
    def known(self) -> tuple[Promotion, ...]:
        """Those that hold for the next sale."""
        return self._in_store()

    def noted(self, outcome: Outcome) -> Outcome:
        """What was done, with a word about a gift that is due since; each gift is spoken of once in a sale."""
        fresh = next((one for one in self.gifts_due if one.promo_id not in self._told), None)
        if fresh is None or outcome.code or outcome.kind not in (OutcomeKind.ADDED, OutcomeKind.CHANGED):
            return outcome
        self._told.add(fresh.promo_id)
        return msgspec.structs.replace(outcome, code=GIFT_DUE, facts={"name": fresh.name})

    def begin(self, sale: Sale) -> None:
        self._told.clear()
        super().begin(sale)

    def _in_store(self) -> tuple[Promotion, ...]:
        self._brought = self._facts.promotions(self._brought)
        return self._brought.promotions
