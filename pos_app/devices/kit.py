"""What a driver is made with. Every kind of device has a `make(table, kit)` in its `make.py`; the manager calls it."""

from collections.abc import Callable
from dataclasses import dataclass

from pos_app.devices.ports import Health
from pos_app.devices.supervisor import Jitter
from retail_core.domain.clock import Clock


@dataclass(frozen=True)
class Kit:
    """`changed` is told the device's health on its own thread."""

    clock: Clock
    jitter: Jitter
    changed: Callable[[Health], None]
