"""Help, commands and price check: screens that come over the one in front and go back to it."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from pos_app.till import Till
from pos_app.ui.keymap import Act
from pos_app.ui.keys import Keys
from pos_app.ui.screens.help.presenter import HelpPresenter
from pos_app.ui.screens.help.view import HelpView
from pos_app.ui.screens.price_check.presenter import PriceCheckPresenter
from pos_app.ui.screens.price_check.view import PriceCheckView
from pos_app.ui.screens.screen import Screen


class Overlays(QObject):
    """`go` brings a screen to the front."""

    wanted = Signal(str)  # an Act chosen in the help, once the screen it belongs to is in front again

    def __init__(self, till: Till, keys: Keys, go: Callable[[Screen], None]) -> None:
        super().__init__()
        self._go = go
        self._below: Screen | None = None
        self.help = HelpPresenter(HelpView(), keys)
        self.prices = PriceCheckPresenter(PriceCheckView(), till.prices, till.lookup, till.config.currency)
        self.screens: tuple[Screen, ...] = (self.help, self.prices)
        self.help.left.connect(self.close)
        self.prices.left.connect(self.close)
        self.help.wanted.connect(self.wanted)

    def open(self, act: Act, current: Screen, text: str = "") -> None:
        """Show the overlay of `act` over `current`; the same key again puts it away."""
        screen = self.help if act is Act.HELP else self.prices
        if current is screen:
            self.close()
            return
        if current not in self.screens:
            self._below = current
        if screen is self.help:
            self.help.open(self._below.keys if self._below else {}, text)
        self._go(screen)

    def command(self, text: str, current: Screen) -> None:
        """What was typed after "/": done at once when it can only be one thing, else the list to choose from."""
        self.open(Act.HELP, current, text)
        acts = [row.act for row in self.help.rows() if row.act]
        if text and len(acts) == 1:
            self.close()
            self.wanted.emit(acts[0])

    def close(self) -> None:
        """Back to what was in front before."""
        below, self._below = self._below, None
        if below is not None:
            self._go(below)

    def make_way(self, current: Screen) -> bool:
        """A scan came: help goes away, because the scan is for the screen below it. True when it did."""
        if current is not self.help or self._below is None:
            return False
        self.close()
        return True
