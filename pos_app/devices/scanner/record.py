"""What a serial scanner sends for one scan, framing and all: for learning it."""

from collections.abc import Callable
from threading import Event

from pos_app.devices.transport.serial_port import PortIdentity
from retail_core.domain.clock import Clock

READ_WAIT_S = 0.1
QUIET_READS = 5  # half a second of silence ends the scan
MAX_BYTES = 8192


def record_scan(
    port: PortIdentity, baud: int, clock: Clock, within_ms: int, stop: Event, listening: Callable[[], None]
) -> bytes:
    """The bytes of the next scan; nothing when none came in time. `listening` is told once the port is open. Raises OSError or termios.error as opening does."""
    until_ms = clock.monotonic_ms() + within_ms
    heard, quiet = bytearray(), 0
    with port.open(baud, read_wait_s=READ_WAIT_S) as line:
        listening()
        while not stop.is_set() and len(heard) < MAX_BYTES:
            data = line.read(line.in_waiting or 1)
            heard += data
            quiet = 0 if data else quiet + 1
            if heard and quiet >= QUIET_READS:
                break
            if not heard and clock.monotonic_ms() > until_ms:
                break
    return bytes(heard)
