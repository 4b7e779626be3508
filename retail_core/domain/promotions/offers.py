"""What each kind of offer takes off the pieces it is given. Pure arithmetic: runs of pieces in, cuts out.

Two rules hold for all of them. The dearest pieces are taken first, so that what is given free is worth most. What a
group of pieces saves is shared over the group in proportion to its prices, to the cent: one piece brought back later is
worth what was paid for it, and "three for two" cannot be turned into two free ones.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import assert_never

import msgspec

from retail_core.domain.errors import InvariantError
from retail_core.domain.ids import LineId, Sku
from retail_core.domain.money import allocate, div_half_up
from retail_core.domain.promotions.model import (
    PPM,
    AmountOff,
    BasketAmount,
    BasketPercent,
    Bundle,
    FixedPrice,
    Gift,
    Goods,
    NForM,
    NForPrice,
    Offer,
    PercentOff,
    Promotion,
)
from retail_core.domain.quantity import ONE, amount_minor


class BasketLine(msgspec.Struct, frozen=True):
    """A line before promotions. `counted`: whole pieces; weighed goods take part in what needs no counting."""

    line_id: LineId
    sku: Sku
    department: str
    unit_minor: int
    qty_milli: int
    counted: bool = True

    @property
    def pieces(self) -> int:
        """Whole pieces; a weighed line counts as one."""
        return self.qty_milli // ONE if self.counted else 1

    @property
    def amount_minor(self) -> int:
        return amount_minor(self.unit_minor, self.qty_milli)


class Run(msgspec.Struct, frozen=True):
    """Some pieces of one line that no other promotion has taken yet."""

    line: BasketLine
    pieces: int

    @property
    def value_minor(self) -> int:
        """What they cost before any cut."""
        return self.line.unit_minor * self.pieces if self.line.counted else self.line.amount_minor


class Cut(msgspec.Struct, frozen=True):
    """What one promotion takes off some pieces of a line; never more than they cost."""

    promo_id: str
    line_id: LineId
    minor: int
    pieces: int


Matches = Callable[[Goods, BasketLine], bool]
Group = list[tuple[Run, int]]
"""Pieces of several runs that are cut together."""


def dearest_first(runs: Sequence[Run]) -> list[Run]:
    """An order that does not depend on when things were scanned, but among equals."""
    return sorted(runs, key=lambda run: (-run.line.unit_minor, run.line.sku, run.line.line_id))


def line_cuts(promotion: Promotion, runs: Sequence[Run], matches: Matches) -> list[Cut]:
    """What `promotion` takes off these runs; all of them match it already."""
    match promotion.offer:
        case PercentOff() | AmountOff() | FixedPrice() as single:
            cuts = [_single(promotion, single, run) for run in _limited(dearest_first(runs), promotion.limit)]
            return [cut for cut in cuts if cut.minor > 0]
        case NForM(n, m):
            return _grouped(promotion, _blocks(_counted(runs), n), lambda group: _cheapest(group, n - m))
        case NForPrice(n, minor):
            return _grouped(promotion, _blocks(_counted(runs), n), lambda group: _value(group) - minor)
        case Bundle() as bundle:
            groups = _bundles(bundle, _counted(runs), matches)
            return _grouped(promotion, groups, lambda group: _off_bundle(bundle, group))
        case Gift() | BasketPercent() | BasketAmount():
            raise InvariantError("promotion.not_of_a_line", promotion=promotion.promo_id)
        case _:
            assert_never(promotion.offer)


def off(offer: Offer, value_minor: int, qty_milli: int) -> int:
    """What an offer without counting takes off goods that cost `value_minor`; never more than that."""
    match offer:
        case PercentOff(ppm):
            return div_half_up(value_minor * ppm, PPM)
        case AmountOff(minor):
            return min(value_minor, amount_minor(minor, qty_milli))
        case FixedPrice(minor):
            return max(0, value_minor - amount_minor(minor, qty_milli))
        case _:
            raise InvariantError("promotion.counts_pieces")


def _single(promotion: Promotion, offer: Offer, run: Run) -> Cut:
    qty_milli = run.pieces * ONE if run.line.counted else run.line.qty_milli
    minor = off(offer, run.value_minor, qty_milli)
    return Cut(promotion.promo_id, run.line.line_id, minor, run.pieces)


def _limited(runs: Sequence[Run], limit: int) -> Iterator[Run]:
    left = limit
    for run in runs:
        if not limit:
            yield run
        elif left > 0:
            taken = min(left, run.pieces)
            left -= taken
            yield Run(run.line, taken)


def _counted(runs: Sequence[Run]) -> list[Run]:
    return dearest_first([run for run in runs if run.line.counted])


def _blocks(runs: Sequence[Run], n: int) -> Iterator[tuple[int, Group]]:
    """Groups of `n` pieces, dearest first, each with how many times it comes; what is left over makes none."""
    group: Group = []
    missing = n
    for run in runs:
        left = run.pieces
        if group:
            taken = min(left, missing)
            group.append((run, taken))
            left, missing = left - taken, missing - taken
            if missing:
                continue
            yield 1, group
            group, missing = [], n
        if left >= n:
            yield left // n, [(run, n)]
            left %= n
        if left:
            group, missing = [(run, left)], n - left


def _bundles(bundle: Bundle, runs: Sequence[Run], matches: Matches) -> Iterator[tuple[int, Group]]:
    """Whole bundles, the dearest pieces of each part first, each with how many times it comes."""
    left = {run.line.line_id: run.pieces for run in runs}
    fitting = [[run for run in runs if matches(part.goods, run.line)] for part in bundle.parts]
    order = sorted(range(len(bundle.parts)), key=lambda n: (len(fitting[n]), n))  # the pickiest part chooses first
    while (group := _one_bundle(bundle, fitting, order, left)) is not None:
        times = min(left[run.line.line_id] // taken for run, taken in _per_line(group))
        for run, taken in _per_line(group):
            left[run.line.line_id] -= taken * times
        yield times, group


def _one_bundle(
    bundle: Bundle, fitting: Sequence[Sequence[Run]], order: Sequence[int], left: dict[LineId, int]
) -> Group | None:
    group: Group = []
    spent: dict[LineId, int] = {}
    for n in order:
        missing = bundle.parts[n].pieces
        for run in fitting[n]:
            line_id = run.line.line_id
            taken = min(missing, left[line_id] - spent.get(line_id, 0))
            if taken > 0:
                group.append((run, taken))
                spent[line_id] = spent.get(line_id, 0) + taken
                missing -= taken
            if not missing:
                break
        if missing:
            return None
    return group


def _per_line(group: Group) -> list[tuple[Run, int]]:
    """A line that serves two parts of a bundle is one entry."""
    pieces: dict[LineId, int] = {}
    runs: dict[LineId, Run] = {}
    for run, taken in group:
        pieces[run.line.line_id] = pieces.get(run.line.line_id, 0) + taken
        runs[run.line.line_id] = run
    return [(runs[line_id], taken) for line_id, taken in pieces.items()]


def _grouped(promotion: Promotion, groups: Iterator[tuple[int, Group]], saving: Callable[[Group], int]) -> list[Cut]:
    """Cut groups until one saves nothing, or the promotion's limit is reached."""
    cuts: dict[LineId, tuple[int, int]] = {}
    done = 0
    for found, group in groups:
        times = min(found, promotion.limit - done) if promotion.limit else found
        saved = min(saving(group), _value(group))
        if times <= 0 or saved <= 0:
            break
        done += times
        members = _per_line(group)
        shares = allocate(saved * times, [run.line.unit_minor * taken for run, taken in members])
        for (run, taken), share in zip(members, shares, strict=True):
            minor, pieces = cuts.get(run.line.line_id, (0, 0))
            cuts[run.line.line_id] = minor + share, pieces + taken * times
    return [Cut(promotion.promo_id, line_id, minor, pieces) for line_id, (minor, pieces) in cuts.items()]


def _value(group: Group) -> int:
    return sum(run.line.unit_minor * taken for run, taken in group)


def _cheapest(group: Group, free: int) -> int:
    saved = 0
    for run, taken in reversed(group):  # the dearest stand first
        given = min(free, taken)
        saved += given * run.line.unit_minor
        free -= given
    return saved


def _off_bundle(bundle: Bundle, group: Group) -> int:
    value = _value(group)
    return div_half_up(value * bundle.ppm, PPM) if bundle.ppm else value - bundle.minor
