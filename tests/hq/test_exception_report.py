"""The exception report at HQ: read from the facts of every till, once each, by store and cashier."""

import msgspec
import pytest

from hq_server.service.ingest import take
from hq_server.storage import cashier_acts
from hq_server.storage.cashier_acts import CashierActs
from retail_core.domain.cashier_acts import ActKind
from retail_core.domain.events import AuditNoted
from retail_core.domain.roles import Role
from retail_core.domain.saleline import PriceReason
from tests.hq.running import RunningHq
from tests.hq.support import DAY, OTHER_STORE, STORE, Machine, Shop, enrolled, returned, sale

pytestmark = pytest.mark.xdist_group("hq-exceptions")


def push(shop: Shop, till: Machine) -> None:
    take(shop.hq, shop.contacts, till.node, *till.batch(0, None))


def report(shop: Shop, store: str | None = None, day: str = DAY) -> dict[ActKind, CashierActs]:
    found = shop.hq.database.read(lambda conn: cashier_acts.report(conn, day, day, store))
    return {row.kind: row for row in found}


def test_what_cashiers_did_is_counted_once_however_often_it_comes(shop: Shop) -> None:
    cut = sale("R1", ("THROW", 1, 2999))
    line = msgspec.structs.replace(cut.lines[0], reasons=(PriceReason("manual.line", -500),))
    anyway = sale("R3", ("LAMP", 1, 4950))
    till = enrolled(shop.hq, "till-1").says(
        msgspec.structs.replace(cut, lines=(line,)),
        msgspec.structs.replace(anyway, lines=(msgspec.structs.replace(anyway.lines[0], despite="R0"),)),
        AuditNoted("line_voided", "LAMP", 4950),
        AuditNoted("line_voided", "THROW", 2999),
        AuditNoted("receipt_reprinted", "R1"),
        AuditNoted("signed_in", "op-1"),
        returned("R2", "R1", (1, "THROW", 1, 2999, "sellable")),
    )
    push(shop, till)
    push(shop, till)
    found = report(shop)
    assert {kind: (row.times, row.amount_minor) for kind, row in found.items()} == {
        ActKind.DISCOUNT: (1, 500),
        ActKind.VOID_LINE: (2, 7949),
        ActKind.REPRINT: (1, 0),
        ActKind.SOLD_ANYWAY: (1, 4950),
        ActKind.REFUND: (1, 2999),
    }
    assert found[ActKind.REFUND].sales == 3
    assert report(shop, OTHER_STORE) == {}
    assert report(shop, day="2026-11-22") == {}


def test_over_the_api(running: RunningHq) -> None:
    path = "/api/exception-report"
    with running.as_role(Role.HQ_VIEWER) as viewer, running.as_role(Role.SERVICE) as program:
        assert viewer.get(path, params={"first": DAY, "last": DAY, "store": STORE}).json() == {"acts": []}
        assert viewer.get(path, params={"first": "yesterday", "last": DAY}).status_code == 400
        assert program.get(path, params={"first": DAY, "last": DAY}).status_code == 403
