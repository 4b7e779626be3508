"""What the customer's bar and panel show: frozen facts, already in words."""

from dataclasses import dataclass

FIELDS = NAME, PHONE, EMAIL, CARD = ("name", "phone", "email", "card")
"""What is asked of a new customer, in order."""


@dataclass(frozen=True, slots=True)
class BarView:
    """Who buys; an empty name hides the bar. `points` is a sentence, or why there is none."""

    name: str = ""
    tier: str = ""
    points: str = ""


@dataclass(frozen=True, slots=True)
class ConsentView:
    """One thing a customer is asked: the whole text, and the answer that holds ("" while nobody has asked)."""

    purpose: str
    text: str
    answer: str = ""
    given: bool = False


@dataclass(frozen=True, slots=True)
class BoughtView:
    """One purchase: when, what and for how much."""

    when: str
    what: str
    amount: str


@dataclass(frozen=True, slots=True)
class CouponView:
    """A coupon on the sale, and what it takes off so far."""

    code: str
    name: str
    off: str


@dataclass(frozen=True, slots=True)
class PersonView:
    """A customer in front of the till. Phone and e-mail only as far as other customers may look on."""

    name: str
    tier: str = ""
    points: str = ""
    age: str = ""  # how old the figure is
    reach: str = ""
    consents: tuple[ConsentView, ...] = ()
    bought: tuple[BoughtView, ...] = ()
    nothing: str = ""  # said instead of purchases
    coupons: tuple[CouponView, ...] = ()
    known: bool = True  # False: nobody is on the sale yet


@dataclass(frozen=True, slots=True)
class FieldView:
    name: str
    word: str
    value: str
    asked: bool = False  # the entry line is for this one now


@dataclass(frozen=True, slots=True)
class FormView:
    """A new customer while they are being asked. `question`: the consent that is asked now, instead of a field."""

    fields: tuple[FieldView, ...]
    question: str = ""
    step: str = ""
