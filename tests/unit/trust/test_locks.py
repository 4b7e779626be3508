"""A till that was locked by its store: everybody comes to the same end, and nobody makes a lock in another's name."""

import msgspec
import pytest

from retail_core.domain.errors import RuleViolationError
from retail_core.trust.keys import SigningKey
from retail_core.trust.locks import MAX_AHEAD, TillLock, check_lock, digest, news, sign_lock

KEY = SigningKey.new()
LOCK = TillLock(("agent-T3", "node-T3"), "T3", locked=True, n=1, why="missing", by="op-7", at_ms=5, origin="agent-T2")


def changed(**parts: object) -> TillLock:
    return msgspec.structs.replace(LOCK, **parts)


def why(lock: TillLock) -> str:
    with pytest.raises(RuleViolationError) as refused:
        check_lock(KEY.public_text, lock)
    return refused.value.code


def test_only_the_machine_where_it_was_decided_can_say_it() -> None:
    signed = sign_lock(KEY, LOCK)
    check_lock(KEY.public_text, signed)
    assert why(LOCK) == why(sign_lock(SigningKey.new(), LOCK)) == "lock.forged"
    assert (
        why(msgspec.structs.replace(signed, by="op-1"))
        == why(msgspec.structs.replace(signed, sig="+"))
        == "lock.forged"
    )


@pytest.mark.parametrize("parts", [{"nodes": ()}, {"nodes": ("n",) * 9}, {"why": "x" * 81}, {"n": 0}, {"at_ms": -1}])
def test_what_makes_no_sense_is_refused(parts: dict[str, object]) -> None:
    assert why(sign_lock(KEY, changed(**parts))) == "lock.malformed"


def test_the_later_act_holds_and_of_two_at_once_the_one_that_locks() -> None:
    unlocked = changed(n=2, locked=False)
    assert news({}, LOCK)
    assert not news({"agent-T3": LOCK}, LOCK)
    assert news({"agent-T3": LOCK}, unlocked)
    assert not news({"agent-T3": unlocked}, LOCK)
    assert news({"agent-T3": unlocked}, changed(n=2, origin="agent-T1"))
    assert not news({"agent-T3": changed(n=2)}, changed(n=2, locked=False, origin="agent-T9"))


def test_a_number_beyond_every_honest_one_shuts_nobody_out_for_ever() -> None:
    assert not news({}, changed(n=MAX_AHEAD + 1))
    assert not news({"agent-T3": LOCK}, changed(n=LOCK.n + MAX_AHEAD + 1))
    assert news({"agent-T3": LOCK}, changed(n=LOCK.n + MAX_AHEAD))


def test_who_knows_the_same_has_the_same_digest() -> None:
    other = changed(nodes=("agent-T4",), register="T4")
    assert digest([]) == ""
    assert digest([LOCK, other]) == digest([other, sign_lock(KEY, LOCK)]) != digest([LOCK])
