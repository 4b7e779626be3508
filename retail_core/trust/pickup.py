"""The customer's proof at the pickup counter, checkable with no network.

The pass is a code signed by HQ (ES256); beside it there is an 8-character code for people without a phone, of which
the store only has a salted hash. The code has 40 bits: 8 characters of Crockford's alphabet, 5 bits each.
"""

import hashlib
import hmac

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.trust.keys import SIGNATURE_BYTES, SigningKey, b64, unb64, verify

PASS_PREFIX = "OTP:"
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base 32: no I, L, O, U
CODE_CHARS = 8
CODE_BYTES = 5
_LOOKALIKES = str.maketrans({"I": "1", "L": "1", "O": "0", " ": "", "-": ""})


class PickupPass(msgspec.Struct, frozen=True, array_like=True):
    """What a pass says once its signature is checked."""

    order_id: str
    store: str
    until_ms: int


def issue_pass(key: SigningKey, order_id: str, store: str, until_ms: int) -> str:
    """Text for a QR code: `OTP:` and base64url of payload and signature."""
    payload = msgspec.json.encode(PickupPass(order_id, store, until_ms))
    return PASS_PREFIX + b64(key.sign(b"pickup-pass/1\n" + payload) + payload)


def read_pass(public_text: str, text: str, now_ms: int) -> PickupPass:
    """Raises RuleViolationError `pass.unreadable`, `pass.forged` or `pass.expired`."""
    try:
        blob = unb64(text.removeprefix(PASS_PREFIX))
        found = msgspec.json.decode(blob[SIGNATURE_BYTES:], type=PickupPass)
    except (ValueError, msgspec.DecodeError) as bad:
        raise RuleViolationError("pass.unreadable") from bad
    if not verify(public_text, b"pickup-pass/1\n" + blob[SIGNATURE_BYTES:], blob[:SIGNATURE_BYTES]):
        raise RuleViolationError("pass.forged")
    if now_ms > found.until_ms:
        raise RuleViolationError("pass.expired")
    return found


def code_from(rand: bytes) -> str:
    """The 8-character code made of five random bytes."""
    number = int.from_bytes(rand[:CODE_BYTES], "big")
    return "".join(CODE_ALPHABET[(number >> shift) & 31] for shift in range(35, -5, -5))


def normal_code(typed: str) -> str:
    """What a person meant: upper case, O as 0, I and L as 1, no spaces or dashes."""
    return typed.strip().upper().translate(_LOOKALIKES)


def code_hash(salt: str, code: str) -> str:
    """Hex SHA-256 of salt and code; goes into the order's feed row instead of the code."""
    return hashlib.sha256(f"{salt}|{normal_code(code)}".encode()).hexdigest()


def code_matches(salt: str, expected_hash: str, typed: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(code_hash(salt, typed), expected_hash)
