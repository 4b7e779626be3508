"""Customers: what may be written down of a person, and how one is found again."""

import pytest

from retail_core.domain.customers import (
    MAX_CARDS,
    Consent,
    Customer,
    Person,
    Purpose,
    Wanted,
    card_key,
    checked,
    fold,
    keys_of,
    looks_like_payment_card,
    masked_email,
    masked_phone,
    wanted,
    with_consent,
)
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import CustomerId

LUCJA = Customer(
    CustomerId("c-1"), "Łucja  Müller-Ørsted", "+49 151 234567", "Lucja@Example.org", ("OTL:ab12 34",), "gold"
)


def test_what_was_typed_is_kept_tidy() -> None:
    person = checked(Person("  Jordan   Lee ", "+49 (151) 23-45/67", " jo@example.org ", ("OTL:jl 001", "JL001")))
    assert person == Person("Jordan Lee", "+49151234567", "jo@example.org", ("JL001",))
    assert checked(Person("Ö")) == Person("Ö")


@pytest.mark.parametrize(
    ("person", "code"),
    [
        (Person(" "), "customer.bad_name"),
        (Person("x" * 121), "customer.bad_name"),
        (Person("two\x07bells"), "customer.bad_name"),
        (Person("4111 1111 1111 1111"), "customer.payment_card"),
        (Person("A", "4111111111111111"), "customer.payment_card"),
        (Person("A", cards=("4111111111111111",)), "customer.payment_card"),
        (Person("A", "12345"), "customer.bad_phone"),
        (Person("A", "+1234567890123456"), "customer.bad_phone"),
        (Person("A", "ring me"), "customer.bad_phone"),
        (Person("A", email="nobody"), "customer.bad_email"),
        (Person("A", email="a b@example.org"), "customer.bad_email"),
        (Person("A", email="a@.org."), "customer.bad_email"),
        (Person("A", email="a@b.c\x00d"), "customer.bad_email"),
        (Person("A", email=f"{'a' * 250}@b.cd"), "customer.bad_email"),
        (Person("A", cards=("1",)), "customer.bad_card"),
        (Person("A", cards=("ÄÖÜ1",)), "customer.bad_card"),
        (Person("A", cards=tuple(f"CARD{n}" for n in range(MAX_CARDS + 1))), "customer.too_many_cards"),
    ],
)
def test_what_cannot_be_a_detail_is_refused(person: Person, code: str) -> None:
    with pytest.raises(RuleViolationError) as refused:
        checked(person)
    assert refused.value.code == code


def test_a_loyalty_number_that_is_a_good_trade_number_is_no_payment_card() -> None:
    assert not looks_like_payment_card("4006381333931")  # an EAN-13, by whatever check digits
    assert not looks_like_payment_card("2612345678901234")
    assert not looks_like_payment_card("4111111111111112")
    assert looks_like_payment_card("5500-0055-5555-5559")


def test_accents_and_case_do_not_matter() -> None:
    assert fold("Łucja  MÜLLER-Ørsted, dr.") == "lucja muller orsted dr"
    assert fold("Straße") == "strasse"
    assert fold("… !") == ""


def test_a_customer_has_a_key_for_each_way_of_asking() -> None:
    assert keys_of(LUCJA) == (
        "nlucja muller orsted",
        "nmuller orsted lucja",
        "norsted lucja muller",
        "cAB1234",
        "p76543215194",
        "elucja@example.org",
    )
    assert keys_of(Person("Bo Bo")) == ("nbo bo",)


@pytest.mark.parametrize(
    ("typed", "starts"),
    [
        ("", ()),
        (" … ", ()),
        ("Lucja@Ex", (("elucja@ex",),)),
        ("567", (("p765",),)),
        ("12", ()),
        ("4567", (("c4567",), ("p7654",))),
        ("+49 151 234567", (("c+49151234567",), ("p76543215194",))),
        ("otl:ab 1234", (("cAB1234",),)),
        ("AB1234", (("cAB1234",), ("nab1234",))),
        ("Müll", (("nmull",),)),
        ("Lu Müller", (("nlu muller",), ("nmuller", "nlu"))),
    ],
)
def test_what_is_typed_says_where_to_look(typed: str, starts: tuple[tuple[str, ...], ...]) -> None:
    assert tuple(question.starts for question in wanted(typed)) == starts


def test_a_card_is_asked_for_whole() -> None:
    assert wanted("OTL:1234") == (Wanted(("c1234",), whole=True),)
    assert card_key("OTL:ab 12") == card_key("AB12") == "cAB12"


def test_the_latest_word_on_each_purpose_holds() -> None:
    yes = Consent(Purpose.MARKETING, given=True, text_version="1", at_ms=10)
    no = Consent(Purpose.MARKETING, given=False, text_version="1", at_ms=20)
    member = Consent(Purpose.LOYALTY, given=True, text_version="1", at_ms=15)
    said = with_consent(with_consent((), yes), member)
    assert said == (member, yes)
    assert with_consent(said, no) == (member, no)
    assert with_consent((member, no), yes) == (member, no)  # what was said before arrives after
    customer = Customer(CustomerId("c"), "A", consents=(member, no))
    assert customer.agreed(Purpose.LOYALTY)
    assert not customer.agreed(Purpose.MARKETING)


def test_a_list_shows_enough_to_tell_two_people_apart_and_no_more() -> None:
    assert (masked_phone("+49151234567"), masked_email("lucja@example.org")) == ("… 567", "lu…@example.org")
    assert (masked_phone(""), masked_email("")) == ("", "")
    assert LUCJA.person.name == LUCJA.name
