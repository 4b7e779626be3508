"""Golden vectors of prices and taxes, worked out by hand: a case in, cents out. HQ and till price by the same functions.

The cases with a source are cent bugs of other systems, with the sums of their reports.
"""

import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.cashrounding import CashRounding, close_in_cash
from retail_core.domain.discounts import Kind, Manual
from retail_core.domain.ids import LineId, OperatorId, SaleId, Sku
from retail_core.domain.promotions.engine import PricedBasket, PromotionBook
from retail_core.domain.promotions.model import Moment, Promotion, Shopper, checked
from retail_core.domain.promotions.offers import BasketLine
from retail_core.domain.returns import ReturnOf, ReturnReason
from retail_core.domain.sale import Sale
from retail_core.domain.saledata import Totals
from retail_core.domain.saleline import PriceReason, SaleLine
from retail_core.domain.tax import Exemption, Rounding, TaxRate

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "prices.json").read_text())
NOON = {"at_ms": 1, "weekday": 2, "minute": 720}
NO_TAX = TaxRate("none", "none", 0)
EXEMPT = Exemption("diplomat", "D-1")
GIVEN_AWAY = Manual(Kind.PERCENT, 1_000_000)


def line_of(n: int, told: dict[str, Any], rates: dict[str, TaxRate]) -> SaleLine:
    taxes = [rates[name] for name in told.get("rates", ())] or [NO_TAX]
    return SaleLine(
        LineId(f"L{n}"), Sku(told.get("sku", f"S{n}")), "Item", told.get("milli", 1000), told["price"], taxes[0],
        more_taxes=tuple(taxes[1:]), unit=told.get("unit", "each"), department=told.get("department", ""),
        back=ReturnOf(ReturnReason.UNWANTED) if told.get("back") else None,
    )  # fmt: skip


def cut(lines: list[SaleLine], case: dict[str, Any]) -> list[SaleLine]:
    """The lines with what promotions take off them."""
    promotions = [checked(msgspec.convert(told, Promotion)) for told in case.get("promotions", ())]
    shopper = msgspec.convert(case.get("shopper", {}), Shopper)
    moment = msgspec.convert(case.get("moment", NOON), Moment)
    priced = PricedBasket(PromotionBook(promotions), shopper, moment)
    for one in lines:
        counted = one.unit == "each"
        priced.put(BasketLine(one.line_id, one.sku, one.department, one.unit_minor, one.qty_milli, counted))
    shares = [
        (line_id, PriceReason(cut.promo_id, -minor)) for cut in priced.basket_cuts() for line_id, minor in cut.shares
    ]
    return [
        msgspec.structs.replace(
            one, reasons=(*priced.reasons(one.line_id), *(why for line_id, why in shares if line_id == one.line_id))
        )
        for one in lines
    ]


def sale_of(case: dict[str, Any]) -> Sale:
    rates = {name: TaxRate(name, name, ppm, included) for name, (ppm, included) in case.get("rates", {}).items()}
    sale = empty(Rounding(case.get("rounding", "document")))
    for line in cut([line_of(n, told, rates) for n, told in enumerate(case["lines"])], case):
        sale.add(line)
    for n, told in enumerate(case["lines"]):
        if "off" in told:
            sale.discount_line(LineId(f"L{n}"), msgspec.convert(told["off"], Manual))
    if "sale_off" in case:
        sale.discount_sale(msgspec.convert(case["sale_off"], Manual))
    if case.get("exempt"):
        sale.exempt_from_tax(EXEMPT)
    return sale


def empty(rounding: Rounding) -> Sale:
    return Sale.start(sale_id=SaleId("s"), operator_id=OperatorId("o"), currency="EUR", at_ms=1, tax_rounding=rounding)


@pytest.mark.parametrize("case", VECTORS, ids=[case["name"] for case in VECTORS])
def test_to_the_cent(case: dict[str, Any]) -> None:
    sale, expected = sale_of(case), case["expect"]
    totals = sale.totals
    assert [line.amount_minor for line in sale] == expected["lines"]
    assert {part.tax_class: part.tax_minor for part in totals.taxes if part.tax_class != "none"} == expected.get(
        "tax", {}
    )
    assert totals.due_minor == expected["due"]
    if told := case.get("cash"):
        paid = close_in_cash(totals.due_minor, told["given"], CashRounding(told["step"], told.get("half_down", False)))
        assert {"due": paid.amount_minor, "change": paid.change_minor, "rounding": paid.rounding_minor} == expected[
            "cash"
        ]


# ── what holds for every basket ──────────────────────────────────────────────────────────────────

