"""A payment claims everything it needs in one wait, and gives it back at once when nothing comes of it."""

import json
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from pos_app.devices.ports import PaymentOutcome, PaymentState
from pos_app.service.outcome import PaidSale
from retail_core.domain.claims import WAIT_MS, ClaimAnswer, ClaimKind, Granted, NobodyAnswered, Refused, Thing
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import Gtin, Sku
from retail_core.domain.saledata import MAX_LINES
from retail_core.domain.scanned import TagUnit
from retail_core.domain.tagged import UnitTaken, unit_keys
from retail_core.durable.engine import open_ro
from tests.agent.support import until
from tests.agent.test_store_tells import MILK, answered, claims, store_of_two
from tests.support.shop import AtTill

SLACK_S = 3.0
"""A busy machine may be late; a wait for each of many claims would be later still."""
MANY = 20
TAGS = 200
TAG, OTHER_TAG, FREE_TAG = (f"3034257BF7194E40000000{n:02X}" for n in (1, 2, 3))


def all_of(at: AtTill, *things: Thing) -> dict[Thing, ClaimAnswer]:
    return at.done(lambda done, _: at.till.claims.ask_all(things, done))


def take_back(at: AtTill, *receipts: str, label: str = MILK.code) -> None:
    """Goods of several receipts on one sale, to be paid out."""
    for receipt in receipts:
        at.done(lambda done, failed: at.till.returning.open(receipt, done, failed))  # noqa: B023 - done at once
        at.till.returning.scan(label)
        at.till.returning.take()


def bodies(at: AtTill, kind: str) -> list[dict[str, Any]]:
    """What the till's journal holds of a kind."""
    conn = open_ro(at.shop.home.till_db, at.shop.home.keys.file_key("till.db"))
    found = conn.execute("SELECT body FROM event WHERE type = ? ORDER BY seq", (kind,)).fetchall()
    conn.close()
    return [json.loads(body) for (body,) in found]


def lay(at: AtTill, *tags: str) -> None:
    """Tagged milk on the antenna; it was taken away after it was paid for."""
    at.till.selling.tags_gone(tags)
    at.till.selling.read_tags([TagUnit(tag, Gtin(MILK.code.zfill(14)), tag[-4:]) for tag in tags])


def by_card(at: AtTill, amount_minor: int) -> PaidSale:
    return at.done(lambda done, failed: at.till.card_paying.pay(amount_minor, done, failed))


def of_unit(at: AtTill, tag: str) -> ClaimAnswer:
    """What the store says of a unit, which is given back if it was given."""
    thing = (ClaimKind.RFID_UNIT, tag)
    answer = all_of(at, thing)[thing]
    at.till.claims.give_back([thing])
    return answer


def test_a_unit_is_sold_at_one_till_and_refused_at_the_other_until_it_came_back(tmp_path: Path) -> None:
    with store_of_two(tmp_path) as store:
        one, two = store.one, store.two
        lay(one, OTHER_TAG, TAG)
        receipt = one.pay_cash(500).receipt_no
        for at in (one, two):
            until(lambda: of_unit(at, TAG) == Refused("node-T1", receipt), why="it is read of the sale")  # noqa: B023
        lay(two, FREE_TAG, TAG)
        with pytest.raises(RuleViolationError, match=rf"unit\.sold_already.*T1.*{receipt}"):
            two.pay_cash(500)
        assert [line.taken for line in two.sale] == [None, UnitTaken("T1", receipt)]
        until(lambda: isinstance(of_unit(one, FREE_TAG), Granted), why="what was given was given back at once")
        with pytest.raises(RuleViolationError, match=r"sale\.open_questions"):
            two.pay_cash(500)
        two.till.asking.take_off(two.sale.lines[1].line_id)
        take_back(one, receipt, label=f"]d201{MILK.code.zfill(14)}21{TAG[-4:]}")
        assert one.pay_cash(0).total_minor == -119
        until(lambda: isinstance(of_unit(two, TAG), Granted), why="it is read that it came back")
        lay(two, TAG)
        assert two.pay_cash(500).total_minor == 2 * 119
        until(lambda: isinstance(of_unit(one, TAG), Refused), why="it is sold again")


def test_a_unit_on_a_sale_that_is_being_paid_elsewhere_is_sold_all_the_same_when_somebody_says_so(
    tmp_path: Path,
) -> None:
    with store_of_two(tmp_path) as store:
        thing = (ClaimKind.RFID_UNIT, TAG)
        assert isinstance(all_of(store.one, thing)[thing], Granted)
        two = store.two
        lay(two, TAG)
        with pytest.raises(RuleViolationError, match=r"unit\.on_other_sale.*T1"):
            two.pay_cash(500)
        two.till.asking.sell_all_the_same(two.sale.lines[0].line_id)
        assert two.pay_cash(500).total_minor == 119
        until(lambda: of_unit(store.one, TAG) != NobodyAnswered(), why="read")
        noted, sold = bodies(two, "audit.unit_sold_again"), bodies(two, "sale.completed")
        assert [(one["subject"], one["amount_minor"], one["reason"]) for one in noted] == [(TAG, 119, "T1")]
        assert [line["despite"] for one in sold for line in one["lines"]] == ["T1"]


