"""Made-up tills of a store for the picture of their page."""

from collections.abc import Iterator

from PySide6.QtWidgets import QWidget

from pos_app.ui.keymap import Act, Slot
from pos_app.ui.screens.tills.state import TillRow, TillsState
from pos_app.ui.screens.tills.view import TillsView
from pos_app.ui.theme import Tone
from tools.picture import MANAGING, Picture
from tools.screens_manager import in_workspace

STRIP = (
    Slot(0, Act.BACK, "Esc", "Back to sale"),
    Slot(1, Act.LOCK_MISSING, "F2", "Lock: missing"),
    Slot(2, Act.LOCK_ODD, "F3", "Lock: odd"),
    Slot(3, Act.LOCK_STRANGER, "F4", "Lock: stranger"),
)
STORE = TillsState(
    (
        TillRow("1", "T1", "Ties the store together", "Answers", Tone.OK),
        TillRow("2", "T2", "", "This till", Tone.INFO),
        TillRow("3", "T3", "Locked by Sam K., 28.11.2026 14:03: it is missing", "Locked", Tone.ERROR),
        TillRow("4", "T4", "", "Silent", Tone.WARNING, chosen=True),
    )
)


def tills_pictures() -> Iterator[Picture]:
    yield Picture("tills", in_workspace("tills", _page), MANAGING, STRIP)


def _page() -> QWidget:
    view = TillsView()
    view.show_state(STORE)
    return view
