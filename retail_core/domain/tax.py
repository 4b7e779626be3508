"""Taxes included in the price or added to it, several of them on one item, and sales that are exempt.

Every rate of an item is taken on the same net: the amount less all taxes included in it. So an item at 112 with 5 % and
7 % included holds 5 and 7, and an added rate is not taken on an included one.

A store says where it rounds, and each way has one order:
DOCUMENT: line amounts are rounded first (quantity × price, half up); tax is then computed once per tax class of the
document on all its lines together, half up, and shared back over them by largest remainder.
LINE: line amounts are rounded first; tax is computed per class on each line, half up; the document's is their sum.
Either way Σ line tax = document tax to the cent.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from math import lcm
from typing import Annotated

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.money import allocate, div_half_up

PPM = 1_000_000
EXEMPT_RULE = "manual.exempt"
CERTIFICATE = re.compile(r"[A-Z0-9][A-Z0-9 ./-]{0,31}")


class Rounding(StrEnum):
    DOCUMENT = "document"
    LINE = "line"


Classes = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=40)], ...], msgspec.Meta(min_length=1, max_length=8)
]


class TaxRules(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a store reckons its taxes.

    `stands_for`: which classes an item's class stands for in the store's jurisdiction, each with a rate of its own; one that
    is not named stands for itself.
    """

    rounding: Rounding = Rounding.DOCUMENT
    stands_for: Annotated[dict[str, Classes], msgspec.Meta(max_length=100)] = {}

    def classes_of(self, tax_class: str) -> tuple[str, ...]:
        """The classes whose rates goods of this class bear here, the main one first."""
        return self.stands_for.get(tax_class) or (tax_class,)


class TaxRate(msgspec.Struct, frozen=True):
    """A rate in parts per million (21 % = 210000). `included`: the shelf price already holds it."""

    tax_class: str
    name: str
    rate_ppm: int
    included: bool = True


class TaxPart(msgspec.Struct, frozen=True):
    """What one tax class adds up to on one document. `taxable_minor` is the sum of the line amounts."""

    tax_class: str
    rate_ppm: int
    included: bool
    taxable_minor: int
    tax_minor: int

    @property
    def added_minor(self) -> int:
        """What the customer pays on top of the line amounts."""
        return 0 if self.included else self.tax_minor


class ExemptReason(StrEnum):
    """Why a sale may bear no tax."""

    RESALE = "resale"
    CHARITY = "charity"
    DIPLOMAT = "diplomat"
    EXPORT = "export"


