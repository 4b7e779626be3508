"""A second basket while the card terminal works on the first: one sale is in front, the other one waits beside it.

Both are on disk. They change places in till.db first and on the screen then, so that a restart finds both, each once. What
the terminal answers belongs to the sale its tender names, wherever that sale is by then.
"""

from collections.abc import Callable

import msgspec

from pos_app.runtime.writer import Failed, Writer
from pos_app.service.completing import SoldBy
from pos_app.service.open_sale import BLOCKED_PAYING
from pos_app.service.outcome import PaidSale
from pos_app.service.paying import Paying
from pos_app.service.selling import Selling
from pos_app.storage import waiting
from pos_app.storage.store import TillStore
from retail_core.domain.errors import CodedError, RuleViolationError
from retail_core.domain.ids import SaleId
from retail_core.domain.sale import Sale
from retail_core.domain.saledata import SaleData, SaleState

NONE_WAITS = "sale.none_waits"


class WaitingSale:
    """The sale that is not in front, if there is one. All methods run on the screen's thread."""

    def __init__(self, selling: Selling, paying: Paying, writer: Writer, kept: SaleData | None = None) -> None:
        """`kept` waited when the till stopped."""
        self._selling, self._paying, self._writer = selling, paying, writer
        self.sale = Sale(msgspec.structs.replace(kept, state=SaleState.OPEN)) if kept else None
        self.at_terminal: Callable[[SaleId], bool] = lambda _: False
        """Whether the terminal works on a payment of this sale; the card's side says."""
        self.on_paid: Callable[[PaidSale], None] = lambda _: None
        self.on_trouble: Failed = lambda _: None
        """Told why the sale that waits is not paid: somebody has to go back to it."""
        self.moving = False
        self._language = ""
        self._afterwards: list[Callable[[], None]] = []

    def find(self, sale_id: str) -> Sale | None:
        """An open sale of this till, in front or waiting."""
        return next((sale for sale in (self._selling.sale, self.sale) if sale and sale.sale_id == sale_id), None)

    def holds(self, sale_id: str) -> bool:
        return self.sale is not None and self.sale.sale_id == sale_id

    @property
    def may_change_places(self) -> bool:
        """True when somebody can go to the other sale now, or to the next customer's, which is none yet."""
        front, busy = self._selling.sale, self._selling.paying
        away = front is not None and (self.at_terminal(front.sale_id) or self._selling.in_doubt)
        return not self.moving and not self._writing and (away or (self.sale is not None and not busy))

    def change_places(self, done: Callable[[], None], failed: Failed) -> None:
        """The sale that waits comes in front, none when none does, and the one in front waits.

        Fails with `sale.being_paid` while one of them is written, and with `sale.none_waits`.
        """
        if not self.may_change_places:
            failed(RuleViolationError(BLOCKED_PAYING if self._selling.paying else NONE_WAITS))
            return
        selling, coming = self._selling, self.sale
        going = selling.sale if selling.sale and not selling.sale.bare else None
        data = coming.data() if coming else None, going.data() if going else None
        self.moving = selling.paying = True
        self._writer.forget_basket()

        def change(store: TillStore) -> None:
            with store.unit() as conn:
                waiting.change_places(conn, *data)

        def changed(_: None) -> None:
            self.sale = going
            self._language, self._paying.language = self._paying.language, self._language
            selling.bring(coming, paying=coming is not None and self.at_terminal(coming.sale_id))
            self._moved()
            done()

        def refused(error: CodedError) -> None:
            front = selling.sale
            selling.paying = front is not None and self.at_terminal(front.sale_id)
            self._moved()
            failed(error)

        self._writer.submit(change, changed, refused)

    def when_still(self, act: Callable[[], None]) -> None:
        """Do it now, or as soon as the sales have changed places."""
        if self.moving:
            self._afterwards.append(act)
        else:
            act()

    def keep(self) -> None:
        """What was taken for the sale that waits is on disk before anything else is asked for."""
        data = self.sale.data() if self.sale else None

        def put(store: TillStore) -> None:
            with store.unit() as conn:
                waiting.put(conn, data)

        self._writer.submit(put, lambda _: None, self.on_trouble)

    def finish(self, operator: SoldBy, *, print_receipt: bool) -> None:
        """The sale that waits is paid whole: make it durable; `on_paid` or `on_trouble` is told."""
        if self.sale:
            self._paying.finish_beside(
                self, self.sale, operator, self.on_paid, self.on_trouble, print_receipt=print_receipt
            )

    # ── what paying does to it, as to the sale in front ──────────────────────────────────────────

    @property
    def language(self) -> str:
        """What its receipt speaks."""
        return self._language

    def lock(self, sale: Sale) -> None:
        sale.begin_paying()

    def sold(self, paid: PaidSale) -> None:
        self.sale, self._language = None, ""
        self._selling.sold_beside(paid)

    def reopen(self, sale: Sale) -> None:
        self.sale = Sale(msgspec.structs.replace(sale.data(), state=SaleState.OPEN))

    @property
    def _writing(self) -> bool:
        return self.sale is not None and self.sale.state is not SaleState.OPEN

    def _moved(self) -> None:
        self.moving = False
        afterwards, self._afterwards = self._afterwards, []
        for act in afterwards:
            act()
