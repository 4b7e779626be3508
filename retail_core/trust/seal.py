"""Secrets for one reader: ECDH with a throw-away key, HKDF-SHA256, AES-256-GCM (the shape of RFC 9180's base mode).

Blob = 65 bytes throw-away public point ‖ 12 bytes nonce ‖ ciphertext and tag.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from retail_core.domain.errors import EnvironmentFault
from retail_core.trust.keys import PublicKey, SigningKey

_POINT = 65
_NONCE = 12
_INFO = b"omnitill/seal/1"
KEY_BYTES = 32


def _shared(private: ec.EllipticCurvePrivateKey, public: ec.EllipticCurvePublicKey, salt: bytes) -> AESGCM:
    secret = private.exchange(ec.ECDH(), public)
    return AESGCM(HKDF(hashes.SHA256(), KEY_BYTES, salt, _INFO).derive(secret))


def seal(public_text: str, data: bytes) -> bytes:
    """Bytes that only the holder of the private key can read."""
    throwaway = ec.generate_private_key(ec.SECP256R1())
    point = throwaway.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    nonce = os.urandom(_NONCE)
    return point + nonce + _shared(throwaway, PublicKey(public_text).point, point).encrypt(nonce, data, None)


def unseal(key: SigningKey, blob: bytes) -> bytes:
    """Raises EnvironmentFault `seal.unreadable` for a blob meant for somebody else or damaged."""
    point, nonce, sealed = blob[:_POINT], blob[_POINT : _POINT + _NONCE], blob[_POINT + _NONCE :]
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        return _shared(key.private, public, point).decrypt(nonce, sealed, None)
    except (ValueError, InvalidTag) as bad:
        raise EnvironmentFault("seal.unreadable") from bad


def wrap(secret: bytes, data: bytes) -> bytes:
    """Encrypt under a 32-byte device secret: nonce ‖ ciphertext and tag."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(secret).encrypt(nonce, data, None)


def unwrap(secret: bytes, blob: bytes) -> bytes:
    """Raises EnvironmentFault `key.wrong_device` when the device secret does not fit."""
    try:
        return AESGCM(secret).decrypt(blob[:_NONCE], blob[_NONCE:], None)
    except (ValueError, InvalidTag) as bad:
        raise EnvironmentFault("key.wrong_device") from bad