def numbered(serial: str) -> str:
    """The label of a carton of milk with a number of its own."""
    return f"]d201{MILK.code.zfill(14)}21{serial}"


def test_a_serial_number_is_sold_at_one_till_and_asked_about_at_the_other_with_no_tag_at_all(tmp_path: Path) -> None:
    with store_of_two(tmp_path) as store:
        one, two = store.one, store.two
        receipt = one.scan(numbered("N-77")).pay_cash(500).receipt_no
        key = unit_keys(Sku(MILK.sku), "n-77", None)[0]
        for at in (one, two):
            until(lambda: of_unit(at, key) == Refused("node-T1", receipt), why="it is read of the sale")  # noqa: B023
        two.scan(numbered("N-78"), numbered("N-77"))
        with pytest.raises(RuleViolationError, match=rf"unit\.sold_already.*T1.*{receipt}"):
            two.pay_cash(500)
        assert [line.taken for line in two.sale] == [None, UnitTaken("T1", receipt)]
        free = unit_keys(Sku(MILK.sku), "n-78", None)[0]
        until(lambda: isinstance(of_unit(one, free), Granted), why="what was given was given back at once")
        two.till.asking.sell_all_the_same(two.sale.lines[1].line_id)
        two.pay_cash(500)
        assert [note["subject"] for note in bodies(two, "audit.unit_sold_again")] == ["N-77"]


def test_more_units_than_a_sale_has_lines_are_one_wait(tmp_path: Path) -> None:
    things = [(ClaimKind.RFID_UNIT, f"30{n:022X}") for n in range(MAX_LINES + 7)]
    with store_of_two(tmp_path) as store:
        until(lambda: isinstance(of_unit(store.two, TAG), Granted), why="the store role answers")
        answers = all_of(store.two, *things)
        assert len(answers) == len(things)
        until(lambda: {type(one) for one in all_of(store.two, *things).values()} == {Granted}, why="all in one wait")


class Terminal:
    """A card terminal that declines; what it was asked to take."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def pay(self, tender_id: str, amount_minor: int, currency: str, done: Callable[[PaymentOutcome], None]) -> None:
        self.asked.append(amount_minor)
        done(PaymentOutcome(PaymentState.DECLINED, tender_id, 0, currency))

    refund = pay

    def enquire(self, tender_id: str, done: Callable[[PaymentOutcome], None]) -> None:
        raise AssertionError(tender_id)

    reverse = enquire

    def stop(self, tender_id: str) -> None:
        raise AssertionError(tender_id)


def test_a_card_is_not_charged_for_a_unit_another_till_has_and_a_declined_one_keeps_nothing(tmp_path: Path) -> None:
    with store_of_two(tmp_path) as store:
        thing = (ClaimKind.RFID_UNIT, TAG)
        assert isinstance(all_of(store.one, thing)[thing], Granted)
        two, terminal = store.two, Terminal()
        two.till.card_paying.cards = terminal
        lay(two, TAG, FREE_TAG)
        with pytest.raises(RuleViolationError, match=r"unit\.on_other_sale"):
            by_card(two, 238)
        assert (terminal.asked, two.till.selling.paying, two.sale.questions) == ([], False, 1)
        two.till.asking.sell_all_the_same(two.sale.lines[0].line_id)
        with pytest.raises(RuleViolationError, match=r"terminal\.declined"):
            by_card(two, 238)
        assert terminal.asked == [238]
        until(lambda: isinstance(of_unit(store.one, FREE_TAG), Granted), why="a declined card keeps no goods")


def test_with_nobody_to_ask_tagged_goods_are_sold_within_one_wait(tmp_path: Path) -> None:
    with store_of_two(tmp_path) as store:
        store.role.kill()
        lay(store.two, *(f"30342{n:019X}" for n in range(TAGS)))
        began = monotonic()
        assert store.two.pay_cash(TAGS * 119).total_minor == TAGS * 119
        assert monotonic() - began < WAIT_MS / 1000 + SLACK_S


def test_a_payment_that_is_refused_keeps_nothing_from_the_other_tills(tmp_path: Path) -> None:
    with store_of_two(tmp_path) as store:
        here, other = store.two, store.one
        first, second = (here.scan(MILK.code).pay_cash(500).receipt_no for _ in range(2))
        assert isinstance(answered(other, second, ClaimKind.RECEIPT_REFUND), Granted)
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
        assert isinstance(answered(store.one, "R7", ClaimKind.RECEIPT_REFUND), Granted)
        answers = all_of(store.two, *things)
        assert answers.pop((ClaimKind.RECEIPT_REFUND, "R7")) == Refused("agent-T1")
        assert {type(answer) for answer in answers.values()} == {Granted}
        store.role.kill()
        began = monotonic()
        assert set(all_of(store.two, *things).values()) == {NobodyAnswered()}
        assert monotonic() - began < WAIT_MS / 1000 + SLACK_S < MANY * WAIT_MS / 1000
