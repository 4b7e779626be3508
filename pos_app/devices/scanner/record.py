"""What a serial scanner sends for one scan, framing and all: for learning it. Where its maker has a command for that,
its own time-out for the same code is set while its port is open."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

import serial

from pos_app.devices.scanner import same_code
from pos_app.devices.transport.serial_port import PortIdentity
from retail_core.domain.clock import Clock

READ_WAIT_S = 0.1
QUIET_READS = 5  # half a second of silence ends the scan
MAX_BYTES = 8192
ANSWER_READS = 10


@dataclass(frozen=True)
class Recorded:
    """`raw` is empty when nothing came in time; `same_code` says whether its time-out was set: see `same_code`."""

    raw: bytes
    same_code: str = ""


def record_scan(
    port: PortIdentity, baud: int, clock: Clock, within_ms: int, stop: Event, listening: Callable[[], None]
) -> Recorded:
    """The bytes of the next scan. `listening` is told once the port is open.

    Raises OSError or termios.error as opening does.
    """
    with port.open(baud, read_wait_s=READ_WAIT_S) as line:
        listening()
        raw = _next_scan(line, clock, clock.monotonic_ms() + within_ms, stop)
        command = same_code.command_for(port.vendor()) if raw else b""
        return Recorded(raw, _ask(line, command) if command else "")


def _next_scan(line: serial.Serial, clock: Clock, until_ms: int, stop: Event) -> bytes:
    heard, quiet = bytearray(), 0
    while not stop.is_set() and len(heard) < MAX_BYTES:
        data = line.read(line.in_waiting or 1)
        heard += data
        quiet = 0 if data else quiet + 1
        if (heard and quiet >= QUIET_READS) or (not heard and clock.monotonic_ms() > until_ms):
            break
    return bytes(heard)


def _ask(line: serial.Serial, command: bytes) -> str:
    line.write(command)
    heard = b""
    for _ in range(ANSWER_READS):
        heard += line.read(line.in_waiting or 1)
        if said := same_code.outcome(heard):
            return said
    return ""
