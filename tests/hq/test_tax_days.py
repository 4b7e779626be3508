"""A rate is planned at head office for a day: it travels at once, tills without days get it when the day has begun everywhere."""

from datetime import UTC, datetime

import msgspec
import pytest

from hq_server.service import feed as pages
from hq_server.service import masterdata, taxes
from hq_server.service.taxes import TaxChange
from hq_server.storage import feed, snapshots
from hq_server.storage.catalogue import PlaceRow
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.roles import Role
from retail_core.durable import engine
from retail_core.durable.taxes import TaxDoc, TaxTable
from retail_core.wire.messages import FeedRow
from sync_agent.hq_client.client import accepts_of
from tests.hq.running import RunningHq
from tests.hq.support import Shop

pytestmark = pytest.mark.xdist_group("hq-departments")
JULY = "2027-07-01"
IN_JULY = TaxChange("std", "Standard 23 %", 230_000, valid_from=JULY)


def ms(day: str, hour: int = 0) -> int:
    return int(datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC).timestamp() * 1000)


def told(shop: Shop, accepts: str) -> FeedRow:
    """The row of the class as a till that says so is given it."""
    page = pages.signed_page(shop.hq, feed.CATALOGUE, 0, 500, pages.parse_accepts(accepts))
    rows = [msgspec.json.decode(line, type=FeedRow) for line in page.body.splitlines()]
    return next(row for row in rows if (row.kind, row.key) == ("tax", "std"))


def doc(row: FeedRow) -> TaxDoc:
    return msgspec.json.decode(row.doc, type=TaxDoc)


def head(shop: Shop) -> int:
    return shop.hq.database.read(lambda conn: feed.head_of(conn, feed.CATALOGUE))


def refusal(shop: Shop, *changes: TaxChange) -> str:
    before = head(shop)
    with pytest.raises(RuleViolationError) as refused:
        taxes.put_taxes(shop.hq, changes)
    assert head(shop) == before
    return refused.value.code


def test_a_planned_rate_travels_at_once_and_an_old_till_reads_the_rate_of_now(shop: Shop) -> None:
    taxes.put_taxes(shop.hq, [IN_JULY])
    new, old = told(shop, accepts_of(feed.CATALOGUE)), told(shop, "item:1,tax:1,price:1")
    assert (new.v, old.v) == (2, 1)
    assert doc(new).on("2027-06-30").rate_ppm == 210_000
    assert doc(new).on(JULY).rate_ppm == 230_000
    assert (doc(old).rate_ppm, doc(old).dated) == (210_000, ())
    before = head(shop)
    taxes.put_taxes(shop.hq, [IN_JULY])  # again
    assert head(shop) == before


def test_an_old_till_gets_the_rate_when_the_day_has_begun_in_every_store(shop: Shop) -> None:
    masterdata.put_places(shop.hq, [PlaceRow("S0900", "store", "900 Far west", "west", "America/Los_Angeles", "USD")])
    taxes.put_taxes(shop.hq, [IN_JULY])
    for at_ms, published, rate_ppm in (
        (ms("2027-06-30", 23), 0, 210_000),
        (ms(JULY, 1), 0, 210_000),  # it is June in the west
        (ms(JULY, 7), 1, 230_000),
        (ms(JULY, 8), 0, 230_000),
    ):
        shop.clock.at_ms = at_ms
        assert taxes.publish_begun(shop.hq) == published
        assert doc(told(shop, "tax:1")).rate_ppm == rate_ppm
    assert (
        doc(told(shop, accepts_of(feed.CATALOGUE))).on("2027-06-30").rate_ppm == 210_000
    )  # what comes back, and reports


def test_a_new_till_finds_the_days_in_its_snapshot(shop: Shop) -> None:
    taxes.put_taxes(shop.hq, [IN_JULY])
    shop.hq.home.snapshots.mkdir(exist_ok=True)
    key, path = bytes(32), shop.hq.home.snapshots / "plain.db"
    shop.hq.database.read(lambda conn: snapshots.fill(conn, path, key, "north", "g1"))
    conn = engine.open_ro(path, key)
    assert [TaxTable(conn).rate("std", day).rate_ppm for day in ("2027-06-30", JULY)] == [210_000, 230_000]
    conn.close()


