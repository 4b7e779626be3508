"""What a basket costs, for channels that sell without a till: priced by the till's own engine on what is published to the tills.

Nothing here reckons. Items, prices, promotions and rates of the place are put into a `Sale`, which the till's `Following` prices; so
whatever a till would ask for the same goods at the same moment, this says, and why.

Left to whoever is at the counter: what people take off by hand, what labels say (weight, price, a date that is near), and whether a
coupon of a single print was used before, which is looked at when it is.
"""

from collections.abc import Mapping
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from hq_server.service.context import Hq
from hq_server.service.fields import Currency, Id, Milli, ShortText, TimeMs
from hq_server.storage import catalogue, promotions, settings, taxes
from hq_server.storage.catalogue import PlaceRow
from hq_server.storage.database import Connection
from retail_core.domain.asks import NO_RULES
from retail_core.domain.businessdate import business_date
from retail_core.domain.coupons import MAX_CODE_CHARS, MAX_COUPONS
from retail_core.domain.customers import SaleCustomer
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.gtin import gtin_key, is_gtin
from retail_core.domain.ids import CustomerId, LineId, OperatorId, SaleId, Sku
from retail_core.domain.places import PlaceKind
from retail_core.domain.promotions.coupon_codes import coupon_of
from retail_core.domain.promotions.following import EACH, Following
from retail_core.domain.promotions.model import Promotion
from retail_core.domain.quantity import ONE
from retail_core.domain.sale import Sale
from retail_core.domain.saledata import Totals
from retail_core.domain.saleline import LineSort, SaleLine, paid_out
from retail_core.domain.sharing import tax_shares
from retail_core.domain.tax import TaxRate, TaxRules
from retail_core.durable.reference import ItemDoc, PriceDoc
from retail_core.durable.taxes import TaxDoc
from retail_core.trust.coupons import COUPON_PREFIX, read_coupon

MAX_LINES = 200
MAX_COUPON_CHARS = 400  # of a single print, with its signature
NOBODY = OperatorId("")


class QuoteLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An item by its SKU, or by one of its bar codes, and how much of it in thousandths."""

    code: Id
    qty_milli: Milli


class Basket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be priced, and for whom.

    `store` or `zone`, one of them: a zone stands for the first of its stores by id, with the promotions that hold in every
    store. `at_ms`: the moment it is priced for, now when it is left out; for one in the past by what is published now.
    `tier`: of a customer; `member` for one who has no other. `currency`: refused when the place sells in another one.
    """

    lines: Annotated[tuple[QuoteLine, ...], msgspec.Meta(min_length=1, max_length=MAX_LINES)]
    store: Id | None = None
    zone: Id | None = None
    at_ms: TimeMs | None = None
    tier: ShortText = ""
    coupons: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_COUPON_CHARS)], ...],
        msgspec.Meta(max_length=MAX_COUPONS),
    ] = ()
    currency: Currency | None = None


class Quote(msgspec.Struct, frozen=True):
    """A priced basket. Taxes of a line are by class; `asked` says which line of the basket a priced line came from."""

    place: PlaceRow
    at_ms: int
    lines: tuple[SaleLine, ...]
    asked: Mapping[LineId, int]
    line_taxes: Mapping[tuple[LineId, str], int]
    totals: Totals
    gifts_due: tuple[str, ...]


class _Published(msgspec.Struct, frozen=True):
    """What is published that concerns one basket."""

    place: PlaceRow
    rules: TaxRules
    items: Mapping[str, ItemDoc]
    skus: Mapping[str, str]
    prices: Mapping[str, PriceDoc]
    taxes: Mapping[str, TaxDoc]
    promotions: tuple[Promotion, ...]


def quote(hq: Hq, basket: Basket) -> Quote:
    """Price a basket; a fixed number of statements, however many lines it has.

    Raises RuleViolationError `quote.one_place`, `place.unknown`, `quote.other_currency`, `quote.unknown_item`, `quote.no_price`,
    `quote.not_whole`, `coupon.*`, `sale.too_large` or `sale.too_many_lines`.
    """
    at_ms = hq.clock.now_ms() if basket.at_ms is None else basket.at_ms
    published = hq.database.read(lambda conn: _published(conn, basket, at_ms))
    place = published.place
    if basket.currency not in (None, place.currency):
        raise RuleViolationError("quote.other_currency", currency=place.currency, asked=str(basket.currency))
    zone = ZoneInfo(place.timezone)
    sale = Sale.start(
        sale_id=SaleId("quote"), operator_id=NOBODY, currency=place.currency, at_ms=at_ms,
        tax_rounding=published.rules.rounding,
    )  # fmt: skip
    if basket.tier:
        sale.attach(SaleCustomer(CustomerId("quote"), basket.tier))
    for code in basket.coupons:
        printed = read_coupon(hq.key.public_text, code, at_ms) if code.startswith(COUPON_PREFIX) else None
        name, serial = (printed.code, printed.serial) if printed else (code[:MAX_CODE_CHARS], "")
        sale.add_coupon(coupon_of(published.promotions, name, serial, at_ms)[0])
    following = Following(lambda: published.promotions, zone)
    asked = _fill(sale, basket, published, business_date(at_ms, zone, 0))
    following.follow(sale)
    lines, totals = sale.lines, sale.totals
    due = tuple(one.promo_id for one in following.gifts_due)
    return Quote(place, at_ms, lines, asked, tax_shares(lines, totals.taxes, sale.tax_rounding), totals, due)


