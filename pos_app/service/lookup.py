"""Looking things up: text search on a worker, quick keys, a price without a sale."""

from collections.abc import Callable

import msgspec

from pos_app.runtime.worker import Worker
from pos_app.runtime.writer import Failed
from pos_app.service.open_prices import quick_department
from pos_app.storage.readers import Links, Reference, SearchPage
from retail_core.domain.clock import Clock
from retail_core.durable.reference import ItemRow

SEARCH_TOPIC = "search"


class QuickKey(msgspec.Struct, frozen=True):
    sku: str
    label: str
    price_minor: int | None


class QuickPage(msgspec.Struct, frozen=True):
    name: str
    keys: tuple[QuickKey, ...]


class Lookup:
    """`here` is read on the screen's thread, `there` only on the worker's."""

    def __init__(self, here: Reference, there: Reference, links: Links, worker: Worker, clock: Clock) -> None:
        self._here = here
        self._there = there
        self._links = links
        self._worker = worker
        self._clock = clock

    def search(self, text: str, done: Callable[[SearchPage], None], failed: Failed) -> None:
        """The first page for what was typed so far; a newer call makes an older one's answer disappear."""
        at_ms = self._clock.now_ms()
        self._worker.ask(SEARCH_TOPIC, lambda: self._there.search(text, at_ms), done, failed)

    def item(self, sku: str) -> ItemRow | None:
        return self._here.by_sku(sku)

    def price_minor(self, sku: str) -> int | None:
        return self._here.price_now(sku, self._clock.now_ms())

    def quick_pages(self) -> tuple[QuickPage, ...]:
        """Pages of quick keys with today's prices; a key whose item is gone is left out."""
        at_ms = self._clock.now_ms()
        book = self._here.book()
        pages: dict[str, list[QuickKey]] = {}
        for key in self._links.quick_keys():
            if quick_department(key.sku):
                pages.setdefault(key.page, []).append(QuickKey(key.sku, key.label, None))
                continue
            item = self._here.by_sku(key.sku)
            if item:
                pages.setdefault(key.page, []).append(QuickKey(item.sku, key.label, book.unit_price(item.sku, at_ms)))
        return tuple(QuickPage(name, tuple(keys)) for name, keys in pages.items())
