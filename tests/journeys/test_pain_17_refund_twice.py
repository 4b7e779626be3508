"""Pain 17: goods are refunded twice, or more of them than were sold.

Sources: Odoo pull requests 272408, 271109 and 281405 (all mid-2026), issue 199072; OCA pos issue 1015 (the second refund is
dropped without a word); WooCommerce issue 28856. Here what is left of a receipt's line is a check of the table itself,
written with the sale the goods come back on; a receipt from elsewhere is believed by its signature alone; and whatever
is refused says so in a sentence, with nothing lost.
"""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from pos_app.till import Till
from retail_core.domain.ids import Sku
from retail_core.domain.receipts import FoundReceipt, PaidLine, PaidReceipt, PaidTender
from retail_core.durable.engine import open_ro
from retail_core.durable.system import SystemClock
from retail_core.trust.keys import SigningKey
from retail_core.trust.receipts import ReceiptSigner, certify
from tests.agent.support import Lan, agent, until
from tests.journeys.windows import window
from tests.support.shop import ITEMS, MANAGER_PIN, Shop, at_till
from tests.till.test_returns import FOOD
from tests.ui.conftest import Cashier
from tests.ui.test_after_the_sale import to_returns
from tests.ui.test_returns_screen import code_of, opened, rows, sold

MILK, WATER, THROW = ITEMS[0], ITEMS[2], ITEMS[6]

SOLD_S = 1_764_000_000

pytestmark = pytest.mark.usefixtures("dressed")


def given_back(shop: Shop) -> int:
    """What went back to customers in all, as the sales have it."""
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    try:
        (total,) = conn.execute(
            "SELECT coalesce(-sum(amount_minor), 0) FROM sale_line WHERE amount_minor < 0"
        ).fetchone()
        return total
    finally:
        conn.close()


def bring_back(at: Cashier, code: str, *goods: str) -> None:
    """Scan the receipt and what comes back of it, and put that on the sale."""
    at.wedge_scan(code)
    opened(at)
    for label in goods:
        at.wedge_scan(label)
    at.key(Qt.Key.Key_F9)
    assert at.screen == "sell"


def pay_back(at: Cashier) -> None:
    before = at.selling.last_paid
    at.key(Qt.Key.Key_F12)
    at.until(lambda: at.selling.sale is None and at.selling.last_paid is not before)


def refused(at: Cashier, code: str, says: str) -> None:
    at.wedge_scan(code)
    at.until(lambda: says in at.notice)
    assert at.till.returning.draft is None
    at.key(Qt.Key.Key_Escape)


def test_a_receipt_is_used_up_piece_by_piece_and_then_takes_nothing_back(at_work: Cashier) -> None:
    code = code_of(at_work, sold(at_work, WATER.code, WATER.code))
    bring_back(at_work, code, WATER.code)
    pay_back(at_work)
    bring_back(at_work, code, WATER.code)
    pay_back(at_work)
    refused(at_work, code, "has come back")
    assert given_back(at_work.shop) == 2 * WATER.price_minor


def test_more_than_was_bought_cannot_be_ticked_however_often_it_is_scanned(at_work: Cashier) -> None:
    code = code_of(at_work, sold(at_work, MILK.code))
    at_work.wedge_scan(code)
    opened(at_work)
    for _ in range(5):
        at_work.wedge_scan(MILK.code)
    assert "Nothing more" in at_work.notice
    at_work.key(Qt.Key.Key_F9)
    assert at_work.to_pay == "€ −1.19"
    at_work.wedge_scan(code)  # it is on the sale already, though nothing is paid back yet
    at_work.until(lambda: "has come back" in at_work.notice or "is left" in at_work.notice)
    at_work.key(Qt.Key.Key_Escape)
    pay_back(at_work)
    assert given_back(at_work.shop) == MILK.price_minor


def test_of_two_baskets_with_the_same_goods_one_is_written_and_the_other_says_why_not(at_work: Cashier) -> None:
    code = code_of(at_work, sold(at_work, WATER.code))
    bring_back(at_work, code, WATER.code)
    at_work.key(Qt.Key.Key_F8)  # aside, where nobody sees it
    at_work.until(lambda: not at_work.lines)
    bring_back(at_work, code, WATER.code)
    pay_back(at_work)
    at_work.key(Qt.Key.Key_F8)
    at_work.until(lambda: at_work.names() == [WATER.name])
    at_work.key(Qt.Key.Key_F12)
    at_work.until(lambda: "more" in at_work.notice.lower())
    assert at_work.names() == [WATER.name]  # nothing is lost: the cashier takes it off
    assert given_back(at_work.shop) == WATER.price_minor


