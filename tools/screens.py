"""Draw every screen of the till to pictures, light and dark, without a till: `make screens`, or
`python -m tools.screens [--out screens-out] [--size 1366x768] [--language en]`.

The facts shown are made up here; the views are the real ones.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget

from pos_app.locale.catalogue import NAMES
from pos_app.ui.main import application
from pos_app.ui.screens.sign_in.view import SignInState, SignInView
from pos_app.ui.shell import Shell
from pos_app.ui.watermark import Watermark
from pos_app.ui.words import tr
from tools.contact_sheet import contact_sheet
from tools.more_pictures import more_pictures
from tools.picture import LOCKED, Picture
from tools.picture_words import translate, translated_top
from tools.screens_connection import connection_pictures
from tools.screens_devices import device_pictures
from tools.screens_join import join_pictures
from tools.screens_keys import key_pictures
from tools.screens_manager import manager_pictures
from tools.screens_pay import pay_pictures
from tools.screens_people import people_pictures
from tools.screens_pickup import pickup_pictures
from tools.screens_recovery import recovery_pictures
from tools.screens_returns import return_pictures
from tools.screens_sell import sell_pictures
from tools.screens_tills import tills_pictures

THEMES = ("light", "dark")
SETTLES = 4  # a list that scrolls takes the height of its new words a turn later


def pictures() -> Iterator[Picture]:
    """Every screen in every state that looks different."""
    yield from sell_pictures()
    yield from pay_pictures()
    yield from return_pictures()
    yield from device_pictures()
    yield from pickup_pictures()
    yield from manager_pictures()
    yield from people_pictures()
    yield from key_pictures()
    yield from connection_pictures()
    yield from recovery_pictures()
    yield from tills_pictures()
    yield from join_pictures()
    yield from more_pictures()
    yield Picture("sign-in", sign_in(""), LOCKED, ())
    yield Picture("sign-in-wrong", sign_in("Wrong PIN. 8 tries left."), LOCKED, ())


def sign_in(message: str) -> Callable[[], QWidget]:
    def make() -> QWidget:
        view = SignInView()
        view.show_state(
            SignInState("Sign in", "Scan your badge, or type your PIN, then Enter", 0 if message else 3, message)
        )
        return view

    return make


def draw(picture: Picture, app: QApplication, size: tuple[int, int]) -> QWidget:
    """The window with one screen in it, laid out and shown, in the language in force."""
    made = picture.make()
    if picture.alone:
        made.resize(*size)
        made.show()
        app.processEvents()
        return made
    shell = Shell()
    shell.resize(*size)
    shell.add_screen(made)
    shell.show_screen(made, {})
    shell.show_top(translated_top(picture.top))
    shell.show_strip(picture.strip)
    shell.show()
    app.processEvents()
    if picture.notice:
        shell.notify(picture.notice)
    if picture.approval:
        shell.approval.show_state(picture.approval)
    if picture.reasons:
        shell.reasons.show_state(picture.reasons)
    if picture.training:
        Watermark(shell, tr("TRAINING"))
    translate(shell)
    shell.activateWindow()
    made.setFocus()
    for _ in range(SETTLES):
        app.processEvents()
    return shell


def main(arguments: list[str] | None = None) -> int:
    """Write `<language>-<theme>/<name>.png` for every picture and a contact sheet of each; exit code 0."""
    parser = argparse.ArgumentParser(prog="python -m tools.screens", description=tr("Draw every screen."))
    parser.add_argument("--out", type=Path, default=Path("screens-out"))
    parser.add_argument("--size", default="1366x768", help="width x height of the window")
    parser.add_argument("--language", choices=tuple(NAMES), nargs="*", default=list(NAMES))
    parser.add_argument("--theme", choices=THEMES, nargs="*", default=list(THEMES))
    parser.add_argument("--only", default="", help="names that begin so")
    options = parser.parse_args(arguments)
    width, _, height = options.size.partition("x")
    for language in options.language:
        for theme in options.theme:
            _draw_all(options.out, language, theme, (int(width), int(height)), options.only)
    print(f"{options.out}: look at {options.out}/sheet-*.png")
    return 0


def _draw_all(out: Path, language: str, theme: str, size: tuple[int, int], only: str) -> None:
    folder = out / f"{language}-{theme}"
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    app = application(language, theme)
    for picture in pictures():
        if not picture.name.startswith(only):
            continue
        window = draw(picture, app, size)
        files.append(folder / f"{picture.name}.png")
        window.grab().save(str(files[-1]))
        window.close()
        window.deleteLater()
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # else each window stays, and the next is slower
    contact_sheet(files, out / f"sheet-{language}-{theme}.png")


if __name__ == "__main__":
    sys.exit(main())
