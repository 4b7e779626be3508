"""More came back than was sold: two tills can both take the last piece while nobody connects them. Nothing is refused here;
it becomes a case with its value, in the transaction that brings the second one.
"""

from collections.abc import Iterable

from hq_server.service.cases import new_case, open_cases
from hq_server.service.context import Hq
from hq_server.storage import returns
from hq_server.storage.database import Unit
from hq_server.storage.returns import Back, Line
from retail_core.domain.cases import CaseKind, ExceptionCase
from retail_core.domain.events import SaleCompleted
from retail_core.domain.money import div_half_up

TOO_MUCH = "return.more_than_sold"


def store_of(receipt: str) -> str:
    """A number is store-register-series-counter."""
    return receipt.rsplit("-", 3)[0]


def watch(hq: Hq, unit: Unit, store: str, sales: Iterable[SaleCompleted]) -> None:
    """Look at every receipt of which something came back with these sales of `store`, and at these sales' own: of a till
    that was away for long the goods may be back before the sale is known.
    """
    sales = list(sales)
    early = returns.came_back_first(unit.conn, store, [sale.receipt for sale in sales])
    by_store: dict[str, set[str]] = {store: set(early)} if early else {}
    for sale in sales:
        for line in sale.lines:
            if line.back and line.back.receipt and line.back.n:
                by_store.setdefault(store_of(line.back.receipt), set()).add(line.back.receipt)
    cases: list[ExceptionCase] = []
    for sold_by, receipts in sorted(by_store.items()):
        sold = returns.sold(unit.conn, sold_by, sorted(receipts))
        for at, back in returns.came_back(unit.conn, sorted(receipts)).items():
            if at in sold and back.part.qty_milli > sold[at]:
                cases.append(_case(hq, store, at, back, sold[at]))
    open_cases(unit, cases)


def _case(hq: Hq, store: str, at: Line, back: Back, sold_milli: int) -> ExceptionCase:
    """`value_minor` is what was paid out beyond what was sold."""
    receipt, n = at
    over_milli = back.part.qty_milli - sold_milli
    evidence: dict[str, str | int] = {
        "code": TOO_MUCH, "receipt": receipt, "line": n, "sku": back.sku, "sold_milli": sold_milli,
        "back_milli": back.part.qty_milli, "stores": " ".join(back.stores)[:200],
    }  # fmt: skip
    value = div_half_up(back.part.minor * over_milli, back.part.qty_milli)
    return new_case(hq, CaseKind.RETURNED_TWICE, store, f"{receipt}/{n}", evidence, value_minor=value)
