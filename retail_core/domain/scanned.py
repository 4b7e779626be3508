"""What a scanned or typed label means: an item number, one of our own codes, or something nobody knows.

Our own codes start with three letters no GS1 symbol starts with: OTR receipt, OTP pickup pass, OTB badge, OTS shelf.
The full classifier (AIM ids, element strings, Digital Links, embedded prices) grows here and in the devices package.
"""

import re
from enum import StrEnum

import msgspec

from retail_core.domain.gtin import expand_upc_e, gtin_key, is_gtin
from retail_core.domain.ids import Gtin

MAX_LABEL_CHARS = 512
AIM_ID = re.compile(r"^\][A-Za-z][0-9A-Za-z]")
OWN_PREFIX_CHARS = 4


class CodeKind(StrEnum):
    GTIN = "gtin"
    SKU = "sku"  # letters and digits, to be looked up as the retailer's own code
    RECEIPT = "receipt"
    PICKUP_PASS = "pickup_pass"
    BADGE = "badge"
    SHELF = "shelf"
    UNKNOWN = "unknown"


OWN_PREFIXES = {
    "OTR:": CodeKind.RECEIPT,
    "OTP:": CodeKind.PICKUP_PASS,
    "OTB:": CodeKind.BADGE,
    "OTS:": CodeKind.SHELF,
}


class Scanned(msgspec.Struct, frozen=True):
    """The meaning of a label. `text` is the label without its AIM id; `gtin` only for kind GTIN."""

    kind: CodeKind
    text: str
    gtin: Gtin | None = None


def classify(label: str) -> Scanned:
    """Never raises and never returns more than MAX_LABEL_CHARS: a hostile label is just an unknown one."""
    text = AIM_ID.sub("", label[:MAX_LABEL_CHARS]).strip()
    if not text or not text.isprintable():
        return Scanned(CodeKind.UNKNOWN, "".join(c if c.isprintable() else "�" for c in text))
    own = OWN_PREFIXES.get(text[:OWN_PREFIX_CHARS])
    if own:
        return Scanned(own, text)
    if is_gtin(text):
        return Scanned(CodeKind.GTIN, text, gtin_key(text))
    expanded = expand_upc_e(text)
    if expanded:
        return Scanned(CodeKind.GTIN, text, gtin_key(expanded))
    if re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,39}", text):
        return Scanned(CodeKind.SKU, text)
    return Scanned(CodeKind.UNKNOWN, text)
