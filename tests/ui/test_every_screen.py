"""Every screen in every language, on every size of screen the till runs on: nothing is cut, nothing too small to hit.

1366 × 768 at 125 % is 1093 × 614 for us; 1920 × 1080 at 150 % is 1280 × 720 and at 200 % is 960 × 540. A theme changes
colours alone, so each language is looked at in one of the two.
"""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QLabel,
    QLineEdit,
    QListView,
    QScrollArea,
    QWidget,
)

from pos_app.ui.main import application
from pos_app.ui.shell import MIN_HEIGHT, MIN_WIDTH
from pos_app.ui.widgets.buttons import TwoLineButton, WordButton
from pos_app.ui.widgets.parts import ElidedLabel, FittingWords
from tools.screens import SETTLES, Picture, draw, pictures

SIZES = ((1366, 768), (1024, 768), (1093, 614), (1280, 720), (1920, 1080), (MIN_WIDTH, MIN_HEIGHT))
LANGUAGES = (("en", "light"), ("de", "dark"), ("ar", "light"))
PICTURES = [picture for picture in pictures() if not picture.alone]
WINDOWS = [picture for picture in pictures() if picture.alone]
WINDOW_SIZES = ((1024, 600), (800, 480), (1920, 1080), (1024, 768))
TOUCH, LEAST_KEY = 48, 26  # one letter of a keyboard on the narrowest window
SLACK = 1
FOCUS_CHAIN = 600
NAMED = (QAbstractButton, QLineEdit, QListView)
KEY_BLANK = 8


