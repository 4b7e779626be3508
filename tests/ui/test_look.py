"""The finish: sizes, colours, names for screen readers, nothing out of the window, nothing left behind."""

import re
from collections.abc import Iterator
from dataclasses import asdict

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QLabel,
    QLineEdit,
    QListView,
    QWidget,
)

from pos_app.ui import theme
from pos_app.ui.main import application
from pos_app.ui.shell import MIN_HEIGHT, MIN_WIDTH, Shell
from tools.screens import Picture, draw, pictures

SIZES = [(1024, 768), (1366, 768), (1920, 1080), (MIN_WIDTH, MIN_HEIGHT)]
PICTURES = [picture for picture in pictures() if not picture.alone]
AA = 4.5
LARGE_OR_SIGN = 3.0
TOUCH = 48
LEAST_KEY = 26  # one letter of a keyboard on the narrowest window


@pytest.fixture(params=PICTURES, ids=[picture.name for picture in PICTURES])
def picture(request: pytest.FixtureRequest) -> Picture:
    return request.param


@pytest.fixture
def shell_of(dressed: QApplication) -> Iterator[object]:
    shells: list[Shell] = []

    def make(picture: Picture, size: tuple[int, int] = (1366, 768)) -> Shell:
        shell = draw(picture, dressed, size)
        assert isinstance(shell, Shell)
        shells.append(shell)
        return shell

    yield make
    for shell in shells:
        shell.close()
        shell.deleteLater()
    dressed.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def seen(shell: Shell, kind: type[QWidget]) -> list[QWidget]:
    return [widget for widget in shell.findChildren(kind) if widget.isVisible()]


def box(widget: QWidget, shell: Shell) -> QRect:
    return QRect(widget.mapTo(shell, QPoint(0, 0)), widget.size())


def scrolls(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QAbstractScrollArea):
            return True
        parent = parent.parentWidget()
    return False


def test_every_control_has_a_name_for_code_and_for_people(picture: Picture, shell_of) -> None:
    shell = shell_of(picture)
    controls = [*seen(shell, QAbstractButton), *seen(shell, QLineEdit), *seen(shell, QListView)]
    assert controls
    names = [control.objectName() for control in controls]
    assert all(names)
    assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)
    for control in controls:
        assert control.accessibleName().strip(), control.objectName()


def test_a_right_to_left_language_mirrors_but_figures_stay(dressed: QApplication, shell_of) -> None:
    pay = next(p for p in PICTURES if p.name == "pay")
    dressed.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        shell = shell_of(pay)
        seven, nine = (box(shell.findChild(QWidget, f"pad_{n}"), shell) for n in (7, 9))
        assert seven.left() < nine.left()
        sums, pad = (box(shell.findChild(QWidget, name), shell) for name in ("pay_sums", "pay_pad"))
        assert sums.left() > pad.left()
        back, finish = (box(shell.findChild(QWidget, f"action_{n}"), shell) for n in ("back", "finish"))
        assert back.left() > finish.left()
    finally:
        dressed.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


def test_below_1024_pixels_what_does_not_fit_is_behind_more(dressed: QApplication, shell_of) -> None:
    sell = next(p for p in PICTURES if p.name == "sell")
    shell: Shell = shell_of(sell, (1024, 768))
    assert "more_actions" not in shell.strip.slots_shown()
    crowded = Picture("crowded", sell.make, sell.top, sell.strip + tuple(_spare(n) for n in (4, 5)))
    narrow: Shell = shell_of(crowded, (960, 540))
    first = set(narrow.strip.slots_shown())
    assert "more_actions" in first
    assert "pay" in first
    narrow.strip.slots_shown()["more_actions"].click()
    assert first | set(narrow.strip.slots_shown()) == {slot.act.value for slot in crowded.strip} | {"more_actions"}


def _spare(at: int):
    from pos_app.ui.keymap import Act, Slot

    return Slot(at, (Act.UP, Act.DOWN)[at - 4], f"F{at}", f"Spare {at}")


# ── colours ──────────────────────────────────────────────────────────────────────────────────────


def luminance(value: str) -> float:
    parts = [int(value[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", theme.THEMES)
def test_words_have_enough_contrast_in_both_themes(name: str) -> None:
    t = theme.THEMES[name]
    grounds = (t.page, t.panel, t.raised, t.accent_soft, t.warning_soft, t.error_soft, t.info_soft)
    inks = (t.ink, t.muted, t.accent, t.warning, t.error, t.info)
    pairs = [(ink, ground) for ink in inks for ground in grounds]
    pairs += [(t.on_accent, t.accent), (t.on_accent_muted, t.accent), (t.on_accent, t.accent_pressed)]
    for words, ground in pairs:
        assert contrast(words, ground) >= AA, f"{words} on {ground}: {contrast(words, ground):.2f}"
    assert contrast(t.border, t.panel) >= LARGE_OR_SIGN  # what tells a button from the panel it stands on


def test_nothing_is_coloured_outside_the_theme() -> None:
    root = theme.FONT_FOLDER.parent
    strays = [
        f"{file.name}: {found}"
        for file in root.rglob("*.py")
        if file.name
        not in ("theme.py", "paper.py", "labels_pdf.py", "symbols.py")  # paper and codes are black on white
        for found in re.findall(r"[\"']#[0-9a-fA-F]{3,8}[\"']|QColor\(\d|Qt\.GlobalColor", file.read_text())
    ]
    assert not strays


@pytest.mark.parametrize("name", theme.THEMES)
def test_the_whole_window_wears_the_theme(name: str, dressed: QApplication, shell_of) -> None:
    application("en", name)
    shell: Shell = shell_of(next(p for p in PICTURES if p.name == "sell"))
    image = shell.grab().toImage()
    t = theme.THEMES[name]
    assert image.pixelColor(4, 400).name() == t.page
    assert image.pixelColor(600, 20).name() == t.panel
    assert image.pixelColor(1300, 718).name() == t.accent
    assert asdict(t)["name"] == name


def test_figures_are_of_equal_width_in_inter(dressed: QApplication) -> None:
    label = QLabel()
    label.setFont(theme.font(17))
    metrics = label.fontMetrics()
    assert metrics.horizontalAdvance("1111") == metrics.horizontalAdvance("8888")
    assert "Inter" in theme.load_fonts()


# ── nothing left behind ──────────────────────────────────────────────────────────────────────────


def test_a_closed_window_takes_its_timers_and_widgets_along(dressed: QApplication) -> None:
    before = len(dressed.allWidgets())
    gone: list[str] = []
    for picture in PICTURES:
        shell = draw(picture, dressed, (1366, 768))
        timers = shell.findChildren(QTimer)
        assert all(isinstance(timer.parent(), QObject) for timer in timers)
        shell.destroyed.connect(lambda _=None, name=picture.name: gone.append(name))
        shell.close()
        shell.deleteLater()
        dressed.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert gone == [picture.name for picture in PICTURES]
    assert len(dressed.allWidgets()) <= before
