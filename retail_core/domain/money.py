"""Money in whole minor units. No float ever holds an amount, and sharing an amount loses no cent.

Exponents are those of ISO 4217 (the number of decimals of a currency); a currency not listed has two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from retail_core.domain.errors import RuleViolationError

EXPONENTS = MappingProxyType(
    {
        **dict.fromkeys(
            [
                "BIF",
                "CLP",
                "DJF",
                "GNF",
                "ISK",
                "JPY",
                "KMF",
                "KRW",
                "PYG",
                "RWF",
                "UGX",
                "UYI",
                "VND",
                "VUV",
                "XAF",
                "XOF",
                "XPF",
                "PTS",  # loyalty points, which are no money but counted like it
            ],
            0,
        ),
        **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
        **dict.fromkeys(["CLF", "UYW"], 4),
    }
)
DEFAULT_EXPONENT = 2
NUMBERS = MappingProxyType(
    {
        "AED": "784", "AUD": "036", "BRL": "986", "CAD": "124", "CHF": "756", "CNY": "156", "CZK": "203", "DKK": "208",
        "EUR": "978", "GBP": "826", "HKD": "344", "HUF": "348", "ILS": "376", "INR": "356", "ISK": "352", "JPY": "392",
        "KRW": "410", "KWD": "414", "MXN": "484", "MYR": "458", "NOK": "578", "NZD": "554", "PLN": "985", "RON": "946",
        "RSD": "941", "SAR": "682", "SEK": "752", "SGD": "702", "THB": "764", "TRY": "949", "UAH": "980", "USD": "840",
        "ZAR": "710",
    }
)  # fmt: skip
"""ISO 4217 numbers of currencies, as a label's price (AI 393n) names them; of others no such price is believed."""
SYMBOLS = MappingProxyType({"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩"})
MAX_AMOUNT_DIGITS = 12


def exponent(currency: str) -> int:
    """Decimals of a currency: 2 for EUR, 0 for JPY, 3 for KWD."""
    return EXPONENTS.get(currency, DEFAULT_EXPONENT)


def div_half_up(numerator: int, denominator: int) -> int:
    """Integer division rounded half away from zero, the rounding of every amount in this product.

    >>> div_half_up(5, 2), div_half_up(-5, 2), div_half_up(4, 3)
    (3, -3, 1)
    """
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    if numerator < 0:
        return -((denominator - 2 * numerator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def allocate(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Share `total` in proportion to `weights`, to the unit: Σ shares = total, largest remainders first.

    All weights zero shares evenly. Ties go to the earlier share, so the result does not depend on a hash.
    """
    if not weights:
        raise ValueError("there is nobody to share with")
    if any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative")
    whole = sum(weights)
    if whole == 0:
        return allocate(total, [1] * len(weights))
    sign = -1 if total < 0 else 1
    products = [abs(total) * weight for weight in weights]
    shares = [product // whole for product in products]
    left = abs(total) - sum(shares)
    if left:
        remainders = [product % whole for product in products]
        by_remainder = sorted(range(len(weights)), key=remainders.__getitem__, reverse=True)  # equals stay in order
        for i in by_remainder[:left]:
            shares[i] += 1
    return tuple(sign * share for share in shares)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of one currency in its minor unit (cents, yen, fils)."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def split(self, parts: int) -> "tuple[Money, ...]":
        """`parts` shares that differ by at most one minor unit and add up to this amount."""
        return tuple(Money(share, self.currency) for share in allocate(self.minor, [1] * parts))

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise RuleViolationError("money.currency_differs", left=self.currency, right=other.currency)
        return other


def format_minor(minor: int, currency: str, *, group: str = ",", point: str = ".") -> str:
    """Plain figures without a symbol: 123456 EUR → "1,234.56"."""
    places = exponent(currency)
    sign = "−" if minor < 0 else ""  # a real minus sign
    whole, part = divmod(abs(minor), 10**places)
    grouped = f"{whole:,}".replace(",", group)
    return f"{sign}{grouped}{point}{part:0{places}d}" if places else f"{sign}{grouped}"


def format_money(minor: int, currency: str) -> str:
    """Figures with the currency's sign in front: "€ 16.70"."""
    return f"{SYMBOLS.get(currency, currency)} {format_minor(minor, currency)}"


def parse_amount(text: str, currency: str) -> int:
    """Minor units of an amount typed by a person; decimal comma and dot are both accepted.

    Raises RuleViolationError `amount.not_a_number`, `amount.too_many_decimals` or `amount.too_large`.
    """
    cleaned = text.strip().replace(",", ".")
    whole, dot, part = cleaned.partition(".")
    digits = whole + part
    if not digits or not digits.isascii() or not digits.isdigit():
        raise RuleViolationError("amount.not_a_number", text=text[:40])
    places = exponent(currency)
    if dot and len(part) > places:
        raise RuleViolationError("amount.too_many_decimals", text=text[:40], places=places)
    if len(digits) > MAX_AMOUNT_DIGITS:
        raise RuleViolationError("amount.too_large", text=text[:40])
    return int(whole or "0") * 10**places + int((part or "0").ljust(places, "0") if places else "0")
