"""Between a store and a real HQ: every sale arrives once, what HQ says comes down, and the store helps itself."""

import shutil
from contextlib import ExitStack
from pathlib import Path

from retail_core.domain.fulfilment import State
from retail_core.domain.ids import Sku
from retail_core.durable import link, reference
from retail_core.durable.engine import open_ro
from retail_core.durable.home import Home
from retail_core.durable.system import SystemClock
from tests.agent.support import DEADLINE_S, acked, agent, journal_types, until
from tests.agent.town import Hq, enrolled, line_to
from tests.support.shop import ITEMS, ZONE, AtTill, Shop, at_till

MILK, COFFEE, WATER = ITEMS[0], ITEMS[3], ITEMS[2]


def stocked(shop: Shop, deadline_s: float = DEADLINE_S) -> None:
    """The machine has catalogue, prices and staff."""

    def ready() -> bool:
        if not shop.home.link_db.exists():
            return False
        conn = open_ro(shop.home.link_db, shop.home.keys.file_key("link.db"))
        try:
            made = conn.execute("PRAGMA user_version").fetchone()[0]
            return bool(made and link.reference_name(conn) and link.read_staff(conn) and link.read_settings(conn))
        finally:
            conn.close()

    until(ready, deadline_s, "catalogue and staff")


def price_at(shop: Shop, sku: str) -> int | None:
    """What a basket begun now would pay."""
    conn = open_ro(shop.home.link_db, shop.home.keys.file_key("link.db"))
    name = link.reference_name(conn) or ""
    conn.close()
    conn = open_ro(shop.home.reference(name), shop.home.keys.file_key(name))
    try:
        return reference.current_book(conn, ZONE).unit_price(Sku(sku), SystemClock().now_ms())
    finally:
        conn.close()


def sell(at: AtTill, times: int = 1) -> None:
    for _ in range(times):
        at.scan(MILK.code).pay_cash(500)


def hq_has_all(home: Home, node: str) -> bool:
    return acked(home, "hq", node) == len(journal_types(home))


def test_a_sale_reaches_hq_once_whatever_the_line_does(hq: Hq, store: str, folder: Path) -> None:
    with line_to(hq) as line:
        shop = enrolled(hq, folder / "T1", store, "T1", url=line.url, store_role=True)
        with agent(shop.home) as running:
            stocked(shop)
            with at_till(shop) as at:
                sell(at.sign_in(), 2)
                until(lambda: hq.sold(store, MILK.sku) == 2)
                line.cut()
                sell(at, 3)
                until(lambda: running.health()["hq"]["state"] == "down", why="the agent notices")
                until(lambda: running.health()["queued"] >= 3, why="what waits is counted")
                line.restore(swallow=2)
                sell(at, 2)
                until(lambda: hq_has_all(shop.home, shop.config.till_node), why="HQ has it all")
                until(lambda: at.till.link.read().state == "synced", why="the lamp says so")
                assert line.swallowed, "no answer was lost, so nothing was proven"
        assert hq.sold(store, MILK.sku) == 7
        today = hq.ask("GET", "/api/today")
        assert next(one for one in today["stores"] if one["store"] == store)["baskets"] == 7


def test_without_its_store_role_a_till_sells_straight_to_hq(hq: Hq, store: str, folder: Path) -> None:
    first = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    second = enrolled(hq, folder / "T2", store, "T2")
    with agent(second.home) as reaching, ExitStack() as while_up:
        store_role = while_up.enter_context(agent(first.home))
        stocked(second)
        until(lambda: reaching.health()["lan"]["state"] == "up", why="T2 finds the store role")
        with at_till(second) as at:
            sell(at.sign_in(), 2)
            node = second.config.till_node
            until(lambda: acked(second.home, "store", node) == len(journal_types(second.home)), why="store has it")
            until(lambda: hq_has_all(second.home, node), why="HQ's word comes back by way of the store role")
            store_role.kill()
            sell(at, 2)
            until(lambda: hq_has_all(second.home, node), why="directly")
    assert hq.sold(store, MILK.sku) == 4


def test_an_order_comes_down_is_accepted_and_shows_on_every_till(hq: Hq, store: str, folder: Path) -> None:
    with line_to(hq) as line:
        first = enrolled(hq, folder / "T1", store, "T1", store_role=True)
        second = enrolled(hq, folder / "T2", store, "T2", url=line.url)
        with agent(first.home), agent(second.home) as reader:
            stocked(second)
            until(lambda: reader.health()["lan"]["state"] == "up", why="T2 finds the store role")
            line.cut()  # from here on T2 hears HQ only by way of its neighbour
            wish = {"lines": [{"sku": COFFEE.sku, "qty_milli": 2000}], "customer_name": "Lena Fischer", "store": store}
            placed = hq.ask("POST", "/api/orders", wish, Idempotency_Key=f"{store}-1")["order"]
            until(lambda: hq.order(placed["order_id"])["state"] == State.ACCEPTED, why="accepted at HQ")
            with at_till(second) as at:
                at.sign_in()

                def on_board() -> list[tuple[str, State]]:
                    at.till.refresh()
                    return [(order.number, order.state) for order in at.till.fulfilling.board().new]

                until(lambda: on_board() == [(placed["number"], State.ACCEPTED)], why="on T2's pickup board")
            dearer = WATER.price_minor + 6
            price = {"zone": ZONE, "sku": WATER.sku, "price_minor": dearer, "currency": "EUR"}
            hq.ask("PUT", "/api/prices", [price])
            until(lambda: price_at(second, WATER.sku) == dearer, why="the new price")


def test_a_cancellation_is_confirmed_while_nobody_has_begun_to_pick(hq: Hq, store: str, folder: Path) -> None:
    shop = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    with agent(shop.home):
        wish = {"lines": [{"sku": COFFEE.sku, "qty_milli": 1000}], "customer_name": "Lena Fischer", "store": store}
        order = hq.ask("POST", "/api/orders", wish, Idempotency_Key=f"{store}-1")["order"]["order_id"]
        until(lambda: hq.order(order)["state"] == State.ACCEPTED, why="accepted")
        assert hq.ask("POST", f"/api/orders/{order}/cancel")
        until(lambda: hq.order(order)["state"] == State.CANCELLED, why="confirmed by the store")


def test_a_till_put_back_from_an_old_copy_loses_and_doubles_nothing(hq: Hq, store: str, folder: Path) -> None:
    shop = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    old = folder / "old copy"
    with agent(shop.home):
        stocked(shop)
        with at_till(shop) as at:
            sell(at.sign_in(), 2)
        shutil.copy(shop.home.till_db, old)
        with at_till(shop) as at:
            sell(at.sign_in(), 3)
            until(lambda: hq.sold(store, MILK.sku) == 5)
        old.replace(shop.home.till_db)  # somebody's idea of a repair
        with at_till(shop) as at:
            sell(at.sign_in(), 1)

            def new_epoch() -> bool:
                at.till.refresh()
                return journal_types(shop.home).count("epoch.opened") == 2

            until(new_epoch, why="the till begins a new epoch")
            sell(at, 1)
            until(lambda: hq.sold(store, MILK.sku) == 7, why="all of both branches")
