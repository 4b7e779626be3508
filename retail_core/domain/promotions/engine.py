"""How a basket chooses among its promotions, and says why. Incremental: a scan prices again only what it touches.

The order, the only one in this product:
1. Promotions that stand ALONE take pieces; a piece has one of them at most. Higher priority chooses first. Among equal
   priorities the order that saves the customer most is chosen (all orders are tried up to MAX_TRIED promotions, above
   that the one that would save most alone goes first); of orders that save the same, the one by promotion id.
2. Promotions ON_TOP of lines are taken off what is left, by priority and id.
3. Basket promotions (thresholds, gifts, coupons on the whole; see `whole`) see what is left after that: of those that stand ALONE
   the one that saves most, then those ON_TOP. Each is shared over its lines to the cent.
Goods cut by a promotion that another one names take no part in that one; those that are named come first.
Each step is rounded once, half up, and no line ever costs less than nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, permutations
from types import MappingProxyType

from retail_core.domain.ids import LineId, Sku
from retail_core.domain.promotions.model import (
    Bundle,
    Gift,
    Goods,
    Moment,
    Promotion,
    Shopper,
    Stacking,
)
from retail_core.domain.promotions.offers import BasketLine, Cut, Run, line_cuts, off
from retail_core.domain.promotions.together import turns
from retail_core.domain.promotions.whole import BasketCut, WholeBasket
from retail_core.domain.saleline import PriceReason

MAX_TRIED = 4  # 24 orders
_NO_RULES: Mapping[str, Promotion] = MappingProxyType({})


class PromotionBook:
    """The promotions of one version of the prices, arranged so that an item finds its own without a search.

    Made once and shared by all baskets; a basket asks who may have what.
    """

    def __init__(self, promotions: Iterable[Promotion]) -> None:
        self._sets: dict[int, tuple[frozenset[Sku], frozenset[Sku]]] = {}
        self._by_sku: dict[Sku, list[Promotion]] = {}
        self._by_department: dict[str, list[Promotion]] = {}
        self._for_all: list[Promotion] = []
        self.of_baskets: list[Promotion] = []
        known = tuple(promotions)
        self._late = turns(known)
        for promotion in sorted(known, key=self._turn):
            for goods in _selections(promotion):
                self._sets[id(goods)] = frozenset(goods.skus), frozenset(goods.not_skus)
            if promotion.offer.on_basket:
                self.of_baskets.append(promotion)
            else:
                self._enter(promotion)

    def has(self, goods: Goods, line: BasketLine) -> bool:
        """True when the line's item is among these goods, which belong to a promotion of this book."""
        skus, not_skus = self._sets[id(goods)]
        if line.sku in not_skus or line.department in goods.not_departments:
            return False
        return goods.everything or line.sku in skus or line.department in goods.departments

    def of_line(self, line: BasketLine) -> list[Promotion]:
        """Every promotion of lines this one is meant by, in their order; those that are named by others first."""
        found = {
            promotion.promo_id: promotion
            for listed in (
                self._by_sku.get(line.sku, ()), self._by_department.get(line.department, ()), self._for_all,
            )
            for promotion in listed
            if self._concerns(promotion, line)
        }  # fmt: skip
        return sorted(found.values(), key=self._turn)

    def _turn(self, promotion: Promotion) -> tuple[int, tuple[int, str]]:
        return self._late[promotion.promo_id], _rank(promotion)

    def _enter(self, promotion: Promotion) -> None:
        offer = promotion.offer
        for goods in [part.goods for part in offer.parts] if isinstance(offer, Bundle) else [promotion.goods]:
            if goods.everything:
                self._for_all.append(promotion)
            for sku in goods.skus:
                self._by_sku.setdefault(sku, []).append(promotion)
            for department in goods.departments:
                self._by_department.setdefault(department, []).append(promotion)

    def _concerns(self, promotion: Promotion, line: BasketLine) -> bool:
        if isinstance(promotion.offer, Bundle):
            return line.counted and any(self.has(part.goods, line) for part in promotion.offer.parts)
        return (line.counted or not promotion.offer.by_pieces) and self.has(promotion.goods, line)


