"""The page of lost tills: what was seen of them on one side, a disk that was found on the other."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from pos_app.ui.screens.recovery.state import DiskRow, RecoveryState, SeriesRow
from pos_app.ui.theme import GAP, TOUCH_PX, WIDE_GAP, Weight, set_look
from pos_app.ui.widgets.buttons import button
from pos_app.ui.widgets.parts import clear, column, label, panel, row
from pos_app.ui.widgets.scrolled import scrolled
from pos_app.ui.words import tr

SIDE = 16


class RecoveryView(QWidget):
    """Shows a RecoveryState."""

    chosen = Signal(str)  # the folder of a disk

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("recovery_page")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Lost till"))
        sides = row(self, gap=WIDE_GAP)
        sides.addWidget(self._seen_panel(), 1)
        sides.addWidget(self._disk_panel(), 1)

    def show_state(self, state: RecoveryState) -> None:
        clear(self._series)
        for shown in state.series:
            self._series.addWidget(_series(shown))
        self._about_series.setText(state.about_series)
        clear(self._disks)
        for at, disk in enumerate(state.disks):
            self._disks.addWidget(self._disk(disk, at))
        self._about_disks.setText(state.about_disks)
        self._about_disks.setVisible(bool(state.about_disks))
        self._stage_box.setVisible(bool(state.stage))
        set_look(self._stage_box, tone=state.tone.value)
        self._stage.setText(state.stage)
        _sentences(self._details, state.details)

    def _seen_panel(self) -> QFrame:
        made = panel("seen_panel")
        lines = column(made, gap=GAP, margins=(SIDE, 12, SIDE, 12))
        lines.addWidget(_title(tr("Earlier tills of this register"), "seen_title"))
        self._about_series = _muted("seen_about")
        lines.addWidget(self._about_series)
        self._series = column(gap=GAP)
        lines.addWidget(_list(self._series, "seen_list"), 1)
        return made

    def _disk_panel(self) -> QFrame:
        made = panel("disk_panel")
        lines = column(made, gap=GAP, margins=(SIDE, 12, SIDE, 12))
        lines.addWidget(_title(tr("A disk that was found"), "disk_title"))
        inside = column(gap=GAP)
        self._about_disks = _muted("disk_about")
        inside.addWidget(self._about_disks)
        self._disks = column(gap=6)
        inside.addLayout(self._disks)
        self._stage_box = panel("disk_stage", "notice")
        box = row(self._stage_box, margins=(SIDE, 8, SIDE, 8))
        self._stage = label(px=16, weight=Weight.SEMI, name="disk_stage_words")
        self._stage.setWordWrap(True)
        box.addWidget(self._stage)
        inside.addWidget(self._stage_box)
        self._details = column(gap=4)
        inside.addLayout(self._details)
        lines.addWidget(_list(inside, "disk_list"), 1)
        return made

    def _disk(self, disk: DiskRow, at: int) -> QWidget:
        made = button(disk.words, f"disk_{at}", "page", px=15)
        made.setFixedHeight(TOUCH_PX + 4)
        made.setProperty("folder", disk.folder)
        set_look(made, chosen="true" if disk.chosen else "false")
        made.clicked.connect(self._pressed)
        return made

    def _pressed(self) -> None:
        self.chosen.emit(str(self.sender().property("folder")))


def _list(inner: QVBoxLayout, name: str) -> QWidget:
    whole = column(gap=0)
    whole.addLayout(inner)
    whole.addStretch(1)
    return scrolled(whole, name)


def _series(shown: SeriesRow) -> QWidget:
    made = QFrame()
    made.setProperty("look", "head")
    made.setObjectName(f"series_{shown.name}")
    made.setAccessibleName(f"{shown.words}: {' '.join(shown.details)}")
    lines = column(made, gap=2, margins=(0, 0, 0, 6))
    lines.addWidget(label(shown.words, px=16, weight=Weight.SEMI))
    inside = column(gap=2)
    lines.addLayout(inside)
    _sentences(inside, shown.details)
    return made


def _sentences(into: QVBoxLayout, sentences: tuple[str, ...]) -> None:
    clear(into)
    for sentence in sentences:
        made = label(sentence, px=15, look="muted")
        made.setWordWrap(True)
        into.addWidget(made)


def _title(text: str, name: str) -> QWidget:
    made = label(text, px=17, weight=Weight.BOLD, name=name)
    made.setWordWrap(True)
    return made


def _muted(name: str) -> QLabel:
    made = label(px=14, look="muted", name=name)
    made.setWordWrap(True)
    return made
