"""Why a device cannot be reached: the exact missing permission, cable, program or setting. Nothing is changed here.

Each finding is a code and facts; the sentence with the command to run is made at the rim. Checked from the table alone,
so that it works when the till does not run.
"""

import getpass
import grp
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from pos_app.devices.config import DeviceTable
from pos_app.devices.printer.tables import CupsTable, EscPosSerialTable, EscPosUsbTable
from pos_app.devices.scanner.tables import CameraTable, EvdevTable, HidPosTable
from pos_app.devices.sound.player import find_player
from pos_app.devices.sound.tables import SoundTable
from pos_app.devices.table import SerialTable
from pos_app.devices.transport.serial_port import PortIdentity

CONNECT_S = 2.0
LPSTAT_S = 5.0
RULES_FILE = Path("/etc/udev/rules.d/70-omnitill.rules")
USBLP = Path("/sys/bus/usb/drivers/usblp")
PROC = Path("/proc")
RASTER_SLOW_BAUD = 9600


@dataclass(frozen=True)
class Finding:
    """`code` is `doctor.*`; `bad` False is advice."""

    code: str
    bad: bool = True
    facts: dict[str, str | int] = field(default_factory=dict[str, "str | int"])


def examine(table: DeviceTable) -> tuple[Finding, ...]:
    """What stands in the way of this device; empty when nothing does. Takes a few seconds at most, never raises."""
    match table:
        case EscPosSerialTable():
            identity = PortIdentity(table.serial_port, table.usb_vid, table.usb_pid, table.usb_serial)
            return (*_serial(identity), *_slow_line(table.baud))
        case SerialTable():
            return tuple(_serial(PortIdentity.of(table)))
        case HidPosTable():
            return tuple(_hid(table))
        case EvdevTable():
            return tuple(_evdev(table))
        case CameraTable():
            return (*_extra("cv2", "camera"), *_extra("zxingcpp", "camera"), *_file(Path(table.path)))
        case EscPosUsbTable():
            return tuple(_usb(table))
        case CupsTable():
            return tuple(_queue(table))
        case SoundTable():
            return () if find_player(table.command) else (Finding("doctor.no_player"),)
        case _:
            host, port = getattr(table, "host", ""), getattr(table, "port", 0)
            return tuple(_tcp(str(host), int(port))) if host else ()


def _slow_line(baud: int) -> Iterator[Finding]:
    if baud <= RASTER_SLOW_BAUD:
        yield Finding("doctor.slow_line", bad=False, facts={"baud": baud})


def _serial(identity: PortIdentity) -> Iterator[Finding]:
    path = identity.find()
    if path is None:
        where = identity.path or f"USB {identity.usb_vid:04x}:{identity.usb_pid:04x} {identity.usb_serial}".strip()
        yield Finding("doctor.not_plugged_in", facts={"where": where})
        return
    yield from _file(Path(path))


def _file(path: Path) -> Iterator[Finding]:
    """Present, ours to read and write, and nobody else's."""
    if not path.exists():
        yield Finding("doctor.not_plugged_in", facts={"where": str(path)})
    elif not os.access(path, os.R_OK | os.W_OK):
        yield _no_access(path)
    else:
        holder = _held_by(path)
        if holder:
            yield Finding("doctor.in_use", facts={"where": str(path), "program": holder[1], "pid": holder[0]})


def _no_access(path: Path) -> Finding:
    """The group that may, when joining it is the cure."""
    user = getpass.getuser()
    group = grp.getgrgid(path.stat().st_gid)
    if group.gr_gid and group.gr_gid not in os.getgroups() and path.stat().st_mode & 0o060 == 0o060:
        joined = user in group.gr_mem
        code = "doctor.sign_in_again" if joined else "doctor.not_in_group"
        return Finding(code, facts={"where": str(path), "group": group.gr_name, "user": user})
    return Finding("doctor.no_access", facts={"where": str(path), "user": user})


