"""A receipt printer behind a CUPS queue. A queue is one-way: whether anything became paper is never known."""

import shutil
import subprocess
from collections.abc import Callable

from pos_app.devices.ports import DeviceState, Health, PrinterStatus, PrintOutcome, PrintResult
from pos_app.devices.printer.escpos import ONE_WAY, PIN_2, kick_command

SUBMIT_S = 10.0
NO_LP = "printer.no_cups"
NO_QUEUE = "printer.no_queue"


class CupsPrinter:
    """A `ReceiptPrinter` that hands its jobs to `lp -o raw`."""

    def __init__(
        self, name: str, queue: str, server: str = "", changed: Callable[[Health], None] = lambda _: None
    ) -> None:
        self._name = name
        self._queue = queue
        self._server = server
        self._changed = changed
        self._health = Health(DeviceState.CONNECTING, ONE_WAY)

    @property
    def name(self) -> str:
        return self._name

    @property
    def health(self) -> Health:
        return self._health

    def start(self) -> None:
        """There is nothing to listen to; whether `lp` is there is known at once."""
        self._note(
            Health(DeviceState.READY, ONE_WAY, self._queue) if shutil.which("lp") else Health(DeviceState.ABSENT, NO_LP)
        )

    def close(self) -> None:
        self._note(Health(DeviceState.ABSENT))

    def print_job(self, job: bytes) -> PrintResult:
        where = ["-h", self._server] if self._server else []
        try:
            done = subprocess.run(
                ["lp", *where, "-d", self._queue, "-o", "raw", "-s"], input=job, timeout=SUBMIT_S, check=False,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            )  # fmt: skip
        except FileNotFoundError:
            self._note(Health(DeviceState.ABSENT, NO_LP))
            return PrintResult(PrintOutcome.FAILED, NO_LP)
        except subprocess.TimeoutExpired:
            self._note(Health(DeviceState.FAULT, ONE_WAY, "the queue takes nothing"))
            return PrintResult(PrintOutcome.UNKNOWN, ONE_WAY)
        if done.returncode:
            self._note(Health(DeviceState.FAULT, NO_QUEUE, done.stderr.decode("utf-8", "replace").strip()[:200]))
            return PrintResult(PrintOutcome.FAILED, NO_QUEUE)
        self._note(Health(DeviceState.READY, ONE_WAY, self._queue))
        return PrintResult(PrintOutcome.UNKNOWN, ONE_WAY)

    def kick_drawer(self, pin: int = PIN_2) -> PrintResult:
        return self.print_job(kick_command(pin))

    def status(self) -> PrinterStatus:
        return PrinterStatus()

    def _note(self, health: Health) -> None:
        if health != self._health:
            self._health = health
            self._changed(health)