@pytest.fixture(params=LANGUAGES, ids=[language for language, _ in LANGUAGES])
def spoken(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[QApplication]:
    language, theme = request.param
    yield application(language, theme)
    application("en", "light")


@pytest.fixture(params=PICTURES, ids=[picture.name for picture in PICTURES])
def picture(request: pytest.FixtureRequest) -> Picture:
    return request.param


@pytest.fixture(params=WINDOWS, ids=[picture.name for picture in WINDOWS])
def alone(request: pytest.FixtureRequest) -> Picture:
    return request.param


def test_nothing_is_cut_and_everything_can_be_hit(picture: Picture, spoken: QApplication) -> None:
    window = draw(picture, spoken, SIZES[0])
    wrong: list[str] = []
    for size in SIZES:
        window.resize(*size)
        for _ in range(SETTLES):
            spoken.processEvents()
        assert (window.width(), window.height()) == size
        assert window.isActiveWindow(), "something became a window of its own and took the keys"
        wrong += [f"{size[0]}x{size[1]}: {trouble}" for trouble in troubles(window)]
    wrong += blind_stops(window, spoken)
    gone(window, spoken)
    assert not wrong, "\n".join(wrong)


def test_the_customers_window_cuts_nothing(alone: Picture, spoken: QApplication) -> None:
    window = draw(alone, spoken, WINDOW_SIZES[0])
    wrong: list[str] = []
    for size in WINDOW_SIZES:
        window.resize(*size)
        for _ in range(SETTLES):
            spoken.processEvents()
        wrong += [f"{size[0]}x{size[1]}: {trouble}" for trouble in troubles(window)]
    gone(window, spoken)
    assert not wrong, "\n".join(wrong)


def blind_stops(window: QWidget, app: QApplication) -> Iterator[str]:
    """Each stop of Tab is a visible control with a name, comes once, in the order of reading, and shows that it is one."""
    start: QWidget = window.focusWidget() or window
    at, stops = start.nextInFocusChain(), list[QWidget]()
    for _ in range(FOCUS_CHAIN):
        if at is None or at is start:
            break
        if at.isVisible() and at.isEnabled() and at.focusPolicy() & Qt.FocusPolicy.TabFocus and at.window() is window:
            stops.append(at)
        at = at.nextInFocusChain()
    if len(stops) != len(set(stops)):
        yield "Tab comes to one control twice"
    buttons = [stop for stop in stops if isinstance(stop, QAbstractButton)]
    yield from (f"{stop} has no name" for stop in stops if isinstance(stop, NAMED) and not stop.objectName())
    for one, after in pairwise(buttons):  # within a group, down and then along
        beside = one.parent() is after.parent() and not is_pad(one.parent())
        if beside and box(after, window).bottom() <= box(one, window).top():
            yield f"{name_of(after)} comes after {name_of(one)}"
    if buttons and not focus_ring_of(buttons[0], app):
        yield f"{name_of(buttons[0])} does not show the focus"


def focus_ring_of(button: QAbstractButton, app: QApplication) -> bool:
    """It looks different with the keyboard's focus."""
    before = button.grab().toImage()
    button.setFocus(Qt.FocusReason.TabFocusReason)
    app.processEvents()
    return button.grab().toImage() != before


def is_pad(widget: object) -> bool:
    return isinstance(widget, QWidget) and widget.layoutDirection() == Qt.LayoutDirection.LeftToRight


# ── what may be wrong with a window ──────────────────────────────────────────────────────────────


def troubles(window: QWidget) -> Iterator[str]:
    yield from outside(window)
    yield from pushed_out(window)
    yield from cut_words(window)
    yield from too_small_or_on_one_another(window)


def outside(window: QWidget) -> Iterator[str]:
    for kind in (QAbstractButton, QLineEdit, QLabel):
        for widget in seen(window, kind):
            if not scrolls(widget) and not window.rect().contains(box(widget, window)):
                yield f"{name_of(widget)} is outside: {box(widget, window)}"


def pushed_out(window: QWidget) -> Iterator[str]:
    """What scrolls goes up and down only: nothing may be wider than its place."""
    for area in seen(window, QScrollArea):
        assert isinstance(area, QScrollArea)
        inside, room = area.widget(), area.viewport().width()
        if inside and inside.width() > room:
            yield f"{name_of(area)} is {room} wide and holds {inside.width()}"


def cut_words(window: QWidget) -> Iterator[str]:
    for label in seen(window, QLabel):
        assert isinstance(label, QLabel)
        if label.text() and not reads_whole(label):
            yield f"{name_of(label)} is cut: {label.text()!r}"
    for button in seen(window, QAbstractButton):
        assert isinstance(button, QAbstractButton)
        if button.property("look") != "quick" and not shows_whole(button):
            yield f"{name_of(button)} is cut: {button.accessibleName()!r} has {button.width()}"


def reads_whole(label: QLabel) -> bool:
    if isinstance(label, ElidedLabel):  # shortens itself with … on purpose, its whole text as a tip
        return True
    if isinstance(label, FittingWords):
        return label.fits()
    if label.wordWrap():
        return label.heightForWidth(label.width()) <= label.height() + SLACK
    return label.fontMetrics().horizontalAdvance(label.text()) <= label.contentsRect().width() + SLACK


def shows_whole(button: QAbstractButton) -> bool:
    if isinstance(button, TwoLineButton | WordButton):
        return button.fits()
    return button.fontMetrics().horizontalAdvance(button.text()) <= button.width() - KEY_BLANK


def too_small_or_on_one_another(window: QWidget) -> Iterator[str]:
    buttons = [button for button in seen(window, QAbstractButton) if not scrolls(button)]
    for n, one in enumerate(buttons):
        mine = box(one, window)
        look = one.property("look")
        if mine.height() < TOUCH or mine.width() < (LEAST_KEY if look == "key" else TOUCH):
            yield f"{name_of(one)} is too small: {mine.width()} × {mine.height()}"
        for other in buttons[n + 1 :]:
            if mine.intersects(box(other, window)) and not on_top(one, other):
                yield f"{name_of(one)} lies on {name_of(other)}"


def on_top(one: QWidget, other: QWidget) -> bool:
    """A panel that lies over others on purpose covers them."""
    return any(parent.objectName() == "approval_panel" for widget in (one, other) for parent in parents(widget))


def parents(widget: QWidget) -> Iterator[QWidget]:
    parent = widget.parentWidget()
    while parent is not None:
        yield parent
        parent = parent.parentWidget()


def seen(window: QWidget, kind: type[QWidget]) -> list[QWidget]:
    return [widget for widget in window.findChildren(kind) if widget.isVisible()]


def box(widget: QWidget, window: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def scrolls(widget: QWidget) -> bool:
    return any(isinstance(parent, QAbstractScrollArea) for parent in parents(widget))


def name_of(widget: QWidget) -> str:
    around = next((parent.objectName() for parent in parents(widget) if parent.objectName()), "")
    return widget.objectName() or f"{type(widget).__name__} in {around}"


def gone(window: QWidget, app: QApplication) -> None:
    window.close()
    window.deleteLater()
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
