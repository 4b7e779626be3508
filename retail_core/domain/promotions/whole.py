"""Promotions of the whole basket: thresholds, percents, amounts and gifts.

What each takes off follows from running sums, so it is known after every scan at the cost of that scan alone. Each line's
share of it depends on all the other lines; it is reckoned when somebody asks for it.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, partial

from retail_core.domain.errors import require
from retail_core.domain.ids import LineId
from retail_core.domain.money import allocate, div_half_up
from retail_core.domain.promotions.model import PPM, BasketAmount, BasketPercent, Gift, Promotion, Stacking
from retail_core.domain.promotions.offers import BasketLine, Matches, Run, dearest_first

Shares = tuple[tuple[LineId, int], ...]
_NOBODY: frozenset[LineId] = frozenset()


class BasketCut:
    """What a basket promotion takes off. Its shares are to be asked for before the basket changes."""

    def __init__(self, promotion: Promotion, minor: int, share: Callable[[], Shares]) -> None:
        self.promo_id, self.name, self.minor = promotion.promo_id, promotion.name, minor
        self._share = share

    @cached_property
    def shares(self) -> Shares:
        """Each line's share of it, to the cent; lines without one are left out."""
        return self._share()


class _Whole:
    """One promotion, and what of the basket it is about."""

    def __init__(self, promotion: Promotion) -> None:
        self.promotion = promotion
        self.nets: dict[LineId, int] = {}  # what its goods cost after promotions of lines, in the order they came
        self.out: set[LineId] = set()  # lines that a promotion of lines has cut which this one names
        self.gifts: dict[LineId, BasketLine] = {}
        self.spent_minor = 0  # Σ `counted`

    def counted(self, line_id: LineId) -> int:
        """What a line adds to what is spent on its goods."""
        return 0 if line_id in self.out else self.nets.get(line_id, 0)

    def drop(self, line_id: LineId) -> None:
        self.spent_minor -= self.counted(line_id)
        self.nets.pop(line_id, None)
        self.gifts.pop(line_id, None)
        self.out.discard(line_id)

    def price(self, line_id: LineId, net_minor: int, cut_by: Iterable[str]) -> None:
        self.spent_minor -= self.counted(line_id)
        if line_id in self.nets:
            self.nets[line_id] = net_minor
        self.out.discard(line_id)
        if self.promotion.not_with and any(name in self.promotion.not_with for name in cut_by):
            self.out.add(line_id)
        self.spent_minor += self.counted(line_id)


