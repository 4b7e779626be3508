"""What a full disk did not take is written as soon as there is room, each act under the name of whoever did it."""

from pathlib import Path

import pytest

from pos_app.storage.store import TillStore
from tests.support.shop import ITEMS, MANAGER_BADGE, AtTill, at_till, make_shop
from tests.till.test_approving import journal

MILK, CHICKEN = ITEMS[:2]
FULL = "CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'disk full'); END"


def disk(at: AtTill, statement: str) -> None:
    def work(store: TillStore) -> None:
        store.conn.execute(statement)

    at.done(lambda done, failed: at.till.writer.submit(work, done, failed))


def void_first(at: AtTill) -> None:
    at.till.selling.void_line(at.sale.lines[0].line_id)


@pytest.mark.expects_log
def test_nobody_answers_for_what_another_did_while_the_disk_was_full(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t1")
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code, CHICKEN.code)
        disk(at, FULL)
        void_first(at)
        at.till.signing_in.sign_in_by_badge(MANAGER_BADGE, at.till.signed_in, lambda refused: pytest.fail(str(refused)))
        disk(at, "DROP TRIGGER full")
        at.till.selling.void_line(at.sale.lines[1].line_id)
        at.till.signing_in.sign_out()
    voided = [(who, body["subject"]) for _, who, body in journal(shop, "audit.line_voided")]
    assert voided == [("op-1", MILK.sku), ("op-2", CHICKEN.sku)]
    came = [
        (type_.removeprefix("audit.signed_"), who)
        for type_, who, _ in journal(shop, "audit.signed_in", "audit.signed_out")
    ]
    assert came == [("in", "op-1"), ("out", "op-1"), ("in", "op-2"), ("out", "op-2")]
