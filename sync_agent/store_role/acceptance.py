"""The store role answers HQ in its own journal: it accepts offers before their lease runs out, and confirms
cancellations of what nobody has begun to pick."""

import logging
from typing import Self
from zoneinfo import ZoneInfo

import msgspec

from retail_core.domain.businessdate import business_date
from retail_core.domain.clock import Clock
from retail_core.domain.events import Event, FulfilmentFact
from retail_core.domain.fulfilment import OrderDoc
from retail_core.domain.ids import IdSource
from retail_core.durable.guard import Guard
from retail_core.durable.journal import FIRST_START, Journal, Stamp
from sync_agent.config import AGENT_KEY, LEASE_SKEW_MS
from sync_agent.storage import orders
from sync_agent.storage.files import Files

LOG = logging.getLogger(__name__)
ROLLED_BACK = "rolled back"
NO_SERIES = ""


class Acceptance:
    """Used on the files' thread."""

    def __init__(self, files: Files, journal: Journal, clock: Clock, ids: IdSource) -> None:
        self._files, self._journal, self._clock, self._ids = files, journal, clock, ids
        self._zone = ZoneInfo(files.config.timezone)

    @classmethod
    def open(cls, files: Files, clock: Clock, ids: IdSource) -> Self:
        """The agent's own journal; a new epoch when there is none or the file went back in time."""
        home, config = files.home.home, files.config
        key = home.keys.signing_key(AGENT_KEY)
        journal = Journal(
            files.store, config.agent_node, key.sign, Guard(home.agent_guard), files.history.entries_after
        )
        found = cls(files, journal, clock, ids)
        if not journal.epoch or journal.rolled_back:
            why = ROLLED_BACK if journal.epoch else FIRST_START
            with journal.transaction(files.store_path):
                journal.open_epoch(ids.next(), NO_SERIES, why, found._stamp(0))
        return found

    def decide(self, offset_ms: int) -> int:
        """Decide what is to be decided and let the till see it; returns how many decisions are new.

        Doing it again changes nothing.
        """
        new = 0
        shown: list[OrderDoc] = []
        for order, fact in orders.undecided(self._files):
            known = orders.decided(self._files, order)
            if known is None and (fact is not FulfilmentFact.ACCEPTED or self._in_time(order, offset_ms)):
                known = orders.decide(self._files, self._journal, order, fact, self._stamp(offset_ms))
                LOG.info("order %s: %s", order.number, fact.value, extra={"code": f"fulfilment.{fact.value}"})
                new += 1
            if known is not None:
                shown.append(known)
        if shown:
            orders.show(self._files, shown)
        return new

    def note(self, event: Event, actor: str) -> None:
        """Write another fact of this machine down."""
        with self._journal.transaction(self._files.store_path):
            self._journal.append(event, msgspec.structs.replace(self._stamp(0), actor=actor))

    def _in_time(self, order: OrderDoc, offset_ms: int) -> bool:
        return not order.lease_until_ms or self._clock.now_ms() + offset_ms < order.lease_until_ms - LEASE_SKEW_MS

    def _stamp(self, offset_ms: int) -> Stamp:
        at = self._clock.now_ms()
        config = self._files.config
        date = business_date(at, self._zone, config.day_starts_at_h)
        return Stamp(self._ids.next(), at, date, orders.AGENT_ACTOR, offset_ms)
