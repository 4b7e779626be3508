"""The AIM id in front of a label: `]`, a code letter and a modifier (ISO/IEC 15424), and what it says of the label."""

import re

_AIM_IDS = re.compile(r"(?:\][A-Za-z][0-9A-Za-z])+")
AIM_ID_CHARS = 3

# GS1-128; DataBar and composite components; DataMatrix, QR and DotCode with FNC1 in front, the last of each with ECI
ELEMENTS = frozenset({"]C1", "]e0", "]e1", "]e2", "]e3", "]d2", "]d5", "]Q3", "]Q4", "]J1", "]J4"})
EAN_13 = "]E0"  # EAN-13; UPC-A and UPC-E come as 13 digits too
EAN_WITH_ADDON = "]E3"  # 13 digits and 2 or 5 more
ADDON_ALONE = frozenset({"]E1", "]E2"})
EAN_8 = "]E4"


def split_aim(label: str) -> tuple[str | None, str]:
    """The AIM id, or None, and the rest. Of several, as two settings of one scanner may add, the last is believed.

    >>> split_aim("]E04006381333931"), split_aim("4006381333931")
    ((']E0', '4006381333931'), (None, '4006381333931'))
    """
    found = _AIM_IDS.match(label)
    return (found.group()[-AIM_ID_CHARS:], label[found.end() :]) if found else (None, label)
