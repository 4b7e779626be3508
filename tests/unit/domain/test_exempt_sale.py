"""A sale without tax: what prices include is taken out of them, and everything still adds up."""

import msgspec
import pytest

from retail_core.domain.cashier_acts import ActKind, NotedAct, noted_acts
from retail_core.domain.discounts import Kind, Manual
from retail_core.domain.drawer import ReceiptRange, SessionTotals, Tally
from retail_core.domain.drawer_totals import with_sale
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import SaleCompleted, SoldLine
from retail_core.domain.ids import LineId, OperatorId, SaleId, Sku
from retail_core.domain.receipts import paid_receipt
from retail_core.domain.returns import ReturnOf, ReturnReason
from retail_core.domain.sale import Sale
from retail_core.domain.saledata import SaleData
from retail_core.domain.saleline import PriceReason, SaleLine
from retail_core.domain.tax import Exemption, ExemptReason, Rounding, TaxPart, TaxRate, exemption
from retail_core.domain.tender import Tender, TenderKind

FOOD, GENERAL = TaxRate("food", "VAT 9 %", 90_000), TaxRate("general", "VAT 21 %", 210_000)
SALES = TaxRate("sales", "sales tax", 88_750, included=False)
EXEMPT = Exemption("diplomat", "D-4711", "op-2")


def line(n: int, unit_minor: int, tax: TaxRate = GENERAL, **more: object) -> SaleLine:
    return msgspec.structs.replace(SaleLine(LineId(f"L{n}"), Sku(f"S{n}"), f"Item {n}", 1000, unit_minor, tax), **more)


def basket(*lines: SaleLine, rounding: Rounding = Rounding.DOCUMENT) -> Sale:
    sale = Sale.start(sale_id=SaleId("s"), operator_id=OperatorId("o"), currency="EUR", at_ms=1, tax_rounding=rounding)
    for one in lines:
        sale.add(one)
    return sale


def test_the_tax_in_the_price_is_taken_out_and_none_is_added() -> None:
    sale = basket(line(1, 121), line(2, 109, FOOD), line(3, 100, SALES))
    assert (sale.totals.due_minor, sale.totals.tax_minor) == (339, 39)
    sale.exempt_from_tax(EXEMPT)
    assert [one.amount_minor for one in sale] == [100, 100, 100]
    assert (sale.totals.due_minor, sale.totals.taxes, sale.totals.saved_minor) == (300, (), 0)
    assert sale.lines[0].before_share_minor == 121
    assert sale.lines[0].reasons == (PriceReason("manual.exempt", -21, "", "diplomat", "op-2"),)
    sale.exempt_from_tax(None)
    assert (sale.totals.due_minor, sale.totals.tax_minor) == (339, 39)


def test_goods_that_come_later_and_discounts_count() -> None:
    sale = basket(line(1, 1210))
    sale.exempt_from_tax(EXEMPT)
    sale.add(line(2, 1210))
    assert sale.totals.due_minor == 2000
    sale.discount_sale(Manual(Kind.PERCENT, 500_000))
    assert sale.totals.due_minor == 1000
    sale.discount_line(LineId("L1"), Manual(Kind.PERCENT, 1_000_000))
    assert sale.totals.due_minor == 500
    sale.void_line(LineId("L2"))
    assert sale.totals.due_minor == 0


@pytest.mark.parametrize(("rounding", "due"), [(Rounding.DOCUMENT, 25), (Rounding.LINE, 24)])
def test_the_store_s_way_of_rounding_holds_for_what_is_taken_out(rounding: Rounding, due: int) -> None:
    sale = basket(*(line(n, 10) for n in range(3)), rounding=rounding)  # 3 × 0.10 hold 0.0521; each 0.0174
    sale.exempt_from_tax(EXEMPT)
    assert sale.totals.due_minor == due
    assert sum(one.amount_minor for one in sale) == due


def test_at_rest_and_taken_up_again_it_is_exempt() -> None:
    sale = basket(line(1, 121), rounding=Rounding.LINE)
    sale.exempt_from_tax(EXEMPT)
    again = Sale(msgspec.json.decode(msgspec.json.encode(sale.data()), type=SaleData))
    assert (again.exempt, again.tax_rounding, again.totals) == (EXEMPT, Rounding.LINE, sale.totals)


def test_goods_back_from_an_exempt_sale_are_worth_what_was_paid_and_bear_no_tax() -> None:
    back = line(1, 121, back=ReturnOf(ReturnReason.UNWANTED), reasons=(PriceReason("manual.exempt", -21),))
    sale = basket(back, line(2, 121))
    assert (sale.totals.due_minor, sale.totals.tax_minor) == (21, 21)


def exempt_sale() -> SaleCompleted:
    reasons = (PriceReason("manual.exempt", -21, "", "diplomat"), PriceReason("manual.line", -10))
    sold = SoldLine(1, Sku("S1"), 1000, 131, 100, "general", 0, reasons=reasons)
    return SaleCompleted(
        SaleId("s"), "01-02-A-7", "EUR", (sold,), (TaxPart("general", 210_000, True, -121, -21),),
        (Tender(TenderKind.CASH, 100, 100),), 100, exempt=EXEMPT,
    )  # fmt: skip


def test_tax_that_is_not_charged_is_no_discount_in_any_report_and_the_manager_sees_who_sold_so() -> None:
    assert noted_acts(exempt_sale()) == (
        NotedAct(ActKind.DISCOUNT, 10, "01-02-A-7"),
        NotedAct(ActKind.EXEMPT, 21, "01-02-A-7", by="op-2"),
    )
    totals = with_sale(SessionTotals(), exempt_sale(), ReceiptRange("A", 7, 7, "A-7", "A-7"), 9)
    assert totals.discounts == Tally(1, -10)


def test_its_receipt_takes_goods_back_without_tax_though_others_of_the_class_came_back_on_it() -> None:
    assert paid_receipt(exempt_sale(), 1).lines[0].taxes == ()


@pytest.mark.parametrize(
    ("typed", "code"), [("", "tax.no_certificate"), ("  ", "tax.no_certificate"), ("Kim <b>", "tax.bad_certificate"),
                        ("-1", "tax.bad_certificate"), ("1" * 33, "tax.bad_certificate")],
)  # fmt: skip
def test_what_is_no_number_of_a_document_is_refused(typed: str, code: str) -> None:
    with pytest.raises(RuleViolationError) as refused:
        exemption(ExemptReason.EXPORT, typed)
    assert refused.value.code == code
    assert exemption(ExemptReason.EXPORT, " de  4711/a ") == Exemption("export", "DE 4711/A")


def test_what_is_paid_already_stands_against_it() -> None:
    sale = basket(line(1, 121))
    sale.take(Tender(TenderKind.CARD, 110, 110, "r"))
    with pytest.raises(RuleViolationError, match="paid_in_part"):
        sale.exempt_from_tax(EXEMPT)
    assert (sale.totals.due_minor, sale.exempt) == (121, None)
