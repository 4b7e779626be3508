"""PINs: argon2id (19 MiB, t=2, p=1), then keyed with the machine's own secret.

Hashing alone does not protect four digits (all 10,000 fall in minutes); the secret that is not in the database does.
HQ stores and sends the argon2 hash; a store machine keeps only its keyed form.
"""

import hashlib
import hmac

from argon2.low_level import Type, hash_secret_raw

from retail_core.domain.errors import RuleViolationError

MEMORY_KIB = 19 * 1024
TIME_COST = 2
HASH_BYTES = 32
SALT_BYTES = 16
PIN_MIN, PIN_MAX = 4, 12


def check_pin_form(pin: str) -> None:
    """Raises RuleViolationError `pin.malformed` unless it is 4 to 12 digits."""
    if not (PIN_MIN <= len(pin) <= PIN_MAX and pin.isascii() and pin.isdigit()):
        raise RuleViolationError("pin.malformed", least=PIN_MIN, most=PIN_MAX)


def pin_hash(pin: str, salt: bytes) -> bytes:
    """32 bytes; takes about 50 ms by design, so never on a screen's thread."""
    return hash_secret_raw(pin.encode(), salt, TIME_COST, MEMORY_KIB, 1, HASH_BYTES, Type.ID)


def keyed_verifier(device_secret: bytes, hashed_pin: bytes) -> bytes:
    """The form a store machine keeps."""
    return hmac.new(device_secret, b"pin/1" + hashed_pin, hashlib.sha256).digest()


def pin_matches(device_secret: bytes, verifier: bytes, salt: bytes, pin: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(keyed_verifier(device_secret, pin_hash(pin, salt)), verifier)
