"""Tells a keyboard scanner's burst from a person's typing: hold keys back for a moment, then decide. No I/O, no clock.

Use, in the window's event filter:

    wedge = Wedge()
    for action in wedge.feed(Key(text, t_ms, scan_code, shift=…, terminator=…, token=event)):
        match action:
            case Hold():        swallow this event; arm a timer for `wedge.due_ms`
            case Replay(keys):  send key.token of each to the focus, in order; `Replay((key,))` alone: let it pass
            case Scan():        one label was read; its keys are never typed
    no action at all: swallow this event
    on the timer: the same for wedge.tick(now_ms)

Rules for the caller:
- `t_ms` is the event's own time stamp, so that a busy screen cannot split a scan; `now_ms` is on the same clock (last
  key's stamp + time since it was handed in). Call `tick` only after all pending key events were fed.
- feed key presses only. Shift, Control and Alt alone are not fed. `command`: Control, Alt or Meta is down (AltGr is
  not), `alt` when it is Alt alone. `terminator`: Return, Enter or Tab without any of them. `repeat`: auto-repeat of a
  key that is held down.
- if focus or window changes, `tick` on: held keys belong to where they were typed.

A burst is printable keys at most `gap_ms` apart. It is a scan when it has MIN_CHARS and ends with CR, LF, keypad
Enter, Tab or END_IDLE_MS of silence; a second terminator right behind (CR LF) belongs to it. Fewer keys are replayed
after `gap_ms`. With a prefix set, only bursts that begin with it are held, whatever their length, and typing costs
nothing. Inside a burst the separators of 2D labels come as Ctrl+], as Alt and figures of the keypad (Alt+029), or as a
function key that was learned. Figures: design, and 5.5 ms between keys of a measured scanner against 60 ms and more of
fast typists.
"""

from dataclasses import dataclass, replace
from types import MappingProxyType

from pos_app.devices.barcode.dressing import PLAIN, Dressing
from pos_app.devices.barcode.separators import GS
from pos_app.devices.barcode.wedge_layout import keypad_digit, us_char

MIN_CHARS = 6
MAX_GAP_MS = 35
END_IDLE_MS = 80
MAX_LABEL_CHARS = 4096
MAX_ALT_DIGITS = 4  # Alt+029 and Alt+0029
TOO_LONG = "scan.too_long"
LINE_ENDS = "\r\n"
# what Control and a key of a US keyboard send; RS, FS and EOT stand in labels of two dimensions
CONTROLS = MappingProxyType({"]": GS, "^": "\x1e", "6": "\x1e", "\\": "\x1c", "d": "\x04", "m": "\r", "j": "\n"})
IN_LABELS = frozenset({GS, "\x1e", "\x1c", "\x04"})


@dataclass(frozen=True, slots=True)
class WedgeSetup:
    """How the keyboard scanner was learned. `gs_key`: scan code of the function key it presses for GS, 0 for none.

    `min_chars`: fewer are typing; 1 where nobody types.
    """

    dressing: Dressing = PLAIN
    gs_key: int = 0
    gap_ms: int = MAX_GAP_MS
    min_chars: int = MIN_CHARS


@dataclass(frozen=True, slots=True)
class Key:
    """One key press. `scan_code` is Linux's (see `wedge_layout`), 0 when the platform gives none; then `text` counts.

    `token` is the caller's: whatever it needs to type this key later.
    """

    text: str
    t_ms: int
    scan_code: int = 0
    shift: bool = False
    command: bool = False
    alt: bool = False
    terminator: bool = False
    repeat: bool = False
    token: object = None


@dataclass(frozen=True, slots=True)
class Hold:
    """The key just fed is kept back."""


@dataclass(frozen=True, slots=True)
class Replay:
    """These keys were typed by a person: hand them to the focus now, in this order."""

    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Scan:
    """A label, undressed; `problem` is `scan.too_long` when it had to be cut."""

    text: str
    t_ms: int
    problem: str = ""


Action = Hold | Replay | Scan
HOLD = (Hold(),)
NO_SETUP = WedgeSetup()