class WholeBasket:
    """Follows the lines of a basket: each is `put`, then `price`d whenever promotions of lines cut it otherwise."""

    def __init__(self, promotions: Iterable[Promotion], has: Matches) -> None:
        """`promotions` of baskets that are open to the shopper, in their order."""
        self._has = has
        self._all = [_Whole(promotion) for promotion in promotions]
        self._alone = [whole for whole in self._all if whole.promotion.stacking is Stacking.ALONE]
        self._on_top = [whole for whole in self._all if whole.promotion.stacking is Stacking.ON_TOP]
        self._nets: dict[LineId, int] = {}
        self._changes = 0

    def put(self, line: BasketLine) -> None:
        """A line is there, after all others; its price follows."""
        for whole in self._all:
            if self._has(whole.promotion.goods, line):
                whole.nets[line.line_id] = 0
            if isinstance(whole.promotion.offer, Gift) and self._has(whole.promotion.offer.gift, line):
                whole.gifts[line.line_id] = line

    def price(self, line_id: LineId, net_minor: int, cut_by: Sequence[str]) -> None:
        """What a line costs after the promotions of lines that cut it."""
        self._changes += 1
        self._nets[line_id] = net_minor
        for whole in self._all:
            whole.price(line_id, net_minor, cut_by)

    def drop(self, line_id: LineId) -> None:
        """A line is gone, if it was there."""
        self._changes += 1
        self._nets.pop(line_id, None)
        for whole in self._all:
            whole.drop(line_id)

    def cuts(self) -> tuple[BasketCut, ...]:
        """What is taken off now: the best of those that stand alone, then those on top, each of what is left."""
        alone = [cut for whole in self._alone if (cut := self._cut(whole, ()))]
        best = max(alone, key=lambda cut: cut.minor, default=None)  # the first of equals
        made = (best,) if best else ()
        for whole in self._on_top:
            if cut := self._cut(whole, made):
                made = (*made, cut)
        return made

    def gifts_due(self, made: Sequence[BasketCut]) -> tuple[Promotion, ...]:
        """Promotions whose gift is earned and not in the basket; `made` is what `cuts` says now."""
        alone = {whole.promotion.promo_id for whole in self._alone}
        taken = next((cut.promo_id for cut in made if cut.promo_id in alone), "")
        return tuple(
            whole.promotion
            for whole in self._all
            if isinstance(whole.promotion.offer, Gift)
            and (whole.promotion.stacking is Stacking.ON_TOP or taken in ("", whole.promotion.promo_id))
            and self._lacks_gift(whole, whole.promotion.offer, made)
        )

    def _lacks_gift(self, whole: _Whole, offer: Gift, made: Sequence[BasketCut]) -> bool:
        apart = _named(whole, made)
        gifts = _gifts(whole, apart)
        before = made if whole.promotion.stacking is Stacking.ON_TOP else ()
        spent = self._spent(whole, before, apart.union(line.line_id for line in gifts))
        return spent >= offer.from_minor and sum(line.pieces for line in gifts) < offer.pieces

    def _cut(self, whole: _Whole, made: tuple[BasketCut, ...]) -> BasketCut | None:
        """What this promotion takes off what is left after those `made` before it."""
        promotion, apart = whole.promotion, _named(whole, made)
        spent = self._spent(whole, made, apart)
        match promotion.offer:
            case BasketPercent(ppm, from_minor) if spent >= from_minor:
                minor = div_half_up(spent * ppm, PPM)
            case BasketAmount(most, from_minor) if spent >= from_minor:
                minor = min(most, spent)
            case Gift(from_minor, _, pieces) if spent >= from_minor:
                shares = self._free(whole, _gifts(whole, apart), pieces, spent - from_minor, made)
                minor = sum(share for _, share in shares)
                return BasketCut(promotion, minor, lambda: shares) if minor > 0 else None
            case _:
                return None
        share = partial(self._shared, whole, minor, made, apart, self._changes)
        return BasketCut(promotion, minor, share) if minor > 0 else None

    def _spent(self, whole: _Whole, made: Sequence[BasketCut], apart: frozenset[LineId]) -> int:
        """What its goods but those `apart` come to after the cuts `made`."""
        spent = whole.spent_minor - sum(map(whole.counted, apart))
        all_lines = len(whole.nets) == len(self._nets) and not whole.out and not apart
        for cut in made:
            spent -= (
                cut.minor
                if all_lines  # then nobody needs to know how it is shared
                else sum(share for line_id, share in cut.shares if _takes_part(whole, line_id, apart))
            )
        return spent

    def _shared(
        self, whole: _Whole, minor: int, made: Sequence[BasketCut], apart: frozenset[LineId], changes: int
    ) -> Shares:
        require(changes == self._changes, "promotion.basket_changed", promotion=whole.promotion.promo_id)
        nets = self._after(made)
        lines = [line_id for line_id in whole.nets if _takes_part(whole, line_id, apart)]
        shares = allocate(minor, [nets[line_id] for line_id in lines])
        return tuple((line_id, share) for line_id, share in zip(lines, shares, strict=True) if share)

    def _free(
        self, whole: _Whole, gifts: Sequence[BasketLine], pieces: int, spare_minor: int, made: Sequence[BasketCut]
    ) -> Shares:
        """The dearest gifts are free, as far as what is paid for the other goods still reaches the threshold."""
        if not gifts:
            return ()
        nets, shares = self._after(made), list[tuple[LineId, int]]()
        for run in dearest_first([Run(line, line.pieces) for line in gifts]):
            line_id, net = run.line.line_id, nets[run.line.line_id]
            each, free = net // run.pieces, min(pieces, run.pieces)
            if line_id in whole.nets and each:
                free = min(free, spare_minor // each)
                spare_minor -= free * each
            if free > 0:
                pieces -= free
                shares.append((line_id, net if free == run.pieces else free * each))
        return tuple(shares)

    def _after(self, made: Sequence[BasketCut]) -> dict[LineId, int]:
        """What every line costs after the cuts `made`."""
        nets = dict(self._nets)
        for cut in made:
            for line_id, share in cut.shares:
                nets[line_id] -= share
        return nets


def _takes_part(whole: _Whole, line_id: LineId, apart: frozenset[LineId]) -> bool:
    return line_id in whole.nets and line_id not in whole.out and line_id not in apart


def _named(whole: _Whole, made: Sequence[BasketCut]) -> frozenset[LineId]:
    """Lines that take no part because a promotion of the basket has cut them which this one names."""
    names = whole.promotion.not_with
    if not names:
        return _NOBODY
    return frozenset(line_id for cut in made if cut.promo_id in names for line_id, _ in cut.shares)


def _gifts(whole: _Whole, apart: frozenset[LineId]) -> list[BasketLine]:
    """The gifts that lie in the basket and take part."""
    return [
        line
        for line_id, line in whole.gifts.items()
        if line.counted and line_id not in whole.out and line_id not in apart
    ]
