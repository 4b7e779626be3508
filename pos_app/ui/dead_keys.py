"""Accents typed with two keys (´ and e), put together here and not by the platform.

A platform's own composing takes a dead key away before any window sees it, so the `=` of a scanner on a German till or
the `[` on a French one would be lost. The till switches that off (`without_platform_composing`) and composes what a
person typed by Unicode's own rule for combining characters.
"""

import os
import unicodedata
from types import MappingProxyType

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

_COMBINING = MappingProxyType(
    {
        Qt.Key.Key_Dead_Grave: ("\u0300", "`"),
        Qt.Key.Key_Dead_Acute: ("\u0301", "´"),
        Qt.Key.Key_Dead_Circumflex: ("\u0302", "^"),
        Qt.Key.Key_Dead_Tilde: ("\u0303", "~"),
        Qt.Key.Key_Dead_Macron: ("\u0304", "¯"),
        Qt.Key.Key_Dead_Breve: ("\u0306", "˘"),
        Qt.Key.Key_Dead_Abovedot: ("\u0307", "˙"),
        Qt.Key.Key_Dead_Diaeresis: ("\u0308", "¨"),
        Qt.Key.Key_Dead_Abovering: ("\u030a", "°"),
        Qt.Key.Key_Dead_Doubleacute: ("\u030b", "˝"),
        Qt.Key.Key_Dead_Caron: ("\u030c", "ˇ"),
        Qt.Key.Key_Dead_Cedilla: ("\u0327", "¸"),
        Qt.Key.Key_Dead_Ogonek: ("\u0328", "˛"),
    }
)


def without_platform_composing() -> None:
    """Call it before the application is made."""
    os.environ["QT_IM_MODULE"] = os.environ["QT_IM_MODULES"] = "none"


class DeadKeys:
    """The accent that waits for its letter."""

    def __init__(self) -> None:
        self._waiting: tuple[str, str] | None = None

    def concerns(self, event: QKeyEvent) -> bool:
        """True when this press cannot be handed on as it is."""
        return self._waiting is not None or Qt.Key(event.key()) in _COMBINING

    def feed(self, event: QKeyEvent) -> tuple[QKeyEvent, ...]:
        """What to hand to the focus in its place."""
        accent = _COMBINING.get(Qt.Key(event.key()))
        waiting, self._waiting = self._waiting, None
        if accent:
            self._waiting = accent if waiting is None else None
            return () if waiting is None else (_typed(event, waiting[1] + accent[1]),)
        if waiting is None or not event.text().isprintable() or not event.text():
            return (event,)
        if event.text() == " ":
            return (_typed(event, waiting[1]),)
        one = unicodedata.normalize("NFC", event.text() + waiting[0])
        return (_typed(event, one if len(one) == 1 else waiting[1] + event.text()),)


def _typed(event: QKeyEvent, text: str) -> QKeyEvent:
    made = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_unknown, event.modifiers(), text)
    made.setTimestamp(event.timestamp())
    return made
