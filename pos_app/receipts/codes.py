"""Linear bar codes as bars, for every renderer that draws them. Uses python-barcode."""

from functools import lru_cache

from barcode.codex import Code128
from barcode.ean import EAN8, EAN13
from barcode.errors import BarcodeError

QUIET_MODULES = 10


@lru_cache(maxsize=256)
def modules(kind: str, data: str) -> str:
    """The bars of a code, "1" dark and "0" light, without quiet zones. Raises ValueError for data it cannot hold.

    `kind`: "ean13" (12 or 13 digits), "ean8" or "code128".
    """
    kinds = {"ean13": EAN13, "ean8": EAN8, "code128": Code128}
    try:
        made: list[str] = kinds[kind](data).build()
    except (BarcodeError, ValueError, KeyError, IndexError) as bad:
        raise ValueError(f"{kind} cannot hold it") from bad
    return made[0].replace("G", "1")