RATES = [
    (TaxRate("low", "low", 90_000),),
    (TaxRate("high", "high", 210_000),),
    (TaxRate("gst", "gst", 50_000), TaxRate("pst", "pst", 99_750)),
    (TaxRate("state", "state", 60_000, included=False), TaxRate("city", "city", 28_750, included=False)),
    (TaxRate("low", "low", 90_000), TaxRate("city", "city", 28_750, included=False)),
]
LINES = st.lists(
    st.tuples(st.sampled_from(RATES), st.integers(0, 20_000), st.integers(1, 9_999), st.integers(0, 1_000_000)),
    max_size=25,
)
Drawn = list[tuple[tuple[TaxRate, ...], int, int, int]]


def lines_of(drawn: Drawn) -> list[SaleLine]:
    return [
        SaleLine(
            LineId(f"L{n}"), Sku(f"S{n}"), "Item", milli, price, rates[0], more_taxes=rates[1:], unit="kg",
            manual=Manual(Kind.PERCENT, off) if off else None,
        )
        for n, (rates, price, milli, off) in enumerate(drawn)
    ]  # fmt: skip


def totals_of(lines: list[SaleLine], rounding: Rounding) -> Totals:
    sale = empty(rounding)
    for line in lines:
        sale.add(line)
    return sale.totals


@given(LINES, st.sampled_from(Rounding), st.randoms(use_true_random=False))
def test_the_order_of_scans_changes_no_sum(drawn: Drawn, rounding: Rounding, chance: random.Random) -> None:
    lines = lines_of(drawn)
    before = totals_of(lines, rounding)
    chance.shuffle(lines)
    assert totals_of(lines, rounding) == before


@given(LINES, st.sampled_from(Rounding), st.booleans())
def test_what_is_given_away_costs_nothing_and_bears_no_tax(drawn: Drawn, rounding: Rounding, exempt: bool) -> None:
    sale = empty(rounding)
    for line in lines_of(drawn):
        sale.add(line)
    sale.exempt_from_tax(EXEMPT if exempt else None)
    sale.discount_sale(GIVEN_AWAY)
    assert {line.amount_minor for line in sale} <= {0}
    assert (sale.totals.due_minor, sale.totals.tax_minor) == (0, 0)


@given(LINES, st.sampled_from(Rounding), st.integers(0, 10**6), st.booleans())
def test_lines_and_added_taxes_are_the_total_and_every_line_is_explained(
    drawn: Drawn, rounding: Rounding, off: int, exempt: bool
) -> None:
    sale = empty(rounding)
    for line in lines_of(drawn):
        sale.add(line)
    sale.discount_sale(Manual(Kind.AMOUNT, off) if off else None)
    sale.exempt_from_tax(EXEMPT if exempt else None)
    totals = sale.totals
    added = sum(part.tax_minor for part in totals.taxes if not part.included)
    assert totals.due_minor == sum(line.amount_minor for line in sale) + added
    assert all(line.amount_minor >= 0 for line in sale)
    assert not (exempt and totals.taxes)


@given(LINES, st.sampled_from(Rounding))
def test_an_exempt_sale_costs_what_the_other_costs_without_its_taxes(drawn: Drawn, rounding: Rounding) -> None:
    taxed = totals_of(lines_of(drawn), rounding)
    sale = empty(rounding)
    sale.exempt_from_tax(EXEMPT)
    for line in lines_of(drawn):
        sale.add(line)
    assert sale.totals.due_minor == taxed.due_minor - taxed.tax_minor


ACTS = st.lists(
    st.tuples(st.sampled_from(["void", "quantity", "line", "sale", "exempt", "taxed"]), st.integers(0, 24), st.integers(1, 900_000)),
    max_size=20,
)  # fmt: skip


def do(sale: Sale, act: str, n: int, value: int) -> None:
    living = [line.line_id for line in sale if not line.voided]
    line_id = living[n % len(living)] if living else None
    match act:
        case "exempt" | "taxed":
            sale.exempt_from_tax(EXEMPT if act == "exempt" else None)
        case "sale":
            sale.discount_sale(Manual(Kind.PERCENT, value))
        case _ if line_id is None:
            pass
        case "void":
            sale.void_line(line_id)
        case "quantity":
            sale.change_quantity(line_id, 1 + value % 9_999)
        case _:
            sale.discount_line(line_id, Manual(Kind.PERCENT, value))


@given(LINES, ACTS, st.sampled_from(Rounding))
def test_whatever_was_done_before_it_costs_what_it_would_cost_made_so_at_once(
    drawn: Drawn, acts: list[tuple[str, int, int]], rounding: Rounding
) -> None:
    sale = empty(rounding)
    for line in lines_of(drawn):
        sale.add(line)
    for act, n, value in acts:
        do(sale, act, n, value)
    again = Sale(sale.data())
    afresh = empty(rounding)
    for line in sale:
        afresh.add(line.without_shares())
    afresh.discount_sale(sale.discount)
    afresh.exempt_from_tax(sale.exempt)
    assert sale.totals == again.totals == afresh.totals
    assert sale.lines == again.lines == afresh.lines
