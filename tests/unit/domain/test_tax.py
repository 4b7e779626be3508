"""Taxes in the price and on top of it, to the cent of the document."""

from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.tax import (
    PPM,
    Rates,
    Rounding,
    TaxRate,
    TaxSums,
    gross_ppm,
    included_taxes,
    line_taxes,
    shared_taxes,
    tax_on,
    tax_parts,
)

RATES = [
    TaxRate("food", "VAT 9 %", 90_000),
    TaxRate("general", "VAT 21 %", 210_000),
    TaxRate("none", "free", 0),
    TaxRate("sales", "sales tax 8.875 %", 88_750, included=False),
]
LINES = st.lists(st.tuples(st.sampled_from(RATES), st.integers(-10_000, 1_000_000)), max_size=60)


def test_tax_in_the_price_and_on_top_of_it() -> None:
    assert tax_on(121, 210_000, included=True) == 21
    assert tax_on(100, 210_000, included=False) == 21
    assert tax_on(-121, 210_000, included=True) == -21
    assert tax_on(999, 88_750, included=False) == 89  # 88.66


@given(st.integers(-(10**9), 10**9), st.integers(0, PPM))
def test_net_and_tax_make_the_price_again(gross: int, rate_ppm: int) -> None:
    tax = tax_on(gross, rate_ppm, included=True)
    net = gross - tax
    assert abs(net * rate_ppm - tax * PPM) * 2 <= PPM + rate_ppm


@given(LINES)
def test_line_taxes_add_up_to_the_tax_of_the_document(lines: list[tuple[TaxRate, int]]) -> None:
    parts = tax_parts(lines)
    assert sum(part.taxable_minor for part in parts) == sum(amount for _, amount in lines)
    assert len({part.tax_class for part in parts}) == len(parts)
    for part in parts:
        amounts = [amount for rate, amount in lines if rate.tax_class == part.tax_class]
        shares = line_taxes(part, amounts)
        assert sum(shares) == part.tax_minor
        assert len(shares) == len(amounts)
        assert part.tax_minor == tax_on(sum(amounts), part.rate_ppm, included=part.included)
        assert part.added_minor == (0 if part.included else part.tax_minor)


@given(LINES, st.randoms(use_true_random=False))
def test_the_order_of_scanning_does_not_change_the_tax(lines: list[tuple[TaxRate, int]], chance) -> None:
    shuffled = lines[:]
    chance.shuffle(shuffled)
    assert tax_parts(lines) == tax_parts(shuffled)


def test_parts_are_listed_highest_rate_first() -> None:
    parts = tax_parts([(RATES[0], 100), (RATES[1], 100), (RATES[2], 100)])
    assert [part.tax_class for part in parts] == ["general", "food", "none"]


def test_a_class_without_lines_shares_nothing() -> None:
    assert line_taxes(tax_parts([(RATES[0], 0)])[0], []) == ()


# ── several rates, and where a store rounds ──────────────────────────────────────────────────────

GST, PST = TaxRate("gst", "GST 5 %", 50_000), TaxRate("pst", "PST 7 %", 70_000)
STATE = TaxRate("state", "state 6 %", 60_000, included=False)
CITY = TaxRate("city", "city 2.875 %", 28_750, included=False)
SETS = ((RATES[0],), (RATES[1],), (GST, PST), (GST,), (STATE, CITY), (STATE,), (GST, CITY))
TAXED = st.lists(st.tuples(st.sampled_from(SETS), st.integers(-10_000, 100_000)), max_size=40)


def sums(lines: list[tuple[Rates, int]], rounding: Rounding = Rounding.DOCUMENT) -> TaxSums:
    made = TaxSums(rounding)
    for rates, amount in lines:
        made.count(rates, amount, +1)
    return made


def taxes(lines: list[tuple[Rates, int]], rounding: Rounding = Rounding.DOCUMENT) -> dict[str, int]:
    return {part.tax_class: part.tax_minor for part in sums(lines, rounding).parts()}


def test_two_included_rates_are_taken_on_one_net() -> None:
    assert taxes([((GST, PST), 112)]) == {"gst": 5, "pst": 7}


def test_an_added_rate_is_not_taken_on_an_included_one() -> None:
    assert taxes([((GST, TaxRate("city", "city 10 %", 100_000, included=False)), 105)]) == {"gst": 5, "city": 10}


def test_by_line_each_line_is_rounded_by_itself() -> None:
    """Three times 0.07 at 8.875 % are 0.0186: nothing on the document's 0.21 is 0.02, on each line 0.01."""
    three = [((RATES[3],), 7)] * 3
    assert taxes(three) == {"sales": 2}
    assert taxes(three, Rounding.LINE) == {"sales": 3}


def test_one_class_in_two_company_is_one_part_rounded_once() -> None:
    parts = sums([((GST, PST), 111), ((GST,), 111)]).parts()
    assert [(part.tax_class, part.taxable_minor, part.tax_minor) for part in parts] == [
        ("pst", 111, 7),
        ("gst", 222, 10),
    ]
    # 111 × 5 / 112 + 111 × 5 / 105 = 4.955 + 5.286 = 10.241


@given(TAXED, st.sampled_from(Rounding))
def test_shared_taxes_add_up_to_the_document_whatever_is_mixed(
    lines: list[tuple[Rates, int]], rounding: Rounding
) -> None:
    parts = sums(lines, rounding).parts()
    shared = shared_taxes(parts, lines, rounding)
    for part in parts:
        assert sum(taxes.get(part.tax_class, 0) for taxes in shared) == part.tax_minor
    for (rates, amount), mine in zip(lines, shared, strict=True):
        assert set(mine) == {rate.tax_class for rate in rates}
        for rate in rates:
            assert abs(mine[rate.tax_class] * gross_ppm(rates) - amount * rate.rate_ppm) <= gross_ppm(rates)


@given(TAXED, TAXED, st.sampled_from(Rounding))
def test_a_line_that_goes_leaves_no_trace(
    kept: list[tuple[Rates, int]], gone: list[tuple[Rates, int]], rounding: Rounding
) -> None:
    made = sums([*gone, *kept], rounding)
    for rates, amount in gone:
        made.count(rates, amount, -1)
    assert made.parts() == sums(kept, rounding).parts()


@given(TAXED, st.sampled_from(Rounding))
def test_what_an_exempt_sale_costs_less_is_the_tax_in_its_prices(
    lines: list[tuple[Rates, int]], rounding: Rounding
) -> None:
    included = sum(part.tax_minor for part in sums(lines, rounding).parts() if part.included)
    assert sum(included_taxes(lines, rounding)) == included
