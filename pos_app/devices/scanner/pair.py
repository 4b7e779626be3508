"""One item with a 1D and a 2D symbol, read in one sweep of one imager, is one unit: the second read says so.

It is still delivered, the till decides and tells the cashier. Three identical cans are three: only a 1D and a 2D symbol
of one GTIN make a pair, from the same scanner, at most PAIR_MS apart.
"""

from dataclasses import replace

from pos_app.devices.barcode.aim import split_aim
from pos_app.devices.barcode.classify import classify
from pos_app.devices.ports import ScanEvent, ScanSink
from retail_core.domain.gtin import KEY_LENGTH
from retail_core.domain.ids import Gtin

PAIR_MS = 150
TWO_DIMENSIONS = frozenset("dQJzPL")  # DataMatrix, QR, DotCode, Aztec, and the stacked PDF417 family


class Pairing:
    """What one scanner read last."""

    def __init__(self) -> None:
        self._last: tuple[Gtin, bool, int] | None = None

    def second(self, label: str, t_ms: int) -> bool:
        """True when this read is the other symbol of the item read just before. A third read is a new unit."""
        gtin = classify(label).gtin
        last, self._last = self._last, None
        if gtin is None:
            return False
        flat = _is_2d(label)
        if last and last[0] == gtin and last[1] is not flat and 0 <= t_ms - last[2] <= PAIR_MS:
            return True
        self._last = (gtin, flat, t_ms)
        return False


class PairedScans:
    """A sink in front of another: marks second symbols, by scanner. Each scanner calls it on its own thread."""

    def __init__(self, sink: ScanSink) -> None:
        self._sink = sink
        self._of: dict[str, Pairing] = {}

    def __call__(self, event: ScanEvent) -> None:
        pairing = self._of.setdefault(event.source, Pairing())
        if not event.problem and pairing.second(event.label, event.t_mono_ms):
            event = replace(event, pairs_with_last=True)
        self._sink(event)


def _is_2d(label: str) -> bool:
    """By its AIM id; without one, what is more than a number must have come from a symbol that holds more."""
    aim_id, text = split_aim(label)
    if aim_id:
        return aim_id[1] in TWO_DIMENSIONS
    text = text.strip()
    return not (text.isdigit() and len(text) <= KEY_LENGTH)
