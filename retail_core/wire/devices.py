"""How the devices at a till are, as far as head office: kinds, four states and codes. No names, no numbers, nobody's data."""

from enum import StrEnum
from typing import Annotated

import msgspec

MAX_DEVICES = 24
SEND_EVERY_MS = 60_000
"""No machine says so more often."""


class Standing(StrEnum):
    OK = "ok"
    WARN = "warn"  # works, and somebody should look soon: paper runs low
    DOWN = "down"
    UNKNOWN = "unknown"  # being connected, or its till has not spoken for long


Kind = Annotated[str, msgspec.Meta(pattern="^[a-z]{1,20}$")]
"""scanner, printer, drawer, scale, display, rfid, terminal, label, and what later releases add."""
Code = Annotated[str, msgspec.Meta(pattern="^[a-z0-9_.]{0,60}$")]


class DeviceStanding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One device. `code` says why it is not simply well."""

    kind: Kind
    state: Standing
    code: Code = ""


class DevicesSaid(msgspec.Struct, frozen=True):
    """All devices of one till at one moment."""

    devices: Annotated[tuple[DeviceStanding, ...], msgspec.Meta(max_length=MAX_DEVICES)]