def test_a_sale_that_was_reversed_pays_nobody_a_second_time(at_work: Cashier) -> None:
    code = code_of(at_work, sold(at_work, MILK.code))
    to_returns(at_work)
    at_work.key(Qt.Key.Key_F3)
    at_work.type(f"{MANAGER_PIN}⏎")
    at_work.until(lambda: "Reversed as" in at_work.notice)
    refused(at_work, code, "was reversed whole")
    assert given_back(at_work.shop) == MILK.price_minor


def test_what_came_back_is_known_after_the_till_was_switched_off(qtbot: QtBot, shop: Shop) -> None:
    with window(qtbot, shop) as at:
        code = code_of(at, sold(at, WATER.code, MILK.code))
        bring_back(at, code, WATER.code)
        pay_back(at)
    with window(qtbot, shop) as at:
        at.wedge_scan(code)
        opened(at)
        assert [row.split(", ")[1] for row in rows(at)] == ["nothing left of 1", "1 of 1 left"]
        at.wedge_scan(WATER.code)
        assert "Nothing more" in at.notice


def made_by(shop: Shop, key: SigningKey, hq_key: SigningKey, number: str, line: PaidLine) -> str:
    """The code of a receipt as a till with `key` writes it, certified by whoever has `hq_key`."""
    paid = PaidReceipt(number, SOLD_S, "EUR", line.amount_minor, (PaidTender("cash", line.amount_minor),), (line,))
    certificate = certify(hq_key, number.rsplit("-", 2)[0], key.public_text)
    return ReceiptSigner(key, certificate, shop.hq_key.public_text).text(paid)


def of_another_store(shop: Shop) -> str:
    line = PaidLine(1, Sku(MILK.sku), 1000, MILK.price_minor, (FOOD,))
    return made_by(shop, SigningKey.new(), shop.hq_key, "S0324-T9-C-000007", line)


def test_a_receipt_of_another_store_is_paid_back_once_here_with_no_network(at_work: Cashier) -> None:
    code = of_another_store(at_work.shop)
    bring_back(at_work, code, MILK.code)
    pay_back(at_work)
    refused(at_work, code, "has come back")
    assert given_back(at_work.shop) == MILK.price_minor


def test_a_receipt_somebody_made_up_pays_nothing(at_work: Cashier) -> None:
    good = of_another_store(at_work.shop)
    middle = len(good) // 2
    at_work.wedge_scan(good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1 :])
    at_work.until(lambda: at_work.notice)
    assert at_work.till.returning.draft is None
    own, dear = SigningKey.new(), PaidLine(1, Sku(THROW.sku), 1000, 500_000, (FOOD,))
    refused(at_work, made_by(at_work.shop, own, own, "S0319-T1-A-000001", dear), "not written by")
    assert given_back(at_work.shop) == 0


# ── two tills of a store, head office away ───────────────────────────────────────────────────────


def known_to(at: Cashier, receipt: str) -> bool:
    """True once the store's other machine tells this till of a receipt."""
    told: list[FoundReceipt | None] = []
    at.till.elsewhere.ask(receipt, told.append)
    at.until(lambda: told)
    return told[0] is not None


def parts_back(till: Till, receipt: str) -> int:
    told = till.links.shared_returns(receipt)
    return len(told.parts) if told else 0


def test_what_came_back_at_one_till_does_not_come_back_at_another(qtbot: QtBot, tmp_path: Path) -> None:
    lan = Lan(tmp_path)
    first, second = lan.machine("T1", store_role=True), lan.machine("T2")
    lan.introduce()
    with (
        agent(first.home),
        agent(second.home),
        at_till(first) as one,
        window(qtbot, second, clock=SystemClock()) as two,
    ):
        receipt = one.sign_in().scan(MILK.code, WATER.code).pay_cash(500).receipt_no
        until(lambda: known_to(two, receipt), why="the other till can ask for it")
        two.key(Qt.Key.Key_F7)
        two.type(f"{receipt}⏎")
        opened(two)
        two.wedge_scan(MILK.code)
        two.key(Qt.Key.Key_F9)
        pay_back(two)
        until(lambda: parts_back(one.till, receipt) == 1, why="the first till hears of it")
        draft = one.done(lambda done, failed: one.till.returning.open(receipt, done, failed))
        assert [line.left_milli for line in draft.lines.values()] == [0, 1000]
        one.till.returning.scan(WATER.code)
        one.till.returning.take()
        one.pay_cash(0)
        until(lambda: parts_back(two.till, receipt) == 2, why="the second till hears of it")
        two.key(Qt.Key.Key_F7)
        two.type(f"{receipt}⏎")
        two.until(lambda: "has come back" in two.notice)
    assert given_back(first) + given_back(second) == MILK.price_minor + WATER.price_minor
