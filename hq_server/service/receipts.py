"""Receipts with their lines, for a store that holds only the code of one that was too long for it."""

import msgspec

from hq_server.service.context import Hq
from hq_server.service.returns import store_of
from hq_server.storage import receipts, returns
from hq_server.storage.database import Connection
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import SaleCompleted
from retail_core.domain.receipts import BackLine, FoundReceipt, paid_receipt


def receipt(hq: Hq, number: str) -> FoundReceipt:
    """What was paid for which goods, never by whom, and what of it came back anywhere. Raises `receipt.unknown`."""

    def read(conn: Connection) -> FoundReceipt | None:
        fact = receipts.fact_of(conn, store_of(number), number)
        if fact is None:
            return None
        back = returns.came_back(conn, [number])
        return FoundReceipt(
            paid_receipt(msgspec.json.decode(fact[0], type=SaleCompleted), fact[1]),
            tuple(BackLine(n, one.part.qty_milli, one.part.minor) for (_, n), one in sorted(back.items())),
            returns.voided_by(conn, number),
        )

    found = hq.database.read(read)
    if found is None:
        raise RuleViolationError("receipt.unknown", receipt=number[:60])
    return found
