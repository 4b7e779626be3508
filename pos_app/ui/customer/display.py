"""Decides what the customer's window shows and where it stands: on the second screen, or where the settings put it."""

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QImage, QScreen

from pos_app.locale.catalogue import Spoken, spoken
from pos_app.service.card_paying import CardState
from pos_app.till import Till
from pos_app.ui import words
from pos_app.ui.customer import model
from pos_app.ui.customer.idle import Pictures
from pos_app.ui.customer.state import CustomerState, Showing
from pos_app.ui.customer.view import CustomerWindow
from pos_app.ui.watermark import Watermark
from pos_app.ui.wedge import WedgeFilter

PAID_MS = 60_000
"""How long the receipt's code stays: the next customer shall not take it."""
PICTURES_FOLDER = "customer-pictures"


class CustomerDisplay(QObject):
    """Open it with the till's window; call `follow` whenever the sale changed."""

    def __init__(self, till: Till, wedge: WedgeFilter) -> None:
        super().__init__()
        self._till, self._wedge = till, wedge
        self.wanted: str = till.config.customer_display
        self.window: CustomerWindow | None = None
        self._seen = ""  # the paid sale whose time is up
        folder = till.config.customer_pictures
        self._pictures = Pictures(Path(folder) if folder else till.home.folder / PICTURES_FOLDER)
        self._pictures.changed.connect(self._show_picture)
        self._leaving = QTimer(self, singleShot=True, interval=PAID_MS)
        self._leaving.timeout.connect(self._paid_long_ago)

    def open(self) -> None:
        """Show the window when there is a place for it; called again when a screen was plugged in."""
        if self.window is None and self._wanted():
            self.window = CustomerWindow()
            self._place(self.window)
            if self._till.home.training:
                Watermark(self.window, self._spoken().say("TRAINING"))
            self._wedge.watch(self.window.windowHandle())
            self.follow()

    def watch_screens(self, app: QGuiApplication) -> None:
        app.screenAdded.connect(self._screens_changed)
        app.screenRemoved.connect(self._screens_changed)

    def follow(self) -> None:
        """Show what is true now. Costs nothing when nothing the customer sees has changed."""
        if self.window is None:
            return
        state = self.state()
        if state != self.window.state():
            self.window.show_state(state)
            if state.showing is Showing.PAID:
                self._leaving.start()
        if state.showing is Showing.IDLE:
            self._pictures.begin(self.window.size())
        else:
            self._pictures.stop()

    def state(self) -> CustomerState:
        """What the customer should see now, in the customer's language."""
        selling, store = self._till.selling, self._till.config.store_name
        said = self._spoken()
        paid = selling.last_paid
        if selling.sale is not None and not selling.sale.empty:
            working = self._till.card_paying.state is CardState.WORKING
            return model.of_sale(selling.sale, store, said, at_terminal=working)
        if paid is not None and paid.receipt_no != self._seen:
            return model.of_paid(paid, store, said)
        return model.of_nobody(store, said)

    def choose(self, wanted: str) -> None:
        """`auto`, `on` or `off` from now on."""
        self.wanted = wanted
        if self._wanted():
            self.open()
        else:
            self.close()

    def _spoken(self) -> Spoken:
        return spoken(self._till.paying.customer_language(), words.LOCALE_FOLDER)

    def close(self) -> None:
        self._leaving.stop()
        self._pictures.stop()
        if self.window is not None:
            self.window.hide()
            self.window.deleteLater()
            self.window = None

    def _wanted(self) -> bool:
        return self.wanted == "on" or (self.wanted == "auto" and self._second_screen() is not None)

    def _second_screen(self) -> QScreen | None:
        screens = QGuiApplication.screens()
        first = QGuiApplication.primaryScreen()
        return next((screen for screen in screens if screen is not first), None)

    def _place(self, window: CustomerWindow) -> None:
        second = self._second_screen()
        if second is None:
            window.show()
            return
        window.setGeometry(second.geometry())
        window.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        window.setScreen(second)
        window.showFullScreen()

    def _screens_changed(self, _screen: QScreen) -> None:
        if not self._wanted():
            self.close()
        elif self.window is None:
            self.open()

    def _paid_long_ago(self) -> None:
        paid = self._till.selling.last_paid
        self._seen = paid.receipt_no if paid else ""
        self.follow()

    def _show_picture(self, image: QImage) -> None:
        if self.window is not None:
            self.window.idle.show_picture(image)
