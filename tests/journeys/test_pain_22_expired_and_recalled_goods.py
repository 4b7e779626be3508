"""Pain 22: expired and recalled goods are sold.

Sources: NexoPOS issue 135 (open since 2022), POS-Awesome issue 2470; Odoo only notifies, since 19.1 (pull request 236456);
OCA pos issue 406 (a GS1 DataMatrix is not parsed). Here the label's own fields decide at the till, without a network.
"""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListView

from hq_server.service import goodsrules, masterdata
from hq_server.storage import feed
from hq_server.storage.database import open_embedded
from hq_server.storage.goods import RecallRow
from pos_app.ui.screens.sell.lines import LINE_ROLE
from pos_app.ui.screens.sell.state import LineKind, LineView
from retail_core.domain.goods import AfterBestBefore, Markdown, Recall
from retail_core.domain.ids import Sku
from retail_core.durable.engine import open_ro
from retail_core.durable.link import GoodsRulesDoc
from retail_core.durable.reference import ItemDoc
from retail_core.wire.messages import FeedRow
from tests.hq.support import Shop as Office
from tests.hq.support import open_shop
from tests.support.shop import ITEMS, STORE, row
from tests.ui.conftest import Cashier

MILK, CHICKEN = ITEMS[:2]
GS = "\x1d"
TODAY = "251124"  # the shop's clock stands at 24 November 2025


def datamatrix(code: str, *fields: str) -> str:
    return f"]d201{code.zfill(14)}" + "".join(fields)


def recall(*rows: FeedRow, at: Cashier) -> None:
    """HQ's rows reach link.db by the agent, which wakes the till."""
    at.shop.put_rows(*rows)
    at.till.refresh()


def may_pay(at: Cashier) -> bool:
    return not at.paying.blocked_by()


def test_an_expired_pack_is_stopped_and_everything_else_goes_on(at_work: Cashier) -> None:
    at_work.serial_scan(datamatrix(CHICKEN.code, "17251123", "10L7"))
    (line,) = at_work.lines
    assert (line.stopped, line.lot, line.amount_minor) == ("unit.expired", "L7", 0)
    assert "expired on 23 November 2025" in at_work.notice
    at_work.serial_scan(MILK.code)
    assert at_work.to_pay == "€ 1.19"
    assert not may_pay(at_work)
    at_work.press("action_pay")
    assert at_work.screen == "sell"
    at_work.press("action_void_line")
    assert may_pay(at_work)


def test_goods_are_sold_on_their_last_day_at_a_lower_price_that_is_explained(at_work: Cashier) -> None:
    rules = GoodsRulesDoc(markdowns=(Markdown("Last day", 0, 300_000), Markdown("Tomorrow", 1, 100_000)))
    recall(row("goods_rules", "store", rules), at=at_work)
    at_work.serial_scan(datamatrix(CHICKEN.code, f"17{TODAY}"))
    at_work.serial_scan(datamatrix(CHICKEN.code, "17251125"))
    at_work.serial_scan(datamatrix(CHICKEN.code, "17251130"))
    assert [(line.amount_minor, [r.text for r in line.reasons]) for line in at_work.lines] == [
        (649 - 195, ["Last day"]),
        (649 - 65, ["Tomorrow"]),
        (649, []),
    ]


def test_best_before_is_the_stores_own_choice(at_work: Cashier) -> None:
    at_work.serial_scan(datamatrix(MILK.code, "15251123"))
    assert at_work.lines[0].stopped == "unit.past_best_before"
    at_work.press("action_void_line")
    recall(row("goods_rules", "store", GoodsRulesDoc(after_best_before=AfterBestBefore.SELL)), at=at_work)
    at_work.serial_scan(datamatrix(MILK.code, "15251123"))
    assert at_work.lines[-1].counts
    assert "best before 23 November 2025" in at_work.notice


def test_a_recall_stops_the_unit_that_is_in_the_basket_already(at_work: Cashier) -> None:
    at_work.serial_scan(datamatrix(CHICKEN.code, f"10L7{GS}", "2199"))
    at_work.serial_scan(datamatrix(CHICKEN.code, f"10L8{GS}", "2198"))
    assert may_pay(at_work)
    recall(row("recall", "R-1", Recall("R-1", Sku(CHICKEN.sku), "Salmonella", lots=("L7",))), at=at_work)
    assert [line.stopped for line in at_work.lines] == ["unit.recalled", ""]
    assert at_work.to_pay == "€ 6.49"
    assert "Salmonella" in at_work.notice
    assert not may_pay(at_work)
    recall(FeedRow(2, "recall", "R-1", "del", 1, row("recall", "R-1", None).doc), at=at_work)
    assert may_pay(at_work)


def test_a_recalled_lot_asks_to_look_when_the_bar_code_has_none(at_work: Cashier) -> None:
    recall(row("recall", "R-1", Recall("R-1", Sku(CHICKEN.sku), "Salmonella", lots=("L7",))), at=at_work)
    at_work.serial_scan(CHICKEN.code)
    assert at_work.lines[0].counts
    assert "recalled in lots L7" in at_work.notice
    recall(row("recall", "R-2", Recall("R-2", Sku(CHICKEN.sku), "All of it")), at=at_work)
    assert at_work.lines[0].stopped == "unit.recalled"


