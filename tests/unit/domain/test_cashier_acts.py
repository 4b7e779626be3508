"""What the exception report sees in a fact."""

import msgspec
import pytest

from retail_core.domain.cashier_acts import ActKind, NotedAct, noted_acts
from retail_core.domain.drawer import MoveKind
from retail_core.domain.drawer_events import DrawerMoved
from retail_core.domain.events import AuditNoted, Event, SaleCompleted, SoldLine, StockMoved
from retail_core.domain.ids import SaleId, Sku
from retail_core.domain.returns import ReturnOf, ReturnReason
from retail_core.domain.saleline import PriceReason


def sold(n: int, amount_minor: int, *reasons: PriceReason, back: ReturnOf | None = None, by: str = "") -> SoldLine:
    return SoldLine(n, Sku("1001"), 1000, abs(amount_minor), amount_minor, "food", 0, reasons=reasons, back=back, by=by)


def sale(*lines: SoldLine) -> SaleCompleted:
    return SaleCompleted(SaleId("s-1"), "R-1", "EUR", lines, (), (), sum(line.amount_minor for line in lines))


def test_a_plain_sale_and_a_movement_of_goods_say_nothing() -> None:
    water = PriceReason("promotion.water", -89, "3 for 2")
    assert noted_acts(sale(sold(1, 119), sold(2, 178, water))) == ()
    assert noted_acts(StockMoved((), "delivery")) == ()


def test_cuts_and_prices_by_hand_are_summed_up_for_each_sale_and_person() -> None:
    cut, price = PriceReason("manual.line", -50), PriceReason("manual.price", -19)
    shared = PriceReason("manual.sale", -10)
    noted = noted_acts(sale(sold(1, 100, cut, shared), sold(2, 100, shared, by="op-1"), sold(3, 100, price)))
    assert noted == (
        NotedAct(ActKind.DISCOUNT, 60, "R-1"),
        NotedAct(ActKind.DISCOUNT, 10, "R-1", operator="op-1"),
        NotedAct(ActKind.PRICE, 19, "R-1"),
    )


def test_goods_sold_all_the_same_count_with_what_was_asked_for_them() -> None:
    despite = msgspec.structs.replace(sold(2, 4950, PriceReason("manual.line", -50), by="op-1"), despite="R-0")
    assert noted_acts(sale(sold(1, 119), despite)) == (
        NotedAct(ActKind.SOLD_ANYWAY, 4950, "R-1", operator="op-1"),
        NotedAct(ActKind.DISCOUNT, 50, "R-1", operator="op-1"),
    )
    assert noted_acts(AuditNoted("unit_sold_again", "epc", 4950, "R-0")) == (), "what was agreed to may be given up yet"


@pytest.mark.parametrize(
    ("back", "kind"),
    [
        (ReturnOf(ReturnReason.UNWANTED, receipt="R-0", n=1), ActKind.REFUND),
        (ReturnOf(ReturnReason.UNWANTED), ActKind.NO_RECEIPT),
        (ReturnOf(ReturnReason.POST_VOID, receipt="R-0", n=1), ActKind.POST_VOID),
    ],
)
def test_goods_that_come_back_count_with_what_was_given_for_them(back: ReturnOf, kind: ActKind) -> None:
    assert noted_acts(sale(sold(1, -119, back=back), sold(2, -81, back=back))) == (NotedAct(kind, 200, "R-1"),)


@pytest.mark.parametrize(
    ("event", "noted"),
    [
        (AuditNoted("line_voided", "1001", 119), (NotedAct(ActKind.VOID_LINE, 119, "1001"),)),
        (AuditNoted("sale_voided", "s-1", 500, by="op-2"), (NotedAct(ActKind.VOID_SALE, 500, "s-1", "op-2"),)),
        (AuditNoted("receipt_reprinted", "R-1"), (NotedAct(ActKind.REPRINT, subject="R-1"),)),
        (AuditNoted("approved", "s-1/l-1", 200_000, "line_discount", "op-2"), (NotedAct(ActKind.OVERRIDE, 0, "s-1/l-1", "op-2"),)),
        (AuditNoted("pin_refused", amount_minor=3), (NotedAct(ActKind.REFUSED),)),
        (AuditNoted("training_started"), (NotedAct(ActKind.TRAINING),)),
        (AuditNoted("signed_in", "op-1"), ()),
        (DrawerMoved("d-1", "T1", MoveKind.NO_SALE, 0, "change", "op-2"), (NotedAct(ActKind.NO_SALE, 0, "change", "op-2"),)),
        (DrawerMoved("d-1", "T1", MoveKind.DROP, 5000, "safe"), ()),
    ],
)  # fmt: skip
def test_what_else_is_noted(event: Event, noted: tuple[NotedAct, ...]) -> None:
    assert noted_acts(event) == noted
