"""A USB bus with one printer on it, as pyusb's backends show one: its end of the cable leads to the printer simulator."""

# pyusb's base class says None where its own backends give numbers.
# pyright: reportIncompatibleMethodOverride=false

import contextlib
import errno
import socket
from types import SimpleNamespace
from typing import Any

import usb.backend
from usb.core import USBError, USBTimeoutError

from pos_app.devices.transport.ready import readable, writable

VID, PID, SERIAL = 0x04B8, 0x0E15, "TM-1"
SMALL_BUFFER = 1_000  # what the device takes at once


class PrinterBus(usb.backend.IBackend):
    """Implements the backend pyusb asks; `unplug` pulls the cable."""

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__()
        self._address = address
        self._line: socket.socket | None = None
        self.plugged_in = True
        self.kernel_driver = True
        self.claimed = 0
        self.writes: list[int] = []

    def unplug(self) -> None:
        self.plugged_in = False
        self._hang_up()

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def enumerate_devices(self) -> Any:
        return iter(["printer"] if self.plugged_in else [])

    def get_parent(self, dev: object) -> None:
        return None

    def get_device_descriptor(self, dev: object) -> Any:
        return SimpleNamespace(
            bLength=18, bDescriptorType=1, bcdUSB=0x200, bDeviceClass=0, bDeviceSubClass=0, bDeviceProtocol=0,
            bMaxPacketSize0=64, idVendor=VID, idProduct=PID, bcdDevice=0x100, iManufacturer=0, iProduct=0, iSerialNumber=3,
            bNumConfigurations=1, address=4, bus=1, port_number=1, port_numbers=(1,), speed=3,
        )  # fmt: skip

    def get_configuration_descriptor(self, dev: object, config: int) -> Any:
        if config:
            raise IndexError(config)
        return SimpleNamespace(
            bLength=9, bDescriptorType=2, wTotalLength=32, bNumInterfaces=1, bConfigurationValue=1, iConfiguration=0,
            bmAttributes=0xC0, bMaxPower=1, extra_descriptors=[],
        )  # fmt: skip

    def get_interface_descriptor(self, dev: object, intf: int, alt: int, config: int) -> Any:
        if intf or alt:
            raise IndexError(intf)
        return SimpleNamespace(
            bLength=9, bDescriptorType=4, bInterfaceNumber=0, bAlternateSetting=0, bNumEndpoints=2, bInterfaceClass=7,
            bInterfaceSubClass=1, bInterfaceProtocol=2, iInterface=0, extra_descriptors=[],
        )  # fmt: skip

    def get_endpoint_descriptor(self, dev: object, ep: int, intf: int, alt: int, config: int) -> Any:
        address = (0x01, 0x82)[ep]
        return SimpleNamespace(
            bLength=7, bDescriptorType=5, bEndpointAddress=address, bmAttributes=2, wMaxPacketSize=64, bInterval=0,
            bRefresh=0, bSynchAddress=0, extra_descriptors=[],
        )  # fmt: skip

    def open_device(self, dev: object) -> Any:
        return "handle"

    def close_device(self, dev_handle: object) -> None:
        self._hang_up()

    def get_configuration(self, dev_handle: object) -> int:
        return 1

    def set_configuration(self, dev_handle: object, config_value: int) -> None: ...

    def set_interface_altsetting(self, dev_handle: object, intf: int, altsetting: int) -> None: ...

    def is_kernel_driver_active(self, dev_handle: object, intf: int) -> bool:
        return self.kernel_driver

    def detach_kernel_driver(self, dev_handle: object, intf: int) -> None:
        self.kernel_driver = False

    def claim_interface(self, dev_handle: object, intf: int) -> None:
        if self.kernel_driver:
            raise USBError("Resource busy", errno=errno.EBUSY)
        self.claimed += 1
        self._line = socket.create_connection(self._address)

    def release_interface(self, dev_handle: object, intf: int) -> None: ...

    def ctrl_transfer(
        self, dev_handle: Any, kind: int, request: int, value: int, index: int, data: Any, timeout: int
    ) -> int:
        """String descriptors: language, then the serial number."""
        text = b"\x04\x03\x09\x04" if not value & 0xFF else bytes([2 + 2 * len(SERIAL), 3]) + SERIAL.encode("utf-16-le")
        data[: len(text)] = type(data)("B", text)
        return len(text)

    def bulk_write(self, dev_handle: object, ep: int, intf: int, data: Any, timeout: int) -> int:
        if self._line is None:
            raise USBError("No such device", errno=errno.ENODEV)
        if not writable(self._line, timeout / 1000):
            raise USBTimeoutError("Operation timed out", errno=errno.ETIMEDOUT)
        piece = bytes(data)[:SMALL_BUFFER]
        self.writes.append(len(piece))
        self._line.sendall(piece)
        return len(piece)

    def bulk_read(self, dev_handle: object, ep: int, intf: int, buff: Any, timeout: int) -> int:
        if self._line is None:
            raise USBError("No such device", errno=errno.ENODEV)
        if not readable([self._line], timeout / 1000):
            raise USBTimeoutError("Operation timed out", errno=errno.ETIMEDOUT)
        with contextlib.suppress(OSError):
            heard = self._line.recv(len(buff))
            buff[: len(heard)] = type(buff)("B", heard)
            return len(heard)
        raise USBError("No such device", errno=errno.ENODEV)
