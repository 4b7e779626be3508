"""Putting a basket aside and taking it up again, on any till of the store. It is on disk before the next customer.

A basket that is taken up is priced anew, by the prices of now; what became dearer or cheaper is told. The store role is
asked first, so that two tills do not take up the same one; without it a till has its own baskets, and the others' wait.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from pos_app.runtime.writer import Failed, Writer
from pos_app.service.completing import SoldBy
from pos_app.service.open_sale import BLOCKED_DOUBT
from pos_app.service.selling import Selling
from pos_app.storage import parked, sales
from pos_app.storage.parked import Parked
from pos_app.storage.readers import Links
from pos_app.storage.store import TillStore
from retail_core.domain.claims import ClaimAnswer, ClaimKind, Claims, Granted, Refused
from retail_core.domain.clock import Clock
from retail_core.domain.errors import CodedError, RuleViolationError
from retail_core.domain.events import BasketRecalled, BasketSuspended
from retail_core.domain.ids import IdSource, LineId, SaleId
from retail_core.domain.saledata import SaleData
from retail_core.domain.shared import SharedBasket

MAX_PARKED = 50
T = TypeVar("T")


class Parking:
    def __init__(
        self, selling: Selling, writer: Writer, facts: Links, claims: Claims, clock: Clock, ids: IdSource, node: str
    ) -> None:
        """`node` is this till; baskets of other nodes come from the store role."""
        self._selling, self._writer, self._facts, self._claims = selling, writer, facts, claims
        self._clock, self._ids, self._node = clock, ids, node
        self._taken_here: set[tuple[str, int]] = set()  # the others' baskets, until the store role has read of it

    def park(self, done: Callable[[Parked], None], failed: Failed) -> None:
        """Put the open basket aside. Fails with `sale.nothing_to_park`, `sale.paid_in_part`, `parking.full`."""
        selling, operator = self._selling, self._selling.operator
        sale = selling.sale
        if sale is None or sale.empty or operator is None or selling.paying:
            failed(RuleViolationError("sale.being_paid" if selling.paying else "sale.nothing_to_park"))
            return
        if selling.in_doubt:
            failed(RuleViolationError(BLOCKED_DOUBT))
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

        self._busy(lambda ended, refused: self._writer.submit(work, ended, refused), done_with, failed)

    def listed(self, done: Callable[[Sequence[Parked]], None], failed: Failed) -> None:
        """Baskets that were put aside in this store, the oldest first."""
        told = self._facts.shared_baskets()
        taken = {(one.sale_id, one.put_ms) for one in told if one.taken_by and one.taken_by != self._node}
        others = [self._of_another(one) for one in told if self._is_theirs(one)]

        def work(store: TillStore) -> Sequence[Parked]:
            mine = parked.listed(store.conn)
            gone = [one.sale_id for one in mine if (one.sale_id, one.at_ms) in taken]
            if gone:
                with store.unit() as conn:
                    parked.forget(conn, gone)
            here = [one for one in mine if one.sale_id not in gone]
            return sorted([*here, *others], key=lambda one: (one.at_ms, one.sale_id))

        self._writer.submit(work, done, failed)

    def take_up(self, sale_id: str, done: Callable[[tuple[LineId, ...]], None], failed: Failed) -> None:
        """Go on with a basket; `done` is told the lines that have another price now.

        Fails with `sale.another_is_open`, `parking.gone`, `parking.claimed` or `parking.elsewhere`.
        """
        selling, operator = self._selling, self._selling.operator
        if operator is None or selling.paying or (selling.sale is not None and not selling.sale.empty):
            failed(RuleViolationError("sale.being_paid" if selling.paying else "sale.another_is_open"))
            return
        told = {one.sale_id: one for one in self._facts.shared_baskets() if self._is_theirs(one)}
        theirs = told.get(SaleId(sale_id))

        def asking(ended: Callable[[SaleData], None], refused: Failed) -> None:
            def left(why: CodedError) -> None:
                self._claims.give_back([(ClaimKind.SUSPENDED_SALE, sale_id)])
                refused(why)

            def answered(answer: ClaimAnswer) -> None:
                why = self._why_not(answer, theirs)
                if why:
                    left(why)
                else:
                    self._writer.submit(lambda store: self._taken(store, sale_id, theirs, operator), ended, left)

            self._claims.ask(ClaimKind.SUSPENDED_SALE, sale_id, answered)

        self._busy(asking, lambda data: done(selling.take_up(data)), failed)

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _is_theirs(self, one: SharedBasket) -> bool:
        """Put aside on another till, and not taken up here a moment ago."""
        return bool(one.basket) and one.node != self._node and (one.sale_id, one.put_ms) not in self._taken_here

    def _of_another(self, one: SharedBasket) -> Parked:
        operator = next((row.name for row in self._facts.staff() if row.operator_id == one.operator_id), "")
        till = self._facts.register_of(one.node)
        return Parked(one.sale_id, one.put_ms, operator, one.units, one.total_minor, one.first, till)

    def _why_not(self, answer: ClaimAnswer, theirs: SharedBasket | None) -> RuleViolationError | None:
        if isinstance(answer, Refused):
            return RuleViolationError("parking.claimed", by=self._facts.register_of(answer.by))
        if theirs and not isinstance(answer, Granted):
            return RuleViolationError("parking.elsewhere", till=self._facts.register_of(theirs.node))
        return None

    def _taken(self, store: TillStore, sale_id: str, theirs: SharedBasket | None, operator: SoldBy) -> SaleData:
        """The basket is this till's open one from now on. Another till's goes on as a new sale of this one."""
        with store.unit() as conn:
            if theirs and theirs.basket:
                fresh = SaleId(self._ids.next())
                data = msgspec.structs.replace(theirs.basket, sale_id=fresh, operator_id=operator.operator_id)
                put_ms = theirs.put_ms
            else:
                mine = parked.take(conn, sale_id)
                if mine is None:
                    raise RuleViolationError("parking.gone")
                data, put_ms = mine
            sales.put_basket(conn, data)
            store.append(BasketRecalled(SaleId(sale_id), put_ms, data.sale_id), operator.operator_id)
        if theirs:
            self._taken_here.add((sale_id, put_ms))
        return data

    def _busy(
        self, begin: Callable[[Callable[[T], None], Failed], None], done: Callable[[T], None], failed: Failed
    ) -> None:
        """While it is asked about and written, the sale stays as it is."""
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

        begin(ended, refused)
