"""Three tones a cashier tells apart without looking: taken, wrong, look at it. WAV bytes, made here.

They differ in pitch and in rhythm, so that they can be told apart by those who hear high tones badly too.
"""

import math
import struct
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

RATE_HZ = 22_050
LOUDEST = 32_000
EDGE_MS = 4  # fades in and out: a hard edge clicks
MAX_MS = 100


class Tone(StrEnum):
    OK = "ok"
    ERROR = "error"
    ATTENTION = "attention"


_PARTS: Mapping[Tone, tuple[tuple[int, int], ...]] = MappingProxyType(
    {  # (Hz, ms); 0 Hz is a pause
        Tone.OK: ((1_760, 60),),
        Tone.ERROR: ((330, 40), (0, 15), (330, 40)),
        Tone.ATTENTION: ((880, 45), (1_320, 45)),
    }
)


def duration_ms(tone: Tone) -> int:
    return sum(ms for _, ms in _PARTS[tone])


def wav(tone: Tone, volume_percent: int = 80) -> bytes:
    """A whole WAV file: 16 bit, mono. Volume 0 to 100."""
    loud = LOUDEST * max(0, min(100, volume_percent)) // 100
    samples = b"".join(_part(hertz, ms, loud) for hertz, ms in _PARTS[tone])
    head = b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVEfmt "
    form = struct.pack("<IHHIIHH", 16, 1, 1, RATE_HZ, RATE_HZ * 2, 2, 16)
    return head + form + b"data" + struct.pack("<I", len(samples)) + samples


def _part(hertz: int, ms: int, loud: int) -> bytes:
    count = RATE_HZ * ms // 1000
    edge = RATE_HZ * EDGE_MS // 1000
    made = bytearray()
    for n in range(count):
        fade = min(1.0, n / edge, (count - 1 - n) / edge)
        made += struct.pack("<h", round(loud * fade * math.sin(2 * math.pi * hertz * n / RATE_HZ)))
    return bytes(made)
