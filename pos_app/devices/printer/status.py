"""What an ESC/POS printer says about itself, byte by byte. No I/O.

Three kinds of answer share one line and are told apart by their fixed bits (Epson's ESC/POS reference):
DLE EOT n is one byte 0xx1xx10, GS r n one byte 0xx0xxxx, and Automatic Status Back four bytes of which the first is
0xx1xx00. Answers to DLE EOT carry no number: they come in the order of the questions.
"""

from collections import deque
from dataclasses import dataclass, replace
from typing import assert_never

from pos_app.devices.ports import PrinterStatus

PRINTER, OFFLINE, ERROR, PAPER = 1, 2, 3, 4  # n of DLE EOT
MAX_ASKED = 16
ASB_BYTES = 4


def ask(n: int) -> bytes:
    """DLE EOT n: answered at once, even by a printer that is offline."""
    return bytes((0x10, 0x04, n))


ASK_PAPER_IN_ORDER = b"\x1dr\x01"  # answered when everything before it is done
ASK_DRAWER_IN_ORDER = b"\x1dr\x02"
TELL_CHANGES = b"\x1da\xff"  # GS a: Automatic Status Back for everything there is


@dataclass(frozen=True, slots=True)
class RealTime:
    """Answer to DLE EOT `n`."""

    n: int
    byte: int


@dataclass(frozen=True, slots=True)
class InOrder:
    """Answer to GS r: all that was sent before it has been worked off."""

    byte: int


@dataclass(frozen=True, slots=True)
class AutoStatus:
    """Automatic Status Back: four bytes that a printer may send at any time."""

    data: bytes


Answer = RealTime | InOrder | AutoStatus


class StatusReader:
    """Sorts the bytes a printer sends. Tell it each question with `asked`."""

    def __init__(self) -> None:
        self._asked: deque[int] = deque(maxlen=MAX_ASKED)
        self._auto = bytearray()

    @property
    def waiting(self) -> bool:
        """Questions are open: what is known now may be half of it."""
        return bool(self._asked)

    def asked(self, n: int) -> None:
        self._asked.append(n)

    def feed(self, data: bytes) -> list[Answer]:
        """The answers that are complete now; bytes that are none are dropped."""
        answers: list[Answer] = []
        for byte in data:
            answer = self._byte(byte)
            if answer is not None:
                answers.append(answer)
        return answers

    def _byte(self, byte: int) -> Answer | None:
        if self._auto and byte & 0x90:
            self._auto.clear()  # the rest of it was lost: its last three bytes are 0xx0xxxx
        if self._auto or byte & 0x93 == 0x10:
            self._auto.append(byte)
            if len(self._auto) < ASB_BYTES:
                return None
            auto = AutoStatus(bytes(self._auto))
            self._auto.clear()
            return auto
        if byte & 0x93 == 0x12:
            return RealTime(self._asked.popleft(), byte) if self._asked else None
        if byte & 0x90 == 0:
            return InOrder(byte)
        return None


def updated(status: PrinterStatus, answer: Answer) -> PrinterStatus:
    """What is known after `answer`."""
    match answer:
        case RealTime():
            return _after_real_time(status, answer)
        case InOrder():
            return status  # what it says depends on what was asked
        case AutoStatus(data):
            first, _, paper, _ = data
            return PrinterStatus(
                online=not first & 0x08,
                cover_open=bool(first & 0x20),
                drawer_pin_high=bool(first & 0x04),
                paper_low=bool(paper & 0x03),
                paper_out=bool(paper & 0x0C),
            )
        case _:
            assert_never(answer)


def paper_after(status: PrinterStatus, answer: InOrder) -> PrinterStatus:
    """What is known after the answer to ASK_PAPER_IN_ORDER."""
    return replace(status, paper_low=bool(answer.byte & 0x03), paper_out=bool(answer.byte & 0x0C))


def _after_real_time(status: PrinterStatus, answer: RealTime) -> PrinterStatus:
    byte = answer.byte
    match answer.n:
        case 1:  # PRINTER
            return replace(status, online=not byte & 0x08, drawer_pin_high=bool(byte & 0x04))
        case 2:  # OFFLINE
            return replace(status, cover_open=bool(byte & 0x04), paper_out=bool(byte & 0x20))
        case 4:  # PAPER
            return replace(status, paper_low=bool(byte & 0x0C), paper_out=bool(byte & 0x60))
        case _:
            return status


def trouble(status: PrinterStatus) -> str:
    """The code of what keeps it from printing, the most useful first; empty when nothing known does."""
    if status.cover_open:
        return "printer.cover_open"
    if status.paper_out:
        return "printer.paper_out"
    if status.online is False:
        return "printer.offline"
    return ""
