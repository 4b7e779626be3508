"""The prices of one basket, whichever catalogue is in use."""

from collections.abc import Callable

from retail_core.domain.ids import Sku
from retail_core.durable.engine import Connection, faults
from retail_core.durable.reference import PinnedBook


class NoPrices:
    """The book of a till that has not been given any prices yet."""

    version = "none@0"

    def unit_price(self, sku: str, at_ms: int) -> int | None:
        return None


class Book:
    """The book of one basket, read in the file it was begun on also when another one comes into use meanwhile: that one need not
    have yesterday's prices. What the first file has no price for costs what it costs in the newest.
    """

    def __init__(self, conn: Connection, current: Callable[[], Connection | None], version: str) -> None:
        self.conn = conn
        self.version = version
        self._current = current

    def unit_price(self, sku: Sku, at_ms: int) -> int | None:
        with faults():
            then = PinnedBook.parse(self.conn, self.version).unit_price(sku, at_ms)
            conn = self._current()
            if then is not None or conn is None:
                return then
            return PinnedBook.parse(conn, self.version).newest().unit_price(sku, at_ms)
