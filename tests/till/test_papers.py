"""Papers that name somebody: one full invoice of a sale under a number of its own, and receipts owed by e-mail."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from pos_app.devices.sim.printer import PrinterSim
from pos_app.receipts.facts import ReceiptData
from pos_app.service.outcome import PaidSale
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.paper_events import Buyer, Mail
from retail_core.durable.engine import open_ro
from retail_core.durable.journal import erase_private
from tests.support.shop import ITEMS, MANAGER_PIN, AtTill, Shop, at_till, make_shop
from tests.till.test_spool import ask, printing_on

MILK, WATER = ITEMS[0], ITEMS[2]
FISCHER = Buyer("Fischer GmbH", "Main Street 1", "10115 Berlin", "DE123456789")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


def table(shop: Shop, sql: str) -> list[tuple[Any, ...]]:
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    rows = conn.execute(sql).fetchall()
    conn.close()
    return rows


def sold(at: AtTill, *codes: str) -> PaidSale:
    return at.scan(*codes).pay_cash(100_00)


def invoice(at: AtTill, receipt: str, buyer: Buyer = FISCHER) -> str:
    operator = at.till.selling.signed_in()
    return at.done(lambda done, failed: at.till.papers.invoice(receipt, buyer, operator, done, failed))


def again(at: AtTill, receipt: str) -> str:
    operator = at.till.selling.signed_in()
    return at.done(lambda done, failed: at.till.papers.invoice_again(receipt, operator, done, failed))


def mail(at: AtTill, receipt: str, to: str) -> str:
    operator = at.till.selling.signed_in()
    return at.done(lambda done, failed: at.till.papers.mail(receipt, to, operator, done, failed))


def papers(at: AtTill, receipt: str) -> tuple[ReceiptData, ...]:
    return at.done(lambda done, failed: at.till.papers.data(receipt, done, failed))


def why(act: Callable[[], object]) -> str:
    with pytest.raises(RuleViolationError) as refusal:
        act()
    return refusal.value.code


# ── invoices ─────────────────────────────────────────────────────────────────────────────────────


def test_invoices_are_numbered_by_themselves_without_gaps_also_over_a_restart(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        receipts = [sold(at, MILK.code).receipt_no for _ in range(4)]
        assert invoice(at, receipts[2]) == "S0319-T1-A-I000001"
        assert why(lambda: invoice(at, receipts[3], Buyer("Fischer", "", "Berlin"))) == "invoice.incomplete"
        assert why(lambda: invoice(at, "S0319-T1-A-000099")) == "return.unknown_receipt"
    with at_till(shop) as at:
        at.sign_in()
        assert invoice(at, receipts[0]) == "S0319-T1-A-I000002"
    assert table(shop, "SELECT receipt, counter FROM invoice ORDER BY counter") == [(receipts[2], 1), (receipts[0], 2)]


def test_a_sale_has_one_invoice_and_asking_again_prints_a_copy_of_it(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        receipt = sold(at, MILK.code).receipt_no
        assert again(at, receipt) == ""
        number = invoice(at, receipt)
        assert why(lambda: invoice(at, receipt, Buyer("Another", "Street 2", "Town"))) == "invoice.exists"
        assert again(at, receipt) == number
        assert why(lambda: again(at, "S0319-T1-A-000099")) == "return.unknown_receipt"
    jobs = [
        msgspec.json.decode(d, type=ReceiptData)
        for (d,) in table(shop, "SELECT document FROM spool WHERE kind = 'invoice'")
    ]
    assert [(job.invoice_no, job.copy) for job in jobs] == [(number, False), (number, True)]
    assert table(shop, "SELECT count(*) FROM event WHERE type = 'invoice.issued'") == [(1,)]
    ((body,),) = table(shop, "SELECT body FROM event WHERE type = 'audit.receipt_reprinted'")
    assert number.encode() in body


def test_the_printer_writes_the_buyer_and_nothing_but_the_erasable_part_knows_him(shop: Shop) -> None:
    with PrinterSim() as sim, at_till(shop) as at:
        at.sign_in()
        receipt = sold(at, MILK.code, WATER.code).receipt_no
        number = invoice(at, receipt)
        with printing_on(at, sim.port):
            assert sim.wait_for(lambda: len(sim.jobs) == 2)
        paper = sim.jobs[-1].text
        today = datetime.fromtimestamp(at.till.clock.now_ms() / 1000, UTC).astimezone(ZoneInfo("Europe/Berlin"))
        for line in (f"INVOICE {number}", f"Issued on {today:%Y-%m-%d}", *FISCHER.lines, receipt, "VAT 9 %", "2.08"):
            assert line in paper
        plain, full = papers(at, receipt)
        assert (plain.invoice_no, full.invoice_no, full.buyer) == ("", number, FISCHER.lines)
        for where in ("SELECT body FROM event", "SELECT document FROM spool"):
            assert not any(b"Fischer" in blob for (blob,) in table(shop, where))
        ((event_id,),) = table(shop, "SELECT event_id FROM invoice")
        ask(at, lambda conn: erase_private(conn, event_id))
        assert papers(at, receipt)[1].buyer == ()
        assert again(at, receipt) == number  # it can still be printed, it names nobody


def test_a_sale_that_was_reversed_gets_no_invoice_and_its_reversal_a_credit_note(shop: Shop) -> None:
    with PrinterSim() as sim, at_till(shop) as at:
        at.sign_in(MANAGER_PIN)
        receipt = sold(at, MILK.code).receipt_no
        last = at.done(at.till.post_voiding.look)
        undone = at.done(lambda done, failed: at.till.post_voiding.reverse(last, done, failed))
        assert why(lambda: invoice(at, receipt)) == "receipt.voided"
        number = invoice(at, undone.receipt_no)
        with printing_on(at, sim.port):
            assert sim.wait_for(lambda: len(sim.jobs) == 3)
        assert f"CREDIT NOTE {number}" in sim.jobs[-1].text


# ── e-mail ───────────────────────────────────────────────────────────────────────────────────────


def test_a_receipt_by_mail_is_a_fact_of_the_journal_and_nothing_waits_for_a_network(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        receipt = sold(at, MILK.code).receipt_no
        assert mail(at, receipt, " lena@example.org ") == "lena@example.org"
        assert why(lambda: mail(at, receipt, "lena at example")) == "mail.bad_address"
        assert why(lambda: mail(at, "S0319-T1-A-000099", "lena@example.org")) == "return.unknown_receipt"
    ((body, part),) = table(
        shop, "SELECT e.body, p.part FROM event e JOIN private p ON p.id = e.id WHERE e.type = 'mail.wanted'"
    )
    wanted = msgspec.json.decode(part, type=Mail)
    assert (receipt.encode() in body, b"lena" in body) == (True, False)
    assert (wanted.to, receipt in wanted.subject) == ("lena@example.org", True)
    assert (MILK.name in wanted.text, "1.19" in wanted.text, "[" in wanted.text) == (True, True, False)
