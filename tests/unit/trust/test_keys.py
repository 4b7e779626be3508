"""Keys, signatures and sealed secrets."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.errors import EnvironmentFault
from retail_core.trust.keys import SIGNATURE_BYTES, PublicKey, SigningKey, b64, unb64, verify
from retail_core.trust.seal import KEY_BYTES, seal, unseal, unwrap, wrap

KEY, OTHER = SigningKey.new(), SigningKey.new()


def pem_of(private) -> str:
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@given(st.binary(max_size=80))
def test_bytes_as_text_and_back(data: bytes) -> None:
    assert unb64(b64(data)) == data


@pytest.mark.parametrize("text", ["a", "=", "a b c", "é", "ab+/", "x" * 5])
def test_what_is_not_base64url_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"base64url|ASCII"):
        unb64(text)


def test_a_signature_stands_for_these_bytes_and_this_key_only() -> None:
    signature = KEY.sign(b"the day's takings")
    assert len(signature) == SIGNATURE_BYTES
    assert verify(KEY.public_text, b"the day's takings", signature)
    assert not verify(KEY.public_text, b"the day's taking", signature)
    assert not verify(OTHER.public_text, b"the day's takings", signature)
    for at in range(SIGNATURE_BYTES):
        damaged = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
        assert not verify(KEY.public_text, b"the day's takings", damaged)
    assert not verify(KEY.public_text, b"the day's takings", b"")
    assert not verify(KEY.public_text, b"the day's takings", bytes(SIGNATURE_BYTES))
    assert not verify(KEY.public_text, b"the day's takings", b"\xff" * SIGNATURE_BYTES)


@pytest.mark.parametrize("text", ["", "AAAA", "é", "not a key", b64(b"\x04" + bytes(64))])
def test_what_is_no_public_key_verifies_nothing(text: str) -> None:
    with pytest.raises(ValueError):
        PublicKey(text)
    assert not verify(text, b"x", KEY.sign(b"x"))


def test_a_private_key_survives_its_file() -> None:
    again = SigningKey.from_pem(KEY.pem)
    assert again.public_text == KEY.public_text
    assert verify(KEY.public_text, b"x", again.sign(b"x"))


@pytest.mark.parametrize(
    "pem", [pem_of(ed25519.Ed25519PrivateKey.generate()), pem_of(ec.generate_private_key(ec.SECP384R1())), "junk", ""]
)
def test_other_kinds_of_key_are_refused(pem: str) -> None:
    with pytest.raises(ValueError):
        SigningKey.from_pem(pem)


def test_only_its_reader_opens_a_sealed_secret() -> None:
    blob = seal(KEY.public_text, b"snapshot key")
    assert blob != seal(KEY.public_text, b"snapshot key")
    assert unseal(KEY, blob) == b"snapshot key"
    bad_blobs = [blob[:-1], blob[:40], b"", blob + b"x", *(damaged(blob, at) for at in range(0, len(blob), 7))]
    for key, bad in [(OTHER, blob), *((KEY, bad) for bad in bad_blobs)]:
        with pytest.raises(EnvironmentFault) as fault:
            unseal(key, bad)
        assert fault.value.code == "seal.unreadable"


def test_a_key_is_useless_away_from_its_machine() -> None:
    secret = bytes(range(KEY_BYTES))
    blob = wrap(secret, b"database key")
    assert unwrap(secret, blob) == b"database key"
    for other, bad in (
        (bytes(KEY_BYTES), blob),
        (secret, blob[:-1]),
        (secret, b""),
        (secret, damaged(blob, 20)),
        (b"short", blob),
    ):
        with pytest.raises(EnvironmentFault) as fault:
            unwrap(other, bad)
        assert fault.value.code == "key.wrong_device"


def damaged(blob: bytes, at: int) -> bytes:
    return blob[:at] + bytes([blob[at] ^ 0x40]) + blob[at + 1 :]
