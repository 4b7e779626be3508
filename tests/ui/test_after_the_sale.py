"""What can be done with a sale that is over: papers of it, and undoing it whole."""

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget

from pos_app.receipts.facts import ReceiptData
from pos_app.receipts.layout import receipt_document
from pos_app.receipts.text import render
from pos_app.storage.spool import PrintJob
from retail_core.durable.engine import open_ro
from retail_core.trust.receipts import read_receipt
from tests.support.shop import ITEMS, MANAGER_PIN
from tests.ui.conftest import Cashier
from tests.ui.test_returns_screen import sold

MILK, WATER = ITEMS[0], ITEMS[2]


def spooled(at: Cashier, kind: str) -> list[ReceiptData]:
    home = at.shop.home
    conn = open_ro(home.till_db, home.keys.file_key("till.db"))
    rows = conn.execute("SELECT document FROM spool WHERE kind = ? ORDER BY job", (kind,)).fetchall()
    conn.close()
    return [msgspec.json.decode(document, type=ReceiptData) for (document,) in rows]


def to_returns(at: Cashier) -> None:
    at.key(Qt.Key.Key_F7)
    at.until(lambda: at.workplace.returns.after.last is not None)


def test_a_gift_receipt_says_no_price_and_its_code_still_takes_the_goods_back(at_work: Cashier) -> None:
    receipt = sold(at_work, MILK.code, WATER.code)
    to_returns(at_work)
    at_work.press("paper_gift")
    at_work.until(lambda: "without prices" in at_work.notice)
    (gift,) = spooled(at_work, "gift")
    said = render(receipt_document(gift))
    assert "GIFT RECEIPT" in said
    assert MILK.name in said
    assert not any(price in said for price in ("1.19", "0.89", "2.08", "TOTAL", "Cash"))
    code = _code_on(at_work, receipt, gift=True)
    assert read_receipt(code, at_work.shop.hq_key.public_text).gift
    at_work.wedge_scan(code)
    at_work.until(lambda: at_work.till.returning.draft is not None)
    at_work.wedge_scan(MILK.code)
    assert at_work.shown("to_give_back") == "as paid"
    at_work.key(Qt.Key.Key_F9)
    assert at_work.to_pay == "€ −1.19"


def _code_on(at: Cashier, receipt: str, *, gift: bool) -> str:
    home = at.shop.home
    conn = open_ro(home.till_db, home.keys.file_key("till.db"))
    body, at_ms = conn.execute("SELECT body, at FROM event WHERE type = 'sale.completed'").fetchone()
    conn.close()
    job = PrintJob(1, "gift", receipt, b"", "QUEUED", 0, fact=body, sold_ms=at_ms)  # pyright: ignore[reportArgumentType]
    return at.till.receipt_codes.code_of(job.fact, job.sold_ms, gift=gift)


