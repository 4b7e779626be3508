"""Tells a keyboard scanner's burst from a person's typing: hold keys back for a moment, then decide. No I/O, no clock.

Use, in the window's event filter:

    wedge = Wedge()
    for action in wedge.feed(Key(text, t_ms, scan_code, shift=…, terminator=…, token=event)):
        match action:
            case Hold():        swallow this event; arm a timer for `wedge.due_ms`
            case Replay(keys):  send key.token of each to the focus, in order; `Replay((key,))` alone: let it pass
            case Scan():        one label was read; its keys are never typed
    on the timer: the same for wedge.tick(now_ms)

Rules for the caller:
- `t_ms` is the event's own time stamp, so that a busy screen cannot split a scan; `now_ms` is on the same clock (last
  key's stamp + time since it was handed in). Call `tick` only after all pending key events were fed.
- feed key presses only. Shift, Control and Alt alone are not fed. `command`: Control, Alt or Meta is down (AltGr is
  not). `terminator`: Return, Enter or Tab without any of them. `repeat`: auto-repeat of a key that is held down.
- if focus or window changes, `tick` on: held keys belong to where they were typed.

A burst is printable keys at most MAX_GAP_MS apart. It is a scan when it has MIN_CHARS and ends with CR, LF, keypad
Enter, Tab or END_IDLE_MS of silence. Fewer keys are replayed after MAX_GAP_MS. With a prefix set, only bursts that
begin with it are held, whatever their length, and typing costs nothing. Figures: design, and 5.5 ms between keys of a
measured scanner against 60 ms and more of fast typists.
"""

from dataclasses import dataclass

from pos_app.devices.barcode.wedge_layout import us_char

MIN_CHARS = 6
MAX_GAP_MS = 35
END_IDLE_MS = 80
MAX_LABEL_CHARS = 4096
GS = "\x1d"
TOO_LONG = "scan.too_long"


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
    """A label, without prefix and terminator; `problem` is `scan.too_long` when it had to be cut."""

    text: str
    t_ms: int
    problem: str = ""


Action = Hold | Replay | Scan
HOLD = (Hold(),)


class Wedge:
    """The state of one till's keyboard. Holds at most MAX_LABEL_CHARS keys."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._held: list[Key] = []
        self._text: list[str] = []
        self._last_ms = 0
        self._overflow = False

    @property
    def due_ms(self) -> int | None:
        """When `tick` has something to decide, on the clock of the keys; None while nothing is held."""
        if not self._held:
            return None
        return self._last_ms + (END_IDLE_MS if self._is_label() else MAX_GAP_MS) + 1

    def feed(self, key: Key) -> tuple[Action, ...]:
        """What to do with this key, and with those held before it."""
        if key.terminator and not key.repeat:
            return self._terminate(key)
        char = "" if key.repeat else _char(key)
        if not char:
            return self._settle(and_type=key)
        before = self._break(key.t_ms)
        if self._held or not self._prefix or char == self._prefix[0]:
            return before + self._hold(key, char)
        return (*before, Replay((key,)))

    def tick(self, now_ms: int) -> tuple[Action, ...]:
        """Decide about held keys that nothing followed."""
        due = self.due_ms
        return self._settle() if due is not None and now_ms >= due else ()

    def _terminate(self, key: Key) -> tuple[Action, ...]:
        if self._is_label() and 0 <= key.t_ms - self._last_ms <= END_IDLE_MS:
            return (self._scan(),)
        return self._settle(and_type=key)

    def _break(self, t_ms: int) -> tuple[Action, ...]:
        """End the burst when the next key came too late to belong to it (or before it: the clock was set)."""
        if self._held and not 0 <= t_ms - self._last_ms <= MAX_GAP_MS:
            return self._settle()
        return ()

    def _hold(self, key: Key, char: str) -> tuple[Action, ...]:
        self._last_ms = key.t_ms
        if len(self._held) >= MAX_LABEL_CHARS:
            self._overflow = True  # still swallowed: what is no good as a label must not be typed either
            return HOLD
        self._held.append(key)
        self._text.append(char)
        begun = "".join(self._text[: len(self._prefix)])
        return HOLD if self._prefix.startswith(begun) else self._settle()

    def _settle(self, and_type: Key | None = None) -> tuple[Action, ...]:
        """End the burst: a scan if it is one, typing if not; then the key that ended it, if it is to be typed."""
        typed = () if and_type is None else (and_type,)
        if self._is_label():
            scan = self._scan()
            return (scan, Replay(typed)) if typed else (scan,)
        keys = (*self._held, *typed)
        self._forget()
        return (Replay(keys),) if keys else ()

    def _is_label(self) -> bool:
        if self._prefix:
            return len(self._held) > len(self._prefix)
        return len(self._held) >= MIN_CHARS

    def _scan(self) -> Scan:
        text = "".join(self._text)[len(self._prefix) :]
        scan = Scan(text, self._last_ms, TOO_LONG if self._overflow else "")
        self._forget()
        return scan

    def _forget(self) -> None:
        self._held.clear()
        self._text.clear()
        self._overflow = False


def _char(key: Key) -> str:
    """What a scanner meant by this key: printable or GS (sent as Ctrl+]), else nothing."""
    if key.text == GS:
        return GS
    if key.command:
        return ""
    # the scan code first: a dead key of the layout has no text at all
    return us_char(key.scan_code, shift=key.shift) or (key.text if key.text.isprintable() else "")
