"""Taxes in the price and on top of it, to the cent of the document."""

from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.tax import PPM, TaxRate, line_taxes, tax_on, tax_parts

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
