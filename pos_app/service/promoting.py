"""The store's promotions on the open sale: what each line is cut by, and why. Only lines that were touched are priced.

A sale keeps the promotions of its first scan until it is paid; after a restart it takes those of that moment. Goods that
are marked down, carry their price on their label or got one by hand take part in none: they have their reason already.
What is taken off by hand comes on top and is left as it is.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Protocol

import msgspec

from pos_app.service.completing import PREFIX
from pos_app.service.outcome import Outcome, OutcomeKind
from retail_core.domain.discounts import Kind
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import LineId, SaleId
from retail_core.domain.promotions.engine import PricedBasket, PromotionBook
from retail_core.domain.promotions.model import MINUTES_A_DAY, Moment, Promotion, Shopper, Validity
from retail_core.domain.promotions.offers import BasketLine
from retail_core.domain.sale import Sale
from retail_core.domain.saleline import PriceReason, SaleLine
from retail_core.durable.link import Promotions

EACH = "each"
GIFT_DUE = "promotion.gift_due"


class PromotionFacts(Protocol):
    def promotions(self, known: Promotions) -> Promotions:
        """Those in force; `known` itself while they are the same."""
        ...


class Promoting:
    """Follows one sale at a time."""

    def __init__(self, facts: PromotionFacts, zone: tzinfo) -> None:
        self._facts, self._zone = facts, zone
        self._known = Promotions()
        self._book = PromotionBook(())
        self._until: Mapping[str, str] = {}
        self._due: tuple[Promotion, ...] = ()
        self._told: set[str] = set()
        self._sale_id: SaleId | None = None
        self._moment = Moment(0, 0, 0)
        self._shopper = Shopper()
        self._basket: PricedBasket | None = None
        self._in: set[LineId] = set()
        self._shares: dict[LineId, tuple[tuple[str, int], ...]] = {}  # (promotion, what it takes off)
        self._names: dict[str, str] = {}

    @property
    def known(self) -> tuple[Promotion, ...]:
        """Those that hold for the next sale."""
        return self._facts.promotions(self._known).promotions

    @property
    def in_force(self) -> tuple[Promotion, ...]:
        """Those the open sale was begun under; with no sale open, those of the next."""
        return self._known.promotions if self._basket else self.known

    def follow(self, sale: Sale | None) -> None:
        """Price what was touched. A cut that would make the sale smaller than what was taken already waits."""
        if sale is None:
            self._sale_id, self._basket = None, None
            return
        if sale.sale_id != self._sale_id or self._basket is None:
            self._begin(sale)
        basket = self._basket
        touched: Iterable[LineId] = sale.take_touched()
        if basket is not None and _shopper_of(sale) != self._shopper:
            basket, touched = self._begin_basket(sale), [line.line_id for line in sale]
        if basket is None or not touched:
            return
        changed: set[LineId] = set(touched)
        for line_id in touched:
            changed |= self._put(basket, sale.line(line_id))
        changed |= self._share(basket)
        self._write(sale, changed)
        sale.take_touched()

    def noted(self, outcome: Outcome) -> Outcome:
        """What was done, with a word about a gift that is due since; each gift is spoken of once in a sale."""
        fresh = next((one for one in self._due if one.promo_id not in self._told), None)
        if fresh is None or outcome.code or outcome.kind not in (OutcomeKind.ADDED, OutcomeKind.CHANGED):
            return outcome
        self._told.add(fresh.promo_id)
        return msgspec.structs.replace(outcome, code=GIFT_DUE, facts={"name": fresh.name})

    def _begin(self, sale: Sale) -> None:
        fresh = self._facts.promotions(self._known)
        if fresh is not self._known:
            self._known, self._book = fresh, PromotionBook(fresh.promotions)
            self._until = {one.promo_id: until_text(one.validity, self._zone) for one in fresh.promotions}
        local = datetime.fromtimestamp(sale.started_ms / 1000, UTC).astimezone(self._zone)
        self._moment = Moment(sale.started_ms, local.weekday(), local.hour * 60 + local.minute)
        self._sale_id = sale.sale_id
        self._told.clear()
        self._begin_basket(sale)

    def _begin_basket(self, sale: Sale) -> PricedBasket:
        """Price everything anew for whoever buys now."""
        self._shopper = _shopper_of(sale)
        self._basket = PricedBasket(self._book, self._shopper, self._moment)
        self._in, self._shares, self._due = set(), {}, ()
        return self._basket

    def _put(self, basket: PricedBasket, line: SaleLine) -> frozenset[LineId]:
        fixed = line.packed or (line.manual is not None and line.manual.kind is Kind.PRICE)
        if line.takes_discount and not own_reasons(line) and not fixed:
            self._in.add(line.line_id)
            return basket.put(
                BasketLine(
                    line.line_id, line.sku, line.department, line.unit_minor, line.qty_milli, counted=line.unit == EACH
                )
            )
        if line.line_id not in self._in:
            return frozenset()
        self._in.discard(line.line_id)
        return basket.remove(line.line_id)

    def _share(self, basket: PricedBasket) -> set[LineId]:
        """What promotions of the whole basket take off each line; the lines for which that is different now."""
        if not self._book.of_baskets:
            return set()
        shares: dict[LineId, tuple[tuple[str, int], ...]] = {}
        cuts = basket.basket_cuts()
        self._due = basket.gifts_due(cuts)
        for cut in cuts:
            self._names[cut.promo_id] = cut.name
            for line_id, minor in cut.shares:
                shares[line_id] = (*shares.get(line_id, ()), (cut.promo_id, minor))
        before, self._shares = self._shares, shares
        return {line_id for line_id in before.keys() | shares.keys() if before.get(line_id) != shares.get(line_id)}

    def _write(self, sale: Sale, changed: Iterable[LineId]) -> None:
        basket = self._basket
        for line_id in changed:
            line = sale.line(line_id)
            own = own_reasons(line)
            cuts = basket.reasons(line_id) if basket and line_id in self._in else ()
            named = tuple(self._reason(cut.rule, cut.amount_minor, cut.text) for cut in cuts)
            shared = self._shares.get(line_id, ()) if line_id in self._in else ()
            reasons = (*own, *named, *(self._reason(promo, -minor, self._names[promo]) for promo, minor in shared))
            before = tuple(reason for reason in line.reasons if not reason.by_hand)
            if reasons != before and not line.voided:
                try:
                    sale.replace_line(line_id, msgspec.structs.replace(line, reasons=reasons))
                except RuleViolationError:
                    continue  # part of it is paid: what is left stays as the customer saw it

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