class Wedge:
    """The state of one till's keyboard. Holds at most MAX_LABEL_CHARS keys."""

    def __init__(self, setup: WedgeSetup = NO_SETUP) -> None:
        self._prefix = setup.dressing.prefix
        self._dressing = replace(setup.dressing, prefix="")
        self._gs_key = setup.gs_key
        self._gap_ms = setup.gap_ms
        self._min_chars = setup.min_chars
        self._end_ms = max(END_IDLE_MS, 2 * setup.gap_ms)
        self._held: list[Key] = []
        self._text: list[str] = []
        self._alt = ""
        self._last_ms = 0
        self._ended_ms: int | None = None  # when a terminator ended the last scan
        self._overflow = False

    @property
    def due_ms(self) -> int | None:
        """When `tick` has something to decide, on the clock of the keys; None while nothing is held."""
        if not self._held:
            return None
        return self._last_ms + (self._end_ms if self._is_label() else self._gap_ms) + 1

    def feed(self, key: Key) -> tuple[Action, ...]:
        """What to do with this key, and with those held before it."""
        if key.repeat:
            return self._settle(and_type=key)
        if key.command:
            return self._feed_command(key)
        if key.terminator:
            return self._terminate(key)
        char = GS if self._gs_key and key.scan_code == self._gs_key and self._goes_on(key) else character_of(key)
        if not char:
            return self._settle(and_type=key)
        return self._feed_char(key, char)

    def tick(self, now_ms: int) -> tuple[Action, ...]:
        """Decide about held keys that nothing followed."""
        due = self.due_ms
        return self._settle() if due is not None and now_ms >= due else ()

    def _feed_char(self, key: Key, char: str) -> tuple[Action, ...]:
        before = self._break(key.t_ms)
        self._ended_ms = None
        if self._held or not self._prefix or char == self._prefix[0]:
            return before + self._hold(key, char)
        return (*before, Replay((key,)))

    def _feed_command(self, key: Key) -> tuple[Action, ...]:
        """Control and Alt: part of a label only inside a burst, but for GS, which nobody types; else a command."""
        goes_on = self._goes_on(key)
        if key.alt and goes_on and len(self._alt) < MAX_ALT_DIGITS and (digit := keypad_digit(key.scan_code, key.text)):
            self._alt += digit
            return self._hold(key, "")
        char = "" if key.alt else control_of(key)
        if char and char in LINE_ENDS and (goes_on or self._just_ended(key.t_ms)):
            return self._terminate(key)
        if char == GS or (goes_on and char in IN_LABELS):
            return self._feed_char(key, char)
        return self._settle(and_type=key)

    def _terminate(self, key: Key) -> tuple[Action, ...]:
        if self._is_label() and 0 <= key.t_ms - self._last_ms <= self._end_ms:
            self._ended_ms = key.t_ms
            return (self._scan(),)
        if not self._held and self._just_ended(key.t_ms):
            self._ended_ms = None
            return ()  # the LF of CR LF
        return self._settle(and_type=key)

    def _just_ended(self, t_ms: int) -> bool:
        return self._ended_ms is not None and 0 <= t_ms - self._ended_ms <= self._gap_ms

    def _goes_on(self, key: Key) -> bool:
        """True when the key follows a held one soon enough to belong to it."""
        return bool(self._held) and 0 <= key.t_ms - self._last_ms <= self._gap_ms

    def _break(self, t_ms: int) -> tuple[Action, ...]:
        """End the burst when the next key came too late to belong to it (or before it: the clock was set)."""
        if self._held and not 0 <= t_ms - self._last_ms <= self._gap_ms:
            return self._settle()
        return ()

    def _hold(self, key: Key, char: str) -> tuple[Action, ...]:
        self._last_ms = key.t_ms
        if len(self._held) >= MAX_LABEL_CHARS:
            self._overflow = True  # still swallowed: what is no good as a label must not be typed either
            return HOLD
        self._held.append(key)
        if char:
            self._end_alt()
            self._text.append(char)
        begun = "".join(self._text[: len(self._prefix)])
        return HOLD if self._prefix.startswith(begun) else self._settle()

    def _end_alt(self) -> None:
        """Alt is up again: the figures typed under it were one character."""
        if self._alt:
            char = chr(int(self._alt))
            if char in IN_LABELS or char.isprintable():
                self._text.append(char)
            self._alt = ""

    def _settle(self, and_type: Key | None = None) -> tuple[Action, ...]:
        """End the burst: a scan if it is one, typing if not; then the key that ended it, if it is to be typed."""
        self._ended_ms = None
        typed = () if and_type is None else (and_type,)
        if self._is_label():
            scan = self._scan()
            return (scan, Replay(typed)) if typed else (scan,)
        keys = (*self._held, *typed)
        self._forget()
        return (Replay(keys),) if keys else ()

    def _is_label(self) -> bool:
        if self._prefix:
            return len(self._text) > len(self._prefix)
        return len(self._text) >= self._min_chars

    def _scan(self) -> Scan:
        self._end_alt()
        text = self._dressing.label("".join(self._text)[len(self._prefix) :])
        scan = Scan(text, self._last_ms, TOO_LONG if self._overflow else "")
        self._forget()
        return scan

    def _forget(self) -> None:
        self._held.clear()
        self._text.clear()
        self._alt = ""
        self._overflow = False


def character_of(key: Key) -> str:
    """What a scanner meant by this key, else nothing. The scan code first: a dead key of the layout has no text."""
    if key.text == GS:
        return GS
    return us_char(key.scan_code, shift=key.shift) or (key.text if key.text.isprintable() else "")


def control_of(key: Key) -> str:
    """The control character of this key, by its place on a US keyboard; the text where there is no scan code."""
    char = us_char(key.scan_code, shift=key.shift)
    if char is None:
        return key.text if key.text in IN_LABELS or (key.text and key.text in LINE_ENDS) else ""
    return CONTROLS.get(char.lower(), "")
