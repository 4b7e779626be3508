"""What the bytes of a tag say (GS1 EPC Tag Data Standard 1.13, sections 12 and 14). Pure, and fast where it must be.

SGTIN-96 is what nearly every label in a shop carries; it has a way of its own. The other schemes share one table.
"""

from dataclasses import dataclass
from types import MappingProxyType

from retail_core.domain.gtin import check_digit
from retail_core.domain.ids import Gtin

SGTIN_96, SGTIN_198, SSCC_96, GRAI_96, SGLN_96 = 0x30, 0x36, 0x31, 0x33, 0x32
MAX_SERIAL_96 = (1 << 38) - 1
MAX_FILTER = 7
_SERIAL_198_CHARS = 20
_URI_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!'()*+,-.:;=_")
_SERIAL_CHARS = _URI_SAFE | frozenset('"%&/<>?')  # GS1's 82 characters


@dataclass(frozen=True, slots=True)
class Epc:
    """An identity. `company` and `item` keep their leading zeros; `item` begins with indicator or extension digit."""

    scheme: str  # sgtin, sscc, grai, sgln
    bits: int
    filter: int
    company: str
    item: str
    serial: str

    @property
    def gtin(self) -> Gtin | None:
        """The trade item number; None for what is no item."""
        if self.scheme != "sgtin":
            return None
        body = self.item[0] + self.company + self.item[1:]
        return Gtin(body + check_digit(body))

    @property
    def pure_identity(self) -> str:
        """The URI without filter and length."""
        parts = [self.company, self.item, *([_escaped(self.serial)] if self.scheme != "sscc" else [])]
        return f"urn:epc:id:{self.scheme}:" + ".".join(parts)

    @property
    def tag_uri(self) -> str:
        """The URI that says how it was written on the tag."""
        parts = [str(self.filter), self.company, self.item, *([_escaped(self.serial)] if self.scheme != "sscc" else [])]
        return f"urn:epc:tag:{self.scheme}-{self.bits}:" + ".".join(parts)

    @property
    def element_string(self) -> str:
        """GS1's form with brackets: "(01)…(21)…"."""
        body = self.item[:1] + self.company + self.item[1:]
        match self.scheme:
            case "sgtin":
                return f"(01){self.gtin}(21){self.serial}"
            case "sscc":
                return f"(00){body}{check_digit(body)}"
            case "grai":
                number = self.company + self.item
                return f"(8003)0{number}{check_digit(number)}{self.serial}"
            case _:
                number = self.company + self.item
                return f"(414){number}{check_digit(number)}" + (f"(254){self.serial}" if self.serial != "0" else "")


# partition value → (bits of the company prefix, its digits); the rest belongs to the item
_COMPANY = ((40, 12), (37, 11), (34, 10), (30, 9), (27, 8), (24, 7), (20, 6))


@dataclass(frozen=True, slots=True)
class _Scheme:
    name: str
    bits: int
    both_bits: int  # company prefix and item together
    both_digits: int
    serial_bits: int


_SCHEMES = MappingProxyType(
    {
        SGTIN_96: _Scheme("sgtin", 96, 44, 13, 38),
        SGTIN_198: _Scheme("sgtin", 198, 44, 13, 140),
        SSCC_96: _Scheme("sscc", 96, 58, 17, 24),
        GRAI_96: _Scheme("grai", 96, 44, 12, 38),
        SGLN_96: _Scheme("sgln", 96, 41, 12, 41),
    }
)
# SGTIN-96: partition → (shift to the company, its mask, its modulus, shift to the item, its mask, its modulus)
_FAST = tuple(
    (38 + 44 - bits, (1 << bits) - 1, 10**digits, 38, (1 << (44 - bits)) - 1, 10 ** (13 - digits))
    for bits, digits in _COMPANY
)
_DIGITS = tuple(digits for _, digits in _COMPANY)


