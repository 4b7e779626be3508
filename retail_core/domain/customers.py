"""Customers: what is known of one, how a person's details are checked, and the keys under which one is found.

A customer's number is random and says nothing. Name, phone, e-mail and card travel in the feed and in the erasable part
of an event, never in what is hashed. A key is a letter and a text, and whoever searches looks for keys that begin alike:
a card whole, an e-mail from its first letters, a phone by its last figures, a name by any of its words, accents folded.
"""

import unicodedata
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from retail_core.domain.cardguard import Look, look_at
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import CustomerId

MAX_NAME_CHARS = 120
MAX_EMAIL_CHARS = 254  # RFC 5321
LEAST_PHONE_DIGITS, MAX_PHONE_DIGITS = 6, 15  # E.164 ends at fifteen
MAX_CARDS = 8
LEAST_CARD_CHARS, MAX_CARD_CHARS = 4, 40
MAX_CONSENTS = 20
MAX_TIER_CHARS = 40
MAX_NAME_WORDS = 8  # of a name that can be searched
LEAST_TAIL_DIGITS = 3  # of a phone that is searched by its end
MAX_TEXT_VERSION_CHARS = 40
CARD_PREFIX = "OTL:"
MEMBER = "member"  # the tier of a customer who has no other
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th", "ħ": "h"}
)  # no accent to take off, though people type them without
_PHONE_MARKS = str.maketrans("", "", " -./()\u00a0\u2011")


class Purpose(StrEnum):
    """What a customer agrees to, or does not; each is asked for by itself."""

    LOYALTY = "loyalty"  # purchases are kept under the customer's number, for points and history
    MARKETING = "marketing"  # offers by e-mail or phone


class Consent(msgspec.Struct, frozen=True, omit_defaults=True):
    """The last word of a customer on one purpose. `text_version`: which text was shown."""

    purpose: Purpose
    given: bool
    text_version: str
    at_ms: int


class ConsentText(msgspec.Struct, frozen=True):
    """What a customer is asked, in the words of the store. A changed text gets a new version."""

    purpose: Purpose
    version: str
    text: str


