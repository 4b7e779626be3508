"""The day report's page: the report as paper, its sales by hour, the drawers of the store, and the reports there are."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QStackedWidget, QWidget

from pos_app.ui.screens.day.state import DayState, DrawerRow, ReportRow
from pos_app.ui.screens.day.store_drawers import StoreDrawersPanel
from pos_app.ui.theme import GAP, WIDE_GAP, Weight, set_look
from pos_app.ui.widgets.hours import HourBars
from pos_app.ui.widgets.parts import column, label, panel, row
from pos_app.ui.widgets.scrolled import scrolled
from pos_app.ui.widgets.sheet import Sheet
from pos_app.ui.words import tr

ROW_HEIGHT = 56
SIDE = 16
LOW_PX = 560


class ReportButton(QPushButton):
    """A report of the list, to be tapped."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at
        self.setProperty("look", "choice")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(ROW_HEIGHT)
        line = row(self, gap=GAP, margins=(14, 4, 14, 4))
        words = column(gap=0)
        self._words = label(px=16, weight=Weight.SEMI)
        self._detail = label(px=13, look="muted")
        self._amount = label(px=16, weight=Weight.SEMI)
        for part in (self._words, self._detail, self._amount):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        words.addWidget(self._words)
        words.addWidget(self._detail)
        line.addLayout(words, 1)
        line.addWidget(self._amount)

    def show_row(self, shown: ReportRow, *, chosen: bool) -> None:
        self.setObjectName(f"report_{self.at}")
        self.setAccessibleName(f"{shown.words}, {shown.detail}, {shown.amount}")
        self._words.setText(shown.words)
        self._detail.setText(shown.detail)
        self._amount.setText(shown.amount)
        set_look(self, chosen="true" if chosen else "false")


class DayView(QWidget):
    """Shows a DayState."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("day_page")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Day report"))
        sides = row(self, gap=WIDE_GAP)
        paper = panel("report_panel")
        self._stack = QStackedWidget()
        self._sheet = Sheet("report_sheet", tr("Report"))
        holder = column()
        holder.addWidget(self._sheet)
        holder.addStretch(1)
        self._instead = label(px=16, look="muted", name="report_instead")
        self._instead.setWordWrap(True)
        self._instead.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._instead.setMargin(SIDE)
        self._area = scrolled(holder, "report_area")
        self._stack.addWidget(self._area)
        self._stack.addWidget(self._instead)
        column(paper, margins=(4, 4, 4, 4)).addWidget(self._stack)
        sides.addWidget(paper, 1)
        right = column(gap=WIDE_GAP)
        self._picture = panel("hours_panel")
        lines = column(self._picture, gap=GAP, margins=(SIDE, 12, SIDE, 12))
        lines.addWidget(label(tr("Sales by hour"), px=15, weight=Weight.BOLD))
        self._hours = HourBars("hours", tr("Sales by hour"))
        lines.addWidget(self._hours, 1)
        right.addWidget(self._picture, 2)
        self._drawers = StoreDrawersPanel()
        right.addWidget(self._drawers, 3)
        listed = panel("reports_panel")
        lines = column(listed, gap=GAP, margins=(SIDE, 12, SIDE, 12))
        lines.addWidget(label(tr("Reports of this till"), px=15, weight=Weight.BOLD))
        self._list = column(gap=6)
        self._list.addStretch(1)
        self._rows: list[ReportButton] = []
        lines.addWidget(scrolled(self._list, "reports_list"), 1)
        right.addWidget(listed, 2)
        sides.addLayout(right, 1)

    def show_state(self, state: DayState) -> None:
        self._show_rows(state)
        self._hours.show_bars(state.bars, tr("Nothing was sold yet."))
        if state.document is None:
            self._instead.setText(state.instead)
            self._stack.setCurrentWidget(self._instead)
        else:
            self._sheet.show_document(state.document)
            self._stack.setCurrentWidget(self._area)

    def show_drawers(self, rows: tuple[DrawerRow, ...]) -> None:
        """The drawers of the store; none where there is no other till."""
        self._drawers.show_rows(rows)
        self._fit()

    def push(self, by: int) -> None:
        """Another page of the drawers, for whoever has no finger on them."""
        self._drawers.push(by)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """On a low window the picture of the hours gives its place to the drawers."""
        self._picture.setVisible(self.height() >= LOW_PX or self._drawers.isHidden())

    def lines(self) -> list[str]:
        """What the report says, line by line; nothing while none is shown."""
        return self._sheet.lines() if self._stack.currentWidget() is self._area else []

    def _show_rows(self, state: DayState) -> None:
        while len(self._rows) > len(state.rows):
            gone = self._rows.pop()
            gone.hide()
            gone.deleteLater()
        while len(self._rows) < len(state.rows):
            made = ReportButton(len(self._rows))
            made.clicked.connect(self._pressed)
            self._list.insertWidget(len(self._rows), made)
            self._rows.append(made)
        for at, (made, shown) in enumerate(zip(self._rows, state.rows, strict=True)):
            made.show_row(shown, chosen=at == state.chosen)

    def _pressed(self) -> None:
        pressed = self.sender()
        if isinstance(pressed, ReportButton):
            self.chosen.emit(pressed.at)
