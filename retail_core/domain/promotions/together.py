"""Promotions that name others: what one of them has cut takes no part in it, so those that are named come first."""

from collections.abc import Iterable, Mapping

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.promotions.model import Promotion


def checked_together(promotions: Iterable[Promotion]) -> None:
    """Raises `promotion.name_each_other` when following the names leads back: neither could come first."""
    named = {promotion.promo_id: promotion.not_with for promotion in promotions}
    done: set[str] = set()
    for first in sorted(named):
        _follow(first, named, [], done)


def turns(promotions: Iterable[Promotion]) -> Mapping[str, int]:
    """How late each one comes: after all it names. Of those that name each other, which HQ refuses, every till lets the
    same one come first."""
    by_id = {promotion.promo_id: promotion for promotion in promotions}
    found: dict[str, int] = {}

    def turn_of(promo_id: str, open_ends: frozenset[str]) -> int:
        if promo_id not in found:
            names = [name for name in by_id[promo_id].not_with if name in by_id and name not in open_ends]
            found[promo_id] = 1 + max((turn_of(name, open_ends | {promo_id, name}) for name in names), default=-1)
        return found[promo_id]

    for promo_id in sorted(by_id):
        turn_of(promo_id, frozenset({promo_id}))
    return found


def _follow(promo_id: str, named: Mapping[str, tuple[str, ...]], way: list[str], done: set[str]) -> None:
    if promo_id in way:
        raise RuleViolationError("promotion.name_each_other", promotion=way[-1], other=promo_id)
    if promo_id in done:
        return
    for name in named.get(promo_id, ()):
        _follow(name, named, [*way, promo_id], done)
    done.add(promo_id)
