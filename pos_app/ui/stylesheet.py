"""The one stylesheet, made from the tokens. Fonts and sizes are set in code, so this is colours, lines and corners."""

from dataclasses import asdict
from string import Template

from pos_app.ui.theme import RADIUS, SMALL_RADIUS, Tokens

_SHEET = Template("""
QWidget { color: $ink; }
QWidget[look="window"], QWidget[look="page"] { background: $page; }
QWidget[look="top"] { background: $panel; border: none; border-bottom: 1px solid $line; }
QWidget[look="bottom"] { background: $panel; border: none; border-top: 1px solid $line; }
QFrame[look="panel"] { background: $panel; border: 1px solid $line; border-radius: ${radius}px; }
QFrame[look="over"] { background: $panel; border: 2px solid $accent; border-radius: ${radius}px; }
QFrame[look="head"] { background: transparent; border: none; border-bottom: 1px solid $line; }
QFrame[look="foot"] {
    background: $accent_soft; border: none;
    border-bottom-left-radius: ${radius}px; border-bottom-right-radius: ${radius}px;
}
QFrame[look="foot"][tone="warning"] { background: $warning_soft; }
QFrame[look="foot"][tone="plain"] { background: $raised; }
QFrame[look="ask"] { background: $accent_soft; border: none; border-radius: ${small}px; }

QLabel { background: transparent; border: none; }
QLabel[look="muted"] { color: $muted; }
QLabel[look="accent"] { color: $accent; }
QLabel[look="warning"] { color: $warning; }
QLabel[look="error"] { color: $error; }
QLabel[look="info"] { color: $info; }
QLabel[look="multiplier"] { background: $accent; color: $on_accent; border-radius: ${radius}px; }

QFrame[look="notice"] { background: $raised; border: 1px solid $border; border-radius: ${small}px; }
QFrame[look="notice"][tone="ok"] { background: $accent_soft; border-color: $accent; }
QFrame[look="notice"][tone="warning"] { background: $warning_soft; border-color: $warning; }
QFrame[look="notice"][tone="error"] { background: $error_soft; border-color: $error; }
QFrame[look="notice"][tone="info"] { background: $info_soft; border-color: $info; }
QFrame[look="notice"][tone="ok"] QLabel { color: $accent; }
QFrame[look="notice"][tone="warning"] QLabel { color: $warning; }
QFrame[look="notice"][tone="error"] QLabel { color: $error; }
QFrame[look="notice"][tone="info"] QLabel { color: $info; }

QPushButton, QAbstractButton {
    background: $raised; color: $ink; border: 1px solid $border; border-radius: ${small}px; padding: 0 8px;
}
QPushButton:pressed { background: $pressed; }
QPushButton:focus { border: 2px solid $accent; }
QPushButton:disabled { color: $muted; border-color: $line; background: $panel; }
QPushButton[look="key"] { padding: 0; }
QPushButton[look="quick"] { border-color: $line_or_border; }
QPushButton[look="quick"]:focus { border: 2px solid $accent; }
QPushButton[look="main"] { background: $accent; color: $on_accent; border: 1px solid $accent; }
QPushButton[look="main"]:pressed { background: $accent_pressed; }
QPushButton[look="main"]:focus { border: 2px solid $ink; }
QPushButton[look="main"]:disabled { background: $accent_faint; border-color: $accent_faint; color: $on_faint; }
QPushButton[look="choice"][chosen="true"] { background: $accent_soft; border: 1px solid $accent; }
QPushButton[look="choice"][chosen="true"]:focus { border: 2px solid $accent; }
QPushButton[look="tab"] { background: transparent; border: none; color: $muted; margin: 5px 0; }
QPushButton[look="tab"][small="true"] { margin: 9px 0; }
QPushButton[look="tab"][chosen="true"] { background: $accent_soft; color: $accent; }
QPushButton[look="tab"]:pressed { background: $pressed; }
QPushButton[look="tab"]:focus { border: 2px solid $accent; }
QPushButton[look="page"] {
    background: transparent; border: none; border-bottom: 1px solid $row_line; border-radius: 0;
    text-align: left; padding: 0 16px;
}
QPushButton[look="page"][chosen="true"] { background: $accent_soft; color: $accent; }
QPushButton[look="page"]:pressed { background: $pressed; }
QPushButton[look="page"]:focus { border: 2px solid $accent; }
QPushButton[look="plain"] { background: transparent; border: none; color: $muted; }
QPushButton[look="plain"]:focus { border: 2px solid $accent; }

QLineEdit {
    background: $panel; color: $ink; border: 1px solid $line; border-radius: ${radius}px;
    selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit[look="field"] { border: 1px solid $border; border-radius: ${small}px; }
QLineEdit[look="field"]:focus { border: 2px solid $accent; }
QLineEdit[flash="ok"] { border: 2px solid $accent; background: $accent_soft; }
QLineEdit[flash="warning"] { border: 2px solid $warning; background: $warning_soft; }
QLineEdit[flash="error"] { border: 2px solid $error; background: $error_soft; }

QComboBox { background: $panel; color: $ink; border: 1px solid $border; border-radius: ${small}px; padding: 0 10px; }
QComboBox::drop-down { border: none; width: 26px; }
QComboBox[look="bare"]::drop-down { width: 0; }
QComboBox:focus { border: 2px solid $accent; }
QComboBox QLineEdit { background: transparent; border: none; }
QComboBox QAbstractItemView {
    background: $panel; color: $ink; selection-background-color: $accent_soft; selection-color: $ink;
}

QListView { background: transparent; border: none; outline: none; }
QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget[look="clear"] { background: transparent; }
QWidget[look="clear"] { background: transparent; }
QScrollBar:vertical { background: transparent; width: 9px; margin: 1px 2px 1px 1px; border: none; }
QScrollBar::handle:vertical { background: $border; border-radius: 3px; min-height: 40px; }
QScrollBar::add-line:vertical, QScrollBar::sub-line:vertical { height: 0; }
QScrollBar::add-page:vertical, QScrollBar::sub-page:vertical { background: transparent; }
QScrollBar:horizontal { height: 0; }
""")


def stylesheet(theme: Tokens) -> str:
    """The stylesheet of one theme."""
    fields = asdict(theme)
    quick = theme.line if theme.name == "light" else theme.border
    return _SHEET.substitute(fields, radius=RADIUS, small=SMALL_RADIUS, line_or_border=quick)
