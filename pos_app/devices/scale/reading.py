"""What every scale protocol turns its bytes into. Weights are whole grams; no float touches them."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pos_app.devices.ports import WeightState
from retail_core.domain.money import div_half_up

MAX_ANSWER_BYTES = 64
WITH_WEIGHT = frozenset({WeightState.STABLE, WeightState.MOVING, WeightState.ZERO})
_NUMBER = re.compile(rb"(-?)\s*(\d{1,7})(?:\.(\d{0,5}))?")


class WeightUnit(StrEnum):
    KG = "kg"
    G = "g"
    LB = "lb"
    OZ = "oz"


# grams in a thousand units, exact: the pound is 453.59237 g by definition (international yard and pound, 1959)
_NANOGRAMS = {WeightUnit.KG: 10**12, WeightUnit.G: 10**9, WeightUnit.LB: 453_592_370_000, WeightUnit.OZ: 28_349_523_125}
_NANO = 10**9


@dataclass(frozen=True, slots=True)
class Weighed:
    """One answer of a scale. `grams` only when the state has a weight."""

    state: WeightState
    grams: int | None = None


class ScaleProtocol(Protocol):
    """How one family of scales is asked and understood."""

    @property
    def ask(self) -> bytes:
        """The bytes that ask for the weight now."""
        ...

    @property
    def zero(self) -> bytes:
        """The bytes that set an empty scale to zero; empty when it has no such command."""
        ...

    def feed(self, data: bytes) -> list[Weighed]:
        """The answers that are complete now, however the bytes were cut."""
        ...

    def reset(self) -> None:
        """Forget half an answer: it will not be completed."""
        ...


def grams_of(number: bytes, unit: WeightUnit) -> int | None:
    """Whole grams, half up, of a decimal number as a scale writes it; None when it is none.

    >>> grams_of(b"01.253", WeightUnit.KG), grams_of(b" 2.00", WeightUnit.LB)
    (1253, 907)
    """
    found = _NUMBER.fullmatch(number.strip())
    if found is None:
        return None
    sign, whole, part = found.group(1), found.group(2), found.group(3) or b""
    nanograms = int(whole + part) * _NANOGRAMS[unit]
    grams = div_half_up(nanograms, 10 ** len(part) * _NANO)
    return -grams if sign else grams


def weighed(number: bytes, unit: WeightUnit, *, moving: bool = False) -> Weighed:
    """A weight as a state; below nothing is a state of its own."""
    grams = grams_of(number, unit)
    if grams is None:
        return Weighed(WeightState.FAULT)
    if grams < 0:
        return Weighed(WeightState.UNDER)
    if moving:
        return Weighed(WeightState.MOVING, grams)
    return Weighed(WeightState.STABLE if grams else WeightState.ZERO, grams)
