"""Machines as head office sees them: who was heard, what waits, whose clock is off, whose facts are in quarantine."""

from hq_server.service.ingest import take
from hq_server.service.machines import machines
from hq_server.storage import access
from hq_server.storage.access import Contact
from hq_server.web.machines_page import row_of
from hq_server.web.metrics import Metrics
from retail_core.domain.roles import Role
from tests.hq.running import RunningHq
from tests.hq.support import NOON_MS, STORE, Shop, enrolled

HOUR_MS = 3_600_000


def heard(shop: Shop, node: str, seen_ms: int, offset_ms: int = 0, queued: int = 0, oldest_ms: int = 0) -> None:
    contact = Contact(STORE, node, seen_ms, offset_ms, queued, oldest_ms)
    shop.hq.database.write(lambda unit: access.note_contact(unit, contact))


def test_whoever_should_be_looked_at_comes_first(shop: Shop) -> None:
    for register in ("T1", "T2", "T3", "T4"):
        enrolled(shop.hq, f"agent-{register}", role="agent", register=register)
    heard(shop, "agent-T1", NOON_MS)
    heard(shop, "agent-T2", NOON_MS - HOUR_MS, queued=37, oldest_ms=NOON_MS - HOUR_MS)
    heard(shop, "agent-T3", NOON_MS, offset_ms=-90_000)
    odd = enrolled(shop.hq, "till-T4", register="T4")
    odd.says_raw("sale.of_tomorrow", 1, b"{}")
    take(shop.hq, shop.contacts, odd.node, *odd.batch())
    rows = [row_of(one) for one in machines(shop.hq)]
    assert [row.name for row in rows] == ["T4 · till", "T2 · agent", "T3 · agent", "T4 · agent", "T1 · agent"]
    by_name = {row.name: row for row in rows}
    assert (by_name["T4 · till"].quarantined, by_name["T4 · till"].quarantined_tone) == ("1", "error")
    late = by_name["T2 · agent"]
    assert (late.heard, late.queued, late.waits) == ("1 h ago", "37", "1 h")
    assert (by_name["T3 · agent"].clock, by_name["T3 · agent"].clock_tone) == ("-90.0 s", "warn")
    assert by_name["T4 · agent"].heard == "never heard"
    metrics = Metrics()
    metrics.show_machines(machines(shop.hq))
    text = metrics.text().decode()
    for line in ('omnitill_machines{state="silent"} 2.0', "omnitill_machines_queued 37.0", "omnitill_quarantined 1.0"):
        assert line in text


def test_the_page_is_for_those_who_see_today_and_the_figures_are_in_the_metrics(running: RunningHq) -> None:
    with running.client() as stranger, running.as_role(Role.HQ_ADMIN) as admin:
        assert stranger.get("/machines").status_code == 303
        assert "omnitill_machines{" in admin.get("/metrics").text
