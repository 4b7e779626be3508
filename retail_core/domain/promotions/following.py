"""A sale's promotions, kept up with its lines: what each line is cut by, and why. Only lines that were touched are priced.

What promotions of the whole basket take off is known after each scan; lines get their shares of it when somebody looks.

Till and head office price by this one class. A sale keeps the promotions of its first scan until it is paid; after a restart it
takes those of that moment. Goods that are marked down, carry their price on their label or got one by hand take part in none:
they have their reason already. What is taken off by hand comes on top and is left as it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import partial

import msgspec

from retail_core.domain.discounts import Kind
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import LineId, SaleId
from retail_core.domain.promotions.engine import PricedBasket, PromotionBook
from retail_core.domain.promotions.model import MINUTES_A_DAY, Moment, Promotion, Shopper, Validity
from retail_core.domain.promotions.offers import BasketLine
from retail_core.domain.promotions.whole import BasketCut
from retail_core.domain.sale import Sale
from retail_core.domain.saledata import SaleState
from retail_core.domain.saleline import PriceReason, SaleLine

PREFIX = "promo:"
"""Of the rule of a reason that a promotion gave."""
EACH = "each"


class Following:
    """Follows one sale at a time. `promotions` says which hold for a new sale: the very same tuple while they are the same."""

    def __init__(self, promotions: Callable[[], tuple[Promotion, ...]], zone: tzinfo) -> None:
        self._promotions, self._zone = promotions, zone
        self._known: tuple[Promotion, ...] = ()
        self._book = PromotionBook(())
        self._until: Mapping[str, str] = {}
        self._sale_id: SaleId | None = None
        self._moment = Moment(0, 0, 0)
        self._shopper = Shopper()
        self._priced: _PricedSale | None = None

    @property
    def in_force(self) -> tuple[Promotion, ...]:
        """Those the open sale was begun under; with no sale open, those of the next."""
        return self._known if self._priced else self._promotions()

    @property
    def gifts_due(self) -> tuple[Promotion, ...]:
        """Those whose gift is earned and not in the basket."""
        return self._priced.due if self._priced else ()

    def follow(self, sale: Sale | None) -> None:
        """Price what was touched. A cut that would make the sale smaller than what was taken already waits."""
        if sale is None:
            self._sale_id, self._priced = None, None
            return
        if sale.sale_id != self._sale_id:
            self.begin(sale)
        touched = sale.take_touched()
        if self._priced is None or _shopper_of(sale) != self._shopper:
            self._shopper = _shopper_of(sale)
            basket = PricedBasket(self._book, self._shopper, self._moment)
            self._priced = _PricedSale(basket, self._until)
            self._priced.price_all(sale, [line.line_id for line in sale])
        elif touched:
            self._priced.price(sale, touched)
        sale.take_touched()

    def begin(self, sale: Sale) -> None:
        """Another sale: it has the promotions of now, at the moment of its first scan."""
        fresh = self._promotions()
        if fresh is not self._known:
            self._known, self._book = fresh, PromotionBook(fresh)
            self._until = {one.promo_id: until_text(one.validity, self._zone) for one in fresh}
        local = datetime.fromtimestamp(sale.started_ms / 1000, UTC).astimezone(self._zone)
        self._moment = Moment(sale.started_ms, local.weekday(), local.hour * 60 + local.minute)
        self._sale_id = sale.sale_id
        self._priced = None


class _PricedSale:
    """One sale as promotions price it for one shopper."""

    def __init__(self, basket: PricedBasket, until: Mapping[str, str]) -> None:
        self.due: tuple[Promotion, ...] = ()
        """Those whose gift is earned and not in the basket."""
        self._basket, self._until = basket, until
        self._in: set[LineId] = set()
        self._names: dict[str, str] = {}
        self._shares: dict[str, dict[LineId, int]] = {}  # of each cut of the whole basket, as the lines have them
        self._shared_minor = 0
        self._refused = False  # a line kept what it was cut by before part of the sale was paid

    def price_all(self, sale: Sale, lines: Iterable[LineId]) -> None:
        """Everything anew, shares included."""
        sale.share_anew()
        changed = self._put(sale, lines)
        self._write(sale, changed | self._share(self._cuts()))

    def price(self, sale: Sale, touched: Iterable[LineId]) -> None:
        """What was touched. Of what is taken off the whole basket the lines get their shares when somebody looks; while
        part of the sale is paid they get them now, as far as they may."""
        sale.share_anew()
        changed = self._put(sale, touched)
        cuts = self._cuts()
        if sale.tenders or sale.state is not SaleState.OPEN or self._refused:
            self._write(sale, changed | self._share(cuts))
            return
        for line_id in changed - self._in:
            self._shared_minor -= sum(shares.pop(line_id, 0) for shares in self._shares.values())
        self._write(sale, changed)
        if cuts or self._shares:
            sale.share_later(sum(cut.minor for cut in cuts) - self._shared_minor, partial(self._share_out, cuts))

    def _cuts(self) -> Sequence[BasketCut]:
        cuts = self._basket.basket_cuts()
        self.due = self._basket.gifts_due(cuts)
        return cuts

    def _put(self, sale: Sale, touched: Iterable[LineId]) -> set[LineId]:
        changed = set(touched)
        for line_id in touched:
            changed |= self._put_line(sale.line(line_id))
        return changed

    def _put_line(self, line: SaleLine) -> frozenset[LineId]:
        fixed = line.packed or (line.manual is not None and line.manual.kind is Kind.PRICE)
        if line.takes_discount and not own_reasons(line) and not fixed:
            self._in.add(line.line_id)
            return self._basket.put(
                BasketLine(
                    line.line_id, line.sku, line.department, line.unit_minor, line.qty_milli, counted=line.unit == EACH
                )
            )
        if line.line_id not in self._in:
            return frozenset()
        self._in.discard(line.line_id)
        return self._basket.remove(line.line_id)

    def _share(self, cuts: Sequence[BasketCut]) -> set[LineId]:
        """What is taken off the whole basket, shared over its lines; those of which the share is different now."""
        before, self._shares = self._shares, {cut.promo_id: dict(cut.shares) for cut in cuts}
        self._names |= {cut.promo_id: cut.name for cut in cuts}
        self._shared_minor = sum(cut.minor for cut in cuts)
        return {
            line_id
            for promo in before.keys() | self._shares
            for line_id, _ in before.get(promo, {}).items() ^ self._shares.get(promo, {}).items()
        }

    def _share_out(self, cuts: Sequence[BasketCut], lines: Mapping[LineId, SaleLine]) -> Iterable[SaleLine]:
        changed = [lines[line_id] for line_id in self._share(cuts)]
        return [msgspec.structs.replace(line, reasons=self._reasons(line)) for line in changed]

    def _write(self, sale: Sale, changed: Iterable[LineId]) -> None:
        for line_id in changed:
            line = sale.line(line_id)
            reasons = self._reasons(line)
            before = tuple(reason for reason in line.reasons if not reason.by_hand)
            if reasons != before and not line.voided:
                try:
                    sale.replace_line(line_id, msgspec.structs.replace(line, reasons=reasons))
                except RuleViolationError:
                    self._refused = True  # part of it is paid: what is left stays as the customer saw it

    def _reasons(self, line: SaleLine) -> tuple[PriceReason, ...]:
        """Why it costs what it costs, but for what was done by hand."""
        if line.line_id not in self._in:
            return own_reasons(line)
        cuts = self._basket.reasons(line.line_id)
        named = [self._reason(cut.rule, cut.amount_minor, cut.text) for cut in cuts]
        given = ((promo, shares.get(line.line_id)) for promo, shares in self._shares.items())
        shared = (self._reason(promo, -minor, self._names[promo]) for promo, minor in given if minor)
        return (*own_reasons(line), *named, *shared)

    def _reason(self, promo_id: str, minor: int, name: str) -> PriceReason:
        return PriceReason(PREFIX + promo_id, minor, name, until=self._until.get(promo_id, ""))


def until_text(validity: Validity, zone: tzinfo) -> str:
    """How long it holds: until an hour of the day it began on, or through its last day; nothing for one without end."""
    if validity.until_minute < MINUTES_A_DAY:
        return f"{validity.until_minute // 60:02d}:{validity.until_minute % 60:02d}"
    if not validity.until_ms:
        return ""
    return datetime.fromtimestamp((validity.until_ms - 1) / 1000, UTC).astimezone(zone).date().isoformat()


def _shopper_of(sale: Sale) -> Shopper:
    tier = sale.customer.tier if sale.customer else ""
    return Shopper(tier, tuple(coupon.code for coupon in sale.coupons))


def own_reasons(line: SaleLine) -> tuple[PriceReason, ...]:
    """Why a line costs what it costs, but for promotions and what was done by hand."""
    return tuple(reason for reason in line.reasons if not reason.rule.startswith(PREFIX) and not reason.by_hand)
