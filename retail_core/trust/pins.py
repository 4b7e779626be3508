"""PINs: argon2id (19 MiB, t=2, p=1), then keyed with the machine's own secret. Badges: SHA-256, keyed the same way.

Hashing alone does not protect four digits (all 10,000 fall in minutes); the secret that is not in the database does.
What stands on a badge is drawn by chance and too long to be guessed, so one fast hash is enough and a scan is answered at
once. HQ stores and sends the hashes; a store machine keeps only their keyed form.
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
BADGE_PREFIX = "OTB:"
BADGE_MIN, BADGE_MAX = 16, 64
_BADGE_CHARS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")


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


def badge_secret(text: str) -> str:
    """What stands on a badge behind its prefix. Raises RuleViolationError `badge.malformed`."""
    secret = text.strip().removeprefix(BADGE_PREFIX)
    if not (BADGE_MIN <= len(secret) <= BADGE_MAX and _BADGE_CHARS.issuperset(secret)):
        raise RuleViolationError("badge.malformed", least=BADGE_MIN, most=BADGE_MAX)
    return secret


def badge_hash(secret: str) -> bytes:
    """The form HQ keeps."""
    return hashlib.sha256(b"badge/1" + secret.encode()).digest()


def keyed_badge(device_secret: bytes, hashed_badge: bytes) -> bytes:
    """The form a store machine keeps."""
    return hmac.new(device_secret, b"badge/1" + hashed_badge, hashlib.sha256).digest()


def badge_matches(device_secret: bytes, keyed: bytes, secret: str) -> bool:
    """Compared in constant time; nobody without a badge matches."""
    return bool(keyed) and hmac.compare_digest(keyed_badge(device_secret, badge_hash(secret)), keyed)
