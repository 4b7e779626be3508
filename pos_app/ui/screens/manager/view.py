"""The manager's workspace: pages by name on one side, the page in front on the other."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QStackedWidget, QWidget

from pos_app.ui.theme import TOUCH_PX, WIDE_GAP, Weight, set_look
from pos_app.ui.widgets.buttons import button
from pos_app.ui.widgets.parts import column, label, panel, row
from pos_app.ui.words import tr

LIST_WIDTH, NARROW_LIST = 240, 168
NARROW_PX = 1180
PAGE_HEIGHT = 52
EDGE_PX = 8
KEYS_ROOM = 130  # what else the list has: its margins, and two lines about keys


class ManagerView(QWidget):
    """Shows the list it is told and the page in front."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("manager_screen")
        self.setProperty("look", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(tr("Manager"))
        sides = row(self, gap=WIDE_GAP, margins=(WIDE_GAP, WIDE_GAP, WIDE_GAP, WIDE_GAP))
        self._side = panel("manager_pages")
        self._side.setFixedWidth(LIST_WIDTH)
        self._lines = lines = column(self._side)
        self._list = column()
        lines.addLayout(self._list)
        lines.addStretch(1)
        self._keys = label(px=13, weight=Weight.MEDIUM, look="muted", name="page_keys")
        self._keys.setWordWrap(True)
        self._keys.setMargin(14)
        lines.addWidget(self._keys)
        sides.addWidget(self._side)
        self._stack = QStackedWidget()
        sides.addWidget(self._stack, 1)
        self._buttons: dict[str, QPushButton] = {}

    def add_page(self, widget: QWidget) -> None:
        self._stack.addWidget(widget)

    def show_page(self, widget: QWidget) -> None:
        self._stack.setCurrentWidget(widget)
        self.setFocusProxy(widget)
        widget.setFocus()

    def show_list(self, pages: tuple[tuple[str, str], ...], chosen: str) -> None:
        """`pages` are (name, words) in their order."""
        self._keys.setText(tr("{key_last_page}, {key_next_page}"))
        names = [name for name, _ in pages]
        for name in [name for name in self._buttons if name not in names]:
            gone = self._buttons.pop(name)
            gone.hide()
            gone.deleteLater()
        for at, (name, words) in enumerate(pages):
            if name not in self._buttons:
                made = button(words, f"page_{name}", "page", px=16)
                made.setFixedHeight(PAGE_HEIGHT)
                made.setProperty("page", name)
                made.clicked.connect(self._pressed)
                self._list.insertWidget(at, made)
                self._buttons[name] = made
            self._buttons[name].setText(words)
            self._buttons[name].setAccessibleName(words)
            set_look(self._buttons[name], chosen="true" if name == chosen else "false")
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._side.setFixedWidth(LIST_WIDTH if self.width() >= NARROW_PX else NARROW_LIST)
        self._fit()

    def _fit(self) -> None:
        """On a low window the list gives up its words about keys, which the help has too, then some height and its edges."""
        low = self.height() < len(self._buttons) * PAGE_HEIGHT + KEYS_ROOM
        self._keys.setVisible(len(self._buttons) > 1 and not low)
        self._lines.setContentsMargins(1, *((1, 1, 1) if low else (EDGE_PX, 1, EDGE_PX)))
        for one in self._buttons.values():
            one.setFixedHeight(TOUCH_PX if low else PAGE_HEIGHT)

    def _pressed(self) -> None:
        self.chosen.emit(str(self.sender().property("page")))
