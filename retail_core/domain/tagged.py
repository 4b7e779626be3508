"""One unit known by its tag (EPC) or its serial number, which two tills of a store must not sell at once, nor one after the
other.
"""

import msgspec

from retail_core.domain.goods import same_mark
from retail_core.domain.ids import Sku

MAX_EPC_CHARS = 124
"""The longest tag there is has 496 bits; a longer text names no unit."""
SERIAL_KEY = "sn:"
"""No tag begins like this."""


class UnitTaken(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the store said of a unit that is to be sold here: the register that has it, and the receipt it was sold on;
    none while it is being paid for there. `agreed`: somebody looked at it and sells it all the same.
    """

    till: str
    receipt: str = ""
    agreed: bool = False


def names_unit(epc: str | None) -> bool:
    """True for the tag of a unit."""
    return epc is not None and 0 < len(epc) <= MAX_EPC_CHARS


def unit_keys(sku: Sku, serial: str | None, epc: str | None) -> tuple[str, ...]:
    """What a unit is claimed by and remembered as: its tag, and its serial number among those of its item. A unit with both
    has both, because another till may have scanned or typed the number. Neither is longer than `MAX_EPC_CHARS`.
    """
    tags = (epc,) if epc is not None and names_unit(epc) else ()
    key = f"{SERIAL_KEY}{sku}/{same_mark(serial)}" if serial is not None and _names_unit(serial) else ""
    return (*tags, key) if names_unit(key) else tags


def _names_unit(serial: str) -> bool:
    """False for what people type to get on: `-`, `none`, `0000`."""
    mark = same_mark(serial)
    return any(char.isdigit() for char in mark) and len(set(mark)) > 1
