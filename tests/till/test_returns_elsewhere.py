"""What others say of a receipt is believed only as far as the till's own signature over its lines allows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from pos_app.service.return_draft import DraftLine, ReturnDraft
from retail_core.domain.errors import CodedError
from retail_core.domain.ids import Sku
from retail_core.domain.receipts import BackLine, FoundReceipt, PaidLine, PaidReceipt
from retail_core.domain.returns import Part
from retail_core.trust.receipts import read_receipt
from tests.support.shop import ITEMS, AtTill, ManualClock, Shop, at_till, make_shop
from tests.till.test_returns import FOOD, of_another_store, opened, refused

MILK = ITEMS[0]
LINES = tuple(PaidLine(n, Sku(MILK.sku), 1000, 119, (FOOD,)) for n in range(1, 90))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


@dataclass
class Others:
    """The store and head office: what they have of each number, and what they were asked."""

    known: dict[str, FoundReceipt] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    before_answer: Callable[[], None] = lambda: None

    def ask(self, receipt: str, done: Callable[[FoundReceipt | None], None]) -> None:
        self.asked.append(receipt)
        self.before_answer()
        done(self.known.get(receipt))


def others(at: AtTill) -> Others:
    at.till.returning._elsewhere = made = Others()  # pyright: ignore[reportPrivateUsage] - the port's other side
    return made


def test_lines_that_are_not_those_the_till_signed_are_not_believed(shop: Shop) -> None:
    clock = ManualClock()
    with at_till(shop, clock) as at:
        at.sign_in()
        there = others(at)
        code = of_another_store(shop, *LINES, at_ms=clock.wall_ms)
        signed = read_receipt(code, shop.hq_key.public_text)
        assert signed.lines == ()
        dearer = msgspec.structs.replace(LINES[0], amount_minor=50_000)
        there.known[signed.number] = FoundReceipt(msgspec.structs.replace(signed, lines=(dearer, *LINES[1:])))
        assert refused(at, code) == "receipt.forged"
        there.known[signed.number] = FoundReceipt(
            msgspec.structs.replace(signed, number="S0324-T9-C-000008", lines=LINES)
        )
        assert refused(at, code) == "receipt.lines_elsewhere"
        there.known[signed.number] = FoundReceipt(msgspec.structs.replace(signed, lines=LINES))
        assert len(opened(at, code).lines) == len(LINES)
        assert there.asked == [signed.number] * 3


def test_a_number_is_asked_for_and_its_currency_must_be_ours(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        there = others(at)
        number = "S0324-T9-C-000007"
        assert refused(at, number) == "receipt.not_of_this_till"
        there.known[number] = FoundReceipt(PaidReceipt(number, 0, "USD", 119, (), LINES[:1]))
        assert refused(at, number) == "receipt.other_currency"
        there.known[number] = FoundReceipt(
            PaidReceipt(number, at.till.clock.now_ms() // 1000, "EUR", 119, (), LINES[:1])
        )
        assert opened(at, number.lower()).lines[1].left_milli == 1000
        assert refused(at, "77") == "return.unknown_receipt"
        assert there.asked[-1] == "S0319-T1-A-000077"  # of this till, from before its disk was replaced
        assert refused(at, "not a number") == "receipt.not_of_this_till"
        assert there.asked[-1] == "S0319-T1-A-000077"


def test_an_answer_that_comes_when_something_else_is_wanted_opens_nothing(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in()
        there, number = others(at), "S0324-T9-C-000007"
        there.known[number] = FoundReceipt(PaidReceipt(number, 0, "EUR", 119, (), LINES[:1]))
        there.before_answer = lambda: at.till.returning.open_without() and None
        at.till.returning.open(number, lambda _: None, lambda _: None)
        at.hand.until(lambda: there.asked)
        assert at.till.returning.draft is not None
        assert at.till.returning.draft.receipt is None


def test_what_came_back_in_another_store_is_taken_off_as_soon_as_head_office_answers(shop: Shop) -> None:
    clock = ManualClock()
    with at_till(shop, clock) as at:
        at.sign_in()
        there, heard = others(at), list[CodedError | None]()
        at.till.returning.news = heard.append
        code = of_another_store(shop, *LINES[:2], at_ms=clock.wall_ms)
        signed = read_receipt(code, shop.hq_key.public_text)
        draft = opened(at, code)  # nobody answered, and nobody waited for it
        assert [line.left_milli for line in draft.lines.values()] == [1000, 1000]
        there.known[signed.number] = FoundReceipt(signed, (BackLine(1, 1000, 119),))
        draft = opened(at, code)
        assert ([line.left_milli for line in draft.lines.values()], heard) == ([0, 1000], [None])
        there.known[signed.number] = FoundReceipt(signed, (BackLine(1, 1000, 119), BackLine(2, 1000, 119)))
        opened(at, code)
        assert (at.till.returning.draft, code_of_last(heard)) == (None, "return.nothing_left")
        there.known[signed.number] = FoundReceipt(signed, voided_by="S0324-T9-C-000008")
        opened(at, code)
        assert (at.till.returning.draft, code_of_last(heard)) == (None, "receipt.voided")


def test_goods_ticked_before_the_answer_came_are_unticked_when_they_came_back_already() -> None:
    line = DraftLine(1, Sku(MILK.sku), MILK.name, Part(3000, 357), ticked_milli=3000)
    draft = ReturnDraft(None, [line])
    assert draft.came_back({1: Part(2000, 238)})
    assert (draft.lines[1].ticked_milli, draft.left) == (1000, True)
    assert not draft.came_back({1: Part(2000, 238)})


def code_of_last(heard: list[CodedError | None]) -> str:
    last = heard[-1]
    return last.code if last else ""
