"""ES256 keys: one kind of key for node identity, journal signatures and feed pages.

Signatures travel as 64 bytes (r ‖ s, as in JWS); public keys as base64url text of the uncompressed curve point.
"""

import base64
import binascii
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

_HALF = 32
SIGNATURE_BYTES = 2 * _HALF
_SHA256 = ec.ECDSA(hashes.SHA256())


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64(text: str) -> bytes:
    """Raises ValueError for anything that is not base64url."""
    if "+" in text or "/" in text:  # the library takes plain base64 too
        raise ValueError("not base64url")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as bad:
        raise ValueError("not base64url") from bad


class SigningKey:
    """A private ES256 key and what may be done with it."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self.private = private

    @classmethod
    def new(cls) -> Self:
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: str) -> Self:
        """Raises ValueError unless it is an unencrypted P-256 private key."""
        key = serialization.load_pem_private_key(pem.encode("ascii"), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("not a P-256 key")  # noqa: TRY004 - the text is wrong, not the type
        return cls(key)

    @property
    def pem(self) -> str:
        """PKCS #8 text for a file of mode 0600."""
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode("ascii")

    @property
    def public_text(self) -> str:
        return b64(
            self.private.public_key().public_bytes(
                serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
            )
        )

    def sign(self, data: bytes) -> bytes:
        """64 bytes over SHA-256 of `data`."""
        r, s = decode_dss_signature(self.private.sign(data, _SHA256))
        return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")


class PublicKey:
    """A parsed public key, for checking many signatures of one node."""

    def __init__(self, text: str) -> None:
        """Raises ValueError unless `text` is a point of P-256."""
        self.text = text
        self.point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(text))

    def verify(self, data: bytes, signature: bytes) -> bool:
        if len(signature) != SIGNATURE_BYTES:
            return False
        r, s = int.from_bytes(signature[:_HALF], "big"), int.from_bytes(signature[_HALF:], "big")
        try:
            self.point.verify(encode_dss_signature(r, s), data, _SHA256)
        except InvalidSignature:
            return False
        return True


def verify(public_text: str, data: bytes, signature: bytes) -> bool:
    """False for a wrong signature and for a public key that is none."""
    try:
        return PublicKey(public_text).verify(data, signature)
    except ValueError:
        return False
