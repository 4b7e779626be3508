"""Who is asking: a node proves its key with a signed assertion (RFC 7523) and gets a short-lived bearer token.

Both are ES256 JWS made and read by joserfc. Times are seconds, as JWT wants them.
"""

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from retail_core.domain.errors import RuleViolationError
from retail_core.trust.keys import PublicKey, SigningKey, b64, unb64

ASSERTION_S = 120
BEARER_S = 900
LEEWAY_S = 60
MAX_TOKEN_CHARS = 4096


class Claims(msgspec.Struct, frozen=True):
    """What a checked token says."""

    subject: str
    expires_s: int
    token_id: str
    store: str = ""
    role: str = ""


def assertion(node_id: str, key: SigningKey, audience: str, now_s: int, token_id: str) -> str:
    """A two-minute statement "I am this node", for one audience and one use."""
    return _encode(
        {"iss": node_id, "sub": node_id, "aud": audience, "iat": now_s, "exp": now_s + ASSERTION_S, "jti": token_id},
        key,
    )


def unchecked_subject(token: str) -> str:
    """Whom an assertion claims to be from, only to find the key to check it with. Raises `token.malformed`."""
    try:
        payload = msgspec.json.decode(unb64(token[:MAX_TOKEN_CHARS].split(".")[1]), type=dict[str, object])
    except (IndexError, ValueError, msgspec.DecodeError, RecursionError) as bad:
        raise RuleViolationError("token.malformed") from bad
    return str(payload.get("sub", ""))


def check_assertion(token: str, public_text: str, audience: str, now_s: int) -> Claims:
    """Raises RuleViolationError `token.malformed`, `token.bad_signature`, `token.expired` or `token.wrong_audience`."""
    return _decode(token, public_text, audience, now_s)


def bearer(node_id: str, key: SigningKey, audience: str, now_s: int, token_id: str, *, store: str, role: str) -> str:
    """A fifteen-minute token from the server that checked the assertion."""
    return _encode(
        {
            "sub": node_id, "aud": audience, "iat": now_s, "exp": now_s + BEARER_S, "jti": token_id,
            "store": store, "role": role,
        },
        key,
    )  # fmt: skip


def check_bearer(token: str, public_text: str, audience: str, now_s: int) -> Claims:
    """As `check_assertion`, for a token this server (or HQ) gave out."""
    return _decode(token, public_text, audience, now_s)


def _encode(claims: dict[str, str | int], key: SigningKey) -> str:
    return jwt.encode({"alg": "ES256"}, dict(claims), ECKey.import_key(key.pem), algorithms=["ES256"])


def _decode(token: str, public_text: str, audience: str, now_s: int) -> Claims:
    if len(token) > MAX_TOKEN_CHARS:
        raise RuleViolationError("token.malformed")
    try:
        claims = jwt.decode(token, _public(public_text), algorithms=["ES256"]).claims
    except (JoseError, ValueError) as bad:
        raise RuleViolationError("token.bad_signature") from bad
    expires = claims.get("exp")
    if not isinstance(expires, int) or now_s > expires + LEEWAY_S:
        raise RuleViolationError("token.expired")
    if claims.get("aud") != audience:
        raise RuleViolationError("token.wrong_audience")
    return Claims(
        str(claims.get("sub", "")), expires, str(claims.get("jti", "")),
        str(claims.get("store", "")), str(claims.get("role", "")),
    )  # fmt: skip


def _public(public_text: str) -> ECKey:
    numbers = PublicKey(public_text).point.public_numbers()
    return ECKey.import_key(
        {"kty": "EC", "crv": "P-256", "x": b64(numbers.x.to_bytes(32, "big")), "y": b64(numbers.y.to_bytes(32, "big"))}
    )