def _held_by(path: Path) -> tuple[int, str] | None:
    """Another program that has the file open, as far as this user may see."""
    real = str(path.resolve())
    for process in PROC.glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        try:
            if any(str(handle.readlink()) == real for handle in (process / "fd").iterdir()):
                return int(process.name), (process / "comm").read_text().strip()
        except OSError:  # it ended meanwhile, or belongs to somebody else
            continue
    return None


def _extra(module: str, extra: str) -> Iterator[Finding]:
    if find_spec(module) is None:
        yield Finding("doctor.no_extra", facts={"extra": extra})


def _hid(table: HidPosTable) -> Iterator[Finding]:
    missing = tuple(_extra("hid", "hid"))
    if missing:
        yield from missing
        return
    nodes = list(_hidraw_nodes(table.usb_vid, table.usb_pid))
    if not nodes:
        where = f"USB {table.usb_vid:04x}:{table.usb_pid:04x} {table.usb_serial}".strip()
        yield Finding("doctor.not_plugged_in", facts={"where": where})
    for node in nodes:
        if not os.access(node, os.R_OK | os.W_OK):
            yield _rules_missing(node)


def _hidraw_nodes(vid: int, pid: int) -> Iterator[Path]:
    wanted = f"{vid:08X}:{pid:08X}"
    for entry in Path("/sys/class/hidraw").glob("hidraw*"):
        try:
            if wanted in (entry / "device" / "uevent").read_text():
                yield Path("/dev") / entry.name
        except OSError:
            continue


def _rules_missing(node: Path) -> Finding:
    return Finding("doctor.rules_missing", facts={"where": str(node), "file": str(RULES_FILE)})


def _evdev(table: EvdevTable) -> Iterator[Finding]:
    missing = tuple(_extra("evdev", "evdev"))
    if missing:
        yield from missing
    elif table.path:
        for finding in _file(Path(table.path)):
            if finding.code != "doctor.in_use":  # a desktop that reads it too is why it is grabbed
                yield finding


def _usb(table: EscPosUsbTable) -> Iterator[Finding]:
    missing = tuple(_extra("usb", "usb"))
    if missing:
        yield from missing
        return
    for device in Path("/sys/bus/usb/devices").glob("*"):
        try:
            numbers = [int((device / name).read_text(), 16) for name in ("idVendor", "idProduct")]
        except (OSError, ValueError):
            continue
        if numbers == [table.usb_vid, table.usb_pid]:
            bus, number = ((device / name).read_text().strip() for name in ("busnum", "devnum"))
            node = Path(f"/dev/bus/usb/{int(bus):03}/{int(number):03}")
            if not os.access(node, os.R_OK | os.W_OK):
                yield _rules_missing(node)
            elif any(USBLP.glob(f"{device.name}:*")):
                yield Finding("doctor.usblp", bad=False, facts={"where": str(node)})
            return
    yield Finding("doctor.not_plugged_in", facts={"where": f"USB {table.usb_vid:04x}:{table.usb_pid:04x}"})


def _queue(table: CupsTable) -> Iterator[Finding]:
    lpstat = shutil.which("lpstat")
    if not lpstat or not shutil.which("lp"):
        yield Finding("doctor.no_cups")
        return
    server = ["-h", table.server] if table.server else []
    try:
        listed = subprocess.run(
            [lpstat, *server, "-e"], capture_output=True, text=True, timeout=LPSTAT_S, check=False
        ).stdout.split()
    except (OSError, subprocess.TimeoutExpired):
        listed = []
    if table.queue not in listed:
        yield Finding("doctor.no_queue", facts={"queue": table.queue, "there": ", ".join(listed[:8]) or "–"})


def _tcp(host: str, port: int) -> Iterator[Finding]:
    where: dict[str, str | int] = {"host": host, "port": port}
    try:
        socket.create_connection((host, port), timeout=CONNECT_S).close()
    except socket.gaierror:
        yield Finding("doctor.no_such_host", facts=where)
    except ConnectionRefusedError:
        yield Finding("doctor.refused", facts=where)
    except OSError:
        yield Finding("doctor.unreachable", facts=where)
