"""Scales in till.toml."""

from typing import Literal

from pos_app.devices.scale.reading import WeightUnit
from pos_app.devices.table import SerialTable

Baud = Literal[1200, 2400, 4800, 9600, 19200, 38400]


class Toledo8217Table(SerialTable, frozen=True, tag="scale.toledo8217", kw_only=True):
    """Mettler Toledo 8217 and the many that speak like it. `unit` is what the scale is set to."""

    baud: Baud = 9600
    bits: Literal[7, 8] = 7
    parity: Literal["E", "O", "N"] = "E"
    unit: WeightUnit = WeightUnit.KG


class SmaTable(SerialTable, frozen=True, tag="scale.sma", kw_only=True):
    """SMA SCP-0499."""

    baud: Baud = 9600
    bits: Literal[7, 8] = 8
    parity: Literal["E", "O", "N"] = "N"


class NciTable(SerialTable, frozen=True, tag="scale.nci", kw_only=True):
    """NCI, CAS, Brecknell."""

    baud: Baud = 9600
    bits: Literal[7, 8] = 7
    parity: Literal["E", "O", "N"] = "E"


ScaleTable = Toledo8217Table | SmaTable | NciTable