class Exemption(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a sale bears no tax: a fixed reason, the number of the certificate, and who agreed, if it took somebody.

    The number is that of a document; names of people have no place here.
    """

    reason: str
    certificate: str
    by: str = ""


def exemption(reason: ExemptReason, certificate: str) -> Exemption:
    """Raises `tax.no_certificate`, or `tax.bad_certificate` for what is no number of a document."""
    number = " ".join(certificate.upper().split())
    if not number:
        raise RuleViolationError("tax.no_certificate")
    if not CERTIFICATE.fullmatch(number):
        raise RuleViolationError("tax.bad_certificate", text=number[:40])
    return Exemption(reason, number)


Rates = tuple[TaxRate, ...]
Taxed = tuple[Rates, int]
"""The rates of a line and its amount."""


def tax_on(amount_minor: int, rate_ppm: int, *, included: bool) -> int:
    """Tax in (included) or on (added) an amount that bears this rate alone.

    >>> tax_on(121, 210000, included=True), tax_on(100, 210000, included=False)
    (21, 21)
    """
    return div_half_up(amount_minor * rate_ppm, PPM + rate_ppm if included else PPM)


def gross_ppm(rates: Rates) -> int:
    """What an amount stands for, net and included taxes together, in parts per million of its net."""
    return PPM + sum(rate.rate_ppm for rate in rates if rate.included)


def line_tax(rates: Rates, rate: TaxRate, amount_minor: int) -> int:
    """Tax of one of its rates on one line, rounded by itself."""
    return div_half_up(amount_minor * rate.rate_ppm, gross_ppm(rates))


class TaxSums:
    """Taxes of a document as lines go in and out; a line costs the same however many there are."""

    def __init__(self, rounding: Rounding = Rounding.DOCUMENT) -> None:
        self._by_line = rounding is Rounding.LINE
        self._sums: dict[Rates, tuple[int, int]] = {}  # amount and number of lines: free items have a class too
        self._taxes: dict[Rates, tuple[int, ...]] = {}

    def count(self, rates: Rates, amount_minor: int, sign: int) -> None:
        """A line comes (+1) or goes (-1)."""
        minor, lines = self._sums.get(rates, (0, 0))
        if not lines + sign:
            del self._sums[rates]
            self._taxes.pop(rates, None)
            return
        self._sums[rates] = minor + sign * amount_minor, lines + sign
        if self._by_line:
            before = self._taxes.get(rates, (0,) * len(rates))
            taxes = [line_tax(rates, rate, amount_minor) for rate in rates]
            self._taxes[rates] = tuple(old + sign * tax for old, tax in zip(before, taxes, strict=True))

    @property
    def added(self) -> bool:
        """True when any of them is paid on top of the prices."""
        return any(not rate.included for rates in self._sums for rate in rates)

    def parts(self) -> tuple[TaxPart, ...]:
        """One part per rate, highest first."""
        taxable: dict[tuple[str, int, bool], int] = {}
        taxes: dict[tuple[str, int, bool], list[tuple[int, int]]] = {}
        for rates, (minor, _) in self._sums.items():
            for n, rate in enumerate(rates):
                key = rate.tax_class, rate.rate_ppm, rate.included
                taxable[key] = taxable.get(key, 0) + minor
                exact = (self._taxes[rates][n], 1) if self._by_line else (minor * rate.rate_ppm, gross_ppm(rates))
                taxes.setdefault(key, []).append(exact)
        found = [TaxPart(*key, taxable[key], _rounded(exact)) for key, exact in taxes.items()]
        return tuple(sorted(found, key=lambda part: (-part.rate_ppm, part.tax_class)))


def tax_parts(amounts: Iterable[tuple[TaxRate, int]]) -> tuple[TaxPart, ...]:
    """Tax of a document from (rate, line amount) pairs: one part per class, highest rate first."""
    sums = TaxSums()
    for rate, amount_minor in amounts:
        sums.count((rate,), amount_minor, +1)
    return sums.parts()


def line_taxes(part: TaxPart, amounts_minor: Sequence[int]) -> tuple[int, ...]:
    """Share one class's document tax over lines that bear it alone, to the cent; amounts below zero (goods back) get tax
    below zero."""
    if not amounts_minor:
        return ()
    if all(amount >= 0 for amount in amounts_minor) or all(amount <= 0 for amount in amounts_minor):
        return allocate(part.tax_minor, [abs(amount) for amount in amounts_minor])
    below = PPM + part.rate_ppm if part.included else PPM
    return _nearest(part.tax_minor, [(amount * part.rate_ppm, below) for amount in amounts_minor])


def shared_taxes(parts: Sequence[TaxPart], lines: Sequence[Taxed], rounding: Rounding) -> list[dict[str, int]]:
    """Tax of each line by class; for every class Σ lines = the part's tax."""
    shared: list[dict[str, int]] = [{} for _ in lines]
    for part in parts:
        name, rate_ppm, included = part.tax_class, part.rate_ppm, part.included
        mine = [
            (n, rates, rate, amount)
            for n, (rates, amount) in enumerate(lines)
            for rate in rates  # two rates of one class are two parts: what comes back bears the rate it was sold under
            if rate.tax_class == name and rate.rate_ppm == rate_ppm and rate.included == included
        ]
        if rounding is Rounding.LINE:
            taxes = tuple(line_tax(rates, rate, amount) for _, rates, rate, amount in mine)
        elif all(len(rates) == 1 for _, rates, _, _ in mine):
            taxes = line_taxes(part, [amount for *_, amount in mine])
        else:
            exact = [(amount * rate.rate_ppm, gross_ppm(rates)) for _, rates, rate, amount in mine]
            taxes = _nearest(part.tax_minor, exact)
        for (n, *_), tax in zip(mine, taxes, strict=True):
            shared[n][part.tax_class] = tax
    return shared


def included_taxes(lines: Sequence[Taxed], rounding: Rounding) -> tuple[int, ...]:
    """What of each line's amount is tax; a sale that is exempt costs that much less."""
    sums = TaxSums(rounding)
    for rates, amount_minor in lines:
        sums.count(rates, amount_minor, +1)
    included = [part for part in sums.parts() if part.included]
    return tuple(sum(taxes.values()) for taxes in shared_taxes(included, lines, rounding))


def _rounded(exact: Sequence[tuple[int, int]]) -> int:
    """The sum of fractions, rounded once."""
    below = lcm(*(denominator for _, denominator in exact))
    return div_half_up(sum(numerator * (below // denominator) for numerator, denominator in exact), below)


def _nearest(total: int, exact: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """Whole numbers that add up to `total`, each next to its fraction, largest remainders first."""
    below = lcm(*(denominator for _, denominator in exact)) if exact else 1
    parts = [divmod(numerator * (below // denominator), below) for numerator, denominator in exact]
    shares = [whole for whole, _ in parts]  # each rounded down, so what is left is less than one for each line
    by_remainder = sorted(range(len(parts)), key=lambda i: (-parts[i][1], i))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return tuple(shares)