def test_the_second_symbol_of_a_pack_may_stop_it(at_work: Cashier) -> None:
    at_work.serial_scan(CHICKEN.code)
    at_work.selling.scan(datamatrix(CHICKEN.code, "17251123"), pairs_with_last=True)
    (line,) = at_work.lines
    assert (line.stopped, line.qty_milli) == ("unit.expired", 1000)
    at_work.serial_scan(MILK.code)
    at_work.workplace.scanned(datamatrix(MILK.code, "10L1"), "counter scanner", pairs=True)
    assert shown(at_work, 1).detail.endswith("lot L1 · 2 codes, 1 unit")
    assert "2 codes, 1 unit" in at_work.notice


def test_the_journal_keeps_lot_serial_and_date_so_that_buyers_can_be_found(at_work: Cashier) -> None:
    at_work.serial_scan(datamatrix(CHICKEN.code, "17261231", f"10L7{GS}", "21S1"))
    at_work.press("action_exact_cash")
    at_work.until(lambda: at_work.selling.last_paid is not None)
    home = at_work.shop.home
    conn = open_ro(home.till_db, home.keys.file_key("till.db"))
    (body,) = conn.execute("SELECT body FROM event WHERE type = 'sale.completed'").fetchone()
    conn.close()
    for fact in (b'"lot":"L7"', b'"serial":"S1"', b'"expiry":"2026-12-31"'):
        assert fact in bytes(body)


# ── from head office to the line ─────────────────────────────────────────────────────────────────


@pytest.fixture
def office(tmp_path: Path):
    """A head office that knows the chicken; its database is closed at the end."""
    database = open_embedded(tmp_path / "hq.db", bytes(range(32)))
    folder = tmp_path / "hq"
    folder.mkdir()
    made = open_shop(database, folder)
    masterdata.put_products(made.hq, [ItemDoc(Sku(CHICKEN.sku), CHICKEN.name, "food", "std", ())])
    yield made
    database.close()


def agent_brings(at: Cashier, office: Office, cursor: int = 0) -> int:
    """Every row of the store's scope above the cursor, into link.db, and one wake; returns the new cursor."""
    page = office.hq.database.read(lambda conn: feed.page(conn, feed.store_scope(STORE), cursor, 500))
    recall(*[one for one in page.rows if one.kind in {"recall", "goods_rules"}], at=at)
    return page.head


def shown(at: Cashier, n: int) -> LineView:
    """Line `n` as the list on the screen has it."""
    lists = at.workplace.shell.findChildren(QListView, "sale_lines")
    return lists[0].model().index(n, 0).data(LINE_ROLE)


def test_a_recall_of_head_office_stops_the_basket_it_finds_and_lets_it_go_when_lifted(
    at_work: Cashier, office: Office
) -> None:
    chicken = Recall("R-2026-17", Sku(CHICKEN.sku), "Salmonella", lots=("L7",))
    at_work.serial_scan(datamatrix(CHICKEN.code, "10L7"))
    at_work.serial_scan(MILK.code)
    at_work.key(Qt.Key.Key_F9)
    assert at_work.screen == "pay"
    goodsrules.put_recall(office.hq, RecallRow(chicken))
    cursor = agent_brings(at_work, office)
    assert at_work.screen == "sell"  # the cashier stands before the line, not before the sum
    assert at_work.selling.selected == at_work.lines[0].line_id
    assert "R-2026-17 · Salmonella" in at_work.notice
    assert (shown(at_work, 0).kind, shown(at_work, 0).amount) == (LineKind.PENDING, "–")
    assert shown(at_work, 0).detail == "Recalled: R-2026-17 · Salmonella · Del takes it off"
    assert at_work.to_pay == "€ 1.19"
    at_work.key(Qt.Key.Key_F12)
    assert at_work.selling.sale is not None
    goodsrules.put_recall(office.hq, RecallRow(chicken, lifted=True))
    agent_brings(at_work, office, cursor)
    assert shown(at_work, 0).kind is LineKind.NORMAL
    assert at_work.to_pay == "€ 7.68"
    at_work.key(Qt.Key.Key_F12)
    at_work.until(lambda: at_work.selling.sale is None)


def test_a_line_to_be_looked_at_says_so_as_long_as_it_stands_there(at_work: Cashier, office: Office) -> None:
    at_work.serial_scan(CHICKEN.code)
    goodsrules.put_recall(office.hq, RecallRow(Recall("R-1", Sku(CHICKEN.sku), "Salmonella", lots=("L7", "L8"))))
    agent_brings(at_work, office)
    assert "recalled in lots L7, L8" in at_work.notice
    assert (shown(at_work, 0).kind, shown(at_work, 0).detail) == (
        LineKind.LOOK,
        "Recalled lots: L7, L8 · check the pack",
    )
    assert "check the pack" in shown(at_work, 0).spoken
    at_work.selling.scan(datamatrix(CHICKEN.code, "10L9"), pairs_with_last=True)
    assert at_work.lines[0].look == ""
    assert may_pay(at_work)


def test_goods_that_expire_over_night_in_an_open_sale_are_not_paid(at_work: Cashier) -> None:
    at_work.serial_scan(datamatrix(CHICKEN.code, f"17{TODAY}"))
    at_work.key(Qt.Key.Key_F9)
    at_work.till.clock.pass_ms(86_400_000)  # type: ignore[attr-defined]
    at_work.key(Qt.Key.Key_F12)
    at_work.until(lambda: at_work.screen == "sell")
    assert at_work.lines[0].stopped == "unit.expired"
    assert at_work.selling.last_paid is None
