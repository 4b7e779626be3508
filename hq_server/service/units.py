"""One unit, known by its tag, on two receipts and not come back: two tills that could not know of one another read a tag
that was copied, or sold again what nobody took back. Both sales stand, and somebody looks at them. The case says so when
the cashier was told who has the unit, and sold it all the same.
"""

from collections.abc import Sequence

import msgspec

from hq_server.service.cases import new_case, open_cases
from hq_server.service.context import Hq
from hq_server.storage import receipts, units
from hq_server.storage.database import Unit
from hq_server.storage.units import UnitSold
from retail_core.domain.cases import CaseKind, ExceptionCase
from retail_core.domain.events import SaleCompleted

TWICE, ALL_THE_SAME = "unit.sold_twice", "unit.sold_all_the_same"
MAX_LOOKED_AT = 8
MAX_TEXT = 200


def watch(hq: Hq, unit: Unit, store: str, sales: Sequence[SaleCompleted]) -> None:
    """Look at every unit these sales of `store` sold by its tag. What came back of these sales must be written already."""
    epcs = units.keep(unit, store, sales)
    if not epcs:
        return
    paid = {line.epc: (sale.receipt, line.amount_minor) for sale in sales for line in sale.lines if line.epc}
    cases: list[ExceptionCase] = []
    for epc, sold in units.sold_more_than_once(unit.conn, epcs).items():
        despite = _despite(unit, sales, sold)
        told: dict[str, str | int] = (
            {"code": ALL_THE_SAME, "despite": despite[:MAX_TEXT]} if despite else {"code": TWICE}
        )
        evidence = told | {
            "epc": epc, "receipt": paid[epc][0], "times": len(sold),
            "receipts": " ".join(dict.fromkeys(one.receipt for one in sold))[:MAX_TEXT],
            "stores": " ".join(dict.fromkeys(one.store for one in sold))[:MAX_TEXT],
        }  # fmt: skip
        cases.append(new_case(hq, CaseKind.UNIT_TWICE, store, epc, evidence, value_minor=paid[epc][1]))
    open_cases(unit, cases)


def _despite(unit: Unit, sales: Sequence[SaleCompleted], sold: Sequence[UnitSold]) -> str:
    """The receipt or the register a cashier was told of who sold the unit all the same; nothing when nobody was told."""
    here = {sale.receipt: sale for sale in sales}
    for one in sold[:MAX_LOOKED_AT]:
        sale = here.get(one.receipt) or _kept(unit, one)
        if told := next((line.despite for line in sale.lines if line.n == one.n), "") if sale else "":
            return told
    return ""


def _kept(unit: Unit, one: UnitSold) -> SaleCompleted | None:
    fact = receipts.fact_of(unit.conn, one.store, one.receipt)
    return msgspec.json.decode(fact[0], type=SaleCompleted) if fact else None
