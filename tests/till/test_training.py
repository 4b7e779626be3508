"""Training mode: a till of its own beside the real one, with which it shares nothing that counts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from pos_app.receipts.document import ReceiptDocument, Text
from pos_app.receipts.facts import ReceiptWords
from pos_app.receipts.layout import for_training
from pos_app.service import training
from pos_app.storage.training_home import TrainingHome
from retail_core.domain.approvals import ApprovalNeededError
from retail_core.durable.engine import open_ro
from tests.support.shop import ITEMS, MANAGER_PIN, AtTill, ManualClock, Shop, at_till, make_shop

MILK, CHICKEN = ITEMS[:2]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


@contextmanager
def in_training(shop: Shop) -> Iterator[AtTill]:
    with at_till(replace_home(shop), ManualClock()) as at:
        yield at


def replace_home(shop: Shop) -> Shop:
    trained = Shop(TrainingHome(shop.home), shop.hq_key, shop.config)
    trained.order = shop.order
    return trained


def begin(at: AtTill, pin: str = MANAGER_PIN) -> None:
    operator = at.sign_in(pin).till.signing_in.operator
    assert operator is not None
    at.done(lambda done, failed: training.begin(at.till.writer, operator, None, done, failed))


def end(at: AtTill, by: str = "") -> None:
    at.done(lambda done, _: training.settle(at.till.writer, by, done))


def rows(shop: Shop, question: str) -> list[tuple[object, ...]]:
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    found = conn.execute(question).fetchall()
    conn.close()
    return [tuple(row) for row in found]


def a_day_of_training(at: AtTill) -> list[str]:
    """Sales, a void line, a basket put aside; the receipts' numbers."""
    at.sign_in()
    receipts = [at.scan(MILK.code, CHICKEN.code).pay_cash(1000).receipt_no for _ in range(3)]
    at.scan(MILK.code, CHICKEN.code)
    at.till.selling.void_line(at.sale.lines[0].line_id)
    at.done(at.till.parking.park)
    return receipts


def test_a_training_sale_touches_nothing_of_the_real_till(shop: Shop) -> None:
    with at_till(shop, ManualClock()) as at:
        real = at.sign_in().scan(MILK.code).pay_cash(200).receipt_no
        at.scan(CHICKEN.code)  # a basket stays open
        begin(at)
    before = rows(shop, "SELECT count(*) FROM event"), rows(shop, "SELECT series, next FROM receipt_counter")
    with in_training(shop) as trainee:
        assert trainee.till.selling.sale is None, "the real basket is not here"
        receipts = a_day_of_training(trainee)
    assert receipts == [f"S0319-T1-TR-{n:06d}" for n in (1, 2, 3)]
    assert (rows(shop, "SELECT count(*) FROM event"), rows(shop, "SELECT series, next FROM receipt_counter")) == before
    assert rows(shop, "SELECT receipt FROM sale") == [(real,)]
    assert rows(shop, "SELECT count(*) FROM parked") == [(0,)]
    with at_till(shop, ManualClock()) as at:
        assert at.sale.lines[0].sku == CHICKEN.sku, "the real basket is where it was"
        end(at, "op-1")
        assert at.sign_in().pay_cash(1000).receipt_no.endswith("-000002")
    noted = rows(shop, "SELECT type, actor FROM event WHERE type LIKE 'audit.training%' ORDER BY n")
    assert noted == [("audit.training_started", "op-2"), ("audit.training_ended", "op-1")]


def test_what_training_signs_is_good_in_no_store_and_its_file_opens_with_no_key_of_the_till(shop: Shop) -> None:
    with in_training(shop) as trainee:
        a_day_of_training(trainee)
    trained = TrainingHome(shop.home)
    assert trained.keys.signing_key("till").public_text != shop.home.keys.signing_key("till").public_text
    assert trained.keys.file_key("till.db") != shop.home.keys.file_key("link.db")
    assert trained.config().till_node not in {shop.config.till_node, shop.config.agent_node}
    assert not shop.home.till_db.exists(), "the real till was never opened"


def test_after_a_crash_the_till_is_real_again_and_the_journal_says_when_training_ended(shop: Shop) -> None:
    with at_till(shop, ManualClock()) as at:
        begin(at)
    with at_till(shop, ManualClock()) as at:
        end(at)
        assert at.done(lambda done, _: training.settle(at.till.writer, "", done)) is False, "said once"
    ((actor, body),) = rows(shop, "SELECT actor, body FROM event WHERE type = 'audit.training_ended'")
    assert (actor, msgspec.json.decode(bytes(body))["reason"]) == ("system", "restart")  # type: ignore[arg-type]


def test_a_cashier_begins_training_only_with_a_supervisor(shop: Shop) -> None:
    with at_till(shop, ManualClock()) as at:
        operator = at.sign_in().till.signing_in.operator
        assert operator is not None
        with pytest.raises(ApprovalNeededError) as needed:
            training.begin(at.till.writer, operator, None, lambda _: None, lambda _: None)
        approval = at.done(lambda done, failed: at.till.signing_in.approver(needed.value, MANAGER_PIN, done, failed))
        at.done(lambda done, failed: training.begin(at.till.writer, operator, approval, done, failed))
    ((actor, body),) = rows(shop, "SELECT actor, body FROM event WHERE type = 'audit.training_started'")
    assert (actor, msgspec.json.decode(bytes(body))["by"]) == ("op-1", "op-2")  # type: ignore[arg-type]


def test_whatever_is_printed_while_somebody_trains_says_so_above_and_below() -> None:
    words = ReceiptWords()
    document = for_training(ReceiptDocument((Text("TOTAL 1.19"),)), words)
    said = [element.text for element in document.elements if isinstance(element, Text)]
    assert said == [words.training, "TOTAL 1.19", words.training]
