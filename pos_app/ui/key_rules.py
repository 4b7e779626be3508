"""Which keys an act may be moved to by hand, and why not to the others.

What a scanner sends in the middle of a label, and what is typed, belongs to the entry line; a few keys mean the same on
every till; others the computer takes before any window sees them.
"""

from collections.abc import Collection

from pos_app.devices.barcode.wedge import CONTROLS
from pos_app.ui.keymap import STAYS
from retail_core.domain.errors import RuleViolationError

FOCUS = frozenset({"Tab", "Backtab"})
NAMED = frozenset({"Del", "Ins", "Home", "End", "PgUp", "PgDown", "=", "Pause"})
MAX_F = 12
FUNCTION_KEYS = tuple(f"F{n}" for n in range(1, MAX_F + 1))
EDITING = frozenset(f"Ctrl+{letter}" for letter in "ACVXZ")
"""Mark, copy, put in, cut and undo what is typed: the entry line keeps them."""
IN_LABELS = frozenset(f"Ctrl+{char.upper()}" for char in CONTROLS)
"""How keyboard scanners send the control characters of a label."""
ALT, CTRL = "Alt+", "Ctrl+"


def refuse(key: str, sent: Collection[str] = (), *, letter: bool = False) -> None:
    """Raise the reason why nothing can be moved to `key`: `keys.fixed`, `keys.scanner`, `keys.typed`, `keys.computer` or
    `keys.not_a_key`.

    `sent`: keys that this till's keyboard scanner was learned to send; `letter`: a letter alone will do.
    """
    if key in STAYS or key in FOCUS:
        raise RuleViolationError("keys.fixed", key=key)
    if key in sent or key in IN_LABELS or _is_alt_figure(key):
        raise RuleViolationError("keys.scanner", key=key)
    if key in EDITING or (is_typed(key) and not (letter and is_letter(key))):
        raise RuleViolationError("keys.typed", key=key[:40])
    if key.startswith(("Meta+", "Ctrl+Alt+", "Alt+F")):
        raise RuleViolationError("keys.computer", key=key[:40])
    if not is_a_key(key) and not is_letter(key):
        raise RuleViolationError("keys.not_a_key", key=key[:40])


def is_a_key(key: str) -> bool:
    """A function key, a named one, or a letter or figure with Ctrl or Alt; nothing that is typed."""
    bare = bare_key(key)
    held = key.removesuffix(bare)
    if bare.startswith("F") and bare[1:].isdigit():
        return 1 <= int(bare[1:]) <= MAX_F
    return bare in NAMED or (held.startswith((CTRL, ALT)) and len(bare) == 1 and bare.isalnum())


def is_letter(key: str) -> bool:
    """One of A to Z alone: how the ways to pay are chosen, where no words are typed."""
    return len(key) == 1 and "A" <= key <= "Z"


def is_typed(key: str) -> bool:
    return key in {"Space", "Backspace"} or (len(key) == 1 and key not in NAMED)


def bare_key(key: str) -> str:
    """Without what is held down with it."""
    return key.rpartition("+")[2] or "+"


def _is_alt_figure(key: str) -> bool:
    """Alt and figures of the keypad make the separator of a label: Alt+029."""
    return key.startswith(ALT) and bare_key(key).isdigit()
