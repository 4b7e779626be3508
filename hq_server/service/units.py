"""One unit, known by its tag, on two receipts and not come back: two tills that could not know of one another read a tag
that was copied, or sold again what nobody took back. Both sales stand, and somebody looks at them.
"""

from collections.abc import Sequence

from hq_server.service.cases import new_case, open_cases
from hq_server.service.context import Hq
from hq_server.storage import units
from hq_server.storage.database import Unit
from retail_core.domain.cases import CaseKind
from retail_core.domain.events import SaleCompleted

TWICE = "unit.sold_twice"
MAX_TEXT = 200


def watch(hq: Hq, unit: Unit, store: str, sales: Sequence[SaleCompleted]) -> None:
    """Look at every unit these sales of `store` sold by its tag. What came back of these sales must be written already."""
    epcs = units.keep(unit, store, sales)
    if not epcs:
        return
    paid = {line.epc: (sale.receipt, line.amount_minor) for sale in sales for line in sale.lines if line.epc}
    cases = [
        new_case(
            hq, CaseKind.UNIT_TWICE, store, epc,
            {
                "code": TWICE, "epc": epc, "receipt": paid[epc][0], "times": len(sold),
                "receipts": " ".join(dict.fromkeys(one.receipt for one in sold))[:MAX_TEXT],
                "stores": " ".join(dict.fromkeys(one.store for one in sold))[:MAX_TEXT],
            },
            value_minor=paid[epc][1],
        )
        for epc, sold in units.sold_more_than_once(unit.conn, epcs).items()
    ]  # fmt: skip
    open_cases(unit, cases)
