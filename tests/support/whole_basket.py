"""What promotions of the whole basket take off, reckoned from nothing in one walk over all lines: to hold the running
sums of the product against. No sum is kept and nothing is put off."""

from collections.abc import Mapping, Sequence

from retail_core.domain.ids import LineId
from retail_core.domain.money import allocate, div_half_up
from retail_core.domain.promotions.engine import PromotionBook
from retail_core.domain.promotions.model import PPM, BasketAmount, BasketPercent, Gift, Promotion, Stacking
from retail_core.domain.promotions.offers import BasketLine

Taken = tuple[str, int, tuple[tuple[LineId, int], ...]]
"""A promotion, what it takes off, and each line's share."""


class FromNothing:
    """`lines` in the order they came, what each costs after promotions of lines, and which of those cut it."""

    def __init__(
        self, book: PromotionBook, lines: Sequence[BasketLine], nets: Mapping[LineId, int],
        cut_by: Mapping[LineId, Sequence[str]],
    ) -> None:  # fmt: skip
        self._book, self._lines, self._nets, self._cut_by = book, lines, nets, cut_by

    def cuts(self) -> list[Taken]:
        nets, made = dict(self._nets), list[Taken]()
        alone = [
            taken
            for one in self._book.of_baskets
            if one.stacking is Stacking.ALONE and (taken := self._taken(one, nets, made))
        ]
        if alone:
            made.append(max(alone, key=lambda taken: taken[1]))
            _take(made[-1], nets)
        for one in self._book.of_baskets:
            if one.stacking is Stacking.ON_TOP and (taken := self._taken(one, nets, made)):
                made.append(taken)
                _take(taken, nets)
        return made

    def gifts_due(self) -> list[str]:
        made = self.cuts()
        of_alone = {one.promo_id for one in self._book.of_baskets if one.stacking is Stacking.ALONE}
        first = next((promo for promo, _, _ in made if promo in of_alone), "")
        return [
            one.promo_id
            for one in self._book.of_baskets
            if isinstance(one.offer, Gift)
            and (one.stacking is Stacking.ON_TOP or first in ("", one.promo_id))
            and self._lacks(one, one.offer, made)
        ]

    def _lacks(self, one: Promotion, offer: Gift, made: Sequence[Taken]) -> bool:
        out = self._out(one, made)
        gifts = [line for line in self._of(offer.gift, out) if line.counted]
        paid = {line.line_id for line in self._of(one.goods, out | {line.line_id for line in gifts})}
        spent = sum(self._nets[line_id] for line_id in paid)
        if one.stacking is Stacking.ON_TOP:
            spent -= sum(share for _, _, shares in made for line_id, share in shares if line_id in paid)
        return spent >= offer.from_minor and sum(line.pieces for line in gifts) < offer.pieces

    def _taken(self, one: Promotion, nets: Mapping[LineId, int], made: Sequence[Taken]) -> Taken | None:
        out = self._out(one, made)
        lines = self._of(one.goods, out)
        spent = sum(nets[line.line_id] for line in lines)
        if spent < one.offer.from_minor:  # type: ignore[union-attr] # those of baskets have it
            return None
        match one.offer:
            case BasketPercent(ppm):
                shares = _shared(div_half_up(spent * ppm, PPM), lines, nets)
            case BasketAmount(minor):
                shares = _shared(min(minor, spent), lines, nets)
            case Gift(from_minor, gift, pieces):
                shares = self._free(one, self._of(gift, out), pieces, spent - from_minor, nets)
            case _:
                raise AssertionError(one)
        minor = sum(share for _, share in shares)
        return (one.promo_id, minor, shares) if minor > 0 else None

    def _free(
        self, one: Promotion, gifts: Sequence[BasketLine], pieces: int, spare: int, nets: Mapping[LineId, int]
    ) -> tuple[tuple[LineId, int], ...]:
        shares: list[tuple[LineId, int]] = []
        for line in sorted(gifts, key=lambda line: (-line.unit_minor, line.sku, line.line_id)):
            if not line.counted:
                continue
            each, free = nets[line.line_id] // line.pieces, min(pieces, line.pieces)
            if self._book.has(one.goods, line) and each:
                free = min(free, spare // each)
                spare -= free * each
            if free > 0:
                pieces -= free
                shares.append((line.line_id, nets[line.line_id] if free == line.pieces else free * each))
        return tuple(shares)

    def _of(self, goods: object, out: set[LineId]) -> list[BasketLine]:
        return [line for line in self._lines if line.line_id not in out and self._book.has(goods, line)]  # type: ignore[arg-type]

    def _out(self, one: Promotion, made: Sequence[Taken]) -> set[LineId]:
        """Lines that a promotion has cut which this one names."""
        of_lines = {line_id for line_id, names in self._cut_by.items() if set(names) & set(one.not_with)}
        return of_lines | {line_id for promo, _, shares in made if promo in one.not_with for line_id, _ in shares}


def _shared(minor: int, lines: Sequence[BasketLine], nets: Mapping[LineId, int]) -> tuple[tuple[LineId, int], ...]:
    if not lines or minor <= 0:
        return ()
    shares = allocate(minor, [nets[line.line_id] for line in lines])
    return tuple((line.line_id, share) for line, share in zip(lines, shares, strict=True) if share)


def _take(taken: Taken, nets: dict[LineId, int]) -> None:
    for line_id, share in taken[2]:
        nets[line_id] -= share
