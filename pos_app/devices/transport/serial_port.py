"""Serial ports, through pyserial: found by identity, opened for us alone.

Without `exclusive` a second program (or a second till) would take every other byte. A replugged device may have another
port name, so it is looked for by its USB numbers or under a path that stays the same.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import serial
from serial.tools import list_ports

from pos_app.devices.table import SerialTable


@dataclass(frozen=True)
class PortIdentity:
    """Which port: a path that stays the same (`/dev/serial/by-id/…`), or a USB device by its numbers."""

    path: str = ""
    usb_vid: int = 0
    usb_pid: int = 0
    usb_serial: str = ""

    @classmethod
    def of(cls, table: SerialTable) -> Self:
        return cls(table.port, table.usb_vid, table.usb_pid, table.usb_serial)

    def find(self) -> str | None:
        """The path to open now, or None while it is not plugged in. Takes about a millisecond."""
        if self.path:
            return self.path if Path(self.path).exists() else None
        for port in list_ports.comports():
            if (port.vid, port.pid) == (self.usb_vid, self.usb_pid) and self.usb_serial in ("", port.serial_number):
                return port.device
        return None

    def vendor(self) -> int:
        """The USB number of its maker; 0 when it is not plugged in or not on USB."""
        if self.usb_vid:
            return self.usb_vid
        real = str(Path(self.path).resolve())
        return next((port.vid or 0 for port in list_ports.comports() if port.device == real), 0)

    def open(self, baud: int, *, read_wait_s: float, bits: int = 8, parity: str = serial.PARITY_NONE) -> serial.Serial:
        """Open it for us alone. Raises FileNotFoundError when it isn't plugged in, OSError or termios.error otherwise."""
        path = self.find()
        if path is None:
            raise FileNotFoundError(self)
        return serial.Serial(path, baud, bytesize=bits, parity=parity, timeout=read_wait_s, exclusive=True)
