"""What a label printer says about itself when it is asked by `~HS`. No I/O.

Three lines, each between STX and ETX, of figures between commas (Zebra's ZPL II programming guide, "Host Status Return"):
    aaa,b,c,dddd,eee,f,g,h,iii,j,k,l     b paper out, c paused, eee formats waiting, f buffer full, h a format half
                                         received, j memory damaged, k too cold, l too hot
    mmm,n,o,p,q,r,s,t,uuuuuuuu,v,www     o head open, p ribbon out, t a label waits to be taken, u labels left to print
    xxxx,y                               a password and whether there is more memory: no business of ours
"""

from dataclasses import dataclass

ASK = b"~HS"
STX, ETX = 0x02, 0x03
MAX_LINE_BYTES = 128
FIRST_FIELDS, SECOND_FIELDS, LAST_FIELDS = 12, 11, 2

HEAD_OPEN = "label.head_open"
PAPER_OUT = "label.paper_out"
RIBBON_OUT = "label.ribbon_out"
PAUSED = "label.paused"
TOO_HOT = "label.too_hot"
BUFFER_FULL = "label.buffer_full"
DAMAGED = "label.memory_damaged"


@dataclass(frozen=True, slots=True)
class HostStatus:
    """One whole answer."""

    paper_out: bool
    paused: bool
    formats_waiting: int
    buffer_full: bool
    half_format: bool
    memory_damaged: bool
    too_hot: bool
    head_open: bool
    ribbon_out: bool
    to_be_taken: bool
    labels_left: int

    @property
    def idle(self) -> bool:
        """Nothing of any job is waiting in it; a label that waits to be taken off is printed."""
        return not (self.formats_waiting or self.half_format or self.labels_left)


class StatusReader:
    """Collects the three lines of an answer; bytes that belong to none are dropped."""

    def __init__(self) -> None:
        self._line: bytearray | None = None
        self._lines: list[list[int]] = []

    def feed(self, data: bytes) -> list[HostStatus]:
        """The answers that are complete now."""
        made: list[HostStatus] = []
        for byte in data:
            if byte == STX:
                self._line = bytearray()
            elif byte == ETX:
                line, self._line = self._line, None
                status = self._take(bytes(line).split(b",")) if line is not None else None
                if status is not None:
                    made.append(status)
            elif self._line is not None:
                self._line.append(byte)
                if len(self._line) > MAX_LINE_BYTES:
                    self._line = None
        return made

    def _take(self, fields: list[bytes]) -> HostStatus | None:
        """One line. One that may not come now makes the answer begin anew."""
        if len(fields) == LAST_FIELDS and len(self._lines) == 2:
            first, second = self._lines
            self._lines = []
            return _status(first, second)
        figures = [int(field) for field in fields if field.isdigit()]
        if len(figures) == len(fields) == FIRST_FIELDS:
            self._lines = [figures]
        elif len(figures) == len(fields) == SECOND_FIELDS and len(self._lines) == 1:
            self._lines.append(figures)
        else:
            self._lines = []
        return None


def trouble(status: HostStatus) -> str:
    """The code of what keeps it from printing, the most useful first; empty when nothing does."""
    if status.head_open:
        return HEAD_OPEN  # an open head reads as no paper too, and every one of these as paused
    if status.paper_out:
        return PAPER_OUT
    if status.ribbon_out:
        return RIBBON_OUT
    if status.too_hot:
        return TOO_HOT
    if status.memory_damaged:
        return DAMAGED
    if status.paused:
        return PAUSED
    return BUFFER_FULL if status.buffer_full else ""


def _status(first: list[int], second: list[int]) -> HostStatus:
    return HostStatus(
        paper_out=bool(first[1]),
        paused=bool(first[2]),
        formats_waiting=first[4],
        buffer_full=bool(first[5]),
        half_format=bool(first[7]),
        memory_damaged=bool(first[9]),
        too_hot=bool(first[11]),
        head_open=bool(second[2]),
        ribbon_out=bool(second[3]),
        to_be_taken=bool(second[7]),
        labels_left=second[8],
    )
