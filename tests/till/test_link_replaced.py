"""A damaged link.db is made anew by the agent while the till sells: the till reads the new one at once, and never none."""

from contextlib import closing
from pathlib import Path

from retail_core.durable import copies, link
from retail_core.durable.engine import open_rw
from tests.support.shop import ITEMS, AtTill, Shop, at_till, make_shop, row

MILK = ITEMS[0]
NOW_MS = 1_795_435_200_000


def make_anew(shop: Shop) -> None:
    with closing(open_rw(shop.home.link_db, shop.home.keys.file_key("link.db"))) as conn:
        link.prepare_link(conn, shop.home.link_db)


def named(at: AtTill) -> str:
    settings = at.till.links.settings()
    return settings.name if settings else ""


def settings(name: str) -> dict[str, str]:
    return {"store": "S0319", "name": name, "currency": "EUR", "zone": "z", "tz": "Europe/Berlin"}


def test_what_the_agent_brings_in_another_file_is_seen_without_a_new_start(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t1")
    shop.put_rows(row("settings", "store", settings("Before")))
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code)
        assert named(at) == "Before"
        copies.put_back_newest(shop.home, "link.db", NOW_MS)  # there is no copy: it lies beside now
        assert not shop.home.link_db.exists()
        at.till.refresh()
        assert named(at) == "Before", "until there is another one"
        shop.home.link_db.touch()  # it is being made at this moment
        at.till.refresh()
        assert named(at) == "Before"
        make_anew(shop)
        assert named(at) == "", "nothing was brought yet"
        shop.put_rows(row("settings", "store", settings("After")))
        at.till.refresh()
        assert named(at) == "After"
        assert at.pay_cash(500).total_minor == MILK.price_minor
