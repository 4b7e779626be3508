"""HQ prices a basket as a till does: the same golden sums, and random baskets priced by a real till on what HQ published."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hq_server.service import masterdata, promotions, quotes, taxes
from hq_server.service import settings as store_settings
from hq_server.service.coupons import issue
from hq_server.service.masterdata import PriceIn
from hq_server.service.quotes import Basket, QuoteLine
from hq_server.service.taxes import TaxChange
from hq_server.storage import feed
from hq_server.storage.catalogue import PlaceRow
from hq_server.storage.promotions import PromotionRow
from retail_core.domain.asks import ItemRules
from retail_core.domain.customers import Customer
from retail_core.domain.ids import CustomerId, Gtin, Sku
from retail_core.domain.promotions.model import (
    AmountOff,
    BasketAmount,
    BasketPercent,
    Bundle,
    BundlePart,
    FixedPrice,
    Gift,
    Goods,
    NForM,
    NForPrice,
    PercentOff,
    Promotion,
    Stacking,
    Validity,
)
from retail_core.domain.quantity import ONE
from retail_core.domain.roles import Role
from retail_core.domain.saleline import LineSort
from retail_core.durable import link, reference
from retail_core.durable.engine import open_rw, transaction
from retail_core.durable.reference import ItemDoc, ItemMore
from tests.hq.running import RunningHq
from tests.hq.support import STORE as KNOWN_STORE
from tests.hq.support import Shop
from tests.hq.test_cost_of_a_batch import statements
from tests.support.shop import AtTill, ManualClock, at_till, gtin13, make_shop
from tests.till.test_approving import journal

pytestmark = pytest.mark.xdist_group("hq-quotes")
VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "prices.json").read_text())
BY_HAND = {"sale_off", "exempt"}
STORE, ZONE, TZ = "S0700", "quotes", "America/New_York"
NEW_RATE = (datetime.now(UTC) + timedelta(days=30)).date()
MOMENTS = [
    int(datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(TZ)).timestamp() * 1000)
    for day in (NEW_RATE - timedelta(days=2), NEW_RATE, NEW_RATE + timedelta(days=40))
    for hour in (0, 12, 17)
] + [int(datetime(NEW_RATE.year, NEW_RATE.month, NEW_RATE.day, tzinfo=ZoneInfo(TZ)).timestamp() * 1000) - 1]


# ── a shop with everything an engine may stumble over ────────────────────────────────────────────

CLASSES = (
    TaxChange("q-food", "VAT 9 %", 90_000),
    TaxChange("q-food", "VAT 10 %", 100_000, valid_from=NEW_RATE.isoformat()),
    TaxChange("q-gen", "VAT 21 %", 210_000),
    TaxChange("q-gen", "VAT 20 %", 200_000, valid_from=NEW_RATE.isoformat()),
    TaxChange("q-state", "State", 62_500, included=False),
    TaxChange("q-city", "City", 28_750, included=False),
    TaxChange("q-city", "City", 31_250, included=False, valid_from=NEW_RATE.isoformat()),
)
GOODS = tuple(Sku(f"7{n:03d}") for n in range(12))
WEIGHED, DEPOSIT, EMPTIES = (GOODS[4], GOODS[9]), Sku("7900"), Sku("7901")
PROMOTIONS = (
    Promotion("q1", "3 for 2", NForM(3, 2), Goods(skus=GOODS[:3]), priority=2),
    Promotion("q2", "2 for 3.33", NForPrice(2, 333), Goods(skus=GOODS[2:5])),
    Promotion("q3", "7 % off fresh", PercentOff(70_000), Goods(departments=("fresh",))),
    Promotion("q4", "members", FixedPrice(99), Goods(skus=GOODS[5:6]), tiers=("*",)),
    Promotion("q5", "gold", AmountOff(13), Goods(skus=GOODS[4:8]), tiers=("gold",), stacking=Stacking.ON_TOP),
    Promotion("q6", "menu", Bundle((BundlePart(Goods(skus=GOODS[6:8])), BundlePart(Goods(skus=GOODS[8:9]))), 501)),
    Promotion("q7", "happy hour", PercentOff(333_333), Goods(skus=GOODS[10:]), Validity(from_minute=1020, until_minute=1080)),
    Promotion("q8", "code", PercentOff(125_000), Goods(skus=GOODS[:6]), coupon="SAVE12", stacking=Stacking.ON_TOP),
    Promotion("q9", "5 off 40", BasketAmount(500, 4_000)),
    Promotion("qa", "3.7 % off all", BasketPercent(37_000, 10_000), not_with=("q3",)),
    Promotion("qb", "a gift", Gift(6_000, Goods(skus=GOODS[11:])), stacking=Stacking.ON_TOP),
    Promotion("qc", "later", PercentOff(50_000), Goods(skus=GOODS[3:9]), Validity(from_ms=MOMENTS[6]), limit=2),
)  # fmt: skip


def publish(running: RunningHq, rounding: str) -> None:
    hq = running.hq
    masterdata.put_places(hq, [PlaceRow(STORE, "store", "700 Quotes", ZONE, TZ, "EUR")])
    groups = {
        "tax": {"rounding": rounding, "stands_for": {"q-gen": ["q-state", "q-city"]} if rounding == "line" else {}}
    }
    store_settings.change_settings(hq, STORE, {}, groups)
    taxes.put_taxes(hq, CLASSES)
    items = [
        ItemDoc(
            sku, f"Item {sku}", "fresh" if n % 3 else "dry", "q-gen" if n % 4 == 3 else "q-food",
            (Gtin(gtin13(int(sku)).zfill(14)),), unit="kg" if sku in WEIGHED else "each",
            more=ItemMore(ItemRules(deposit=DEPOSIT)) if n % 5 == 0 else reference.NO_MORE,
        )
        for n, sku in enumerate(GOODS)
    ]  # fmt: skip
    items += [
        ItemDoc(DEPOSIT, "Deposit", "dry", "q-food", (), more=ItemMore(sort=LineSort.DEPOSIT)),
        ItemDoc(EMPTIES, "Empties", "dry", "q-food", (), more=ItemMore(sort=LineSort.DEPOSIT_BACK)),
    ]
    masterdata.put_products(hq, items)
    minor = [(sku, 37 + 211 * n) for n, sku in enumerate(GOODS)]
    masterdata.put_prices(
        hq, [PriceIn(ZONE, sku, price, "EUR") for sku, price in [*minor, (DEPOSIT, 25), (EMPTIES, 8)]]
    )
    masterdata.put_prices(hq, [PriceIn(ZONE, sku, price + 11, "EUR", MOMENTS[4]) for sku, price in minor[::2]])
    promotions.put(hq, [PromotionRow(one, (STORE,)) for one in PROMOTIONS])


def till_of(running: RunningHq, folder: Path) -> Any:
    """A till's folder with what HQ published for its store, row by row as the agent writes it."""
    shop = make_shop(folder)
    config = msgspec.structs.replace(shop.config, store=STORE, zone=ZONE, timezone=TZ)
    shop.home.write_config(config)
    rows = {
        scope: running.hq.database.read(lambda conn, scope=scope: feed.page(conn, scope, 0, 2_000).rows)
        for scope in (feed.CATALOGUE, feed.price_scope(ZONE), feed.store_scope(STORE))
    }
    conn = open_rw(shop.home.reference("ref-1.db"), shop.home.keys.file_key("ref-1.db"))
    with transaction(conn):
        for row in (*rows[feed.CATALOGUE], *rows[feed.price_scope(ZONE)]):
            reference.apply_row(conn, row)
        reference.set_cursor(conn, feed.price_scope(ZONE), rows[feed.price_scope(ZONE)][-1].rev, "g1")
    conn.close()
    shop.put_rows(*(row for row in rows[feed.store_scope(STORE)] if row.kind in link.STORE_KINDS))
    return shop


