"""Made-up people for the pictures of the manager's workspace: the exception report, the staff, the settings."""

from collections.abc import Iterator

from PySide6.QtWidgets import QWidget

from pos_app.ui.keymap import Act, Slot
from pos_app.ui.rule_words import store_rules
from pos_app.ui.screens.exceptions.presenter import column_words
from pos_app.ui.screens.exceptions.state import ActView, CashierView, ExceptionsState
from pos_app.ui.screens.exceptions.view import ExceptionsView
from pos_app.ui.screens.settings.state import ChoiceView, OptionView, SettingsState
from pos_app.ui.screens.settings.view import SettingsView
from pos_app.ui.screens.staff.state import PersonView, StaffState
from pos_app.ui.screens.staff.view import StaffView
from retail_core.durable.settings import SettingsDoc
from tools.picture import MANAGING, Picture
from tools.screens_manager import in_workspace

EXCEPTIONS_STRIP = (
    Slot(0, Act.BACK, "Esc", "Back to sale"),
    Slot(1, Act.TODAY, "F2", "Today"),
    Slot(2, Act.WEEK, "F3", "7 days", enabled=False),
    Slot(3, Act.MONTH, "F4", "30 days"),
)
STAFF_STRIP = (Slot(0, Act.BACK, "Esc", "Back to sale"), Slot(4, Act.UNLOCK_PINS, "F6", "Unlock PINs"))
SETTINGS_STRIP = (
    Slot(0, Act.BACK, "Esc", "Back to sale"),
    Slot(2, Act.MOVE_KEYS, "F4", "Move keys"),
    Slot(3, Act.NEXT_CHOICE, "F6", "Next value"),
    Slot(5, Act.TRAINING, "Ctrl+J", "Training"),
    Slot(6, Act.DEVICES, "Ctrl+H", "Devices"),
)
CHOICES = (
    ("language", "Language", "Who has a language in the staff list keeps it.", ("English", "Deutsch", "العربية"), 0),
    ("theme", "Colours", "", ("Light", "Dark"), 0),
    ("size", "Size", "Holds when the till starts again; the basket stays.", ("100 %", "125 %", "150 %", "200 %"), 0),
    ("keys", "Set of keys", "Keys moved by hand go back.", ("Standard", "Classic", "CORE", "uniCenta"), 1),
    ("tones", "Tones", "", ("Off", "Quiet", "Normal", "Loud"), 2),
    (
        "customer_display",
        "Customer's screen",
        "Automatic: when there is a second screen.",
        ("Automatic", "On", "Off"),
        0,
    ),
)
RULES = SettingsDoc("S0319", "Store 319", "EUR", "z1", "Europe/Berlin", cash_rounding_minor=5)
CASHIERS = (
    ("Kim B.", 214, (23, 9, 6, 11, 2, 1, 8, 4, 0), (1, 3, 2, 9, 4, 21, 23)),
    ("Ana M.", 402, (11, 3, 1, 6, 1, 0, 1, 3, 0), (4, 3, 5, 2, 6, 4, 2)),
    ("Jo P.", 377, (8, 2, 0, 4, 0, 0, 0, 2, 0), (2, 3, 1, 4, 3, 2, 1)),
    ("Sam K.", 41, (1, 1, 0, 0, 0, 0, 0, 0, 0), (0, 0, 1, 0, 0, 1, 0)),
    ("Nobody signed in", 0, (0, 0, 0, 0, 0, 0, 0, 0, 12), (0, 0, 0, 0, 0, 0, 12)),
)
ACTS = (
    ActView("27.11. 13:58", "Refund without a receipt", "agreed by Sam K.", "€ 19.90"),
    ActView("27.11. 13:41", "Drawer opened without a sale", "Change a note", ""),
    ActView("27.11. 13:20", "Sold all the same", "S0319-T2-A-000431", "€ 49.50"),
    ActView("27.11. 13:12", "Line voided", "1004", "€ 5.99"),
    ActView("27.11. 12:50", "Printed again", "S0319-T2-A-000418", ""),
    ActView("27.11. 12:31", "Discount by hand", "S0319-T2-A-000402 · agreed by Sam K.", "€ 7.98"),
)


def _exceptions() -> QWidget:
    view = ExceptionsView()
    rows = tuple(
        CashierView(name, (str(sales), *(str(n) if n else "–" for n in figures)), days, name)
        for name, sales, figures, days in CASHIERS
    )
    view.show_state(
        ExceptionsState(
            "21 November 2026 to 27 November 2026", ("Sales", *column_words()), rows, 0, "Day by day: Kim B.",
            CASHIERS[0][3], "", ("21.11.", "27.11."), "Kim B.", ACTS,
        )
    )  # fmt: skip
    return view


def _staff() -> QWidget:
    view = StaffView()
    view.show_state(
        StaffState(
            (
                PersonView("Ana M.", "Cashier", "Last here 27.11.2026 08:01, by badge", "Badge or PIN"),
                PersonView("Jo P.", "Cashier", "Not at this till yet", "PIN"),
                PersonView("Kim B.", "Cashier", "Last here 27.11.2026 13:59, by PIN", "PIN"),
                PersonView("Sam K.", "Manager", "Signed in now", "Badge or PIN", now=True),
            ),
            "Ten wrong PINs were typed. PINs are locked for 28 minutes; badges still sign in.",
            "Unlock PINs · F6",
        )
    )
    return view


def _settings() -> QWidget:
    view = SettingsView()
    choices = tuple(
        ChoiceView(name, words, detail, tuple(OptionView(o, o, at == chosen) for at, o in enumerate(options)))
        for name, words, detail, options, chosen in CHOICES
    )
    source = "Set by head office; they can only be read here. PgUp and PgDown move them."
    view.show_state(SettingsState(choices, 1, source, store_rules(RULES), "↑ ↓ choose, F6 changes; or tap."))
    return view


def people_pictures() -> Iterator[Picture]:
    yield Picture("exceptions", in_workspace("exceptions", _exceptions), MANAGING, EXCEPTIONS_STRIP)
    yield Picture("staff", in_workspace("staff", _staff), MANAGING, STAFF_STRIP)
    yield Picture("settings", in_workspace("settings", _settings), MANAGING, SETTINGS_STRIP)
