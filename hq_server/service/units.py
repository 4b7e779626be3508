"""One unit, known by its tag or serial number, on two receipts and not come back: two tills that could not know of one
another read a tag that was copied, or sold again what nobody took back. Both sales stand, and somebody looks at them. The case says so when
the cashier was told who has the unit, and sold it all the same.
"""

from collections.abc import Mapping, Sequence

import msgspec

from hq_server.service.cases import new_case, open_cases
from hq_server.service.context import Hq
from hq_server.storage import receipts, units, work
from hq_server.storage.database import Unit
from hq_server.storage.units import UnitSold
from retail_core.domain.cases import CaseKind, ExceptionCase
from retail_core.domain.events import SaleCompleted, SoldLine
from retail_core.domain.tagged import unit_keys

TWICE, ALL_THE_SAME = "unit.sold_twice", "unit.sold_all_the_same"
MAX_LOOKED_AT = 8
MAX_TEXT = 200


def watch(hq: Hq, unit: Unit, store: str, sales: Sequence[SaleCompleted]) -> None:
    """Look at every unit these sales of `store` sold by its tag or serial number. What came back of these sales must be
    written already.
    """
    keys = units.keep(unit, store, sales)
    if not keys:
        return
    twice = units.sold_more_than_once(unit.conn, keys)
    if not twice:
        return
    cases: dict[str, ExceptionCase] = {}
    for sale, line in ((one, line) for one in sales for line in one.lines if not line.back):
        own = [key for key in unit_keys(line.sku, line.serial, line.epc) if key in twice]
        if own:
            sold = tuple(dict.fromkeys(one for key in own for one in twice[key]))
            lines = _lines(unit, sales, sold)
            subject = _subject(unit, store, own, lines, cases)
            evidence = _evidence(sale.receipt, line, lines, sold)
            cases[subject] = new_case(hq, CaseKind.UNIT_TWICE, store, subject, evidence, value_minor=line.amount_minor)
    open_cases(unit, list(cases.values()))


def _subject(
    unit: Unit, store: str, own: Sequence[str], lines: Sequence[SoldLine], cases: Mapping[str, ExceptionCase]
) -> str:
    """By which of its keys the case of a unit goes: one that is open already by the tag is the same as by the number."""
    others = [key for line in lines for key in unit_keys(line.sku, line.serial, line.epc)]
    for key in dict.fromkeys([*own, *others]):
        if key in cases or work.cases_about(unit, CaseKind.UNIT_TWICE, store, key):
            return key
    return own[0]


def _evidence(
    receipt: str, line: SoldLine, lines: Sequence[SoldLine], sold: Sequence[UnitSold]
) -> dict[str, str | int]:
    """`despite`: the receipt or the register a cashier was told of who sold the unit all the same."""
    despite = next((one.despite for one in lines if one.despite), "")
    told: dict[str, str | int] = {"code": ALL_THE_SAME, "despite": despite[:MAX_TEXT]} if despite else {"code": TWICE}
    return told | {
        "sku": line.sku, "epc": line.epc or "", "serial": line.serial or "", "receipt": receipt, "times": len(sold),
        "receipts": " ".join(dict.fromkeys(one.receipt for one in sold))[:MAX_TEXT],
        "stores": " ".join(dict.fromkeys(one.store for one in sold))[:MAX_TEXT],
    }  # fmt: skip


def _lines(unit: Unit, sales: Sequence[SaleCompleted], sold: Sequence[UnitSold]) -> Sequence[SoldLine]:
    """The first of these lines, as the receipts have them."""
    here = {sale.receipt: sale for sale in sales}
    receipts_of = [(one, here.get(one.receipt) or _kept(unit, one)) for one in sold[:MAX_LOOKED_AT]]
    return [line for one, sale in receipts_of if sale for line in sale.lines if line.n == one.n]


def _kept(unit: Unit, one: UnitSold) -> SaleCompleted | None:
    fact = receipts.fact_of(unit.conn, one.store, one.receipt)
    return msgspec.json.decode(fact[0], type=SaleCompleted) if fact else None
