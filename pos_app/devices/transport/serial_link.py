"""A printer on a serial port or USB-CDC."""

from contextlib import suppress

import serial

from pos_app.devices.supervisor import TROUBLE
from pos_app.devices.transport.serial_port import PortIdentity
from retail_core.domain.clock import Clock

READ_WAIT_S = 0.02
PIECE_BYTES = 256


class SerialLink:
    """A `Link`. `handshake`: the printer stops us by its CTS line; without it a long job needs a slow enough line."""

    def __init__(self, port: PortIdentity, baud: int, clock: Clock, *, handshake: bool = True) -> None:
        self._identity, self._baud, self._clock, self._handshake = port, baud, clock, handshake
        self._port: serial.Serial | None = None
        self.bytes_out = 0

    @property
    def where(self) -> str:
        return self._identity.path or f"USB {self._identity.usb_vid:04x}:{self._identity.usb_pid:04x}"

    @property
    def is_open(self) -> bool:
        return self._port is not None

    def open(self, deadline_ms: int) -> None:
        try:
            made = self._identity.open(self._baud, read_wait_s=READ_WAIT_S)
            made.rtscts = self._handshake
        except TROUBLE as trouble:
            raise ConnectionError(str(trouble)) from trouble
        self._port = made

    def write(self, data: bytes, deadline_ms: int) -> None:
        port = self._opened()
        for start in range(0, len(data), PIECE_BYTES):
            left_s = (deadline_ms - self._clock.monotonic_ms()) / 1000
            if left_s <= 0:
                raise TimeoutError("the printer takes nothing more")
            port.write_timeout = left_s
            piece = data[start : start + PIECE_BYTES]
            try:
                port.write(piece)
            except serial.SerialTimeoutException as slow:
                self.bytes_out += 1  # some of the piece may be on its way
                raise TimeoutError("the printer takes nothing more") from slow
            except TROUBLE as trouble:
                raise ConnectionResetError(str(trouble)) from trouble
            self.bytes_out += len(piece)

    def read(self, deadline_ms: int) -> bytes:
        port = self._opened()
        while True:
            try:
                data = port.read(port.in_waiting or 1)
            except TROUBLE as trouble:
                raise ConnectionResetError(str(trouble)) from trouble
            if data or self._clock.monotonic_ms() >= deadline_ms:
                return data

    def close(self) -> None:
        if self._port is not None:
            self._port.close()
            self._port = None

    def abort(self) -> None:
        if self._port is not None:
            with suppress(*TROUBLE):  # it may be gone, and what was in it too
                self._port.reset_output_buffer()
            self.close()

    def _opened(self) -> serial.Serial:
        if self._port is None:
            raise ConnectionError("the port is not open")
        return self._port
