"""Badges at the window: whoever scans one signs in, takes over, or agrees to the act that is asked for."""

from PySide6.QtCore import QObject, Signal

from pos_app.devices.barcode.classify import classify
from pos_app.service.card_paying import CardState
from pos_app.service.completing import SoldBy
from pos_app.till import Till
from pos_app.ui.approving import Approving
from pos_app.ui.notices import Notice
from pos_app.ui.screens.sign_in.presenter import SignInPresenter
from pos_app.ui.theme import Tone
from pos_app.ui.words import tr, words_for, words_for_error
from retail_core.domain.errors import CodedError
from retail_core.domain.scanned import CodeKind
from retail_core.trust.pins import BADGE_PREFIX


class Operators(QObject):
    noticed = Signal(object)  # a Notice
    taken_over = Signal(object)  # SoldBy: somebody else's badge while a till is in use
    pin_wanted = Signal()  # the store asks for the PIN too: the till must be locked first

    def __init__(self, till: Till, sign_in: SignInPresenter, approving: Approving) -> None:
        super().__init__()
        self._till = till
        self._sign_in = sign_in
        self._approving = approving

    def take(self, label: str) -> bool:
        """True when the label was a badge, whatever came of it: a badge never reaches the sale."""
        if BADGE_PREFIX not in label or classify(label).kind is not CodeKind.BADGE:
            return False
        text = classify(label).text
        operator = self._till.signing_in.operator
        if operator is None:
            self._sign_in.badge(text)
        elif self._approving.asks:
            self._agree(text)
        elif self._till.selling.paying or self._till.card_paying.state is CardState.WORKING:
            self._say(words_for("sale.being_paid"), Tone.WARNING)
        elif self._asks_for_pin(text, operator):
            self.pin_wanted.emit()
            self._sign_in.badge(text)
        else:
            self._till.signing_in.sign_in_by_badge(text, lambda now: self._signed_in(operator, now), self._refused)
        return True

    def _agree(self, text: str) -> None:
        owner = self._till.signing_in.holder(text)
        if owner:
            self._approving.badge(owner)
        else:
            self._say(words_for("badge.unknown"), Tone.ERROR)

    def _asks_for_pin(self, text: str, operator: SoldBy) -> bool:
        signing_in = self._till.signing_in
        owner = signing_in.holder(text)
        return owner is not None and owner.operator_id != operator.operator_id and signing_in.rules.pin_after_badge

    def _signed_in(self, before: SoldBy, now: SoldBy) -> None:
        if now is before:
            self._say(tr("{name} is signed in.", name=now.name), Tone.INFO)
        else:
            self.taken_over.emit(now)

    def _refused(self, error: CodedError) -> None:
        self._say(words_for_error(error), Tone.ERROR)

    def _say(self, text: str, tone: Tone) -> None:
        self.noticed.emit(Notice(text, tone))
