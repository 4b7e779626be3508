"""Printers and a drawer that keep what they were given."""

from pos_app.devices.fakes.base import FakeDevice, StartedFake
from pos_app.devices.ports import PrinterStatus, PrintOutcome, PrintResult

UNREACHABLE = "printer.unreachable"
LINK_DIED = "printer.link_died"


class _FakePaperPrinter(StartedFake):
    """Prints into a list."""

    def __init__(self, name: str = "fake printer") -> None:
        super().__init__(name)
        self.jobs: list[bytes] = []
        self._dies = False

    def die_in_next_job(self) -> None:
        """The link dies after some bytes of the next job have gone out."""
        self._dies = True

    def print_job(self, job: bytes) -> PrintResult:
        if not self.usable:
            return PrintResult(PrintOutcome.FAILED, UNREACHABLE)
        if self.trouble:
            return PrintResult(PrintOutcome.FAILED, self.trouble)
        if self._dies:
            self._dies = False
            return PrintResult(PrintOutcome.UNKNOWN, LINK_DIED)
        self.jobs.append(job)
        return PrintResult(PrintOutcome.CONFIRMED)


class FakeLabelPrinter(_FakePaperPrinter):
    """A `LabelPrinter`."""


class FakeReceiptPrinter(_FakePaperPrinter):
    """A `ReceiptPrinter` with a connector for a drawer."""

    def __init__(self, name: str = "fake printer") -> None:
        super().__init__(name)
        self.kicks: list[int] = []
        self.drawer_pin_high = False

    def status(self) -> PrinterStatus:
        if not self.usable:
            return PrinterStatus()
        return PrinterStatus(
            online=not self.trouble,
            paper_out=self.trouble == "printer.paper_out",
            paper_low=False,
            cover_open=self.trouble == "printer.cover_open",
            drawer_pin_high=self.drawer_pin_high,
        )

    def kick_drawer(self, pin: int = 2) -> PrintResult:
        """Works without paper too."""
        if not self.usable:
            return PrintResult(PrintOutcome.FAILED, UNREACHABLE)
        self.kicks.append(pin)
        self.drawer_pin_high = True
        return PrintResult(PrintOutcome.CONFIRMED)


class FakeCashDrawer(FakeDevice):
    """A `CashDrawer` with a switch."""

    def __init__(self, name: str = "fake drawer") -> None:
        super().__init__(name)
        self.kicks = 0
        self._open = False

    def kick(self) -> PrintResult:
        if not self.usable:
            return PrintResult(PrintOutcome.FAILED, UNREACHABLE)
        self.kicks += 1
        self._open = True
        return PrintResult(PrintOutcome.CONFIRMED)

    def is_open(self) -> bool | None:
        return self._open if self.usable else None

    def push_shut(self) -> None:
        self._open = False
