"""A printer on USB, class 7, through pyusb (extra `usb`, loaded when a table asks for it).

One handle, claimed once and kept: two owners of one printer end in "resource busy". The kernel's own printer driver is
asked to let go first. Bytes go out in pieces a small buffer takes, and counted, so that it is known what went out.
"""

from importlib import import_module
from typing import Any

from retail_core.domain.clock import Clock

PRINTER_CLASS = 7
PIECE_BYTES = 4096
LEAST_WAIT_MS = 20
DIRECTION_IN, BULK, TYPE_MASK = 0x80, 2, 3


class UsbLink:
    """A `Link`. `backend` is pyusb's; None finds the system's libusb."""

    def __init__(self, vid: int, pid: int, serial_number: str, clock: Clock, backend: object = None) -> None:
        self._vid, self._pid, self._serial_number = vid, pid, serial_number
        self._clock, self._backend = clock, backend
        self._device: Any = None
        self._out: Any = None
        self._in: Any = None
        self._interface = 0
        self.bytes_out = 0

    @property
    def where(self) -> str:
        return f"USB {self._vid:04x}:{self._pid:04x}"

    @property
    def is_open(self) -> bool:
        return self._device is not None

    def open(self, deadline_ms: int) -> None:
        try:
            usb: Any = import_module("usb")
            import_module("usb.core")
            import_module("usb.util")
        except ImportError as missing:
            raise ConnectionError("pyusb is not installed (extra usb)") from missing
        try:
            device = self._find(usb.core)
            interface = _printer_interface(device)
            self._interface = interface.bInterfaceNumber
            if device.is_kernel_driver_active(self._interface):
                device.detach_kernel_driver(self._interface)
            usb.util.claim_interface(device, self._interface)
        except usb.core.NoBackendError as missing:
            raise ConnectionError("libusb is not installed") from missing
        except usb.core.USBError as trouble:
            raise ConnectionError(str(trouble)) from trouble
        ends = [end for end in interface if end.bmAttributes & TYPE_MASK == BULK]
        self._out = next(end for end in ends if not end.bEndpointAddress & DIRECTION_IN)
        self._in = next((end for end in ends if end.bEndpointAddress & DIRECTION_IN), None)
        self._device = device

    def write(self, data: bytes, deadline_ms: int) -> None:
        rest = data
        while rest:
            sent = self._transfer(lambda piece=rest[:PIECE_BYTES]: self._out.write(piece, self._left_ms(deadline_ms)))
            self.bytes_out += sent
            rest = rest[sent:]  # go on where it stopped, never from the start

    def read(self, deadline_ms: int) -> bytes:
        if self._in is None:
            return b""
        while True:
            try:
                data = bytes(self._transfer(lambda: self._in.read(64, LEAST_WAIT_MS)))
            except TimeoutError:
                data = b""
            if data or self._clock.monotonic_ms() >= deadline_ms:
                return data

    def close(self) -> None:
        if self._device is not None:
            import_module("usb.util").dispose_resources(self._device)
            self._device = self._out = self._in = None

    abort = close

    def _find(self, core: Any) -> Any:
        found = core.find(
            find_all=True, idVendor=self._vid, idProduct=self._pid,
            **({"backend": self._backend} if self._backend else {}),
        )  # fmt: skip
        for device in found:
            if self._serial_number in ("", device.serial_number):
                return device
        raise ConnectionError("no such printer is plugged in")

    def _transfer(self, act: Any) -> Any:
        core = import_module("usb.core")
        if self._device is None:
            raise ConnectionError("the printer is not open")
        try:
            return act()
        except core.USBTimeoutError as slow:
            raise TimeoutError("the printer takes nothing more") from slow
        except core.USBError as trouble:
            raise ConnectionResetError(str(trouble)) from trouble

    def _left_ms(self, deadline_ms: int) -> int:
        return max(LEAST_WAIT_MS, deadline_ms - self._clock.monotonic_ms())


def _printer_interface(device: Any) -> Any:
    for configuration in device:
        for interface in configuration:
            if interface.bInterfaceClass == PRINTER_CLASS:
                return interface
    raise ConnectionError("it is no printer")
