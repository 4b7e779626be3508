"""What a customer bought in one store lately, as head office tells that store: receipts and goods, nothing of the person."""

from collections.abc import Iterable

import msgspec

from retail_core.domain.events import SaleCompleted
from retail_core.domain.ids import Sku

MOST_KEPT = 10
GOODS_NAMED = 3


class BoughtOnce(msgspec.Struct, frozen=True):
    """A sale: `skus` are its first goods, `lines` is how many there were. Below zero: money went back."""

    receipt: str
    at_ms: int
    total_minor: int
    currency: str
    lines: int
    skus: tuple[Sku, ...]


class Bought(msgspec.Struct, frozen=True):
    """The newest sales first."""

    sales: tuple[BoughtOnce, ...] = ()


def bought_once(sale: SaleCompleted, at_ms: int) -> BoughtOnce:
    goods = tuple(dict.fromkeys(line.sku for line in sale.lines))
    return BoughtOnce(sale.receipt, at_ms, sale.total_minor, sale.currency, len(sale.lines), goods[:GOODS_NAMED])


def with_sales(before: Bought, more: Iterable[BoughtOnce]) -> Bought:
    """The newest of both; the same receipt twice is one."""
    known = {one.receipt: one for one in (*before.sales, *more)}
    newest = sorted(known.values(), key=lambda one: (-one.at_ms, one.receipt))
    return Bought(tuple(newest[:MOST_KEPT]))
