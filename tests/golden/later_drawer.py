"""Samples of what is written about a drawer; the file of this area is `later/drawer.json`."""

from retail_core.domain.drawer import MoveKind, Pieces, ReceiptRange, SessionTotals, Tally, TaxTally
from retail_core.domain.drawer_events import DayClosed, DrawerClosed, DrawerCounted, DrawerMoved, DrawerOpened
from retail_core.domain.events import Event

_TOTALS = SessionTotals(
    sales=Tally(3, 4_500), returns=Tally(1, -250), discounts=Tally(2, -120), voided_lines=Tally(1, 119),
    voided_sales=Tally(1, 890), reprints=1, cash_minor=3_500, rounding_minor=-1,
    taxes={"food@90000": TaxTally("food", 90_000, included=True, taxable_minor=4_500, tax_minor=372)},
    tenders={"card": Tally(1, 1_000), "cash": Tally(2, 3_500)},
    moves={"drop": Tally(1, 2_000), "no_sale": Tally(2, 0)}, hours={"09": Tally(3, 4_500)},
    receipts=(ReceiptRange("A", 1, 3, "S0319-T1-A-000001", "S0319-T1-A-000003"),),
)  # fmt: skip

DRAWER: tuple[Event, ...] = (
    DrawerOpened("ses-1", "S0319-T1", "EUR", 10_000, (Pieces(1_000, 10),)),
    DrawerOpened("ses-2", "S0319-T1", "EUR", 0, by_itself=True),
    *(DrawerMoved("ses-1", "S0319-T1", kind, 2_000, "reason") for kind in MoveKind),
    DrawerMoved("ses-1", "S0319-T1", MoveKind.DROP, 2_000, "safe", "op-2"),
    DrawerCounted("ses-1", "S0319-T1", 1, 11_400, 11_500, (Pieces(1_000, 11), Pieces(200, 2))),
    DrawerClosed(
        "ses-1", "S0319-T1", "A", 7, "EUR", 1_764_000_000_000, "op-1", 10_000, 11_400, 11_500, _TOTALS, "wrong_change",
        "op-2", 1,
    ),
    DayClosed("S0319-T1", "2025-11-24", 1, "EUR", ("S0319-T1-A-Z0007",), _TOTALS, -100),
)  # fmt: skip
