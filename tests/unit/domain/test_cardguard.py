"""What is a payment card's number and what is not (promise S1)."""

from random import Random

import pytest

from retail_core.domain.cardguard import Look, is_card_number, look_at, luhn, masked, redacted
from tests.support.cards import as_entered, card_numbers, good_numbers

SEED = 20261127
CARDS, GOOD = 10_000, 100_000
PUBLISHED = (  # test numbers of the brands and acquirers
    "4111111111111111", "4012888888881881", "4222222222222", "5555555555554444", "5105105105105100", "2223000048400011",
    "378282246310005", "371449635398431", "6011111111111117", "30569309025904", "38520000023237", "3530111333300000",
    "6200000000000005", "6759649826438453", "5019717010103742", "6799990100000000019",
)  # fmt: skip


@pytest.mark.parametrize("pan", PUBLISHED[:-1])
def test_the_brands_own_test_numbers_are_recognised(pan: str) -> None:
    assert is_card_number(pan)
    assert look_at(pan) is not Look.CLEAR


def test_ten_thousand_cards_however_they_come_are_never_clear() -> None:
    rand = Random(SEED)
    doubtful = 0
    for pan in card_numbers(rand, CARDS):
        way, text = as_entered(rand, pan)
        found = look_at(text)
        assert found is not Look.CLEAR, (way, text)
        if found is Look.DOUBTFUL:
            doubtful += 1
            assert len(pan) in (13, 14, 18), "only a number that is a good GTIN or SSCC too may be in doubt"
    assert doubtful < CARDS // 50


def test_of_a_hundred_thousand_good_numbers_none_is_taken_for_a_card() -> None:
    for kind, number in good_numbers(Random(SEED), GOOD):
        assert look_at(number) is not Look.CARD, (kind, number)


def test_luhn_alone_says_little() -> None:
    passing = sum(luhn(number) for kind, number in good_numbers(Random(1), 10_000) if kind == "ean13")
    assert 150 < passing < 250


def test_phones_times_receipts_and_long_codes_are_clear() -> None:
    for text in (
        "+4915123456789", "+49 1512 3456789 01", "1764000000000", "S0319-T1-A-000001", "0104006381333931", "12345678",
        "]d2010952000001004221SN-7", "https://id.gs1.org/01/09520000010042", "", "Lena Fischer",
    ):  # fmt: skip
        assert look_at(text) is Look.CLEAR, text


def test_own_numbers_that_look_like_a_card_are_a_table() -> None:
    assert look_at("6011111111111117") is Look.CARD
    assert look_at("6011111111111117", own=("601111",)) is Look.CLEAR
    assert look_at("4111111111111111 6011111111111117", own=("601111",)) is Look.CARD


def test_figures_of_other_scripts_are_figures() -> None:
    assert look_at("４１１１１１１１１１１１１１１１") is Look.CARD
    assert look_at("٤١١١١١١١١١١١١١١١") is Look.CARD


def test_logs_and_labels_keep_only_what_people_need() -> None:
    assert masked("36123456789012") == "36••••••••••12"
    assert masked("123") == "123"
    assert redacted("refused 4111 1111 1111 1111 at 1764000000000") == "refused • at 1764000000000"
    assert redacted(";4111111111111111=26121010000?") == "•1010000?"
    assert redacted("nothing here to be hidden") == "nothing here to be hidden"
    assert redacted("short") == "short"


def test_figures_in_more_groups_than_any_card_has_are_clear() -> None:
    assert look_at("1000 2000 3000 4000 5000 6000 7000") is Look.CLEAR
    assert look_at("7000 4111 1111 1111 1111 9000") is Look.CARD  # one among them is one all the same


def test_a_number_too_short_or_too_long_is_none() -> None:
    assert not is_card_number("411111111111")
    assert not is_card_number("4" * 20)
