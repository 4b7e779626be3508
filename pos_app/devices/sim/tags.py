"""Tags in front of a simulated reader: which, how often seen and how strongly."""

import random
from collections.abc import Sequence
from threading import Lock

from pos_app.devices.sim.panel import Button

MAX_TAGS = 10_000
COMPANY_DIGITS = 7
_PARTITION_BITS = {7: (24, 20)}  # company prefix and item of an SGTIN-96 with seven company digits
STRONGEST_DBM, WEAKEST_DBM = -20, -90
HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
EPC_HEX_CHARS = (16, 124)


def tag_buttons(word: str) -> tuple[Button, ...]:
    """What a person may do to the tags in front of the reader of this name."""
    return (
        Button(f"{word} tags", "so many tags lie in front of the reader", "N"),
        Button(f"{word} put", "put one unit of an item there, or a tag by its EPC", "GTIN SERIAL | EPC"),
        Button(f"{word} take", "take it away", "GTIN SERIAL | EPC"),
        Button(f"{word} clear", "take all away"),
        Button(f"{word} rate", "reads a second", "N"),
        Button(f"{word} signal", "how strongly tags are seen", "DBM"),
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
    """The tags now. Each look gives some of them in turn, each with a signal that jumps as signals do."""

    def __init__(self, seed: int = 1) -> None:
        self._lock = Lock()
        self._chance = random.Random(seed)  # noqa: S311 - a simulated field, not a secret
        self._tags: list[bytes] = []
        self._at = 0
        self.rate = 300
        self.signal_dbm, self.noise_db = -50, 5

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
        weakest, span = self.signal_dbm - self.noise_db, 2 * self.noise_db + 1
        return [(epc, weakest + int(self._chance.random() * span)) for epc in seen]

    def obey(self, words: Sequence[str], name: str) -> str | None:
        """Lines that begin with the reader's `name`."""
        if not words or words[0] != name:
            return None
        match words[1:]:
            case ["tags", count] if count.isdecimal():
                self.fill(int(count))
            case ["put", *what] if epc := _epc(what):
                self.put(epc)
            case ["take", *what] if epc := _epc(what):
                self.take(epc)
            case ["clear"]:
                self.fill(0)
            case ["rate", rate] if rate.isdecimal():
                self.rate = int(rate)
            case ["signal", dbm] if dbm.lstrip("-").isdecimal():
                self.signal_dbm = max(WEAKEST_DBM, min(STRONGEST_DBM, int(dbm)))
            case _:
                return None
        return "ok"


def _epc(words: Sequence[str]) -> bytes | None:
    """A unit's tag by GTIN and serial, or any tag by its EPC in hexadecimal digits."""
    match words:
        case [gtin, serial] if gtin.isdecimal() and serial.isdecimal() and len(gtin) <= 14:
            return sgtin_96(gtin, int(serial) & 0x3FFFFFFFFF)
        case [epc] if set(epc) <= HEX_DIGITS and len(epc) % 4 == 0:
            return bytes.fromhex(epc) if EPC_HEX_CHARS[0] <= len(epc) <= EPC_HEX_CHARS[1] else None
        case _:
            return None