def _fill(sale: Sale, basket: Basket, published: _Published, day: str) -> Mapping[LineId, int]:
    """Put the lines on the sale, each with its deposit after it; which line asked for each."""
    asked: dict[LineId, int] = {}
    for n, wanted in enumerate(basket.lines, start=1):
        item = _item(published, wanted.code)
        made = _line(published, LineId(f"{n:04d}"), item, wanted.qty_milli, day)
        if made is None:
            raise RuleViolationError("quote.no_price", sku=item.sku, zone=published.place.zone)
        sale.add(made)
        asked[made.line_id] = n
        deposit = published.items.get(item.more.rules.deposit)
        taken = deposit and _line(published, LineId(f"{n:04d}+"), deposit, made.units * ONE, day)
        if taken:  # one that has no price yet is left out, as at the till
            sale.add(msgspec.structs.replace(taken, sort=LineSort.DEPOSIT, of=made.line_id))
            asked[taken.line_id] = n
    return asked


def _item(published: _Published, code: str) -> ItemDoc:
    found = published.items.get(code) or published.items.get(published.skus.get(code, ""))
    if found is None:
        raise RuleViolationError("quote.unknown_item", label=code)
    return found


def _line(published: _Published, line_id: LineId, item: ItemDoc, qty_milli: int, day: str) -> SaleLine | None:
    """As the till makes it of the same item; None when it has no price."""
    if item.unit == EACH and qty_milli % ONE:
        raise RuleViolationError("quote.not_whole", sku=item.sku)
    price = published.prices.get(item.sku)
    if price is None:
        return None
    if price.currency != published.place.currency:
        raise RuleViolationError("quote.other_currency", currency=price.currency, asked=published.place.currency)
    classes = published.rules.classes_of(item.tax_class)
    tax, *more = (published.taxes[one].on(day) if one in published.taxes else TaxRate(one, one, 0) for one in classes)
    line = SaleLine(
        line_id, item.sku, item.name, qty_milli, price.price_minor, tax, unit=item.unit, department=item.dept,
        more_taxes=tuple(more), sort=item.more.sort, rules=item.more.rules if item.more.rules != NO_RULES else NO_RULES,
    )  # fmt: skip
    return paid_out(line) if line.sort is LineSort.DEPOSIT_BACK else line


# ── what is published ────────────────────────────────────────────────────────────────────────────


def _published(conn: Connection, basket: Basket, at_ms: int) -> _Published:
    place = _place(conn, basket)
    codes = [line.code for line in basket.lines]
    keys = {code: gtin_key(code) for code in codes if is_gtin(code)}
    by_key = catalogue.skus_of(conn, list(keys.values()))
    skus = {code: by_key[key] for code, key in keys.items() if key in by_key}
    items = catalogue.items_of(conn, sorted({*codes, *skus.values()}))
    deposits = {item.more.rules.deposit for item in items.values()} - {Sku(""), *items}
    items |= catalogue.items_of(conn, sorted(deposits)) if deposits else {}
    groups = settings.groups_of(conn, place.place_id)
    return _Published(
        place,
        msgspec.convert(groups.get("tax", {}), TaxRules),
        items,
        skus,
        catalogue.price_at(conn, place.zone, sorted(items), at_ms),
        {doc.tax_class: doc for doc in taxes.taxes(conn)},
        tuple(promotions.in_force(conn, basket.store)),
    )


def _place(conn: Connection, basket: Basket) -> PlaceRow:
    if (basket.store is None) == (basket.zone is None):
        raise RuleViolationError("quote.one_place")
    if basket.store is not None:
        place = catalogue.place_of(conn, basket.store)
    else:
        place = catalogue.first_store_of(conn, str(basket.zone))
    if place is None or place.kind != PlaceKind.STORE:
        raise RuleViolationError("place.unknown", place=str(basket.store or basket.zone))
    return place
