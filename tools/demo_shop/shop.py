"""The demo shop as facts: items, prices, stock, baskets, customers and settings of one busy store."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import floor
from pathlib import Path

from retail_core.domain.gtin import check_digit, gtin_key
from retail_core.domain.ids import Gtin, Sku
from retail_core.durable.reference import ItemDoc, PriceDoc
from tools.demo_shop import naming, source
from tools.demo_shop.departments import department_of
from tools.demo_shop.people import customer_name

DATA_STORE = 367
"""The busiest store of the data; three of its days fill a till's morning."""
STORE, STORE_NAME, ZONE = "S0367", "Store 367", "north"
CURRENCY, TIMEZONE = "EUR", "Europe/Amsterdam"
SEED = 367
PREFIX = "952"
"""GS1 keeps this prefix for demonstrations: such a code is on no real goods."""
BOOK = "demo-1"
WEEKS_OF_STOCK, LEAST_STOCK_PIECES = 2, 12
KEYS_PER_PAGE = 12
# tills show pages by name
QUICK_PAGES = (
    ("Best", ()),
    ("Bread", ("Bakery",)),
    ("Deli", ("Deli", "Salad Bar", "Restaurant")),
    ("Fruit", ("Fruit & Vegetables",)),
    ("Home", ("Household & Care",)),
)
MAX_LABEL_CHARS = 24


@dataclass(frozen=True)
class QuickKey:
    page: str
    pos: int
    sku: str
    label: str


@dataclass(frozen=True)
class BasketLine:
    """What is scanned (13 digits, as printed on the goods) and how many pieces."""

    gtin: str
    sku: str
    pieces: int


@dataclass(frozen=True)
class Basket:
    """A basket as it was really bought; `unknown` are codes the catalogue does not have."""

    basket: str
    at: str
    customer_ref: str
    lines: tuple[BasketLine, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Customer:
    customer_ref: str
    name: str


@dataclass(frozen=True)
class DemoShop:
    """Everything that HQ needs to be told, and what customers bought. Items come most popular first."""

    items: tuple[ItemDoc, ...]
    prices: tuple[PriceDoc, ...]
    stock: tuple[tuple[str, int], ...]
    quick_keys: tuple[QuickKey, ...]
    baskets: tuple[Basket, ...]
    customers: tuple[Customer, ...]


def gtin_of(product_id: int) -> str:
    """The 13-digit code of a product: 952, nine digits, check digit."""
    body = f"{PREFIX}{product_id:09d}"
    return body + check_digit(body)


def demo_shop(folder: Path | None = None) -> DemoShop:
    """Read the data and make the shop. Raises source.DemoDataMissingError when the data is not installed."""
    with source.opened(folder or source.data_folder()) as conn:
        products = list(source.read_products(conn, DATA_STORE))
        baskets = tuple(_basket(sold) for sold in source.read_baskets(conn, DATA_STORE))
    refs = dict.fromkeys(basket.customer_ref for basket in baskets)
    return DemoShop(
        items=tuple(_items(products)),
        prices=tuple(PriceDoc(_sku(p), _minor(p.price), CURRENCY, 0, BOOK) for p in products),
        stock=tuple((_sku(p), _opening_pieces(p.sold_here) * 1000) for p in products if p.sold_here),
        quick_keys=tuple(_quick_keys(products)),
        baskets=baskets,
        customers=tuple(Customer(ref, customer_name(int(ref.removeprefix("C-")), SEED)) for ref in refs),
    )


def first_items(made: DemoShop, count: int) -> DemoShop:
    """The same shop with its `count` most popular items only, and the baskets that can still be sold."""
    items = made.items[:count]
    kept = {str(item.sku) for item in items}
    baskets = (replace(b, lines=tuple(line for line in b.lines if line.sku in kept)) for b in made.baskets)
    whole = {b.basket for b in made.baskets if b.unknown or all(line.sku in kept for line in b.lines)}
    return replace(
        made,
        items=items,
        prices=tuple(price for price in made.prices if price.sku in kept),
        stock=tuple(row for row in made.stock if row[0] in kept),
        quick_keys=tuple(key for key in made.quick_keys if key.sku in kept),
        baskets=tuple(basket for basket in baskets if basket.basket in whole),
    )


def _items(products: Iterable[source.Product]) -> Iterator[ItemDoc]:
    taken: Counter[tuple[str, str, str]] = Counter()
    for p in products:
        brand = naming.brand_of(p.manufacturer_id, p.department, private=p.private)
        kind, size = naming.kind_name(p.kind, p.category), naming.size_name(p.size, p.department)
        name = naming.full_name(brand, kind, naming.variety(taken[brand, kind, size]), size)
        taken[brand, kind, size] += 1
        dept, tax_class = department_of(p.department)
        gtin = Gtin(gtin_key(gtin_of(p.product_id)))
        yield ItemDoc(_sku(p), name, dept, tax_class, (gtin,), brand, size, "each", p.baskets)


def _quick_keys(products: Sequence[source.Product]) -> Iterator[QuickKey]:
    """The shop's favourites, page by page; no kind of goods twice on a page."""
    for page, departments in QUICK_PAGES:
        labels: dict[str, Sku] = {}
        for p in products:
            label = naming.kind_name(p.kind, p.category)[:MAX_LABEL_CHARS].strip()
            if p.sold_here and (not departments or department_of(p.department)[0] in departments):
                labels.setdefault(label, _sku(p))
            if len(labels) == KEYS_PER_PAGE:
                break
        for pos, (label, sku) in enumerate(labels.items()):
            yield QuickKey(page, pos, sku, label)


def _basket(sold: source.SoldBasket) -> Basket:
    return Basket(
        str(sold.basket_id),
        sold.at,
        f"C-{sold.household_id:06d}",
        tuple(BasketLine(gtin_of(product), str(product), pieces) for product, pieces in sold.lines),
        tuple(gtin_of(product) for product in sold.unknown),
    )


def _opening_pieces(sold: int) -> int:
    return max(LEAST_STOCK_PIECES, -(-sold * WEEKS_OF_STOCK // source.WEEKS))


def _sku(product: source.Product) -> Sku:
    return Sku(str(product.product_id))


def _minor(price: float) -> int:
    """Whole cents, halves up, at least one."""
    return max(1, floor(price * 100 + 0.5))
