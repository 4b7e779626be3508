"""Each operator is spoken to in their own language, at once; the basket and the figures stay as they are.

The language here is one made of brackets: every sentence of the catalogue is said as ⟦sentence⟧, so that one that was
forgotten, or that stayed in the language of whoever was here before, stands out.
"""

import re
from pathlib import Path

import msgspec
import pytest
from babel.messages.pofile import read_po, write_po
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from pos_app.locale.catalogue import FOLDER, spoken
from pos_app.ui import words
from pos_app.ui.screens.pay.view import PayView
from pos_app.ui.widgets.sheet import own_direction
from retail_core.domain.roles import Role
from tests.support.shop import ITEMS, MANAGER_PIN, PIN, Shop, row, staff
from tests.ui.conftest import Cashier

FACT = re.compile(r"\{\w+\}")


@pytest.fixture
def brackets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue folder in which German and Arabic are English in brackets, each with its own forms."""
    folder = tmp_path / "locale"
    for language, forms, (opens, closes) in (("de", 2, "⟦⟧"), ("ar", 6, "⟪⟫")):
        with (FOLDER / "omnitill.pot").open("rb") as source:
            catalogue = read_po(source, locale=language)
        for message in catalogue:
            if isinstance(message.id, tuple):
                message.string = tuple(f"{opens}{message.id[1]} {n}{closes}" for n in range(forms))
            elif message.id:
                message.string = f"{opens}{message.id}{closes}"
        file = folder / language / "LC_MESSAGES" / "omnitill.po"
        file.parent.mkdir(parents=True)
        with file.open("wb") as target:
            write_po(target, catalogue)
    monkeypatch.setattr(words, "LOCALE_FOLDER", folder)
    return folder


@pytest.fixture
def two_languages(shop: Shop, brackets: Path) -> Shop:
    """The cashier speaks Arabic, the manager German, the till English."""
    for key, name, role, pin, lang in (
        ("op-1", "Ana M.", Role.CASHIER, PIN, "ar"),
        ("op-2", "Sam K.", Role.MANAGER, MANAGER_PIN, "de"),
    ):
        shop.put_rows(row("staff", key, msgspec.structs.replace(staff(key, name, role, pin), lang=lang), rev=2))
    return shop


def word_of(cashier: Cashier, name: str) -> str:
    button = cashier.workplace.shell.findChild(QAbstractButton, name)
    assert isinstance(button, QAbstractButton), name
    return button.accessibleName()


def left_of(cashier: Cashier, name: str) -> int:
    widget = cashier.workplace.shell.findChild(QWidget, name)
    assert isinstance(widget, QWidget), name
    return widget.mapTo(cashier.workplace.shell, QPoint(0, 0)).x()


def test_whoever_signs_in_is_spoken_to_in_their_own_language(two_languages: Shop, cashier: Cashier) -> None:
    assert cashier.shown("sign_in_title") == "Sign in"
    cashier.sign_in()
    assert word_of(cashier, "action_find") == "⟪Find⟫"
    assert word_of(cashier, "workspace_sell") == "⟪Sell⟫"
    cashier.serial_scan(ITEMS[0].code)
    cashier.workplace.lock()
    assert cashier.shown("sign_in_title") == "Sign in"
    cashier.sign_in(MANAGER_PIN)
    assert word_of(cashier, "action_find") == "⟦Find⟧"
    assert cashier.names() == [ITEMS[0].name]


def test_no_word_stays_in_the_language_of_whoever_was_here_before(two_languages: Shop, cashier: Cashier) -> None:
    cashier.sign_in()
    cashier.serial_scan(ITEMS[0].code)
    cashier.key(Qt.Key.Key_F9)
    cashier.workplace.lock()
    cashier.sign_in(MANAGER_PIN)
    cashier.key(Qt.Key.Key_F9)
    left = [text for text in everything_said(cashier.workplace.shell) if "⟪" in text]
    assert not left


def everything_said(window: QWidget) -> list[str]:
    said: list[str] = []
    for widget in window.findChildren(QWidget):
        said += [widget.accessibleName(), widget.accessibleDescription(), widget.toolTip()]
        if isinstance(widget, QLabel | QAbstractButton):
            said.append(widget.text())
    return said


def test_arabic_mirrors_the_screen_but_not_the_number_pad(two_languages: Shop, cashier: Cashier) -> None:
    cashier.sign_in()
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    assert app.layoutDirection() is Qt.LayoutDirection.RightToLeft
    cashier.serial_scan(ITEMS[0].code)
    assert left_of(cashier, "action_find") > left_of(cashier, "action_pay")
    cashier.key(Qt.Key.Key_F9)
    assert isinstance(cashier.workplace.current.widget, PayView)
    assert left_of(cashier, "pad_7") < left_of(cashier, "pad_9")
    cashier.workplace.lock()
    assert app.layoutDirection() is Qt.LayoutDirection.LeftToRight


@pytest.mark.parametrize(
    ("said", "shown"),
    [("−18.40", "\u2066−18.40\u2069"), ("2026-11-27 07:58", "\u20662026-11-27 07:58\u2069"), ("المجموع", "المجموع")],
)
def test_amounts_and_dates_on_a_mirrored_report_keep_their_direction(said: str, shown: str) -> None:
    assert own_direction(said) == shown


def test_two_sentences_of_one_word_are_told_apart_again(qapp: QApplication, tmp_path: Path) -> None:
    """German may say “Storno” for two things that are two words in Arabic."""
    from pos_app.ui.speaking import say_again

    catalogues = {"de": ("Storno", "Storno"), "ar": ("إلغاء", "شطب")}
    for language, (one, other) in catalogues.items():
        file = tmp_path / language / "LC_MESSAGES" / "omnitill.po"
        file.parent.mkdir(parents=True)
        file.write_text(
            'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
            f'msgid "Void line"\nmsgstr "{one}"\n\nmsgid "Void sale"\nmsgstr "{other}"\n'
        )
    english, german, arabic = (spoken(code, tmp_path) for code in ("en", "de", "ar"))
    window = QWidget()
    labels = [QLabel(text, window) for text in ("Void line", "Void sale", "Milk 1 L")]
    say_again(window, english, german)
    assert [label.text() for label in labels] == ["Storno", "Storno", "Milk 1 L"]
    say_again(window, german, arabic)
    assert [label.text() for label in labels] == ["إلغاء", "شطب", "Milk 1 L"]
    window.deleteLater()
