"""What the till tells the customer: the line display, the second window, and the language of both and of the receipt."""

from collections.abc import Callable

from pos_app.locale.catalogue import NAMES, spoken
from pos_app.till import Till
from pos_app.ui import customer_lines
from pos_app.ui.at_counter import AtCounter
from pos_app.ui.customer.display import CustomerDisplay
from pos_app.ui.notices import Notice
from pos_app.ui.theme import Tone
from pos_app.ui.words import tr


class CustomerFacing:
    """Follows the sale; a display is told only what is new."""

    def __init__(
        self, till: Till, counter: AtCounter, display: CustomerDisplay, notify: Callable[[Notice], None]
    ) -> None:
        self._till = till
        self._counter = counter
        self._display = display
        self._notify = notify
        self._said = ("", "")

    def follow(self) -> None:
        """The sale changed, or another one is in front."""
        selling, language = self._till.selling, spoken(self._till.paying.customer_language())
        if selling.sale is not None:
            lines = customer_lines.of_sale(selling.sale, selling.selected, language)
        elif selling.last_paid is not None:
            lines = customer_lines.of_paid(selling.last_paid, language)
        else:
            lines = customer_lines.of_nobody(self._till.config.store_name, language)
        if lines != self._said:
            self._said = lines
            self._counter.customer_reads(*lines)
        self._display.follow()

    def next_language(self) -> None:
        """The next language for the receipt and the customer's display, until this sale is paid."""
        paying, codes = self._till.paying, list(NAMES)
        at = codes.index(now) if (now := paying.customer_language()) in codes else -1
        paying.language = codes[(at + 1) % len(codes)]
        self._notify(Notice(tr("Receipt and customer: {language}", language=NAMES[paying.language]), Tone.INFO))
        self.follow()
