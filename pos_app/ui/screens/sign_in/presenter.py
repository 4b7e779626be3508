"""Sign-in by badge or PIN, and the lock. What is typed is kept here and nowhere else, and forgotten after each try."""

from PySide6.QtCore import Signal

from pos_app.service.completing import SoldBy
from pos_app.service.signing_in import SigningIn
from pos_app.ui.screens.screen import Screen
from pos_app.ui.screens.sign_in.view import SignInState, SignInView
from pos_app.ui.words import ntr, tr, words_for_error
from retail_core.domain.errors import CodedError

MAX_FIGURES = 12
PIN_TOO = "badge.pin_too"


class SignInPresenter(Screen):
    signed_in = Signal(object)  # SoldBy

    def __init__(self, view: SignInView, signing_in: SigningIn) -> None:
        super().__init__(view)
        self._view = view
        self._signing_in = signing_in
        self._pin = ""
        self._message = ""
        self._busy = False
        self._waiting = 0
        self._lock = ""  # that the store has locked this till
        self._named = ""  # whose badge was read, while their PIN is awaited
        view.figure_typed.connect(self.type_figure)
        view.erased.connect(self.erase)
        view.entered.connect(self.enter)

    def shown(self) -> None:
        self._pin, self._message, self._busy, self._named = "", "", False, ""
        self._signing_in.forget_badge()
        self._show()

    def badge(self, text: str) -> None:
        """A badge was scanned while the till is locked."""
        if not self._busy:
            self._pin, self._message = "", ""
            self._signing_in.sign_in_by_badge(text, self._done, self._failed)

    def show_lock(self, words: str) -> None:
        """Say instead of the usual hint that the store has locked this till; empty when it has not."""
        if words != self._lock:
            self._lock = words
            self._show()

    def show_waiting(self, scans: int) -> None:
        """How many scans were made while locked; they come after the sign-in."""
        self._waiting = scans
        self._show()

    def typed_aside(self, text: str) -> None:
        for figure in text:
            if figure in "0123456789":
                self.type_figure(figure)

    def type_figure(self, figure: str) -> None:
        if not self._busy and len(self._pin) < MAX_FIGURES:
            self._pin += figure
            self._message = ""
            self._show()

    def erase(self) -> None:
        """Take back the last figure; with none left, the badge that was read."""
        if not self._pin and self._named:
            self._named = ""
            self._signing_in.forget_badge()
        self._pin = self._pin[:-1]
        self._show()

    def enter(self) -> None:
        if self._busy or not self._pin:
            return
        pin, self._pin = self._pin, ""
        self._busy = True
        self._show()
        self._signing_in.sign_in(pin, self._done, self._failed)

    def _done(self, operator: SoldBy) -> None:
        self._busy = False
        self._message = ""
        self._show()
        self.signed_in.emit(operator)

    def _failed(self, error: CodedError) -> None:
        self._busy = False
        if error.code == PIN_TOO:
            self._named, self._message = words_for_error(error), ""
        else:
            self._message = words_for_error(error)
        self._show()

    def _show(self) -> None:
        waiting = ntr("{n} scan is waiting", "{n} scans are waiting", self._waiting) if self._waiting else ""
        hint = self._named or self._lock or tr("Scan your badge, or type your PIN, then Enter")
        self._view.show_state(SignInState(tr("Sign in"), hint, len(self._pin), self._message, waiting, self._busy))
