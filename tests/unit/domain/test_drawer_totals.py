"""Running totals: whatever the order and however sessions are cut, a report adds up to the same cents."""

from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.drawer import MoveKind, ReceiptRange, SessionTotals, Tally
from retail_core.domain.drawer_totals import added_up, cash_left_in_drawer, with_move, with_note, with_sale
from retail_core.domain.events import AuditNoted, SaleCompleted, SoldLine
from retail_core.domain.ids import SaleId, Sku
from retail_core.domain.returns import ReturnOf, ReturnReason
from retail_core.domain.saleline import PriceReason
from retail_core.domain.tax import TaxPart
from retail_core.domain.tender import Tender, TenderKind


def receipt(n: int, series: str = "A") -> ReceiptRange:
    return ReceiptRange(series, n, n, f"{series}-{n}", f"{series}-{n}")


def sale(total: int, *tenders: Tender, change: int = 0, cut: int = 0, tax: int = 0, back: int = 0) -> SaleCompleted:
    reasons = (PriceReason("promo", cut, "offer"), PriceReason("deposit", 8, "deposit")) if cut else ()
    lines = [SoldLine(1, Sku("1001"), 1000, total, total - back, "food", tax, reasons=reasons)]
    if back:
        lines.append(SoldLine(2, Sku("1002"), 1000, -back, back, "food", 0, back=ReturnOf(ReturnReason.UNWANTED)))
    return SaleCompleted(
        SaleId("s"), "r", "EUR", tuple(lines), (TaxPart("food", 90_000, True, total, tax),), tenders, total, change
    )


def cash(amount: int, given: int | None = None) -> Tender:
    return Tender(TenderKind.CASH, amount, amount if given is None else given)


def test_change_given_on_another_means_comes_out_of_the_drawer_too() -> None:
    foreign = Tender(TenderKind.FOREIGN_CASH, 800, 1_000, "USD")
    assert cash_left_in_drawer(sale(800, foreign, change=200)) == -200
    assert cash_left_in_drawer(sale(800, cash(800, 1_000), change=200)) == 800
    assert cash_left_in_drawer(sale(-800, cash(-800))) == -800


def test_a_sale_is_counted_under_its_tender_tax_and_hour() -> None:
    made = sale(1_000, Tender(TenderKind.CARD, 400, 400), cash(600, 700), change=100, cut=-50, tax=83)
    totals = with_sale(SessionTotals(), made, receipt(7), 9)
    assert totals.sales == Tally(1, 1_000)
    assert totals.tenders == {"card": Tally(1, 400), "cash": Tally(1, 600)}
    assert totals.cash_minor == 600
    assert totals.discounts == Tally(1, -50)
    assert totals.tax_minor == 83
    assert totals.hours == {"09": Tally(1, 1_000)}
    assert totals.receipts == (receipt(7),)


def test_cash_paid_out_on_a_card_is_charged_to_the_card_and_gone_from_the_drawer() -> None:
    made = sale(1_000, Tender(TenderKind.CARD, 1_000, 3_000), change=2_000)
    totals = with_sale(SessionTotals(), made, receipt(1), 9)
    assert {kind: tally.minor for kind, tally in totals.tenders.items()} == {"card": 3_000, "cash": -2_000}
    assert (totals.cash_minor, totals.sales.minor) == (-2_000, 1_000)


def test_goods_back_are_told_apart() -> None:
    totals = with_sale(SessionTotals(), sale(500, cash(500), back=-250), receipt(1), 9)
    assert totals.returns == Tally(1, -250)


def test_notes_are_counted_by_kind() -> None:
    totals = SessionTotals()
    for note in (
        AuditNoted("line_voided", "1001", 119),
        AuditNoted("line_voided", "1002", 81),
        AuditNoted("sale_voided", "s", 900),
        AuditNoted("receipt_reprinted", "r"),
    ):
        totals = with_note(totals, note)
    assert (totals.voided_lines, totals.voided_sales, totals.reprints) == (Tally(2, 200), Tally(1, 900), 1)
    assert with_note(totals, AuditNoted("signed_in")) is totals


@given(st.lists(st.integers(1, 5_000), max_size=12), st.integers(0, 12))
def test_a_day_of_two_sessions_adds_up_to_what_one_session_would_have_said(amounts: list[int], cut: int) -> None:
    whole, first, second = SessionTotals(), SessionTotals(), SessionTotals()
    for n, amount in enumerate(amounts, start=1):
        made = sale(amount, cash(amount), tax=amount // 10)
        whole = with_sale(whole, made, receipt(n), n % 3)
        if n <= cut:
            first = with_sale(first, made, receipt(n), n % 3)
        else:
            second = with_sale(second, made, receipt(n), n % 3)
    first = with_move(first, MoveKind.DROP, 10)
    second = with_move(with_note(second, AuditNoted("receipt_reprinted")), MoveKind.DROP, 5)
    day = added_up((first, second))
    assert (day.sales, day.tenders, day.taxes, day.receipts) == (
        whole.sales,
        whole.tenders,
        whole.taxes,
        whole.receipts,
    )
    assert day.hours == whole.hours
    assert day.moves == {"drop": Tally(2, 15)}
    assert added_up((second, first)).receipts == whole.receipts


def test_a_new_series_begins_a_range_of_its_own() -> None:
    totals = SessionTotals()
    for one in (receipt(8), receipt(9), receipt(1, "B")):
        totals = with_sale(totals, sale(100, cash(100)), one, 9)
    assert [(r.series, r.first, r.last) for r in totals.receipts] == [("A", 8, 9), ("B", 1, 1)]
