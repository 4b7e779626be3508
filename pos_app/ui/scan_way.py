"""Where a scan goes: to the screen in front, to the sale, or into a waiting line while nobody is signed in."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer

from pos_app.till import Till
from pos_app.ui.held_scans import HeldScan, HeldScans
from pos_app.ui.notices import Notice
from pos_app.ui.overlays import Overlays
from pos_app.ui.screens.all import Screens
from pos_app.ui.screens.screen import Screen
from pos_app.ui.theme import Tone
from pos_app.ui.words import ntr, words_for
from retail_core.domain.ids import LineId
from retail_core.domain.scanned import TagUnit

RELEASE_MS = 0


class ScanWay(QObject):
    """`current` is the screen in front, `go` brings another one there, `to_returns` the one where goods come back."""

    def __init__(
        self, till: Till, screens: Screens, overlays: Overlays, notify: Callable[[Notice], None],
        current: Callable[[], Screen], go: Callable[[Screen], None], to_returns: Callable[[], None],
    ) -> None:  # fmt: skip
        super().__init__()
        self._till, self._overlays, self._notify = till, overlays, notify
        self._sign_in, self._sell, self._pay, self._returns = (
            screens.sign_in,
            screens.sell,
            screens.pay,
            screens.returns,
        )
        self._takes_all = (screens.pickup, screens.devices, screens.returns, overlays.prices)
        self._current, self._go, self._to_returns = current, go, to_returns
        self._waiting = HeldScans()
        self._release = QTimer(self, singleShot=True, interval=RELEASE_MS)
        self._release.timeout.connect(self._give_waiting)

    def take(self, scan: HeldScan) -> None:
        """One read of any scanner. While nobody is signed in it waits; it is never dropped unseen."""
        current, label = self._current(), scan.label
        if self._till.signing_in.operator is None:
            self._waiting.hold(scan)
            self._sign_in.show_waiting(len(self._waiting))
        elif scan.problem:
            self._notify(Notice(words_for(scan.problem), Tone.ERROR))
        elif self._overlays.make_way(current):
            self.take(scan)
        elif current in self._takes_all:
            current.scanned(label, scan.source)
        elif current is self._pay and self._pay.takes(label):
            self._pay.scanned(label, scan.source)
        elif self._till.returning.is_receipt(label):
            self._to_returns()
            if self._current() is self._returns:
                self._returns.scanned(label, scan.source)
        else:
            self._for_sale(lambda: self._sell.scanned(label, scan.source, pairs=scan.pairs))

    def tags_read(self, units: Sequence[TagUnit]) -> None:
        """Units an RFID reader is sure of. Nobody signed in, or the pickup board in front: they wait for the sell screen."""
        if self._till.signing_in.operator is not None and self._current() in (self._sell, self._pay):
            self._for_sale(lambda: self._sell.tags_read(units))
        else:
            self._till.selling.tags_came(units)

    def rechecked(self, lines: Sequence[LineId]) -> None:
        """Other rules came while a sale was open; one that is being looked at on the pay screen goes back to its lines."""
        self._for_sale(lambda: self._sell.rechecked(lines))

    def release(self) -> None:
        """Somebody has signed in: what waited comes in the window's next turn."""
        self._release.start()

    def stop(self) -> None:
        self._release.stop()

    def _for_sale(self, add: Callable[[], None]) -> None:
        add()
        if self._current() is not self._pay or self._till.selling.paying:
            return
        if self._till.paying.blocked_by():
            self._go(self._sell)  # what waits must be dealt with before paying
        else:
            self._pay.basket_changed()

    def _give_waiting(self) -> None:
        waiting = self._waiting.take()
        self._sign_in.show_waiting(0)
        for held in waiting:
            self.take(held)
        if waiting:
            text = ntr("{n} scan made while locked was taken", "{n} scans made while locked were taken", len(waiting))
            self._notify(Notice(text, Tone.INFO))
