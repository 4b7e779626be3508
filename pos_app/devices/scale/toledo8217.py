"""Mettler Toledo 8217, the protocol most counter scales can be set to (9600 baud, 7 data bits, even parity).

`W` is answered STX weight CR, or STX `?` status CR. The status byte is bits, not a number: 0x01 in motion, 0x02 over
capacity, 0x04 under zero, 0x08 outside the zero range, 0x10 centre of zero, 0x20 net weight, 0x40 bad command.
"""

from pos_app.devices.ports import WeightState
from pos_app.devices.scale.reading import MAX_ANSWER_BYTES, Weighed, WeightUnit, weighed

STX, CR = 0x02, 0x0D
IN_MOTION, OVER, UNDER, ZERO_RANGE, CENTRE_OF_ZERO, BAD_COMMAND = 0x01, 0x02, 0x04, 0x08, 0x10, 0x40
_SEVEN_BITS = 0x7F  # on a line set to eight bits the parity bit is still there


class Toledo8217:
    """`unit` is what the scale is set to; the protocol does not say it."""

    ask = b"W"
    zero = b"Z"

    def __init__(self, unit: WeightUnit = WeightUnit.KG) -> None:
        self._unit = unit
        self._answer: bytearray | None = None

    def feed(self, data: bytes) -> list[Weighed]:
        made: list[Weighed] = []
        for byte in data:
            bits = byte & _SEVEN_BITS
            if (
                self._answer is not None and bytes(self._answer) == b"?"
            ):  # the status may look like any control byte, STX and CR included
                self._answer.append(bits)
            elif bits == STX:
                self._answer = bytearray()
            elif self._answer is None:
                continue
            elif bits == CR:
                made.append(self._understood(bytes(self._answer)))
                self._answer = None
            elif len(self._answer) < MAX_ANSWER_BYTES:
                self._answer.append(bits)
        return made

    def reset(self) -> None:
        self._answer = None

    def _understood(self, answer: bytes) -> Weighed:
        if answer[:1] == b"?":
            return _status(answer[1]) if len(answer) > 1 else Weighed(WeightState.FAULT)
        return weighed(answer.rstrip(b"NnGg"), self._unit)


def _status(bits: int) -> Weighed:
    """An error is a state and never a weight of zero."""
    if bits & OVER:
        return Weighed(WeightState.OVER)
    if bits & UNDER:
        return Weighed(WeightState.UNDER)
    if bits & IN_MOTION:
        return Weighed(WeightState.MOVING)
    if bits & CENTRE_OF_ZERO and not bits & BAD_COMMAND:
        return Weighed(WeightState.ZERO, 0)
    return Weighed(WeightState.FAULT)
