"""NCI's general protocol (Weigh-Tronix SCP-01), also spoken by CAS, Brecknell and Avery scales.

`W CR` is answered LF weight unit CR LF status CR ETX, or without the weight while there is none. The status is two
bytes or more with the fixed bits 0x30: the first 0x01 in motion, 0x02 at zero, 0x0C memory errors; the second 0x01 under
and 0x02 over capacity. Some put an `S` before it. A weight field of carets, underscores or dashes is no weight.
Source: the SCP-01 tables in the manuals of NCI 6702 and 7800.
"""

import re

from pos_app.devices.ports import WeightState
from pos_app.devices.scale.reading import MAX_ANSWER_BYTES, Weighed, WeightUnit, weighed

ETX = 0x03
IN_MOTION, BROKEN = 0x01, 0x0C
UNDER, OVER = 0x01, 0x02
_SEVEN_BITS = 0x7F
UNITS = {b"KG": WeightUnit.KG, b"G": WeightUnit.G, b"LB": WeightUnit.LB, b"OZ": WeightUnit.OZ}
_WEIGHT = re.compile(rb"\s*(-?\s*[0-9.]+)\s*(KG|G|LB|OZ)\s*", re.IGNORECASE)
_STATUS = re.compile(rb"S?([\x30-\x7f][\x30-\x7f]{1,3})")


class Nci:
    """The unit is in every answer with a weight."""

    ask = b"W\r"
    zero = b"Z\r"

    def __init__(self) -> None:
        self._answer = bytearray()

    def feed(self, data: bytes) -> list[Weighed]:
        made: list[Weighed] = []
        for byte in data:
            bits = byte & _SEVEN_BITS
            if bits == ETX:
                made.append(_understood(bytes(self._answer)))
                self._answer.clear()
            elif len(self._answer) < MAX_ANSWER_BYTES:
                self._answer.append(bits)
        return made

    def reset(self) -> None:
        self._answer.clear()


def _understood(answer: bytes) -> Weighed:
    *fields, last = [part for part in re.split(rb"[\r\n]+", answer) if part] or [b""]
    status = _STATUS.fullmatch(last)
    if status is None:
        return Weighed(WeightState.FAULT)
    first, second = status.group(1)[0], status.group(1)[1]
    if second & OVER:
        return Weighed(WeightState.OVER)
    if second & UNDER:
        return Weighed(WeightState.UNDER)
    found = _WEIGHT.fullmatch(fields[-1]) if fields else None
    if first & BROKEN or (found is None and not first & IN_MOTION):
        return Weighed(WeightState.FAULT)
    if found is None:
        return Weighed(WeightState.MOVING)
    return weighed(found.group(1), UNITS[found.group(2).upper()], moving=bool(first & IN_MOTION))
