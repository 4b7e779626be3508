"""The demo shop as files that HQ's admin commands import, made once and found again afterwards.

A line of a `.ndjson` file is one row as HQ's REST routes take it; the baskets and customers are for the demo's driver.
"""

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from hq_server.service.taxes import TaxChange
from retail_core.durable.reference import ItemDoc, PriceDoc
from tools.demo_shop import shop, source
from tools.demo_shop.departments import TAXES
from tools.demo_shop.people import STAFF

T = TypeVar("T")
SHAPES = (ItemDoc, PriceDoc, TaxChange)
"""What is written as other packages say it looks."""
BUILD_FOLDER = Path("build") / "demo-shop"
STORE_ROW = {
    "store": shop.STORE,
    "name": shop.STORE_NAME,
    "zone": shop.ZONE,
    "timezone": shop.TIMEZONE,
    "currency": shop.CURRENCY,
}
SETTINGS_ROW = {
    "store": shop.STORE,
    "receipt_header": ("omnitill demo shop", "Store 367 · 12 Canal Street", "VAT no. NL000000000B00"),
    "receipt_footer": ("Thank you, see you soon!", "Demo: goods and names are not real"),
}


@dataclass(frozen=True)
class ShopFiles:
    """Where the files are."""

    folder: Path

    @property
    def items(self) -> Path:
        return self.folder / "items.ndjson"

    @property
    def prices(self) -> Path:
        return self.folder / "prices.ndjson"

    @property
    def taxes(self) -> Path:
        return self.folder / "taxes.ndjson"

    @property
    def staff(self) -> Path:
        return self.folder / "staff.ndjson"

    @property
    def stores(self) -> Path:
        return self.folder / "stores.ndjson"

    @property
    def settings(self) -> Path:
        return self.folder / "settings.ndjson"

    @property
    def quick_keys(self) -> Path:
        return self.folder / "quick_keys.ndjson"

    @property
    def stock(self) -> Path:
        return self.folder / "stock.ndjson"

    @property
    def baskets(self) -> Path:
        return self.folder / "baskets.ndjson"

    @property
    def customers(self) -> Path:
        return self.folder / "customers.ndjson"

    def read_baskets(self) -> tuple[shop.Basket, ...]:
        return tuple(_read(self.baskets, shop.Basket))

    def customers_in_order(self) -> Iterable[shop.Customer]:
        """As they came into the shop."""
        return _read(self.customers, shop.Customer)

    def read_customers(self) -> dict[str, str]:
        """Names by customer reference."""
        return {one.customer_ref: one.name for one in _read(self.customers, shop.Customer)}


def ensure_files(root: Path = BUILD_FOLDER, items: int | None = None) -> ShopFiles:
    """The files for the installed data and this version of the rules, made now when they are not there.

    With `items` only so many of the most popular items are in the shop.
    """
    mark = fingerprint(source.data_folder())
    files = ShopFiles(root / (f"{mark}-{items}" if items else mark))
    if not files.folder.exists():
        root.mkdir(parents=True, exist_ok=True)
        _remove_old(root, mark)
        made = ShopFiles(Path(tempfile.mkdtemp(dir=root)))
        whole = shop.demo_shop()
        write_files(shop.first_items(whole, items) if items else whole, made)
        with contextlib.suppress(OSError):  # somebody else was quicker: theirs is the same
            made.folder.rename(files.folder)
        shutil.rmtree(made.folder, ignore_errors=True)
    return files


def _remove_old(root: Path, mark: str) -> None:
    """Files that other rules made are of no use any more."""
    for folder in root.iterdir():
        if len(folder.name.partition("-")[0]) == len(mark) and not folder.name.startswith(mark):
            shutil.rmtree(folder, ignore_errors=True)


def fingerprint(data: Path) -> str:
    """Changes when the data, the rules in this package or the shapes of what is written change."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    digest.update(msgspec.json.encode(msgspec.json.schema_components(SHAPES), order="sorted"))
    for name in ("products.parquet", "transactions.parquet"):
        digest.update(f"{name} {(data / name).stat().st_size}".encode())
    return digest.hexdigest()[:16]


def write_files(made: shop.DemoShop, files: ShopFiles) -> None:
    """Write every file into a folder that exists."""
    _write(files.items, made.items)
    _write(files.prices, ({"zone": shop.ZONE} | msgspec.to_builtins(one) for one in made.prices))
    _write(files.taxes, TAXES)
    _write(files.staff, ({"store": shop.STORE, "active": True, "lang": "en"} | _staff(one) for one in STAFF))
    _write(files.quick_keys, ({"store": shop.STORE} | msgspec.to_builtins(one) for one in made.quick_keys))
    _write(files.stock, ({"store": shop.STORE, "sku": sku, "qty_milli": qty_milli} for sku, qty_milli in made.stock))
    _write(files.baskets, made.baskets)
    _write(files.customers, made.customers)
    _write(files.stores, [STORE_ROW])
    _write(files.settings, [SETTINGS_ROW])


def _staff(one: object) -> dict[str, object]:
    return msgspec.to_builtins(one)


def _write(path: Path, rows: Iterable[object]) -> None:
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as out:
        for row in rows:
            out.write(encode(row) + b"\n")


def _read(path: Path, kind: type[T]) -> Iterable[T]:
    decode = msgspec.json.Decoder(kind).decode
    with path.open("rb") as lines:
        for line in lines:
            yield decode(line)
