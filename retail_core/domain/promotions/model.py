"""What a promotion is: which goods, when, for whom, and what it takes off. Facts and their checks; no arithmetic."""

from enum import StrEnum
from typing import ClassVar, assert_never

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import Sku

PPM = 1_000_000
MINUTES_A_DAY = 24 * 60
MAX_PIECES = 99
MAX_PARTS = 8
MAX_NAME_CHARS = 120
MAX_LISTED = 20_000
MAX_NAMED = 20  # other promotions
MAX_MINOR = 10**9


class Goods(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which items a rule is about: everything or what is listed, less what is excluded."""

    skus: tuple[Sku, ...] = ()
    departments: tuple[str, ...] = ()
    everything: bool = False
    not_skus: tuple[Sku, ...] = ()
    not_departments: tuple[str, ...] = ()


class Validity(msgspec.Struct, frozen=True, omit_defaults=True):
    """When it holds. `until_ms` is the first moment it no longer does; 0 means without end.

    `weekdays`: 0 is Monday, empty is every day. `from_minute` to `until_minute` of the store's local day, the last one
    not included; a happy hour may pass midnight (22:00 to 02:00) and then belongs to the day it began on.
    """

    from_ms: int = 0
    until_ms: int = 0
    weekdays: tuple[int, ...] = ()
    from_minute: int = 0
    until_minute: int = MINUTES_A_DAY

    def holds(self, moment: "Moment") -> bool:
        """True when it holds at this moment."""
        if moment.at_ms < self.from_ms or (self.until_ms and moment.at_ms >= self.until_ms):
            return False
        if self.from_minute < self.until_minute:
            return self._on(moment.weekday) and self.from_minute <= moment.minute < self.until_minute
        if moment.minute >= self.from_minute:
            return self._on(moment.weekday)
        return moment.minute < self.until_minute and self._on((moment.weekday - 1) % 7)

    def _on(self, weekday: int) -> bool:
        return not self.weekdays or weekday in self.weekdays


class Moment(msgspec.Struct, frozen=True):
    """When a basket is priced: its first scan. Weekday and minute are local to the store."""

    at_ms: int
    weekday: int
    minute: int


class Shopper(msgspec.Struct, frozen=True):
    """Who buys, as far as prices are concerned. `tier` is empty for somebody who is no member."""

    tier: str = ""
    coupons: tuple[str, ...] = ()


# ── what it takes off ────────────────────────────────────────────────────────────────────────────


class PercentOff(msgspec.Struct, frozen=True, tag="percent_off"):
    """`ppm` parts per million off each matching line."""

    ppm: int
    on_basket: ClassVar[bool] = False
    by_pieces: ClassVar[bool] = False


class AmountOff(msgspec.Struct, frozen=True, tag="amount_off"):
    """`minor` off each matching piece (or kilogram), never below nothing."""

    minor: int
    on_basket: ClassVar[bool] = False
    by_pieces: ClassVar[bool] = False


class FixedPrice(msgspec.Struct, frozen=True, tag="fixed_price"):
    """Each matching piece (or kilogram) costs `minor`, when that is less."""

    minor: int
    on_basket: ClassVar[bool] = False
    by_pieces: ClassVar[bool] = False


class NForM(msgspec.Struct, frozen=True, tag="n_for_m"):
    """Take `n` pieces, pay for the `m` dearest."""

    n: int
    m: int
    on_basket: ClassVar[bool] = False
    by_pieces: ClassVar[bool] = True


class NForPrice(msgspec.Struct, frozen=True, tag="n_for_price"):
    """Any `n` matching pieces together cost `minor`."""

    n: int
    minor: int
    on_basket: ClassVar[bool] = False
    by_pieces: ClassVar[bool] = True


class BundlePart(msgspec.Struct, frozen=True):
    """`pieces` of these goods belong to the bundle."""

    goods: Goods
    pieces: int = 1


class Bundle(msgspec.Struct, frozen=True, tag="bundle"):
    """One of each part together cost `minor`; or, when `ppm` is given, that much less."""

    parts: tuple[BundlePart, ...]
    minor: int = 0
    ppm: int = 0
    on_basket: ClassVar[bool] = False
    by_pieces: ClassVar[bool] = True


class Gift(msgspec.Struct, frozen=True, tag="gift"):
    """Spend `from_minor` on the promotion's goods, and `pieces` of the gift in the basket cost nothing."""

    from_minor: int
    gift: Goods
    pieces: int = 1
    on_basket: ClassVar[bool] = True
    by_pieces: ClassVar[bool] = False


class BasketPercent(msgspec.Struct, frozen=True, tag="basket_percent"):
    """`ppm` off the matching goods when they come to `from_minor` or more."""

    ppm: int
    from_minor: int = 0
    on_basket: ClassVar[bool] = True
    by_pieces: ClassVar[bool] = False


class BasketAmount(msgspec.Struct, frozen=True, tag="basket_amount"):
    """`minor` off the matching goods when they come to `from_minor` or more."""

    minor: int
    from_minor: int = 0
    on_basket: ClassVar[bool] = True
    by_pieces: ClassVar[bool] = False


Offer = PercentOff | AmountOff | FixedPrice | NForM | NForPrice | Bundle | Gift | BasketPercent | BasketAmount


class Stacking(StrEnum):
    """ALONE: a piece has one such promotion at most. ON_TOP: it is taken off what is left after the others."""

    ALONE = "alone"
    ON_TOP = "on_top"


class Promotion(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule that gives a price cut. `goods` says what counts; a Bundle says it in its parts.

    `priority`: a higher one takes its pieces first; among equals the customer gets what saves most. `tiers`: members
    of these tiers alone ("*" any member). `coupon`: only when this code was given. `limit`: times in one sale, 0 any.
    `not_with`: goods that one of these promotions has cut take no part in it; for what comes ON_TOP or off the basket.
    """

    promo_id: str
    name: str
    offer: Offer
    goods: Goods = Goods(everything=True)
    validity: Validity = Validity()
    priority: int = 0
    stacking: Stacking = Stacking.ALONE
    tiers: tuple[str, ...] = ()
    coupon: str = ""
    limit: int = 0
    not_with: tuple[str, ...] = ()

    def open_to(self, shopper: Shopper, moment: Moment) -> bool:
        """True when this shopper may have it now."""
        if self.coupon and self.coupon not in shopper.coupons:
            return False
        if self.tiers and not (shopper.tier and ("*" in self.tiers or shopper.tier in self.tiers)):
            return False
        return self.validity.holds(moment)


def checked(promotion: Promotion) -> Promotion:
    """The promotion, if it makes sense. Raises RuleViolationError `promotion.*` that names what does not."""
    if not promotion.promo_id or not promotion.name or len(promotion.name) > MAX_NAME_CHARS:
        _refuse("promotion.no_name", promotion)
    if not 0 <= promotion.limit <= MAX_PIECES:
        _refuse("promotion.bad_limit", promotion)
    _check_validity(promotion)
    _check_offer(promotion)
    if not isinstance(promotion.offer, Bundle):
        _check_goods(promotion, promotion.goods)
    if promotion.stacking is Stacking.ON_TOP and promotion.offer.by_pieces:
        _refuse("promotion.cannot_be_on_top", promotion)
    _check_names(promotion)
    return promotion


def _check_names(promotion: Promotion) -> None:
    if promotion.promo_id in promotion.not_with:
        _refuse("promotion.names_itself", promotion)
    if len(promotion.not_with) > MAX_NAMED:
        _refuse("promotion.names_too_many", promotion)
    if promotion.not_with and promotion.stacking is Stacking.ALONE and not promotion.offer.on_basket:
        _refuse("promotion.cannot_name_others", promotion)


def _check_validity(promotion: Promotion) -> None:
    when = promotion.validity
    if when.from_ms < 0 or (when.until_ms and when.until_ms <= when.from_ms):
        _refuse("promotion.dates_reversed", promotion)
    if any(not 0 <= day <= 6 for day in when.weekdays):
        _refuse("promotion.no_such_weekday", promotion)
    if not (0 <= when.from_minute < MINUTES_A_DAY and 0 < when.until_minute <= MINUTES_A_DAY):
        _refuse("promotion.bad_hours", promotion)
    if when.from_minute == when.until_minute:
        _refuse("promotion.bad_hours", promotion)


def _check_offer(promotion: Promotion) -> None:
    match promotion.offer:
        case PercentOff(ppm) | BasketPercent(ppm, _):
            good = 0 < ppm <= PPM
        case AmountOff(minor) | BasketAmount(minor, _):
            good = 0 < minor <= MAX_MINOR
        case FixedPrice(minor):
            good = 0 <= minor <= MAX_MINOR
        case NForM(n, m):
            good = 1 < n <= MAX_PIECES and 0 < m < n
        case NForPrice(n, minor):
            good = 1 <= n <= MAX_PIECES and 0 <= minor <= MAX_MINOR
        case Bundle():
            good = _bundle_makes_sense(promotion)
        case Gift(from_minor, gift, pieces):
            _check_goods(promotion, gift)
            good = 0 < from_minor <= MAX_MINOR and 0 < pieces <= MAX_PIECES
        case _:
            assert_never(promotion.offer)
    if not good or not 0 <= getattr(promotion.offer, "from_minor", 0) <= MAX_MINOR:
        _refuse("promotion.bad_offer", promotion)


def _bundle_makes_sense(promotion: Promotion) -> bool:
    offer = promotion.offer
    if not isinstance(offer, Bundle) or not 1 < len(offer.parts) <= MAX_PARTS:
        return False
    for part in offer.parts:
        _check_goods(promotion, part.goods)
    return all(0 < part.pieces <= MAX_PIECES for part in offer.parts) and (
        0 < offer.ppm <= PPM if offer.ppm else 0 <= offer.minor <= MAX_MINOR
    )


def _check_goods(promotion: Promotion, goods: Goods) -> None:
    if not (goods.everything or goods.skus or goods.departments):
        _refuse("promotion.no_goods", promotion)
    if len(goods.skus) + len(goods.not_skus) > MAX_LISTED:
        _refuse("promotion.too_many_goods", promotion)


def _refuse(code: str, promotion: Promotion) -> None:
    raise RuleViolationError(code, promotion=promotion.promo_id[:40])
