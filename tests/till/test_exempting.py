"""A sale without tax at a till: a supervisor agrees, a certificate is named, and journal, receipt and reports say so."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pos_app.receipts import text
from pos_app.receipts.facts import ReceiptData
from pos_app.receipts.layout import receipt_document
from pos_app.receipts.words import receipt_words
from pos_app.service.outcome import OutcomeKind
from pos_app.storage import spool
from retail_core.domain.approvals import Approval, ApprovalNeededError
from retail_core.domain.discounts import Kind
from retail_core.domain.roles import Permission
from retail_core.domain.tax import Exemption, ExemptReason, Rounding
from retail_core.durable.engine import open_ro
from tests.support.shop import ITEMS, AtTill, Shop, at_till, make_shop
from tests.till.test_approving import agree, journal

MILK, CHICKEN = ITEMS[:2]
DIPLOMAT = ExemptReason.DIPLOMAT


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


@pytest.fixture
def at(shop: Shop) -> Iterator[AtTill]:
    with at_till(shop) as made:
        yield made.sign_in()


def ask(at: AtTill, approval: Approval | None = None) -> ApprovalNeededError:
    with pytest.raises(ApprovalNeededError) as needed:
        at.till.discounting.exempt(DIPLOMAT, "d-4711", approval)
    return needed.value


def exempt(at: AtTill) -> None:
    approval = agree(at, ask(at))
    assert at.till.discounting.exempt(DIPLOMAT, "d-4711", approval).kind is OutcomeKind.CHANGED


def printed(shop: Shop, number: str) -> str:
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    job = spool.job_of(conn, number)
    conn.close()
    assert job
    return text.render(receipt_document(msgspec.json.decode(job.document, type=ReceiptData)))


def test_a_supervisor_agrees_and_every_paper_says_why(shop: Shop, at: AtTill) -> None:
    at.scan(CHICKEN.code).scan(MILK.code)  # 6.49 + 1.19 = 7.68, of which 9 % VAT are 0.634
    needed = ask(at)
    assert (needed.permission, needed.act.name) == (Permission.EXEMPT, "D-4711")
    assert at.sale.totals.due_minor == 768
    exempt(at)
    assert at.sale.totals.due_minor == 705
    paid = at.pay_cash(705)
    (_, by, sold) = journal(shop, "sale.completed")[0]
    assert by == "op-1"
    assert sold["exempt"] == {"reason": "diplomat", "certificate": "D-4711", "by": "op-2"}
    assert (sold["total_minor"], sold["taxes"]) == (705, [])
    noted = [(body["amount_minor"], body["reason"], body["by"]) for _, _, body in journal(shop, "audit.sale_exempted")]
    assert noted == [(-63, "diplomat", "op-2")]
    receipt = printed(shop, paid.receipt_no)
    assert "Without tax: Diplomat" in receipt
    assert "Certificate D-4711" in receipt
    assert "VAT" not in receipt


def test_goods_that_come_later_and_a_discount_count_and_it_can_be_taken_back(shop: Shop, at: AtTill) -> None:
    at.scan(CHICKEN.code)
    exempt(at)
    at.scan(MILK.code)
    at.till.discounting.discount_sale(Kind.PERCENT, 100_000)
    assert at.sale.totals.due_minor == 634  # 7.68 − 0.77 = 6.91, of which 0.57
    at.till.discounting.undo_exempt()
    assert at.sale.totals.due_minor == 691
    assert at.till.discounting.undo_exempt().code == "tax.not_exempt"
    at.pay_cash(691)
    assert [body["amount_minor"] for _, _, body in journal(shop, "audit.exemption_undone")] == [57]


def test_after_a_restart_it_is_exempt_still(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().scan(CHICKEN.code)
        exempt(at)
    with at_till(shop) as at:
        at.sign_in()
        assert at.sale.exempt == Exemption("diplomat", "D-4711", "op-2")
        assert at.sale.totals.due_minor == 595


def test_without_a_number_it_is_refused_before_anybody_is_asked(at: AtTill) -> None:
    at.scan(MILK.code)
    assert at.till.discounting.exempt(DIPLOMAT, " ").code == "tax.no_certificate"
    assert at.till.discounting.exempt(DIPLOMAT, "Kim @ home").code == "tax.bad_certificate"
    assert at.sale.exempt is None


def test_goods_of_an_exempt_sale_come_back_for_what_was_paid(shop: Shop, at: AtTill) -> None:
    at.scan(CHICKEN.code)
    exempt(at)
    number = at.pay_cash(595).receipt_no
    draft = at.done(lambda done, failed: at.till.returning.open(number, done, failed))
    draft.tick_all()
    assert at.till.returning.take().kind is OutcomeKind.ADDED
    assert (at.sale.totals.due_minor, at.sale.totals.tax_minor) == (-595, 0)


def test_a_store_that_rounds_by_line_says_so_once_for_all_its_tills(shop: Shop) -> None:
    shop.set_rules(tax={"rounding": "line"})
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code)
        assert at.sale.tax_rounding is Rounding.LINE


def test_the_receipt_says_it_in_the_customers_language() -> None:
    assert receipt_words("de").exempt_whys.keys() == {reason.value for reason in ExemptReason}
