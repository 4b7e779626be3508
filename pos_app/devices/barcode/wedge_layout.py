"""Which character a key has on a US keyboard, whatever layout the till is set to.

Keyboard scanners press the keys of a US keyboard. On a French till `5901` then types `(çà&`; the scan code still says
which key it was. Codes are Linux's (`input-event-codes.h`), which are the PC's scan code set 1 in this range; under
X11 and Wayland a native scan code is this plus 8 (`XKB_OFFSET`).
"""

from types import MappingProxyType

XKB_OFFSET = 8

_ROWS = (  # first scan code, unshifted, shifted
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
    (86, "\\", "|"),  # the extra key of European keyboards, beside the left shift
)
_KEYPAD = {55: "*", 71: "7", 72: "8", 73: "9", 74: "-", 75: "4", 76: "5", 77: "6", 78: "+", 79: "1", 80: "2", 81: "3", 82: "0", 83: ".", 98: "/"}  # fmt: skip

_PLAIN = MappingProxyType({first + n: char for first, plain, _ in _ROWS for n, char in enumerate(plain)} | _KEYPAD)
_SHIFTED = MappingProxyType({first + n: char for first, _, shifted in _ROWS for n, char in enumerate(shifted)})

_FUNCTION_KEYS = MappingProxyType({**{58 + n: f"F{n}" for n in range(1, 11)}, 87: "F11", 88: "F12"})
ENTER_CODES = frozenset({28, 96})  # main and keypad
TAB_CODE = 15


def us_char(scan_code: int, *, shift: bool) -> str | None:
    """The character of this key on a US keyboard; None when it has none (or on the keypad, none with Shift).

    Caps Lock does not count: it is the till's, not the scanner's.
    """
    return (_SHIFTED if shift else _PLAIN).get(scan_code)


def keypad_digit(scan_code: int, text: str) -> str:
    """The figure of a key of the keypad, whether Num Lock is on or not; empty for any other key."""
    if scan_code:
        found = _KEYPAD.get(scan_code, "")
        return found if found.isdigit() else ""
    return text if text.isascii() and text.isdigit() else ""


def function_key(scan_code: int) -> str:
    """ "F8" for its scan code; empty for any other key."""
    return _FUNCTION_KEYS.get(scan_code, "")
