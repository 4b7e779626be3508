"""What a picture of a screen is made of."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from pos_app.ui.keymap import Slot
from pos_app.ui.notices import Notice
from pos_app.ui.shell import TopState
from pos_app.ui.widgets.approval import ApprovalState


@dataclass(frozen=True)
class Picture:
    """How the view is made, and what is around it; `alone`: a window of its own, without strips."""

    name: str
    make: Callable[[], QWidget]
    top: TopState
    strip: tuple[Slot, ...]
    notice: Notice | None = None
    approval: ApprovalState | None = None
    alone: bool = False
