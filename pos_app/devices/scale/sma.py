"""SMA SCP-0499, the Scale Manufacturers Association's serial protocol, levels 1 and 2.

`LF W CR` asks. The answer is LF, then status, range, gross or net, motion, one reserved place, ten places of weight and
three of the unit, CR. Status: blank good, Z centre of zero, O over, U under, E zero error, I initial zero error, T tare
error. Motion: M in motion. `LF Z CR` sets to zero. `?` is an unknown command, `!` a communication error.
"""

from pos_app.devices.ports import WeightState
from pos_app.devices.scale.reading import MAX_ANSWER_BYTES, Weighed, WeightUnit, weighed

LF, CR = 0x0A, 0x0D
HEAD = 5  # places before the weight
WEIGHT = 10
UNITS = {b"kg": WeightUnit.KG, b"g": WeightUnit.G, b"lb": WeightUnit.LB, b"oz": WeightUnit.OZ}
BROKEN = {b"O": WeightState.OVER, b"U": WeightState.UNDER}


class Sma:
    """The unit is in every answer."""

    ask = b"\nW\r"
    zero = b"\nZ\r"

    def __init__(self) -> None:
        self._answer: bytearray | None = None

    def feed(self, data: bytes) -> list[Weighed]:
        made: list[Weighed] = []
        for byte in data:
            if byte == LF:
                self._answer = bytearray()
            elif self._answer is None:
                continue
            elif byte == CR:
                made.append(_understood(bytes(self._answer)))
                self._answer = None
            elif len(self._answer) < MAX_ANSWER_BYTES:
                self._answer.append(byte)
        return made

    def reset(self) -> None:
        self._answer = None


def _understood(answer: bytes) -> Weighed:
    status, motion = answer[:1], answer[3:4]
    if status in BROKEN:
        return Weighed(BROKEN[status])
    unit = UNITS.get(answer[HEAD + WEIGHT :].strip().lower())
    if status not in (b" ", b"Z") or unit is None or len(answer) < HEAD + WEIGHT:
        return Weighed(WeightState.FAULT)
    return weighed(answer[HEAD : HEAD + WEIGHT], unit, moving=motion == b"M")
