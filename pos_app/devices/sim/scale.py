"""A scale on a pty that speaks one of three protocols; its sentences are written here apart from the driver's reading.

with ScaleSim("toledo8217", link=folder / "scale") as scale:
    scale.place(1253); scale.fail("moving"); scale.unplug(); scale.plug_in()
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Self

from pos_app.devices.sim.panel import Button
from pos_app.devices.sim.port import PtyPort

CAPACITY_G = 15_000
STATES = ("stable", "moving", "over", "under", "silent")


def _toledo(grams: int, state: str) -> bytes:
    status = {"moving": 0x01, "over": 0x02, "under": 0x04}.get(state)
    if status is not None:
        return b"\x02?" + bytes([status]) + b"\r"
    return b"\x02%02d.%03d\r" % divmod(grams, 1000)


def _sma(grams: int, state: str) -> bytes:
    flag = {"over": b"O", "under": b"U"}.get(state) or (b"Z" if grams == 0 else b" ")
    motion = b"M" if state == "moving" else b" "
    number = b"%.3f" % (grams / 1000)
    return b"\n" + flag + b"1G" + motion + b" " + number.rjust(10) + b"kg \r"


def _nci(grams: int, state: str) -> bytes:
    first = 0x30 | 0x01 * (state == "moving") | 0x02 * (grams == 0)
    second = 0x30 | {"under": 0x01, "over": 0x02}.get(state, 0)
    weight = b"" if state in {"over", "under"} else b"\n%.3fKG\r" % (grams / 1000)
    return weight + b"\n" + bytes([first, second]) + b"\r\x03"


PROTOCOLS: Mapping[str, tuple[bytes, bytes, Callable[[int, str], bytes]]] = MappingProxyType(
    {"toledo8217": (b"W", b"Z", _toledo), "sma": (b"W\r", b"Z\r", _sma), "nci": (b"W\r", b"Z\r", _nci)}
)
"""By name: what asks it, what sets it to zero, and how it says a weight."""


class ScaleSim:
    """One scale. What lies on it and how it behaves is said by methods or by the panel."""

    name = "scale"
    buttons = (
        Button("scale", "put something on it", "KG"),
        *(Button(f"scale {state}", f"the scale is {state}") for state in STATES),
        Button("scale unplug", "pull the scale's cable"),
        Button("scale plug in", "put it back"),
    )

    def __init__(self, protocol: str = "toledo8217", link: Path | None = None) -> None:
        self._ask, self._zero, self._say = PROTOCOLS[protocol]
        self._grams, self._tare = 0, 0
        self._state = "stable"
        self._half = False
        self._heard = bytearray()
        self._port = PtyPort(self._obey_till, link)

    @property
    def where(self) -> str:
        return self._port.path

    path = where

    def place(self, grams: int) -> None:
        """Put this much on it; more than it can carry is over capacity."""
        self._grams = grams
        self._state = "over" if grams > CAPACITY_G else "stable"

    def fail(self, state: str) -> None:
        """moving, over, under, silent, or stable again."""
        self._state = state

    def cut_next_answer(self) -> None:
        """Send half of the next answer and pull the cable."""
        self._half = True

    def unplug(self) -> None:
        self._port.unplug()

    def plug_in(self) -> None:
        self._port.plug_in()

    def close(self) -> None:
        self._port.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def obey(self, words: Sequence[str]) -> str | None:
        match words:
            case ["scale", "unplug"]:
                self.unplug()
            case ["scale", "plug", "in"]:
                self.plug_in()
            case ["scale", state] if state in STATES:
                self.fail(state)
            case ["scale", kilograms] if kilograms.replace(".", "", 1).isdigit():
                self.place(round(float(kilograms) * 1000))
            case _:
                return None
        return "ok"

    def _obey_till(self, data: bytes) -> None:
        self._heard += data
        while places := [(at, one) for one in (self._ask, self._zero) if (at := self._heard.find(one)) >= 0]:
            at, command = min(places)
            del self._heard[: at + len(command)]
            self._answer(command)

    def _answer(self, command: bytes) -> None:
        if self._state == "silent":
            return
        if command == self._zero:
            if self._state == "stable":
                self._tare = self._grams
            return
        said = self._say(max(0, self._grams - self._tare), self._state)
        if self._half:
            self._half = False
            self._port.send(said[: len(said) // 2])
            self.unplug()
            return
        self._port.send(said)
