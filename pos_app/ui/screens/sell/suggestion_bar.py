"""Goods that are often bought too: one line of big buttons under the quick keys. It only shows."""

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from pos_app.ui.theme import GAP, Weight
from pos_app.ui.widgets.buttons import TwoLineButton, TwoLines
from pos_app.ui.widgets.parts import ElidedLabel, column, row
from pos_app.ui.words import tr

MOST = 2
BUTTON_PX = 52
LINES = TwoLines(big_px=15, small_px=12, gap_px=4)


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """`hint` is the price, and the key of the first one."""

    sku: str
    name: str
    hint: str


class SuggestionBar(QFrame):
    taken = Signal(str)  # a SKU

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "panel")
        self.setObjectName("suggestions")
        self._shown: tuple[SuggestionView, ...] = ()
        self._gives_way = False
        lines = column(self, gap=GAP, margins=(14, 10, 14, 12))
        self._title = ElidedLabel(14, Weight.BOLD, name="suggestions_title")
        lines.addWidget(self._title)
        foot = row(gap=GAP)
        self._buttons = [TwoLineButton(f"suggestion_{n}", lines=LINES) for n in range(MOST)]
        for made in self._buttons:
            made.setFixedHeight(BUTTON_PX)
            made.clicked.connect(self._pressed)
            foot.addWidget(made, 1)
        lines.addLayout(foot)
        self.hide()

    def show_state(self, goes_with: str, shown: tuple[SuggestionView, ...]) -> None:
        """Nothing to suggest hides the bar."""
        self._title.show_text(tr("Often bought with {name}", name=goes_with))
        if shown == self._shown:
            return
        self._shown = shown
        for n, made in enumerate(self._buttons):
            made.setVisible(n < len(shown))
            if n < len(shown):
                made.setProperty("sku", shown[n].sku)
                made.show_lines(shown[n].name, shown[n].hint)
        self.setVisible(bool(shown) and not self._gives_way)

    def give_way(self, gives_way: bool) -> None:
        """Hidden while a panel is open that wants an answer."""
        self._gives_way = gives_way
        self.setVisible(bool(self._shown) and not gives_way)

    def _pressed(self) -> None:
        self.taken.emit(str(self.sender().property("sku")))