class PricedBasket:
    """Lines go in and out one at a time; `reasons` and `basket_cuts` say what is taken off now."""

    def __init__(self, book: PromotionBook, shopper: Shopper, moment: Moment) -> None:
        self._book = book
        self._shopper, self._moment = shopper, moment
        self._lines: dict[LineId, BasketLine] = {}
        self._rules: dict[LineId, dict[str, Promotion]] = {}
        self._on_top: dict[LineId, tuple[Promotion, ...]] = {}
        self._members: dict[str, dict[LineId, None]] = {}
        self._cuts: dict[LineId, tuple[tuple[Promotion, Cut], ...]] = {}
        self._nets: dict[LineId, int] = {}
        self._whole = WholeBasket((p for p in book.of_baskets if p.open_to(shopper, moment)), book.has)

    def put(self, line: BasketLine) -> frozenset[LineId]:
        """Add a line or change it; the lines whose cuts are different now."""
        touched = self._reach(line.line_id)
        self._forget(line.line_id)
        self._lines[line.line_id] = line
        usable = [p for p in self._book.of_line(line) if p.open_to(self._shopper, self._moment)]
        rules = self._rules[line.line_id] = {p.promo_id: p for p in usable if p.stacking is Stacking.ALONE}
        self._on_top[line.line_id] = tuple(p for p in usable if p.stacking is Stacking.ON_TOP)
        for promotion in rules.values():
            if _couples(promotion):
                self._members.setdefault(promotion.promo_id, {})[line.line_id] = None
        self._whole.put(line)
        return self._price(touched | self._reach(line.line_id))

    def remove(self, line_id: LineId) -> frozenset[LineId]:
        """Take a line out; the other lines whose cuts are different now."""
        touched = self._reach(line_id) - {line_id}
        self._forget(line_id)
        self._cuts.pop(line_id, None)
        return self._price(touched)

    def reasons(self, line_id: LineId) -> tuple[PriceReason, ...]:
        """What was taken off a line by promotions of lines, each explained."""
        return tuple(
            PriceReason(cut.promo_id, -cut.minor, promotion.name) for promotion, cut in self._cuts.get(line_id, ())
        )

    def net_minor(self, line_id: LineId) -> int:
        """What a line costs after promotions of lines."""
        return self._nets[line_id]

    def basket_cuts(self) -> tuple[BasketCut, ...]:
        """What promotions of the whole basket take off now; a line's share of it is reckoned when asked for."""
        return self._whole.cuts()

    def gifts_due(self, made: Sequence[BasketCut]) -> tuple[Promotion, ...]:
        """Promotions whose gift is earned and not in the basket; `made` is what `basket_cuts` says of this basket."""
        return self._whole.gifts_due(made)

    # ── lines ────────────────────────────────────────────────────────────────────────────────────

    def _reach(self, line_id: LineId) -> set[LineId]:
        """The lines that share a promotion with this one, or with one of those, and so on."""
        reached, open_ends = {line_id}, [line_id]
        seen: set[str] = set()
        while open_ends:
            for promotion in self._rules.get(open_ends.pop(), _NO_RULES).values():
                if promotion.promo_id in seen or not _couples(promotion):
                    continue
                seen.add(promotion.promo_id)
                fresh = [other for other in self._members[promotion.promo_id] if other not in reached]
                reached.update(fresh)
                open_ends += fresh
        return reached

    def _forget(self, line_id: LineId) -> None:
        self._lines.pop(line_id, None)
        self._nets.pop(line_id, None)
        self._on_top.pop(line_id, None)
        self._whole.drop(line_id)
        for promotion in self._rules.pop(line_id, _NO_RULES).values():
            if _couples(promotion):
                del self._members[promotion.promo_id][line_id]

    def _price(self, touched: set[LineId]) -> frozenset[LineId]:
        lines = [self._lines[line_id] for line_id in touched if line_id in self._lines]
        made: dict[LineId, list[tuple[Promotion, Cut]]] = {line.line_id: [] for line in lines}
        left = {line.line_id: line.pieces for line in lines}
        rules = {name: p for line in lines for name, p in self._rules[line.line_id].items()}
        for _, level in groupby(sorted(rules.values(), key=_rank), key=lambda p: p.priority):
            for cut in self._best(tuple(level), lines, left):
                made[cut.line_id].append((rules[cut.promo_id], cut))
                left[cut.line_id] -= cut.pieces
        for line in lines:
            made[line.line_id] += self._cuts_on_top(line, made[line.line_id])
            self._nets[line.line_id] = line.amount_minor - sum(cut.minor for _, cut in made[line.line_id])
            cut_by = [promotion.promo_id for promotion, _ in made[line.line_id]]
            self._whole.price(line.line_id, self._nets[line.line_id], cut_by)
        changed = frozenset(line_id for line_id, cuts in made.items() if self._cuts.get(line_id, ()) != tuple(cuts))
        self._cuts.update((line_id, tuple(made[line_id])) for line_id in changed)
        return changed

    def _best(self, level: Sequence[Promotion], lines: Sequence[BasketLine], left: Mapping[LineId, int]) -> list[Cut]:
        """The cuts of the order of these promotions that saves most."""
        if len(level) == 1 or len(level) > MAX_TRIED:
            alone = {p.promo_id: _sum(self._in_order((p,), lines, left)) for p in level} if len(level) > 1 else {}
            return self._in_order(sorted(level, key=lambda p: -alone.get(p.promo_id, 0)), lines, left)
        tried = [self._in_order(order, lines, left) for order in permutations(level)]
        return max(tried, key=_sum)  # the first of equals

    def _in_order(
        self, order: Sequence[Promotion], lines: Sequence[BasketLine], left: Mapping[LineId, int]
    ) -> list[Cut]:
        rest = dict(left)
        made: list[Cut] = []
        for promotion in order:
            runs = [
                Run(line, rest[line.line_id])
                for line in lines
                if rest[line.line_id] and promotion.promo_id in self._rules[line.line_id]
            ]
            for cut in line_cuts(promotion, runs, self._book.has):
                rest[cut.line_id] -= cut.pieces
                made.append(cut)
        return made

    def _cuts_on_top(
        self, line: BasketLine, before: Sequence[tuple[Promotion, Cut]]
    ) -> Iterator[tuple[Promotion, Cut]]:
        value = line.amount_minor - sum(cut.minor for _, cut in before)
        cut_by = {promotion.promo_id for promotion, _ in before}
        for promotion in self._on_top[line.line_id]:
            minor = off(promotion.offer, value, line.qty_milli) if cut_by.isdisjoint(promotion.not_with) else 0
            if minor > 0:
                value -= minor
                cut_by.add(promotion.promo_id)
                yield promotion, Cut(promotion.promo_id, line.line_id, minor, 0)


def _rank(promotion: Promotion) -> tuple[int, str]:
    return -promotion.priority, promotion.promo_id


def _selections(promotion: Promotion) -> Iterator[Goods]:
    yield promotion.goods
    match promotion.offer:
        case Bundle(parts):
            yield from (part.goods for part in parts)
        case Gift(_, gift):
            yield gift
        case _:
            return


def _couples(promotion: Promotion) -> bool:
    """True when one line's cut may depend on another line."""
    return promotion.offer.by_pieces or promotion.limit > 0


def _sum(cuts: Sequence[Cut]) -> int:
    return sum(cut.minor for cut in cuts)
