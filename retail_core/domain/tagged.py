"""One unit known by its tag (EPC), which two tills of a store must not sell at once, nor one after the other."""

import msgspec

MAX_EPC_CHARS = 124
"""The longest tag there is has 496 bits; a longer text names no unit."""


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
