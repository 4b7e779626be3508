"""Numbers for the tests of what is kept: made-up payment cards of every brand, and good numbers of everything else."""

from collections.abc import Iterator
from random import Random

from retail_core.domain.cardguard import luhn
from retail_core.domain.gtin import check_digit

BRANDS = (
    ("4", 16), ("4", 19), ("4", 13), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15),
    ("300", 14), ("305", 14), ("36", 14), ("38", 14), ("3528", 16), ("3589", 16), ("6011", 16), ("644", 16), ("65", 19),
    ("62", 16), ("62", 17), ("62", 18), ("62", 19), ("5018", 16), ("58", 19), ("6304", 18), ("6759", 19), ("2204", 16),
)  # fmt: skip
REPORTING_BODIES = ("01", "35", "86", "99", "91", "45", "49", "52", "53", "54")  # of IMEIs (GSMA TS.06)


def card_numbers(rand: Random, n: int) -> Iterator[str]:
    """Numbers no bank has given out, with good check digits."""
    for k in range(n):
        prefix, length = BRANDS[k % len(BRANDS)]
        body = prefix + "".join(str(rand.randrange(10)) for _ in range(length - len(prefix) - 1))
        yield next(body + str(d) for d in range(10) if luhn(body + str(d)))


def as_entered(rand: Random, pan: str) -> tuple[str, str]:
    """How it comes and what comes: typed, scanned from a bar code, or swiped."""
    grouped = " ".join(pan[at : at + 4] for at in range(0, len(pan), 4))
    expiry = f"{rand.randrange(26, 36)}{rand.randrange(1, 13):02d}"
    ways = (
        ("typed", pan), ("typed", grouped), ("typed", grouped.replace(" ", "-")), ("typed", f"card {pan} please"),
        ("typed", f"3*{pan}"), ("typed", f"?{pan}"), ("typed", f"{pan}d4"), ("scanned", pan), ("scanned", f"]C1{pan}"),
        ("scanned", f"]Q3{pan}"), ("swiped", f"%B{pan}^DOE/JANE^{expiry}1010000000000000000000?"),
        ("swiped", f";{pan}={expiry}10100000000000?"), ("swiped", f"{pan}={expiry}1010000"),
        ("swiped", f"%B{pan}^DOE/JANE^{expiry}101?;{pan}={expiry}101?"),
    )  # fmt: skip
    return ways[rand.randrange(len(ways))]


def good_numbers(rand: Random, n: int) -> Iterator[tuple[str, str]]:
    """EAN-13, GTIN-14, SSCC-18, IMEI and our own, in turn."""
    for k in range(n):
        kind = ("ean13", "gtin14", "sscc", "imei", "own")[k % 5]
        if kind == "imei":
            body = REPORTING_BODIES[k % len(REPORTING_BODIES)] + _figures(rand, 12)
            yield kind, next(body + str(d) for d in range(10) if luhn(body + str(d)))
        elif kind == "own":
            yield kind, f"952{_figures(rand, 16)}" if k % 2 else f"OTG:{_figures(rand, 12)}"
        else:
            body = _figures(rand, {"ean13": 12, "gtin14": 13, "sscc": 17}[kind])
            yield kind, body + check_digit(body)


def _figures(rand: Random, n: int) -> str:
    return "".join(str(rand.randrange(10)) for _ in range(n))
