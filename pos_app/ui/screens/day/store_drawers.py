"""The drawers of the store beside the reports of this till: one row a session, read alone."""

from PySide6.QtWidgets import QFrame, QWidget

from pos_app.ui.screens.day.state import DrawerRow
from pos_app.ui.theme import GAP, Weight
from pos_app.ui.widgets.parts import FittingWords, Pill, column, label, row
from pos_app.ui.widgets.scrolled import scrolled
from pos_app.ui.words import tr

SIDE = 16
TITLE_PX, DETAIL_PX, LEAST_PX = 16, 13, 10


class StoreDrawersPanel(QFrame):
    """Shows the rows it is told; hidden while the store has no other till."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "panel")
        self.setObjectName("store_drawers")
        self.setAccessibleName(tr("Drawers of the store"))
        lines = column(self, gap=GAP, margins=(SIDE, 12, SIDE, 12))
        lines.addWidget(label(tr("Drawers of the store"), px=15, weight=Weight.BOLD))
        self._list = column(gap=8)
        self._list.addStretch(1)
        self._area = scrolled(self._list, "store_drawers_list")
        lines.addWidget(self._area, 1)
        self._rows: list[_Row] = []
        self.hide()

    def show_rows(self, rows: tuple[DrawerRow, ...]) -> None:
        while len(self._rows) > len(rows):
            gone = self._rows.pop()
            gone.hide()
            gone.deleteLater()
        while len(self._rows) < len(rows):
            made = _Row(len(self._rows))
            self._list.insertWidget(len(self._rows), made)
            self._rows.append(made)
        for made, shown in zip(self._rows, rows, strict=True):
            made.show_row(shown)
        self.setVisible(bool(rows))

    def push(self, by: int) -> None:
        bar = self._area.verticalScrollBar()
        bar.setValue(bar.value() + by * bar.pageStep())


class _Row(QWidget):
    def __init__(self, at: int) -> None:
        super().__init__()
        self.setObjectName(f"store_drawer_{at}")
        line = row(self, gap=GAP)
        words = column(gap=0)
        self._title = FittingWords(TITLE_PX, LEAST_PX, Weight.SEMI, name=f"store_drawer_title_{at}")
        self._detail = label(px=DETAIL_PX, look="muted", name=f"store_drawer_detail_{at}")
        self._detail.setWordWrap(True)
        words.addWidget(self._title)
        words.addWidget(self._detail)
        line.addLayout(words, 1)
        self._pill = Pill(f"store_drawer_pill_{at}", lamp=True)
        line.addWidget(self._pill)

    def show_row(self, shown: DrawerRow) -> None:
        self.setAccessibleName(shown.spoken)
        self._title.setText(shown.title)
        self._detail.setText(shown.detail)
        self._pill.show_state(shown.pill, shown.tone)
