"""Two baskets at one till: the next customer's goods are scanned while the card terminal works on the first.

A scan made meanwhile begins the second basket by itself; a key or the bar on the sell screen goes to the other one. What the
terminal answers comes as a notice, and stays on the bar until somebody has dealt with it.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from pos_app.service.card_paying import CardState
from pos_app.service.outcome import PaidSale
from pos_app.till import Till
from pos_app.ui.amounts import format_money
from pos_app.ui.keymap import SELL_KEYS, Act
from pos_app.ui.keys import Keys
from pos_app.ui.notices import Notice
from pos_app.ui.screens.pay.presenter import PayPresenter
from pos_app.ui.screens.screen import Screen
from pos_app.ui.screens.sell.beside import BesideView
from pos_app.ui.screens.sell.presenter import SellPresenter
from pos_app.ui.theme import Tone
from pos_app.ui.words import ltr, tr, words_for_error
from retail_core.domain.errors import CodedError
from retail_core.domain.sale import Sale


class SecondBasket(QObject):
    """`go` brings a screen to the front, `in_front` says which one is."""

    noticed = Signal(object)  # a Notice

    def __init__(
        self, till: Till, sell: SellPresenter, pay: PayPresenter, keys: Keys, go: Callable[[Screen], None],
        in_front: Callable[[], Screen],
    ) -> None:  # fmt: skip
        super().__init__()
        self._till, self._waiting, self._card = till, till.waiting_sale, till.card_paying
        self._sell, self._pay, self._keys, self._go, self._in_front = sell, pay, keys, go, in_front
        sell.make_room = self._make_room
        self._waiting.on_paid, self._waiting.on_trouble = self._paid, self._trouble
        self._card.changed = self._changed
        sell.other_wanted.connect(self.switch)
        sell.strip_changed.connect(self.show)

    def switch(self) -> None:
        """To the other basket, or to the next customer's while the terminal works on this one."""
        if self._in_front() not in (self._sell, self._pay):
            return
        self._waiting.change_places(self._moved, self._refused)

    def sold(self, sale: PaidSale) -> bool:
        """The basket in front is paid: the one that waits comes back by itself, unless the terminal still works on it or
        there is change to give, which stays on the screen.
        """
        if self._waiting.sale is None or self._card.state_beside is CardState.WORKING or sale.change_minor:
            return False
        words = tr("Paid. The other basket is back.")
        self._waiting.change_places(lambda: self._moved(words), self._refused)
        return True

    def show(self) -> None:
        """The bar on the sell screen, as it is now."""
        self._sell.show_beside(self._state())

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _make_room(self) -> bool:
        """A scan came: while the terminal works on the basket in front, or nobody knows what it did, it is the next one's."""
        selling = self._till.selling
        if self._waiting.moving:
            return True
        away = selling.sale is not None and self._waiting.at_terminal(selling.sale.sale_id)
        if not (away or selling.in_doubt) or not self._waiting.may_change_places:
            return False
        self._waiting.change_places(self._moved, self._refused)
        return True

    def _moved(self, words: str = "") -> None:
        front = self._till.selling.sale
        self._sell.switched()
        if self._in_front() in (self._sell, self._pay):
            if front is not None and self._being_paid(front):
                self._pay.open()
                self._go(self._pay)
            else:
                self._go(self._sell)
        self.show()
        if words:
            self.noticed.emit(Notice(words, Tone.OK))

    def _being_paid(self, front: Sale) -> bool:
        return self._card.state is not CardState.IDLE or self._card.concerns(front.sale_id)

    def _refused(self, error: CodedError) -> None:
        self._sell.explain(error)
        self._release()
        self.show()

    def _release(self) -> None:
        if not self._till.selling.paying and not self._till.selling.in_doubt:
            self._sell.release_held()

    def _changed(self) -> None:
        self._pay.basket_changed()
        self.show()

    def _paid(self, sale: PaidSale) -> None:
        amount = format_money(sale.total_minor, sale.currency)
        words = tr("{amount} was paid by card: receipt {number}.", amount=amount, number=ltr(sale.receipt_no))
        self._sell.sounded.emit(Tone.OK.value)
        self.noticed.emit(Notice(words, Tone.OK))
        self._sell.refresh()
        self._release()
        self.show()

    def _trouble(self, error: CodedError) -> None:
        waiting = self._waiting.sale
        amount = format_money(waiting.totals.due_minor, waiting.currency) if waiting else ""
        words = tr("The other basket, {amount}: {why}", amount=amount, why=words_for_error(error))
        self._sell.sounded.emit(Tone.WARNING.value)
        self.noticed.emit(Notice(words, Tone.WARNING))
        self.show()

    def _state(self) -> BesideView | None:
        sale, key = self._waiting.sale, self._keys.of(Act.OTHER_BASKET, SELL_KEYS)
        if sale is None:
            return None
        amount = format_money(sale.totals.due_minor, sale.currency)
        match self._card.state_beside:
            case CardState.WORKING:
                return BesideView(tr("{amount} is at the card terminal", amount=amount), key)
            case CardState.DOUBT:
                return BesideView(
                    tr("{amount} is in doubt: go to it and ask the terminal", amount=amount), key, Tone.WARNING
                )
            case CardState.IDLE if sale.left_minor == 0:
                return BesideView(tr("{amount} is paid: go to it and finish", amount=amount), key, Tone.WARNING)
            case CardState.IDLE if self._card.concerns(sale.sale_id):
                return BesideView(
                    tr("{amount} is not paid: go to it and pay otherwise", amount=amount), key, Tone.WARNING
                )
            case _:
                return BesideView(tr("Another basket of {amount} waits", amount=amount), key)
