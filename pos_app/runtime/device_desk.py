"""Looking after devices for the screen: asked for here, done on one thread of its own, answered through `deliver`.

Nothing here waits. A check or a recording ends within its devices' own deadlines; `close` ends it sooner.
"""

from collections.abc import Callable
from dataclasses import replace
from queue import SimpleQueue
from threading import Event, Thread

import msgspec

from pos_app.devices.barcode.commission import Learned, NotLearned, learn_bytes
from pos_app.devices.config import DeviceTable, device_tables
from pos_app.devices.doctor import Finding, examine
from pos_app.devices.found import Fields, Found, plugged_in
from pos_app.devices.manager import Devices
from pos_app.devices.ports import Health, PrintOutcome, PrintResult
from pos_app.devices.scanner.record import Recorded, record_scan
from pos_app.devices.scanner.tables import SerialScannerTable
from pos_app.devices.supervisor import TROUBLE
from pos_app.devices.transport.serial_port import PortIdentity
from pos_app.runtime.checks import Checked, Depth, check
from pos_app.runtime.writer import Deliver
from retail_core.domain.clock import Clock
from retail_core.domain.errors import CodedError
from retail_core.durable.home import Home

STOP_WAIT_S = 12.0
RECORD_WITHIN_MS = 20_000
SWITCH_LEARNED = "good.switch_learned"
SAME_CODE_ADVICE = "scanner.set_same_code"
Answered = Callable[[Checked, tuple[Finding, ...]], None]


class DeviceDesk:
    """One job at a time, in the order they were asked for."""

    def __init__(
        self, devices: Devices, home: Home, clock: Clock, deliver: Deliver, added: Callable[[DeviceTable], None]
    ) -> None:
        """`added` is told, on the screen's thread, of each table that was put in."""
        self._devices, self._home, self._clock, self._deliver, self._added = devices, home, clock, deliver, added
        self._stop = Event()
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="device-desk", daemon=True)
        self._thread.start()

    def tables(self) -> tuple[DeviceTable, ...]:
        """Those in use, in the order of the file."""
        return tuple(self._devices.tables.values())

    def health(self, name: str) -> Health | None:
        """What is known now; None for a keyboard scanner, which has no driver. Never waits."""
        device = self._devices.device(name)
        return device.health if device else None

    def check(self, name: str, depth: Depth, done: Answered) -> None:
        """Check one device; when something is wrong with it, also what stands in its way."""

        def work() -> None:
            found = check(self._devices, name, depth, self._clock, self._pause)
            table = self._devices.tables.get(name)
            reasons = examine(table) if table and not found.good else ()
            if found.code == SWITCH_LEARNED and table:
                self._put({**msgspec.to_builtins(table), **found.facts})
            self._deliver(lambda: done(found, reasons))

        self._jobs.put(work)

    def find(self, done: Callable[[tuple[Found, ...]], None]) -> None:
        """What is plugged in and not in use yet."""

        def work() -> None:
            used = {str(value) for table in self.tables() for value in msgspec.to_builtins(table).values()}
            new = tuple(one for one in plugged_in() if not _uses(one, used))
            self._deliver(lambda: done(new))

        self._jobs.put(work)

    def save(self, fields: Fields, done: Callable[[str, dict[str, object]], None]) -> None:
        """Put a table into till.toml, in place of one of the same name, and take it into use. Answers code and facts."""

        def work() -> None:
            code, facts = self._put(fields)
            self._deliver(lambda: done(code, facts))

        self._jobs.put(work)

    def remove(self, name: str, done: Callable[[str, dict[str, object]], None]) -> None:
        """Take a table out of till.toml and out of use."""

        def work() -> None:
            code, facts = self._take_out(name)
            self._deliver(lambda: done(code, facts))

        self._jobs.put(work)

    def record(self, name: str, listening: Callable[[], None], done: Callable[[Learned | NotLearned], None]) -> None:
        """Learn a serial scanner from its next scan; from `listening` on it is heard for that alone."""

        def work() -> None:
            table = self._devices.tables.get(name)
            if not isinstance(table, SerialScannerTable):
                return
            self._devices.pause(name)

            def told() -> None:
                self._deliver(listening)

            try:
                port = PortIdentity.of(table)
                scan = record_scan(port, table.baud, self._clock, RECORD_WITHIN_MS, self._stop, told)
                learned = _learned(scan)
            except TROUBLE as trouble:
                learned = NotLearned("device.lost", str(trouble)[:60])
            finally:
                self._devices.add(table)
            self._deliver(lambda: done(learned))

        self._jobs.put(work)

    def print_labels(self, job: bytes, done: Callable[[PrintResult], None]) -> None:
        """Print on the first label printer; `label.no_printer` when there is none."""

        def work() -> None:
            printer = self._devices.label_printer
            result = printer.print_job(job) if printer else PrintResult(PrintOutcome.FAILED, "label.no_printer")
            self._deliver(lambda: done(result))

        self._jobs.put(work)

    def close(self) -> None:
        self._stop.set()
        self._jobs.put(None)
        self._thread.join(STOP_WAIT_S)

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _put(self, fields: Fields) -> tuple[str, dict[str, object]]:
        try:
            config = self._home.config()
            raw = [fields if one.get("name") == fields["name"] else one for one in config.device]
            if fields not in raw:
                raw.append(fields)
            tables = device_tables(raw)
            table = tables[raw.index(fields)]
            self._home.write_config(msgspec.structs.replace(config, device=tuple(raw)))
            self._devices.add(table)
        except CodedError as refused:
            return refused.code, dict(refused.facts)
        except OSError as trouble:
            return "home.not_writable", {"home": str(self._home.folder), "why": str(trouble)[:80]}
        self._deliver(lambda: self._added(table))
        return "good.saved", {}

    def _take_out(self, name: str) -> tuple[str, dict[str, object]]:
        try:
            config = self._home.config()
            left = tuple(one for one in config.device if one.get("name") != name)
            device_tables(left)  # a drawer must not lose its printer
            self._home.write_config(msgspec.structs.replace(config, device=left))
        except CodedError as refused:
            return refused.code, dict(refused.facts)
        except OSError as trouble:
            return "home.not_writable", {"home": str(self._home.folder), "why": str(trouble)[:80]}
        self._devices.remove(name)
        return "good.removed", {}

    def _pause(self, ms: int) -> bool:
        return self._stop.wait(ms / 1000)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            if not self._stop.is_set():
                job()


def _learned(scan: Recorded) -> Learned | NotLearned:
    """What a recorded scan teaches; that its scanner was set already is no advice any more."""
    if not scan.raw:
        return NotLearned("scanner.no_test_label")
    learned = learn_bytes(scan.raw)
    if isinstance(learned, NotLearned) or not scan.same_code:
        return learned
    others = tuple(code for code in learned.advice if code != SAME_CODE_ADVICE)
    return replace(learned, advice=(*others, scan.same_code))


def _uses(found: Found, used: set[str]) -> bool:
    fields = dict(found.fields)
    keys = ("port", "queue", "usb_serial")
    return found.where in used or any(str(fields.get(key) or "–") in used for key in keys)
