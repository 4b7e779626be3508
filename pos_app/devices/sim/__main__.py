"""`python -m pos_app.devices.sim`: simulated devices on pseudo-terminals and TCP, told what to do line by line.

Lines come from standard input and, with `--control`, from a Unix socket; `help` lists them. It ends at `quit`, at a
signal, or at the end of standard input when there is no control socket.
"""

import argparse
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from pos_app.devices.sim.control import Console, window
from pos_app.devices.sim.display import DisplaySim
from pos_app.devices.sim.label import LabelSim
from pos_app.devices.sim.llrp import LlrpSim
from pos_app.devices.sim.m100 import M100Sim
from pos_app.devices.sim.panel import Panel, Sim
from pos_app.devices.sim.printer import DOTS_58_MM, DOTS_80_MM, PrinterSim
from pos_app.devices.sim.scale import PROTOCOLS, ScaleSim
from pos_app.devices.sim.scanner import ScannerSim
from pos_app.devices.sim.terminal import TerminalSim

EXIT_IN_USE = 3


@dataclass(frozen=True)
class Offer:
    """A simulator there is: its option, what the option's value means, and how it is made from that value."""

    option: str
    value: str
    help: str
    make: Callable[[str, argparse.Namespace], AbstractContextManager[Sim]]


def _scanner(link: str, _: argparse.Namespace) -> AbstractContextManager[Sim]:
    return ScannerSim(Path(link))


def _printer(port: str, options: argparse.Namespace) -> AbstractContextManager[Sim]:
    return PrinterSim(port=int(port), out=options.out, dots=DOTS_58_MM if options.paper == 58 else DOTS_80_MM)


def _label(port: str, options: argparse.Namespace) -> AbstractContextManager[Sim]:
    return LabelSim(port=int(port), out=options.out)


def _scale(link: str, options: argparse.Namespace) -> AbstractContextManager[Sim]:
    return ScaleSim(options.scale_protocol, Path(link))


def _display(link: str, _: argparse.Namespace) -> AbstractContextManager[Sim]:
    return DisplaySim(Path(link))


def _rfid(port: str, _: argparse.Namespace) -> AbstractContextManager[Sim]:
    return LlrpSim(port=int(port))


def _m100(link: str, _: argparse.Namespace) -> AbstractContextManager[Sim]:
    return M100Sim(Path(link))


def _terminal(port: str, _: argparse.Namespace) -> AbstractContextManager[Sim]:
    return TerminalSim(port=int(port))


OFFERS = (
    Offer("--scanner", "LINK", "make a serial scanner's port under this name", _scanner),
    Offer("--printer", "PORT", "listen as a receipt printer on this TCP port, 0 for any", _printer),
    Offer("--label", "PORT", "listen as a label printer (ZPL) on this TCP port, 0 for any", _label),
    Offer("--scale", "LINK", "make a scale's port under this name", _scale),
    Offer("--display", "LINK", "make a line display's port under this name", _display),
    Offer("--terminal", "PORT", "listen as a card terminal (ZVT) on this TCP port, 0 for any", _terminal),
    Offer("--rfid", "PORT", "listen as a fixed RFID reader (LLRP) on this TCP port, 0 for any", _rfid),
    Offer("--m100", "LINK", "make a serial RFID module's port under this name", _m100),
)


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0; 3 when a port or name is in use."""
    parser = argparse.ArgumentParser(prog="python -m pos_app.devices.sim", description=__doc__)
    for offer in OFFERS:
        parser.add_argument(offer.option, metavar=offer.value, help=offer.help)
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="draw each receipt and label to a PNG in here")
    parser.add_argument("--paper", type=int, choices=(80, 58), default=80, help="width of the paper in millimetres")
    parser.add_argument(
        "--scale-protocol", choices=sorted(PROTOCOLS), default="toledo8217", help="what the scale speaks"
    )
    parser.add_argument("--control", type=Path, metavar="SOCKET", help="take lines from this Unix socket too")
    parser.add_argument("--window", action="store_true", help="show the buttons in a window (needs --control)")
    options = parser.parse_args(arguments)
    if options.window and options.control is None:
        parser.error("--window needs --control SOCKET")
    signal.signal(signal.SIGTERM, _end)
    with ExitStack() as stack:
        try:
            sims = [
                stack.enter_context(offer.make(value, options))
                for offer in OFFERS
                if (value := getattr(options, offer.option.removeprefix("--").replace("-", "_"))) is not None
            ]
            panel = Panel(sims)
            console = stack.enter_context(Console(panel, options.control, sys.stdin.fileno(), _say))
        except (OSError, ValueError) as trouble:
            sys.stderr.write(f"cannot start: {trouble}\n")
            return EXIT_IN_USE
        for line in panel.where:
            _say(line)
        if options.window and options.control is not None:
            stack.enter_context(window(options.control))
        with suppress(KeyboardInterrupt):
            console.run()
    return 0


def _end(_number: int, _frame: object) -> None:
    sys.exit(0)  # through the exit stack, so that names and sockets are taken back


def _say(text: str) -> None:
    if text:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
