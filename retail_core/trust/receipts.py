"""The code on a receipt: signed by its till, whose key HQ has certified, so that any store checks it with no network.

    "OTR:" ‖ base32( version ‖ HQ's mark (4) ‖ till's public key (33) ‖ certificate (64) ‖ signature (64) ‖ content )

The certificate is HQ's signature over the key and "store-register", so a till can only sign receipts of its own numbers.
Base 32 is what keyboard scanners of any layout bring through and what QR codes hold best. Up to MAX_CHARS (version 20 at
level M) the content lists the lines; above it their SHA-256, and the lines are where the sale was made.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence

import msgspec
from cryptography.hazmat.primitives import serialization

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import Sku
from retail_core.domain.receipts import PaidLine, PaidRate, PaidReceipt, PaidTender
from retail_core.domain.saledata import MAX_LINES
from retail_core.domain.tender import TenderKind
from retail_core.trust.keys import SIGNATURE_BYTES, PublicKey, SigningKey, b64, unb64, verify

RECEIPT_PREFIX = "OTR:"
MAX_CHARS = 970  # a QR code of version 20 at level M, alphanumeric (ISO/IEC 18004, table 7)
VERSION = 1
MARK_BYTES = 4
POINT_BYTES = 33
HASH_BYTES = 32
MAX_TEXT_BYTES = 127
MAX_NUMBER_BYTES = 9
UNREADABLE, FORGED, OTHER_RETAILER = "receipt.unreadable", "receipt.forged", "receipt.other_retailer"

_CERTIFIES, _SAYS = b"receipt-certificate/1\n", b"receipt/1\n"
_KINDS = tuple(kind.value for kind in TenderKind)  # a new kind goes to the end
_HAS_LINES, _IS_GIFT = 1, 2
_DIGITS = 0x80


def certify(hq_key: SigningKey, register: str, till_public_text: str) -> str:
    """HQ's word that a key signs the receipts of "store-register"."""
    point = _point(PublicKey(till_public_text))
    return b64(hq_key.sign(_CERTIFIES + register.encode() + b"\n" + point))


def is_signed(text: str) -> bool:
    """True for a code as this module writes it, False for a bare number: those have dashes in them."""
    return text.startswith(RECEIPT_PREFIX) and "-" not in text


class ReceiptSigner:
    """One till's hand. It writes when a receipt is laid out, not when it is paid: the sale waits for no second signature."""

    def __init__(self, key: SigningKey, certificate: str, hq_public_text: str) -> None:
        """Raises ValueError for a certificate that is none."""
        self._key = key
        self._head = bytes([VERSION]) + _mark(hq_public_text) + _point(PublicKey(key.public_text)) + unb64(certificate)

    def text(self, receipt: PaidReceipt) -> str:
        """The code's text, at most MAX_CHARS long."""
        whole = self._signed(_content(receipt, _lines(receipt.lines), in_full=True))
        return (
            whole if len(whole) <= MAX_CHARS else self._signed(_content(receipt, _lines(receipt.lines), in_full=False))
        )

    def _signed(self, content: bytes) -> str:
        blob = self._head + self._key.sign(_SAYS + content) + content
        return RECEIPT_PREFIX + base64.b32encode(blob).rstrip(b"=").decode("ascii")


def read_receipt(text: str, hq_public_text: str) -> PaidReceipt:
    """What a code says, once key and signature are checked.

    Raises RuleViolationError `receipt.unreadable`, `receipt.other_retailer` or `receipt.forged`.
    """
    blob = _unpacked(text)
    at = _Reader(blob)
    if at.byte() != VERSION:
        raise RuleViolationError(UNREADABLE)
    mark, point, certificate, signature = map(at.take, (MARK_BYTES, POINT_BYTES, SIGNATURE_BYTES, SIGNATURE_BYTES))
    if mark != _mark(hq_public_text):
        raise RuleViolationError(OTHER_RETAILER)
    content = at.rest()
    found = _read_content(_Reader(content))
    certified = _CERTIFIES + found.register.encode() + b"\n" + point
    if not verify(hq_public_text, certified, certificate) or not verify(b64(point), _SAYS + content, signature):
        raise RuleViolationError(FORGED)
    return found


def lines_fit(receipt: PaidReceipt, lines: Sequence[PaidLine]) -> bool:
    """True when these are the lines whose hash the code carries."""
    return hashlib.sha256(_lines(lines)).digest() == receipt.lines_hash


# ── writing ──────────────────────────────────────────────────────────────────────────────────────


def _content(receipt: PaidReceipt, lines: bytes, *, in_full: bool) -> bytes:
    flags = (_HAS_LINES if in_full else 0) | (_IS_GIFT if receipt.gift else 0)
    made = bytes([flags]) + _text(receipt.number) + _number(receipt.at_s) + _text(receipt.currency)
    made += _signed_number(receipt.total_minor) + _number(len(receipt.tenders))
    for tender in receipt.tenders:
        made += _number(_KINDS.index(tender.kind)) + _signed_number(tender.amount_minor)
    return made + (lines if in_full else hashlib.sha256(lines).digest())


