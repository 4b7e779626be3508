"""What is plugged into this machine, as tables that could stand in till.toml. Nothing is opened but lists.

What a serial port leads to nobody can tell from outside, so it is offered as each kind and a person (or a test scan)
decides: a name such as "keyboard" or "scanner" in a product string proves nothing.
"""

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from serial.tools import list_ports

from pos_app.devices.scanner.hid_reports import SCANNER_PAGE
from pos_app.devices.transport.usb_link import PRINTER_CLASS

SERIAL_DRIVERS = ("scanner.serial", "scale.toledo8217", "scale.sma", "scale.nci", "display.cd5220", "display.escpos",
                  "printer.escpos_serial", "rfid.m100")  # fmt: skip
BY_ID = Path("/dev/serial/by-id")
LIST_S = 3.0
MAX_FOUND = 64
Fields = dict[str, str | int | bool]


@dataclass(frozen=True)
class Found:
    """Something plugged in: what people see, which drivers could speak to it, and the fields that say where it is."""

    title: str
    where: str
    drivers: tuple[str, ...]
    fields: tuple[tuple[str, str | int | bool], ...]

    def table(self, driver: str, name: str) -> Fields:
        """A `[[device]]` table. A printer on a serial port calls the port's path by another name."""
        fields: Fields = {"driver": driver, "name": name, **dict(self.fields)}
        if driver == "printer.escpos_serial" and "port" in fields:
            fields["serial_port"] = fields.pop("port")
        return fields


def plugged_in() -> tuple[Found, ...]:
    """Serial ports, HID POS scanners, USB printers and CUPS queues. Takes some tens of milliseconds; never raises."""
    found = [*_serial_ports(), *_hid_scanners(), *_usb_printers(), *_queues()]
    return tuple(found[:MAX_FOUND])


def _serial_ports() -> Iterator[Found]:
    stable = {str(link.resolve()): str(link) for link in BY_ID.iterdir()} if BY_ID.is_dir() else {}
    for port in list_ports.comports():
        title = port.product or (port.description if port.description != "n/a" else "") or Path(port.device).name
        fields: Fields = {"port": stable.get(port.device, port.device)}
        if port.vid and port.device not in stable:
            fields = {"usb_vid": port.vid, "usb_pid": port.pid, "usb_serial": port.serial_number or ""}
        yield Found(title, port.device, SERIAL_DRIVERS, tuple(fields.items()))


def _hid_scanners() -> Iterator[Found]:
    hid = _library("hid")
    for one in _listed(hid.enumerate) if hid else ():
        if one["usage_page"] == SCANNER_PAGE:
            fields: Fields = {
                "usb_vid": one["vendor_id"], "usb_pid": one["product_id"], "usb_serial": one["serial_number"] or "",
            }  # fmt: skip
            yield Found(one["product_string"] or "HID POS", "USB", ("scanner.hidpos",), tuple(fields.items()))


def _usb_printers() -> Iterator[Found]:
    core = _library("usb.core")
    devices = _listed(lambda: core.find(find_all=True)) if core else ()
    for device in devices:
        if any(interface.bInterfaceClass == PRINTER_CLASS for setting in device for interface in setting):
            fields: Fields = {"usb_vid": device.idVendor, "usb_pid": device.idProduct}
            title = f"USB {device.idVendor:04x}:{device.idProduct:04x}"
            yield Found(title, "USB", ("printer.escpos_usb",), tuple(fields.items()))


def _queues() -> Iterator[Found]:
    try:
        listed = subprocess.run(["lpstat", "-e"], capture_output=True, text=True, timeout=LIST_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return
    for queue in listed.stdout.split():
        yield Found(queue, "CUPS", ("printer.cups_raw",), (("queue", queue),))


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:  # an extra that is not installed finds nothing
        return None


def _listed(ask: Any) -> Sequence[Any]:
    """A list some library makes; without its system part, or without permission, there is none."""
    try:
        return list(ask())
    except (OSError, ValueError, RuntimeError):
        return ()