class CustomerRules(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a store asks its customers, in order."""

    texts: tuple[ConsentText, ...] = (
        ConsentText(
            Purpose.LOYALTY, "loyalty/1", "May we keep your name and what you buy, for your points and your history?"
        ),
        ConsentText(Purpose.MARKETING, "marketing/1", "May we send you offers by e-mail or phone?"),
    )


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    """The details of a person: the part of a customer that can be erased."""

    name: str
    phone: str = ""
    email: str = ""
    cards: tuple[str, ...] = ()


class SaleCustomer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who buys, as the sale carries it: the number and the tier that decides prices. No details of the person."""

    customer_id: CustomerId
    tier: str = MEMBER


class Customer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A customer as HQ ships it to the stores that need it. `points`: the balance HQ knew when it shipped it."""

    customer_id: CustomerId
    name: str
    phone: str = ""
    email: str = ""
    cards: tuple[str, ...] = ()
    tier: str = ""
    points: int = 0
    consents: tuple[Consent, ...] = ()

    @property
    def on_sale(self) -> SaleCustomer:
        return SaleCustomer(self.customer_id, self.tier or MEMBER)

    @property
    def person(self) -> Person:
        return Person(self.name, self.phone, self.email, self.cards)

    def agreed(self, purpose: Purpose) -> bool:
        """True when the last word on this purpose was yes."""
        return any(consent.given for consent in self.consents if consent.purpose is purpose)


# ── checking ─────────────────────────────────────────────────────────────────────────────────────


def checked(person: Person) -> Person:
    """The details, tidied. Raises RuleViolationError `customer.*` that names what is wrong with them."""
    name = " ".join(person.name.split())
    if not name or len(name) > MAX_NAME_CHARS or not name.isprintable():
        raise RuleViolationError("customer.bad_name", limit=MAX_NAME_CHARS)
    if looks_like_payment_card(name) or looks_like_payment_card(person.phone):
        raise RuleViolationError("customer.payment_card")
    phone = checked_phone(person.phone) if person.phone.strip() else ""
    email = checked_email(person.email) if person.email.strip() else ""
    cards = tuple(dict.fromkeys(checked_card(card) for card in person.cards))
    if len(cards) > MAX_CARDS:
        raise RuleViolationError("customer.too_many_cards", limit=MAX_CARDS)
    return Person(name, phone, email, cards)


def checked_phone(text: str) -> str:
    """Figures alone, a plus kept in front. Raises `customer.bad_phone`."""
    kept = text.strip().translate(_PHONE_MARKS)
    plus, digits = ("+", kept[1:]) if kept.startswith("+") else ("", kept)
    if not digits.isascii() or not digits.isdigit() or not LEAST_PHONE_DIGITS <= len(digits) <= MAX_PHONE_DIGITS:
        raise RuleViolationError("customer.bad_phone")
    return plus + digits


def checked_email(text: str) -> str:
    """Raises `customer.bad_email` for what no message could reach."""
    email = text.strip()
    local, at, domain = email.rpartition("@")
    whole = bool(local and at) and "." in domain.strip(".") and not domain.startswith(".") and not domain.endswith(".")
    if not whole or len(email) > MAX_EMAIL_CHARS or not email.isprintable() or any(c.isspace() for c in email):
        raise RuleViolationError("customer.bad_email")
    return email


def checked_card(text: str) -> str:
    """A card's number as it is kept: without our prefix, upper case. Raises `customer.bad_card`."""
    card = card_number(text)
    if not LEAST_CARD_CHARS <= len(card) <= MAX_CARD_CHARS or not card.isascii() or not card.isprintable():
        raise RuleViolationError("customer.bad_card")
    if looks_like_payment_card(card):
        raise RuleViolationError("customer.payment_card")
    return card


def card_number(label: str) -> str:
    """The number on a loyalty card, from what was scanned or typed."""
    return label.strip().upper().removeprefix(CARD_PREFIX).replace(" ", "")


def looks_like_payment_card(text: str) -> bool:
    """True when a number of a payment card hides in a text."""
    return look_at(text) is Look.CARD


def with_consent(consents: Sequence[Consent], said: Consent) -> tuple[Consent, ...]:
    """What holds after a customer said something: the latest word on each purpose. An older word changes nothing."""
    latest = {consent.purpose: consent for consent in consents}
    before = latest.get(said.purpose)
    if before is None or said.at_ms >= before.at_ms:
        latest[said.purpose] = said
    return tuple(latest[purpose] for purpose in Purpose if purpose in latest)


# ── finding ──────────────────────────────────────────────────────────────────────────────────────


class KeyKind(StrEnum):
    CARD = "c"
    EMAIL = "e"
    NAME = "n"
    PHONE = "p"


class Wanted(msgspec.Struct, frozen=True):
    """What to look for: a customer fits who has a key that begins so for each of `starts`, the most telling first."""

    starts: tuple[str, ...]
    whole: bool = False  # the first must be the key itself


def keys_of(customer: Customer | Person) -> tuple[str, ...]:
    """Every key of a customer, each once. A name has one key for each of its words, which goes on with the others."""
    words = fold(customer.name).split()[:MAX_NAME_WORDS]
    names = (" ".join((*words[n:], *words[:n])) for n in range(len(words)))
    found = [KeyKind.NAME + name for name in names]
    found += [KeyKind.CARD + card_number(card) for card in customer.cards]
    if customer.phone:
        found.append(KeyKind.PHONE + _figures(customer.phone)[::-1])
    if customer.email:
        found.append(KeyKind.EMAIL + customer.email.casefold())
    return tuple(dict.fromkeys(found))


def card_key(label: str) -> str:
    """The key of whoever has this card."""
    return KeyKind.CARD + card_number(label)


def wanted(text: str) -> tuple[Wanted, ...]:
    """What somebody who types this may mean, in the order in which to look; nothing for an empty or too short text."""
    typed = text.strip()
    if "@" in typed:
        return (Wanted((KeyKind.EMAIL + typed.casefold(),)),)
    figures = _figures(typed)
    if figures and not any(c.isalpha() for c in typed):
        found = [Wanted((card_key(typed),), whole=True)] if len(figures) >= LEAST_CARD_CHARS else []
        tail = [Wanted((KeyKind.PHONE + figures[::-1],))] if len(figures) >= LEAST_TAIL_DIGITS else []
        return (*found, *tail)
    if typed.upper().startswith(CARD_PREFIX):
        return (Wanted((card_key(typed),), whole=True),)
    words = fold(typed).split()[:MAX_NAME_WORDS]
    if not words:
        return ()
    together = Wanted((KeyKind.NAME + " ".join(words),))
    if len(words) == 1:
        card = (Wanted((card_key(typed),), whole=True),) if figures else ()
        return (*card, together)
    apart = sorted(words, key=len, reverse=True)
    return (together, Wanted(tuple(KeyKind.NAME + word for word in apart)))


def fold(text: str) -> str:
    """Lower case without accents, words one space apart: `Łucja  Müller-Ørsted` is `lucja muller orsted`."""
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    kept = (c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join("".join(kept).split())


def _figures(text: str) -> str:
    return "".join(c for c in text if c.isascii() and c.isdigit())


# ── words for the eye ────────────────────────────────────────────────────────────────────────────

SHOWN_FIGURES, SHOWN_LETTERS = 3, 2
"""How much of a detail is shown in a list, where other customers may look on: enough to tell two people apart."""


def masked_phone(phone: str) -> str:
    """ "… 123"."""
    return f"… {phone[-SHOWN_FIGURES:]}" if phone else ""


def masked_email(email: str) -> str:
    """ "le…@example.org"."""
    local, _, domain = email.rpartition("@")
    return f"{local[:SHOWN_LETTERS]}…@{domain}" if email else ""
