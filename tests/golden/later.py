"""Events that came after the first chain was pinned, by area: one golden file each, written by `tests.golden.make`.

A kind that is new gets its samples here (or a new area), every field filled at least once; the files that are there are
never written again.
"""

from collections.abc import Mapping
from types import MappingProxyType

from retail_core.domain.customers import Purpose
from retail_core.domain.events import (
    BasketRecalled,
    BasketSuspended,
    CustomerConsented,
    CustomerCreated,
    Event,
    TillLocked,
)
from retail_core.domain.ids import CustomerId, InstrumentId, LineId, OperatorId, SaleId, Sku
from retail_core.domain.paper_events import InvoiceIssued, MailWanted
from retail_core.domain.saledata import SaleData, SaleState
from retail_core.domain.saleline import SaleLine
from retail_core.domain.tax import TaxRate
from retail_core.domain.value import ValueFact, ValueKind, ValueMoved
from retail_core.wire.envelope import commitment
from tests.golden.later_drawer import DRAWER
from tests.golden.samples import PERSON

_LINE = SaleLine(LineId("line-1"), Sku("1001"), "Whole milk 1 L", 2000, 119, TaxRate("food", "VAT 9 %", 90_000))
CARD = InstrumentId("c4" * 20)

LATER: Mapping[str, tuple[Event, ...]] = MappingProxyType(
    {
        "drawer": DRAWER,
        "baskets": (
            BasketSuspended(
                SaleId("sale-1"),
                1_764_000_000_000,
                2,
                238,
                "Whole milk 1 L",
                SaleData(
                    SaleId("sale-1"), OperatorId("op-1"), "EUR", 1_764_000_000_000, "north@7", SaleState.OPEN, (_LINE,)
                ),
            ),
            BasketRecalled(SaleId("sale-1"), 1_764_000_000_000, SaleId("sale-2")),
        ),
        "customers": (
            CustomerCreated(CustomerId("c-1"), commitment(PERSON)),
            CustomerConsented(CustomerId("c-1"), Purpose.LOYALTY, given=True, text_version="loyalty/1"),
            CustomerConsented(CustomerId("c-1"), Purpose.MARKETING, given=False, text_version="marketing/2"),
        ),
        "locks": (
            TillLocked(("agent-3", "till-3"), "T3", locked=True, n=1, why="missing", by="op-7"),
            TillLocked(("agent-3", "till-3"), "T3", locked=False, n=2, by="op-7", heard_from="agent-2"),
        ),
        "papers": (
            InvoiceIssued("S0319-T1-A-I000001", "S0319-T1-A-000002", "EUR", 210, commitment(PERSON)),
            MailWanted("S0319-T1-A-000002", commitment(PERSON)),
        ),
        "value": (
            ValueMoved(
                ValueFact.ISSUED,
                "sale-1:1",
                CARD,
                ValueKind.GIFT_CARD,
                5000,
                "EUR",
                "7Q2M",
                "sale-1",
                "2027-12-31",
                CustomerId("c-1"),
                "gift",
            ),
            ValueMoved(ValueFact.LOADED, "sale-2:1", CARD, ValueKind.GIFT_CARD, 1000, "EUR", "7Q2M", "sale-2"),
            ValueMoved(ValueFact.REDEEMED, "sale-3:v", CARD, ValueKind.GIFT_CARD, 1670, "EUR", "7Q2M", "sale-3"),
            ValueMoved(ValueFact.REFUNDED, "sale-4:v", CARD, ValueKind.STORE_CREDIT, 1670, "EUR", sale_id="sale-4"),
            ValueMoved(ValueFact.ADJUSTED, "hq:1", CARD, ValueKind.POINTS, -20, "PTS", reason="mistake"),
        ),
    }
)
