"""The customer's proof at the counter, and the cashier's PIN."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.errors import RuleViolationError
from retail_core.trust.keys import SigningKey, b64, unb64
from retail_core.trust.pickup import (
    CODE_ALPHABET,
    CODE_CHARS,
    PASS_PREFIX,
    PickupPass,
    code_from,
    code_hash,
    code_matches,
    issue_pass,
    normal_code,
    read_pass,
)
from retail_core.trust.pins import (
    SALT_BYTES,
    badge_hash,
    badge_matches,
    badge_secret,
    check_pin_form,
    keyed_badge,
    keyed_verifier,
    pin_hash,
    pin_matches,
)

HQ, STRANGER = SigningKey.new(), SigningKey.new()
PASS = issue_pass(HQ, "O-1", "S0319", until_ms=1000)


def refusal(text: str, key: SigningKey = HQ, now_ms: int = 0) -> str:
    with pytest.raises(RuleViolationError) as refused:
        read_pass(key.public_text, text, now_ms)
    return refused.value.code


# ── pass ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_pass_is_read_without_a_network() -> None:
    assert read_pass(HQ.public_text, PASS, now_ms=1000) == PickupPass("O-1", "S0319", 1000)
    assert read_pass(HQ.public_text, PASS.removeprefix(PASS_PREFIX), now_ms=0).order_id == "O-1"


def test_a_pass_fits_on_a_phone() -> None:
    assert len(issue_pass(HQ, "0192f3a1-7c1e-7d5c-8f00-0123456789ab", "S0319", 2**41)) < 250


def test_old_forged_and_damaged_passes_are_told_apart() -> None:
    assert refusal(PASS, now_ms=1001) == "pass.expired"
    assert refusal(PASS, key=STRANGER) == "pass.forged"
    blob = unb64(PASS.removeprefix(PASS_PREFIX))
    other_order = blob[:64] + blob[64:].replace(b"O-1", b"O-2")
    assert refusal(PASS_PREFIX + b64(other_order)) == "pass.forged"
    for text in ("", PASS_PREFIX, PASS[:40], PASS_PREFIX + "é", PASS_PREFIX + b64(blob[:64] + b"[1]"), "4006381333931"):
        assert refusal(text) == "pass.unreadable"


@given(st.text(max_size=100))
def test_no_text_is_taken_for_a_pass(text: str) -> None:
    assert refusal(PASS_PREFIX + text) in {"pass.unreadable", "pass.forged"}


# ── code ─────────────────────────────────────────────────────────────────────────────────────────


@given(st.binary(min_size=5, max_size=5))
def test_a_code_is_forty_bits_in_eight_characters(rand: bytes) -> None:
    code = code_from(rand)
    assert len(code) == CODE_CHARS
    assert sum(CODE_ALPHABET.index(char) << (35 - 5 * at) for at, char in enumerate(code)) == int.from_bytes(
        rand, "big"
    )
    assert code_matches("salt", code_hash("salt", code), code.lower())


def test_a_code_is_understood_as_people_read_it_out() -> None:
    assert normal_code(" 7qk2-m9xd ") == "7QK2M9XD"
    assert normal_code("oil0 1o1l") == "01101011"
    assert code_matches("s", code_hash("s", "70110000"), "7oil OOOO")
    assert not code_matches("s", code_hash("s", "70110000"), "70110001")
    assert not code_matches("t", code_hash("s", "70110000"), "70110000")


# ── PIN ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_pin_fits_only_on_its_machine_with_its_salt() -> None:
    salt, secret = bytes(SALT_BYTES), b"\x01" * 32
    hashed = pin_hash("1234", salt)
    assert len(hashed) == 32
    verifier = keyed_verifier(secret, hashed)
    assert pin_matches(secret, verifier, salt, "1234")
    assert not pin_matches(secret, verifier, salt, "1235")
    assert not pin_matches(b"\x02" * 32, verifier, salt, "1234")
    assert not pin_matches(secret, verifier, b"\x07" * SALT_BYTES, "1234")


def test_the_way_a_pin_is_hashed_never_changes() -> None:
    # HQ's hashes are stored in every store: another memory or time cost would lock every cashier out
    assert pin_hash("1234", bytes(range(16))).hex() == PINNED


@pytest.mark.parametrize("pin", ["", "123", "1" * 13, "12a4", "١٢٣٤", "12 4", "²²²²"])
def test_a_pin_is_four_to_twelve_digits(pin: str) -> None:
    with pytest.raises(RuleViolationError) as refused:
        check_pin_form(pin)
    assert refused.value.code == "pin.malformed"


def test_good_pins_have_the_right_form() -> None:
    for pin in ("1234", "0000", "123456789012"):
        check_pin_form(pin)


# ── badge ────────────────────────────────────────────────────────────────────────────────────────

ON_BADGE = "ANA0-7QK2-M9XD-41"


def test_a_badge_fits_only_on_its_machine() -> None:
    secret = b"\x01" * 32
    keyed = keyed_badge(secret, badge_hash(ON_BADGE))
    assert badge_matches(secret, keyed, ON_BADGE)
    assert not badge_matches(b"\x02" * 32, keyed, ON_BADGE)
    assert not badge_matches(secret, keyed, ON_BADGE[:-1] + "2")
    assert not badge_matches(secret, b"", ON_BADGE)
    assert keyed != keyed_verifier(secret, badge_hash(ON_BADGE)), "a badge is no PIN"


def test_what_stands_on_a_badge_is_too_long_to_be_guessed() -> None:
    assert badge_secret(f" OTB:{ON_BADGE} ") == badge_secret(ON_BADGE) == ON_BADGE
    for text in ("", "OTB:", "SHORT", "A" * 65, ON_BADGE.lower(), "ANA0 7QK2 M9XD 41"):
        with pytest.raises(RuleViolationError) as refused:
            badge_secret(text)
        assert refused.value.code == "badge.malformed"


PINNED = "fd2f78617f352bccb028644658898796b04bbedaa07d06ee028bbf0fef35f068"
