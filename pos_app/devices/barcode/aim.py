"""The AIM id in front of a label: `]`, a code letter and a modifier (ISO/IEC 15424)."""

import re

_AIM_ID = re.compile(r"\][A-Za-z][0-9A-Za-z]")


def split_aim(label: str) -> tuple[str | None, str]:
    """The AIM id, or None, and the rest.

    >>> split_aim("]E04006381333931"), split_aim("4006381333931")
    ((']E0', '4006381333931'), (None, '4006381333931'))
    """
    found = _AIM_ID.match(label)
    return (found.group(), label[found.end() :]) if found else (None, label)
