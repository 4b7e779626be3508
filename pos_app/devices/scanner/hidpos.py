"""A scanner in HID POS mode, through hidapi (extra `hid`, loaded when a table asks for it).

No keyboard, so no layout and no focus: reports come straight from the device, found by its numbers after every replug.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol

from pos_app.devices.barcode.dressing import Dressing
from pos_app.devices.kit import Kit
from pos_app.devices.scanner.event import scan_event
from pos_app.devices.scanner.hid_reports import SCANNER_PAGE, ReportReader, report_layout
from pos_app.devices.scanner.supervised import SupervisedScanner
from pos_app.devices.scanner.tables import HidPosTable
from pos_app.devices.supervisor import Control, UnfitError

READ_WAIT_MS = 250
REPORT_BYTES = 1024


class HidHandle(Protocol):
    """An open HID device, as hidapi's."""

    def get_report_descriptor(self) -> Sequence[int]: ...

    def read(self, max_length: int, timeout_ms: int = 0) -> Sequence[int]:
        """One report, nothing after the time is over. Raises OSError when the device is gone."""
        ...

    def close(self) -> None: ...


class HidBus(Protocol):
    """Finds and opens HID devices by their numbers."""

    def find(self, vid: int, pid: int, serial: str) -> bytes | None: ...

    def open(self, path: bytes) -> HidHandle: ...


class SystemHid:
    """hidapi's devices. Without the extra nothing is found, and opening says why."""

    def __init__(self) -> None:
        try:
            self._hid: Any = import_module("hid")
        except ImportError:
            self._hid = None

    def find(self, vid: int, pid: int, serial: str) -> bytes | None:
        """The interface on the scanner's usage page; takes some milliseconds."""
        if self._hid is None:
            return b""
        found = [one for one in self._hid.enumerate(vid, pid) if serial in ("", one["serial_number"])]
        scanners = [one for one in found if one["usage_page"] == SCANNER_PAGE]
        chosen = (scanners or found)[:1]
        return chosen[0]["path"] if chosen else None

    def open(self, path: bytes) -> HidHandle:
        if self._hid is None:
            raise UnfitError("device.no_extra", "hid")
        device = self._hid.device()
        device.open_path(path)
        return device


class HidPosScanner(SupervisedScanner):
    """Its reads come whole, with their AIM ids."""

    def __init__(self, table: HidPosTable, kit: Kit, bus: HidBus | None = None) -> None:
        self._table, self._clock = table, kit.clock
        self._bus = bus or SystemHid()
        self._dressing = Dressing(gs=table.gs)
        super().__init__(table.name, kit.jitter, kit.changed, lambda: self._find() is not None)

    def _find(self) -> bytes | None:
        return self._bus.find(self._table.usb_vid, self._table.usb_pid, self._table.usb_serial)

    def _session(self, control: Control) -> None:
        path = self._find()
        if path is None:
            raise FileNotFoundError(self._table.name)
        handle = self._bus.open(path)
        try:
            layout = report_layout(bytes(handle.get_report_descriptor()))
            if layout is None:
                raise UnfitError("scanner.not_hid_pos", "its reports hold no bar codes")
            reader = ReportReader(layout)
            control.ready()
            while not control.stopping:
                report = bytes(handle.read(REPORT_BYTES, READ_WAIT_MS))
                framed = reader.feed(report) if report else None
                if framed:
                    event = scan_event(framed, self.name, self._clock.monotonic_ms(), self._dressing)
                    self._deliver(event, control)
        finally:
            handle.close()
