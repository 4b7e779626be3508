"""A payment claims everything it needs in one wait, and gives it back at once when nothing comes of it."""

from pathlib import Path
from time import monotonic

import pytest

from retail_core.domain.claims import WAIT_MS, ClaimAnswer, ClaimKind, Granted, NobodyAnswered, Refused, Thing
from retail_core.domain.errors import RuleViolationError
from tests.agent.support import until
from tests.agent.test_store_tells import MILK, claims, store_of_two
from tests.support.shop import AtTill

SLACK_S = 1.5
"""A busy machine may be late; a wait for each of many claims would be later still."""
MANY = 20


def all_of(at: AtTill, *things: Thing) -> dict[Thing, ClaimAnswer]:
    return at.done(lambda done, _: at.till.claims.ask_all(things, done))


def take_back(at: AtTill, *receipts: str) -> None:
    """Goods of several receipts on one sale, to be paid out."""
    for receipt in receipts:
        at.done(lambda done, failed: at.till.returning.open(receipt, done, failed))  # noqa: B023 - done at once
        at.till.returning.scan(MILK.code)
        at.till.returning.take()


def test_a_payment_that_is_refused_keeps_nothing_from_the_other_tills(tmp_path: Path) -> None:
    with store_of_two(tmp_path) as store:
        here, other = store.two, store.one
        first, second = (here.scan(MILK.code).pay_cash(500).receipt_no for _ in range(2))
        assert isinstance(claims(other, second, ClaimKind.RECEIPT_REFUND), Granted)
        take_back(here, first, second)
        with pytest.raises(RuleViolationError, match=r"return\.in_use.*T1"):
            here.pay_cash(0)
        until(lambda: isinstance(claims(other, first, ClaimKind.RECEIPT_REFUND), Granted), why="it was given back")
        other.till.claims.give_back([(ClaimKind.RECEIPT_REFUND, first), (ClaimKind.RECEIPT_REFUND, second)])
        until(lambda: isinstance(claims(here, first, ClaimKind.RECEIPT_REFUND), Granted), why="the other gave it back")
        assert here.pay_cash(0).total_minor == -2 * 119


def test_many_things_are_one_wait_whether_somebody_answers_or_not(tmp_path: Path) -> None:
    things = [(ClaimKind.RECEIPT_REFUND, f"R{n}") for n in range(MANY)]
    with store_of_two(tmp_path) as store:
        assert claims(store.one, "R7", ClaimKind.RECEIPT_REFUND) != NobodyAnswered()
        answers = all_of(store.two, *things)
        assert answers.pop((ClaimKind.RECEIPT_REFUND, "R7")) == Refused("agent-T1")
        assert {type(answer) for answer in answers.values()} == {Granted}
        store.role.kill()
        began = monotonic()
        assert set(all_of(store.two, *things).values()) == {NobodyAnswered()}
        assert monotonic() - began < WAIT_MS / 1000 + SLACK_S < MANY * WAIT_MS / 1000