@pytest.fixture(scope="module", params=["document", "line"])
def counter(
    request: pytest.FixtureRequest, running: RunningHq, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[AtTill, ManualClock, httpx.Client]]:
    """A real till, its clock, and an online channel's way to HQ."""
    publish(running, request.param)
    clock = ManualClock(MOMENTS[0])
    with (
        at_till(till_of(running, tmp_path_factory.mktemp("till") / "t1"), clock) as at,
        running.as_role(Role.SERVICE) as web,
    ):
        at.sign_in("9876")
        yield at, clock, web


def said_by_hq(web: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
    answer = web.post("/api/quotes", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def cents_of_hq(said: dict[str, Any]) -> dict[str, Any]:
    """What must be equal, in the shape of `cents_of_till`."""
    return {
        "due": said["due_minor"],
        "saved": said["saved_minor"],
        "taxes": [(one["tax_class"], one["rate_ppm"], one["taxable_minor"], one["tax_minor"]) for one in said["taxes"]],
        "gifts": said["gifts_due"],
        "lines": sorted(
            (
                line["sku"], line["qty_milli"], line["unit_minor"], line["amount_minor"],
                [(why["rule"], why["amount_minor"], why["text"], why["until"]) for why in line["reasons"]],
                [(tax["tax_class"], tax["rate_ppm"], tax["tax_minor"]) for tax in line["taxes"]],
            )
            for line in said["lines"]
        ),
    }  # fmt: skip


def cents_of_till(at: AtTill) -> dict[str, Any]:
    sale = at.sale
    lines, totals = [line for line in sale if not line.voided], sale.totals
    shares = quotes.tax_shares(lines, totals.taxes, sale.tax_rounding)
    promoting = at.till.selling.promoting
    assert promoting is not None
    return {
        "due": totals.due_minor,
        "saved": totals.saved_minor,
        "taxes": [(part.tax_class, part.rate_ppm, part.taxable_minor, part.tax_minor) for part in totals.taxes],
        "gifts": [one.promo_id for one in promoting.gifts_due],
        "lines": sorted(
            (
                line.sku, line.qty_milli, line.unit_minor, line.amount_minor,
                [(why.rule, why.amount_minor, why.text, why.until) for why in line.reasons],
                [(rate.tax_class, rate.rate_ppm, shares.get((line.line_id, rate.tax_class), 0)) for rate in line.taxes],
            )
            for line in lines
        ),
    }  # fmt: skip


def rung_up(at: AtTill, basket: Mapping[Sku, int], tier: str, coupons: list[str]) -> None:
    if tier:
        at.till.shopping.attach(Customer(CustomerId("C-1"), "Lena", tier=tier))
    for sku, qty_milli in basket.items():
        added = at.till.selling.add_item(sku)
        assert added.line_id, added
        at.till.selling.set_quantity(added.line_id, qty_milli)
    for code in coupons:
        assert not at.till.selling.scan(code).code.startswith("coupon.un")


BASKETS = st.dictionaries(st.sampled_from([*GOODS, EMPTIES]), st.integers(1, 9), min_size=1, max_size=14)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(BASKETS, st.sampled_from(["", "member", "gold"]), st.booleans(), st.sampled_from(MOMENTS))
def test_a_random_basket_costs_at_hq_what_it_costs_at_the_till(
    counter: tuple[AtTill, ManualClock, httpx.Client], pieces: dict[Sku, int], tier: str, coupon: bool, at_ms: int
) -> None:
    at, clock, web = counter
    basket = {sku: n * (317 if sku in WEIGHED else ONE) for sku, n in pieces.items()}
    coupons = ["save12"] if coupon else []
    clock.wall_ms = at_ms
    rung_up(at, basket, tier, coupons)
    asked = [{"code": sku, "qty_milli": qty_milli} for sku, qty_milli in basket.items()]
    body = {"store": STORE, "lines": asked, "tier": tier, "coupons": coupons, "at_ms": at_ms}
    said = said_by_hq(web, body)
    rung = cents_of_till(at)
    at.till.selling.void_sale("another basket")
    assert cents_of_hq(said) == rung
    assert said["due_minor"] == sum(line["amount_minor"] for line in said["lines"]) + sum(
        tax["tax_minor"] for tax in said["taxes"] if not tax["included"]
    )


def test_what_was_quoted_is_what_is_paid(counter: tuple[AtTill, ManualClock, httpx.Client]) -> None:
    at, clock, web = counter
    clock.wall_ms = MOMENTS[5]
    basket = dict.fromkeys(GOODS, 2 * ONE)
    rung_up(at, basket, "gold", ["SAVE12"])
    said = said_by_hq(
        web,
        {
            "store": STORE, "tier": "gold", "coupons": ["SAVE12"], "at_ms": MOMENTS[5],
            "lines": [{"code": gtin13(int(sku)), "qty_milli": 2 * ONE} for sku in GOODS],
        },
    )  # fmt: skip
    paid = at.pay_cash(100_000)
    (_, _, sold) = journal(at.shop, "sale.completed")[-1]
    assert paid.total_minor == said["due_minor"] == sold["total_minor"]
    assert sum(tax["tax_minor"] for tax in sold["taxes"]) == sum(tax["tax_minor"] for tax in said["taxes"])  # type: ignore[union-attr, index]
    assert {why["rule"] for line in said["lines"] for why in line["reasons"]} >= {"promo:q1", "promo:q8"}
    assert {why["until"] for line in said["lines"] for why in line["reasons"]} >= {"", "18:00"}  # of the happy hour


# ── golden vectors ───────────────────────────────────────────────────────────────────────────────


def at_route(case: dict[str, Any]) -> bool:
    """What people do by hand, and what comes back, is no part of a quote."""
    lines = case["lines"]
    whole = all(line.get("milli", ONE) % ONE == 0 or line.get("unit") == "kg" for line in lines)
    return BY_HAND.isdisjoint(case) and whole and not any("off" in line or "back" in line for line in lines)


GOLDEN = [case for case in VECTORS if at_route(case)]


def test_most_of_the_golden_vectors_can_be_quoted() -> None:
    assert len(GOLDEN) > len(VECTORS) // 2


def test_golden_vectors_to_the_cent(running: RunningHq) -> None:
    with running.as_role(Role.SERVICE) as web:
        for case in GOLDEN:
            assert quoted(running, web, case) == told(case), case["name"]


def told(case: dict[str, Any]) -> dict[str, Any]:
    expected = case["expect"]
    return {"lines": expected["lines"], "due": expected["due"], "tax": expected.get("tax", {})}


def quoted(running: RunningHq, web: httpx.Client, case: dict[str, Any]) -> dict[str, Any]:
    hq, lines = running.hq, case["lines"]
    masterdata.put_places(hq, [PlaceRow("S0800", "store", "800 Golden", "golden", "UTC", "EUR")])
    rates = {"none": (0, True)} | case.get("rates", {})
    taxes.put_taxes(hq, [TaxChange(name, name, ppm, included) for name, (ppm, included) in rates.items()])
    mixed = {f"mix{n}": line.get("rates") or ["none"] for n, line in enumerate(lines)}
    taxes.put_taxes(hq, [TaxChange(name, name, 0) for name in mixed])
    group = {"rounding": case.get("rounding", "document"), "stands_for": mixed}
    store_settings.change_settings(hq, "S0800", {}, {"tax": group})
    skus = [line.get("sku", f"S{n}") for n, line in enumerate(lines)]
    docs = [
        ItemDoc(Sku(f"{sku}"), "Item", line.get("department", ""), f"mix{n}", (), unit=line.get("unit", "each"))
        for n, (sku, line) in enumerate(zip(skus, lines, strict=True))
    ]
    masterdata.put_products(hq, docs)
    masterdata.put_prices(
        hq, [PriceIn("golden", sku, line["price"], "EUR") for sku, line in zip(skus, lines, strict=True)]
    )
    wanted = [msgspec.convert(one, Promotion) for one in case.get("promotions", ())]
    promotions.put(hq, [PromotionRow(one, ("S0800",)) for one in wanted])
    moment, shopper = case.get("moment", {"weekday": 2, "minute": 720}), case.get("shopper", {})
    at_ms = int(datetime(2026, 11, 23 + moment["weekday"], tzinfo=UTC).timestamp() * 1000) + moment["minute"] * 60_000
    said = said_by_hq(
        web,
        {
            "store": "S0800", "at_ms": at_ms, "tier": shopper.get("tier", ""), "coupons": shopper.get("coupons", []),
            "lines": [{"code": sku, "qty_milli": line.get("milli", ONE)} for sku, line in zip(skus, lines, strict=True)],
        },
    )  # fmt: skip
    promotions.put(hq, [PromotionRow(one, ("S0800",), ended=True) for one in wanted])
    tax = {one["tax_class"]: one["tax_minor"] for one in said["taxes"] if one["tax_class"] != "none"}
    return {"lines": [line["amount_minor"] for line in said["lines"]], "due": said["due_minor"], "tax": tax}


# ── what it costs, and what is refused ───────────────────────────────────────────────────────────


def test_twenty_lines_are_not_more_statements_than_two(shop: Shop, tmp_path: Path) -> None:
    skus = [Sku(f"B{n}") for n in range(20)]
    masterdata.put_products(shop.hq, [ItemDoc(sku, sku, "home", "std", ()) for sku in skus])
    masterdata.put_prices(shop.hq, [PriceIn("north", sku, 999, "EUR") for sku in skus])

    def cost(n: int) -> int:
        asked = Basket(tuple(QuoteLine(sku, 1000) for sku in skus[:n]), store=KNOWN_STORE)
        with statements(shop, tmp_path) as sent:
            assert quotes.quote(shop.hq, asked).totals.due_minor == n * 999
        return sent[0]

    cost(2)  # what is done once per connection
    few, many = cost(2), cost(20)
    assert 0 < many <= few <= 16


def test_a_zone_is_priced_as_its_first_store_with_what_holds_in_all(running: RunningHq) -> None:
    here = Promotion("z1", "here", PercentOff(500_000), Goods(skus=(Sku("LAMP"),)))
    everywhere = Promotion("z2", "everywhere", PercentOff(100_000), Goods(skus=(Sku("LAMP"),)))
    promotions.put(running.hq, [PromotionRow(here, (KNOWN_STORE,)), PromotionRow(everywhere)])
    lines = [{"code": "LAMP", "qty_milli": 1000}]
    with running.as_role(Role.SERVICE) as web:
        assert said_by_hq(web, {"zone": "north", "lines": lines})["due_minor"] == 4950 - 495
        assert said_by_hq(web, {"store": KNOWN_STORE, "lines": lines})["due_minor"] == 2475
    promotions.put(running.hq, [PromotionRow(here, ended=True), PromotionRow(everywhere, ended=True)])


def test_a_coupon_of_a_single_print_counts_and_a_forged_one_does_not(running: RunningHq) -> None:
    promotions.put(running.hq, [PromotionRow(Promotion("p1", "print", PercentOff(100_000), coupon="PRINT"))])
    (text,) = issue(running.hq, "PRINT", 1, 0)
    lines = [{"code": "LAMP", "qty_milli": 1000}]
    with running.as_role(Role.SERVICE) as web:
        assert said_by_hq(web, {"zone": "north", "lines": lines, "coupons": [text]})["due_minor"] == 4455
        forged = web.post(
            "/api/quotes",
            json={
                "zone": "north",
                "lines": lines,
                "coupons": [text[:20] + ("A" if text[20] != "A" else "B") + text[21:]],
            },
        )
        assert (forged.status_code, forged.json()["code"]) == (422, "coupon.forged")
    promotions.put(
        running.hq, [PromotionRow(Promotion("p1", "print", PercentOff(100_000), coupon="PRINT"), ended=True)]
    )


LAMP = {"code": "LAMP", "qty_milli": 1000}


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"lines": [{"code": "NOBODY", "qty_milli": 1000}]}, 422, "quote.unknown_item"),
        ({"lines": [LAMP], "store": "S9999"}, 404, "place.unknown"),
        ({"lines": [LAMP], "store": KNOWN_STORE, "zone": "north"}, 422, "quote.one_place"),
        ({"lines": [LAMP], "store": None}, 422, "quote.one_place"),
        ({"lines": [LAMP], "currency": "USD"}, 422, "quote.other_currency"),
        ({"lines": [LAMP | {"qty_milli": 1500}]}, 422, "quote.not_whole"),
        ({"lines": [LAMP | {"qty_milli": -1000}]}, 400, "request.malformed"),
        ({"lines": [LAMP | {"qty_milli": 10**12}]}, 400, "request.malformed"),
        ({"lines": [LAMP] * 201}, 400, "request.malformed"),
        ({"lines": []}, 400, "request.malformed"),
        ({"lines": [{"code": "GOLD", "qty_milli": 999_999_000}]}, 422, "sale.too_large"),
        ({"lines": [{"code": "UNPRICED", "qty_milli": 1000}]}, 422, "quote.no_price"),
        ({"lines": [{"code": "DOLLARS", "qty_milli": 1000}]}, 422, "quote.other_currency"),
        ({"lines": [LAMP], "coupons": ["NOTHING"]}, 422, "coupon.unknown"),
        ({"lines": [LAMP], "coupons": ["OTC:x"]}, 422, "coupon.unreadable"),
    ],
)
def test_what_cannot_be_priced_is_refused_with_its_reason(
    running: RunningHq, wrong: dict[str, Any], status: int, code: str
) -> None:
    masterdata.put_products(
        running.hq, [ItemDoc(Sku(sku), sku, "home", "std", ()) for sku in ("GOLD", "UNPRICED", "DOLLARS")]
    )
    masterdata.put_prices(
        running.hq, [PriceIn("north", "GOLD", 10**12, "EUR"), PriceIn("north", "DOLLARS", 100, "USD")]
    )
    with running.as_role(Role.SERVICE) as web:
        answer = web.post("/api/quotes", json={"store": KNOWN_STORE} | wrong)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert "{" not in answer.json()["message"]


def test_strangers_and_shelf_people_get_no_quote(running: RunningHq) -> None:
    with running.client() as stranger, running.as_role(Role.HQ_VIEWER) as viewer:
        assert stranger.post("/api/quotes", json={"store": KNOWN_STORE, "lines": [LAMP]}).status_code == 401
        assert viewer.post("/api/quotes", json={"store": KNOWN_STORE, "lines": [LAMP]}).status_code == 403