def decode(epc: bytes) -> Epc | None:
    """The identity a tag carries; None when it is none of these schemes or its fields are impossible."""
    scheme = _SCHEMES.get(epc[0]) if epc else None
    if scheme is None or len(epc) < (scheme.bits + 7) // 8:
        return None
    size = (scheme.bits + 7) // 8 * 8
    number = int.from_bytes(epc[: size // 8], "big") >> (size - scheme.bits)
    partition = number >> (scheme.bits - 14) & 0x7
    if partition >= len(_COMPANY):
        return None
    company_bits, digits = _COMPANY[partition]
    at = scheme.bits - 14 - company_bits
    company = number >> at & ((1 << company_bits) - 1)
    item_bits = scheme.both_bits - company_bits
    at -= item_bits
    item = number >> at & ((1 << item_bits) - 1)
    item_digits = scheme.both_digits - digits
    if company >= 10**digits or item >= 10**item_digits:
        return None
    serial = _serial(scheme, number & ((1 << at) - 1), at)
    if serial is None:
        return None
    item_text = f"{item:0{item_digits}d}" if item_digits else ""
    return Epc(scheme.name, scheme.bits, number >> (scheme.bits - 11) & 0x7, f"{company:0{digits}d}", item_text, serial)


def gtin_and_serial(epc: bytes) -> tuple[Gtin, str] | None:
    """(GTIN-14, serial) of an SGTIN; None for everything else. A few microseconds for SGTIN-96."""
    if len(epc) != 12 or epc[0] != SGTIN_96:
        known = decode(epc)
        gtin = known.gtin if known else None
        return (gtin, known.serial) if known and gtin else None
    number = int.from_bytes(epc, "big")
    partition = number >> 82 & 0x7
    if partition == 7:
        return None
    to_company, company_mask, company_limit, to_item, item_mask, item_limit = _FAST[partition]
    company, item = number >> to_company & company_mask, number >> to_item & item_mask
    if company >= company_limit or item >= item_limit:
        return None
    rest_digits = 12 - _DIGITS[partition]
    indicator, reference = divmod(item, 10**rest_digits)
    body = (indicator * company_limit + company) * 10**rest_digits + reference
    return Gtin(f"{body:013d}{_check(body)}"), str(number & MAX_SERIAL_96)


def encode_sgtin_96(gtin: str, serial: int, *, company_digits: int = 7, filter_value: int = 1) -> bytes:
    """The tag of one unit. `gtin`: 8 to 14 digits; `company_digits`: how many of them GS1 gave the company.

    Raises ValueError for a number whose check digit is wrong, a serial of more than 38 bits, or what else does not fit.
    """
    partition = 12 - company_digits
    fits = 0 <= partition < len(_COMPANY) and 0 <= serial <= MAX_SERIAL_96 and 0 <= filter_value <= MAX_FILTER
    body = gtin.zfill(14)[:13]
    if not fits or not gtin.isascii() or not gtin.isdigit() or gtin.zfill(14) != body + check_digit(body):
        raise ValueError("this does not fit an SGTIN-96")
    company, item = body[1 : 1 + company_digits], body[0] + body[1 + company_digits :]
    bits, _ = _COMPANY[partition]
    number = SGTIN_96 << 88 | filter_value << 85 | partition << 82
    number |= int(company) << (82 - bits) | int(item) << 38 | serial
    return number.to_bytes(12, "big")


def _check(body: int) -> int:
    """The check digit of a number of 13 digits, weights 3 and 1 from the right."""
    total, weight = 0, 3
    while body:
        body, digit = divmod(body, 10)
        total += digit * weight
        weight = 4 - weight
    return -total % 10


def _serial(scheme: _Scheme, number: int, bits: int) -> str | None:
    if scheme.serial_bits != 140:
        return str(number)
    padded = number >> (bits - 140) if bits >= 140 else number
    characters = [padded >> (7 * (_SERIAL_198_CHARS - 1 - n)) & 0x7F for n in range(_SERIAL_198_CHARS)]
    text = "".join(map(chr, characters)).rstrip("\0")
    return text if text and set(text) <= _SERIAL_CHARS else None


def _escaped(serial: str) -> str:
    return "".join(c if c in _URI_SAFE else f"%{ord(c):02X}" for c in serial)
