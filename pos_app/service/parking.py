"""Putting a basket aside and taking it up again. It is on disk before the next customer; a power cut loses nothing.

A basket that is taken up is priced anew, by the prices of now; what became dearer or cheaper is told.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pos_app.runtime.writer import Failed, Writer
from pos_app.service.selling import Selling
from pos_app.storage import parked, sales
from pos_app.storage.parked import Parked
from pos_app.storage.store import TillStore
from retail_core.domain.clock import Clock
from retail_core.domain.errors import CodedError, RuleViolationError
from retail_core.domain.events import BasketRecalled, BasketSuspended
from retail_core.domain.ids import LineId
from retail_core.domain.sale import SaleData

MAX_PARKED = 50
T = TypeVar("T")


class Parking:
    def __init__(self, selling: Selling, writer: Writer, clock: Clock) -> None:
        self._selling, self._writer, self._clock = selling, writer, clock

    def park(self, done: Callable[[Parked], None], failed: Failed) -> None:
        """Put the open basket aside. Fails with `sale.nothing_to_park`, `sale.paid_in_part`, `parking.full`."""
        selling, operator = self._selling, self._selling.operator
        sale = selling.sale
        if sale is None or sale.empty or operator is None or selling.paying:
            failed(RuleViolationError("sale.being_paid" if selling.paying else "sale.nothing_to_park"))
            return
        if sale.tenders:
            failed(RuleViolationError("sale.paid_in_part", taken_minor=sale.taken_minor))
            return
        data, totals = sale.data(), sale.totals
        first = next(line.name or line.label for line in sale if not line.voided)
        aside = Parked(sale.sale_id, self._clock.now_ms(), operator.name, totals.units, totals.due_minor, first)

        def work(store: TillStore) -> Parked:
            if len(parked.listed(store.conn)) >= MAX_PARKED:
                raise RuleViolationError("parking.full", limit=MAX_PARKED)
            with store.unit() as conn:
                parked.put(conn, aside, data)
                sales.put_basket(conn, None)
                event = BasketSuspended(sale.sale_id, aside.at_ms, aside.units, aside.total_minor, aside.first, data)
                store.append(event, operator.operator_id)
            return aside

        def done_with(kept: Parked) -> None:
            selling.let_go()
            done(kept)

        self._busy(work, done_with, failed)

    def listed(self, done: Callable[[Sequence[Parked]], None], failed: Failed) -> None:
        """Baskets that were put aside, the oldest first."""
        self._writer.submit(lambda store: parked.listed(store.conn), done, failed)

    def take_up(self, sale_id: str, done: Callable[[tuple[LineId, ...]], None], failed: Failed) -> None:
        """Go on with a basket; `done` is told the lines that have another price now.

        Fails with `sale.another_is_open` or `parking.gone`.
        """
        selling, operator = self._selling, self._selling.operator
        if operator is None or selling.paying or (selling.sale is not None and not selling.sale.empty):
            failed(RuleViolationError("sale.being_paid" if selling.paying else "sale.another_is_open"))
            return

        def work(store: TillStore) -> SaleData:
            with store.unit() as conn:
                taken = parked.take(conn, sale_id)
                if taken is None:
                    raise RuleViolationError("parking.gone")
                data, put_ms = taken
                sales.put_basket(conn, data)
                store.append(BasketRecalled(data.sale_id, put_ms, data.sale_id), operator.operator_id)
            return data

        self._busy(work, lambda data: done(selling.take_up(data)), failed)

    def _busy(self, work: Callable[[TillStore], T], done: Callable[[T], None], failed: Failed) -> None:
        """While it is being written, the sale stays as it is."""
        selling = self._selling
        selling.paying = True
        self._writer.forget_basket()

        def ended(result: T) -> None:
            selling.paying = False
            done(result)

        def refused(error: CodedError) -> None:
            selling.paying = False
            if selling.sale:
                self._writer.keep_basket(selling.sale.data())
            failed(error)

        self._writer.submit(work, ended, refused)
