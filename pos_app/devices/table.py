"""What every `[[device]]` table of till.toml shares. Each kind of device has its own tables in its `tables.py`."""

from typing import Annotated

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(min_length=1, max_length=60)]
Host = Annotated[str, Meta(min_length=1, max_length=253)]
PortNumber = Annotated[int, Meta(ge=1, le=65535)]
UsbNumber = Annotated[int, Meta(ge=0, le=0xFFFF)]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="driver", kw_only=True):
    """`name` is shown to people and must be the only one of its kind."""

    name: Name


class SerialTable(Table, frozen=True, kw_only=True):
    """A device on a serial port or USB-CDC. `port`: a path that stays the same when it is replugged; or the USB numbers."""

    port: str = ""
    usb_vid: UsbNumber = 0
    usb_pid: UsbNumber = 0
    usb_serial: str = ""

    @property
    def placed(self) -> bool:
        """True when it says where the device is."""
        return bool(self.port or self.usb_vid)
