"""Receipts with their lines, for a store that holds only the code of one that was too long for it."""

import msgspec

from hq_server.service.context import Hq
from hq_server.storage import receipts
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import SaleCompleted
from retail_core.domain.receipts import PaidReceipt, paid_receipt


def receipt(hq: Hq, number: str) -> PaidReceipt:
    """What was paid for which goods; never by whom. Raises `receipt.unknown`."""
    store = number.rsplit("-", 3)[0]  # a number is store-register-series-counter
    fact = hq.database.read(lambda conn: receipts.fact_of(conn, store, number))
    if fact is None:
        raise RuleViolationError("receipt.unknown", receipt=number[:60])
    return paid_receipt(msgspec.json.decode(fact[0], type=SaleCompleted), fact[1])
