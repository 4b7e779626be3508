"""What a picture of a screen is made of, and the strips above that several have."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtWidgets import QWidget

from pos_app.ui.keymap import Slot
from pos_app.ui.notices import Notice
from pos_app.ui.shell import PillState, TopState
from pos_app.ui.theme import Tone
from pos_app.ui.widgets.approval import ApprovalState
from pos_app.ui.widgets.reasons import ReasonsState

TOP = TopState(
    "Store 319 · Till 2",
    (("sell", "Sell", 0), ("pickup", "Pickup", 4), ("manager", "Manager", 0)),
    "sell",
    PillState("sync", "HQ offline · 37 queued", Tone.WARNING),
    (PillState("scanner", "Scanner", Tone.OK), PillState("printer", "Printer", Tone.OK)),
    "Ana M.",
    "14:07",
)
SYNCED = replace(
    TOP,
    lamp=PillState("sync", "All synced", Tone.OK),
    devices=(PillState("printer", "Printer", Tone.OK),),
    clock="14:09",
)
MANAGING = replace(SYNCED, current="manager", operator="Sam K.")
LOCKED = replace(SYNCED, workspaces=(), current="", operator="")


@dataclass(frozen=True)
class Picture:
    """How the view is made, and what is around it. `alone`: a window of its own, without strips; `training`: the word
    lies over it."""

    name: str
    make: Callable[[], QWidget]
    top: TopState
    strip: tuple[Slot, ...]
    notice: Notice | None = None
    approval: ApprovalState | None = None
    reasons: ReasonsState | None = None
    training: bool = False
    alone: bool = False
