"""What one scan of a test label tells of a scanner: prefix, suffix, end, AIM ids, separator, layout and speed. Pure.

The label holds a beginning and an end that nothing else holds, and between them every printable ASCII character with a
GS before and behind. Imagers read LONG as a QR code; a scanner of bar codes reads SHORT as Code 128. What comes before
the beginning is the scanner's prefix, what comes behind the end its suffix, and what stands where GS should be is its
stand-in. A fault has a code and never guesses: `scanner.no_test_label`, `.letters_swapped`, `.chars_lost`, `.gs_lost`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pos_app.devices.barcode.aim import AIM_ID_CHARS, split_aim
from pos_app.devices.barcode.dressing import Dressing
from pos_app.devices.barcode.separators import GS
from pos_app.devices.barcode.wedge import (
    IN_LABELS,
    LINE_ENDS,
    MAX_ALT_DIGITS,
    MAX_GAP_MS,
    Key,
    WedgeSetup,
    character_of,
    control_of,
)
from pos_app.devices.barcode.wedge_layout import TAB_CODE, function_key, keypad_digit, us_char
from pos_app.devices.framing import Framing

BEGIN, END = "0MNITEST1", "9MNITEST2"
ASCII = "".join(chr(n) for n in range(0x20, 0x7F))
SOME = "aZ-/09"
LONG = BEGIN + GS + ASCII + GS + END
SHORT = BEGIN + GS + SOME + GS + END
MIN_GAP_MS, WIDEST_GAP_MS = 20, 200
SAFETY = 3  # a busy machine may stretch the longest gap seen
MAX_AFFIX_CHARS = 8
STX, ETX = "\x02", "\x03"
ENDS = {"\r": "enter", "\n": "enter", "\t": "tab"}


@dataclass(frozen=True, slots=True)
class Learned:
    """What a test scan showed. `ends`: enter, tab or idle. `widest_gap_ms` is of its keys, 0 for a serial scanner."""

    dressing: Dressing
    ends: str
    sends_aim: bool
    gs_key: int = 0
    layout_differs: bool = False
    widest_gap_ms: int = 0
    framing: Framing = Framing.LINES
    advice: tuple[str, ...] = field(default=())

    @property
    def gap_ms(self) -> int:
        """How far apart keys of one scan may be."""
        wished = (
            max(MAX_GAP_MS, self.widest_gap_ms * SAFETY) if not self.dressing.prefix else self.widest_gap_ms * SAFETY
        )
        return min(max(MIN_GAP_MS, wished), WIDEST_GAP_MS)

    @property
    def wedge(self) -> WedgeSetup:
        return WedgeSetup(self.dressing, self.gs_key, self.gap_ms)


@dataclass(frozen=True, slots=True)
class NotLearned:
    """Why a scan taught nothing; `detail` shows what came."""

    code: str
    detail: str = ""


def learn_keys(keys: Sequence[Key]) -> Learned | NotLearned:
    """From the key presses of one scan, all of them, in their order."""
    typed, ends, function_keys = _spell(keys)
    found = _learn("".join(typed))
    if isinstance(found, NotLearned):
        return found
    gaps = [after.t_ms - before.t_ms for before, after in pairwise(keys)]
    widest = max(gaps, default=0)
    differs = any(_types_another(key) for key in keys if not key.command)
    gs_key = 0
    if function_keys and found.dressing.gs.startswith("{F"):
        gs_key = function_keys[0]
        found = _with_gs(found, "")
    return Learned(
        found.dressing, ends, found.sends_aim, gs_key, differs, widest,
        advice=_advice(found, ends, widest),
    )  # fmt: skip


def learn_bytes(raw: bytes) -> Learned | NotLearned:
    """From what a serial scanner sent, its framing still around it."""
    text = raw.decode("latin-1")
    framing = Framing.STX_ETX if text.startswith(STX) and ETX in text else Framing.LINES
    if framing is Framing.STX_ETX:
        text = text[1 : text.index(ETX)]
    bare = text.rstrip(LINE_ENDS + "\t")
    found = _learn(bare)
    if isinstance(found, NotLearned):
        return found
    end = text[len(bare) :][:1]
    ends = "enter" if framing is Framing.STX_ETX else ENDS.get(end, "idle")
    if ends == "idle" or (end == "\t" and framing is Framing.LINES):
        return NotLearned("scanner.no_end", _printable(text[-MAX_AFFIX_CHARS:]))
    return Learned(found.dressing, ends, found.sends_aim, framing=framing, advice=_advice(found, ends, 0))


def _learn(text: str) -> Learned | NotLearned:
    start, stop = text.find(BEGIN), text.rfind(END)
    if start < 0 or stop < start:
        swapped = text.swapcase()
        if BEGIN in swapped and END in swapped:
            return NotLearned("scanner.letters_swapped", _printable(text))
        return NotLearned("scanner.no_test_label", _printable(text))
    middle = text[start + len(BEGIN) : stop]
    content = ASCII if len(middle) >= len(ASCII) else SOME
    at = middle.find(content)
    if at < 0:
        lost = "".join(char for char in content if char not in middle)
        return NotLearned("scanner.chars_lost", lost or _printable(middle))
    before, behind = middle[:at], middle[at + len(content) :]
    if not before or before != behind:
        return NotLearned("scanner.gs_lost", _printable(before or behind))
    if len(before) > MAX_AFFIX_CHARS:
        return NotLearned("scanner.chars_lost", _printable(before))
    prefix, suffix = text[:start], text[stop + len(END) :]
    aim_id = ""
    if len(prefix) >= AIM_ID_CHARS and split_aim(prefix[-AIM_ID_CHARS:])[0]:
        aim_id, prefix = prefix[-AIM_ID_CHARS:], prefix[:-AIM_ID_CHARS]
    if len(prefix) > MAX_AFFIX_CHARS or len(suffix) > MAX_AFFIX_CHARS:
        return NotLearned("scanner.affix_too_long", _printable(prefix or suffix))
    return Learned(Dressing(prefix, suffix, "" if before == GS else before), "idle", bool(aim_id))


def _with_gs(found: Learned, gs: str) -> Learned:
    dressing = Dressing(found.dressing.prefix, found.dressing.suffix, gs)
    return Learned(dressing, found.ends, found.sends_aim)


def _advice(found: Learned, ends: str, widest_gap_ms: int) -> tuple[str, ...]:
    """What could be set better on the scanner, as codes for people."""
    advice = [] if found.sends_aim else ["scanner.set_aim"]
    if ends == "idle":
        advice.append("scanner.set_end")
    if widest_gap_ms and not found.dressing.prefix:
        advice.append("scanner.set_prefix")
    if widest_gap_ms > MAX_GAP_MS:
        advice.append("scanner.slow")
    return (*advice, "scanner.set_same_code")


def _spell(keys: Sequence[Key]) -> tuple[list[str], str, list[int]]:
    """Each key as the character it means, the end of the scan, and the function keys in it."""
    typed: list[str] = []
    function_keys: list[int] = []
    ends, alt = "idle", ""
    for key in keys:
        if key.alt and len(alt) < MAX_ALT_DIGITS and (digit := keypad_digit(key.scan_code, key.text)):
            alt += digit
            continue
        if alt:
            typed.append(_alt_character(alt))
            alt = ""
        if key.terminator:
            ends = "tab" if key.text == "\t" or key.scan_code == TAB_CODE else "enter"
            continue
        name = function_key(key.scan_code)
        if name and not key.command:
            function_keys.append(key.scan_code)
            typed.append(f"{{{name}}}")
            continue
        char = control_of(key) if key.command else character_of(key)
        if char and char in LINE_ENDS:
            ends = "enter"
        else:
            typed.append(char)
    if alt:
        typed.append(_alt_character(alt))
    return typed, ends, function_keys


def _types_another(key: Key) -> bool:
    """True when the till's layout has something else on this key, a dead accent among them."""
    meant = us_char(key.scan_code, shift=key.shift)
    return meant is not None and key.text != meant


def _alt_character(figures: str) -> str:
    char = chr(int(figures))
    return char if char in IN_LABELS or char.isprintable() else ""


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else f"<{ord(char):02X}>" for char in text)[:60]
