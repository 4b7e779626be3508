"""What a scanned or typed label means: an item number, one of our own codes, or something nobody knows.

Our own codes start with three letters no GS1 symbol starts with: OTR receipt, OTP pickup pass, OTB badge, OTS shelf,
OTG gift card, OTL loyalty card, OTC coupon of a single print. Finding the meaning is the till's business (`pos_app.devices.barcode.classify`).
"""

from enum import StrEnum

import msgspec

from retail_core.domain.ids import Gtin

OWN_PREFIX_CHARS = 4


class CodeKind(StrEnum):
    GTIN = "gtin"
    SKU = "sku"  # letters and digits, to be looked up as the retailer's own code
    RECEIPT = "receipt"
    PICKUP_PASS = "pickup_pass"
    BADGE = "badge"
    SHELF = "shelf"
    GIFT_CARD = "gift_card"
    COUPON = "coupon"
    LOYALTY_CARD = "loyalty_card"
    SSCC = "sscc"  # a pallet or parcel of a delivery
    UNKNOWN = "unknown"


OWN_PREFIXES = {
    "OTR:": CodeKind.RECEIPT,
    "OTP:": CodeKind.PICKUP_PASS,
    "OTB:": CodeKind.BADGE,
    "OTS:": CodeKind.SHELF,
    "OTG:": CodeKind.GIFT_CARD,
    "OTL:": CodeKind.LOYALTY_CARD,
    "OTC:": CodeKind.COUPON,
}


class Scanned(msgspec.Struct, frozen=True, omit_defaults=True):
    """The meaning of a label. `text` is the label without its AIM id, fit to be shown; `gtin` only for kind GTIN.

    The rest is what a label may say about the one unit in the hand. Dates are YYYY-MM-DD. `net_milli` is a weight in
    thousandths of a kilogram (AI 310n, or embedded); `price` is digits and how many of them are decimals (AI 392n, or
    embedded); `count` is pieces (AI 30 and 37, or embedded). `notes` are codes of what the cashier may want to know:
    `scan.ambiguous` (no separator after a variable field: only the item number is believed), `scan.association`
    (fields that should not stand together). `item_code` is the store's own number inside an embedded code.
    """

    kind: CodeKind
    text: str
    gtin: Gtin | None = None
    lot: str | None = None
    serial: str | None = None
    expiry: str | None = None  # AI 17, 7003 or 16: not to be sold after it
    best_before: str | None = None  # AI 15
    net_milli: int | None = None
    price: tuple[int, int] | None = None
    count: int | None = None
    item_code: str | None = None
    addon: str = ""  # 2 or 5 digits beside a periodical's bar code
    notes: tuple[str, ...] = ()
    also: Gtin | None = None  # eight digits that are a good EAN-8 and a good UPC-E: the item if `gtin` is none of ours
    sscc: str | None = None  # 18 digits, of kind SSCC


class TagUnit(msgspec.Struct, frozen=True):
    """One unit an RFID reader is sure of. `epc`: hexadecimal, as in the tag."""

    epc: str
    gtin: Gtin
    serial: str
