"""Who is asking: assertions and bearer tokens, and everything that isn't one."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retail_core.domain.errors import RuleViolationError
from retail_core.trust.keys import SigningKey, b64
from retail_core.trust.tokens import (
    ASSERTION_S,
    BEARER_S,
    LEEWAY_S,
    MAX_TOKEN_CHARS,
    Claims,
    assertion,
    bearer,
    check_assertion,
    check_bearer,
    unchecked_subject,
)

NODE, HQ, STRANGER = SigningKey.new(), SigningKey.new(), SigningKey.new()
NOW_S = 1_764_000_000
TOKEN = assertion("agent-T1", NODE, "hq", NOW_S, "t-1")
BEARER = bearer("agent-T1", HQ, "hq", NOW_S, "b-1", store="S0319", role="node")


def refusal(token: str, key: SigningKey = NODE, audience: str = "hq", now_s: int = NOW_S) -> str:
    with pytest.raises(RuleViolationError) as refused:
        check_assertion(token, key.public_text, audience, now_s)
    return refused.value.code


def forged(header: dict[str, object], claims: object, signature: str = "") -> str:
    parts = (b64(json.dumps(part).encode()) for part in (header, claims))
    return ".".join((*parts, signature))


def test_a_node_says_who_it_is_and_gets_a_token_for_its_store() -> None:
    assert unchecked_subject(TOKEN) == "agent-T1"
    assert check_assertion(TOKEN, NODE.public_text, "hq", NOW_S) == Claims("agent-T1", NOW_S + ASSERTION_S, "t-1")
    assert check_bearer(BEARER, HQ.public_text, "hq", NOW_S) == Claims(
        "agent-T1", NOW_S + BEARER_S, "b-1", "S0319", "node"
    )


def test_a_token_ends_with_a_little_leeway_for_clocks() -> None:
    last = NOW_S + ASSERTION_S + LEEWAY_S
    assert check_assertion(TOKEN, NODE.public_text, "hq", last).subject == "agent-T1"
    assert refusal(TOKEN, now_s=last + 1) == "token.expired"


def test_a_token_for_somebody_else_is_refused() -> None:
    assert refusal(TOKEN, audience="agent-T2") == "token.wrong_audience"
    assert refusal(TOKEN, key=STRANGER) == "token.bad_signature"
    assert refusal(BEARER, key=NODE) == "token.bad_signature"


def test_forged_tokens_are_refused() -> None:
    claims: dict[str, object] = {"sub": "agent-T1", "aud": "hq", "exp": NOW_S + 100, "jti": "x"}
    header, payload, signature = TOKEN.split(".")
    assert refusal(forged({"alg": "none"}, claims)) == "token.bad_signature"
    assert refusal(forged({"alg": "HS256"}, claims, b64(b"x" * 32))) == "token.bad_signature"
    assert refusal(forged({"alg": "ES256"}, claims, signature)) == "token.bad_signature"
    assert refusal(forged({"alg": "ES256", "crit": ["x"]}, claims, signature)) == "token.bad_signature"
    assert refusal(f"{header}.{payload}.") == "token.bad_signature"
    assert refusal(f"{header}.{payload}") == "token.bad_signature"
    assert refusal("x" * (MAX_TOKEN_CHARS + 1)) == "token.malformed"


@pytest.mark.parametrize("claims", [{}, {"exp": "soon"}, {"exp": 1.5}, {"exp": None}])
def test_a_token_without_an_end_has_ended(claims: dict[str, object]) -> None:
    assert refusal(signed({"sub": "agent-T1", "aud": "hq", **claims})) == "token.expired"


@pytest.mark.parametrize("claims", [[], "text", 7, None])
def test_a_signed_text_that_is_no_statement_is_refused(claims: object) -> None:
    assert refusal(signed(claims)) == "token.bad_signature"


@pytest.mark.parametrize("token", ["", "a", "a.b", "..", "a.é.c", f"a.{b64(b'[1]')}.c", f"a.{b64(bytes([255]))}.c"])
def test_nobody_can_be_read_from_what_is_no_token(token: str) -> None:
    with pytest.raises(RuleViolationError) as refused:
        unchecked_subject(token)
    assert refused.value.code == "token.malformed"
    assert refusal(token) == "token.bad_signature"


@settings(max_examples=150)
@given(st.one_of(st.text(max_size=80), st.text("AZaz09-_.=", max_size=200), st.text(".", max_size=5)))
def test_no_text_is_taken_for_a_token_or_stops_the_server(token: str) -> None:
    with pytest.raises(RuleViolationError):
        check_assertion(token, NODE.public_text, "hq", NOW_S)


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("Aa0-_."))
def test_no_changed_letter_goes_unnoticed(at: int, letter: str) -> None:
    changed = TOKEN[:at] + letter + TOKEN[at + 1 :]
    same = changed.rsplit(".", 1)[0] == TOKEN.rsplit(".", 1)[0] and at == len(TOKEN) - 1
    if changed == TOKEN or same:  # the last letter of a signature holds spare bits
        return
    assert refusal(changed) in {"token.bad_signature", "token.expired", "token.wrong_audience"}


def signed(claims: object) -> str:
    head = ".".join(b64(json.dumps(part).encode()) for part in ({"alg": "ES256"}, claims))
    return f"{head}.{b64(NODE.sign(head.encode()))}"