def test_a_rate_that_holds_at_once_leaves_what_is_planned_and_ends_what_has_begun(shop: Shop) -> None:
    taxes.put_taxes(shop.hq, [IN_JULY])
    taxes.put_taxes(shop.hq, [TaxChange("std", "Standard 20 %", 200_000)])
    assert [doc(told(shop, "")).on(day).rate_ppm for day in ("2026-11-23", JULY)] == [200_000, 230_000]
    shop.clock.at_ms = ms(JULY, 12)
    taxes.put_taxes(shop.hq, [TaxChange("std", "Standard 22 %", 220_000)])
    assert doc(told(shop, "")) == TaxDoc("std", "Standard 22 %", 220_000)


def test_a_plan_is_taken_back_or_put_right_before_its_day(shop: Shop) -> None:
    taxes.put_taxes(shop.hq, [IN_JULY])
    other = msgspec.structs.replace(IN_JULY, rate_ppm=240_000)
    assert refusal(shop, other) == "tax.day_taken"
    taxes.put_taxes(shop.hq, [msgspec.structs.replace(IN_JULY, ended=True), other])
    assert doc(told(shop, "")).on(JULY).rate_ppm == 240_000
    taxes.put_taxes(shop.hq, [msgspec.structs.replace(IN_JULY, ended=True)])
    assert doc(told(shop, "")) == TaxDoc("std", "Standard", 210_000)


def test_what_makes_no_sense_is_refused_with_its_reason(shop: Shop) -> None:
    def of(day: str, **other: object) -> TaxChange:
        return msgspec.structs.replace(IN_JULY, valid_from=day, **other)

    assert refusal(shop, of("2026-11-22")) == "tax.day_past"
    assert refusal(shop, of("2027-02-29")) == "tax.bad_day"
    assert refusal(shop, of("2037-12-01")) == "tax.day_too_far"
    assert refusal(shop, IN_JULY, of(JULY, rate_ppm=1)) == "tax.day_twice"
    assert refusal(shop, of(JULY, tax_class="nobody")) == "tax.unknown_class"
    assert refusal(shop, of(JULY, ended=True)) == "tax.not_planned"
    assert refusal(shop, of("2026-11-23", ended=True)) == "tax.day_past"
    assert refusal(shop, TaxChange("std@2027-07-01", "Odd", 1)) == "tax.bad_class"
    many = [of(f"2028-01-{day:02d}") for day in range(1, 18)]
    assert refusal(shop, *many) == "tax.too_many_days"
    taxes.put_taxes(shop.hq, [of("2026-11-23")])  # today still counts
    assert doc(told(shop, "tax:1")).rate_ppm == 230_000


def test_over_the_api(running: RunningHq) -> None:
    class_ = {"tax_class": "dated", "name": "VAT 7 %", "rate_ppm": 70_000}
    soon = datetime.fromtimestamp(running.hq.clock.now_ms() / 1000 + 40 * 86_400, UTC).date().isoformat()
    with running.as_role(Role.HQ_OPERATOR) as office:
        assert office.put("/api/tax", json=[class_, class_ | {"rate_ppm": 80_000, "valid_from": soon}]).json() == {
            "rows": 2
        }
        found = next(one for one in office.get("/api/tax").json()["taxes"] if one["tax_class"] == "dated")
        assert [one["rate_ppm"] for one in (found, *found["dated"])] == [70_000, 70_000, 80_000]
        for wrong, status, code in (
            ({"valid_from": "tomorrow"}, 400, "request.malformed"),
            ({"valid_from": soon, "rate_ppm": -1}, 400, "request.malformed"),
            ({"valid_from": soon, "rate_ppm": 1_000_001}, 400, "request.malformed"),
            ({"valid_from": "2020-01-01"}, 422, "tax.day_past"),
            ({"valid_from": soon, "rate_ppm": 90_000}, 422, "tax.day_taken"),
        ):
            answer = office.put("/api/tax", json=[class_ | wrong])
            assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
