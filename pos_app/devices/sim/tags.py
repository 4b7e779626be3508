"""Tags in front of a simulated reader: which, how often seen and how strongly."""

import random
from collections.abc import Sequence
from threading import Lock

from pos_app.devices.sim.panel import Button

MAX_TAGS = 10_000
COMPANY_DIGITS = 7
_PARTITION_BITS = {7: (24, 20)}  # company prefix and item of an SGTIN-96 with seven company digits

TAG_BUTTONS = (
    Button("rfid tags", "so many tags lie in front of the reader", "N"),
    Button("rfid put", "put one unit of an item there", "GTIN SERIAL"),
    Button("rfid take", "take it away", "GTIN SERIAL"),
    Button("rfid clear", "take all away"),
    Button("rfid rate", "reads a second", "N"),
)


def sgtin_96(gtin: str, serial: int) -> bytes:
    """The tag of a unit, its bits put together here by hand."""
    digits = gtin.zfill(14)
    company_bits, item_bits = _PARTITION_BITS[COMPANY_DIGITS]
    fields = (
        (0x30, 8),
        (1, 3),
        (5, 3),
        (int(digits[1:8]), company_bits),
        (int(digits[0] + digits[8:13]), item_bits),
        (serial, 38),
    )
    bits = "".join(f"{value:0{width}b}" for value, width in fields)
    return int(bits, 2).to_bytes(12, "big")


class TagField:
    """The tags now. Each look gives some of them, in a random but seeded order."""

    def __init__(self, seed: int = 1) -> None:
        self._lock = Lock()
        self._chance = random.Random(seed)  # noqa: S311 - a simulated field, not a secret
        self._tags: list[bytes] = []
        self._at = 0
        self.rate = 300

    def fill(self, count: int) -> None:
        """`count` different tags of some hundred items."""
        with self._lock:
            self._tags = [sgtin_96(f"0952{n % 400:06d}000", n) for n in range(min(count, MAX_TAGS))]

    def put(self, epc: bytes) -> None:
        with self._lock:
            if epc not in self._tags and len(self._tags) < MAX_TAGS:
                self._tags.append(epc)

    def take(self, epc: bytes) -> None:
        with self._lock:
            self._tags = [tag for tag in self._tags if tag != epc]

    def look(self, count: int) -> list[tuple[bytes, int]]:
        """(EPC, dBm) of the next `count` reads, in turn so that every tag is seen."""
        with self._lock:
            tags = self._tags
            if not tags:
                return []
            seen = [tags[(self._at + n) % len(tags)] for n in range(count)]
            self._at = (self._at + count) % len(tags)
        return [(epc, -45 - self._chance.randrange(10)) for epc in seen]

    def obey(self, words: Sequence[str]) -> str | None:
        match words:
            case ["rfid", "tags", count] if count.isdigit():
                self.fill(int(count))
            case ["rfid", "put", gtin, serial] if gtin.isdigit() and serial.isdigit():
                self.put(sgtin_96(gtin, int(serial)))
            case ["rfid", "take", gtin, serial] if gtin.isdigit() and serial.isdigit():
                self.take(sgtin_96(gtin, int(serial)))
            case ["rfid", "clear"]:
                self.fill(0)
            case ["rfid", "rate", rate] if rate.isdigit():
                self.rate = int(rate)
            case _:
                return None
        return "ok"
