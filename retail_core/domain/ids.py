"""Names for identities, and UUIDv7 from parts. Ids give locality in an index, never an order of events."""

from typing import NewType, Protocol

StoreId = NewType("StoreId", str)  # "S0319"
RegisterId = NewType("RegisterId", str)  # "T1", a position in a store; reused when a till is replaced
NodeId = NewType("NodeId", str)  # one machine's program, never reused
EpochId = NewType("EpochId", str)
EventId = NewType("EventId", str)
SaleId = NewType("SaleId", str)
LineId = NewType("LineId", str)
Sku = NewType("Sku", str)
Gtin = NewType("Gtin", str)  # always 14 digits
OrderId = NewType("OrderId", str)
OperatorId = NewType("OperatorId", str)
CustomerId = NewType("CustomerId", str)
InstrumentId = NewType("InstrumentId", str)  # a gift card, store credit, points or account: the hash of its number

RANDOM_BYTES = 10


class IdSource(Protocol):
    """Where new ids come from; tests give their own."""

    def next(self) -> str:
        """A fresh UUIDv7 in its usual text form."""
        ...


def uuid7(at_ms: int, rand: bytes) -> str:
    """UUIDv7 text (RFC 9562) from a millisecond time stamp and ten random bytes.

    >>> uuid7(0x017F22E279B0, bytes(10))
    '017f22e2-79b0-7000-8000-000000000000'
    """
    if len(rand) != RANDOM_BYTES:
        raise ValueError("ten random bytes are needed")
    rand_a = int.from_bytes(rand[:2], "big") & 0x0FFF
    rand_b = int.from_bytes(rand[2:], "big") & 0x3FFF_FFFF_FFFF_FFFF
    number = ((at_ms & 0xFFFF_FFFF_FFFF) << 80) | (0x7 << 76) | (rand_a << 64) | (0b10 << 62) | rand_b
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
