"""What was found of a receipt elsewhere lies in link.db for the till that asked, and not for long."""

from pathlib import Path

from retail_core.domain.ids import Sku
from retail_core.domain.receipts import BackLine, FoundReceipt, PaidLine, PaidRate, PaidReceipt, PaidTender
from retail_core.durable import link
from retail_core.durable.engine import open_rw, transaction
from retail_core.durable.receipts import KEEP_MS, ReceiptAnswer, put_receipt_answer, receipt_answer


def test_an_answer_is_there_with_its_lines_or_as_a_plain_no_until_nobody_waits(tmp_path: Path) -> None:
    path = tmp_path / "link.db"
    conn = open_rw(path, bytes(32))
    link.prepare_link(conn, path)
    line = PaidLine(1, Sku("1001"), 2000, 238, (PaidRate("food", 90_000, True),), serial="SN-1")
    receipt = PaidReceipt("S0319-T1-A-000001", 1, "EUR", 238, (PaidTender("cash", 238),), (line,))
    found = FoundReceipt(receipt, (BackLine(1, 1000, 119),))
    with transaction(conn):
        put_receipt_answer(conn, "ask-1", found, 1_000)
        put_receipt_answer(conn, "ask-2", None, 1_000)
    assert receipt_answer(conn, "ask-1") == ReceiptAnswer(found)
    assert receipt_answer(conn, "ask-2") == ReceiptAnswer(None)
    assert receipt_answer(conn, "ask-3") is None
    with transaction(conn):
        put_receipt_answer(conn, "ask-3", None, 1_001 + KEEP_MS)
    assert receipt_answer(conn, "ask-1") is None
    conn.close()
