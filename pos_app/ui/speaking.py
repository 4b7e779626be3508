"""Change the language of windows that stand already: whoever signs in is spoken to at once, and the basket stays.

Views say their fixed words when they are made. Here every widget's words are said again: what they were is looked up in
the language spoken until now and kept on the widget, so that two sentences that are one word in German are two again in
Arabic. What a presenter shows anew by itself needs nothing of this; what is no sentence of the catalogue stays.
"""

from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget

from pos_app.locale.catalogue import Spoken
from pos_app.ui.words import in_force, set_language

Slot = tuple[str, str, Callable[[str], object]]
"""A place for words of a widget: its name, what it says now, how it is told something else."""


@runtime_checkable
class SaysWords(Protocol):
    """A widget that paints its words itself."""

    def said(self) -> tuple[str, ...]:
        """What it says now."""
        ...

    def say(self, *words: str) -> object:
        """Say something else, in the same order."""
        ...


def speak(language: str, *windows: QWidget) -> bool:
    """Speak `language` from now on, in the windows too; False when it was spoken already."""
    before = in_force()
    if before.code == language:
        return False
    set_language(language)
    after = in_force()
    app = QApplication.instance()
    if isinstance(app, QApplication):
        app.setLayoutDirection(direction_of(after))
    for window in windows:
        say_again(window, before, after)
    return True


def direction_of(spoken: Spoken) -> Qt.LayoutDirection:
    return Qt.LayoutDirection.RightToLeft if spoken.right_to_left else Qt.LayoutDirection.LeftToRight


def say_again(window: QWidget, before: Spoken, after: Spoken) -> None:
    """Every word of a window that is in the catalogue, in another language."""
    for widget in (window, *window.findChildren(QWidget)):
        for name, words, tell in _slots(widget):
            if words:
                said = after.say(_source(widget, name, words, before))
                if said != words:
                    tell(said)


def _source(widget: QWidget, name: str, words: str, before: Spoken) -> str:
    """The sentence of which `words` are the translation, kept on the widget for the next time."""
    kept = widget.property(f"said_{name}")
    if isinstance(kept, str) and before.say(kept) == words:
        return kept
    source = before.source_of(words)
    widget.setProperty(f"said_{name}", source)
    return source


def _slots(widget: QWidget) -> Iterator[Slot]:
    # the name first: widgets that paint their words set it along with them
    yield "name", widget.accessibleName(), widget.setAccessibleName
    yield "description", widget.accessibleDescription(), widget.setAccessibleDescription
    yield "tip", widget.toolTip(), widget.setToolTip
    if isinstance(widget, SaysWords):
        words = widget.said()
        for n, word in enumerate(words):
            yield f"part_{n}", word, lambda said, n=n, widget=widget: widget.say(*_with(widget.said(), n, said))
    elif isinstance(widget, QLabel | QAbstractButton):
        yield "text", widget.text(), widget.setText
    elif isinstance(widget, QLineEdit):
        yield "placeholder", widget.placeholderText(), widget.setPlaceholderText


def _with(words: tuple[str, ...], n: int, said: str) -> tuple[str, ...]:
    return (*words[:n], said, *words[n + 1 :])
