"""Made-up lost tills for the pictures of their page."""

from collections.abc import Callable, Iterator

from PySide6.QtWidgets import QWidget

from pos_app.ui.keymap import Act, Slot
from pos_app.ui.screens.recovery.state import DiskRow, RecoveryState, SeriesRow
from pos_app.ui.screens.recovery.view import RecoveryView
from pos_app.ui.theme import Tone
from tools.picture import MANAGING, Picture
from tools.screens_manager import in_workspace

FOLDER = "/media/stick/omnitill"
STRIP = (
    Slot(0, Act.BACK, "Esc", "Back to sale"),
    Slot(1, Act.LOOK_AROUND, "F2", "Look around"),
    Slot(4, Act.READ_DISK, "F6", "Read the disk"),
)
NOTHING = RecoveryState(
    about_series="No earlier till of this register is known.",
    about_disks="No disk of a till of this store is plugged in. Plug it in, then look around.",
    details=("A disk is copied first and never changed. Nothing of it is sent before a manager agrees.",),
)
FOUND = RecoveryState(
    (
        SeriesRow(
            "A",
            "Number series A",
            (
                "Head office has up to S0319-T2-A-001204, 2026-11-27 18:04.",
                "On the way from the store: S0319-T2-A-001205, S0319-T2-A-001206",
            ),
        ),
    ),
    "Numbers after these may be on its disk alone.",
    (DiskRow(FOLDER, f"T2 · {FOLDER}", chosen=True),),
    "",
    "Head office lacks 19 records of it. A manager decides whether they are sent.",
    Tone.WARNING,
    ("Receipts among them: S0319-T2-A-001207, S0319-T2-A-001208, S0319-T2-A-001209, S0319-T2-A-001210",),
)


def recovery_pictures() -> Iterator[Picture]:
    yield Picture("lost-till", _page(NOTHING), MANAGING, STRIP[:2])
    yield Picture("lost-till-found", _page(FOUND), MANAGING, (*STRIP, Slot(9, Act.SEND_DISK, "F9", "Send", main=True)))


def _page(state: RecoveryState) -> Callable[[], QWidget]:
    def made() -> QWidget:
        view = RecoveryView()
        view.show_state(state)
        return view

    return in_workspace("recovery", made)
