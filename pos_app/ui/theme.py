"""Design tokens: every colour, size and font of the till's screen, light and dark. Nothing is coloured anywhere else.

Contrast of every pair that carries words is at least WCAG AA (tests/ui/test_theme.py computes it).
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QWidget

FONT_FOLDER = Path(__file__).parent / "fonts"
FAMILIES = ["Inter", "Noto Sans Arabic", "Noto Sans Hebrew"]
THEME_PROPERTY = "theme"

BODY_PX = 16
GAP = 8
WIDE_GAP = 12
RADIUS = 10
SMALL_RADIUS = 8
TOUCH_PX = 48
TOP_STRIP_PX = 52
ACTION_STRIP_PX = 64


class Weight(IntEnum):
    REGULAR = 400
    MEDIUM = 500
    SEMI = 600
    BOLD = 700


class Tone(StrEnum):
    """What a colour is for. A tone is always said in words or by a sign as well."""

    PLAIN = "plain"
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme. `soft` colours lie behind the strong one of the same name."""

    name: str
    page: str
    panel: str
    raised: str
    pressed: str
    ink: str
    muted: str
    line: str
    row_line: str
    border: str
    accent: str
    accent_pressed: str
    accent_soft: str
    accent_faint: str
    on_accent: str
    on_accent_muted: str
    on_faint: str
    warning: str
    warning_soft: str
    error: str
    error_soft: str
    info: str
    info_soft: str

    def tone(self, tone: Tone) -> tuple[str, str]:
        """Words and ground of a tone."""
        return {
            Tone.PLAIN: (self.muted, self.raised),
            Tone.OK: (self.accent, self.accent_soft),
            Tone.WARNING: (self.warning, self.warning_soft),
            Tone.ERROR: (self.error, self.error_soft),
            Tone.INFO: (self.info, self.info_soft),
        }[tone]


LIGHT = Tokens(
    name="light", page="#f4f5f7", panel="#ffffff", raised="#fafbfc", pressed="#eceff3", ink="#16202e", muted="#5c6b7f",
    line="#dfe3e9", row_line="#eef0f3", border="#7d8899", accent="#0b6e5f", accent_pressed="#085a4e",
    accent_soft="#e4f2ef", accent_faint="#78aea6", on_accent="#ffffff", on_accent_muted="#d3ebe6", on_faint="#ffffff", warning="#a84c08",
    warning_soft="#fdf1dc", error="#b42318", error_soft="#fde8e6", info="#1d4ed8", info_soft="#e6edfd",
)  # fmt: skip
DARK = Tokens(
    name="dark", page="#0f1620", panel="#182230", raised="#1f2b3b", pressed="#28374a", ink="#eef2f7", muted="#9fb0c3",
    line="#2a3748", row_line="#223044", border="#5d6f86", accent="#3cc9ae", accent_pressed="#31ab94",
    accent_soft="#17372f", accent_faint="#22594f", on_accent="#0f1620", on_accent_muted="#123a33", on_faint="#9fb0c3", warning="#f0b35a",
    warning_soft="#3a2b12", error="#ff9c92", error_soft="#43211f", info="#9dbcff", info_soft="#1e2d52",
)  # fmt: skip
THEMES = MappingProxyType({LIGHT.name: LIGHT, DARK.name: DARK})


def tokens() -> Tokens:
    """The theme in force, for what paints itself."""
    app = QApplication.instance()
    return THEMES.get(str(app.property(THEME_PROPERTY)) if app else "", LIGHT)


def colour(value: str) -> QColor:
    return QColor(value)


@cache
def font(px: int = BODY_PX, weight: Weight = Weight.REGULAR, *, struck: bool = False) -> QFont:
    """Inter with figures of equal width, falling back to Noto Sans for Arabic and Hebrew. Shared: don't change it."""
    made = QFont(FAMILIES)
    made.setPixelSize(px)
    made.setWeight(QFont.Weight(weight))
    made.setFeature(QFont.Tag("tnum"), 1)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    made.setStrikeOut(struck)
    return made


def load_fonts() -> tuple[str, ...]:
    """Register the bundled fonts; returns the families that came of it. Call once, after QApplication exists."""
    families: list[str] = []
    for file in sorted(FONT_FOLDER.glob("*.ttf")):
        number = QFontDatabase.addApplicationFont(str(file))
        families += QFontDatabase.applicationFontFamilies(number) if number >= 0 else []
    return tuple(dict.fromkeys(families))


def apply(app: QApplication, name: str) -> Tokens:
    """Dress the whole program in a theme; may be called again while it runs."""
    from pos_app.ui.stylesheet import stylesheet

    chosen = THEMES.get(name, LIGHT)
    app.setProperty(THEME_PROPERTY, chosen.name)
    app.setStyle("Fusion")
    app.setFont(font())
    app.setPalette(_palette(chosen))
    app.setStyleSheet(stylesheet(chosen))
    return chosen


def set_look(widget: QWidget, **properties: str | bool) -> None:
    """Change what the stylesheet sees of a widget (`look`, `tone`, `chosen`); cheap when nothing changes."""
    changed = False
    for name, value in properties.items():
        if widget.property(name) != value:
            widget.setProperty(name, value)
            changed = True
    if changed:
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        widget.update()


def mirrored(widget: QWidget) -> bool:
    """True in right-to-left languages."""
    return widget.layoutDirection() == Qt.LayoutDirection.RightToLeft


def _palette(theme: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, value in (
        (role.Window, theme.page),
        (role.Base, theme.panel),
        (role.AlternateBase, theme.raised),
        (role.Button, theme.raised),
        (role.Text, theme.ink),
        (role.WindowText, theme.ink),
        (role.ButtonText, theme.ink),
        (role.PlaceholderText, theme.muted),
        (role.Highlight, theme.accent),
        (role.HighlightedText, theme.on_accent),
    ):
        palette.setColor(which, QColor(value))
    return palette
