"""Waiting with a deadline, and a receipt to print."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pos_app.devices.ports import ScanEvent
from pos_app.receipts.facts import ReceiptData, ReceiptLine, ReceiptTax, ReceiptTender
from retail_core.durable.system import SystemClock

CLOCK = SystemClock()
POLL_S = 0.005


def no_jitter() -> float:
    return 0.0


def eventually(true: Callable[[], object], within_s: float = 40.0) -> bool:
    """Poll until something holds."""
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


class Heard:
    """A sink that keeps what it was told."""

    def __init__(self) -> None:
        self.events: list[ScanEvent] = []

    def __call__(self, event: ScanEvent) -> None:
        self.events.append(event)

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events]

    def has(self, texts: list[str]) -> bool:
        return self.texts == texts


def receipt(*lines: ReceiptLine, header: tuple[str, ...] = ("Corner Shop", "1 High Street")) -> ReceiptData:
    """A cash sale of these lines."""
    sold = lines or (
        ReceiptLine("Whole milk 1 L", 1000, 119, 119),
        ReceiptLine("Sparkling water 1.5 L", 3000, 89, 267),
        ReceiptLine("Bananas, loose", 532, 199, 106, "kg"),
    )
    total = sum(line.amount_minor for line in sold)
    return ReceiptData(
        header=header,
        footer=("Thank you!",),
        receipt_no="S0319-T1-A-000042",
        at_local="2025-11-23 14:09",
        operator="Ana M.",
        register="T1",
        currency="EUR",
        lines=sold,
        taxes=(ReceiptTax("VAT", 90_000, True, total, round(total * 9 / 109)),),
        tenders=(ReceiptTender("cash", total + 508),),
        total_minor=total,
        change_minor=508,
        short_hash="9f2c77ab",
    )


VECTORS = Path(__file__).parents[1] / "vectors"
SHARED_VECTORS = Path(os.environ.get("OMNITILL_VECTORS", Path(__file__).parents[3] / "shared" / "vectors"))


def vectors(name: str) -> Any:
    """A file of test vectors that belongs to the project."""
    return json.loads((VECTORS / name).read_text())


def foreign_vectors(name: str) -> Path:
    """A file of other people's test vectors, which are not ours to copy; without it the test is skipped (2026-11-27)."""
    path = SHARED_VECTORS / name
    if not path.exists():
        pytest.skip(f"{name} is not at hand; set OMNITILL_VECTORS to the folder that holds it")
    return path
