"""A claim: "I am working on this, nobody else". Asked before handing over an order or recalling a basket.

Whoever answers (this machine today, the store role or HQ later), there are three outcomes, and each kind of claim has
a written rule for the third one: when nobody answers, the till goes on and a later conflict becomes an exception.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class ClaimKind(StrEnum):
    PICKUP_ORDER = "pickup_order"
    SUSPENDED_SALE = "suspended_sale"
    RECEIPT_REFUND = "receipt_refund"
    GIFT_CARD = "gift_card"
    RFID_UNIT = "rfid_unit"


@dataclass(frozen=True, slots=True)
class Granted:
    """Yours until `until_ms`."""

    until_ms: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody else has it."""

    by: str


@dataclass(frozen=True, slots=True)
class NobodyAnswered:
    """No authority could be asked in time."""


ClaimAnswer = Granted | Refused | NobodyAnswered


class Claims(Protocol):
    """The port services ask; it answers within 200 ms or says that nobody did."""

    def claim(self, kind: ClaimKind, key: str, until_ms: int) -> ClaimAnswer: ...


class LocalClaims:
    """Claims among the operators of one machine: the authority while no store role is asked."""

    def __init__(self, holder: str) -> None:
        self._holder = holder
        self._held: dict[tuple[ClaimKind, str], int] = {}

    def claim(self, kind: ClaimKind, key: str, until_ms: int) -> ClaimAnswer:
        """Always granted here: one machine works on one thing at a time; a longer claim extends a shorter one."""
        held = max(until_ms, self._held.get((kind, key), 0))
        self._held[kind, key] = held
        return Granted(held)
