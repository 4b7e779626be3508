"""The buttons of the simulators, as lines of text: for a terminal, a script or a socket."""

from collections.abc import Callable

from pos_app.devices.sim.printer import Fault, PrinterSim
from pos_app.devices.sim.scanner import ScannerSim

MAX_EVERY_MS = 60_000
HELP = """scan CODE            scan one code
every MS CODE …      scan codes, MS milliseconds apart
unplug | plug in     the scanner's cable
paper out | paper low | cover open | offline | stall      a fault of the printer
mend                 end all faults
drawer shut          push the drawer shut
show                 what was printed and kicked so far
quit"""


class Panel:
    """Either device may be missing."""

    def __init__(self, scanner: ScannerSim | None, printer: PrinterSim | None) -> None:
        self._scanner = scanner
        self._printer = printer
        self.quit = False

    def obey(self, line: str) -> str:
        """Do what a line says; the answer is one line or more, beginning with "no:" when it could not be done."""
        words = line.split()
        match words:
            case []:
                return ""
            case ["help"]:
                return HELP
            case ["quit"]:
                self.quit = True
                return "bye"
            case ["scan" | "every" | "unplug" | "plug", *_]:
                return self._at_scanner(words) if self._scanner else "no: there is no scanner"
            case _:
                return (
                    self._at_printer(words) if self._printer else f"no: {line!r} is not known, or there is no printer"
                )

    def _at_scanner(self, words: list[str]) -> str:
        assert self._scanner
        match words:
            case ["scan", code]:
                return self._try(lambda scanner: scanner.scan(code))
            case ["every", every_ms, *codes] if every_ms.isdigit() and int(every_ms) <= MAX_EVERY_MS:
                return self._try(lambda scanner: scanner.scan_all(codes, int(every_ms)))
            case ["unplug"]:
                return self._try(lambda scanner: scanner.unplug())
            case ["plug", "in"]:
                return self._try(lambda scanner: scanner.plug_in())
            case _:
                return f"no: {' '.join(words)!r} is not known"

    def _try(self, act: Callable[[ScannerSim], None]) -> str:
        assert self._scanner
        try:
            act(self._scanner)
        except OSError as trouble:
            return f"no: {trouble}"
        return "ok"

    def _at_printer(self, words: list[str]) -> str:
        assert self._printer
        match words:
            case ["mend"]:
                self._printer.mend()
            case ["drawer", "shut"]:
                self._printer.close_drawer()
            case ["show"]:
                return f"receipts {len(self._printer.jobs)}, drawer kicks {len(self._printer.kicks)}"
            case _ if " ".join(words) in set(Fault):
                self._printer.fail(Fault(" ".join(words)))
            case _:
                return f"no: {' '.join(words)!r} is not known"
        return "ok"
