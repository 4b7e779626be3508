"""Another catalogue comes into use while a till sells: no scan fails or waits, and an open basket goes on."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

from hq_server.service.home import DATABASE_KEY
from hq_server.storage import feed
from hq_server.storage.database import Database, open_embedded
from retail_core.durable import link
from retail_core.durable.engine import open_ro
from retail_core.durable.system import SystemClock
from tests.agent.support import agent
from tests.agent.test_with_hq import MILK, WATER, stocked
from tests.agent.town import Hq, enrolled
from tests.support.pace import Watch
from tests.support.shop import ZONE, AtTill, Shop, at_till

LOOK_UP_WITHIN_S = 0.5  # on a machine that is busy with other tests; a swap that blocked would take far longer


@contextmanager
def behind(hq: Hq) -> Iterator[Database]:
    """HQ's database, for what only time does there."""
    database = open_embedded(hq.home.database, hq.home.keys.file_key(DATABASE_KEY))
    try:
        yield database
    finally:
        database.close()


def two_months_pass(hq: Hq, *scopes: str) -> None:
    """Something was taken away in each of these scopes, so long ago that HQ no longer knows what."""
    now_ms = SystemClock().now_ms()
    with behind(hq) as database:
        for scope in scopes:
            database.write(lambda unit: feed.publish(unit, scope, [feed.Change("item", "gone", None)], now_ms))  # noqa: B023 - done at once
            database.write(lambda unit: feed.drop_tombstones(unit, scope, now_ms + 1))  # noqa: B023


def reference_in_use(shop: Shop) -> str:
    conn = open_ro(shop.home.link_db, shop.home.keys.file_key("link.db"))
    try:
        return link.reference_name(conn) or ""
    finally:
        conn.close()


def reference_files(shop: Shop) -> set[str]:
    return {path.name for path in shop.home.folder.glob("ref-*")}


def held_open(name: str) -> bool:
    """Whether this process, in which the till is, has a reference file open."""
    found = False
    for fd in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found = found or fd.readlink().name.startswith(name)
    return found


def scanned(at: AtTill, code: str) -> float:
    """Seconds a look-up took; it must have found the item and its price."""
    began = Watch()
    outcome = at.till.selling.scan(code)
    took = began.took_s
    assert not outcome.code, outcome
    return took


def test_a_basket_goes_on_while_another_catalogue_comes_into_use(hq: Hq, store: str, folder: Path) -> None:
    shop = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    with agent(shop.home):
        stocked(shop)
    first = reference_in_use(shop)
    with at_till(shop) as at:
        at.sign_in().scan(WATER.code)
        dearer = [
            {"zone": ZONE, "sku": MILK.sku, "price_minor": MILK.price_minor + n, "currency": "EUR"} for n in (5, 10)
        ]
        for price in dearer:  # the other catalogue has the last price alone
            hq.ask("PUT", "/api/prices", [price])
        two_months_pass(hq, "catalogue", f"price:{ZONE}")
        took: list[float] = []
        with agent(shop.home):
            end = monotonic() + 90
            while reference_in_use(shop) == first:
                took.append(scanned(at, MILK.code))
                assert monotonic() < end, "no other catalogue came"
            at.hand.until(lambda: held_open(reference_in_use(shop)))
            took += [scanned(at, code) for code in (MILK.code, WATER.code) * 20]
        count = len(took) - 20
        paid = at.pay_cash(1_000_000)
        assert paid.total_minor == count * MILK.price_minor + 21 * WATER.price_minor, "by the prices of its first scan"
        assert max(took) < LOOK_UP_WITHIN_S
        assert at.scan(MILK.code).sale.lines[0].unit_minor == MILK.price_minor + 10, "the next one by the new"
        assert not held_open(first)


def test_a_new_machine_of_an_old_store_gets_its_staff(hq: Hq, store: str, folder: Path) -> None:
    """What was taken away long ago, HQ no longer knows; it must not send a machine that has nothing in circles."""
    two_months_pass(hq, f"store:{store}", "catalogue", f"price:{ZONE}")
    shop = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    with agent(shop.home):
        stocked(shop)
        with at_till(shop) as at:
            at.sign_in().scan(MILK.code).pay_cash(500)
