"""Who may be named on an invoice and where a mail may go: parsed once, at the rim."""

import pytest

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.paper_events import MAX_LINE_CHARS, Buyer, checked_address, checked_buyer


def refusal(move) -> str:
    with pytest.raises(RuleViolationError) as refused:
        move()
    return refused.value.code


@pytest.mark.parametrize("text", ["lena@example.org", " l.f+shop@mail.example.co.uk ", "ü@exämple.de"])
def test_an_address_is_taken_without_the_space_around_it(text: str) -> None:
    assert checked_address(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    ["", "lena", "@example.org", "lena@", "lena@example", "a@b.c", "a b@example.org", "a@example.org,b@example.org",
     "a@example.org\nBcc: x@example.org", "<a@example.org>", "a@@example.org", "x" * 250 + "@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    assert refusal(lambda: checked_address(text)) == "mail.bad_address"


def test_an_invoice_names_its_buyer() -> None:
    buyer = checked_buyer(Buyer(" Fischer GmbH ", "Main Street 1", "10115 Berlin", "DE123456789"))
    assert buyer.lines == ("Fischer GmbH", "Main Street 1", "10115 Berlin", "DE123456789")
    assert checked_buyer(Buyer("Lena Fischer", "Main Street 1", "10115 Berlin")).lines[-1] == "10115 Berlin"
    for lacks in (
        Buyer(" ", "Main Street 1", "Berlin"),
        Buyer("Fischer", "", "Berlin"),
        Buyer("Fischer", "Main 1", " "),
    ):
        assert refusal(lambda lacks=lacks: checked_buyer(lacks)) == "invoice.incomplete"
    assert refusal(lambda: checked_buyer(Buyer("x" * (MAX_LINE_CHARS + 1), "y", "z"))) == "invoice.too_long"


def test_the_number_of_a_payment_card_is_nobodys_name_or_address() -> None:
    card = "4111 1111 1111 1111"
    for buyer in (Buyer(card, "Main 1", "Berlin"), Buyer("Fischer", card, "Berlin"), Buyer("F", "M", "B", card)):
        assert refusal(lambda buyer=buyer: checked_buyer(buyer)) == "card.number_refused"
    assert refusal(lambda: checked_address("4111111111111111@example.org")) == "card.number_refused"