def test_the_receipt_is_saved_as_a_file_also_when_it_was_not_printed(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.workplace.pay.open()
    at_work.workplace.pay.pay(500, with_paper=False)
    at_work.until(lambda: at_work.selling.sale is None)
    to_returns(at_work)
    at_work.press("paper_pdf")
    at_work.until(lambda: "was saved as" in at_work.notice)
    (file,) = (at_work.shop.home.folder / "receipts").glob("*.pdf")
    assert file.read_bytes().startswith(b"%PDF")
    at_work.press("paper_copy")
    at_work.until(lambda: len(spooled(at_work, "receipt")) == 1)
    (copy,) = spooled(at_work, "receipt")
    assert (copy.copy, copy.lines[0].name, copy.total_minor) == (True, MILK.name, 119)


def test_the_last_sale_is_reversed_with_a_second_person_beside_the_screen(at_work: Cashier) -> None:
    receipt = sold(at_work, MILK.code)
    to_returns(at_work)
    at_work.key(Qt.Key.Key_F3)
    assert at_work.workplace.approving.asks
    at_work.type(f"{MANAGER_PIN}⏎")
    at_work.until(lambda: "goes back" in at_work.notice)
    assert len(spooled(at_work, "receipt")) == 2
    said = render(receipt_document(spooled(at_work, "receipt")[1]))
    assert f"Reverses receipt {receipt}" in said
    at_work.wedge_scan(_code_on(at_work, receipt, gift=False))
    at_work.until(lambda: "was reversed whole" in at_work.notice)
    at_work.key(Qt.Key.Key_F3)
    at_work.until(lambda: "cannot be reversed" in at_work.notice)


def test_papers_of_an_open_receipt_are_one_key_away(at_work: Cashier) -> None:
    receipt = sold(at_work, MILK.code)
    sold(at_work, WATER.code)
    to_returns(at_work)
    at_work.type(f"{receipt}⏎")
    at_work.until(lambda: at_work.till.returning.draft is not None)
    at_work.key(Qt.Key.Key_F5)
    assert at_work.shown("after_number") == receipt
    buttons = {w.objectName() for w in at_work.workplace.returns.widget.findChildren(QWidget) if w.isVisible()}
    assert {"paper_copy", "paper_gift", "paper_pdf"} <= buttons
    assert "paper_reverse" not in buttons


# ── papers that name somebody ────────────────────────────────────────────────────────────────────


def test_a_full_invoice_is_asked_for_typed_and_printed_with_keys_alone_and_once(at_work: Cashier) -> None:
    receipt = sold(at_work, MILK.code)
    to_returns(at_work)
    at_work.control(Qt.Key.Key_I)
    at_work.until(lambda: receipt in at_work.shown("form_text"))
    at_work.type("Fischer GmbH⏎Main Street 1⏎⏎⏎")
    at_work.until(lambda: "street and town" in at_work.notice)
    assert spooled(at_work, "invoice") == []
    town = at_work.workplace.returns.widget.findChild(QLineEdit, "field_town")
    assert isinstance(town, QLineEdit)
    town.setFocus()
    at_work.type("10115 Berlin⏎DE123456789⏎")
    at_work.until(lambda: "is printed" in at_work.notice)
    (job,) = spooled(at_work, "invoice")
    assert (job.invoice_no, job.receipt_no) == ("S0319-T1-A-I000001", receipt)
    at_work.press("paper_pdf")
    at_work.until(lambda: "its invoice were saved" in at_work.notice)
    assert {file.name for file in (at_work.shop.home.folder / "receipts").iterdir()} == {
        f"{receipt}.pdf", "S0319-T1-A-I000001.pdf",
    }  # fmt: skip
    at_work.press("paper_invoice")
    at_work.until(lambda: "marked as a copy" in at_work.notice)
    assert [job.copy for job in spooled(at_work, "invoice")] == [False, True]


def test_a_receipt_is_mailed_by_typing_where_to_and_selling_goes_on_at_once(at_work: Cashier) -> None:
    sold(at_work, MILK.code)
    to_returns(at_work)
    at_work.press("paper_mail")
    at_work.type("4111111111111111@example.org⏎")
    at_work.until(lambda: "card" in at_work.notice)
    at_work.key(Qt.Key.Key_Escape)
    at_work.press("paper_mail")
    at_work.type("lena at example⏎")
    at_work.until(lambda: "is not an e-mail address" in at_work.notice)
    at_work.key(Qt.Key.Key_Escape)
    at_work.control(Qt.Key.Key_E)
    at_work.type("lena@example.org⏎")
    at_work.until(lambda: "lena@example.org" in at_work.notice)
    at_work.key(Qt.Key.Key_Escape)
    at_work.wedge_scan(WATER.code)
    assert at_work.to_pay == "€ 0.89"


def test_papers_are_those_of_the_newest_sale_however_fast_the_keys_come(at_work: Cashier) -> None:
    sold(at_work, MILK.code)
    to_returns(at_work)
    at_work.key(Qt.Key.Key_Escape)
    newest = sold(at_work, WATER.code)
    at_work.key(Qt.Key.Key_F7)
    at_work.control(Qt.Key.Key_E)
    at_work.until(lambda: newest in at_work.shown("form_text"))


def test_a_receipt_scanned_while_an_invoice_is_asked_for_opens_and_the_form_goes_away(at_work: Cashier) -> None:
    receipt = sold(at_work, MILK.code)
    to_returns(at_work)
    at_work.press("paper_mail")
    at_work.wedge_scan(_code_on(at_work, receipt, gift=False))
    at_work.until(lambda: at_work.till.returning.draft is not None)
    at_work.key(Qt.Key.Key_F5)
    assert at_work.shown("after_number") == receipt
    asked_for = at_work.workplace.returns.widget.findChild(QLineEdit, "field_to")
    assert isinstance(asked_for, QLineEdit)
    assert not asked_for.isVisible()
