"""Tax rates of a reference file, each from a day on: what is sold by day belongs to the state's calendar, not to an instant.

A class travels as one document with every rate it had lately, has and will have, so that a till knows the new one weeks before and
needs nobody at midnight. The day is a calendar day in the store's own zone (`DatedRate.valid_from`): laws name days, and one catalogue
serves stores in several zones. In the file a dated rate stands beside the one of now under "class@day"; programs that know no days
find the class alone and go on with that.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence

import msgspec

from retail_core.domain.tax import TaxRate
from retail_core.durable.engine import Connection

DAY = re.compile(r"@[0-9]{4}-[0-9]{2}-[0-9]{2}$")
"""How the key of a dated rate ends; no class is called so."""
DAY_GLOB = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_OF_CLASS = f"tax_class > ?1 || '@' AND tax_class < ?1 || 'A' AND substr(tax_class, length(?1) + 2) GLOB '{DAY_GLOB}'"
_ALL = f"SELECT tax_class, name, rate_ppm, included FROM tax WHERE tax_class = ?1 OR ({_OF_CLASS}) ORDER BY tax_class"  # noqa: S608 - our own words
ALWAYS = "0001-01-01"
"""The day of a rate that nobody gave one."""
DOC_VERSION = 2
"""Of a tax document with days; one without is of version 1."""


class DatedRate(msgspec.Struct, frozen=True):
    """A rate that begins with the calendar day `valid_from` (YYYY-MM-DD) of each store."""

    valid_from: str
    name: str
    rate_ppm: int
    included: bool = True


class TaxDoc(msgspec.Struct, frozen=True):
    """A tax class as HQ publishes it: the rate of now, which is all that programs without days read, and, of a class that
    changes, every rate by its day, earliest first."""

    tax_class: str
    name: str
    rate_ppm: int
    included: bool = True
    dated: tuple[DatedRate, ...] = ()

    def on(self, day: str) -> TaxRate:
        """The rate of a calendar day YYYY-MM-DD."""
        rate = next((one for one in reversed(self.dated) if one.valid_from <= day), self)
        return TaxRate(self.tax_class, rate.name, rate.rate_ppm, rate.included)


def put_tax(conn: Connection, doc: TaxDoc) -> None:
    """A class with all its rates, in place of those it had."""
    drop_tax(conn, doc.tax_class)
    rows = [(doc.tax_class, doc), *((f"{doc.tax_class}@{one.valid_from}", one) for one in doc.dated)]
    conn.executemany(
        "INSERT OR REPLACE INTO tax (tax_class, name, rate_ppm, included) VALUES (?,?,?,?)",
        [(key, rate.name, rate.rate_ppm, int(rate.included)) for key, rate in rows],
    )


def drop_tax(conn: Connection, tax_class: str) -> None:
    """A class goes, with all its days."""
    conn.execute(f"DELETE FROM tax WHERE tax_class = ?1 OR ({_OF_CLASS})", (tax_class,))  # noqa: S608 - our own words


def names_of_rates(conn: Connection) -> dict[str, str]:
    """What each rate is called, by "class@parts per million"; a rate of the past may not be there."""
    rows = conn.execute("SELECT tax_class, rate_ppm, name FROM tax ORDER BY tax_class").fetchall()
    return {f"{DAY.sub('', key)}@{rate_ppm}": name for key, rate_ppm, name in rows}


class TaxTable:
    """The few tax rates, kept in memory; `clear()` when the file may have changed."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._docs: dict[str, tuple[list[str], list[TaxRate]]] = {}

    def clear(self) -> None:
        self._docs = {}

    def rate(self, tax_class: str, day: str) -> TaxRate:
        """The rate of a class on a calendar day YYYY-MM-DD. An unknown class is untaxed and named so, because a scan never
        waits for master data; one of which only later days are known is untaxed until then."""
        days, rates = self._docs.get(tax_class) or self._read(tax_class)
        return rates[bisect_right(days, day) - 1]

    def rates(self, tax_class: str) -> Sequence[TaxRate]:
        """Every rate that is known of a class, earliest first."""
        return (self._docs.get(tax_class) or self._read(tax_class))[1]

    def _read(self, tax_class: str) -> tuple[list[str], list[TaxRate]]:
        found = {"": TaxRate(tax_class, tax_class, 0)}
        for key, name, rate_ppm, included in self._conn.execute(_ALL, (tax_class,)):
            found[key[len(tax_class) + 1 :]] = TaxRate(tax_class, name, rate_ppm, bool(included))
        self._docs[tax_class] = list(found), list(found.values())
        return self._docs[tax_class]
