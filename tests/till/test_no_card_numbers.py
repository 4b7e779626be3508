"""No number of a payment card in anything the till writes, however it comes (promise S1); no good code refused for one.

Every statement that reaches till.db is read with its values, so that what was written and removed again is seen too.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from pos_app.service.no_cards import CARD_REFUSED
from pos_app.service.outcome import OutcomeKind
from retail_core.domain.asks import ItemRules
from retail_core.durable.reference import ItemMore
from tests.support.cards import as_entered, card_numbers, good_numbers
from tests.support.shop import ITEMS, AtTill, Shop, at_till, gtin13, make_shop

SEED = 20261127
CARDS, GOOD = 10_000, 500  # 100,000 good ones are in tests/unit/domain/test_cardguard.py
MILK = ITEMS[0]
BLOB = re.compile(r"x'([0-9a-f]+)'", re.IGNORECASE)
RUN = re.compile(r"\d{13,}")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


class Written:
    """Every run of figures in what is written, blobs too."""

    def __init__(self) -> None:
        self.runs: set[str] = set()

    def note(self, statement: str) -> None:
        text = BLOB.sub(lambda blob: bytes.fromhex(blob[1]).decode("latin-1"), statement)
        self.runs.update(RUN.findall(text))

    def holds(self, pans: set[str]) -> list[str]:
        return [
            run[at : at + length]
            for run in self.runs
            for length in range(13, 20)
            for at in range(len(run) - length + 1)
            if run[at : at + length] in pans
        ]


@contextmanager
def watched(at: AtTill) -> Iterator[Written]:
    written = Written()
    at.done(
        lambda done, failed: at.till.writer.submit(
            lambda store: store.conn.set_trace_callback(written.note), done, failed
        )
    )
    yield written
    at.till.writer.flush()


def files_hold(folder: Path, pans: set[str]) -> list[str]:
    """Of files that are not encrypted: logs, settings, what is printed."""
    found = Written()
    for file in folder.rglob("*"):
        if file.is_file():
            found.runs.update(RUN.findall(file.read_bytes().decode("latin-1")))
    return found.holds(pans)


def test_ten_thousand_cards_typed_scanned_and_swiped_leave_nothing_behind(shop: Shop) -> None:
    shop.more(MILK.sku, ItemMore(ItemRules(required=("Registration",))))
    rand, pans, kept_ends = Random(SEED), set[str](), 0
    with at_till(shop) as at, watched(at.sign_in()) as written:
        selling = at.scan(MILK.code).till.selling
        line = at.sale.lines[0].line_id
        for n, pan in enumerate(card_numbers(rand, CARDS)):
            pans.add(pan)
            way, text = as_entered(rand, pan)
            outcome = selling.enter(text) if way == "typed" else selling.scan(text)
            if outcome.kind is OutcomeKind.PENDING:
                kept_ends += 1
                selling.void_line(outcome.line_id or line)
            elif outcome.code != CARD_REFUSED:
                assert outcome.kind in (OutcomeKind.REFUSED, OutcomeKind.SEARCH), (text, outcome)
                assert len(pan) in (13, 14, 18), (text, outcome)
            if n % 100 == 0:
                assert at.till.asking.fill(line, "Registration", pan).code == CARD_REFUSED
                at.till.writer.flush()
        assert [one.name for one in at.sale if not one.voided] == [MILK.name]
    assert kept_ends < CARDS // 50
    assert written.runs, "nothing was read: the watch does not work"
    assert not written.holds(pans)
    assert not files_hold(shop.home.folder, pans)


def test_the_watch_sees_a_number_that_is_written(shop: Shop) -> None:
    with at_till(shop) as at, watched(at.sign_in()) as written:
        at.till.selling.scan("9780201379624")
        at.till.writer.flush()
    assert written.holds({"9780201379624"})


def test_good_codes_are_goods_or_wait_and_are_never_taken_for_a_card(shop: Shop) -> None:
    with at_till(shop) as at:
        selling = at.sign_in().till.selling
        for kind, number in good_numbers(Random(SEED), GOOD):
            outcome = selling.scan(number)
            assert outcome.code != CARD_REFUSED, (kind, number)
            if outcome.line_id:
                selling.void_line(outcome.line_id)
        assert selling.scan(gtin13(1002)).kind is OutcomeKind.ADDED


def test_an_own_number_that_looks_like_a_card_is_let_through_by_the_stores_table(shop: Shop) -> None:
    with at_till(shop) as at:
        selling = at.sign_in().till.selling
        assert selling.scan("6011111111111117").code == CARD_REFUSED
        shop.set_rules(cards={"own_prefixes": ["601111"]})
        assert selling.scan("6011111111111117").code != CARD_REFUSED
        assert selling.scan("4111111111111111").code == CARD_REFUSED
