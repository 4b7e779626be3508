"""A keyboard scanner taken whole from the desktop (Linux, extra `evdev`): its keys reach no window and no other program.

Never by name: only the keyboard that was commissioned by a scan is grabbed, or a cashier's own would go dead. A scanner
may have several nodes; all of its keyboards are read. One that slept and came back is found by identity again.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from importlib import import_module
from typing import Any, Protocol

from pos_app.devices.barcode.wedge import Key, Scan, Wedge, WedgeSetup
from pos_app.devices.barcode.wedge_layout import ENTER_CODES, TAB_CODE
from pos_app.devices.framing import Label
from pos_app.devices.kit import Kit
from pos_app.devices.scanner.event import scan_event
from pos_app.devices.scanner.supervised import SupervisedScanner
from pos_app.devices.scanner.tables import EvdevTable
from pos_app.devices.supervisor import Control, UnfitError
from pos_app.devices.transport.ready import readable

WAIT_S = 0.1
GAP_MS = 200  # nobody types on it, so slow radio links may take their time
EV_KEY, DOWN, REPEAT, UP = 1, 1, 2, 0
SHIFT, CONTROL, ALT = frozenset({42, 54}), frozenset({29, 97}), frozenset({56, 100})


class InputEvent(Protocol):
    """The kernel's, as evdev gives it."""

    type: int
    code: int
    value: int

    def timestamp(self) -> float:
        """Seconds."""
        ...


class Keyboard(Protocol):
    """One open input device."""

    def fileno(self) -> int: ...

    def grab(self) -> None: ...

    def read(self) -> Iterable[InputEvent]:
        """What has come. Raises OSError when the device is gone."""
        ...

    def close(self) -> None: ...


class Keyboards(Protocol):
    """Finds and opens input devices."""

    def find(self, table: EvdevTable) -> Sequence[str]: ...

    def open(self, path: str) -> Keyboard: ...


class SystemKeyboards:
    """Those of this machine."""

    def __init__(self) -> None:
        try:
            self._evdev: Any = import_module("evdev")
        except ImportError:
            self._evdev = None

    def find(self, table: EvdevTable) -> Sequence[str]:
        """Every keyboard node of the scanner; without the extra one name, so that opening says why."""
        if self._evdev is None:
            return ("",)
        if table.path:
            from pathlib import Path

            return (table.path,) if Path(table.path).exists() else ()
        return tuple(path for path in self._evdev.list_devices() if self._is_it(path, table))

    def open(self, path: str) -> Keyboard:
        if self._evdev is None:
            raise UnfitError("device.no_extra", "evdev")
        return self._evdev.InputDevice(path)

    def _is_it(self, path: str, table: EvdevTable) -> bool:
        device = self._evdev.InputDevice(path)
        try:
            numbers = (device.info.vendor, device.info.product) == (table.usb_vid, table.usb_pid)
            same = numbers and table.usb_serial in ("", device.uniq)
            return same and bool(ENTER_CODES & set(device.capabilities().get(EV_KEY, ())))
        finally:
            device.close()


class KeyReader:
    """Turns events of one keyboard into presses, with the modifiers that are down."""

    def __init__(self) -> None:
        self._down: set[int] = set()

    def feed(self, event: InputEvent) -> Key | None:
        if event.type != EV_KEY:
            return None
        if event.code in SHIFT | CONTROL | ALT:
            (self._down.discard if event.value == UP else self._down.add)(event.code)
            return None
        if event.value != DOWN:
            return None
        alt, control = bool(self._down & ALT), bool(self._down & CONTROL)
        return Key(
            "\t" if event.code == TAB_CODE else "",
            int(event.timestamp() * 1000),
            event.code,
            shift=bool(self._down & SHIFT),
            command=alt or control,
            alt=alt and not control,
            terminator=event.code in ENTER_CODES or event.code == TAB_CODE,
        )


class EvdevScanner(SupervisedScanner):
    """One scanner, all of its nodes."""

    def __init__(self, table: EvdevTable, kit: Kit, keyboards: Keyboards | None = None) -> None:
        self._table, self._clock = table, kit.clock
        self._keyboards = keyboards or SystemKeyboards()
        super().__init__(table.name, kit.jitter, kit.changed, lambda: bool(self._keyboards.find(table)))

    def _session(self, control: Control) -> None:
        with ExitStack() as opened:
            boards: dict[int, tuple[Keyboard, KeyReader, Wedge]] = {}
            for path in self._keyboards.find(self._table):
                board = self._keyboards.open(path)
                opened.callback(board.close)
                board.grab()
                setup = WedgeSetup(gs_key=self._table.gs_key, gap_ms=GAP_MS, min_chars=1)
                boards[board.fileno()] = (board, KeyReader(), Wedge(setup))
            if not boards:
                raise FileNotFoundError(self._table.name)
            control.ready()
            while not control.stopping:
                ready = readable(list(boards), WAIT_S)
                for number in ready:
                    board, reader, wedge = boards[number]
                    for event in board.read():
                        key = reader.feed(event)
                        if key is not None:
                            self._tell(wedge.feed(key), control)
                if not ready:
                    self._quiet([wedge for _, _, wedge in boards.values()], control)

    def _quiet(self, wedges: Sequence[Wedge], control: Control) -> None:
        """Nothing came for a while: what has no terminator ends here."""
        for wedge in wedges:
            due = wedge.due_ms
            if due is not None:
                self._tell(wedge.tick(due), control)

    def _tell(self, actions: Sequence[object], control: Control) -> None:
        for action in actions:
            if isinstance(action, Scan) and action.text:
                label, now_ms = Label(action.text.encode()), self._clock.monotonic_ms()
                self._deliver(scan_event(label, self.name, now_ms, self._table.dressing), control)