def _lines(lines: Sequence[PaidLine]) -> bytes:
    """A table of the taxes, then the lines; the same bytes for the same lines, so that their hash can be compared."""
    rates = tuple(dict.fromkeys(rate for line in lines for rate in line.taxes))
    made = _number(len(rates))
    for rate in rates:
        made += _text(rate.tax_class) + _number(2 * rate.rate_ppm + rate.included)
    made += _number(len(lines))
    for line in lines:
        made += _number(line.n) + _text(line.sku) + _number(line.qty_milli) + _signed_number(line.amount_minor)
        made += _number(len(line.taxes)) + b"".join(_number(rates.index(rate)) for rate in line.taxes)
        made += _text(line.lot or "") + _text(line.serial or "")
    return made


def _number(value: int) -> bytes:
    """Seven bits a byte, the lowest first, the high bit set on all but the last."""
    made = bytearray()
    while value > 0x7F:
        made.append(0x80 | value & 0x7F)
        value >>= 7
    made.append(value)
    return bytes(made)


def _signed_number(value: int) -> bytes:
    return _number(2 * value if value >= 0 else -2 * value - 1)


def _text(text: str) -> bytes:
    """Length and UTF-8; digits alone take less than half of that."""
    if len(text) > 2 and len(text) <= MAX_TEXT_BYTES and text.isascii() and text.isdigit():
        return bytes([_DIGITS | len(text)]) + int(text).to_bytes(_digit_bytes(len(text)), "big")
    data = text.encode()[:MAX_TEXT_BYTES].decode(errors="ignore").encode()
    return bytes([len(data)]) + data


def _digit_bytes(digits: int) -> int:
    return ((10**digits - 1).bit_length() + 7) // 8


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


class _Reader:
    """Takes fields off the front. Raises RuleViolationError `receipt.unreadable` for anything that breaks off."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) != count:
            raise RuleViolationError(UNREADABLE)
        self._at += count
        return taken

    def rest(self) -> bytes:
        taken, self._at = self._data[self._at :], len(self._data)
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self, most: int = 1 << 62) -> int:
        value = 0
        for place in range(MAX_NUMBER_BYTES):
            byte = self.byte()
            value |= (byte & 0x7F) << (7 * place)
            if byte < 0x80 and value <= most:
                return value
        raise RuleViolationError(UNREADABLE)

    def signed_number(self) -> int:
        value = self.number()
        return value // 2 if value % 2 == 0 else -(value + 1) // 2

    def text(self) -> str:
        head = self.byte()
        length = head & ~_DIGITS
        if head & _DIGITS:
            value = str(int.from_bytes(self.take(_digit_bytes(length)), "big"))
            if len(value) > length:
                raise RuleViolationError(UNREADABLE)
            return value.zfill(length)
        try:
            return self.take(length).decode()
        except UnicodeDecodeError as bad:
            raise RuleViolationError(UNREADABLE) from bad


def _read_content(at: _Reader) -> PaidReceipt:
    flags = at.byte()
    number, at_s, currency, total = at.text(), at.number(), at.text(), at.signed_number()
    tenders = tuple(
        PaidTender(_KINDS[at.number(len(_KINDS) - 1)], at.signed_number()) for _ in range(at.number(MAX_LINES))
    )
    found = PaidReceipt(number, at_s, currency, total, tenders, gift=bool(flags & _IS_GIFT))
    if flags & _HAS_LINES:
        found = msgspec.structs.replace(found, lines=_read_lines(at))
    else:
        found = msgspec.structs.replace(found, lines_hash=at.take(HASH_BYTES))
    if at.rest():
        raise RuleViolationError(UNREADABLE)
    return found


def _read_lines(at: _Reader) -> tuple[PaidLine, ...]:
    rates = tuple(_read_rate(at) for _ in range(at.number(MAX_LINES)))
    return tuple(_read_line(at, rates) for _ in range(at.number(MAX_LINES)))


def _read_rate(at: _Reader) -> PaidRate:
    name, rate = at.text(), at.number()
    return PaidRate(name, rate // 2, rate % 2 == 1)


def _read_line(at: _Reader, rates: tuple[PaidRate, ...]) -> PaidLine:
    n, sku, qty, amount = at.number(), at.text(), at.number(), at.signed_number()
    taxes = tuple(rates[at.number(len(rates) - 1)] for _ in range(at.number(len(rates))))
    lot, serial = at.text(), at.text()
    return PaidLine(n, Sku(sku), qty, amount, taxes, lot or None, serial or None)


def _unpacked(text: str) -> bytes:
    packed = text.removeprefix(RECEIPT_PREFIX)
    if len(packed) > MAX_CHARS:
        raise RuleViolationError(UNREADABLE)
    try:
        return base64.b32decode(packed + "=" * (-len(packed) % 8))
    except (binascii.Error, ValueError) as bad:
        raise RuleViolationError(UNREADABLE) from bad


def _point(key: PublicKey) -> bytes:
    return key.point.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)


def _mark(hq_public_text: str) -> bytes:
    """Enough of HQ's key to tell another retailer's receipt from a forged one."""
    return hashlib.sha256(hq_public_text.encode()).digest()[:MARK_BYTES]
