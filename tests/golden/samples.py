"""One event of every type, with every field filled at least once, and the entries made of them.

Nothing here is random or reads a clock, so the bytes are the same on every machine and in every release.
"""

from retail_core.domain.events import (
    AuditNoted,
    EpochOpened,
    Event,
    FulfilmentEvent,
    FulfilmentFact,
    SaleCompleted,
    SoldLine,
    StockCounted,
    StockMoved,
    StockMovedLine,
    SyncDamaged,
)
from retail_core.domain.fulfilment import MovedLine
from retail_core.domain.ids import CustomerId, Gtin, OrderId, SaleId, Sku
from retail_core.domain.saleline import PriceReason
from retail_core.domain.stock import StockState
from retail_core.domain.tax import TaxPart
from retail_core.domain.tender import Tender, TenderKind
from retail_core.wire.envelope import GENESIS, Draft, Entry, Private, Signer, commitment, seal_entry
from retail_core.wire.events import encode_event

NODE, EPOCH = "node-T1", "0192f3a1-7c1e-7d5c-8f00-00000000e001"
PERSON = Private(bytes(range(16)), b'{"name":"Lena Fischer","phone":"+49 151 0000000"}')
ORDER = OrderId("O-1")

PLAIN_SALE = SaleCompleted(
    SaleId("sale-1"), "S0319-T1-A-000001", "EUR",
    (SoldLine(1, Sku("1001"), 2000, 119, 238, "food", 20),),
    (TaxPart("food", 90_000, True, 238, 20),),
    (Tender(TenderKind.CASH, 238, 250),), 238, 12,
)  # fmt: skip
FULL_SALE = SaleCompleted(
    SaleId("sale-2"), "S0319-T1-A-000002", "EUR",
    (
        SoldLine(
            1, Sku("1005"), 1000, 145, 95, "food", 8, gtin=Gtin("09520000010050"), book="north@7",
            reasons=(PriceReason("promo.weekend", -50, "Crème fraîche −0.50"),), lot="L7", serial="SN-1",
            epc="3034257BF7194E4000001A85", expiry="2026-12-01",
        ),
        SoldLine(3, Sku("4011"), 532, 199, 106, "sales", 9),
    ),
    (TaxPart("food", 90_000, True, 95, 8), TaxPart("sales", 88_750, False, 106, 9)),
    (Tender(TenderKind.CARD, 100, 100, "ref-7"), Tender(TenderKind.CASH, 110, 200)),
    210, 90, -1, CustomerId("c-9"), ORDER,
)  # fmt: skip
MOVED = (MovedLine(1, Sku("1004"), 2000), MovedLine(2, Sku("2001"), 1000, "L7", "SN-1"))

EVENTS: tuple[tuple[Event, Private | None], ...] = (
    (EpochOpened("A", "first start"), None),
    (EpochOpened("B", "rolled back", "epoch-1", 41, "ab" * 32), None),
    (PLAIN_SALE, None),
    (FULL_SALE, None),
    (
        StockMoved(
            (
                StockMovedLine(Sku("1001"), 24_000, StockState.SUPPLIER, StockState.SELLABLE, "L8", "SN-2", "E2"),
                StockMovedLine(Sku("1002"), 500, StockState.SELLABLE, StockState.SHRINK),
            ),
            "delivery", "D-77",
        ),
        None,
    ),
    (StockCounted(Sku("1001"), 23_000, "count-1", 1_764_000_000_000, {"node-T2/epoch-1": 7, "node-T1/epoch-1": 3}), None),
    *((FulfilmentEvent(fact, ORDER, 4 + n, MOVED), None) for n, fact in enumerate(FulfilmentFact)),
    (FulfilmentEvent(FulfilmentFact.COLLECTED, ORDER, 30, MOVED, "B-07", "", "pass", commitment(PERSON)), PERSON),
    (FulfilmentEvent(FulfilmentFact.SHORT, ORDER, 31, MOVED[:1], reason="not_in_stock"), None),
    *(
        (AuditNoted(what), None)
        for what in ("signed_in", "signed_out", "pin_refused", "line_voided", "sale_voided", "number_series")
    ),
    (AuditNoted("line_voided", "1001", -119, "mistake"), None),
    (SyncDamaged("cd" * 32, "AAEC", "id-1"), None),
)  # fmt: skip


def entries(sign: Signer) -> list[Entry]:
    """The samples as one origin chain of one till."""
    made: list[Entry] = []
    prev = GENESIS
    for n, (event, private) in enumerate(EVENTS, start=1):
        type_, version, body = encode_event(event)
        draft = Draft(
            f"id-{n:04d}", NODE, EPOCH, type_, version, 1_764_000_000_000 + n * 1000, "2025-11-24", "op-1", body,
            -40 if n % 3 == 0 else 0, private,
        )  # fmt: skip
        made.append(seal_entry(draft, n, prev, sign))
        prev = made[-1].entry_hash
    return made
